"""What a fuzzing run keeps of what it found broken: a cassette for each requirement, and the program of a sequence."""

from dataclasses import replace
from pathlib import Path

from conformance.client import interrupt
from conformance.client.target import Target, resolve
from conformance.contract import Contract
from conformance.evidence.by_hand import with_makers
from conformance.evidence.redaction import redact_trace
from conformance.evidence.safe_files import NotWritten, reason, write_files
from conformance.evidence.secrets import redact_text
from conformance.fuzz.search import SEQUENCES, Search
from conformance.fuzz.shrinking import CallSequence
from conformance.recordings.cassette import write
from conformance.report.conclusion import counted, few
from conformance.report.plain import visible
from conformance.session.attempt import ScenarioRecord
from conformance.session.run import embedded
from conformance.trace.trace import Trace

FAILURES_FOLDER = "fuzz"
"""The folder, within that of the report, of what is kept of failures."""
ENDINGS = (".yaml", ".yaml.gz", ".py")


def save_failures(search: Search, target: Target, folder: Path, loaded: Contract) -> list[str]:
    """Write what a search found broken; returns notes that tell where it is. After a stop, only while there is time."""
    notes, unkept = [], []
    for requirement, (made, trace) in search.smallest.items():
        if not interrupt.leaves_time():
            unkept.append(requirement)
            continue
        path = folder / f"{search.name}.{requirement}.yaml"
        sequence = search.sequences.get(requirement)
        cut = "; perhaps not fully shrunk: the run was stopped" if search.interrupted and sequence is None else ""
        try:
            write(trace, path, target.secrets)
            _show_makers(made, requirement, redact_trace(trace, target.secrets), target)
            notes.append(f"{requirement}: {path}{cut}")
            if sequence:
                notes.append(f"{requirement}: {_keep_program(sequence, requirement, path, target, loaded)}")
        except NotWritten as problem:
            notes.append(f"{requirement}: not all was kept: {problem}")
    if unkept:
        notes.append(f"no cassette for want of time, as the run was stopped: {few(unkept)}")
    return notes


def _show_makers(made: ScenarioRecord, requirement: str, trace: Trace, target: Target) -> None:
    """Put the requests that make its objects before the curl line of each finding, so that any endpoint has them."""
    for finding in made.findings:
        if finding.requirement == requirement:
            finding.curl = with_makers(trace, finding.exchange, target.url) or finding.curl


def _keep_program(sequence: CallSequence, requirement: str, cassette: Path, target: Target, loaded: Contract) -> str:
    """Write the program of a sequence beside its cassette; returns where it is and how long."""
    path = cassette.with_suffix(".py")
    text = program_of(sequence, requirement, target, loaded)
    write_files({path: visible(redact_text(text, target.secrets), keep="\n")}, target.secrets)
    cut = "" if sequence.shortest else "; not fully shrunk: time ran out"
    if interrupt.asked():
        cut = "" if sequence.shortest else "; it is not fully shrunk: the run was stopped"
    return f"{path} ({counted(len(sequence.steps), 'step')}{cut})"


def program_of(sequence: CallSequence, requirement: str, target: Target, loaded: Contract) -> str:
    """The sequence as a program; what it looks for is reported by the reference endpoint, which takes the same steps.

    After a stop, which leaves no time for that, it looks for the answer as it was found.
    """
    from conformance.fuzz.reproduction import reproduction_check
    from conformance.fuzz.sdk_program import sdk_program

    right = None if interrupt.asked() else _model(sequence, target, loaded)
    return sdk_program(
        sequence,
        sequence.finding(requirement),
        reproduction_check(sequence, requirement, right),
        rule=loaded.requirements[requirement].rule,
        url=target.url,
        pause=target.profile.poll_seconds,
    )


def _model(sequence: CallSequence, target: Target, loaded: Contract) -> CallSequence | None:
    """The steps of a sequence as the reference endpoint answers them, as far as it gets."""
    from conformance.fuzz.shrinking import replay

    right = resolve("reference", timeout=target.timeout)
    with embedded(right.key) as url:
        return replay(sequence.steps, replace(right, url=url), loaded, to_the_end=False)


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
