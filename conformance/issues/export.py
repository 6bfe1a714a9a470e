"""An issue as a folder of its own: server, client and what is expected, for someone who has nothing of this suite."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.evidence.safe_files import write_files
from conformance.issues.catalogue import PROBES, Issue
from conformance.issues.cell import Cell, Outcome, judge_probe, run_probe
from conformance.issues.describe import rows
from conformance.issues.environments import environment, requirements
from conformance.issues.oracle import Observed
from conformance.issues.sdk import Language, Sdk
from conformance.issues.server import POLL_AFTER, LoggedExchange
from conformance.issues.worker import Worker

BUNDLE = Path(__file__).parent / "bundle"


class NotShown(Exception):
    """An issue that a release does not show, so that there is nothing to hand on."""


class WouldOverwrite(Exception):
    """Files that are there already, and may be somebody's work."""


def write_folder(folder: Path, files: Mapping[str, str], *, force: bool) -> None:
    """Write the files of a folder; raises `NotWritten`, and `WouldOverwrite` for what is there unless forced."""
    there = sorted(name for name in files if (folder / name).exists())
    if there and not force:
        raise WouldOverwrite(f"{folder} has {', '.join(there)} already; --force overwrites, --to names another folder")
    write_files({folder / name: text for name, text in files.items()})


def export(issue: Issue, sdk: Sdk, folder: Path, *, force: bool = False) -> Cell:
    """Write the folder of an issue as it shows on a release; returns the verdict on it.

    Raises `NotShown`, `NoEnvironment`, `WouldOverwrite`, and `NotWritten` where the folder cannot be written.
    """
    if sdk.language not in issue.signs:
        raise NotShown(f"{issue.key} cannot show in {sdk.language}")
    with Worker(environment(sdk)) as worker:
        found = run_probe(issue, sdk, worker, "condition", planted=True)
        control = run_probe(issue, sdk, worker, "control", planted=False)
    cell = judge_probe(issue, sdk, found, control)
    if cell.affected is not True or cell.outcome is Outcome.COULD_NOT_RUN:
        raise NotShown(f"{issue.key} on {sdk}: {cell.outcome}, {cell.reason}")
    files = {
        **programs(sdk, issue.probe(sdk.language).read_text(encoding="utf-8")),
        "condition.json": as_json(answers(found.log)),
        "control.json": as_json(answers(control.log)),
        "expected.json": as_json(expected(issue, sdk, found, control)),
        "README.md": _readme(issue, sdk),
    }
    write_folder(folder, files, force=force)
    return cell


def programs(sdk: Sdk, probe: str) -> dict[str, str]:
    """The programs of a folder, by name."""
    suffix = "py" if sdk.language is Language.PYTHON else "mjs"
    copied = (PROBES / f"run.{suffix}", BUNDLE / "server.py", BUNDLE / "reproduce.py")
    return {f"probe.{suffix}": probe, **{path.name: path.read_text(encoding="utf-8") for path in copied}}


def answers(log: Iterable[LoggedExchange]) -> list[dict[str, Any]]:
    """What was answered, request by request, in the form that the folder's server reads."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in log:
        headers = {"content-type": one.media_type, **({POLL_AFTER: one.poll_after} if one.poll_after else {})}
        answer = {"status": one.status, "headers": headers, "body": one.answer.decode("utf-8", "replace")}
        answer |= {"cut": True} if one.cut else {}
        given = found.setdefault(one.target, [])
        if not given or given[-1] != answer:
            given.append(answer)
    return [{"request": request, "answers": given} for request, given in found.items()]


def expected(issue: Issue, sdk: Sdk, found: Observed, control: Observed) -> dict[str, Any]:
    """The signals that the signs speak of, in both runs."""
    named = {str(sign.rule["signal"]).partition(".")[0] for sign in issue.signs[sdk.language] if "signal" in sign.rule}
    return {
        "deadline": issue.deadline,
        **{
            mode: {
                "hung": seen.hung,
                "asked": bool(seen.log),
                **{name: seen.signals.get(name) for name in sorted(named)},
            }
            for mode, seen in (("condition", found), ("control", control))
        },
    }


def as_json(value: Any) -> str:
    """A file's worth of JSON."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def usage(sdk: Sdk) -> str:
    """How a folder is run, as commands."""
    if sdk.language is Language.PYTHON:
        wanted = " ".join(f"'{one}'" for one in requirements(sdk))
        return f"python3 -m venv env\nenv/bin/pip install {wanted}\npython3 reproduce.py env/bin/python\n"
    return f"npm install --prefix env {' '.join(requirements(sdk))}\npython3 reproduce.py node env\n"


def _readme(issue: Issue, sdk: Sdk) -> str:
    texts: Mapping[str, None] = dict.fromkeys(f"- {name}: {text}" for name, text in rows(issue, sdk.language))
    return "\n".join(
        [
            f"# {issue.key}: {issue.title}",
            "",
            f"Outcome with openai {sdk.version} for {sdk.language.title()}. All is local, with a dummy key.",
            "",
            "```",
            usage(sdk).rstrip("\n"),
            "```",
            "",
            "`condition.json` has the server's answers under which the issue shows, `control.json` those of a server",
            "or call without it; `server.py` gives them, `probe` is the program, `expected.json` what it tells.",
            "",
            *texts,
            "",
        ]
    )
