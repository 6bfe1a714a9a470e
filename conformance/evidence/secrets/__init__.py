"""Secrets: taking them out of texts, and looking, by other code, for what was left in one that is to be written.

`redact_text` replaces; `find_secrets` looks. They share no pattern, so that a mistake in one is seen by the other.
"""

from __future__ import annotations

from conformance.evidence.secrets.edits import Edits, redact_text
from conformance.evidence.secrets.scan import find_secrets
from conformance.evidence.secrets.shapes import REDACTED

__all__ = ["REDACTED", "WITHHELD", "Edits", "find_secrets", "redact_text", "safe_text"]

WITHHELD = "(withheld: it holds what may be a secret)"


def safe_text(text: str, known: tuple[str, ...] = ()) -> str:
    """The text without secrets, or a word in its place where the second scan still finds one."""
    clean = redact_text(text, known)
    return WITHHELD if find_secrets(clean, known) else clean
