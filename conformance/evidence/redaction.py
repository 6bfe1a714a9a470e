"""Taking secrets out of exchanges that are kept, without touching what a check judges.

Object ids, the framing of JSON, forms and event streams, and the offsets of arrivals stay right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote

from conformance.evidence.secrets import REDACTED, Edits
from conformance.evidence.secrets.known import unmistakable
from conformance.evidence.secrets.shapes import SECRET_QUERY
from conformance.trace.exchange import Exchange, Headers, Request, Response

_SECRET_HEADER = re.compile(
    r"authorization|proxy-authorization|cookie|set-cookie|openai-organization|openai-project"
    r"|ocp-apim-subscription-key|(.*-)?(api-?key|auth-?token|access-?token|security-token|secret)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(Bearer|Basic|Digest|Token)\s+(?=\S)", re.IGNORECASE)
_LITERALS = 32


def redact_exchange(exchange: Exchange, known: Iterable[str] = ()) -> Exchange:
    """The exchange without credentials, cookies, account names and keys, each replaced by one fixed word.

    A secret that a header or the query carries is also replaced where anything else repeats it, and so are the `known`
    ones in every spelling that SECURITY.md lists. `Content-Length` and the arrivals follow a body whose length changes.
    """
    request, response = exchange.request, exchange.response
    secrets, known = _carried(exchange), tuple(known)
    body, _ = _redact_body(request.body, (), secrets, known)
    sent = Request(
        request.method,
        Edits(request.url, secrets, known).text,
        _redact_headers(request.headers, request.body, body, secrets, known),
        body,
    )
    received = None
    if response is not None:
        content, arrivals = _redact_body(response.body, response.arrivals, secrets, known)
        headers = _redact_headers(response.headers, response.body, content, secrets, known)
        received = Response(response.status, headers, content, arrivals, response.complete)
    failure = None if exchange.failure is None else Edits(exchange.failure, secrets, known).text
    return replace(exchange, request=sent, response=received, failure=failure)


def same_but_credentials(exchange: Exchange, redacted: Exchange) -> bool:
    """Whether its redaction left an exchange as it was, apart from header fields that are for secrets."""

    def told(one: Exchange) -> tuple[object, ...]:
        request, response = one.request, one.response
        answer = (_open_headers(response.headers), response.body) if response else ()
        return request.url, _open_headers(request.headers), request.body, *answer, one.failure

    return exchange is redacted or told(exchange) == told(redacted)


def _open_headers(headers: Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if not _SECRET_HEADER.fullmatch(name)]


def _carried(exchange: Exchange) -> list[str]:
    """The secrets that headers and query of an exchange carry, longest first, as far as they are unmistakable."""
    found: list[str] = []
    for headers in (exchange.request.headers, exchange.response.headers if exchange.response else Headers()):
        for name, value in headers:
            if _SECRET_HEADER.fullmatch(name):
                credential = _SCHEME.sub("", value, count=1).strip()
                cookies = (
                    [part.partition("=")[2].strip() for part in value.split(";")] if "cookie" in name.lower() else []
                )
                found += [credential, *cookies]
    for values in re.finditer(rf"[?&](?:{SECRET_QUERY})=([^&#]*)", exchange.request.url, re.IGNORECASE):
        found += [values[1], unquote(values[1])]
    certain = {secret for secret in found if unmistakable(secret) and not _OBJECT_ID.fullmatch(secret)}
    return sorted(certain, key=lambda secret: (-len(secret), secret))[:_LITERALS]


_OBJECT_ID = re.compile(r"(?:asst|thread|msg|run|step|call|vs|vsfb|file|chatcmpl|resp)[-_].*", re.DOTALL)


def _redact_body(
    body: bytes, arrivals: tuple[tuple[float, int], ...], secrets: Iterable[str], known: tuple[str, ...]
) -> tuple[bytes, tuple[tuple[float, int], ...]]:
    literals = [secret.encode("utf-8", "replace").decode("latin-1") for secret in secrets]
    edits = Edits(body.decode("latin-1"), literals, known)  # one character a byte: offsets stay offsets
    moved = edits.moved(offset for _, offset in arrivals)
    return edits.text.encode("latin-1"), tuple((at, end) for (at, _), end in zip(arrivals, moved, strict=True))


def _redact_headers(
    headers: Headers, before: bytes, after: bytes, secrets: list[str], known: tuple[str, ...]
) -> Headers:
    redacted: list[tuple[str, str]] = []
    for name, value in headers:
        if _SECRET_HEADER.fullmatch(name):
            scheme = _SCHEME.match(value) if "authorization" in name.lower() else None
            value = (scheme[0] if scheme else "") + REDACTED if value.strip() else value
        elif name.lower() == "content-length" and value == str(len(before)):
            value = str(len(after))
        else:
            value = Edits(value, secrets, known).text
        redacted.append((Edits(name, secrets, known).text, value))
    return Headers(redacted)
