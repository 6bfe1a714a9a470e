"""What secrets of unknown value look like in a text: what stands before them, and of which characters they are."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

REDACTED = "redacted"

SECRET_QUERY = r"api-key|api_key|apikey|key|token|access_token|subscription-key|sig|signature|secret"
_MEMBER = (
    r"(?:x[-_])?api[-_]?key|authorization|(?:access|refresh|id|auth|session)[-_]token|client[-_]secret|password"
    r"|openai[-_](?:organization|project)"
)


def holds_password(token: str) -> bool:
    """Whether a token is `name:password` in base64, as basic authentication sends it."""
    try:
        return b":" in base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return False


@dataclass(frozen=True)
class Shape:
    """A pattern whose group `secret` is to go, if `decide` says so; `sign` is a text without which it never matches."""

    pattern: re.Pattern[str]
    sign: str
    decide: Callable[[str], bool]


def _always(_: str) -> bool:
    return True


def _shape(
    sign: str,
    keep: str,
    letter: str,
    times: str,
    *,
    ahead: str = "",
    behind: str = "",
    decide: Callable[[str], bool] = _always,
) -> Shape:
    """What is kept, and the secret after it: so many times such a letter. The fixed word alone is a secret no more."""
    pattern = f"(?:{keep})(?!{REDACTED}(?!{letter})){ahead}(?P<secret>{letter}{times}){behind}"
    return Shape(re.compile(pattern, re.ASCII | re.IGNORECASE), sign, decide)


# Secrets end before every character that frames JSON, event streams and forms. No pattern may look further than the
# run of characters it starts in, or a hostile body would take quadratic time.
_KEY = r"(?=[A-Za-z_-]*[0-9*]|[A-Za-z_-]{20})"
_TOKEN = r"(?![a-z_]+=\")(?=[A-Za-z._~+/=*-]*[0-9]|[A-Za-z._~+/=*-]{20})"
_QUERY = r"[^&#\s\"'\\<>]"
SHAPES = (
    _shape("sk-", r"(?<![A-Za-z0-9_-])sk-", r"[A-Za-z0-9_*-]", "{8,}", ahead=_KEY),
    _shape("sess-", r"(?<![A-Za-z0-9_-])sess-", r"[A-Za-z0-9_*-]", "{8,}", ahead=_KEY),
    _shape("org-", r"(?<![A-Za-z0-9_-])org-", r"[A-Za-z0-9]", "{12,}", ahead=r"(?=[A-Za-z]*[0-9])"),
    _shape("proj_", r"(?<![A-Za-z0-9_-])proj_", r"[A-Za-z0-9]", "{12,}", ahead=r"(?=[A-Za-z]*[0-9])"),
    _shape("bearer ", r"\bBearer +", r"[A-Za-z0-9._~+/=*-]", "{8,}", ahead=_TOKEN),
    _shape("basic ", r"\bBasic +", r"[A-Za-z0-9+/]", "{4,}={0,2}", decide=holds_password),
    _shape(
        "eyj",
        r"(?<![A-Za-z0-9_-])(?=eyJ)",
        r"[A-Za-z0-9_-]",
        r"{11,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+",
    ),
    _shape("api-key: ", r"\bapi-key: ?", r"[A-Za-z0-9_*-]", "{16,}", ahead=r"(?=[A-Za-z_*-]*[0-9])"),
    _shape("=", rf"[?&](?:{SECRET_QUERY})=", _QUERY, "+", ahead=rf"(?!\$[A-Z_]+(?!{_QUERY}))"),  # $NAME is a variable
    _shape("__cf_bm=", r"\b__cf_bm=", r"[^;,\s\"'\\]", "+"),
    _shape("_cfuvid=", r"\b_cfuvid=", r"[^;,\s\"'\\]", "+"),
    _shape("://", r"://[^/?#\s\"'\\@:]*:", r"[^/?#\s\"'\\@]", "+", behind=r"(?=@)"),
    # members of JSON, of JSON within a text of JSON, and of what Python prints
    _shape('"', rf"\"(?:{_MEMBER})\"\s{{0,9}}:\s{{0,9}}\"", r"(?:[^\"\\\r\n]|\\[^\r\n])", "+"),
    _shape('\\"', rf"\\{{1,7}}\"(?:{_MEMBER})\\{{1,7}}\"\s{{0,9}}:\s{{0,9}}\\{{1,7}}\"", r"[^\"\\\r\n]", "+"),
    _shape("'", rf"'(?:{_MEMBER})'\s{{0,9}}:\s{{0,9}}'", r"[^'\\\r\n]", "+"),
)
