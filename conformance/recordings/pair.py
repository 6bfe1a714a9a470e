"""A request and its response as most recorders keep them: two objects whose members have one of a few names.

vcrpy, Ruby's and R's VCR, ExVCR, PHP-VCR, go-vcr, test agents and people who log JSON differ in little more than
whether it is `uri` or `url`, and where the number of the status stands.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from conformance.recordings import cassette_metadata, fields
from conformance.recordings.authenticity import make_row
from conformance.recordings.encodings import decoded
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Exchange, Request, Response, header_date

_WRAPPING = frozenset({"string", "base64_string", "encoding", "file", "on_disk"})
"""The members of a body that is wrapped: Ruby's VCR, R's, and vcrpy's responses."""


def row(number: int, request: Request, response: Response | None, label: str, **known: Any) -> Row:
    """A row with what is known besides: `remark`, `failure`, `date`, `started`, `ended`."""
    remark = known.pop("remark", "")
    date = known.pop("date", None) or (header_date(response.headers) if response else None)
    return make_row(Exchange(number, request, response, date=date, **known), label, remark)


def as_arrived(response: Response, arrivals: object, complete: object, place: str) -> Response:
    """The response with what a tap knows of how it came: the chunks of a stream, false for one that broke off."""
    if arrivals is None and complete is None:
        return response
    chunks = fields.sequence(arrivals or [], f"{place}: arrivals")
    pairs = tuple(cassette_metadata.arrival(chunk, place) for chunk in chunks)
    return replace(response, arrivals=pairs, complete=complete is not False)


def read_row(number: int, stored: dict[Any, Any], place: str, label: str, recorded: datetime | None = None) -> Row:
    """The row of an exchange that stands under `request` and `response`; raises `Malformed`."""
    request = read_request(fields.part(stored, "request", place), place)
    response, remark = read_response(stored.get("response"), place)
    return row(number, request, response, label, remark=remark, date=recorded)


def read_request(stored: dict[Any, Any], place: str) -> Request:
    """The request; raises `Malformed`."""
    return Request(
        fields.text(stored, "method", place).upper(),
        fields.url(stored, "url" if "url" in stored else "uri", place),
        fields.headers(stored.get("headers"), f"{place}: request"),
        read_body(stored, f"{place}: request"),
    )


def read_response(stored: object, place: str) -> tuple[Response | None, str]:
    """(response, remark)."""
    return attempted(_response, stored, place)


def attempted(
    read: Callable[[Any, str], tuple[Response | None, str]], stored: object, place: str
) -> tuple[Response | None, str]:
    """(response, remark); what is wrong with a response is a remark, as its request was sent all the same."""
    try:
        return read(stored, place)
    except Malformed as problem:
        return None, str(problem)


def _response(stored: object, place: str) -> tuple[Response | None, str]:
    if stored is None:
        raise Malformed(f"{place}: no response")
    members = fields.mapping(stored, f"{place}: response")
    headers = fields.headers(members.get("headers"), f"{place}: response")
    content = read_body(members, f"{place}: response")
    body, remark = decoded(content, headers, f"{place}: response")
    return Response(read_status(members, place), headers, body), remark


def read_status(stored: dict[Any, Any], place: str) -> int:
    """The status: a number, one inside an object, or one beside a sentence ("200 OK"); raises `Malformed`."""
    status = stored.get("status")
    if isinstance(status, dict):
        stored, status = status, None
    for name in ("code", "status_code"):
        if isinstance(stored.get(name), int | str):
            return fields.status(stored[name], place)
    return fields.status(status, place)


def read_body(stored: dict[Any, Any], place: str) -> bytes:
    """A body as text, as binary, as base64, as parsed JSON, or wrapped; raises `Malformed`."""
    content = stored.get("body")
    if isinstance(content, dict) and content and content.keys() <= _WRAPPING:
        if content.get("on_disk") or (content.get("file") and content.get("string") is None):
            raise Malformed(f"{place}: the body is kept in another file")
        if content.get("base64_string") is not None:
            return fields.from_base64(content["base64_string"], place)
        return fields.body(content.get("string"), place)
    if content is not None:
        return fields.body(content, place) if isinstance(content, str | bytes) else fields.from_json(content, place)
    if stored.get("body_base64") is not None:
        return fields.from_base64(stored["body_base64"], place)
    if "parsed_body" in stored:  # pydantic-ai's recorder keeps JSON bodies so, with sorted keys
        return fields.from_json(stored["parsed_body"], place)
    return fields.body(stored.get("content"), place)  # vcrpy's httpx of 2021 to 2023
