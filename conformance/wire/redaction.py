"""Taking secrets out of what is written down, without touching what a check judges.

Two independent halves: `redact_exchange` and `redact_text` replace what is secret by a fixed word, and `find_secrets`
looks, by other means, for what they may have missed; a writer asks it last and writes nothing where it finds something.
Object ids, the framing of JSON, forms and event streams, and the offsets of arrivals stay right.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from conformance.wire.exchange import Exchange, Headers, Request, Response

REDACTED = "redacted"

_SECRET_HEADER = re.compile(
    r"authorization|proxy-authorization|cookie|set-cookie|openai-organization|openai-project"
    r"|ocp-apim-subscription-key|(.*-)?(api-?key|auth-?token|access-?token|security-token|secret)",
    re.IGNORECASE,
)
_SECRET_QUERY = r"api-key|api_key|apikey|key|token|access_token|subscription-key|sig|signature|secret"
_SCHEME = re.compile(r"(Bearer|Basic|Digest|Token)\s+(?=\S)", re.IGNORECASE)

_LITERAL_LENGTH = 12  # shorter secrets of headers are not looked for in bodies, where they could be part of anything
_LITERALS = 32


def _holds_password(token: str) -> bool:
    try:
        return b":" in base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return False


def _always(_: str) -> bool:
    return True


def _shape(
    keep: str, secret: str, decide: Callable[[str], bool] = _always
) -> tuple[re.Pattern[str], Callable[[str], bool]]:
    pattern = f"(?P<keep>{keep})(?!{REDACTED}(?![A-Za-z0-9]))(?P<secret>{secret})"
    return re.compile(pattern, re.ASCII | re.IGNORECASE), decide


# What is kept, and the secret after it. Secrets end before every character that frames JSON, event streams and forms.
# No pattern may look further than the run of characters it starts in, or a hostile body would take quadratic time.
_SHAPES = (
    _shape(r"(?<![A-Za-z0-9_-])(?:sk|sess)-", r"(?=[A-Za-z_-]*[0-9*]|[A-Za-z_-]{20})[A-Za-z0-9_*-]{8,}"),
    _shape(r"(?<![A-Za-z0-9_-])(?:org-|proj_)", r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{12,}"),
    _shape(r"\bBearer +", r"(?![a-z_]+=\")(?=[A-Za-z._~+/=*-]*[0-9]|[A-Za-z._~+/=*-]{20})[A-Za-z0-9._~+/=*-]{8,}"),
    _shape(r"\bBasic +", r"[A-Za-z0-9+/]{4,}={0,2}", _holds_password),
    _shape(r"(?<![A-Za-z0-9_-])", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
    _shape(r"\bapi-key: ?", r"(?=[A-Za-z_*-]*[0-9])[A-Za-z0-9_*-]{16,}"),
    _shape(rf"[?&](?:{_SECRET_QUERY})=", r"[^&#\s\"'\\<>]+"),
    _shape(r"\b(?:__cf_bm|_cfuvid)=", r"[^;,\s\"'\\]+"),
    _shape(r"://[^/?#\s\"'\\@:]*:", r"[^/?#\s\"'\\@]+(?=@)"),
    _shape(r"\"(?:api[-_]?key|authorization|access_token|client_secret)\"\s{0,9}:\s{0,9}\"", r"[^\"\\\r\n]+"),
)


def redact_text(text: str) -> str:
    """The text with every secret of a known shape replaced."""
    return _Edits(text).text


def redact_exchange(exchange: Exchange, known: Iterable[str] = ()) -> Exchange:
    """The exchange without credentials, cookies, account names and keys, each replaced by one fixed word.

    A secret that a header or the query carries is also replaced where anything else repeats it, and so are the `known`
    ones. `Content-Length` and the arrivals follow a body whose length changes.
    """
    request, response = exchange.request, exchange.response
    secrets = [*known, *_carried(exchange)]
    body, _ = _redact_body(request.body, (), secrets)
    sent = Request(
        request.method,
        _Edits(request.url, secrets).text,
        _redact_headers(request.headers, request.body, body, secrets),
        body,
    )
    received = None
    if response is not None:
        content, arrivals = _redact_body(response.body, response.arrivals, secrets)
        headers = _redact_headers(response.headers, response.body, content, secrets)
        received = Response(response.status, headers, content, arrivals, response.complete)
    failure = None if exchange.failure is None else _Edits(exchange.failure, secrets).text
    return replace(exchange, request=sent, response=received, failure=failure)


class _Edits:
    """A text after its replacements, and where each place of the old text lies in the new one."""

    def __init__(self, text: str, literals: Iterable[str] = ()) -> None:
        self._spans: list[tuple[int, int, int]] = []  # start and end in the old text, end in the new one
        pieces: list[str] = []
        length = done = 0
        for start, end in _merged(_secret_spans(text, literals)):
            length += start - done + len(REDACTED)
            pieces += (text[done:start], REDACTED)
            self._spans.append((start, end, length))
            done = end
        pieces.append(text[done:])
        self.text = "".join(pieces)

    def moved(self, offsets: Iterable[int]) -> list[int]:
        """Where offsets of the old text lie in the new one; inside a secret they lie at most at the end of its word."""
        moved: list[int] = []
        before = 0  # spans that end at or before the offset; offsets ascend, or the search starts anew
        for offset in offsets:
            if before and self._spans[before - 1][1] > offset:
                before = 0
            while before < len(self._spans) and self._spans[before][1] <= offset:
                before += 1
            shift = self._spans[before - 1][2] - self._spans[before - 1][1] if before else 0
            inside = before < len(self._spans) and self._spans[before][0] < offset
            moved.append(min(offset + shift, self._spans[before][2]) if inside else offset + shift)
        return moved


def _secret_spans(text: str, literals: Iterable[str]) -> Iterator[tuple[int, int]]:
    for literal in literals:
        for found in re.finditer(re.escape(literal), text):
            yield found.span()
    for pattern, decide in _SHAPES:
        for found in pattern.finditer(text):
            if decide(found["secret"]):
                yield found.span("secret")


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    last: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if last is not None and start < last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


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
    for values in re.finditer(rf"[?&](?:{_SECRET_QUERY})=([^&#]*)", exchange.request.url, re.IGNORECASE):
        found += [values[1], unquote(values[1])]
    unmistakable = {secret for secret in found if _unmistakable(secret)}
    return sorted(unmistakable, key=lambda secret: (-len(secret), secret))[:_LITERALS]


_OBJECT_ID = re.compile(r"(?:asst|thread|msg|run|step|call|vs|vsfb|file|chatcmpl|resp)[-_].*", re.DOTALL)


def _unmistakable(secret: str) -> bool:
    """Whether a secret is long and mixed enough that its letters elsewhere are the same secret, not a word or an id."""
    digits = sum(character.isdigit() for character in secret)
    letters = sum(character.isalpha() for character in secret)
    return len(secret) >= _LITERAL_LENGTH and digits > 0 and letters > 0 and not _OBJECT_ID.fullmatch(secret)


def _redact_body(
    body: bytes, arrivals: tuple[tuple[float, int], ...], secrets: Iterable[str]
) -> tuple[bytes, tuple[tuple[float, int], ...]]:
    literals = [secret.encode("utf-8", "replace").decode("latin-1") for secret in secrets]
    edits = _Edits(body.decode("latin-1"), literals)  # one character a byte: offsets stay offsets
    moved = edits.moved(offset for _, offset in arrivals)
    return edits.text.encode("latin-1"), tuple((at, end) for (at, _), end in zip(arrivals, moved, strict=True))


def _redact_headers(headers: Headers, before: bytes, after: bytes, secrets: list[str]) -> Headers:
    redacted: list[tuple[str, str]] = []
    for name, value in headers:
        if _SECRET_HEADER.fullmatch(name):
            scheme = _SCHEME.match(value) if "authorization" in name.lower() else None
            value = (scheme[0] if scheme else "") + REDACTED if value.strip() else value
        elif name.lower() == "content-length" and value == str(len(before)):
            value = str(len(after))
        else:
            value = _Edits(value, secrets).text
        redacted.append((name, value))
    return Headers(redacted)


_KEY = frozenset(string.ascii_letters + string.digits + "-_*")
_VALUE = _KEY | frozenset(".~+/=")
_WORD = frozenset(string.ascii_letters + string.digits)


@dataclass(frozen=True)
class _Sign:
    """A word that stands before secrets: what it announces, of which characters, and from which length on."""

    word: str
    kind: str
    characters: frozenset[str]
    shortest: int
    holds: Callable[[str], bool]
    before: str = ""


def _has_digit(token: str) -> bool:
    return any(character.isdigit() for character in token)


def _has_three_parts(token: str) -> bool:
    parts = token.split(".")
    return len(parts) >= 3 and len(parts[0]) >= 8 and len(parts[1]) >= 8 and len(parts[2]) > 0


_SIGNS = (
    _Sign("sk-", "an API key", _KEY, 16, _has_digit),
    _Sign("sess-", "a session key", _KEY, 16, _has_digit),
    _Sign("bearer ", "a bearer token", _VALUE, 16, _has_digit),
    _Sign("basic ", "a password", _VALUE, 8, _holds_password),
    _Sign("api-key: ", "an API key", _KEY, 16, _has_digit),
    _Sign("api-key=", "an API key", _KEY, 8, _always, before="?&"),
    _Sign("__cf_bm=", "a cookie", _VALUE, 8, _always),
    _Sign("_cfuvid=", "a cookie", _VALUE, 8, _always),
    _Sign("eyj", "a signed token", _WORD | frozenset("-_."), 24, _has_three_parts),
    _Sign("org-", "an organisation", _WORD, 16, _has_digit),
    _Sign("proj_", "a project", _WORD, 16, _has_digit),
)
_LONGEST_TOKEN = 4096


def find_secrets(text: str) -> list[str]:
    """What looks like a secret in a text that is about to be written, named without showing it; normally nothing.

    Shares no pattern with the redaction: it looks for the words before secrets and at the characters after them.
    """
    found: list[str] = []
    plain = re.sub(r"[^\x00-\x7f]", "\x1a", text)  # lower() may lengthen other letters, and places would be wrong
    lower = plain.lower()
    for sign in _SIGNS:
        at = lower.find(sign.word)
        while at >= 0:
            start = at + len(sign.word)
            token = _token(plain, start, sign.characters)
            if len(token) >= sign.shortest and _announced(plain, at, sign) and _reveals(token, sign):
                found.append(f"{sign.kind} at character {at} ({len(token)} characters)")
            at = lower.find(sign.word, start + len(token))
    return found


def _announced(text: str, at: int, sign: _Sign) -> bool:
    before = text[at - 1] if at else " "
    return before in sign.before if sign.before else not (before.isalnum() or before in "-_.")


def _reveals(token: str, sign: _Sign) -> bool:
    return not token.startswith(REDACTED) and sign.holds(token)


def _token(text: str, start: int, characters: frozenset[str]) -> str:
    end = start
    while end < len(text) and end - start < _LONGEST_TOKEN and text[end] in characters:
        end += 1
    return text[start:end]
