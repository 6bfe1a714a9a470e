"""Taking secrets out of what is shown or kept: exchanges, and records and reports made of them.

What was judged is never touched: a trace is judged as it came, and what quotes it is made of exchanges without secrets.
In those, ids, the framing of JSON, forms and event streams, and the offsets of arrivals stay right.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import accumulate
from operator import itemgetter
from typing import Any, TypeVar
from urllib.parse import unquote

from conformance.evidence.secrets import (
    MAX_ROUNDS,
    REDACTED,
    SECRET_QUERY,
    Span,
    is_unmistakable,
    merged,
    redact_text,
    replaced,
    secret_spans,
)
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Trace

T = TypeVar("T")

_SECRET_HEADER = re.compile(
    r"authorization|proxy-authorization|cookie|set-cookie|openai-organization|openai-project"
    r"|ocp-apim-subscription-key|(.*-)?(api-?key|auth-?token|access-?token|security-token|secret)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(Bearer|Basic|Digest|Token)\s+(?=\S)", re.IGNORECASE)
_OBJECT_ID = re.compile(r"(?:asst|thread|msg|run|step|call|vs|vsfb|file|chatcmpl|resp)[-_].*", re.DOTALL)
_MAX_LITERALS = 32
_MAX_KEPT = 3


def redact(value: T, known: Iterable[str] = ()) -> T:
    """A record, a report or any part of one, with every text redacted; `known` are secrets such as the key in use."""
    secrets = tuple(known)
    seen: dict[str, str] = {}  # rules and reasons repeat

    def clean(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Enum):
            if value not in seen:
                seen[value] = redact_text(value, secrets)
            return seen[value]
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(clean, value))
        if isinstance(value, tuple | list):
            return type(value)(map(clean, value))
        if isinstance(value, dict):
            return {name: clean(item) for name, item in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: clean(getattr(value, field.name)) for field in fields(value)})
        return value

    cleaned: T = clean(value)
    return cleaned


class RedactedTrace:
    """A trace of which parts are shown: exchanges are redacted when they are asked for, and the last few kept."""

    def __init__(self, trace: Trace, known: Iterable[str] = ()) -> None:
        self._trace = trace
        self._known = tuple(known)
        self._redacted: dict[int, Exchange] = {}

    def around(self, number: int) -> Trace:
        """The exchange of this number and its neighbours."""
        exchanges = self._trace.exchanges
        position = next((i for i, exchange in enumerate(exchanges) if exchange.number == number), 0)
        near = exchanges[max(0, position - 1) : position + 2]
        return replace(self._trace, exchanges=tuple(map(self._without_secrets, near)))

    def _without_secrets(self, exchange: Exchange) -> Exchange:
        if exchange.number not in self._redacted:
            if len(self._redacted) >= _MAX_KEPT:  # with what is parsed of a large body an exchange takes 100 MB
                self._redacted.pop(next(iter(self._redacted)))
            self._redacted[exchange.number] = redact_exchange(exchange, self._known)
        return self._redacted[exchange.number]


def redact_trace(trace: Trace, known: Iterable[str] = ()) -> Trace:
    """The whole trace without secrets, with what its driver expected."""
    known = tuple(known)
    exchanges = tuple(redact_exchange(exchange, known) for exchange in trace.exchanges)
    return replace(trace, exchanges=exchanges, expectations=redact(trace.expectations, known))


def redact_exchange(exchange: Exchange, known: Iterable[str] = ()) -> Exchange:
    """The exchange without credentials, cookies, account names and keys, each replaced by one fixed word.

    A secret that a header or the query carries is also replaced where anything else repeats it, and so are the `known`
    ones in every spelling that SECURITY.md lists. `Content-Length` and the arrivals follow a body whose length changes.
    """
    return _Redaction(_carried(exchange), tuple(known)).exchange(exchange)


class _Redaction:
    """The redaction of one exchange, which repeats some secrets as its headers carry them: its literals."""

    def __init__(self, literals: list[str], known: tuple[str, ...]) -> None:
        self._literals = literals
        self._known = known

    def exchange(self, exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        body, _ = self._body(request.body)
        sent = Request(
            request.method, self._text(request.url), self._headers(request.headers, request.body, body), body
        )
        received = None
        if response is not None:
            content, ends = self._body(response.body, [end for _, end in response.arrivals])
            arrivals = tuple((at, end) for (at, _), end in zip(response.arrivals, ends, strict=True))
            headers = self._headers(response.headers, response.body, content)
            received = Response(response.status, headers, content, arrivals, response.complete)
        failure = None if exchange.failure is None else self._text(exchange.failure)
        return replace(exchange, request=sent, response=received, failure=failure)

    def _headers(self, headers: Headers, before: bytes, after: bytes) -> Headers:
        found: list[tuple[str, str]] = []
        for name, value in headers:
            if _SECRET_HEADER.fullmatch(name):
                scheme = _SCHEME.match(value) if "authorization" in name.lower() else None
                value = (scheme[0] if scheme else "") + REDACTED if value.strip() else value
            elif name.lower() == "content-length" and value == str(len(before)):
                value = str(len(after))
            else:
                value = self._text(value)
            found.append((self._text(name), value))
        return Headers(found)

    def _body(self, body: bytes, offsets: Iterable[int] = ()) -> tuple[bytes, list[int]]:
        literals = [secret.encode("utf-8", "replace").decode("latin-1") for secret in self._literals]
        text, places = self._replaced(body.decode("latin-1"), literals, offsets)  # a character a byte
        return text.encode("latin-1"), places

    def _text(self, text: str) -> str:
        return self._replaced(text, self._literals)[0]

    def _replaced(self, text: str, literals: list[str], offsets: Iterable[int] = ()) -> tuple[str, list[int]]:
        """The text without secrets, and where places of it have moved to."""
        places = list(offsets)
        for _ in range(MAX_ROUNDS):
            deltas = _deltas(text)
            in_deltas = (span for pieces in deltas for span in self._in_pieces(text, pieces, literals))
            if not (spans := merged([*_outside(self._spans(text, literals), deltas), *in_deltas])):
                break
            text, places = replaced(text, spans), _moved(places, spans)
        return text, places

    def _spans(self, text: str, literals: list[str]) -> Iterator[Span]:
        return secret_spans(text, self._known, literals)

    def _in_pieces(self, text: str, pieces: list[tuple[int, int]], literals: list[str]) -> Iterator[Span]:
        """Secrets of the text that the pieces make up: the word stands in the first piece, nothing in the others."""
        ends = list(accumulate(end - start for start, end in pieces))
        for first, last, word in merged(self._spans("".join(text[start:end] for start, end in pieces), literals)):
            at = bisect_right(ends, first)
            while first < last:
                end = min(last, ends[at])
                shift = pieces[at][1] - ends[at]
                yield Span(first + shift, end + shift, word)
                first, at, word = end, at + 1, ""


def _moved(places: list[int], spans: list[Span]) -> list[int]:
    """Where places of a text lie after the spans were replaced; those inside one lie behind its word."""
    starts = [span.start for span in spans]
    shifts = list(accumulate(len(span.word) - (span.end - span.start) for span in spans))
    moved = []
    for place in places:
        before = bisect_right(starts, place - 1)  # spans that begin before it
        moved.append(max(place, spans[before - 1].end) + shifts[before - 1] if before else place)
    return moved


_DELTA_LINE = re.compile(r"(?:^|(?<=\r))data:[^\r\n]*\.delta\"[^\r\n]*", re.MULTILINE)
_OWNER = re.compile(r"\"id\"\s{0,3}:\s{0,3}\"([^\"\\\r\n]*)\"")
_PIECE = re.compile(r"\"(value|arguments|input|logs|output)\"\s{0,3}:\s{0,3}\"((?:[^\"\\\r\n]|\\[^\r\n])*)\"")


def _deltas(text: str) -> list[list[tuple[int, int]]]:
    """The texts that an event stream brings in deltas, each as the places of its pieces."""
    if "data:" not in text or '.delta"' not in text:
        return []
    texts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for line in _DELTA_LINE.finditer(text):
        owner = _OWNER.search(text, *line.span())
        for piece in _PIECE.finditer(text, *line.span()):
            texts.setdefault((owner[1] if owner else "", piece[1]), []).append(piece.span(2))
    return list(texts.values())


def _outside(spans: Iterable[Span], deltas: list[list[tuple[int, int]]]) -> Iterator[Span]:
    """Those spans that do not lie within a piece of a delta, which are looked at as a whole."""
    inside = sorted(place for pieces in deltas for place in pieces)
    for span in spans:
        at = bisect_right(inside, span.start, key=itemgetter(0)) - 1
        if at < 0 or span.end > inside[at][1]:
            yield span


def _carried(exchange: Exchange) -> list[str]:
    """The secrets that headers and query of an exchange carry, longest first, as far as they are unmistakable."""
    found: list[str] = []
    for headers in (exchange.request.headers, exchange.response.headers if exchange.response else Headers()):
        for name, value in headers:
            if _SECRET_HEADER.fullmatch(name):
                found.append(_SCHEME.sub("", value, count=1).strip())
                if "cookie" in name.lower():
                    found += [part.partition("=")[2].strip() for part in value.split(";")]
    for values in re.finditer(rf"[?&](?:{SECRET_QUERY})=([^&#]*)", exchange.request.url, re.IGNORECASE):
        found += [values[1], unquote(values[1])]
    certain = {secret for secret in found if is_unmistakable(secret) and not _OBJECT_ID.fullmatch(secret)}
    return sorted(certain, key=lambda secret: (-len(secret), secret))[:_MAX_LITERALS]
