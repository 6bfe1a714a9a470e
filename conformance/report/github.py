"""What GitHub Actions reads of a report: annotations, the summary of the job, the outputs of the step.

Files are named by the runner in GITHUB_STEP_SUMMARY and GITHUB_OUTPUT; commands go to standard output.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.evidence.safe_files import append
from conformance.report import markdown
from conformance.report.conclusion import conclude
from conformance.report.model import Cause, Report
from conformance.report.plain import shown, visible
from conformance.report.verdict import Verdict

ANNOTATIONS = 10
"""GitHub shows ten of a kind for a step."""


def is_here() -> bool:
    """Whether this is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def without_commands() -> Iterator[None]:
    """Within the block nothing that is printed is a command to GitHub: what an endpoint says must give it none."""
    if not is_here():
        yield
        return
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", flush=True)


def harmless(text: str) -> str:
    """A text of several lines of which GitHub takes none for a command."""
    return re.sub(r"(?m)^(\s*):(?=:)", r"\1: ", text) if is_here() else text


def tell(report: Report, folder: Path, known: Iterable[str] = ()) -> None:
    """Annotate the first causes, add to the summary of the job, and set the outputs of the step, where there are such.

    `folder` is where the report is, `known` are secrets that nothing may hold. Raises `NotWritten`.
    """
    if is_here():
        for line in annotated(report):
            print(line)
    known = tuple(known)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        append(Path(summary), markdown.render(report), known)
    if step := os.environ.get("GITHUB_OUTPUT"):
        append(Path(step), "".join(f"{name}={value}\n" for name, value in outputs(report, folder)), known)


def annotated(report: Report) -> Iterator[str]:
    """The first causes as errors, or as warnings where they fail nothing; and why a run was not carried through."""
    if report.header.problem is not None:
        yield _command("error", "The run was not carried through", report.header.problem)
    for cause in report.causes[:ANNOTATIONS]:
        yield _command("error" if cause.failed else "warning", cause.title, _told(cause))


def outputs(report: Report, folder: Path) -> Iterator[tuple[str, str]]:
    """The outputs of the step: `verdict`, a count for each verdict, `causes`, and `report`, a folder."""
    yield "verdict", conclude(report).outcome.value
    for verdict in Verdict:
        yield verdict.value, str(report.count(verdict))
    yield "causes", str(len(report.causes))
    yield "report", visible(str(folder))


def _told(cause: Cause) -> str:
    lines = [", ".join((*cause.failed, *cause.warned, *cause.undecided)[:ANNOTATIONS])]
    if example := cause.example:
        lines.append(f"{example.source}: expected {example.expected}, got {example.actual}")
    return "\n".join([*lines, cause.advice])


def _command(kind: str, title: str, message: str) -> str:
    text = "%0A".join(_escaped(shown(line, 1000)) for line in message.split("\n"))
    return f"::{kind} title={_escaped(shown(title)).replace(':', '%3A').replace(',', '%2C')}::{text}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25")
