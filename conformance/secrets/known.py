"""A secret whose value is known, such as the key in use, in every spelling that a text may hold it in."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from html import escape

UNMISTAKABLE = 12
"""A secret of so many characters, with letters and digits, is taken out also from within longer words."""
_SHORTEST_CORE = 8
_TOKEN = r"(?:[\w\-%&#;]|\\{1,8}[ux][0-9A-Fa-f]{2,4})*"
"""What is left of a secret, in any spelling, where a long value was cut before it was shown."""


@lru_cache(maxsize=64)
def spellings(secret: str) -> tuple[re.Pattern[str], ...]:
    """Patterns for a secret as it is, escaped for JSON, URLs or HTML in part or whole, in hexadecimal and base64."""
    whole_word = not unmistakable(secret)
    before, after = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])") if whole_word else ("", "")
    flags = re.RegexFlag(0) if whole_word else re.IGNORECASE
    found = [
        re.compile(before + re.escape(secret) + after, flags),
        re.compile(before + "".join(map(_spelled, secret)) + after, flags),
        re.compile(secret.encode().hex(), re.IGNORECASE),
    ]
    if not whole_word:
        found.append(re.compile("".join(map(_spelled, secret[: _telling(secret)])) + _TOKEN, flags))
    if cores := sorted({core for core in _cores(secret.encode()) if len(core) >= _SHORTEST_CORE}):
        found.append(re.compile("|".join(re.escape(core) for core in cores)))
    return tuple(found)


def unmistakable(secret: str) -> bool:
    """Whether a secret is long and mixed enough that its letters elsewhere are the same secret, not part of a word."""
    letters = any(character.isalpha() for character in secret)
    return len(secret) >= UNMISTAKABLE and letters and any(character.isdigit() for character in secret)


def _telling(secret: str) -> int:
    """How many characters from its beginning give a secret away: those that many keys begin with, and six more."""
    shared = re.match(r"(?:[A-Za-z]{1,8}[-_]){0,3}", secret)
    return min(len(secret), max((shared.end() if shared else 0) + 6, 10))


def _spelled(character: str) -> str:
    """One character as it is or in any escape, which end after a few characters: matching never goes back far."""
    code = ord(character)
    percent = "".join(f"%{byte:02x}" for byte in character.encode())
    ways = [re.escape(character), f"(?i:{percent})", rf"\\{{1,8}}(?i:u{code:04x}|x{code:02x})"]
    ways.append(rf"&(?i:amp;)?#(?:0*{code}|(?i:x0*{code:x}));")
    if (named := escape(character)) != character:
        ways.append(re.escape(named))
    if character in "\"\\/'":
        ways.append(rf"\\{{1,8}}{re.escape(character)}")
    return f"(?:{'|'.join(ways)})"


def _cores(secret: bytes) -> list[str]:
    """What base64 of a longer text always holds, whichever of three places the secret begins at."""
    cores = []
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + secret)
        first = -(-offset * 8 // 6)  # characters that also depend on what stands before
        last = (offset + len(secret)) * 8 // 6  # and those behind
        core = coded[first:last].decode()
        cores += [core, core.replace("+", "-").replace("/", "_")]
    return cores
