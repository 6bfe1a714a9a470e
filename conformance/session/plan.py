"""What a run would do, told without sending anything: scenarios, requests, runs, and the time that is expected."""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from conformance.report.conclusion import counted
from conformance.report.model import Report
from conformance.scenarios.registry import registry
from conformance.session.selection import Selection
from conformance.session.settings import bundled_cassettes

FAST, SLOW = (0.005, 0.0), (0.1, 1.0)
"""Seconds that an answer and a run take where nothing was measured: of an emulator, and of one with a model."""
_REQUEST = re.compile(rb"^- request:", re.MULTILINE)
_RUN = re.compile(rb"^    method: POST\n    uri: \S+/runs$", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """How much a run is: `seconds` are those of an earlier run, or the least and the most that is to be expected."""

    scenarios: int
    requests: int
    runs: int
    jobs: int
    seconds: tuple[float, ...]

    def lines(self) -> tuple[str, ...]:
        """The plan in words."""
        what = f"{counted(self.scenarios, 'scenario')}, about {counted(self.requests, 'request')}"
        times = [f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s" for seconds in self.seconds]
        speeds = [f"{answer * 1000:g} ms an answer and {run:g} s a run" for answer, run in (FAST, SLOW)]
        told = ", ".join(f"{time} at {speed}" for time, speed in zip(times, speeds, strict=True)) if times[1:] else ""
        return (
            f"{what}, {counted(self.runs, 'run')} among them; what fails is driven again",
            f"about {told or f'{times[0]}, as measured last time'} (-j {self.jobs})",
        )


def plan(selection: Selection, jobs: int, poll_seconds: float, last: Report | None) -> Plan:
    """The plan for what is selected, with so long a pause between looks at a run.

    `last` is an earlier report on the same endpoint.
    """
    names = [name for name in registry() if selection.admits(name)]
    sizes = [_size(name) for name in names]
    requests, runs = sum(size[0] for size in sizes), sum(size[1] for size in sizes)
    took = {line.name: line.seconds for line in last.scenarios if line.seconds is not None} if last else {}
    if took and all(name in took for name in names):
        seconds: tuple[float, ...] = (sum(took[name] for name in names),)
    else:
        seconds = tuple(requests * answer + runs * (run + poll_seconds) for answer, run in (FAST, SLOW))
    return Plan(len(names), requests, runs, jobs, tuple(each / jobs for each in seconds))


def _size(scenario: str) -> tuple[int, int]:
    """How many requests and new runs the recording of a scenario holds."""
    plain = bundled_cassettes() / f"{scenario.replace('.', '/', 1)}.yaml"
    text = _text(plain)
    return len(_REQUEST.findall(text)), len(_RUN.findall(text))


def _text(plain: Path) -> bytes:
    if plain.is_file():
        return plain.read_bytes()
    packed = plain.with_name(f"{plain.name}.gz")
    return gzip.decompress(packed.read_bytes()) if packed.is_file() else b""
