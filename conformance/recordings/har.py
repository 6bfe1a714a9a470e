"""HTTP Archives (HAR 1.2), as browsers and proxies export them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from conformance.recordings import fields
from conformance.recordings.authenticity import make_row
from conformance.recordings.document import one_line
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Exchange, Headers, Request, Response, header_date

NAME = "HTTP Archive"


def recognises(document: object) -> bool:
    """Whether a parsed document is such an archive."""
    return isinstance(document, dict) and isinstance(document.get("log"), dict) and "entries" in document["log"]


def rows(document: dict[str, Any], label: str) -> Iterator[Row]:
    """The rows of an archive in the order in which the requests began; raises `Malformed`."""
    found: list[tuple[Exchange, datetime | None, str]] = []
    for number, place, entry in fields.numbered(fields.sequence(document["log"]["entries"], "log.entries"), "entry"):
        response, remark, failure = _response(fields.part(entry, "response", place), place)
        began = fields.moment(entry.get("startedDateTime"))
        exchange = Exchange(
            number,
            _request(fields.part(entry, "request", place), place),
            response,
            ended=_seconds(entry.get("time")),
            failure=failure,
            date=began or (header_date(response.headers) if response else None),
        )
        found.append((exchange, began, remark))
    begins = [began for _, began, _ in found if began is not None]
    if len(begins) < len(found):
        for exchange, _, remark in found:
            yield make_row(replace(exchange, ended=None), label, remark)
        return
    first = min(begins, default=None)
    for exchange, began, remark in sorted(found, key=lambda row: (row[1], row[0].number)):
        assert first is not None
        assert began is not None
        started = (began - first).total_seconds()
        ended = None if exchange.ended is None else started + exchange.ended
        yield make_row(replace(exchange, started=started, ended=ended), label, remark)


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool) and 0 <= milliseconds < 1e12:
        return milliseconds / 1000
    return None


def _request(stored: dict[Any, Any], place: str) -> Request:
    body = b""
    if stored.get("postData") is not None:
        body = _content(fields.part(stored, "postData", place), f"{place}: request")
    return Request(
        fields.text(stored, "method", place).upper(),
        fields.url(stored, "url", place),
        _headers(stored, f"{place}: request"),
        body,
    )


def _response(stored: dict[Any, Any], place: str) -> tuple[Response | None, str, str | None]:
    """(response, remark, failure); browsers write status 0 where no response came."""
    if stored.get("status") in (0, None):
        error = stored.get("_error")
        return None, "", one_line(error) if isinstance(error, str) and error else "no response was recorded"
    status = fields.status(stored["status"], place)
    headers = _headers(stored, f"{place}: response")
    content = stored.get("content")
    if content is None:
        return Response(status, headers), "", None
    content = fields.mapping(content, f"{place}: response content")
    size = content.get("size")
    lost = content.get("text") is None and isinstance(size, int | float) and size > 0
    remark = "the archive was exported without the body" if lost else ""
    return Response(status, headers, _content(content, f"{place}: response")), remark, None


def _content(stored: dict[Any, Any], place: str) -> bytes:
    """A body, which an archive keeps after content decoding."""
    if stored.get("encoding") == "base64":
        return fields.from_base64(stored.get("text"), place)
    return fields.body(stored.get("text"), place)


def _headers(stored: dict[Any, Any], place: str) -> Headers:
    pairs: list[tuple[str, str]] = []
    for field in fields.sequence(stored.get("headers") or [], f"{place}: headers"):
        pair = fields.mapping(field, f"{place}: a header")
        name, value = pair.get("name"), pair.get("value")
        if not isinstance(name, str) or not isinstance(value, str):
            raise Malformed(f"{place}: a header without name or value")
        if not name.startswith(":"):  # HTTP/2 pseudo-headers, which browsers list among the rest
            pairs.append((fields.clean(name), fields.clean(value)))
    return Headers(pairs)
