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
from conformance.fuzz.search import Search
from conformance.preflight import problem_with
from conformance.recordings.cassette import write
from conformance.report.conclusion import counted
from conformance.report.model import Header, Report, ScenarioLine
from conformance.report.plain import visible
from conformance.run import embedded
from conformance.secrets import redact_text
from conformance.target import Target


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
    records = [search.record() for search in searches]
    header = Header(
        version=version("assistants-conformance"),
        mode="fuzz",
        target=asked.target.url,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 2),
        exchanges=sum(record.exchanges for record in records),
        streams=sum(record.streams for record in records),
        subjects=sum(sum(record.examined.values()) for record in records),
        command=asked.command,
        notes=(_extent(searches, asked.seed), *notes),
        problem=problem,
        interrupted=interrupted,
    )
    touched = frozenset(name for record in records for name in (*record.examined, *record.found, *record.crashed))
    results = conclude(loaded, records, Selection(None, touched), rerun=_rerun(asked))
    return Report(header, results, _lines(records))


def _extent(searches: list[Search], seed: int) -> str:
    examples, steps = sum(search.examples for search in searches), sum(search.steps for search in searches)
    return f"{examples} examples{f', {steps} steps of sequences' if steps else ''}, seed {seed}"


def _searches(asked: Fuzzing, loaded: Contract, watcher: Watcher) -> Iterator[Search]:
    from conformance.fuzz.schema import Errand, fuzz, names
    from conformance.fuzz.search import Budget
    from conformance.fuzz.stateful import NAME, explore

    try:
        planned = names(loaded, asked.only) if asked.schema else []
    except KeyError as unknown:
        raise UnknownSearch(f"{unknown.args[0]!r} is no operation of the contract, such as createRun") from None
    watcher.start(len(planned) + asked.stateful)
    end = time.monotonic() + asked.max_time
    if asked.stateful:
        watcher.scenario(NAME)
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
    for requirement, (made, trace) in search.smallest.items():
        path = asked.folder / "fuzz" / f"{search.name}.{requirement}.yaml"
        try:
            write(trace, path, known)
        except NotWritten as problem:
            notes.append(f"{requirement}: the cassette was not written: {problem}")
            continue
        notes.append(f"{requirement}: {path}")
        if steps := search.stories.get(requirement):
            from conformance.fuzz.script import script

            finding = next(one for one in made.findings if one.requirement == requirement)
            rule = loaded.requirements[requirement].rule
            program = path.with_suffix(".py")
            text = script(steps, finding, rule=rule, url=asked.target.url, name=program.name)
            write_files({program: visible(redact_text(text, known), keep="\n")}, known)
            notes.append(f"{requirement}: {program} ({counted(len(steps), 'step')})")
    return notes


def _rerun(asked: Fuzzing) -> str:
    profile = asked.target.profile
    words = ["assistants-conformance", "fuzz", profile.name if profile.embedded else asked.target.url]
    if asked.seed:
        words += ["--seed", str(asked.seed)]
    return " ".join([*words, "--only"])


def _lines(records: list[ScenarioRecord]) -> tuple[ScenarioLine, ...]:
    return tuple(ScenarioLine(r.scenario, r.outcome, r.reason, r.exchanges, r.streams, r.seconds) for r in records)
