"""Recordings of nock (`recorder` with `output_objects`, and nock's "back" mode)."""

from collections.abc import Iterator
from typing import Any

from conformance.recordings import fields, pair
from conformance.recordings.encodings import decoded
from conformance.recordings.recording import Row
from conformance.trace.exchange import Headers, Request, Response

NAME = "nock recording"


def recognises(document: object) -> bool:
    """Whether a parsed document is such a recording."""
    items = document if isinstance(document, list) else []
    return any(isinstance(item, dict) and {"scope", "path"} <= item.keys() for item in items)


def entries(document: list[Any]) -> Iterator[tuple[str, Any]]:
    """The interceptors of a recording."""
    return fields.places(document, None, "interceptor")


def row(stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
    """The row of an interceptor; raises `Malformed`."""
    scope, path = fields.text(stored, "scope", place), fields.text(stored, "path", place)
    request = Request(
        fields.text(stored, "method", place).upper() if stored.get("method") else "GET",
        fields.url({"url": scope.rstrip("/") + path}, "url", place),
        fields.headers(stored.get("reqheaders"), f"{place}: request"),
        _body(stored.get("body"), f"{place}: request"),
    )
    response, remark = pair.attempted(_response, stored, place)
    return pair.row(number, request, response, label, remark=remark)


def _response(stored: dict[Any, Any], place: str) -> tuple[Response, str]:
    status = fields.status(stored.get("status", 200), place)
    place = f"{place}: response"
    headers = _headers(stored.get("rawHeaders") or stored.get("headers"), place)
    kept = stored.get("response")
    if stored.get("responseIsBinary") is True and isinstance(kept, str):
        content = fields.from_hex(kept, place)
    elif isinstance(kept, list) and headers.get("content-encoding"):
        content = b"".join(fields.from_hex(chunk, place) for chunk in kept)  # as it went over the wire
    else:
        content = _body(kept, place)
    body, remark = decoded(content, headers, place)
    return Response(status, headers, body), remark


def _headers(stored: object, place: str) -> Headers:
    """Names and values by turns, as Node has them, or a mapping."""
    if isinstance(stored, list) and not any(isinstance(item, list) for item in stored):
        stored = [list(pair) for pair in zip(stored[::2], stored[1::2], strict=False)]
    return fields.headers(stored, place)


def _body(stored: object, place: str) -> bytes:
    """A body, which nock keeps parsed where it is JSON; written again as `JSON.stringify` does."""
    if stored is None or isinstance(stored, str):
        return fields.body(stored, place)
    return fields.from_json(stored, place)
