"""What a recorder left out or rewrote and the row itself still tells: put back before anything is judged."""

import base64
import binascii
import re
from dataclasses import replace

from conformance.recordings.placeholders import Placeholders
from conformance.recordings.recording import Row
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.form import is_form
from conformance.trace.json import NotJson, mapping, parse_json, text

_SSE = re.compile(rb"\s*(?:event|data|id|retry)?:[^\n]*\n")
_BASE64_PART = re.compile(rb"(?<=\r\n\r\n)b64:([A-Za-z0-9+/=\s]+?)(?=\r\n--)")
_FENCE = re.compile(rb"--([^\s\"]{1,70})\r\n[Cc]ontent-")
_SHORTEST_LOST = 8
_CANCELS = re.compile(r"/runs/([^/]+)/cancel\Z")
_CANCELLATION = frozenset({"thread.run.cancelling", "thread.run.cancelled"})


def restored(row: Row, placeholders: Placeholders) -> Row:
    """The row with what can be told of what the recorder took from it.

    Header fields whose value is a placeholder count as left out. The type of an answer that was left out is what its
    body shows, and so is a form; what else is sent may have been called anything. A part of a form that the Azure test
    proxy stored as `b64:…` is what that stands for.
    """
    exchange = row.exchange
    request, response = exchange.request, exchange.response
    sent = _kept(request.headers, placeholders)
    if request.body:
        sent = _typed(sent, _form_type(request.body))
    body = request.body
    if b"\r\n\r\nb64:" in body and is_form(replace(request, headers=sent)):
        body = _BASE64_PART.sub(_decoded, body)
    request = _changed(request, sent, body)
    if response is not None:
        received = _typed(_kept(response.headers, placeholders), _type_of(response.body))
        if received is not response.headers:
            response = replace(response, headers=received)
    if request is exchange.request and response is exchange.response:
        return row
    return replace(row, exchange=replace(exchange, request=request, response=response))


def _changed(request: Request, headers: Headers, body: bytes) -> Request:
    if headers is request.headers and body is request.body:
        return request
    return replace(request, headers=headers, body=body)


def _kept(headers: Headers, placeholders: Placeholders) -> Headers:
    kept = [field for field in headers if field[0].lower() == "authorization" or not placeholders.hides(field[1])]
    return headers if len(kept) == len(headers) else Headers(kept)


def _typed(headers: Headers, kind: str | None) -> Headers:
    """The headers with a content type, where they have none and the body shows one."""
    return headers if headers.media_type or kind is None else Headers((*headers, ("content-type", kind)))


def _type_of(body: bytes) -> str | None:
    if _SSE.match(body):
        return "text/event-stream"
    try:
        return "application/json" if body and isinstance(parse_json(body), dict | list) else None
    except NotJson:
        return None


def _form_type(body: bytes) -> str | None:
    fence = _FENCE.match(body)
    return f'multipart/form-data; boundary="{fence[1].decode("latin-1")}"' if fence else None


def _decoded(part: re.Match[bytes]) -> bytes:
    try:
        return base64.b64decode(b"".join(part[1].split()), validate=True)
    except (binascii.Error, ValueError):
        return part[0]  # a text that merely begins so


# ---- bodies that are gone --------------------------------------------------------------------------------------------


def request_is_lost(exchange: Exchange, placeholders: Placeholders) -> bool:
    """Whether the body that was sent is not the one that is stored: none is, and `Content-Length` tells of one."""
    return _is_lost(exchange.request, placeholders)


def without_lost_body(exchange: Exchange, placeholders: Placeholders) -> Exchange:
    """The exchange without what its recorder put in the place of a body that was sent: that says nothing wrong."""
    if not exchange.request.body or not request_is_lost(exchange, placeholders):
        return exchange
    return replace(exchange, request=replace(exchange.request, body=b""))


def response_is_lost(exchange: Exchange, placeholders: Placeholders) -> bool:
    """The same for the body that was answered; nothing is sent to a HEAD, or with a 204 or 304."""
    response = exchange.response
    return response is not None and not is_bodiless(exchange.request, response) and _is_lost(response, placeholders)


def is_bodiless(request: Request, response: Response) -> bool:
    """Whether an answer has no body."""
    return response.status in (204, 304) or request.method == "HEAD" or response.headers.get("content-length") == "0"


def _is_lost(message: Request | Response, placeholders: Placeholders) -> bool:
    body = message.body.strip()
    if placeholders.is_one(body.decode("utf-8", "replace").strip('"')):
        return True
    length = message.headers.get("content-length") or ""
    declared = int(length) if length.isascii() and length.isdigit() and len(length) < 10 else 0
    if not body:
        return declared > 0
    return body in (b"null", b"{}", b"[]", b'""') and declared >= _SHORTEST_LOST


# ---- times that nobody kept ------------------------------------------------------------------------------------------


def with_overlaps(exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """Exchanges without times, with the overlap that a stream proves: one that tells of its run's cancellation was open
    when a later exchange asked for that. Their times are made of their numbers.
    """
    cancels = {found[1]: exchange.number for exchange in exchanges if (found := _cancel(exchange))}
    if not cancels or any(exchange.started is not None for exchange in exchanges):
        return exchanges
    ends = {exchange.number: _asked(exchange, cancels) for exchange in exchanges}
    if not any(ends.values()):
        return exchanges
    return tuple(
        replace(one, started=float(one.number), ended=max(one.number, ends[one.number]) + 0.5) for one in exchanges
    )


def _cancel(exchange: Exchange) -> re.Match[str] | None:
    return _CANCELS.search(exchange.request.path) if exchange.ok else None


def _asked(exchange: Exchange, cancels: dict[str, int]) -> int:
    """The number of the exchange that asked for the cancellation of which a stream tells; 0 for none."""
    events = exchange.response.events if exchange.response else ()
    told = (event.json_or_none for event in events if event.name in _CANCELLATION)
    return max((cancels.get(text(mapping(run).get("id")) or "", 0) for run in told), default=0)
