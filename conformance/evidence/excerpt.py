"""The few lines of a trace that show a finding."""

from collections.abc import Iterator

from conformance.contract.json_pointer import split
from conformance.evidence.json_excerpt import Line, brief, json_excerpt
from conformance.trace.event import Event
from conformance.trace.exchange import Exchange, Request, Response
from conformance.trace.json import NotJson
from conformance.trace.trace import Trace, Where

EVENTS_AROUND = 2
DATA_LIMIT = 160
MARKED_DATA_LIMIT = 320
REQUEST_LIMIT = 200
NAME_LIMIT = 48
TEXT_ROWS = 6
SHOWN_HEADERS = ("openai-beta", "content-type", "accept")


def excerpt(trace: Trace, where: Where) -> tuple[Line, ...]:
    """What a reader needs to see of a trace to believe a finding, printable; empty where there is no such exchange.

    For an event: its stream's events around it, numbered, with arrival times in ms where those are known. For any
    other place: the request, the response, and the body's lines around the JSON pointer. The exchanges before and
    after are told in one line each. Authorization is never shown, nor its value where a body repeats it.
    """
    position = next((i for i, exchange in enumerate(trace.exchanges) if exchange.number == where.exchange), None)
    if position is None:
        return ()
    exchange = trace.exchanges[position]
    lines: list[Line] = []
    if position > 0:
        lines.append(_overview(trace.exchanges[position - 1]))
    if exchange.response is not None and exchange.response.is_stream:
        lines += _stream(exchange, exchange.response, where)
    else:
        lines += _plain(exchange, where)
    if position + 1 < len(trace.exchanges):
        lines.append(_overview(trace.exchanges[position + 1]))
    return tuple(Line(_printable(line.text), line.marked) for line in lines)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _overview(exchange: Exchange) -> Line:
    return Line(f"exchange {exchange.number}: {_target(exchange.request)} → {_outcome(exchange)}")


def _target(request: Request) -> str:
    try:
        query = f"?{request.parts.query}" if request.parts.query else ""
        return f"{_cut(request.method, NAME_LIMIT)} {_cut(request.path + query, DATA_LIMIT)}"
    except ValueError:
        return f"{_cut(request.method, NAME_LIMIT)} (a URL that cannot be read)"


def _outcome(exchange: Exchange) -> str:
    response = exchange.response
    if response is None:
        return f"no response: {exchange.failure or 'the reason is unknown'}"
    kind = response.headers.get("content-type")
    told = f"{response.status} {_cut(kind, 80) if kind else '(no content type)'}"
    if response.is_stream:
        count = len(response.events)
        told += f", {count} event{'' if count == 1 else 's'}"
    return told if response.complete else f"{told}, broken off"


def _head(exchange: Exchange) -> Iterator[Line]:
    request = exchange.request
    yield Line(f"exchange {exchange.number}: {_target(request)}")
    for name, value in request.headers:
        if name.lower() in SHOWN_HEADERS:
            yield Line(f"  {name}: {_cut(value, DATA_LIMIT)}")
    if request.body:
        yield Line(f"  {_request_body(request)}")


def _request_body(request: Request) -> str:
    if request.json is not None:
        return brief(request.json, REQUEST_LIMIT)
    kind = request.headers.media_type or "unknown type"
    if kind == "application/json":
        return f"{_cut(request.body.decode('utf-8', 'replace'), DATA_LIMIT)} (not JSON)"
    return f"({len(request.body):,} bytes of {kind})"


def _plain(exchange: Exchange, where: Where) -> Iterator[Line]:
    yield from _head(exchange)
    response = exchange.response
    if response is None:
        yield Line(f"→ {_outcome(exchange)}", marked=True)
        return
    yield Line(f"→ {_outcome(exchange)}", marked=not where.pointer)
    yield from (Line(f"  {row.text}", row.marked) for row in _body(response, where.pointer))


def _body(response: Response, pointer: str) -> Iterator[Line]:
    if not response.body:
        yield Line("(empty body)", marked=bool(pointer))
        return
    try:
        value = response.json
    except NotJson:
        yield from _text(response, marked=bool(pointer))
    else:
        yield from json_excerpt(value, split(pointer))


def _text(response: Response, *, marked: bool) -> Iterator[Line]:
    kind = response.headers.media_type
    if kind and not kind.startswith("text/") and "json" not in kind and "xml" not in kind:
        yield Line(f"({len(response.body):,} bytes)", marked)
        return
    yield Line(f"(not JSON, {len(response.body):,} bytes)", marked)
    rows = response.body[: TEXT_ROWS * DATA_LIMIT].decode("utf-8", "replace").splitlines()
    yield from (Line(_cut(row, DATA_LIMIT)) for row in rows[:TEXT_ROWS])


def _stream(exchange: Exchange, response: Response, where: Where) -> Iterator[Line]:
    yield from _head(exchange)
    yield Line(f"→ {_outcome(exchange)}", marked=where.event is None)
    events = response.events
    middle = len(events) if where.event is None else min(max(where.event, 1), len(events) + 1)
    first, last = max(0, middle - 1 - EVENTS_AROUND), min(len(events), middle + EVENTS_AROUND)
    if first > 0:
        yield Line(f"  … {first:,} before")
    chosen = events[first:last]
    for event in chosen:
        yield _event(event, chosen, where)
    if where.event is not None and where.event > len(events):
        yield Line(f"  {len(events) + 1}  (nothing: the stream ends here)", marked=True)
    elif last < len(events):
        yield Line(f"  … {len(events) - last:,} after")


def _event(event: Event, beside: tuple[Event, ...], where: Where) -> Line:
    marked = event.number == where.event
    number = f"{event.number:>{len(str(beside[-1].number))}}"
    times = [_milliseconds(e) for e in beside]
    arrived = f"  {_milliseconds(event):>{max(map(len, times))}}" if any(times) else ""
    name = f"{_name(event):<{max(len(_name(e)) for e in beside)}}"
    closed = "" if event.closed else "  (no blank line after it)"
    data = _data(event, where.pointer if marked else "", MARKED_DATA_LIMIT if marked else DATA_LIMIT)
    return Line(f"  {number}{arrived}  {name}  {data}{closed}", marked)


def _milliseconds(event: Event) -> str:
    return "" if event.arrived is None else f"{event.arrived * 1000:,.0f} ms"


def _name(event: Event) -> str:
    return "(no name)" if event.name is None else _cut(event.name, NAME_LIMIT)


def _data(event: Event, pointer: str, limit: int) -> str:
    if event.data is None:
        return "(no data)"
    try:
        value = event.json
    except NotJson:
        return _cut(event.data, limit)
    return brief(value, limit, split(pointer))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
