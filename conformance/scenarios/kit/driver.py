"""What a scenario is written with: calls by operation, waits, and the ways in which it can end early."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Barrier, BrokenBarrierError
from typing import Any

import httpx

from conformance.client import interrupt
from conformance.client.cleanup import address, delete_leftovers, seconds_asked
from conformance.client.endpoint import NETWORK, REPLAY, Connection, Endpoint, EventFeed
from conformance.client.ledger import Ledger
from conformance.client.tap import Tap
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.scenarios.kit.answers import has_failed, items_of, message_of
from conformance.scenarios.kit.multipart import Form
from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json
from conformance.trace.presence import NoRoute, Presence, absence_of, stronger
from conformance.trace.trace import Expectation, Trace, Where

RESTING = frozenset({"requires_action", "completed", "incomplete", "failed", "cancelled", "expired"})
TERMINAL = RESTING - {"requires_action"}
PAGE_CAP = 20
"""Pages that a walk over a list looks at; some servers ignore `after` and say `has_more` for ever."""
MAX_POLL_SECONDS = 2.0
"""Seconds between two looks at a run that takes long; the first looks follow each other faster."""
SETTLE_POLLS = 4
"""How many ordinary pauses between two looks are waited before a last look at what is over."""
CLEANUP_SECONDS = 3.0
"""Seconds behind the end of a driver's time in which what it made may still be deleted."""
MAX_RETRIES = 3
"""How often a request is sent again after a 429."""
RETRY_DELAY = 0.25
"""Seconds before a request that met a server error is sent again, twice, as the official SDKs do."""
MAX_TRIES = 3

REQUIRED_MEMBERS = dict.fromkeys(("createRun", "createThreadAndRun", "getRun"), ("thread_id", "status"))
"""What a scenario cannot go on without, besides the id; that it is missing is told by the checks."""

EXPIRING = {
    "thread.run": ("runs", "the end of a run's ten minutes"),
    "vector_store": ("vector_stores", "the end of a vector store's days"),
    "file": ("files", "the end of a file's seconds"),
}
"""What can be let expire, by its `object`: how the control names it, and what is forced with it."""

INDEXED = {"getVectorStore": "VS-END-01", "getVectorStoreFile": "VSF-END-01", "getVectorStoreFileBatch": "BATCH-END-01"}
"""What tells whether files are indexed, with the requirement that it comes to an end."""

WITHOUT_ID = frozenset({"searchVectorStore", "retrieveVectorStoreFileContent"})
"""Operations besides the lists whose answers are about no object of their own."""


class Stop(Exception):
    """A scenario that cannot go on; the reason is told to the user in its own words."""


class Inconclusive(Stop):
    """The endpoint did not get to where the question could be asked."""


class Unsupported(Stop):
    """The endpoint does not have the feature at all."""


class NotOffered(Stop):
    """The scenario needs a way to force something that only some endpoints offer."""


class Unanswered(Stop):
    """No answer came: the connection failed or the time limit passed."""


@dataclass(frozen=True)
class Call:
    """One request of several that go out at once."""

    operation: str
    body: Json | Form = None
    ids: dict[str, str] = field(default_factory=dict)


class Driver:
    """Drives one target for one attempt at one scenario, and keeps its trace.

    Calls are by operation id, as the contract names them: path parameters are keywords, the body is a dict, or a form
    where a file is uploaded. With `until`, a moment of the connection's clock, every call behind it raises
    `TimeIsUp`. `no_route` knows how the target says that an operation is not there.
    """

    def __init__(
        self,
        target: Target,
        contract: Contract,
        *,
        tap: Tap | None = None,
        ledger: Ledger | None = None,
        until: float | None = None,
        connection: Connection | None = None,
        no_route: NoRoute | None = None,
    ) -> None:
        self.target = target
        self.contract = contract
        self._connection = connection or (REPLAY if target.replay else NETWORK)
        self.tap = tap or Tap(clock=self._connection.clock)
        self._until = until
        self._endpoint = self._client()
        self._expectations: list[Expectation] = []
        self._no_route = no_route or NoRoute(contract)
        self.presences: dict[str, Presence] = {}
        # By exchange number, the operation whose answer says that it is not there, and the same in words.
        self._missed: dict[int, tuple[str, str]] = {}
        self._overdue: set[Json] = set()  # what was let expire
        self._failing: set[str] = set()  # operations that failed each time they were tried: they are not tried twice
        self._ledger = ledger or Ledger(target.url)

    @property
    def model(self) -> str:
        """The model to ask for."""
        return self.target.profile.model

    def trace(self, source: str) -> Trace:
        """Everything that was exchanged so far."""
        return Trace(
            source=source,
            exchanges=self.tap.exchanges,
            base_path=self.target.base_path,
            live=not self.target.replay,
            expectations=tuple(self._expectations),
            absent=frozenset(number for number, (operation, _) in self._missed.items() if self._is_absent(operation)),
        )

    @property
    def absences(self) -> dict[str, str]:
        """The operations that the endpoint does not have, for all this driver knows: each with what told so first."""
        found: dict[str, str] = {}
        for operation, told in self._missed.values():
            if self._is_absent(operation):
                found.setdefault(operation, told)
        return found

    def _is_absent(self, operation: str) -> bool:
        return not self.presences[operation].is_there

    # Calls ------------------------------------------------------------------------------------------------------------

    def send(
        self, operation: str, body: Json | Form = None, /, *, query: dict[str, Any] | None = None, **ids: str
    ) -> Exchange:
        """Call an operation and take whatever comes back; that it is missing is noted, and judged no further.

        What meets a server error is sent again, to show whether it always does: all tries are judged.
        """

        def send() -> Exchange:
            with interrupt.deferred():  # what is being made while a stop is asked for is to be known, and deleted
                return self.register(operation, self._sent(self._endpoint, Call(operation, body, ids), query))

        return self._with_tries(operation, send)

    def _with_tries(self, subject: str, send: Callable[[], Exchange]) -> Exchange:
        """Send a request up to three times while it meets server errors; once for a subject that always failed."""
        exchange = send()
        tries = 1
        while has_failed(exchange) and tries < MAX_TRIES and subject not in self._failing:
            self._pause(RETRY_DELAY)
            exchange, tries = send(), tries + 1
        if tries == MAX_TRIES and has_failed(exchange):
            self._failing.add(subject)
        return exchange

    def concurrently(self, *calls: Call) -> list[Exchange]:
        """Send several requests at the same time, each by a client of its own; the exchanges come in their order.

        All of them are connected before the first is sent, so that every exchange has begun before any ends, however
        busy this machine is. Where only one thread can send they are sent one by one before any answer is read, so that
        they overlap there too.
        """
        if not self._connection.concurrent:
            return self._overlapped(calls)
        clients = [self._client() for _ in calls]
        together = Barrier(len(calls), timeout=self.target.timeout)

        def ready() -> None:
            with suppress(BrokenBarrierError):  # one of the others found no connection: the rest go without it
                together.wait()

        def go(client: Endpoint, call: Call) -> Exchange:
            try:
                return self._sent(client, call, ready=ready)
            finally:
                together.abort()  # nobody waits for a request that is over

        with interrupt.deferred():
            try:
                with ThreadPoolExecutor(len(calls)) as threads:
                    exchanges = list(threads.map(go, clients, calls))
            finally:
                for client in clients:
                    client.close()
            return [self.register(call.operation, exchange) for call, exchange in zip(calls, exchanges, strict=True)]

    def request(self, method: str, path: str, body: Json = None, **options: Any) -> Exchange:
        """Send a request that no operation describes (a wrong path, method, header or body).

        Where it is for an operation all the same, and names no object, "not found" can only mean that operation.
        """
        route = self.contract.operations.match(method, path, "")

        def send() -> Exchange:
            with interrupt.deferred():  # as in `send`
                exchange = self._endpoint.send(method, path, body, **options)
                if route is None or route.path_params:
                    return exchange
                return self.register(route.operation.operation_id, exchange)

        return self._with_tries(f"{method} {path}", send)

    def call(
        self, operation: str, body: Json | Form = None, /, *, query: dict[str, Any] | None = None, **ids: Any
    ) -> Any:
        """Call an operation whose answer the scenario needs; returns the object.

        Raises `Unsupported` where the endpoint does not have the operation, `Inconclusive` where it answers otherwise.
        A 429 is waited out as its `Retry-After` says, within the time limit.
        """
        return self.object_of(self._with_retries(operation, body, query, ids), operation)

    def _with_retries(
        self, operation: str, body: Json | Form, query: dict[str, Any] | None, ids: dict[str, Any]
    ) -> Exchange:
        """Send a request, and again after a 429."""
        exchange = self.send(operation, body, query=query, **ids)
        for _ in range(MAX_RETRIES):
            if exchange.response is None or exchange.response.status != 429:
                break
            self._wait_out(exchange)
            exchange = self.send(operation, body, query=query, **ids)
        return exchange

    def stream(
        self, operation: str, body: dict[str, Json], /, *, query: dict[str, Any] | None = None, **ids: Any
    ) -> Exchange:
        """Call a run-creating operation with `stream: true` and read the stream to its end."""
        exchange = self._with_retries(operation, {**body, "stream": True}, query, ids)
        self._require_stream(exchange, operation)
        return exchange

    @contextmanager
    def open(self, operation: str, body: dict[str, Json], /, **ids: Any) -> Iterator[EventFeed]:
        """Like `stream`, but the scenario sees the events while they arrive and may act in between."""
        method, path = self._address(operation, ids)
        try:
            with self._endpoint.open(method, path, {**body, "stream": True}) as events:
                yield events
        finally:
            opened = (one for one in reversed(self.tap.exchanges) if one.request.method == method)
            if exchange := next((one for one in opened if one.request.path.endswith(path)), None):
                self.register(operation, exchange)

    def page(self, operation: str, /, *, query: dict[str, Any] | None = None, **ids: Any) -> list[dict[str, Json]]:
        """The items of one page of a list."""
        return items_of(self.call(operation, None, query=query, **ids))

    def walk(self, operation: str, /, *, query: dict[str, Any] | None = None, **ids: Any) -> list[dict[str, Json]]:
        """The items of all pages, at most `PAGE_CAP` of them, following `after` the way the SDKs do."""
        items: list[dict[str, Json]] = []
        asked = dict(query or {})
        for _ in range(PAGE_CAP):
            page = self.call(operation, None, query=asked, **ids)
            found = items_of(page)
            items += found
            if page.get("has_more") is not True or not found:
                break
            asked["after"] = found[-1]["id"]
        return items

    # Waiting ----------------------------------------------------------------------------------------------------------

    def wait(self, run: dict[str, Json], *, until: frozenset[str] = RESTING) -> dict[str, Json]:
        """Look at a run again and again until its status is one of `until`; the last look is returned.

        A run that had ended when it was made needs no look where none is offered. Raises `Inconclusive` where it rests
        elsewhere, or when the time limit passes.
        """
        try:
            return self._wait(run, until)
        except Unsupported:
            if run.get("status") in TERMINAL & until:
                return run
            raise

    def _wait(self, run: dict[str, Json], until: frozenset[str]) -> dict[str, Json]:
        status: Json = None
        for look in self._poll("getRun", thread_id=run["thread_id"], run_id=run["id"]):
            status = look.get("status")
            if status in (TERMINAL if run["id"] in self._overdue else RESTING):
                self._expect_end(run["id"], None)
            if status in until:
                return look
            if status in TERMINAL:
                raise Inconclusive(f"the run ended {status}, not {' or '.join(sorted(until))}")
        late = f"still {status} after {self.target.timeout:g} s"
        self._expect_end(run["id"], late)
        raise Inconclusive(f"the run was {late}")

    def _expect_end(self, run_id: Any, late: str | None) -> None:
        """State that a run has ended, or waits for outputs, at the last look; `late` tells that it has not."""
        overdue = run_id in self._overdue
        expected = "a run that has ended: its time has passed" if overdue else "a run that ends or waits for outputs"
        self.expect("RUN-END-01" if overdue else "RUN-END-02", self.tap.exchanges[-1], expected, late)

    def wait_until_processed(self, operation: str, /, **ids: Any) -> dict[str, Json]:
        """Look at a vector store, a file in one or a batch until it is in progress no longer; returns the last look.

        Raises `Inconclusive` when the time limit passes.
        """
        late = f"still in_progress after {self.target.timeout:g} s"
        expected = "an end of being in progress"
        for found in self._poll(operation, **ids):
            if found.get("status") != "in_progress":
                self.expect(INDEXED[operation], self.tap.exchanges[-1], expected, None)
                return found
        self.expect(INDEXED[operation], self.tap.exchanges[-1], expected, late)
        raise Inconclusive(f"{operation} told the status {late}")

    def _poll(self, operation: str, /, **ids: Any) -> Iterator[dict[str, Json]]:
        """The answers to one question asked again and again, until the time limit passes."""
        deadline = self._connection.clock() + self.target.timeout
        seconds = self.target.profile.poll_seconds
        while True:
            yield self.call(operation, **ids)
            if self._connection.clock() > deadline:
                return
            self._pause(seconds)
            seconds = min(seconds * 1.5, MAX_POLL_SECONDS)

    def settle(self) -> None:
        """Give an endpoint that goes on with what it called over the time to show it (FakeAI does, after a cancel)."""
        self._pause(SETTLE_POLLS * self.target.profile.poll_seconds)

    def let_time_pass(self, seconds: float) -> None:
        """Wait, so that what is made next is of another second; simulated time passes at once."""
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        self._connection.sleep(seconds)

    def let_expire(self, what: dict[str, Json]) -> None:
        """Let the time of a run, vector store or file pass at once, outside the trace.

        In a replay it has passed already. Stops the scenario where the endpoint does not offer that.
        """
        self._overdue.add(what.get("id"))
        kind, purpose = EXPIRING.get(str(what.get("object")), EXPIRING["thread.run"])
        self.needs("clock", purpose)
        if not self.target.replay:
            control = httpx.URL(self.target.url).copy_with(path=f"/_reference/{kind}/{what['id']}/expire")
            try:
                with httpx.Client(transport=self._connection.transport(), timeout=self.target.timeout) as client:
                    client.post(control).raise_for_status()
            except httpx.HTTPError:
                raise NotOffered(f"this endpoint was started without the control that forces {purpose}") from None

    # Judging what only the driver knows -------------------------------------------------------------------------------

    def expect(self, requirement: str, exchange: Exchange, expected: str, actual: str | None) -> None:
        """State what only the driver knows; `actual` is None where the expectation was met.

        Of an operation that is not there nothing is judged (FakeAI answers 405 to the deletion of any message), and
        nothing is expected of an answer that has not looked at the request: a limit of requests or of money, a failure.
        """
        if exchange.response is None or exchange.response.is_unlooked:
            return
        self._expectations.append(Expectation(requirement, Where(exchange.number), expected, actual))

    def needs(self, capability: str, purpose: str) -> None:
        """Stop here unless the target offers the capability."""
        if capability not in self.target.profile.capabilities:
            raise NotOffered(f"this endpoint offers no way to force {purpose}")

    def object_of(self, exchange: Exchange, operation: str) -> dict[str, Json]:
        """The object of a successful answer; raises the fitting `Stop` otherwise."""
        self._require_success(exchange, operation)
        assert exchange.response is not None
        value = exchange.response.json_or_none
        if not isinstance(value, dict):
            raise Inconclusive(f"{operation} answered {exchange.response.status} without a JSON object")
        nameless = operation in WITHOUT_ID or operation.startswith("list")
        if not nameless and not isinstance(value.get("id"), str):
            raise Inconclusive(f"{operation} answered {exchange.response.status} without an id")
        for name in REQUIRED_MEMBERS.get(operation, ()):
            if not isinstance(value.get(name), str):
                raise Inconclusive(f"{operation} answered {exchange.response.status} without a {name}")
        return value

    def _require_stream(self, exchange: Exchange, operation: str) -> None:
        self._require_success(exchange, operation)
        assert exchange.response is not None
        if not exchange.response.is_stream:
            raise Inconclusive(f"{operation} with stream: true was not answered with an event stream")

    def _require_success(self, exchange: Exchange, operation: str) -> None:
        response = exchange.response
        if response is None:
            raise Unanswered(f"{operation}: {exchange.failure}")
        if exchange.number in self._missed and self._is_absent(operation):
            raise Unsupported(self._missed[exchange.number][1])
        if not exchange.ok:
            told = message_of(response.json_or_none)
            raise Inconclusive(f"{operation} answered {response.status}{told}")

    def _wait_out(self, exchange: Exchange) -> None:
        assert exchange.response is not None
        seconds = seconds_asked(exchange.response)
        if seconds > self.target.timeout:
            raise Inconclusive(f"the endpoint asks to wait {seconds} s, longer than the time limit")
        self._pause(seconds)

    # Cleaning up ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Delete what the scenario made, outside the trace, and close the connections."""
        self._endpoint.close()
        if not self._connection.lasting:
            return
        interrupt.clean_up()
        until = None if self._until is None else max(time.monotonic(), self._until) + CLEANUP_SECONDS
        delete_leftovers(self.target, self.contract, self._ledger, self._ledger.leftovers, until)

    def register_for_cleanup(self, operation: str, id: str) -> None:
        """Note something that was made on the way, as if the operation had made it: it is to be deleted."""
        self._ledger.made(operation, {"id": id})

    # Sending ----------------------------------------------------------------------------------------------------------

    def _client(self) -> Endpoint:
        return Endpoint(self.target, self.tap, self._until, self._connection)

    def _sent(
        self,
        client: Endpoint,
        call: Call,
        query: dict[str, Any] | None = None,
        ready: Callable[[], object] | None = None,
    ) -> Exchange:
        method, path, body, options = self._spelled(call)
        return client.send(method, path, body, query=query, ready=ready, **options)

    def _overlapped(self, calls: tuple[Call, ...]) -> list[Exchange]:
        with ExitStack() as under_way:
            feeds = []
            for call in calls:
                method, path, body, options = self._spelled(call)
                feeds.append(under_way.enter_context(self._endpoint.open(method, path, body, **options)))
            for feed in feeds:
                for _ in feed:
                    pass
        exchanges = self.tap.exchanges[-len(calls) :]
        return [self.register(call.operation, exchange) for call, exchange in zip(calls, exchanges, strict=True)]

    def _spelled(self, call: Call) -> tuple[str, str, Json, dict[str, Any]]:
        """Method, path, JSON body and what else a request is made of."""
        method, path = self._address(call.operation, call.ids)
        if isinstance(call.body, Form):
            return method, path, None, {"content": call.body.content, "headers": {"Content-Type": call.body.media_type}}
        return method, path, call.body, {}

    def register(self, operation: str, exchange: Exchange) -> Exchange:
        """The exchange, after what it made and what it says to be missing has been noted."""
        response = exchange.response
        call = OperationCall(exchange, self.contract.operations.by_id[operation], {})
        if (presence := self._no_route.presence(call)) is not None:
            self.presences[operation] = stronger(self.presences.get(operation), presence)
            if not presence.is_there:
                self._missed[exchange.number] = operation, absence_of(call)
        value = response.json_or_none if response and exchange.ok else None
        self._ledger.made(operation, value)  # also where a refusal was hoped for
        for event in response.events if response and response.is_stream else ():
            if event.name == "thread.created":
                self._ledger.made("createThread", event.json_or_none)
        return exchange

    def _address(self, operation: str, ids: dict[str, Any]) -> tuple[str, str]:
        return address(self.contract, operation, ids)
