"""Cassettes of vcrpy: YAML (or JSON) with `interactions`, each a request and a response.

Besides vcrpy's own layout, and that of its httpx stubs of 2021 to 2023, this reads the extra keys that our own writer
adds (`x-conformance`, `recorded_at`; see `conformance.recordings.cassette`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.recordings import cassette_metadata, fields, pair
from conformance.recordings.authenticity import make_row
from conformance.recordings.recording import Row, Session

NAME = "vcrpy cassette"
_UNANSWERED = "unanswered"


def recognises(document: object) -> bool:
    """Whether a parsed document is such a cassette."""
    return isinstance(document, dict) and "interactions" in document


def session(document: dict[str, Any]) -> Session | None:
    """What a cassette of ours keeps of its trace, None for one of others; raises `Malformed`."""
    return cassette_metadata.restore_session(document.get(cassette_metadata.KEY))


def entries(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The interactions of a cassette, and the exchanges of ours that nobody answered; raises `Malformed`."""
    yield from fields.places(document["interactions"], "interactions", "interaction")
    kept = document.get(cassette_metadata.KEY)
    lonely = kept.get(_UNANSWERED) if isinstance(kept, dict) else None
    yield from fields.places(lonely or [], _UNANSWERED, _UNANSWERED)


def row(stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
    """The row of an interaction; raises `Malformed`."""
    if cassette_metadata.KEY not in stored:
        return pair.read_row(number, stored, place, label, fields.moment(stored.get("recorded_at")))
    request = pair.read_request(fields.part(stored, "request", place), place)
    in_order = cassette_metadata.headers_beside(stored, "request_headers", request.headers, place)
    request = replace(request, headers=in_order)
    response, remark = None, ""
    if not place.startswith(_UNANSWERED):
        response, remark = pair.read_response(stored.get("response"), place)
    if response is not None:
        in_order = cassette_metadata.headers_beside(stored, "response_headers", response.headers, place)
        response = replace(response, headers=in_order)
    return make_row(cassette_metadata.restore_exchange(stored, number, request, response, place), label, remark)
