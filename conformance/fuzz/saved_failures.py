"""What a fuzzing run keeps of what it found broken: a cassette for each requirement, and the program of a sequence."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.client import interrupt
from conformance.client.target import Target, resolve
from conformance.contract import Contract
from conformance.evidence.by_hand import with_makers
from conformance.evidence.redaction import redact_trace
from conformance.evidence.safe_files import NotWritten, reason, write_files
from conformance.evidence.secrets import redact_text
from conformance.fuzz.search import SEQUENCES, Search
from conformance.fuzz.shrinking import CallSequence, replay
from conformance.recordings.cassette import write
from conformance.report.conclusion import counted, few
from conformance.report.plain import visible
from conformance.session.run import embedded
from conformance.trace.trace import Trace

FAILURES_FOLDER = "fuzz"
"""The folder, within that of the report, of what is kept of failures."""
ENDINGS = (".yaml", ".yaml.gz", ".py")


@dataclass
class SavedFailures:
    """What is kept of the failures of a run, in a folder of its own: the requirements by kind of file."""

    target: Target
    folder: Path
    contract: Contract
    cassettes: dict[str, Trace] = field(default_factory=dict)
    programs: dict[str, bool] = field(default_factory=dict)
    """Whether the sequence of each could not be made any shorter."""
    unkept: dict[str, str] = field(default_factory=dict)
    """Why something was not kept."""

    def save(self, search: Search, until: float = math.inf) -> None:
        """Write what a search found broken. After a stop, only while there is time.

        Behind `until` programs look for the answer as it was found, as after a stop: what would be right instead is not
        asked of the reference endpoint any more.
        """
        for requirement, (made, trace) in search.smallest.items():
            if not interrupt.leaves_time():
                self.unkept[requirement] = "no time was left after the stop"
                continue
            path, secrets = self.folder / f"{search.name}.{requirement}.yaml", self.target.secrets
            if self.cassettes.get(path.name) is trace:
                continue
            try:
                write(trace, path, secrets)
                self.cassettes[path.name] = trace
                for finding in made.findings:  # with the requests that make its objects, on any endpoint
                    if finding.requirement == requirement:
                        told = with_makers(redact_trace(trace, secrets), finding.exchange, self.target.url)
                        finding.curl = told or finding.curl
                if sequence := search.sequences.get(requirement):
                    text = program_of(sequence, requirement, self.target, self.contract, until)
                    text = visible(redact_text(text, secrets), keep="\n")
                    write_files({path.with_suffix(".py"): text}, secrets)
                    self.programs[path.stem] = sequence.shortest
            except NotWritten as problem:
                self.unkept[requirement] = str(problem)

    def notes(self) -> Iterator[str]:
        """What is kept, and what is not, in words."""
        if self.cassettes:
            programs = f" and {counted(len(self.programs), 'program')}" if self.programs else ""
            long = [not shortest for shortest in self.programs.values()].count(True)
            why = "the run was stopped" if interrupt.asked() else "time ran out"
            cut = f"; {long} not fully shrunk: {why}" if long else ""
            yield f"{self.folder} keeps {counted(len(self.cassettes), 'cassette')}{programs} of what failed{cut}"
        if self.unkept:
            yield f"not kept: {few(list(self.unkept))} ({next(iter(self.unkept.values()))})"


def program_of(
    sequence: CallSequence, requirement: str, target: Target, contract: Contract, until: float = math.inf
) -> str:
    """The sequence as a program; what it looks for is told by the reference endpoint, which takes the same steps."""
    from conformance.fuzz.reproduction import reproduction_check
    from conformance.fuzz.sdk_program import sdk_program

    right, model, again = resolve("reference", timeout=target.timeout), None, None
    if not interrupt.asked() and time.monotonic() < until:
        with embedded(right.key) as url:
            model = replay(sequence.steps, replace(right, url=url), contract, until, to_the_end=False)
        again = replay(sequence.steps, target, contract, until)
    if again is not None and requirement not in again.made.found:
        again = None  # a race, perhaps
    return sdk_program(
        sequence,
        sequence.finding(requirement),
        reproduction_check(sequence, requirement, model, again),
        rule=contract.requirements[requirement].rule,
        url=target.url,
        pause=target.profile.poll_seconds,
    )


def remove_saved(folder: Path, loaded: Contract) -> list[str]:
    """Remove what an earlier fuzzing kept: the files whose names are made of a search and a requirement."""
    from conformance.fuzz.operation_search import name_of, names

    searches = {SEQUENCES, *(name_of(*one) for one in names(loaded, ()))}
    removed = 0
    for path in sorted(folder.glob("*")):
        name = next((path.name.removesuffix(end) for end in ENDINGS if path.name.endswith(end)), "")
        search, _, requirement = name.rpartition(".")
        if search in searches and requirement in loaded.requirements:
            try:
                path.unlink()
            except OSError as problem:
                return [f"{path} is of an earlier fuzzing and could not be removed: {reason(problem)}"]
            removed += 1
    return [f"{counted(removed, 'file')} of an earlier fuzzing removed from {folder}"] if removed else []
