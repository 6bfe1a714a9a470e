"""Typed access to the parts of a recorded document; what is not as its format says is `Malformed`, with its place."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from conformance.recordings.document import one_line
from conformance.recordings.recording import Malformed
from conformance.trace.exchange import Headers
from conformance.trace.json import NotJson, parse_json

MAX_BODY = 64 * 1024 * 1024
"""Bytes to which one stored body may unpack."""

_JSON_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null", bytes: "binary"}


def kind_of(value: object) -> str:
    """What a value is, in a reader's words."""
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
    return clean(value)


def url(owner: dict[Any, Any], name: str, place: str) -> str:
    """A member that is a URL; raises `Malformed`."""
    value = text(owner, name, place)
    try:
        urlsplit(value).hostname  # noqa: B018 - some URLs only fail here
    except ValueError:
        raise Malformed(f"{place}: {name} is not a URL") from None
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
    """Header fields that are stored as name to value, or name to list of values; None is no fields."""
    if value is None:
        return Headers()
    fields: list[tuple[str, str]] = []
    for name, values in mapping(value, f"{place}: headers").items():
        for one in values if isinstance(values, list) else [values]:
            fields.append((_header_text(name, place), _header_text(one, place)))  # noqa: PERF401 - two loops
    return Headers(fields)


def _header_text(value: object, place: str) -> str:
    match value:
        case str():
            return clean(value)
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
            return b""
        case bytes():
            return value
        case str():
            return clean(value).encode()
    raise Malformed(f"{place}: the body is {kind_of(value)}, not a text")


def from_base64(value: object, place: str) -> bytes:
    """A body that is stored as base64; raises `Malformed`."""
    if not isinstance(value, str):
        raise Malformed(f"{place}: the base64 body is {kind_of(value)}, not a text")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{place}: the body is not base64") from None


def from_json(value: object, place: str) -> bytes:
    """A body that a recorder stored parsed, written as compact JSON again in the order it was kept."""
    try:
        return clean(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))).encode()
    except (TypeError, ValueError, RecursionError):
        raise Malformed(f"{place}: the parsed body holds what JSON cannot") from None


def decoded(content: bytes, fields: Headers, place: str) -> tuple[bytes, str]:
    """The content after undoing its `Content-Encoding`, and a remark where that was not possible.

    Recorders keep the header although they stored the plain body, so what does not begin like packed data stays as it
    is. Raises `Malformed` where packed data are broken or unpack to more than `MAX_BODY`.
    """
    remark = ""
    encodings = [name.strip().lower() for value in fields.all("content-encoding") for name in value.split(",")]
    for encoding in reversed(encodings):
        if encoding in ("gzip", "x-gzip") and content[:2] == b"\x1f\x8b":
            content = _inflate(content, 16 + zlib.MAX_WBITS, encoding, place)
        elif encoding == "deflate" and _looks_deflated(content):
            content = _inflate(content, zlib.MAX_WBITS if content[0] & 15 == 8 else -zlib.MAX_WBITS, encoding, place)
        elif encoding not in ("", "identity", "gzip", "x-gzip", "deflate") and not _is_text(content):
            remark = f"the body is {one_line(encoding, 20)}-encoded, which this suite cannot undo"
    return content, remark


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _looks_deflated(content: bytes) -> bool:
    zlib_header = len(content) > 2 and content[0] & 15 == 8 and int.from_bytes(content[:2], "big") % 31 == 0
    return zlib_header or not _is_text(content)


def _inflate(content: bytes, window: int, encoding: str, place: str) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        plain = unpacker.decompress(content, MAX_BODY + 1)
    except zlib.error:
        raise Malformed(f"{place}: the body is not {encoding}, which its Content-Encoding says") from None
    if len(plain) > MAX_BODY:
        raise Malformed(f"{place}: the body unpacks to more than {MAX_BODY // 2**20} MiB")
    return plain


def moment(value: object) -> datetime | None:
    """A moment as recorders write it (HTTP date or ISO 8601), in UTC where it says no zone; None if unreadable."""
    if not isinstance(value, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            parsed = parse(value)
        except (ValueError, IndexError, OverflowError):
            continue
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return None


def numbered(values: list[Any], word: str) -> Iterator[tuple[int, str, dict[Any, Any]]]:
    """(number from 1, place in words, object) of every item of a list; raises `Malformed`."""
    for number, value in enumerate(values, start=1):
        place = f"{word} {number}"
        yield number, place, mapping(value, place)
