"""Session records of the Azure SDK test proxy: JSON with `Entries`.

The proxy keeps a JSON body parsed (its whitespace is lost), a text body as one text or as a list of its lines, any
other body as base64, and replaces ids it was told to hide by "Sanitized".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.recordings import fields
from conformance.recordings.authenticity import make_row
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Exchange, Headers, Request, Response, header_date

NAME = "Azure test proxy record"


def recognises(document: object) -> bool:
    """Whether a parsed document is such a record."""
    return isinstance(document, dict) and "Entries" in document


def rows(document: dict[str, Any], label: str) -> Iterator[Row]:
    """The rows of a record in file order; raises `Malformed`."""
    for number, place, entry in fields.numbered(fields.sequence(document["Entries"], "Entries"), "entry"):
        sent = fields.headers(entry.get("RequestHeaders"), f"{place}: request")
        received = fields.headers(entry.get("ResponseHeaders"), f"{place}: response")
        request = Request(
            fields.text(entry, "RequestMethod", place).upper(),
            fields.url(entry, "RequestUri", place),
            sent,
            _body(entry.get("RequestBody"), sent, f"{place}: request"),
        )
        content = _body(entry.get("ResponseBody"), received, f"{place}: response")
        body, remark = fields.decoded(content, received, f"{place}: response")
        response = Response(fields.status(entry.get("StatusCode"), place), received, body)
        yield make_row(Exchange(number, request, response, date=header_date(received)), label, remark)


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
