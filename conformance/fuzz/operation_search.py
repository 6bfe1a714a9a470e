"""Schema fuzzing: every operation with requests that keep its schema, and with requests that break it.

A first round reaches every operation with one right request and one of each kind of mistake. Then each search goes
deeper: more of those that are tried always, in an order that the seed tells, then as many at random.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conformance.client import interrupt
from conformance.client.cleanup import address
from conformance.client.endpoint import TimeIsUp
from conformance.client.ledger import Ledger
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.fuzz.boundary_requests import boundary_requests, minimal_request
from conformance.fuzz.mistakes import Mistake, mistakes
from conformance.fuzz.prerequisites import Prerequisites, absent_path
from conformance.fuzz.requests import MODES, GeneratedRequest, has_members, random_requests
from conformance.fuzz.search import STUCK, Budget, Sample, Search, search
from conformance.scenarios.kit.driver import Driver, Stop
from conformance.session.attempt import Outcome, attempt, failing, judged

AT_FIRST = 2.0
"""Seconds that a search of mistakes has at least in the first round, which is to get around."""
SHORTEST = 5.0
"""Seconds in which even a slow endpoint answers something."""
Example = GeneratedRequest | Mistake


@dataclass(frozen=True)
class SearchPlan:
    """What is to be fuzzed: beyond the first round, so many examples per operation and mode of each sort."""

    target: Target
    seed: int
    max_examples: int
    operations: tuple[str, ...] = ()
    """Operation ids, `operation.mode` names; empty for all."""
    ledger: Path | None = None
    """The file where what is made is noted until it is deleted."""

    def driver(self, contract: Contract, until: float) -> Driver:
        """A driver for the target, which notes what it makes."""
        ledger = Ledger(self.target.url, self.ledger, self.target.secrets)
        return Driver(self.target, contract, ledger=ledger, until=until)


def names(contract: Contract, wanted: tuple[str, ...]) -> list[tuple[Operation, str]]:
    """The searches to make, in the contract's order; raises `KeyError` for a name that is none."""
    every = [(operation, mode) for operation in contract.operations for mode in MODES]
    known = {operation.operation_id for operation, _ in every} | {name_of(*one) for one in every}
    for word in wanted:
        if word not in known:
            raise KeyError(word)
    return [one for one in every if not wanted or one[0].operation_id in wanted or name_of(*one) in wanted]


def name_of(operation: Operation, mode: str) -> str:
    """The name of a search, as `--only` takes it."""
    return f"{operation.operation_id}.{mode}"


class OperationSearches:
    """The searches of a plan: a first round over all of them, before any of them goes deeper."""

    def __init__(self, plan: SearchPlan, contract: Contract) -> None:
        self._plan, self._contract = plan, contract
        self._warned: set[str] = set()
        self.searches = [
            OperationSearch(*one, plan, contract, self._warned) for one in names(contract, plan.operations)
        ]

    def first_round(self, end: float, on_search: Callable[[str], None]) -> Iterator[Search]:
        """One right request for each operation, then one of each kind of mistake; yields each search as far as it is.

        All are about the same objects, which are made anew where a request has changed something.
        """
        maker = self._plan.driver(self._contract, end)
        prerequisites = Prerequisites(maker)
        try:
            for right in (True, False):
                searches = [one for one in self.searches if (one.mode == "positive") is right]
                for one, until in _sharing(searches, end, SHORTEST if right else AT_FIRST):
                    on_search(one.result.name)
                    one.begin(until, prerequisites)
                    yield one.result
        finally:
            maker.close()

    def go_deeper(self, end: float, on_search: Callable[[str], None]) -> Iterator[Search]:
        """Every other request at a bound, and requests at random; yields each search as it ends."""
        waiting = [one for one in self.searches if one.has_more]
        for one, until in _sharing(sorted(waiting, key=lambda one: not one.result.timed_out), end, SHORTEST):
            on_search(one.result.name)
            one.go_on(until)
            yield one.result
        for one in waiting:
            one.result.timed_out |= not one.ended and not interrupt.asked()


class OperationSearch:
    """The search with one operation and mode; `warned` are the warnings that any search has told."""

    def __init__(self, operation: Operation, mode: str, plan: SearchPlan, contract: Contract, warned: set[str]) -> None:
        self.result = Search(name_of(operation, mode))
        self.begun = self.ended = False
        self.mode = mode
        self._operation, self._plan, self._contract, self._warned = operation, plan, contract, warned
        self._left: list[Example] = []
        """What there was no time for in the first round."""
        self._suspects: dict[int, Example] = {}
        """What broke a requirement in the first round, among other requests."""

    @property
    def has_more(self) -> bool:
        """Whether it has begun and there is use in going on."""
        return self.begun and self.result.empty is None and self.result.undriven is None and not self.result.interrupted

    @cached_property
    def first(self) -> list[Example]:
        """One right request; or every mistake that no schema tells of, and one of each kind that one does.

        Making them takes a while, which is not the endpoint's.
        """
        if self.mode == "positive":
            return [minimal_request(self._operation)]
        wrong = [request for row in self._rows[:1] for request in row]
        return [*mistakes(self._operation, self._contract, next(iter(wrong), None)), *wrong]

    @cached_property
    def _rows(self) -> list[list[GeneratedRequest]]:
        if not has_members(self._operation):
            return []
        return boundary_requests(self._operation, self.mode, self._contract, self._plan.seed)

    def begin(self, until: float, prerequisites: Prerequisites) -> None:
        """The first round of this search: all requests in one trace, about objects made before it."""
        started, first = time.monotonic(), self.first
        self.begun, self.result.planned = True, len(first)
        if not first:
            self.result.empty = "a request has nothing that could be wrong"
            return
        begins: list[int] = []

        def drive(api: Driver) -> None:
            failures = 0
            try:
                for example in first:
                    begins.append(api.tap.last + 1)
                    try:
                        _drive(example, self._operation, api, prerequisites)
                        failures = 0
                        self.result.driven += 1
                    except Stop:
                        prerequisites.changed(self._operation)
                        failures += 1
                        if failures in (STUCK, len(first)):
                            raise
            except TimeIsUp:  # what was asked till then is judged
                self.result.timed_out = True

        driver = self._plan.driver(self._contract, until)
        try:
            made, trace = attempt(self.result.name, drive, driver, self._contract)
        except KeyboardInterrupt:  # the example under way was broken off; those before it stand
            if not interrupt.asked():
                raise
            self.result.interrupted = True
            made, trace = judged(driver, self.result.name, begins.pop() - 1)
        self.result.bounds = len(begins)
        self.result.count(made, len(begins))
        self._left = first[len(begins) :]
        if made.outcome != Outcome.COMPLETED:
            self.result.undriven = made
        self.result.warned = set(self._warned)
        self.result.keep(made, trace, self._contract)
        self.result.seconds = time.monotonic() - started
        self._warned |= made.found.keys() - failing(made.found, self._contract)
        for finding in made.findings:
            place = bisect_right(begins, finding.exchange) - 1
            self._suspects[place] = first[place]

    def go_on(self, until: float) -> None:
        """The suspects of the first round, each in a trace of its own, then all other requests."""

        def execute(example: Example) -> Sample:
            def drive(api: Driver) -> None:
                _drive(example, self._operation, api, Prerequisites(api))

            return attempt(self.result.name, drive, self._plan.driver(self._contract, until), self._contract)

        self.result.timed_out = False
        allowed = self._plan.max_examples
        further = [request for row in self._rows[self.mode == "negative" :] for request in row]
        always = [*self._suspects.values(), *self._left, *further[:allowed]]
        self.result.planned += len(self._suspects) + len(further)
        strategy = random_requests(self._operation, self.mode, self._contract)
        search(self.result, always, strategy, execute, Budget(allowed, until, self._plan.seed), self._contract)
        self._warned |= self.result.smallest.keys() - failing(dict.fromkeys(self.result.smallest, 1), self._contract)
        self.ended = True


def _sharing(searches: list[OperationSearch], end: float, shortest: float) -> Iterator[tuple[OperationSearch, float]]:
    """The searches with the moment by which each is to end, until the time is over or a stop asks.

    Those that remain share the time evenly; where that is less than the shortest, the first of them get that.
    """
    for place, one in enumerate(searches):
        if time.monotonic() < end and not interrupt.asked():
            one.first  # noqa: B018 (made before its time begins)
        now = time.monotonic()
        if now >= end or interrupt.asked():
            return
        yield one, min(now + max((end - now) / (len(searches) - place), shortest), end)


def _drive(example: Example, operation: Operation, api: Driver, prerequisites: Prerequisites) -> None:
    """Make a request, and read the object that it was about, by GET at the same path.

    Where its objects cannot be made it is made all the same, about one that is not there: an endpoint that fails at one
    operation may fail at those behind it too. Raises `Stop` then, since nothing was tried that was asked for.
    """
    try:
        prerequisites.path_of(operation)
    except Stop:
        plain = minimal_request(operation)
        _send(api, operation, absent_path(operation), *plain.content(plain.body))
        raise
    if isinstance(example, Mistake):
        about = example.make(operation, api, prerequisites)
    else:
        about = _make(example, operation, api, prerequisites)
    reader = next((one for one in api.contract.operations if one.path == operation.path and one.method == "GET"), None)
    if reader and operation.method != "GET" and about is not None:
        api.send(reader.operation_id, None, query=None, **about)


def _make(
    example: GeneratedRequest, operation: Operation, api: Driver, prerequisites: Prerequisites
) -> dict[str, str] | None:
    """Make a request; returns the path of the object that it was about, None where it was about none."""
    ids = prerequisites.path_of(operation)
    body = prerequisites.filled(example.body)
    if example.is_wrong(operation, api.contract) and example.broken(body, operation, api.contract) == []:
        body = example.body  # the mistake was in an id or a model, and a right one would mend it
    content, headers = example.content(body)
    if _send(api, operation, {**ids, **example.fabricated}, content, headers, example.query):
        prerequisites.changed(operation)
    return None if example.fabricated else ids


def _send(
    api: Driver,
    operation: Operation,
    ids: dict[str, str],
    content: bytes | None,
    headers: dict[str, str | None],
    query: dict[str, object] | None = None,
) -> bool:
    """Send the request that was made; returns whether it was accepted and may have changed something."""
    method, path = address(api.contract, operation.operation_id, ids)
    exchange = api.request(method, path, query=query, content=content, headers=headers)
    api.register(operation.operation_id, exchange)
    return exchange.ok and operation.method != "GET"
