"""A fuzzing run as a whole: reach the target, search, keep what fails, and conclude in the common report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from conformance import contract as contracts
from conformance.attempt import ScenarioRecord, failing
from conformance.collector import Watcher
from conformance.conclude import conclude
from conformance.contract import Contract
from conformance.coverage import Selection
from conformance.files import NotWritten, write_files
from conformance.fuzz.search import SEQUENCES, Search
from conformance.fuzz.shrinking import Story
from conformance.preflight import problem_with
from conformance.recordings.cassette import write
from conformance.report.conclusion import counted
from conformance.report.model import Header, Report, ScenarioLine
from conformance.report.plain import visible
from conformance.run import embedded
from conformance.secrets import redact_text
from conformance.target import Target, resolve


class FuzzingMissing(Exception):
    """The libraries that make requests are not installed."""


class UnknownSearch(Exception):
    """Something named by `--only` that is no operation."""


@dataclass(frozen=True)
class Fuzzing:
    """What to fuzz, how, and where what fails is kept."""

    target: Target
    schema: bool
    stateful: bool
    only: tuple[str, ...]
    seed: int
    max_examples: int
    max_time: float
    folder: Path
    command: str


def run_fuzzing(asked: Fuzzing, watcher: Watcher) -> Report:
    """Fuzz and conclude. Raises `FuzzingMissing` and `UnknownSearch`; what the endpoint does stands in the report."""
    if missing := [name for name in ("hypothesis", "schemathesis") if find_spec(name) is None]:
        raise FuzzingMissing(f"fuzzing needs {' and '.join(missing)}: pip install 'assistants-conformance[fuzz]'")
    loaded = contracts.load()
    begun, started = time.monotonic(), datetime.now(UTC)
    searches: list[Search] = []
    notes: list[str] = []
    interrupted = False
    with ExitStack() as stack:
        stack.callback(watcher.stop)
        if asked.target.profile.embedded and not asked.target.url:
            asked = replace(asked, target=replace(asked.target, url=stack.enter_context(embedded(asked.target.key))))
        problem = problem_with(asked.target)
        if problem is None:
            try:
                for search in _searches(asked, loaded, watcher):
                    searches.append(search)
                    notes += _keep(search, asked, loaded)
                    record = search.record()
                    watcher.done(search.name, record.outcome, len(failing(record.found, loaded)))
            except KeyboardInterrupt:
                interrupted = True
    records = [search.record() for search in searches if search.empty is None]
    tested = any(search.driven for search in searches)
    header = Header(
        version=version("assistants-conformance"),
        mode="fuzz",
        target=asked.target.url,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 2),
        exchanges=sum(record.exchanges for record in records),
        accepted=sum(record.accepted for record in records),
        streams=sum(record.streams for record in records),
        subjects=sum(sum(record.examined.values()) for record in records) if tested else 0,
        command=asked.command,
        notes=(*_extent(searches, asked.seed), *(_covered(searches, asked, loaded) if asked.schema else ()), *notes),
        problem=problem,
        interrupted=interrupted,
    )
    touched = frozenset(name for record in records for name in (*record.examined, *record.found, *record.crashed))
    results = conclude(loaded, records, Selection(None, touched), rerun=_rerun(asked))
    return Report(header, results, _lines(records))


def _extent(searches: list[Search], seed: int) -> Iterator[str]:
    """How much was asked, in words."""
    requests = [search for search in searches if search.name != SEQUENCES]
    if requests:
        yield f"requests: {sum(search.examples for search in requests)} examples, seed {seed}"
    for search in searches:
        if search.name == SEQUENCES:
            yield f"sequences: {search.examples}, of {search.steps} steps together, seed {seed}"


def _covered(searches: list[Search], asked: Fuzzing, loaded: Contract) -> Iterator[str]:
    """Which operations were exercised with right and with wrong requests, and why others were not."""
    from conformance.fuzz.schema import name_of, names

    found = {search.name: search for search in searches}
    planned = names(loaded, asked.only)
    for mode, word in (("positive", "right"), ("negative", "wrong")):
        missing: dict[str, list[str]] = {}
        wanted = [operation for operation, kind in planned if kind == mode]
        for operation in wanted:
            if reason := _missing(found.get(name_of(operation, mode))):
                missing.setdefault(reason, []).append(operation.operation_id)
        if wanted:
            done = len(wanted) - sum(map(len, missing.values()))
            told = "".join(f"; {reason}: {', '.join(those)}" for reason, those in missing.items())
            yield f"{done} of {len(wanted)} operations exercised with {word} requests{told}"


def _missing(search: Search | None) -> str | None:
    """Why a search exercised nothing; None where it did."""
    if search is None:
        return "no time was left for"
    if search.driven:
        return None
    if search.stuck is not None:
        return f"could not be driven ({search.stuck.reason})"
    return search.empty or "no time was left for"


def _searches(asked: Fuzzing, loaded: Contract, watcher: Watcher) -> Iterator[Search]:
    from conformance.fuzz.schema import Errand, fuzz, names
    from conformance.fuzz.search import Budget
    from conformance.fuzz.stateful import explore

    try:
        planned = names(loaded, asked.only) if asked.schema else []
    except KeyError as unknown:
        raise UnknownSearch(f"{unknown.args[0]!r} is no operation of the contract, such as createRun") from None
    watcher.start(len(planned) + asked.stateful)
    end = time.monotonic() + asked.max_time
    if asked.stateful:
        watcher.scenario(SEQUENCES)
        share = asked.max_time / 2 if asked.schema else asked.max_time
        budget = Budget(asked.max_examples, time.monotonic() + share, asked.seed)
        yield explore(asked.target, budget, loaded)
    if asked.schema:
        errand = Errand(asked.target, asked.seed, asked.max_examples, end - time.monotonic(), asked.only)
        yield from fuzz(errand, loaded, watcher.scenario)


def _keep(search: Search, asked: Fuzzing, loaded: Contract) -> list[str]:
    """Write what a search found broken: a cassette for each requirement, and the program of a sequence."""
    notes = []
    known = asked.target.secrets
    for requirement, (_, trace) in search.smallest.items():
        path = asked.folder / "fuzz" / f"{search.name}.{requirement}.yaml"
        try:
            write(trace, path, known)
        except NotWritten as problem:
            notes.append(f"{requirement}: the cassette was not written: {problem}")
            continue
        notes.append(f"{requirement}: {path}")
        if story := search.stories.get(requirement):
            program = path.with_suffix(".py")
            text = program_of(story, requirement, asked.target, loaded)
            try:
                write_files({program: visible(redact_text(text, known), keep="\n")}, known)
            except NotWritten as problem:
                notes.append(f"{requirement}: the program was not written: {problem}")
                continue
            cut = "" if story.shortest else "; not fully shrunk: time ran out"
            notes.append(f"{requirement}: {program} ({counted(len(story.steps), 'step')}{cut})")
    return notes


def program_of(story: Story, requirement: str, target: Target, loaded: Contract) -> str:
    """The story as a program; what it looks for is told by the reference endpoint, which takes the same steps."""
    from conformance.fuzz.evidence import evidence
    from conformance.fuzz.script import script
    from conformance.fuzz.shrinking import take

    right = resolve("reference", timeout=target.timeout)
    with embedded(right.key) as url:
        model = take(story.steps, replace(right, url=url), loaded)
    return script(
        story,
        story.finding(requirement),
        evidence(story, requirement, model),
        rule=loaded.requirements[requirement].rule,
        url=target.url,
        pause=target.profile.poll_seconds,
    )


def _rerun(asked: Fuzzing) -> str:
    profile = asked.target.profile
    words = ["assistants-conformance", "fuzz", profile.name if profile.embedded else asked.target.url]
    if asked.seed:
        words += ["--seed", str(asked.seed)]
    return " ".join([*words, "--only"])


def _lines(records: list[ScenarioRecord]) -> tuple[ScenarioLine, ...]:
    return tuple(ScenarioLine(r.scenario, r.outcome, r.reason, r.exchanges, r.streams, r.seconds) for r in records)
