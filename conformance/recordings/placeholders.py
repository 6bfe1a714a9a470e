"""What recorders write in place of a value that they were told to hide: words of a table, and how others show."""

import re
from collections.abc import Iterable

from conformance.contract import Contract
from conformance.recordings.endpoints import shown
from conformance.trace.exchange import Exchange
from conformance.trace.json import text

# The one table of placeholders. Azure's test proxy writes "Sanitized" and its own id of zeros, Ruby's VCR
# `<NAME_OF_THE_SECRET>`, Rails and vcrpy's users the other words, alone, in brackets, or behind an id's prefix.
_WORDS = "sanitized|redacted|filtered|masked|scrubbed|anonymized|obfuscated|censored|placeholder|dummy|fake"
_WHOLE = re.compile(
    rf"""[\W_]*(?:[a-z]+[_-])*(?:{_WORDS})(?:[_-]\w+)*[\W_]*  # redacted, [FILTERED], thread_redacted, fake_id
    | (?:[a-z]+[_-])?(?:\*{{3,}}|x{{4,}}|\.{{3,}}|…)          # ***, asst_xxxxxxxx
    | <[^<>\s]{{2,}}> | \{{\{{\s*\w+\s*\}}\}} | %\w{{2,}}%       # <TOKEN>, {{token}}, %TOKEN%
    | 0{{8}}-0{{4}}-0{{4}}-0{{4}}-0{{12}}""",
    re.IGNORECASE | re.VERBOSE,
)
_INSIDE = re.compile(r"<[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+>|\[(?:FILTERED|REDACTED|MASKED)\]")
_LONGEST = 80


class Placeholders:
    """The placeholders of a recording: those of the table, and `words` that it has besides."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = frozenset(words)

    def hides(self, value: str) -> bool:
        """Whether a text is a placeholder, or holds one."""
        return self.is_one(value) or _INSIDE.search(value) is not None

    def is_one(self, value: str) -> bool:
        """Whether a text is a placeholder and nothing else."""
        short = len(value) <= _LONGEST and value.split() == [value]  # one word
        return value in self.words or (short and _WHOLE.fullmatch(value) is not None)

    def hide_in(self, written: str, replacement: str) -> str:
        """A text that is no JSON (a form) with every placeholder of the known spellings replaced."""
        return _INSIDE.sub(replacement, re.sub(r"\b[Ss]anitized\b", replacement, written))


NO_PLACEHOLDERS = Placeholders()
NOT_RECORDED = "<NOT_RECORDED>"
"""What a reader puts in the place of a body of which its format does not even say that it was empty."""


def impossible_ids(exchanges: Iterable[Exchange], contract: Contract) -> frozenset[str]:
    """The texts that stand where ids of different objects must differ, and are ids of none of them.

    Such a text has not the prefix of its kind, no digit but 0 (servers that count have them), and is the only id in
    the answers about objects of several kinds, or about several objects whose paths name them.
    """
    kinds: dict[str, set[str]] = {}
    paths: dict[str, set[str]] = {}
    for exchange in exchanges:
        if not exchange.ok:
            continue
        for body in shown(exchange):
            kind = contract.objects.by_constant.get(text(body.get("object")) or "")
            value = body.get("id")
            if kind is None or kind.shared_ids or not isinstance(value, str) or value.startswith(kind.prefixes):
                continue
            if not any(character in "123456789" for character in value):
                kinds.setdefault(value, set()).add(kind.name)
                last = exchange.request.path.rpartition("/")[2]
                if last.startswith(kind.prefixes):
                    paths.setdefault(value, set()).add(last)
    several = {value for value, named in kinds.items() if len(named) > 1}
    return frozenset(several | {value for value, named in paths.items() if len(named) > 1})
