"""Session records of the Azure SDK test proxy: JSON with `Entries`.

The proxy keeps a JSON body parsed (its whitespace is lost), a text body as one text or as a list of its lines, any
other body as base64, and replaces ids it was told to hide by "Sanitized".
"""

from collections.abc import Iterator
from typing import Any

from conformance.recordings import fields, pair
from conformance.recordings.encodings import decoded
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Headers, Request, Response

NAME = "Azure test proxy record"


def recognises(document: object) -> bool:
    """Whether a parsed document is such a record."""
    return isinstance(document, dict) and "Entries" in document


def entries(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a record; raises `Malformed`."""
    return fields.places(document["Entries"], "Entries", "entry")


def row(stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
    """The row of an entry; raises `Malformed`."""
    sent = fields.headers(stored.get("RequestHeaders"), f"{place}: request")
    request = Request(
        fields.text(stored, "RequestMethod", place).upper(),
        fields.url(stored, "RequestUri", place),
        sent,
        _body(stored.get("RequestBody"), sent, f"{place}: request"),
    )
    response, remark = pair.attempted(_response, stored, place)
    return pair.row(number, request, response, label, remark=remark)


def _response(stored: dict[Any, Any], place: str) -> tuple[Response, str]:
    headers = fields.headers(stored.get("ResponseHeaders"), f"{place}: response")
    content = _body(stored.get("ResponseBody"), headers, f"{place}: response")
    body, remark = decoded(content, headers, f"{place}: response")
    return Response(fields.status(stored.get("StatusCode"), place), headers, body), remark


def _body(stored: object, headers: Headers, place: str) -> bytes:
    kind = headers.media_type
    json_body = kind.endswith("json") or not kind
    if isinstance(stored, list) and not json_body and all(isinstance(line, str) for line in stored):
        return fields.body("".join(stored), place)
    if isinstance(stored, str):
        if kind and not json_body and not kind.startswith("text/"):
            try:
                return fields.from_base64(stored, place)
            except Malformed:
                pass  # kept as text after all
        return fields.body(stored, place)
    return b"" if stored is None else fields.from_json(stored, place)
