"""A request that can be sent again by hand when the objects of its scenario are gone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import quote as quoted

from conformance.evidence.curl import curl
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace

_KIND = re.compile("[a-z_]{1,40}")
# An id is a whole segment of the path, a whole string of the body, or a cursor.
_BEFORE, _BEHIND = r"""(?:(?<=[/"])|(?<=after=)|(?<=before=))""", r"""(?=[/"'?& ]|$)"""


def objects_of(trace: Trace) -> dict[str, str]:
    """The ids that a trace showed, each with a name for what it names: `thread_id`, `run_id`."""
    found: dict[str, str] = {}
    for sighting in trace.sightings:
        kind = sighting.kind.rpartition(".")[2]
        name = f"{kind}_id" if _KIND.fullmatch(kind) else "object_id"
        for spelling in (sighting.id, quoted(sighting.id, safe="", errors="replace")):
            found.setdefault(spelling, name)
    return found


def by_hand(exchange: Exchange, base_url: str | None, objects: Mapping[str, str]) -> str | None:
    """The request as a line for curl, in which shell variables (`${thread_id:?}`) stand for these objects.

    A scenario deletes what it made, so that its own ids name nothing any more; the shell asks for variables that are
    not set. None where an id stands in a body that is packed, or is quoted for the shell.
    """
    line = curl(exchange, base_url)
    sent = exchange.request.body.decode(errors="replace")
    named = sorted((id for id in objects if id in line or id in sent), key=len, reverse=True)
    if not named:
        return line
    found = re.compile(rf"{_BEFORE}(?:{'|'.join(map(re.escape, named))}){_BEHIND}")
    if not set(found.findall(sent)) <= set(found.findall(line)):
        return None
    names = _names(dict.fromkeys(found.findall(line)), objects)
    pieces, quote, position = [], "", 0
    for match in found.finditer(line):
        before = line[position : match.start()]
        quote, position = _open_quote(before, quote), match.end()
        variable = f"${{{names[match[0]]}:?}}"
        pieces += [before, {"'": f"'\"{variable}\"'", '"': variable}.get(quote, f'"{variable}"')]
    return "".join([*pieces, line[position:]])


def _names(ids: Iterable[str], objects: Mapping[str, str]) -> dict[str, str]:
    """A variable for each id, numbered from the second of a kind on."""
    counts: Counter[str] = Counter()
    names = {}
    for id in ids:
        counts[objects[id]] += 1
        names[id] = objects[id] if counts[objects[id]] == 1 else f"{objects[id]}_{counts[objects[id]]}"
    return names


def _open_quote(text: str, quote: str) -> str:
    """The quote that is open behind a part of a command line, given the one that is open before it."""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return quote
