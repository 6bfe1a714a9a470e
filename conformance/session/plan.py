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

REQUEST_S, RUN_S = 0.05, 1.0
"""What a request and a run take in seconds where nothing was measured: an emulator that streams at once is faster."""
_REQUEST = re.compile(rb"^- request:", re.MULTILINE)
_RUN = re.compile(rb"^    method: POST\n    uri: \S+/runs$", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """How much a run is; `measured` tells whether the seconds are those of an earlier run."""

    scenarios: int
    requests: int
    runs: int
    seconds: float
    measured: bool

    def lines(self) -> tuple[str, ...]:
        """The plan in words."""
        what = f"{counted(self.scenarios, 'scenario')}, about {counted(self.requests, 'request')}"
        whence = "as measured last time" if self.measured else f"at {REQUEST_S:g} s a request and {RUN_S:g} s a run"
        minutes = f"{self.seconds / 60:.0f} min" if self.seconds >= 120 else f"{self.seconds:.0f} s"
        return (
            f"{what}, {counted(self.runs, 'run')} among them; what fails is driven again",
            f"about {minutes}, {whence}",
        )


def plan(selection: Selection, jobs: int, last: Report | None) -> Plan:
    """The plan for what is selected; `last` is an earlier report on the same endpoint."""
    names = [name for name in registry() if selection.admits(name)]
    sizes = [_size(name) for name in names]
    requests, runs = sum(size[0] for size in sizes), sum(size[1] for size in sizes)
    took = {line.name: line.seconds for line in last.scenarios if line.seconds is not None} if last else {}
    if took and all(name in took for name in names):
        return Plan(len(names), requests, runs, sum(took[name] for name in names) / jobs, measured=True)
    return Plan(len(names), requests, runs, (requests * REQUEST_S + runs * RUN_S) / jobs, measured=False)


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
