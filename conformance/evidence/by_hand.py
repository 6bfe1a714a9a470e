"""A request that can be sent again by hand when the objects of its scenario are gone: with variables, or made anew."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote as quoted

from conformance.evidence.curl import curl
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json
from conformance.trace.trace import Trace

_KEY = re.compile(r"\w{1,60}")
_KIND = re.compile("[a-z_]{1,40}")
_PLAIN = re.compile(r"[\w.:%-]{1,200}", re.ASCII)  # an id with quotes or blanks could end those of the command line
# An id is a whole segment of the path, a whole string of the body, or a cursor.
_BEFORE, _BEHIND = r"""(?:(?<=[/"])|(?<=after=)|(?<=before=))""", r"""(?=[/"'?& ]|$)"""


def objects_of(trace: Trace) -> dict[str, str]:
    """The ids that a trace showed, each with a name for what it names: `thread_id`, `run_id`."""
    found: dict[str, str] = {}
    for sighting in trace.sightings:
        kind = sighting.kind.rpartition(".")[2]
        name = f"{kind}_id" if _KIND.fullmatch(kind) else "object_id"
        for spelling in (sighting.id, quoted(sighting.id, safe="", errors="replace")):
            if _PLAIN.fullmatch(spelling):
                found.setdefault(spelling, name)
    return found


def by_hand(
    exchange: Exchange, base_url: str | None, objects: Mapping[str, str], names: Mapping[str, str] | None = None
) -> str | None:
    """The request as a line for curl, in which shell variables (`${thread_id:?}`) stand for these objects.

    A scenario deletes what it made, so that its own ids name nothing any more; the shell asks for variables that are
    not set. None where an id stands in a body that is packed, or is quoted for the shell. `names` are the
    variables where several lines share them.
    """
    line = curl(exchange, base_url)
    sent = exchange.request.body.decode(errors="replace")
    pattern = _pattern([id for id in objects if id in line or id in sent])
    if pattern is None:
        return line
    if not set(pattern.findall(sent)) <= set(pattern.findall(line)):
        return None
    names = names or _names(dict.fromkeys(pattern.findall(line)), objects)
    pieces, quote, position = [], "", 0
    for match in pattern.finditer(line):
        before = line[position : match.start()]
        quote, position = _open_quote(before, quote), match.end()
        variable = f"${{{names[match[0]]}:?}}"
        pieces += [before, {"'": f"'\"{variable}\"'", '"': variable}.get(quote, f'"{variable}"')]
    return "".join([*pieces, line[position:]])


def with_makers(trace: Trace, number: int, base_url: str | None) -> str | None:
    """The request of an exchange as a line for curl, behind those that make its objects anew and change them.

    One command for a POSIX shell with Python, which takes the ids out of the answers. Earlier requests are in it where
    they are about the same objects; where one only looked whether something has ended, a second passes. None where
    `by_hand` has no line for one of them. Give a trace without secrets.
    """
    calls = (id for one in trace.exchanges for id in _calls(_answer(one)))
    objects = {**objects_of(trace), **{id: "tool_call_id" for id in calls if _PLAIN.fullmatch(id)}}
    last, earlier = trace.exchange(number), [one for one in trace.exchanges if one.number < number]
    named = {one.number: _named(one, objects) for one in (*earlier, last)}
    maker: dict[str, int] = {}
    for one in earlier:
        for id in _texts(_answer(one)):
            if id in objects and id not in named[one.number]:
                maker.setdefault(id, one.number)
    needed = named[number] | {id for id in _texts(_answer(last)) if id in maker}
    kept: set[int] = set()
    before = None
    while before != kept:
        before = kept
        kept = {maker[id] for id in needed if id in maker}
        kept |= {one.number for one in earlier if one.request.method != "GET" and (named[one.number] & needed)}
        needed = needed.union(*(named[one] for one in kept))
    if not needed <= maker.keys():
        return None
    names = _names([id for id in maker if id in needed], objects)
    lines: list[str | None] = []
    waited = False
    for one in (*earlier, last):
        if one.number not in kept and one is not last:
            answer = _answer(one)
            waited |= isinstance(answer, dict) and "status" in answer
            continue
        made = [id for id in names if maker[id] == one.number]
        lines += ["sleep 1"] if waited and lines else []
        lines.append(_taking(one, by_hand(one, base_url, objects, names), made, names))
        waited = False
    return None if None in lines else " && ".join(map(str, lines))


def _taking(exchange: Exchange, line: str | None, ids: list[str], names: Mapping[str, str]) -> str | None:
    """A line that keeps ids of the answer in variables; None where the answer does not show one."""
    if line is None or not ids:
        return line
    places = [_place(_answer(exchange), id) for id in ids]
    if None in places:
        return None
    quiet = line.replace("curl -sS -i", "curl -sS", 1)
    answer = f"answer=$({quiet})" if len(ids) > 1 else ""
    source = 'printf %s "$answer"' if len(ids) > 1 else quiet
    taken = [
        f"{names[id]}=$({source} | python3 -c 'import json, sys; print(json.load(sys.stdin){place})')"
        for id, place in zip(ids, places, strict=True)
    ]
    return " && ".join([answer, *taken] if answer else taken)


def _texts(value: Json) -> Iterator[str]:
    """Every text in an answer, in order."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def _calls(value: Json) -> list[str]:
    """The ids of the calls that a run waits for."""
    for key in ("required_action", "submit_tool_outputs", "tool_calls"):
        value = value.get(key) if isinstance(value, dict) else None
    calls = value if isinstance(value, list) else []
    return [call["id"] for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str)]


def _answer(exchange: Exchange) -> Json:
    return exchange.response.json_or_none if exchange.response else None


def _place(value: Json, id: str) -> str | None:
    """Where an id stands in an answer, as Python has it."""
    if value == id:
        return ""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(key, int) or _KEY.fullmatch(key):
            place = _place(item, id)
            if place is not None:
                return f"[{key}]{place}" if isinstance(key, int) else f'["{key}"]{place}'
    return None


def _named(exchange: Exchange, objects: Mapping[str, str]) -> set[str]:
    """The objects that a request is about."""
    told = f"{exchange.request.url} {exchange.request.body.decode(errors='replace')}"
    pattern = _pattern([id for id in objects if id in told])
    return set(pattern.findall(told)) if pattern else set()


def _pattern(ids: list[str]) -> re.Pattern[str] | None:
    longest = sorted(ids, key=len, reverse=True)
    return re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, longest))}){_BEHIND}") if ids else None


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
