"""Typed access to the parts of a recorded document; what is not as its format says is `Malformed`, with its place."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from conformance.bounded_yaml import Unread
from conformance.recordings.document import NOT_UTF8, one_line
from conformance.recordings.encodings import MAX_BODY
from conformance.recordings.recording import Malformed
from conformance.trace.exchange import Headers
from conformance.trace.json import NotJson, parse_json

_JSON_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null", bytes: "binary"}


def kind_of(value: object) -> str:
    """What a value is, in a reader's words."""
    if isinstance(value, Unread):
        return value.reason
    return _JSON_NAMES.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)


def mapping(value: object, place: str) -> dict[Any, Any]:
    """The value as an object; raises `Malformed`."""
    if isinstance(value, dict):
        return value
    raise Malformed(f"{place} is {kind_of(value)}, not an object")


def sequence(value: object, place: str) -> list[Any]:
    """The value as a list; raises `Malformed`."""
    if isinstance(value, list):
        return value
    raise Malformed(f"{place} is {kind_of(value)}, not a list")


def part(owner: dict[Any, Any], name: str, place: str) -> dict[Any, Any]:
    """A member that is an object; raises `Malformed` ("interaction 3: no request")."""
    if owner.get(name) is None:
        raise Malformed(f"{place}: no {name}")
    return mapping(owner[name], f"{place}: {name}")


def text(owner: dict[Any, Any], name: str, place: str) -> str:
    """A member that is a text that is not empty; raises `Malformed`."""
    value = owner.get(name)
    if value is None or value == "":
        raise Malformed(f"{place}: no {name}")
    if not isinstance(value, str):
        raise Malformed(f"{place}: {name} is {kind_of(value)}, not a text")
    return clean(_utf8(value, f"{place}: {name}"))


def url(owner: dict[Any, Any], name: str, place: str) -> str:
    """A member that is a URL; raises `Malformed`."""
    value = text(owner, name, place)
    try:
        urlsplit(value).hostname  # noqa: B018 - some URLs only fail here
    except ValueError:
        raise Malformed(f"{place}: {name} is not a URL") from None
    return value


def _utf8(value: str, place: str) -> str:
    if NOT_UTF8 in value:
        raise Malformed(f"{place} has bytes that are not UTF-8 text")
    return value


def clean(value: str) -> str:
    """A text without lone surrogates, so that it can be encoded and shown."""
    return value.encode("utf-8", "replace").decode()


def status(value: object, place: str) -> int:
    """An HTTP status code; raises `Malformed`."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 999:
        return value
    shown = one_line(str(value), 20) if isinstance(value, int | float | str) else kind_of(value)
    raise Malformed(f"{place}: the status is {shown}, not an HTTP status code")


def headers(value: object, place: str) -> Headers:
    """Header fields that are stored as name to value, name to list of values, or pairs; None is no fields."""
    if value is None:
        return Headers()
    fields: list[tuple[str, str]] = []
    if isinstance(value, list):
        for pair in value:
            if not isinstance(pair, list) or len(pair) != 2:
                raise Malformed(f"{place}: headers is a list of something else than pairs")
            fields += headers({_header_text(pair[0], place): pair[1]}, place)
        return Headers(fields)
    for name, values in mapping(value, f"{place}: headers").items():
        for one in values if isinstance(values, list) else [values]:
            fields.append((_header_text(name, place), _header_text(one, place)))
    return Headers(fields)


def _header_text(value: object, place: str) -> str:
    match value:
        case str():
            return clean(_utf8(value, f"{place}: a header"))
        case bytes():
            return value.decode("latin-1")
        case None:
            return ""
        case bool() | int() | float():
            return str(value)
    raise Malformed(f"{place}: a header is {kind_of(value)}, not a text")


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number that counts something."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def count_or(value: object, default: int) -> int:
    """The value where it is a count from 1 on, else the default."""
    return value if is_count(value) and value else default


def is_json(content: bytes) -> bool:
    """Whether a body is JSON."""
    try:
        parse_json(content)
    except NotJson:
        return False
    return True


def body(value: object, place: str) -> bytes:
    """A body that is stored as text, as binary, or not at all."""
    match value:
        case None:
            found = b""
        case bytes():
            found = value
        case str():
            found = clean(_utf8(value, f"{place}: the body")).encode()
        case _:
            raise Malformed(f"{place}: the body is {kind_of(value)}, not a text")
    if len(found) > MAX_BODY:
        raise Malformed(f"{place}: the body is longer than {MAX_BODY // 2**20} MiB")
    return found


def from_base64(value: object, place: str) -> bytes:
    """A body that is stored as base64; raises `Malformed`."""
    if not isinstance(value, str):
        raise Malformed(f"{place}: the base64 body is {kind_of(value)}, not a text")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{place}: the body is not base64") from None


def from_hex(value: object, place: str) -> bytes:
    """A body that is stored as hex digits; raises `Malformed`."""
    if not isinstance(value, str):
        raise Malformed(f"{place}: the hex body is {kind_of(value)}, not a text")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise Malformed(f"{place}: the body is not hex") from None


def from_json(value: object, place: str) -> bytes:
    """A body that a recorder stored parsed, written as compact JSON again in the order it was kept."""

    def refuse(inner: object) -> None:
        raise Malformed(f"{place}: the parsed body holds {kind_of(inner)}")

    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=refuse)
    except (TypeError, ValueError, RecursionError) as problem:
        if isinstance(problem, Malformed):
            raise
        raise Malformed(f"{place}: the parsed body holds what JSON cannot") from None
    return body(written, place)


def moment(value: object) -> datetime | None:
    """A moment as recorders write it, None if unreadable: HTTP date, ISO 8601 (UTC where it says no zone), or a number
    of seconds or milliseconds since 1970."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) > _SECONDS else value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if not isinstance(value, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            parsed = parse(
                re.sub(r"(?<=\d) (?:GMT|UTC)\Z", "+00:00", value) if parse is not parsedate_to_datetime else value
            )
        except (ValueError, IndexError, OverflowError):
            continue
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return None


_SECONDS = 1e11
"""Numbers above it are milliseconds."""


def seconds(value: object) -> float | None:
    """A duration in seconds; None where the value is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    return None


def places(value: object, name: str | None, word: str) -> Iterator[tuple[str, Any]]:
    """(place in words, item) of every item of a list; raises `Malformed`."""
    items = sequence([] if value is None else value, name or "the file")
    return ((f"{word} {number}", item) for number, item in enumerate(items, start=1))


def numbered(values: list[Any], word: str) -> Iterator[tuple[int, str, dict[Any, Any]]]:
    """(number from 1, place in words, object) of every item of a list; raises `Malformed`."""
    for number, value in enumerate(values, start=1):
        place = f"{word} {number}"
        yield number, place, mapping(value, place)
