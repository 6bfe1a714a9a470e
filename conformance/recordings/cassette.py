"""Writing a trace as a cassette that vcrpy reads and pytest-recording replays.

The layout is vcrpy's, with `recorded_at` and one extra key (`x-conformance`, see `recordings.cassette_metadata`),
both of which vcrpy passes over. Nothing is written that was not redacted first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from conformance.evidence.redaction import redact_trace
from conformance.evidence.safe_files import Draft, write_files
from conformance.recordings import cassette_metadata
from conformance.recordings.packed import WORTH_PACKING, pack, packed_twin
from conformance.recordings.recording import Session
from conformance.trace.exchange import Exchange, Headers
from conformance.trace.trace import Trace

CASSETTE_VERSION = 1  # of vcrpy's format


def redacted(trace: Trace, known: Iterable[str] = ()) -> Trace:
    """The trace as a cassette keeps it: without secrets, with rounded times, and without the content encodings that its
    bodies had.

    `known` are secrets that the traffic itself may not give away as such: the key of the target.
    """
    clean = redact_trace(trace, known)
    return replace(clean, exchanges=tuple(map(_plain, clean.exchanges)))


def write(trace: Trace, path: Path, known: Iterable[str] = ()) -> None:
    """Write a trace, whole or not at all; raises `NotWritten`.

    Bodies stand as text where they are UTF-8, else as base64. Streams that broke off and exchanges without a response
    are kept, the latter where vcrpy does not look for them. A cassette of more than `WORTH_PACKING` bytes is packed and
    stands as `path` with `.gz` behind it (see `conformance.recordings.packed`).
    """
    known = tuple(known)
    document = _document(redacted(trace, known))
    text = as_yaml(document)
    content, hidden = text.encode(), tuple(_binary_bodies(document))
    packed = packed_twin(path)
    if len(content) > WORTH_PACKING:
        write_files({packed: Draft(text, pack(content), hidden)}, known)
        path.unlink(missing_ok=True)
    else:
        write_files({path: Draft(text, content, hidden)}, known)
        packed.unlink(missing_ok=True)


def as_yaml(value: Any) -> str:
    """Data of plain types as a cassette shows them."""
    return _visible(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_NO_FOLDING))


def _plain(exchange: Exchange) -> Exchange:
    """The exchange without `Content-Encoding`, as its bodies are decoded already, and with times to the microsecond."""
    exchange = replace(exchange, started=_rounded(exchange.started), ended=_rounded(exchange.ended))

    def without(headers: Headers) -> Headers:
        return Headers(pair for pair in headers if pair[0].lower() != "content-encoding")

    request = replace(exchange.request, headers=without(exchange.request.headers))
    if exchange.response is None:
        return replace(exchange, request=request)
    arrivals = tuple((round(seconds, 6), end) for seconds, end in exchange.response.arrivals)
    response = replace(exchange.response, headers=without(exchange.response.headers), arrivals=arrivals)
    return replace(exchange, request=request, response=response)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def _document(trace: Trace) -> dict[str, Any]:
    kept = cassette_metadata.of_session(Session(trace.base_path, trace.live, trace.expectations, trace.absent))
    kept["unanswered"] = [interaction(exchange) for exchange in trace.exchanges if exchange.response is None]
    answered = [interaction(exchange) for exchange in trace.exchanges if exchange.response is not None]
    return {"version": CASSETTE_VERSION, "interactions": answered, cassette_metadata.KEY: kept}


def interaction(exchange: Exchange) -> dict[str, Any]:
    """An exchange in vcrpy's layout; one that nobody answered has no `response`."""
    request, response = exchange.request, exchange.response
    kept = cassette_metadata.of_exchange(exchange)
    stored: dict[str, Any] = {
        "request": {
            "body": _body(request.body),
            "headers": _headers(request.headers, "request_headers", kept),
            "method": request.method,
            "uri": request.url,
        }
    }
    if response is not None:
        stored["response"] = {
            "body": {"string": _body(response.body)},
            "headers": _headers(response.headers, "response_headers", kept),
            "status": {"code": response.status, "message": _phrase(response.status)},
        }
    stored["recorded_at"] = exchange.date.isoformat() if exchange.date else None
    stored[cassette_metadata.KEY] = kept
    return stored


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _body(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _headers(headers: Headers, name: str, kept: dict[str, Any]) -> dict[str, list[str]]:
    """Header fields in vcrpy's layout; where that loses their order, they are also kept in wire order under `name`."""
    grouped: dict[str, list[str]] = {}
    for field, value in headers:
        grouped.setdefault(field, []).append(value)
    if tuple(headers) != tuple((field, value) for field, values in grouped.items() for value in values):
        kept[name] = [cassette_metadata.Pair(pair) for pair in headers]
    return grouped


def _binary_bodies(document: dict[str, Any]) -> Iterator[str]:
    """The bodies that the YAML text shows as base64 only."""
    for interaction in document["interactions"] + document[cassette_metadata.KEY]["unanswered"]:
        for body in (interaction["request"]["body"], interaction.get("response", {}).get("body", {}).get("string")):
            if isinstance(body, bytes):
                yield body.decode("latin-1")


_NO_FOLDING = 2**31 - 1  # a folded line could hide a secret from the scan, and is no easier to read


class _Dumper(yaml.CSafeDumper):
    """Writes texts of several lines as blocks, so that bodies and streams can be read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = '"' if _deceives(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _deceives(text: str) -> bool:
    """Whether a text has letters that nobody sees, or that turn what is seen around, such as U+202E."""
    return not text.isprintable() and not text.replace("\n", "").isprintable()


def _visible(text: str) -> str:
    """The YAML with such letters as escapes: they stand between double quotes, where an escape means the same."""
    return "".join(map(_escaped, text)) if _deceives(text) else text


def _escaped(letter: str) -> str:
    if letter == "\n" or letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _pair(dumper: _Dumper, value: cassette_metadata.Pair) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(cassette_metadata.Pair, _pair)
