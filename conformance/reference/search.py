"""Lexical search over the chunks of vector stores: the same words always find the same passages, in the same order."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.store import VectorStore, VectorStoreFile

_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[^>]{0,2000}>")
_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])|\s+")


@dataclass(frozen=True)
class Hit:
    """A passage that was found; the score lies between 0 and 1."""

    entry: VectorStoreFile
    filename: str
    score: float
    text: str


def readable(content: bytes, filename: str) -> str | None:
    """The text of a file; None where it has none that can be read. Binary documents are searched by their name only."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if content.startswith(mark):
            try:
                text = content.decode(encoding)
            except UnicodeDecodeError:
                continue
            return _TAG.sub(" ", text).strip() if filename.lower().endswith(".html") else text
    return filename if content.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf")) else None


def chunked(text: str, size: int, overlap: int) -> list[str]:
    """A text in chunks of so many tokens, each beginning with the end of the one before."""
    tokens = _TOKEN.findall(text)
    step = max(size - overlap, 1)
    return ["".join(tokens[start : start + size]) for start in range(0, max(len(tokens) - overlap, 1), step) if tokens]


def search(
    store: VectorStore,
    names: Mapping[str, str],
    queries: Iterable[str],
    *,
    most: int = 10,
    threshold: float = 0.0,
    filters: Mapping[str, Any] | None = None,
) -> list[Hit]:
    """The best passages of a vector store, best first; `names` are the file names by id."""
    wanted = Counter(word for query in queries for word in words(query))
    hits = [
        Hit(entry, names.get(entry.id, ""), score, chunk)
        for entry in store.files.values()
        if entry.status == "completed" and (filters is None or admits(filters, entry.value["attributes"] or {}))
        for chunk in entry.chunks
        if (score := _score(wanted, chunk)) >= threshold and score > 0
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.entry.sequence, hit.text))[:most]


def words(text: str) -> list[str]:
    """The words of a text, as they are compared."""
    return [word.casefold() for word in _WORD.findall(text)]


def admits(filters: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    """Whether attributes pass a filter; an attribute that is not there passes none but `ne` and `nin`."""
    match filters["type"]:
        case "and":
            return all(admits(each, attributes) for each in filters["filters"])
        case "or":
            return any(admits(each, attributes) for each in filters["filters"])
        case kind:
            return _compares(kind, attributes.get(filters["key"]), filters["value"])


def _compares(kind: str, value: Any, other: Any) -> bool:
    match kind:
        case "eq":
            return _same(value, other)
        case "ne":
            return not _same(value, other)
        case "in":
            return any(_same(value, each) for each in _several(other))
        case "nin":
            return not any(_same(value, each) for each in _several(other))
    if not _is_number(value) or not _is_number(other):
        return False
    return bool({"gt": value > other, "gte": value >= other, "lt": value < other, "lte": value <= other}[kind])


def _several(other: Any) -> list[Any]:
    """What an attribute may be one of; a single value is the only one."""
    return other if isinstance(other, list) else [other]


def _same(value: Any, other: Any) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _score(wanted: Counter[str], chunk: str) -> float:
    """How alike a query and a passage are: the cosine of their word counts."""
    have = Counter(words(chunk))
    shared = sum(count * have[word] for word, count in wanted.items())
    if not shared:
        return 0.0
    length = math.sqrt(sum(n * n for n in wanted.values())) * math.sqrt(sum(n * n for n in have.values()))
    return round(min(shared / length, 1.0), 6)
