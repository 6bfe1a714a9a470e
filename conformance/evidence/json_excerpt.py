"""JSON values around a place in them: a few lines, or one, however large the value is."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from conformance.contract.json_pointer import child
from conformance.trace.json import Json

NEIGHBOURS = 2
VALUE_LIMIT = 100
MARKED_LIMIT = 320
LEVELS = 6
OPENED = 8
FIRST_KEYS = ("id", "status", "type")  # what tells a reader which object it is


@dataclass(frozen=True)
class Line:
    """One line of an excerpt; `marked` ones are what the finding is about."""

    text: str
    marked: bool = False


def json_excerpt(value: Json, path: Sequence[str]) -> Iterator[Line]:
    """A value in indented lines, opened along the path; the last step is marked, its neighbours stand beside it.

    A step that leads nowhere is told as missing. Of a path deeper than a few levels only the end is opened.
    """
    if len(path) > LEVELS:
        skipped, path = path[:-LEVELS], path[-LEVELS:]
        for step in skipped:
            found, value = child(value, step)
            if not found:
                yield Line(f"… (no {_quoted(step)})", marked=True)
                return
        yield Line(f"… {len(skipped):,} levels down")
    if path:
        yield from _along(value, path, "", "", "")
    elif isinstance(value, dict | list) and value:
        yield from _framed(value, "", "", "", _some(value, OPENED, "  "))
    else:
        yield Line(brief(value, MARKED_LIMIT))


def _framed(value: Json, indent: str, label: str, comma: str, inside: Iterator[Line]) -> Iterator[Line]:
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield Line(f"{indent}{label}{opening}")
    yield from inside
    yield Line(f"{indent}{closing}{comma}")


def _some(value: dict[str, Json] | list[Json], most: int, indent: str) -> Iterator[Line]:
    for position, (key, item) in enumerate(islice(_items(value), most)):
        yield Line(f"{indent}{_label(value, key)}{brief(item, VALUE_LIMIT)}{_comma(value, position)}")
    if len(value) > most:
        yield Line(f"{indent}… {len(value) - most:,} more")


def _along(value: Json, path: Sequence[str], indent: str, label: str, comma: str) -> Iterator[Line]:
    """The value opened along the path; `label` and `comma` are what stands before and after it."""
    found, item = child(value, path[0])
    if not isinstance(value, dict | list):
        yield Line(f"{indent}{label}{brief(value, MARKED_LIMIT)}{comma} (no {_quoted(path[0])} in it)", marked=True)
    elif found:
        yield from _framed(value, indent, label, comma, _beside(value, path, item, f"{indent}  "))
    else:
        yield from _framed(value, indent, label, comma, _missing(value, path, f"{indent}  "))


def _missing(value: dict[str, Json] | list[Json], path: Sequence[str], indent: str) -> Iterator[Line]:
    therefore = f", so no {_quoted('/'.join(path))}" if len(path) > 1 else ""
    yield Line(f"{indent}(no {_quoted(path[0])}{therefore})", marked=True)
    yield from _some(value, 2 * NEIGHBOURS, indent)


def _beside(value: dict[str, Json] | list[Json], path: Sequence[str], item: Json, indent: str) -> Iterator[Line]:
    """The inside of a container: the item on the path, its neighbours where it is the last step, the rest counted."""
    position = int(path[0]) if isinstance(value, list) else list(value).index(path[0])
    near = NEIGHBOURS if len(path) == 1 else 0
    first, last = max(0, position - near), min(len(value), position + near + 1)
    if first > 0 and isinstance(value, dict) and next(iter(value)) == "id":
        yield Line(f'{indent}"id": {brief(value["id"], VALUE_LIMIT)},')
        hidden = first - 1
    else:
        hidden = first
    if hidden > 0:
        yield Line(f"{indent}… {hidden:,} more")
    for place, (key, other) in enumerate(islice(_items(value), first, last), first):
        comma = _comma(value, place)
        if place != position:
            yield Line(f"{indent}{_label(value, key)}{brief(other, VALUE_LIMIT)}{comma}")
        elif len(path) > 1:
            yield from _along(item, path[1:], indent, _label(value, key), comma)
        else:
            yield Line(f"{indent}{_label(value, key)}{brief(other, MARKED_LIMIT)}{comma}", marked=True)
    if last < len(value):
        yield Line(f"{indent}… {len(value) - last:,} more")


def _comma(value: dict[str, Json] | list[Json], position: int) -> str:
    return "," if position + 1 < len(value) else ""


def _items(value: dict[str, Json] | list[Json]) -> Iterator[tuple[str | int, Json]]:
    return iter(value.items()) if isinstance(value, dict) else enumerate(value)


def _label(value: Json, key: str | int) -> str:
    return f"{_quoted(str(key))}: " if isinstance(value, dict) else ""


def _quoted(key: str) -> str:
    return brief(key, 60)


def brief(value: Json, limit: int, path: Sequence[str] = ()) -> str:
    """A value on one line of about `limit` characters; what lies on `path` comes first and is always shown.

    What is left out is told by `…`. Work grows with `limit`, not with the size of the value. Of a path deeper than a
    few levels only the end is shown.
    """
    while len(path) > LEVELS:
        found, inside = child(value, path[0])
        if not found:
            break
        value, path = inside, path[1:]
    if isinstance(value, str):
        cut = json.dumps(value[:limit], ensure_ascii=False)
        return cut if len(value) <= limit else f'{cut[:-1]}…" ({len(value):,} characters)'
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**40:
        return f"(a number of {value.bit_length():,} bits)"  # Python refuses to print the largest
    if isinstance(value, dict):
        return _brief_object(value, limit, path)
    if isinstance(value, list):
        return _brief_list(value, limit, path)
    return json.dumps(value)


def _brief_object(value: dict[str, Json], limit: int, path: Sequence[str]) -> str:
    wanted = [path[0]] if path and path[0] in value else []
    telling = [key for key in FIRST_KEYS if key in value]
    others = [] if path else list(islice(value, 64))
    parts: list[str] = []
    room = limit
    if path and path[0] not in value:
        parts.append(f"(no {_quoted(path[0])})")
    for key in dict.fromkeys([*wanted, *telling, *others]):
        if room <= 8:
            break
        inside = path[1:] if key in wanted else ()
        most = room if key in wanted else min(room, 48 if path else room)
        part = f"{_quoted(key)}: {_nested(value[key], most, inside)}"
        parts.append(part)
        room -= len(part) + 2
    more = ", …" if len(value) > sum(1 for part in parts if not part.startswith("(")) else ""
    return f"{{{', '.join(parts)}{more}}}" if parts else ("{…}" if value else "{}")


def _brief_list(value: list[Json], limit: int, path: Sequence[str]) -> str:
    found, item = child(value, path[0]) if path else (False, None)
    if found:
        index = int(path[0])
        before = f"… {index:,} before, " if index else ""
        after = f", … {len(value) - index - 1:,} after" if index + 1 < len(value) else ""
        return f"[{before}{_nested(item, limit, path[1:])}{after}]"
    parts: list[str] = [f"(no {_quoted(path[0])})"] if path else []
    room = limit
    shown = 0
    for item in value:
        if room <= 8:
            break
        parts.append(_nested(item, room, ()))
        room -= len(parts[-1]) + 2
        shown += 1
    more = f", … {len(value) - shown:,} more" if shown < len(value) else ""
    return f"[{', '.join(parts)}{more}]"


def _nested(value: Json, limit: int, path: Sequence[str]) -> str:
    """A part of a value: without a path into it, containers with no room to speak of are closed."""
    if path or not isinstance(value, dict | list) or not value or limit > 24:
        return brief(value, max(8, limit - 8), path)
    return "{…}" if isinstance(value, dict) else f"[… {len(value):,}]"
