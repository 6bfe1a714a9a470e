"""Runs in CI: waiting, shards, and what GitHub Actions is told; the action and the example workflow as they stand."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.reference.server import ReferenceServer, base_url, listen
from conformance.reference.settings import Settings
from tests.cli.command import CHECKOUT, Run, command
from tests.limits import HANG
from tests.servers import EMPTY_PAGE, always, answer, routed, serving

ONE = ("--only", "objects.empty_thread", "--repeats", "1")


def github(folder: Path) -> dict[str, str]:
    """The surroundings of a step."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_OUTPUT": str(folder / "outputs"),
        "GITHUB_ACTION_PATH": str(CHECKOUT),
        "RUNNER_TEMP": str(folder / "temp"),
    }


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A step that judges an endpoint which answers all with an empty page, of a hostile name."""
    folder = tmp_path_factory.mktemp("step")
    page = json.loads(EMPTY_PAGE) | {"::error title=forged::owned": "\n::add-mask::Conformant"}
    with serving(routed(always(body=json.dumps(page).encode()))) as url:
        return command(folder, "run", url, *ONE, env=github(folder))


def test_the_first_causes_are_annotations(failed: Run) -> None:
    assert failed.code == 1
    lines = failed.out.splitlines()
    told = [line for line in lines if line.startswith(("::error ", "::warning "))]
    causes = failed.report["causes"]
    assert len(told) == min(len(causes), 10)
    first = re.fullmatch(r"::error title=([^:,]+)::(.+)", told[0])
    assert first is not None
    assert first[1].replace("%3A", ":").replace("%2C", ",").replace("%25", "%") == causes[0]["title"]
    assert causes[0]["failed"][0] in first[2]


def test_what_an_endpoint_says_is_no_command(failed: Run) -> None:
    lines = failed.out.splitlines()
    stop = re.fullmatch("::stop-commands::([0-9a-f]{32})", lines[0])
    assert stop is not None
    end = lines.index(f"::{stop[1]}::")
    assert "forged" in failed.out
    assert not [line for line in lines[end:] if "forged" in line and not line.startswith("::")]
    assert all(line.startswith(("::error title=", "::warning title=")) for line in lines[end + 1 :])


def test_the_summary_of_the_job_and_the_outputs_of_the_step(failed: Run) -> None:
    summary = (failed.folder / "summary.md").read_text()
    assert summary.startswith("## Not conformant: ")
    assert "the first to mend first" in summary
    outputs = dict(line.split("=", 1) for line in (failed.folder / "outputs").read_text().splitlines())
    verdicts = [row["verdict"] for row in failed.report["results"]]
    assert outputs["verdict"] == "not-conformant"
    assert outputs["fail"] == str(verdicts.count("fail"))
    assert outputs["pass"] == str(verdicts.count("pass"))
    assert outputs["causes"] == str(len(failed.report["causes"]))
    assert outputs["report"] == "reports/latest"


def test_a_run_that_reaches_nobody_tells_the_step_so(tmp_path: Path) -> None:
    done = command(tmp_path, "run", "http://127.0.0.1:9/v1", env=github(tmp_path))
    assert done.code == 4
    assert "::error title=The run was not carried through::http://127.0.0.1:9/v1 cannot be reached" in done.out
    assert "verdict=error" in (tmp_path / "outputs").read_text()


def test_elsewhere_nothing_is_told_to_github(tmp_path: Path) -> None:
    done = command(tmp_path, "run", *ONE[:2], "--markdown", "reports/latest/summary.md", "--badge", "badge.svg")
    assert done.code == 0
    assert "::" not in done.out
    summary = (tmp_path / "reports/latest/summary.md").read_text()
    assert summary.startswith("## Conformant in what was asked for: ")
    assert ">conformant in part (" in (tmp_path / "badge.svg").read_text()


# Waiting --------------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_starts_is_waited_for(tmp_path: Path) -> None:
    url = base_url(listener := listen("127.0.0.1", 0))
    listener.close()
    program = [sys.executable, "-c", "from conformance.cli import main; main()"]
    process = subprocess.Popen(
        [*program, "run", url, *ONE, "--wait", str(HANG)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == f"waiting up to {HANG:g} s for {url}\n"
    with ReferenceServer(Settings(), port=int(url.split(":")[2].split("/")[0])):
        out, _ = process.communicate(timeout=HANG)
    assert process.returncode == 0, out


def test_a_gateway_without_its_server_is_waited_for_too(tmp_path: Path) -> None:
    answers = iter([answer("502 Bad Gateway")] * 3)
    with serving(lambda connection, _: connection.sendall(next(answers, answer(body=EMPTY_PAGE)))) as url:
        done = command(tmp_path, "run", url, *ONE, "--wait", str(HANG))
    assert next(answers, None) is None
    assert done.code != 4


def test_waiting_ends(tmp_path: Path) -> None:
    done = command(tmp_path, "run", "http://127.0.0.1:9/v1", "--wait", "0.5")
    assert done.code == 4
    assert "cannot be reached" in done.out


# Shards ---------------------------------------------------------------------------------------------------------------

AREA = ("--only", "objects,RUN-STATE-05", "--repeats", "1")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("shards")
    with serving(routed(always(body=EMPTY_PAGE))) as url:
        for number in (1, 2, 3):
            command(folder, "run", url, *AREA, "--shard", f"{number}/3", "--report", f"shard-{number}")
        command(folder, "run", url, *AREA, "--report", "whole")
        yield url, folder


def read(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return loaded


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """What two runs against one endpoint have in common."""
    for line in report["scenarios"]:
        del line["seconds"]
    counts = {name: report["header"][name] for name in ("mode", "exchanges", "streams", "subjects", "problem")}
    return {**report, "header": counts}


def test_shards_together_are_the_whole_run(shards: tuple[str, Path]) -> None:
    _, folder = shards
    parts = [read(folder / f"shard-{number}") for number in (1, 2, 3)]
    driven = [row["name"] for part in parts for row in part["scenarios"]]
    assert len(driven) == len(set(driven))
    assert all(part["scenarios"] for part in parts)
    done = command(folder, "report", "merge", "shard-3", "shard-1", "shard-2/report.json")
    assert done.code == 1
    assert comparable(done.report) == comparable(read(folder / "whole"))


@pytest.mark.parametrize(
    ("folders", "code", "told"),
    [
        (("shard-1", "shard-3"), 4, "missing shard: 2/3"),
        (("shard-1",), 4, "missing shards: 2/3, 3/3"),
        (("shard-1", "shard-1"), 2, "the same shard is there twice: shard-1, shard-1"),
        (("shard-1", "whole"), 2, "whole is a whole run, not one of its shards"),
        (("shard-1", "nowhere"), 2, "nowhere is no report folder; name those of the shards"),
        (("shard-1", "."), 2, "there is no journal at"),
        (("shard-1", "other"), 2, "are of different runs: the second was of"),
        (("shard-1", "cut", "shard-3"), 4, "not finished: 2/3"),
    ],
)
def test_what_is_no_whole_run_is_told(shards: tuple[str, Path], folders: tuple[str, ...], code: int, told: str) -> None:
    url, folder = shards
    if "other" in folders:
        command(folder, "run", url, "--only", "objects.empty_thread", "--shard", "1/3", "--report", "other")
    if "cut" in folders:
        (folder / "cut").mkdir()
        for name in ("report.json", "journal.jsonl"):
            (folder / "cut" / name).write_bytes((folder / "shard-2" / name).read_bytes())
        lines = (folder / "cut/journal.jsonl").read_text().splitlines(keepends=True)
        (folder / "cut/journal.jsonl").write_text("".join(lines[:-1]))
    done = command(folder, "report", "merge", *folders, "--report", "merged")
    assert done.code == code, done.out + done.err
    assert told in " ".join((done.out + done.err).split())


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2", ""])
def test_a_shard_is_written_with_its_number_and_their_count(text: str, tmp_path: Path) -> None:
    done = command(tmp_path, "run", "--shard", text)
    assert done.code == 2
    assert "write NUMBER/OF, such as 2/5" in done.err


def test_a_baseline_holds_for_all_shards_together(shards: tuple[str, Path]) -> None:
    url, folder = shards
    why = ("--reason", "known", "--link", "https://issues.test/1")
    assert command(folder, "baseline", "write", "whole", *why).code == 0
    one = command(folder, "run", url, *AREA, "--shard", "1/3", "--report", "again", "--baseline", "baseline.toml")
    assert one.code == 0, one.out
    merge = ("report", "merge", "shard-1", "shard-2", "shard-3", "--baseline", "baseline.toml")
    assert command(folder, *merge).code == 0


# The action and the example -------------------------------------------------------------------------------------------


def substituted(text: str, known: dict[str, str]) -> str:
    """What the runner makes of `${{ … }}`."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: known[match[1]], text)


def shell(script: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A step's script, as the runner calls bash; what it leaves in the background goes on."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, env=env, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_the_example_works_as_it_stands_beside_an_emulator_that_takes_its_time(tmp_path: Path) -> None:
    port = base_url(probe := listen("127.0.0.1", 0)).split(":")[2].split("/")[0]
    probe.close()
    workflow = yaml.safe_load((CHECKOUT / "examples/ci.yml").read_text().replace("8711", port))
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    tools = tmp_path / "temp/conformance/bin"
    tools.mkdir(parents=True)
    own = f"exec {sys.executable} -c 'from conformance.cli import main; main()' \"$@\""
    late = 'if [ "$1" = serve ]; then echo $$ > pid; until [ -e begun ]; do sleep 0.1; done; sleep 3; fi'
    narrow = 'if [ "$1" = run ]; then touch begun; set -- "$@" --only objects.empty_thread,objects.thread_lifecycle; fi'
    (tools / "assistants-conformance").write_text(f"#!/bin/bash\n{late}\n{narrow}\n{own}\n")
    (tools / "pip").write_text("#!/bin/bash\n")  # what it installs is here already
    for tool in tools.iterdir():
        tool.chmod(0o755)
    env = {**os.environ, **github(tmp_path), "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)}
    known: dict[str, str] = {}
    said = []
    try:
        for step in workflow["jobs"]["conformance"]["steps"]:
            if "run" in step:
                said.append(shell(substituted(step["run"], known), tmp_path, env))
            elif step["uses"] == "./":
                given = {name: str(value) for name, value in step["with"].items()}
                assert given.keys() <= action["inputs"].keys()
                inputs = {
                    f"inputs.{name}": given.get(name, one.get("default", "")) for name, one in action["inputs"].items()
                }
                run = action["runs"]["steps"][1]
                own_env = {name: substituted(value, inputs) for name, value in run["env"].items()}
                said.append(shell(run["run"], tmp_path, {**env, **own_env}))
                told = dict(line.split("=", 1) for line in (tmp_path / "outputs").read_text().splitlines())
                steps = {f"steps.run.outputs.{name}": value for name, value in told.items()}
                for name, output in action["outputs"].items():
                    known[f"steps.{step['id']}.outputs.{name}"] = substituted(output["value"], steps)
    finally:
        pid = int((tmp_path / "pid").read_text())
        os.kill(pid, signal.SIGTERM)
    assert [done.returncode for done in said] == [0, 0, 0], said
    assert said[-1].stdout == "conformant, 0 causes\n"
    assert (tmp_path / "conformance-report/report.html").is_file()
    assert (tmp_path / "summary.md").read_text().startswith("## Conformant in what was asked for: ")


def test_the_action_has_an_input_for_all_that_a_run_has() -> None:
    from conformance.cli.app import load

    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    options = {param.name.replace("_", "-") for param in load("run").params if param.name}
    of_a_terminal = {"config", "show-config", "failed", "plan", "resume", "show", "verbose", "markdown", "api-key-env"}
    assert action["inputs"].keys() - {"api-key"} == options - of_a_terminal
    script = action["runs"]["steps"][1]["run"]
    assert all(name in script for name in action["inputs"].keys() - {"target", "api-key", "strict"})
