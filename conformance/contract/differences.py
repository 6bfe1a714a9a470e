"""Why the contract differs from the published document: the reasons, and which differences they explain."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.contract.compare import Difference
from conformance.contract.openapi import Document, Node, mapping
from conformance.contract.yaml_files import BrokenContract, load_yaml


@dataclass(frozen=True)
class Explanation:
    """Why the contract differs: `match` is a pattern for locations, `kind` one for kinds, in which `*` is any text."""

    match: str
    kind: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether the difference is one of those explained."""
        return _glob(self.match, difference.location) and _glob(self.kind, difference.kind)


@dataclass(frozen=True)
class Explanations:
    """Explained differences. `document` describes the document they were written for, by members of its `info`."""

    document: dict[str, Node]
    rows: tuple[Explanation, ...]

    def applied(self, differences: Iterable[Difference]) -> list[Difference]:
        """The differences, each with the reason of the first explanation that covers it."""
        return [replace(row, reason=next((e.reason for e in self.rows if e.covers(row)), None)) for row in differences]

    def stale(self, differences: list[Difference], theirs: Document) -> list[Explanation]:
        """Explanations that cover nothing, where they were written for this very document; none for any other."""
        info = mapping(theirs.tree.get("info"))
        about = {key: value for key, value in self.document.items() if key in info}
        if not about or any(info[key] != value for key, value in about.items()):
            return []
        return [e for e in self.rows if not any(e.covers(row) for row in differences)]


def load_explanations(path: Path) -> Explanations:
    """The explained differences of a file, none where it does not exist; raises `BrokenContract`."""
    if not path.exists():
        return Explanations({}, ())
    tree = load_yaml(path)
    try:
        rows = tuple(
            Explanation(row["match"], row.get("kind", "*"), " ".join(row["reason"].split()))
            for row in tree["differences"]
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise BrokenContract(path, f"each difference needs `match` and `reason`: {problem!r}") from problem
    return Explanations(mapping(tree.get("document")), rows)


def _glob(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern whose `*` is any text; brackets mean themselves, as in `include[]`."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
