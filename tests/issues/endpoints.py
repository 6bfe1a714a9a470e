"""The reference endpoint with one mistake laid over it, driven for its issues as `issues check` drives an endpoint."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.issues.catalogue import load
from conformance.issues.endpoint_side import Side, indices, scenarios_of, sides
from conformance.proof.interception import (
    Answer,
    Disconnect,
    ExchangeContext,
    Hooks,
    Interception,
    Request,
    StreamEvent,
    json_headers,
    write_event,
)
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.session.run import RunOptions, run
from conformance.session.settings import from_options
from conformance.trace.index import Index

CATALOGUE = load()
Data = dict[str, Any]


class Watcher:
    """Watches a run and says nothing."""

    def start(self, total: int) -> None: ...
    def scenario(self, name: str) -> None: ...
    def done(self, name: str, outcome: str, violations: int) -> None: ...
    def remark(self, text: str) -> None: ...
    def stop(self) -> None: ...


class Mistake(Hooks):
    """One mistake of an endpoint: what it does to the events of its streams, or to its JSON answers."""

    def __init__(
        self,
        events: Callable[[StreamEvent, Data], Iterable[StreamEvent]] | None = None,
        answers: Callable[[Request, Data], None] | None = None,
    ) -> None:
        self._events = events
        self._answers = answers

    def event(self, event: StreamEvent, context: ExchangeContext) -> Iterable[StreamEvent]:
        return (event,) if self._events is None or event.is_done else self._events(event, context.stream)

    def answer(self, answer: Answer, context: ExchangeContext) -> None:
        if self._answers is not None and answer.ok:
            self._answers(context.request, answer.body)


class Unnamed(Mistake):
    """Streams whose events have no event line."""

    def frame(self, event: StreamEvent, context: ExchangeContext) -> bytes:
        return write_event(None, event.data)


class CutOff(Mistake):
    """Streams that break off where a message would be completed."""

    def frame(self, event: StreamEvent, context: ExchangeContext) -> bytes:
        if event.name == "thread.message.completed":
            raise Disconnect
        return super().frame(event, context)


class FirstPageAgain(Mistake):
    """Lists that know nothing of `after`."""

    def request(self, context: ExchangeContext) -> Answer | None:
        context.request.changed = context.request.query.pop("after", None) is not None
        return None


class DetachesEverywhere(Mistake):
    """A file that is taken out of one vector store is gone from all."""

    def __init__(self) -> None:
        super().__init__()
        self._gone: set[str] = set()

    def request(self, context: ExchangeContext) -> Answer | None:
        asked = context.request
        if "/vector_stores/" in asked.path and "/files/" in asked.path:
            file = asked.path.rpartition("/")[2]
            if asked.method == "GET" and file in self._gone:
                error = {"message": "No such file.", "type": "invalid_request_error", "param": None, "code": None}
                return Answer(404, json_headers(), {"error": error})
            if asked.method == "DELETE":
                self._gone.add(file)
        return None


def entries(event: StreamEvent) -> list[Data]:
    """The calls in a step's delta."""
    details = event.data.get("delta", {}).get("step_details", {}) if event.name == "thread.run.step.delta" else {}
    found: list[Data] = details.get("tool_calls", [])
    return found


def each_call(change: Callable[[Data], None]) -> Mistake:
    """A change of every call in the deltas of steps."""

    def changed(event: StreamEvent, _: Data) -> Iterable[StreamEvent]:
        for entry in entries(event):
            change(entry)
        return (event,)

    return Mistake(changed)


def without(*names: str) -> Mistake:
    """Streams that lack events."""
    return Mistake(lambda event, _: () if event.name in names else (event,))


def _doubled(event: StreamEvent, kept: Data) -> Iterable[StreamEvent]:
    if (
        (calls := entries(event))
        and kept.setdefault("first", event.data["id"]) == event.data["id"]
        and "done" not in kept
    ):
        kept["done"] = calls.append({"index": calls[0]["index"], "type": "function", "function": {"arguments": " "}})
    return (event,)


def _named_again(event: StreamEvent, kept: Data) -> Iterable[StreamEvent]:
    for entry in entries(event):
        first = kept.setdefault(str(entry["index"]), copy.deepcopy(entry))
        if "function" in entry:
            entry["id"], entry["function"]["name"] = first["id"], first["function"]["name"]
    return (event,)


def _null_behind(event: StreamEvent, _: Data) -> Iterable[StreamEvent]:
    yield event
    if any("function" in entry for entry in entries(event)):
        later = copy.deepcopy(event)
        for entry in entries(later):
            entry.pop("id", None)
            entry["function"] = {"arguments": None}
        yield later


def _flat(event: StreamEvent, _: Data) -> Iterable[StreamEvent]:
    if event.name == "error":
        event.data = event.data["error"]
    return (event,)


def _notes(event: StreamEvent) -> list[Data]:
    parts = event.data["delta"].get("content", []) if event.name == "thread.message.delta" else []
    return [note for part in parts for note in part.get("text", {}).get("annotations") or []]


def _notes_without_index(event: StreamEvent, _: Data) -> Iterable[StreamEvent]:
    for note in _notes(event):
        del note["index"]
    return (event, copy.deepcopy(event)) if _notes(event) else (event,)


def _early(event: StreamEvent, kept: Data) -> Iterable[StreamEvent]:
    for entry in entries(event):
        pieces = kept[str(entry["index"])] = kept.get(str(entry["index"]), -1) + 1
        if pieces < 2:  # the brace that the second delta begins with comes in the first
            entry["function"]["arguments"] = entry["function"]["arguments"][1:] if pieces else "{"
    return (event,)


def _paused(asked: Request, body: Data) -> None:
    if body.get("object") == "thread.run" and body["status"] == "completed":
        body["status"] = "paused"


def _another_batch(asked: Request, body: Data) -> None:
    if asked.method == "GET" and body.get("object") == "vector_store.file_batch":
        body.update(id=body["vector_store_id"], object="vector_store")


def drop(*members: str) -> Mistake:
    """JSON answers that lack members."""
    return Mistake(answers=lambda _, body: [body.pop(name, None) for name in members] and None)


def _numbered(number: Callable[[int], int]) -> Mistake:
    return each_call(lambda call: call.update(index=number(call["index"])))


MISTAKES: dict[str, Callable[[], Mistake]] = {
    "KI-07": lambda: Mistake(answers=_another_batch),
    "KI-08": DetachesEverywhere,
    "KI-12": lambda: Mistake(answers=_paused),
    "KI-15": lambda: _numbered(lambda index: 2 * index),
    "KI-16": lambda: _numbered(lambda index: 1 - index),
    "KI-17": lambda: Mistake(_doubled),
    "KI-18": lambda: Mistake(_named_again),
    "KI-25": lambda: Mistake(_early),
    "KI-27": lambda: Mistake(_flat),
    "KI-28": Unnamed,
    "KI-29": lambda: without("thread.message.created", "thread.message.in_progress"),
    "KI-30": lambda: Mistake(_notes_without_index),
    "KI-31": lambda: Mistake(_null_behind),
    "KI-47": FirstPageAgain,
    "KI-48": lambda: drop("has_more"),
    "KI-54": lambda: without("thread.run.completed"),
    "CE-08": CutOff,
}
"""For each issue an endpoint that has it."""


def _another_id(event: StreamEvent, _: Data) -> Iterable[StreamEvent]:
    if event.name == "thread.message.delta":
        event.data["id"] = "msg_unknown"
    return (event,)


def _nulls_beside(event: StreamEvent, _: Data) -> Iterable[StreamEvent]:
    if event.name.endswith(".delta"):
        event.data["delta"].update(role=None, unheard_of=1)
    return (event,)


NEAR_MISSES: dict[str, tuple[Callable[[], Mistake], tuple[str, ...]]] = {
    "runs lack members": (lambda: drop("tools", "usage", "last_error"), ("KI-12",)),
    "calls lack their type": (lambda: each_call(lambda call: call.pop("type")), ("KI-31",)),
    "deltas have members they should not have": (lambda: Mistake(_nulls_beside), ("KI-29", "KI-30", "KI-31")),
    "deltas of another message": (lambda: Mistake(_another_id), ("KI-29",)),
    "lists lack their ends": (lambda: drop("first_id", "last_id"), ("KI-48",)),
    "a run is never told as created": (lambda: without("thread.run.created"), ("KI-28", "KI-54", "CE-08")),
}
"""What is wrong beside the members of an issue's condition, and breaks no SDK."""


@contextmanager
def mistaken(mistake: Hooks) -> Iterator[str]:
    """The endpoint with a mistake, while the block lasts; yields its base URL."""
    server = ReferenceServer(Settings(seed=0, control=True))
    server.app.add_middleware(Interception, hooks=mistake)
    with server:
        yield server.url


@dataclass(frozen=True)
class Driven:
    """What came of driving an endpoint for issues: what it does about each, and all that was exchanged."""

    sides: dict[str, Side]
    everything: list[Index]


def drive(url: str, folder: Path, *keys: str, profile: str = "reference") -> Driven:
    """Drive an endpoint for issues."""
    issues = [CATALOGUE.issues[key] for key in keys]
    scenarios = scenarios_of(issues)
    settings = from_options(
        target=url, profile=profile, only=scenarios, record=str(folder), timeout=5, ledger=str(folder / "ledger")
    )
    report = run(settings, RunOptions("", Watcher(), lambda _: None))
    assert report.header.problem is None
    driven = indices(folder, scenarios)
    found = {side.issue.key: side for side in sides(issues, driven, report)}
    return Driven(found, [index for name in scenarios for index in driven.get(name, ())])
