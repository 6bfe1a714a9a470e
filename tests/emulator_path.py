"""The path of an emulator's author, as docs/emulators.md tells it: run, read the first cause, mend it, run again.

The page holds what the terminal shows at each step, and the patch that mends it; `--write` walks the path and renews
the first, with the time and the lines of each run.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.limits import HANG, wait_until

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE, SERVER = CHECKOUT / "docs" / "emulators.md", CHECKOUT / "examples" / "tiny_server.py"
STEP = re.compile(r"```text\n(?P<shown>[^`]*?)```\n(?:(?!```).)*?```diff\n(?P<patch>[^`]*?)```", re.DOTALL)
AREAS = re.compile(r"--only (\S+)").search(PAGE.read_text())
FIGURES = re.compile(r"(?<=<!--runs-->\n).*?(?=<!---->)", re.DOTALL)
EFFECT = r" +(?P<effect>\d+ (?:fail|warn|wait)[\d a-z,]*)$"
CAUSE = re.compile(rf"^ *\d+\. (?P<title>.*?){EFFECT}\n +(?P<example>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """What the page says of one step: the two lines of the terminal, and the patch."""

    shown: str
    patch: str

    @property
    def title(self) -> str:
        """The cause, as far as a line has room for it."""
        return without_number(self.shown.splitlines()[0])

    @property
    def scenario(self) -> str:
        """The scenario that shows it."""
        return self.shown.splitlines()[1].split(":")[0].strip()


@dataclass(frozen=True)
class Outcome:
    """What a run came to: exit code, seconds, and what stood on the terminal."""

    code: int
    seconds: float
    text: str
    failed_only: bool

    def red(self) -> list[str]:
        """The causes that turn something red, first ones first: two lines each."""
        return [
            "\n   ".join(line.strip() for line in match[0].splitlines())
            for match in CAUSE.finditer(self.text)
            if "fail" in match["effect"]
        ]


def without_number(line: str) -> str:
    """The title in the first line of a cause."""
    return re.sub(rf"^ *\d+\. |{EFFECT}", "", line)


def steps(page: str) -> list[Step]:
    """The steps of the page."""
    return [Step(match["shown"], match["patch"]) for match in STEP.finditer(page)]


def patched(source: str, patch: str) -> str:
    """A program with a patch applied, whose hunks are found by their lines."""
    for hunk in re.split(r"^@@.*\n", patch, flags=re.MULTILINE)[1:] or [patch]:
        before, after = (
            "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] in signs) for signs in (" -", " +")
        )
        assert source.count(before) == 1, f"the patch does not fit:\n{hunk}"
        source = source.replace(before, after)
    return source


@contextmanager
def serving(source: str, folder: Path) -> Iterator[str]:
    """The program on a free port, in a checkout of its own; yields its URL."""
    program = folder / "examples" / SERVER.name
    program.parent.mkdir(exist_ok=True)
    program.write_text(source)
    if not (specs := folder / "specs").exists():
        specs.symlink_to(CHECKOUT / "specs")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen([sys.executable, program, str(port)], stdout=log, stderr=log)
        try:
            wait_until(lambda: _answers(port, process), "the server's first answer")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()
            process.wait()


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the server ended"
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def judged(source: str, folder: Path, *options: str) -> Outcome:
    """A run of the suite against the program, with what it says on a terminal of 120 columns."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    with serving(source, folder) as url:
        began = time.monotonic()
        command = [
            Path(sys.executable).with_name("assistants-conformance"),
            "run",
            url,
            "-j",
            "4",
            "--repeats",
            "1",
            *options,
        ]
        done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=HANG * 2)
    return Outcome(done.returncode, time.monotonic() - began, done.stdout, "--failed" in options)


def beginning(title: str) -> str:
    """What a title begins with: what it is about, or its first words."""
    return title.partition(":")[0] if ":" in title else " ".join(title.split()[:2])


def walk(page: str, folder: Path) -> Iterator[tuple[Step | None, Outcome]]:
    """Every run with the step of the page that its first red cause is; without one where the run is green.

    What is red first depends on what was driven, so the page is not held to one order.
    """
    source, waiting = SERVER.read_text(), steps(page)
    areas = AREAS[1] if AREAS else ""
    again: tuple[str, ...] = ()
    while waiting:
        outcome = judged(source, folder, "--only", areas, *again)
        if again and not outcome.red():  # what failed is mended: is there something else?
            yield None, outcome
            outcome, again = judged(source, folder, "--only", areas), ()
        assert outcome.red(), f"green before the end of the page:\n{outcome.text}"
        first = beginning(without_number(outcome.red()[0].splitlines()[0]))
        step = next((one for one in waiting if beginning(one.title) == first), None)
        assert step is not None, f"no step of the page is about this:\n{outcome.red()[0]}"
        yield step, outcome
        waiting.remove(step)
        source, again = patched(source, step.patch), ("--failed",)
    yield None, judged(source, folder, "--only", areas)


def written(page: str, folder: Path) -> str:
    """The page with what the terminal shows now, step by step."""
    rows = ["| run | seconds | lines | first cause |", "| --- | ---: | ---: | --- |"]
    for number, (step, outcome) in enumerate(walk(page, folder), start=1):
        red, lines = outcome.red(), len(outcome.text.splitlines())
        print(f"run {number}: exit {outcome.code}, {outcome.seconds:.0f} s, {lines} lines", *red[:1], sep="\n")
        what = "`--failed`" if outcome.failed_only else "all"
        title = without_number(red[0].splitlines()[0]) if red else "none"
        rows.append(f"| {what} | {outcome.seconds:.0f} | {lines} | {title} |")
        if step is not None:
            page = page.replace(step.shown, f"{red[0]}\n", 1)
    return FIGURES.sub(lambda _: "\n".join(rows) + "\n", page)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.emulator_path --write")
    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(written(PAGE.read_text(), Path(name)))
