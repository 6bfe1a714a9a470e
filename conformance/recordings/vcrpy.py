"""Cassettes of vcrpy: YAML (or JSON) with `interactions`, each a request and a response.

Besides vcrpy's own layout this reads `parsed_body`, in which pydantic-ai's recorder keeps JSON bodies with sorted keys,
and the extra keys that our own writer adds (`x-conformance`, `recorded_at`; see `conformance.recordings.cassette`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.recordings import cassette_metadata, fields
from conformance.recordings.authenticity import make_row
from conformance.recordings.recording import Row, Session
from conformance.trace.exchange import Exchange, Request, Response, header_date

NAME = "vcrpy cassette"


def recognises(document: object) -> bool:
    """Whether a parsed document is such a cassette."""
    return isinstance(document, dict) and "interactions" in document


def session(document: dict[str, Any]) -> Session | None:
    """What a cassette of ours keeps of its trace, None for one of others; raises `Malformed`."""
    return cassette_metadata.restore_session(document.get(cassette_metadata.KEY))


def rows(document: dict[str, Any], label: str) -> Iterator[Row]:
    """The rows of a cassette in file order, exchanges that nobody answered included; raises `Malformed`."""
    found = list(_answered(document, label))
    lonely = list(_unanswered(document, label))
    yield from sorted(found + lonely, key=lambda row: row.exchange.number) if lonely else found


def _answered(document: dict[str, Any], label: str) -> Iterator[Row]:
    stored = fields.sequence(document["interactions"], "interactions")
    for number, place, interaction in fields.numbered(stored, "interaction"):
        request = _request(interaction, place)
        response, remark = _response(interaction, place)
        if cassette_metadata.KEY in interaction:
            exchange = cassette_metadata.restore_exchange(interaction, number, request, response, place)
        else:
            recorded = fields.moment(interaction.get("recorded_at"))
            exchange = Exchange(number, request, response, date=recorded or header_date(response.headers))
        yield make_row(exchange, label, remark)


def _unanswered(document: dict[str, Any], label: str) -> Iterator[Row]:
    kept = document.get(cassette_metadata.KEY)
    stored = kept.get("unanswered") if isinstance(kept, dict) else None
    for number, place, interaction in fields.numbered(fields.sequence(stored or [], "unanswered"), "unanswered"):
        yield make_row(
            cassette_metadata.restore_exchange(interaction, number, _request(interaction, place), None, place), label
        )


def _request(interaction: dict[Any, Any], place: str) -> Request:
    stored = fields.part(interaction, "request", place)
    headers = fields.headers(stored.get("headers"), f"{place}: request")
    return Request(
        fields.text(stored, "method", place).upper(),
        fields.url(stored, "uri", place),
        cassette_metadata.headers_beside(interaction, "request_headers", headers, place),
        _body(stored, f"{place}: request", stored.get("body")),
    )


def _response(interaction: dict[Any, Any], place: str) -> tuple[Response, str]:
    stored = fields.part(interaction, "response", place)
    code = stored.get("status")
    status = fields.status(code.get("code") if isinstance(code, dict) else code, place)
    headers = fields.headers(stored.get("headers"), f"{place}: response")
    headers = cassette_metadata.headers_beside(interaction, "response_headers", headers, place)
    content = stored.get("body")
    if isinstance(content, dict):
        content = content.get("string")
    body, remark = fields.decoded(_body(stored, f"{place}: response", content), headers, f"{place}: response")
    return Response(status, headers, body), remark


def _body(stored: dict[Any, Any], place: str, content: object) -> bytes:
    if content is None and "parsed_body" in stored:
        return fields.from_json(stored["parsed_body"], place)
    return fields.body(content, place)
