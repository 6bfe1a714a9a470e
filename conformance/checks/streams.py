"""Streams of events: their frames on the wire, the order of the events, and each event against its own data."""

from collections import Counter
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.contract.grammar import EventKind, Grammar
from conformance.trace.event import DONE, Event
from conformance.trace.index import Index
from conformance.trace.json import format_value, mapping, text
from conformance.trace.run_stream import Frame, RunStream, is_sentinel
from conformance.trace.trace import Where

# A stream shorter than this may well be made at once; in a longer one, events that all arrive within the instant of its
# end were held back.
_SECONDS_LONG = 1.0
_SECONDS_INSTANT = 0.05
_FEWEST_EVENTS = 4
_MOST_NAMED = 4


@check("STREAM-FRAME-01", "STREAM-FRAME-02")
def answers(index: Index) -> Iterator[Observation]:
    """A successful answer is a stream where `stream: true` asked for one, and only then."""
    for call in index.calls_to(*(kind.operation for kind in index.contract.grammar.kinds.values())):
        response, asked = call.exchange.response, call.exchange.request.json
        if response is None or not call.ok or not isinstance(asked, dict):
            continue
        got = response.headers.media_type
        if asked.get("stream") is True:
            yield Examined("STREAM-FRAME-01", call.number)
            if not response.is_stream:
                expected = 'content type "text/event-stream", and events'
                yield Finding("STREAM-FRAME-01", call.where, expected, _content_type(got))
        elif asked.get("stream") in (None, False):
            yield Examined("STREAM-FRAME-02", call.number)
            if response.is_stream:
                yield Finding("STREAM-FRAME-02", call.where, 'content type "application/json"', _content_type(got))


def _content_type(media_type: str) -> str:
    return f"content type {format_value(media_type)}" if media_type else "no content type"


@check("STREAM-FRAME-03", "STREAM-FRAME-04", "STREAM-FRAME-05", "STREAM-FRAME-06")
def frames(index: Index) -> Iterator[Observation]:
    """Every frame has one name and one line of data, and the data is a JSON object unless it is the sentinel's.

    Line ends of any kind, comments, `id:` and `retry:` lines and a missing last blank line are all the same to this.
    """
    for stream in index.streams:
        for requirement in ("STREAM-FRAME-03", "STREAM-FRAME-04", "STREAM-FRAME-05", "STREAM-FRAME-06"):
            if stream.count:
                yield Examined(requirement, stream.number, stream.count)
        for folded in stream.events:
            yield from _frame(folded.event, Where(stream.number, folded.event.number))


def _frame(event: Event, where: Where) -> Iterator[Finding]:
    names = sum(1 for name, _ in event.fields if name == "event")
    lines = sum(1 for name, _ in event.fields if name == "data")
    if names != 1 or not event.name:
        actual = f"{names} such lines" if names > 1 else "an empty name" if names else "no such line"
        yield Finding("STREAM-FRAME-03", where, "one line `event: NAME`", actual)
    if lines == 0:
        yield Finding("STREAM-FRAME-04", where, "one line `data: JSON`", "no such line")
    elif lines > 1:
        yield Finding("STREAM-FRAME-05", where, "one line `data: JSON`", f"{lines} such lines")
    if lines and not is_sentinel(event) and (problem := _json_problem(event)):
        yield Finding("STREAM-FRAME-06", where, "data that is one JSON object", problem)


def _json_problem(event: Event) -> str | None:
    data = event.data or ""
    if "\ufffd" in data:  # what the parser puts for bytes that are not UTF-8, or a character that was sent
        try:
            event.raw.decode()
        except UnicodeDecodeError:
            return "bytes that are not UTF-8"
    try:
        value = event.json
    except ValueError:
        return f"not JSON: {format_value(data)}"
    return None if isinstance(value, dict) else f"JSON, but no object: {format_value(value)}"


@check("STREAM-FRAME-07", "STREAM-FRAME-08", "STREAM-FRAME-09", "STREAM-FRAME-10")
def endings(index: Index) -> Iterator[Observation]:
    """A stream is delivered to its end, and the end is one sentinel.

    A stream that broke off is told once. One that the client closed says nothing of its end. After an error the
    sentinel may be missing (sashirestela/simple-openai threads_runs_create_stream_error_1.txt).
    """
    for stream in index.streams:
        for sentinel in stream.sentinels:
            yield Examined("STREAM-FRAME-09", stream.number)
            yield from _sentinel(sentinel, Where(stream.number, sentinel.number))
        if stream.sentinels:
            yield Examined("STREAM-FRAME-08", stream.number)
            end = stream.sentinels[0].number
            if surplus := [folded.event for folded in stream.events if folded.event.number > end]:
                where = Where(stream.number, surplus[0].number)
                yield Finding("STREAM-FRAME-08", where, f"nothing after {DONE}", _events(surplus))
        if stream.hung_up:
            continue
        yield Examined("STREAM-FRAME-10", stream.number)
        last = stream.events[-1] if stream.events else None
        is_cut = stream.exchange.response is not None and not stream.exchange.response.complete
        if stream.broken and (last is not None or is_cut):  # one that is empty, and whole, has no end
            where = Where(stream.number, last.last if last else None)
            actual = (
                f"broken off after {format_value(last.event.name)} (event {last.last})" if last else "no event at all"
            )
            yield Finding("STREAM-FRAME-10", where, f"a stream that goes on to the end of its run and {DONE}", actual)
        elif stream.sentinels or not stream.failed:
            yield Examined("STREAM-FRAME-07", stream.number)
            if not stream.sentinels:
                actual = f"the last is {format_value(last.event.name)}" if last else "no event at all"
                where = Where(stream.number, last.last if last else None)
                yield Finding("STREAM-FRAME-07", where, f"{DONE} as the last event", actual)


def _sentinel(event: Event, where: Where) -> Iterator[Finding]:
    expected = f"`event: done` with `data: {DONE}`"
    if event.name not in (None, "", "done"):
        yield Finding("STREAM-FRAME-09", where, expected, f"event {format_value(event.name)} with data {DONE}")
    elif event.data is not None and event.data != DONE:
        yield Finding("STREAM-FRAME-09", where, expected, f"data {format_value(event.data)}")


def _events(events: list[Event]) -> str:
    named = ", ".join(format_value(event.name) for event in events[:_MOST_NAMED])
    return named + (f" and {len(events) - _MOST_NAMED} more" if len(events) > _MOST_NAMED else "")


@check("STREAM-FRAME-11")
def pacing(index: Index) -> Iterator[Observation]:
    """Events are sent when they happen, not kept until the run is over."""
    for stream in index.streams:
        first, last = (stream.events[0].event.arrived, stream.events[-1].arrived) if stream.events else (None, None)
        if first is None or last is None or not stream.whole or stream.count < _FEWEST_EVENTS or last < _SECONDS_LONG:
            continue
        yield Examined("STREAM-FRAME-11", stream.number)
        if last - first < _SECONDS_INSTANT:
            yield Finding(
                "STREAM-FRAME-11",
                Where(stream.number, stream.events[0].event.number),
                "each event when it happens",
                f"all {stream.count} events together at the end of the run",
            )


@check("STREAM-ORDER-*", "STREAM-ERROR-03")
def order(index: Index) -> Iterator[Observation]:
    """The events come in the order of the grammar. Deltas of objects nobody has heard of are judged in `deltas`.

    A stream none of whose frames can be read as an event (the LiteLLM proxy wraps them in one more object, unnamed) has
    no order: that its frames have no names is told once, by the framing.
    """
    for stream in index.streams:
        if stream.frames and not any(frame.names for frame in stream.frames):
            continue
        frames = _ordered(stream, index.contract.grammar)
        letters = [frame.letter for frame in frames]
        violations = index.contract.grammar.walk(stream.kind, letters, ended=stream.whole)
        every = (frame.letter for frame in frames for _ in range(frame.count))
        counts = index.contract.grammar.exercised(stream.kind, every)
        for requirement in dict.fromkeys([*counts, *(violation.requirement for violation in violations)]):
            yield Examined(requirement, stream.number, counts.get(requirement, 1))
        for violation in violations:
            yield Finding(
                violation.requirement,
                Where(stream.number, violation.number),
                _allowed(violation.allowed),
                violation.came or "the end of the stream",
            )


def _allowed(names: tuple[str, ...]) -> str:
    match len(names):
        case 0:
            return f"nothing but {DONE}"
        case 1:
            return names[0]
        case many:
            more = f" or {many - _MOST_NAMED} others" if many > _MOST_NAMED else ""
            return f"one of {', '.join(names[:_MOST_NAMED])}{more}"


def _ordered(stream: RunStream, grammar: Grammar) -> list[Frame]:
    """The frames whose order counts: not those after the sentinel of a finished run, which are judged as such."""
    end = stream.sentinels[0].number if stream.sentinels else None
    frames = [frame for frame in stream.frames if end is None or frame.number < end]
    if not any(frame.family == "error" or not grammar.run_end.isdisjoint(frame.names) for frame in frames):
        frames = list(stream.frames)
    known: set[str] = set()
    kept: list[Frame] = []
    for frame in frames:
        if frame.is_delta and frame.id is not None and frame.id not in known:
            continue
        if frame.id is not None:
            known.add(frame.id)
        kept.append(frame)
    return kept


@check("STREAM-EVENT-01", "STREAM-EVENT-02", "STREAM-EVENT-03", "STREAM-EVENT-04")
def data(index: Index) -> Iterator[Observation]:
    """The data of an event is the object, in the status, that the event's name tells.

    Events that the contract does not know are accepted where they begin with `thread.`: more may be added over time.
    """
    for stream in index.streams:
        for frame in stream.frames:
            name = frame.event.name
            if not name:
                continue
            where = Where(stream.number, frame.number)
            yield Examined("STREAM-EVENT-01", stream.number, frame.count)
            kind = index.contract.grammar.events.get(name)
            if kind is None and not name.startswith("thread."):
                yield Finding("STREAM-EVENT-01", where, "an event whose name begins with `thread.`", format_value(name))
            constant, status = text(frame.data.get("object")), text(frame.data.get("status"))
            if kind is None or kind.object is None or constant is None:
                continue
            yield Examined("STREAM-EVENT-02", stream.number, frame.count)
            if constant != kind.object:
                pointer = Where(stream.number, frame.number, "/object")
                yield Finding(
                    "STREAM-EVENT-02", pointer, f"object {format_value(kind.object)} in {name}", format_value(constant)
                )
            elif kind.status is not None and status is not None:
                yield from _status(frame, kind, status, stream.number, index.contract.grammar)


def _status(frame: Frame, kind: EventKind, status: str, number: int, grammar: Grammar) -> Iterator[Observation]:
    yield Examined("STREAM-EVENT-03", number)
    now = next((e for e in grammar.events.values() if (e.object, e.status) == (kind.object, status)), None)
    where = Where(number, frame.number, "/status")
    if now is not None and now.formerly is not None and kind.name in (now.name, now.formerly):
        yield Examined("STREAM-EVENT-04", number)
        if kind.name == now.formerly:
            yield Finding(
                "STREAM-EVENT-04", where, f"status {format_value(status)} told by {now.name}", f"told by {kind.name}"
            )
    elif status != kind.status:
        yield Finding(
            "STREAM-EVENT-03",
            where,
            f"status {format_value(kind.status)} in {kind.name}",
            f"status {format_value(status)}",
        )


@check("STREAM-EVENT-05", "STREAM-EVENT-06", "STREAM-EVENT-07", "STREAM-EVENT-08")
def identity(index: Index) -> Iterator[Observation]:
    """A stream is about one run, and each step and message in it keeps its id from its first event to its last.

    That an object keeps its `thread_id`, `run_id` and `assistant_id` is judged for objects in general.
    """
    for stream in index.streams:
        yield from _one_run(stream)
        yield from _one_thread(stream)
        yield from _kept_ids(stream)
        yield from _announced_messages(stream)


def _one_run(stream: RunStream) -> Iterator[Observation]:
    runs = [(frame, frame.id) for frame in stream.frames if frame.family == "run" and frame.id is not None]
    if not runs:
        return
    run_id = Counter(value for _, value in runs).most_common(1)[0][0]
    run = next(frame for frame, value in runs if value == run_id)
    expected = f"run {format_value(run_id)}, as in event {run.number}"
    told: set[str] = set()
    yield Examined("STREAM-EVENT-05", stream.number, len(runs))
    for frame, value in runs:
        if value != run_id and value not in told:
            told.add(value)
            yield Finding(
                "STREAM-EVENT-05", Where(stream.number, frame.number, "/id"), expected, f"run {format_value(value)}"
            )
    yield from _owned(stream, run_id, expected)


def _owned(stream: RunStream, run_id: str, expected: str) -> Iterator[Observation]:
    """The steps and messages of a stream belong to its run.

    An object whose events disagree about its run, or a step and its message that do, are told of as such elsewhere.
    """
    owners: dict[str, dict[str, Frame]] = {}
    partners: dict[str, str] = {}
    for frame in stream.frames:
        owner = text(frame.data.get("run_id"))
        if frame.family not in ("step", "message") or frame.id is None or owner is None:
            continue
        owners.setdefault(frame.id, {}).setdefault(owner, frame)
        if message_id := _message_id(frame):
            partners |= {frame.id: message_id, message_id: frame.id}
    for object_id, shown_by in owners.items():
        owner, frame = next(iter(shown_by.items()))
        if len(shown_by) > 1 or owners.get(partners.get(object_id, ""), shown_by).keys() != shown_by.keys():
            continue
        yield Examined("STREAM-EVENT-05", stream.number)
        if owner != run_id:
            where = Where(stream.number, frame.number, "/run_id")
            yield Finding("STREAM-EVENT-05", where, expected, f"run_id {format_value(owner)}")


def _message_id(step: Frame) -> str | None:
    """The id of the message that a step says it creates."""
    return text(mapping(mapping(step.data.get("step_details")).get("message_creation")).get("message_id"))


def _one_thread(stream: RunStream) -> Iterator[Observation]:
    created = next((f for f in stream.frames if f.family == "thread" and f.id is not None), None)
    threads = {owner for f in stream.frames if f.family == "run" and (owner := text(f.data.get("thread_id")))}
    if created is None or not threads:
        return
    yield Examined("STREAM-EVENT-08", stream.number)
    if created.id not in threads:
        expected = f"the thread of the run, {' or '.join(map(format_value, sorted(threads)[:_MOST_NAMED]))}"
        yield Finding(
            "STREAM-EVENT-08",
            Where(stream.number, created.number, "/id"),
            expected,
            f"thread {format_value(created.id)}",
        )


def _kept_ids(stream: RunStream) -> Iterator[Observation]:
    """An event of a step or message that goes on is about one that the stream has shown."""
    for family in ("step", "message"):
        seen: set[str] = set()
        open_ids: dict[str, None] = {}
        for frame in stream.frames:
            if frame.family != family or frame.is_delta or frame.id is None:
                continue
            if frame.creates:
                open_ids[frame.id] = None
            elif frame.id in seen or open_ids:
                yield Examined("STREAM-EVENT-06", stream.number)
                if frame.id not in seen:
                    expected = f"{family} {format_value(next(reversed(open_ids)))}, the one that is open"
                    where = Where(stream.number, frame.number, "/id")
                    yield Finding("STREAM-EVENT-06", where, expected, f"{family} {format_value(frame.id)}")
            seen.add(frame.id)
            if frame.closes:
                open_ids.pop(frame.id, None)


def _announced_messages(stream: RunStream) -> Iterator[Observation]:
    """The message that comes in a step is the one that the step announces."""
    step: Frame | None = None
    messages: list[str] = []
    for frame in (*stream.frames, None):
        if frame is None or (frame.family == "step" and frame.creates):
            if step is not None and messages:
                yield from _announced(step, messages, stream.number)
            step, messages = frame, []
        elif frame.family == "message" and not frame.is_delta and frame.id is not None:
            messages.append(frame.id)


def _announced(step: Frame, messages: list[str], number: int) -> Iterator[Observation]:
    message_id = _message_id(step)
    if message_id is None:
        return
    yield Examined("STREAM-EVENT-07", number)
    if message_id not in messages:
        where = Where(number, step.number, "/step_details/message_creation/message_id")
        expected = f"message_id {format_value(messages[0])}, the message that this step creates"
        yield Finding("STREAM-EVENT-07", where, expected, f"message_id {format_value(message_id)}")


@check("STREAM-ERROR-01", "STREAM-ERROR-02")
def errors(index: Index) -> Iterator[Observation]:
    """An error event holds an error: its text, and under a key `error`, where SDKs look for it."""
    for stream in index.streams:
        for frame in stream.frames:
            if frame.event.name != "error" or not frame.data:
                continue
            where = Where(stream.number, frame.number)
            error = frame.data.get("error", frame.data)
            yield Examined("STREAM-ERROR-02", stream.number)
            if not text(mapping(error).get("message")):
                yield Finding("STREAM-ERROR-02", where, "an error with a message", f"keys {_keys(frame.data)}")
                continue
            yield Examined("STREAM-ERROR-01", stream.number)
            if error is frame.data:
                expected = '{"error": {"message": …, "type": …, "param": …, "code": …}}'
                yield Finding("STREAM-ERROR-01", where, expected, "the error without a key `error` around it")


def _keys(value: dict[str, object]) -> str:
    named = ", ".join(format_value(key) for key in list(value)[:_MOST_NAMED])
    return named + (f" and {len(value) - _MOST_NAMED} more" if len(value) > _MOST_NAMED else "")
