"""Normalised exchanges, one JSON object a line, taken from recordings of many cassettes.

A row has `method`, `url`, `status`, `request_headers`, `response_headers` and `source` (repository, path and entry of
the cassette it was taken from). Its bodies stand under `response_text` (exact), `response_base64` or `response_body`
(parsed), and `request_base64` or `request_body`. `suspect_handwritten`, `api_version` and `api_version_effective` are
what its collector found out, and overrule what can be seen from the row alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.recordings import fields
from conformance.recordings.authenticity import make_row
from conformance.recordings.document import load_json
from conformance.recordings.recording import Malformed, Row
from conformance.trace.exchange import Exchange, Request, Response, header_date

NAME = "JSON lines of exchanges"


def recognises(document: object) -> bool:
    """Whether a parsed line is such a row."""
    return isinstance(document, dict) and {"method", "url", "status"} <= document.keys()


def rows(lines: bytes, label: str) -> Iterator[Row]:
    """The rows of a file in file order, numbered within their cassette; raises `Malformed`."""
    last: dict[str, int] = {}
    for count, line in enumerate(lines.split(b"\n"), start=1):
        if not line.strip():
            continue
        place = f"line {count}"
        try:
            stored = fields.mapping(load_json(line), place)
        except Malformed as problem:
            raise Malformed(str(problem) if str(problem).startswith(place) else f"{place}: {problem}") from None
        cassette, entry = _source(stored, label)
        number = max(entry, last.get(cassette, 0) + 1)
        last[cassette] = number
        yield _row(stored, number, cassette, place)


def _source(stored: dict[Any, Any], label: str) -> tuple[str, int]:
    """(cassette, number of the exchange in it, 0 where it is not told)."""
    source = stored.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("path"), str) or not source["path"]:
        return label, 0
    repository, entry = source.get("repo"), source.get("entry")
    cassette = f"{repository} {source['path']}" if isinstance(repository, str) and repository else source["path"]
    return fields.clean(cassette), entry + 1 if fields.is_count(entry) else 0


def _row(stored: dict[Any, Any], number: int, cassette: str, place: str) -> Row:
    request = Request(
        fields.text(stored, "method", place).upper(),
        fields.url(stored, "url", place),
        fields.headers(stored.get("request_headers"), f"{place}: request"),
        _body(stored, "request", place),
    )
    headers = fields.headers(stored.get("response_headers"), f"{place}: response")
    body, remark = fields.decoded(_body(stored, "response", place), headers, f"{place}: response")
    response = Response(fields.status(stored.get("status"), place), headers, body)
    recorded = fields.moment(stored.get("recorded_at"))
    row = make_row(Exchange(number, request, response, date=recorded or header_date(headers)), cassette, remark)
    if stored.get("suspect_handwritten") is True and not row.handwritten:
        row = replace(row, handwritten=True, remark="hand-written: the collector of the recordings says so")
    version = stored.get("api_version_effective") or stored.get("api_version")
    return replace(row, api_version=version) if version in ("v1", "v2") else row


def _body(stored: dict[Any, Any], side: str, place: str) -> bytes:
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
