"""Exchanges as JSON in a natural form, one object a line, or a list of them; docs/recordings.md shows it.

An exchange is flat (`method`, `url`, `status`, `request_headers`, `request_body`, `response_headers`, `response_body`)
or nested (`request` and `response`, which the DataDog test agent writes one a file). A body is text, parsed JSON, or
base64 under `request_base64`, `response_base64` or `body_base64`; `response_text` is the exact text beside parsed JSON.

Rows that were collected from cassettes have a `source` (repository, path and entry); `suspect_handwritten`,
`api_version` and `api_version_effective` are what their collector found out, and overrule what the row alone shows.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.recordings import fields, pair
from conformance.recordings.encodings import decoded
from conformance.recordings.placeholders import NOT_RECORDED
from conformance.recordings.recording import Malformed, Row
from conformance.recordings.restored import is_bodiless
from conformance.trace.exchange import Headers, Request, Response

NAME = "JSON lines of exchanges"

_SENDING = ("POST", "PUT", "PATCH")
_BODIES = ("body", "text", "base64", "body_base64", "parsed_body", "content")


def is_row(value: object) -> bool:
    """Whether a parsed value is such an exchange."""
    if not isinstance(value, dict):
        return False
    if {"method", "url", "status"} <= value.keys():
        return True
    request = value.get("request")
    named = isinstance(request, dict) and "method" in request and ("url" in request or "uri" in request)
    return named and "response" in value


def recognises(document: object) -> bool:
    """Whether a parsed document is one exchange or a list of them."""
    return is_row(document) or document == [] or (isinstance(document, list) and any(map(is_row, document)))


def entries(document: Any) -> Iterator[tuple[str, Any]]:
    """The exchanges of a document; raises `Malformed`."""
    return fields.places(document if isinstance(document, list) else [document], None, "exchange")


def row(stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
    """The row of an exchange; raises `Malformed`."""
    cassette, entry = _source(stored, label)
    flat = "request" not in stored
    request = _flat_request(stored, place) if flat else pair.read_request(fields.part(stored, "request", place), place)
    if request.method in _SENDING and not _tells_body(stored, "request"):
        request = replace(request, body=NOT_RECORDED.encode())
    response, remark, failure = None, "", stored.get("failure")
    failure = fields.clean(failure) if isinstance(failure, str) else None
    if flat and "status" not in stored:
        raise Malformed(f"{place}: no status")
    if stored.get("status" if flat else "response") is None:
        failure = failure or "no response was recorded"
    elif flat:
        response, remark = pair.attempted(_flat_response, stored, place)
    else:
        response, remark = pair.read_response(stored["response"], place)
    if response is not None and not (_tells_body(stored, "response") or is_bodiless(request, response)):
        response = replace(response, body=NOT_RECORDED.encode())
    began = fields.moment(stored.get("started_at"))
    made = pair.row(
        entry or fields.count_or(stored.get("number"), number),
        request,
        _as_streamed(response, stored, place),
        cassette,
        remark=remark,
        failure=failure,
        date=began or fields.moment(stored.get("recorded_at")),
        started=None if began is None else 0.0,
        ended=fields.seconds(stored.get("seconds")),
    )
    if stored.get("suspect_handwritten") is True and not made.handwritten:
        made = replace(made, handwritten=True, remark="hand-written: the collector of the recordings says so")
    version = stored.get("api_version_effective") or stored.get("api_version")
    return replace(made, api_version=version) if version in ("v1", "v2") else made


def _tells_body(stored: dict[Any, Any], side: str) -> bool:
    """Whether a row has a body of the request or the response, if only an empty one; else nobody knows what it was."""
    names = fields.mapping(stored[side], side) if "request" in stored else stored
    return any(f"{side}_{name}" in names if names is stored else name in names for name in _BODIES)


def _source(stored: dict[Any, Any], label: str) -> tuple[str, int]:
    """(cassette, number of the exchange in it, 0 where it is not told)."""
    source = stored.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("path"), str) or not source["path"]:
        return label, 0
    repository, entry = source.get("repo"), source.get("entry")
    cassette = f"{repository} {source['path']}" if isinstance(repository, str) and repository else source["path"]
    return fields.clean(cassette), entry + 1 if fields.is_count(entry) else 0


def _flat_request(stored: dict[Any, Any], place: str) -> Request:
    return Request(
        fields.text(stored, "method", place).upper(),
        fields.url(stored, "url", place),
        fields.headers(stored.get("request_headers"), f"{place}: request"),
        _flat_body(stored, "request", place),
    )


def _flat_response(stored: dict[Any, Any], place: str) -> tuple[Response, str]:
    headers = fields.headers(stored.get("response_headers"), f"{place}: response")
    body, remark = decoded(_flat_body(stored, "response", place), headers, f"{place}: response")
    return Response(fields.status(stored.get("status"), place), headers, body), remark


def _flat_body(stored: dict[Any, Any], side: str, place: str) -> bytes:
    place = f"{place}: {side}"
    kept = stored.get(f"{side}_body")
    parsed = isinstance(kept, dict | list)
    if stored.get(f"{side}_text") is not None:
        exact = fields.body(stored[f"{side}_text"], place)
        # The collector cut texts after 200,000 characters and kept the parsed body whole (ruby-openai files_list.yml).
        return exact if not parsed or fields.is_json(exact) else fields.from_json(kept, place)
    if stored.get(f"{side}_base64") is not None:
        return fields.from_base64(stored[f"{side}_base64"], place)
    return fields.body(kept, place) if kept is None or isinstance(kept, str) else fields.from_json(kept, place)


def _as_streamed(response: Response | None, stored: dict[Any, Any], place: str) -> Response | None:
    """The response with what a tap knows of a stream (`arrivals`, `complete`), and a type where no header was kept.

    Without a type a stream is not seen as a stream.
    """
    if response is None:
        return None
    if not response.headers and stored.get("response_headers") != []:  # an empty list is what a tap saw
        stream = stored.get("is_stream") is True or response.body.startswith((b"event:", b"data:"))
        kind = "text/event-stream" if stream else "application/json"
        response = replace(response, headers=Headers((("content-type", kind),)))
    return pair.as_arrived(response, stored.get("arrivals"), stored.get("complete"), place)
