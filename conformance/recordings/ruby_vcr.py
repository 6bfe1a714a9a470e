"""Cassettes of Ruby's VCR: YAML with `http_interactions`.

One file is often a heap of recordings: VCR appends what a later run sends for the first time, so that ruby-openai's
files hold answers of 2023 and 2024 one after the other. `recorded_at` tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.recordings import fields
from conformance.recordings.authenticity import make_row
from conformance.recordings.recording import Row
from conformance.trace.exchange import Exchange, Request, Response, header_date

NAME = "Ruby VCR cassette"


def recognises(document: object) -> bool:
    """Whether a parsed document is such a cassette."""
    return isinstance(document, dict) and "http_interactions" in document


def rows(document: dict[str, Any], label: str) -> Iterator[Row]:
    """The rows of a cassette in file order; raises `Malformed`."""
    for number, place, interaction in fields.numbered(
        fields.sequence(document["http_interactions"], "http_interactions"), "interaction"
    ):
        sent = fields.part(interaction, "request", place)
        received = fields.part(interaction, "response", place)
        request = Request(
            fields.text(sent, "method", place).upper(),
            fields.url(sent, "uri", place),
            fields.headers(sent.get("headers"), f"{place}: request"),
            _body(sent.get("body"), f"{place}: request"),
        )
        code = fields.part(received, "status", place).get("code")
        headers = fields.headers(received.get("headers"), f"{place}: response")
        content = _body(received.get("body"), f"{place}: response")
        body, remark = fields.decoded(content, headers, f"{place}: response")
        response = Response(fields.status(code, place), headers, body)
        recorded = fields.moment(interaction.get("recorded_at"))
        yield make_row(
            Exchange(number, request, response, date=recorded or header_date(headers)),
            label,
            remark,
        )


def _body(stored: object, place: str) -> bytes:
    """A body in its wrapping: `string` in the bytes it had, or `base64_string`; `encoding` only names Ruby's type."""
    if isinstance(stored, dict):
        if "base64_string" in stored:
            return fields.from_base64(stored["base64_string"], place)
        return fields.body(stored.get("string"), place)
    return fields.body(stored, place)
