"""From the bytes of a file to a document, for files that nobody vouches for.

One bad place costs what is there and not the file: it stands in the document as `Unread` (see
`conformance.bounded_yaml`), and bytes that are not UTF-8 as `NOT_UTF8`, on which the readers of members stop.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from conformance import bounded_yaml
from conformance.bounded_yaml import NotYaml, Unread
from conformance.recordings.recording import Malformed

NOT_UTF8 = "\ufdd0"
"""Stands for bytes that are not UTF-8; a code point that is never a letter, and that YAML lets stand."""

ENTRY_LISTS = ("interactions", "http_interactions", "Entries", "entries", "mappings", "requests")
"""The members under which recorders keep their exchanges."""


def as_text(content: bytes) -> str:
    """The content as text, without a byte order mark; what is not UTF-8 in it becomes `NOT_UTF8`."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what PowerShell writes
        return content.decode("utf-16", "replace").removeprefix("\ufeff")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return re.sub("[\udc80-\udcff]+", NOT_UTF8, content.decode("utf-8", "surrogateescape"))


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def load_yaml(text: str) -> tuple[Any, str | None]:
    """(document, why it ends before the text does); raises `Malformed` where nothing can be read."""
    try:
        # A control character would end the whole text for libyaml, which knows none.
        document, broken = bounded_yaml.load_parts(_CONTROLS.sub(NOT_UTF8, text))
    except NotYaml as problem:
        raise Malformed(f"broken YAML: {problem}") from None
    return document, f"broken YAML: {broken}" if broken else None


def load_json(text: str) -> Any:
    """The JSON value of a text; raises `Malformed`."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise Malformed("broken JSON: nested too deeply") from None
    except ValueError as problem:
        raise Malformed(f"broken JSON: {one_line(str(problem))}") from None


def _members(pairs: list[tuple[str, Any]]) -> Any:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    return Unread(f"an object with two members named {one_line(twice, 80)}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=lambda name: Unread(f"{name}, which is not JSON")
)


def salvage_json(text: str) -> Any:
    """What can be read of a JSON text that is broken somewhere: its exchanges one by one, the broken ones `Unread`.

    None where the text has no list of exchanges.
    """
    found: dict[str | None, list[Any]] = {}
    for name, element in _elements(text):
        try:
            found.setdefault(name, []).append(load_json(element))
        except Malformed as problem:
            found[name].append(Unread(str(problem)))
    if not found:
        return None
    name, exchanges = max(found.items(), key=lambda item: len(item[1]))
    if name is None:
        return exchanges
    return {"log": {name: exchanges}} if name == "entries" else {name: exchanges}


_TOKEN = re.compile(r'"[^"\\]*(?:\\(?:.|\Z)[^"\\]*)*(?:"|\Z)|[\[\]{}]', re.DOTALL)


def _elements(text: str) -> Iterator[tuple[str | None, str]]:
    """(name of the list, text) of every object in a list of exchanges; the last may be cut."""
    depth, before = 0, ""
    lists: list[tuple[int, str | None]] = []  # the lists of exchanges that are open, with their depth
    begin = -1
    for token in _TOKEN.finditer(text):
        letter = token[0]
        if letter[0] == '"':
            before = letter[1:-1]
            continue
        if letter in "[{":
            if letter == "[" and not lists and (depth == 0 or before in ENTRY_LISTS):
                lists.append((depth, before if depth else None))
            elif letter == "{" and lists and depth == lists[-1][0] + 1:
                begin = token.start()
            depth += 1
            continue
        depth -= 1
        if begin >= 0 and depth == lists[-1][0] + 1:
            yield lists[-1][1], text[begin : token.end()]
            begin = -1
        elif lists and depth <= lists[-1][0]:
            lists.pop()
    if begin >= 0:
        yield lists[-1][1], text[begin:]


def one_line(text: str, limit: int = 160) -> str:
    """A text shortened to one line that is safe to show."""
    flat = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text.encode("utf-8", "backslashreplace").decode()).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
