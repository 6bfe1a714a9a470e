"""A fuzzing run as a whole: reach the target, search, keep what fails, and conclude in the common report."""

import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from conformance import contract as contracts
from conformance.client import interrupt
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.fuzz.operation_search import OperationSearches, SearchPlan, name_of, names
from conformance.fuzz.saved_failures import FAILURES_FOLDER, SavedFailures, remove_saved
from conformance.fuzz.search import SEQUENCES, Budget, Search
from conformance.fuzz.sequence_search import search_sequences
from conformance.report.conclusion import counted, few
from conformance.report.model import Header, Report, ScenarioLine
from conformance.session.attempt import failing
from conformance.session.causes import causes
from conformance.session.controller import Watcher
from conformance.session.preflight import problem_with
from conformance.session.run import embedded
from conformance.session.selection import Selection
from conformance.session.verdicts import decide

FOR_THE_END = 3.0
"""Seconds of the time that are kept for deleting what was made and for the report; a fifth where that is less."""


class UnknownSearch(Exception):
    """Something named by `--only` that is no search, or nothing left to search."""


@dataclass(frozen=True)
class FuzzRun:
    """What to fuzz, how, and where what fails is kept, and what was made noted until it is deleted.

    `only` are operations, `operation.mode` names, and `stateful`; empty for all that `schema` and `stateful` ask for.
    `max_time` are seconds since `began`, of `time.monotonic`.
    """

    target: Target
    schema: bool
    stateful: bool
    only: tuple[str, ...]
    seed: int
    max_examples: int
    max_time: float
    folder: Path
    command: str
    began: float
    ledger: Path | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """What of `only` is about operations."""
        return tuple(word for word in self.only if word != SEQUENCES)

    @property
    def with_sequences(self) -> bool:
        """Whether sequences are made."""
        return self.stateful and (not self.only or SEQUENCES in self.only)

    @property
    def with_requests(self) -> bool:
        """Whether requests are made operation by operation."""
        return self.schema and (not self.only or bool(self.operations))

    @property
    def end(self) -> float:
        """The moment at which the searches end."""
        return self.began + self.max_time - min(FOR_THE_END, self.max_time / 5)


def run_fuzz(run: FuzzRun, watcher: Watcher) -> Report:
    """Fuzz and report. Raises `UnknownSearch`; nothing for what the endpoint does."""
    loaded, date = contracts.load(), datetime.now(UTC)
    planned, again = _planned(run, loaded), _rerun(run)
    run = replace(run, target=replace(run.target, timeout=min(run.target.timeout, run.max_time)))
    found: dict[str, Search] = {}
    notes: list[str] = []
    rounds = 2 * len(planned) + run.with_sequences
    looks = 0
    problem = None
    kept = SavedFailures(run.target, run.folder / FAILURES_FOLDER, loaded)
    with ExitStack() as stack:
        stack.callback(watcher.stop)
        if run.target.profile.embedded and not run.target.url:
            url = stack.enter_context(embedded(run.target.key))  # what it holds ends with it, so no ledger
            run = replace(run, target=replace(run.target, url=url), ledger=None)
        try:
            with interrupt.breakable():
                problem = problem_with(run.target, run.ledger)
        except KeyboardInterrupt:
            if not interrupt.asked():
                raise
        if problem is None and not interrupt.asked():
            notes += remove_saved(run.folder / FAILURES_FOLDER, loaded)
            kept.target = run.target
            watcher.start(rounds)
            for search, until in _searches(run, loaded, watcher):
                looks += 1
                found[search.name] = search
                kept.save(search, until)
                record = search.record()
                watcher.done(search.name, record.outcome, failing(record.found, loaded))
    if problem is None:
        notes = [*_extent(list(found.values()), run), *kept.notes(), *_covered(found, planned), *notes]
    records = [search.record() for search in found.values() if search.empty is None]
    unfinished = any(search.interrupted for search in found.values()) or looks < rounds
    tested = any(search.driven for search in found.values())
    header = Header(
        version=version("assistants-conformance"),
        mode="fuzz",
        target=run.target.url,
        started=date.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - run.began, 2),
        exchanges=sum(record.exchanges for record in records),
        accepted=sum(record.accepted for record in records),
        streams=sum(record.streams for record in records),
        subjects=sum(sum(record.examined.values()) for record in records) if tested else 0,
        command=run.command,
        notes=tuple(notes),
        problem=problem,
        interrupted=interrupt.asked() and problem is None and unfinished,
    )
    touched = frozenset(name for record in records for name in (*record.examined, *record.found, *record.crashed))
    results = decide(loaded, records, Selection(None, touched), rerun=again)
    lines = tuple(ScenarioLine(r.scenario, r.outcome, r.reason, r.exchanges, r.streams, r.seconds) for r in records)
    return Report(header, results, lines, causes=causes(loaded, records, results))


def _planned(run: FuzzRun, loaded: Contract) -> list[tuple[Operation, str]]:
    """The operations and modes that requests are to be made for."""
    if not (run.with_requests or run.with_sequences):
        raise UnknownSearch(f"--only {','.join(run.only)} leaves nothing of what --schema or --stateful asks for")
    try:
        return names(loaded, run.operations) if run.with_requests else []
    except KeyError as unknown:
        text = f"{unknown.args[0]!r} is no operation of the contract, such as createRun, and not {SEQUENCES!r}"
        raise UnknownSearch(text) from None


def _searches(run: FuzzRun, loaded: Contract, watcher: Watcher) -> Iterator[tuple[Search, float]]:
    """The searches as far as they are: a first round over all operations, sequences, then operation by operation.

    Where there is more than one of the three, the first has half of the time at most, and the second half of the rest.
    With each comes the moment until which its failures may be worked on.
    """
    now, end, searches = time.monotonic(), run.end, None
    if run.with_requests:
        plan = SearchPlan(run.target, run.seed, run.max_examples, run.operations, run.ledger)
        searches = OperationSearches(plan, loaded)
        searches.searches[0].first  # noqa: B018 (to read the document takes a while, of no operation's time)
        now = time.monotonic()
        for search in searches.first_round(now + (end - now) / 2, watcher.scenario):
            yield search, end
    if run.with_sequences and not interrupt.asked():
        watcher.scenario(SEQUENCES)
        now = time.monotonic()
        until = now + (end - now) / 2 if searches else end
        yield search_sequences(run.target, Budget(run.max_examples, until, run.seed), loaded, run.ledger), until
    for search in searches.go_deeper(end, watcher.scenario) if searches else ():
        yield search, end


def _extent(searches: list[Search], run: FuzzRun) -> Iterator[str]:
    """How much was done of what was planned, in words."""
    requests = [search for search in searches if search.name != SEQUENCES]
    if requests:
        tried, planned = sum(one.bounds for one in requests), sum(one.planned for one in requests)
        cut = [search.name for search in requests if search.timed_out]
        short = f"; cut short by --max-time {run.max_time:g}: {few(cut)}" if cut else ""
        broken = [search.name for search in requests if search.interrupted]
        short = f"; stopped before its end: {few(broken)}" if broken else short
        made = sum(search.examples for search in requests)
        yield f"requests: {made:,}, {tried:,} of {planned:,} of them with known mistakes or at bounds{short}"
    for search in searches:
        if search.name == SEQUENCES:
            short = f"; cut short by --max-time {run.max_time:g}" if search.timed_out else ""
            short = "; stopped before the end" if search.interrupted else short
            steps = f"{search.rules} steps of {search.steps} calls together, {search.seconds:.0f} s"
            yield f"sequences: {search.examples} of {run.max_examples}, {steps}{short}"


def _covered(found: dict[str, Search], planned: list[tuple[Operation, str]]) -> Iterator[str]:
    """Which operations were exercised with right and with wrong requests, and why others were not."""
    for mode, word in (("positive", "right"), ("negative", "wrong")):
        missing: dict[str, list[str]] = {}
        wanted = [operation for operation, kind in planned if kind == mode]
        for operation in wanted:
            if why := _missing(found.get(name_of(operation, mode))):
                missing.setdefault(why, []).append(operation.operation_id)
        if wanted:
            done = len(wanted) - sum(map(len, missing.values()))
            text = "".join(f"; {why}: {few(those)}" for why, those in missing.items())
            yield f"{done} of {counted(len(wanted), 'operation')} exercised with {word} requests{text}"


def _missing(search: Search | None) -> str | None:
    """Why a search exercised nothing; None where it did."""
    if search is not None and search.driven:
        return None
    if search is not None and search.undriven is not None:
        return f"could not be driven ({search.undriven.reason})"
    if search is not None and search.empty:
        return search.empty
    return "stopped before" if interrupt.asked() else "no time was left for"


def _rerun(run: FuzzRun) -> str:
    """The command that makes one search again with the same requests, up to its name."""
    words = ["assistants-conformance", "fuzz", *run.target.words]
    words += ["--seed", str(run.seed), "--max-examples", str(run.max_examples)]
    words += ["--max-time", f"{run.max_time:g}", "--timeout", f"{run.target.timeout:g}"]
    return shlex.join([*words, "--only"])
