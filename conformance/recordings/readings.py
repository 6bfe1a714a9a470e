"""What a recording may stand for, where its recorder hid, left out or rewrote something.

A value that is not known is not held against anybody: a finding counts where it stands however the trace is read. The
trace as it is stored is the first reading; each reading here is another way that it may have been on the wire.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import TypeAlias
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from conformance.contract import Contract
from conformance.contract.openapi import Beta, Route
from conformance.recordings import fields
from conformance.recordings.placeholders import Placeholders
from conformance.recordings.restored import request_is_lost
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.form import is_form
from conformance.trace.json import UNKNOWN, Json, mapping, text
from conformance.trace.trace import Trace
from conformance.trace.validity import JSON

Reading: TypeAlias = Callable[[Exchange], Exchange]

_FILENAME = re.compile(rb'filename\*?=("[^"\r\n]*"|[^;\r\n]*)')


def ways(contract: Contract, hidden: Placeholders, base_path: str | None, *, slashed: bool) -> list[Reading]:
    """How else the exchanges of a recording may be read; `slashed` where its recorder turned backslashes around."""
    found: list[Reading] = [Revealed(hidden), with_headers(contract, base_path), AsShown(contract, hidden, base_path)]
    return [*found, with_backslashes] if slashed else found


def readings(trace: Trace, how: Iterable[Reading]) -> Iterator[tuple[Trace, bool]]:
    """The trace read in each of these ways, where that differs from how it is stored, and in all of them at once.

    With each comes whether hidden values are others in it: a finding that names one is another finding then.
    """
    taken: list[Reading] = []
    for way in how:
        changed = tuple(map(way, trace.exchanges))
        if any(map(_is_other, changed, trace.exchanges)):
            taken.append(way)
            yield replace(trace, exchanges=changed), isinstance(way, Revealed)
    if len(taken) > 1:
        exchanges = trace.exchanges
        for way in taken:
            exchanges = tuple(map(way, exchanges))
        yield replace(trace, exchanges=exchanges), any(isinstance(way, Revealed) for way in taken)


def _is_other(one: Exchange, other: Exchange) -> bool:
    return one is not other


# ---- hidden values ---------------------------------------------------------------------------------------------------


class Revealed:
    """Every placeholder as a value of its own that equals anything."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._numbers = count(1)

    def __call__(self, exchange: Exchange) -> Exchange:
        """The exchange with each hidden value made another one."""
        request, response = exchange.request, exchange.response
        url = self._url(request.url)
        sent = self._form(request) if is_form(request) else self._body(request.json, request.body)
        if url != request.url or sent is not request.body:
            request = replace(request, url=url, body=sent)
        if response is not None:
            received = self._stream(response) if response.is_stream else None
            if received is None:
                received = self._body(response.json_or_none, response.body)
            if received is not response.body:
                response = replace(response, body=received, arrivals=())
        if request is exchange.request and response is exchange.response:
            return exchange
        return replace(exchange, request=request, response=response)

    def _another(self) -> str:
        return f"{UNKNOWN}{next(self._numbers)}"

    def _body(self, value: Json, body: bytes) -> bytes:
        try:
            changed = self._value(value)
        except RecursionError:  # a request may be nested as deeply as a client likes
            return body
        return body if changed is value else fields.from_json(changed, "a reading")

    def _value(self, value: Json) -> Json:
        """The value itself where nothing is hidden in it."""
        if isinstance(value, str):
            return self._another() if self._placeholders.hides(value) else value
        if isinstance(value, list):
            items = [self._value(item) for item in value]
            return value if all(map(_same, items, value)) else items
        if isinstance(value, dict):
            members = {name: self._value(item) for name, item in value.items()}
            return value if all(map(_same, members.values(), value.values())) else members
        return value

    def _stream(self, response: Response) -> bytes:
        body = response.body
        lines = body.split(b"\n")
        changed = False
        for index, line in enumerate(lines):
            if line.startswith(b"data:"):
                shown = line[5:].strip()
                revealed = self._body(Request("", "", body=shown).json, shown)
                if revealed is not shown:
                    lines[index] = b"data: " + revealed
                    changed = True
        return b"\n".join(lines) if changed else body

    def _form(self, request: Request) -> bytes:
        written = request.body.decode("latin-1")
        changed = self._placeholders.hide_in(written, self._another())
        return request.body if changed == written else changed.encode("latin-1")

    def _url(self, url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        words = parts.path.split("/")
        path = "/".join(self._another() if self._placeholders.hides(unquote(word)) else word for word in words)
        pairs = [pair.partition("=") for pair in parts.query.split("&")] if parts.query else []
        query = "&".join(
            f"{name}={quote(self._another()) if self._placeholders.hides(unquote(value)) else value}" if mark else name
            for name, mark, value in pairs
        )
        return urlunsplit((parts.scheme, parts.netloc, path, query, parts.fragment))


def _same(one: Json, other: Json) -> bool:
    return one is other


# ---- what was left out or rewritten ----------------------------------------------------------------------------------


def with_headers(contract: Contract, base_path: str | None) -> Reading:
    """The header fields that a request and an answer usually have, where a recorder left them out."""
    wanting = {operation.operation_id for operation in contract.operations if operation.beta is Beta.REQUIRED}

    def read(exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        route = contract.operations.match(request.method, request.path, base_path)
        sent = {"authorization": "Bearer key"}
        if route is not None and route.operation.operation_id in wanting:
            sent["openai-beta"] = "assistants=v2"
        if route is not None and route.operation.request is not None and request.body:
            sent["content-type"] = route.operation.request.media_type
        request = replace(request, headers=_completed(request.headers, sent))
        if response is not None:
            received = {"x-request-id": "req_0", "content-type": "application/json"}
            response = replace(response, headers=_completed(response.headers, received))
        return replace(exchange, request=request, response=response)

    return read


def _completed(headers: Headers, usual: dict[str, str]) -> Headers:
    return Headers((*headers, *((name, value) for name, value in usual.items() if headers.get(name) is None)))


def with_backslashes(exchange: Exchange) -> Exchange:
    """File names as they were before the Azure test proxy turned each backslash of a form's head into a slash."""
    request = exchange.request
    if not is_form(request) or not _FILENAME.search(request.body):
        return exchange
    body = _FILENAME.sub(lambda name: name[0].replace(b"/", b"\\").replace(b"%2f", b"%5C"), request.body)
    return exchange if body == request.body else replace(exchange, request=replace(request, body=body))


class AsShown:
    """An exchange whose request lost its body, as one that asks for no more than what the answer shows."""

    def __init__(self, contract: Contract, hidden: Placeholders, base_path: str | None) -> None:
        self._contract = contract
        self._hidden = hidden
        self._base_path = base_path

    def __call__(self, exchange: Exchange) -> Exchange:
        """The exchange as a stream that was asked for, or as the reading of the object that came back."""
        if self.is_for(exchange) or self._may_be_for(exchange):
            return self.read(exchange) or exchange
        return exchange

    def is_for(self, exchange: Exchange) -> bool:
        """Whether the stored request is not what was sent; forms are left out by many recorders, and known for it."""
        return self._has_json(exchange) and request_is_lost(exchange, self._hidden)

    def _may_be_for(self, exchange: Exchange) -> bool:
        """Whether nothing tells if a body was sent: none is stored, and no length."""
        bare = not exchange.request.body and exchange.request.headers.get("content-length") is None
        return bare and exchange.ok and self._has_json(exchange)

    def _has_json(self, exchange: Exchange) -> bool:
        route = self._route(exchange)
        wanted = route.operation.request if route is not None else None
        return wanted is not None and wanted.media_type == JSON

    def _route(self, exchange: Exchange) -> Route | None:
        return self._contract.operations.match(exchange.request.method, exchange.request.path, self._base_path)

    def read(self, exchange: Exchange) -> Exchange | None:
        """The other reading of an exchange; None where there is none."""
        response, route = exchange.response, self._route(exchange)
        if response is None or route is None:
            return None
        if response.is_stream:
            runs = (event.json_or_none for event in response.events if event.name == "thread.run.created")
            run = next((run for run in runs if isinstance(run, dict)), {})
            asked = self._members(route) & run.keys()
            body = {name: run[name] for name in asked if run[name] is not None} | {"stream": True}
            return replace(exchange, request=replace(exchange.request, body=fields.from_json(body, "a reading")))
        shown = response.json_or_none
        path = self._path_of(shown) if isinstance(shown, dict) and exchange.ok else None
        if path is None:
            return None
        parts = urlsplit(exchange.request.url)
        depth = route.operation.path.count("/")
        base = "/".join(parts.path.split("/")[:-depth])
        url = urlunsplit((parts.scheme, parts.netloc, base + path, parts.query, ""))
        return replace(exchange, request=Request("GET", url, exchange.request.headers))

    def _members(self, route: Route) -> set[str]:
        """The members that the request of an operation may have."""
        body = route.operation.request
        return set(mapping(self._contract.document.resolve(body.schema if body else None)).get("properties", ()))

    def _path_of(self, shown: dict[str, Json]) -> str | None:
        """The path under which an object is read."""
        kind = self._contract.objects.by_constant.get(text(shown.get("object")) or "")
        operations = self._contract.operations.by_id
        reading = next((o for o in kind.answered_by if operations[o].method == "GET"), None) if kind else None
        if kind is None or reading is None:
            return None
        path = operations[reading].path
        for name in re.findall(r"{(\w+)}", path):
            value = text(shown.get("id" if name == kind.parameter else name))
            if value is None:
                return None
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path
