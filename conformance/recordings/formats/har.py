"""HTTP Archives (HAR 1.2), as browsers, proxies, Playwright and Polly.js write them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from conformance.recordings import fields, pair
from conformance.recordings.document import load_json, one_line
from conformance.recordings.encodings import decoded
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Headers, Request, Response

NAME = "HTTP Archive"


def recognises(document: object) -> bool:
    """Whether a parsed document is such an archive."""
    return isinstance(document, dict) and isinstance(document.get("log"), dict) and "entries" in document["log"]


def entries(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of an archive; raises `Malformed`."""
    return fields.places(document["log"]["entries"], "log.entries", "entry")


def row(stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
    """The row of an entry; raises `Malformed`."""
    request = _request(fields.part(stored, "request", place), place)
    began = fields.moment(stored.get("startedDateTime"))
    took = stored.get("time")
    answer = fields.part(stored, "response", place)
    error = answer.get("_error")
    response, remark, failure = None, "", one_line(error) if isinstance(error, str) and error else None
    if answer.get("status") in (0, None):  # what browsers write where no response came
        failure = failure or "no response was recorded"
    else:
        response, remark = pair.attempted(_response, answer, place)
        if response is not None:  # what our own proxy adds
            response = pair.as_arrived(response, answer.get("_arrivals"), answer.get("_complete"), place)
    return pair.row(
        fields.count_or(stored.get("_number"), number),
        request,
        response,
        label,
        remark=remark,
        failure=failure,
        date=began,
        started=None if began is None else 0.0,
        ended=fields.seconds(took / 1000) if isinstance(took, int | float) else None,
    )


def _request(stored: dict[Any, Any], place: str) -> Request:
    body = b""
    if stored.get("postData") is not None:
        data = fields.part(stored, "postData", place)
        body = _content(data, f"{place}: request")
        if not body and data.get("mimeType") == "application/x-www-form-urlencoded":
            body = urlencode(_pairs(data.get("params"), f"{place}: params")).encode()
    return Request(
        fields.text(stored, "method", place).upper(),
        fields.url(stored, "url", place),
        _headers(stored, f"{place}: request"),
        body,
    )


def _response(stored: dict[Any, Any], place: str) -> tuple[Response, str]:
    status = fields.status(stored["status"], place)
    headers = _headers(stored, f"{place}: response")
    content = stored.get("content")
    if content is None:
        return Response(status, headers), ""
    place = f"{place}: response"
    content = fields.mapping(content, f"{place} content")
    chunks = _chunks(content, place)
    if chunks is not None:
        body, remark = decoded(chunks, headers, place)
        return Response(status, headers, body), remark
    size = content.get("size")
    lost = content.get("text") is None and isinstance(size, int | float) and size > 0
    remark = "the archive was exported without the body" if lost else ""
    if isinstance(content.get("_file"), str):  # Playwright's, unless told to embed
        remark = "the archive keeps the body in another file: record it with the content embedded"
    return Response(status, headers, _content(content, place)), remark


def _content(stored: dict[Any, Any], place: str) -> bytes:
    """A body, which an archive keeps after content decoding."""
    if stored.get("encoding") == "base64":
        return fields.from_base64(stored.get("text"), place)
    return fields.body(stored.get("text"), place)


def _chunks(stored: dict[Any, Any], place: str) -> bytes | None:
    """A body as it went over the wire, which Polly.js keeps in chunks: base64, or hex before its version 5."""
    text = stored.get("text")
    binary = stored.get("encoding") == "base64" or stored.get("_isBinary") is True
    if not binary or not isinstance(text, str) or not text.startswith("["):
        return None
    chunks = fields.sequence(load_json(text), f"{place}: chunks")
    if stored.get("encoding") == "base64":
        return b"".join(fields.from_base64(chunk, place) for chunk in chunks)
    return b"".join(fields.from_hex(chunk, place) for chunk in chunks)


def _headers(stored: dict[Any, Any], place: str) -> Headers:
    pairs = _pairs(stored.get("headers"), f"{place}: a header")
    # HTTP/2 pseudo-headers, which browsers list among the rest
    return Headers((name, value) for name, value in pairs if not name.startswith(":"))


def _pairs(stored: object, place: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for field in fields.sequence(stored or [], place):
        found = fields.mapping(field, place)
        name, value = found.get("name"), found.get("value")
        if not isinstance(name, str) or not isinstance(value, str):
            raise Malformed(f"{place} without name or value")
        pairs.append((fields.clean(name), fields.clean(value)))
    return pairs
