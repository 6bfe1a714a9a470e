"""Undoing gzip, deflate, br and zstd, of bodies and of whole files, within fixed sizes."""

import sys
import zlib
from collections.abc import Callable

from conformance.recordings.document import one_line
from conformance.recordings.recording import Malformed
from conformance.trace.exchange import Headers

MAX_BODY = 64 * 1024 * 1024
"""Bytes to which one stored body may unpack."""
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes to which a packed file may unpack."""

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def unpacked(content: bytes) -> bytes:
    """The content of a file that is packed with gzip or zstd, that of any other as it is; raises `Malformed`."""
    for magic, name, undo in ((GZIP, "gzip", _gunzip), (ZSTD, "zstd", _unzstd)):
        if content.startswith(magic):
            try:
                return undo(content, MAX_UNPACKED)
            except _Broken as problem:
                raise Malformed(f"packed with {name}, and {problem}") from None
    return content


def decoded(content: bytes, headers: Headers, place: str) -> tuple[bytes, str]:
    """The content after undoing its `Content-Encoding`, and a remark where that was not possible.

    Recorders keep the header although they stored the plain body, so what does not begin like packed data stays as it
    is. Raises `Malformed` where packed data are broken, cut, or unpack to more than `MAX_BODY`.
    """
    remark = ""
    encodings = [name.strip().lower() for value in headers.all("content-encoding") for name in value.split(",")]
    for encoding in reversed(encodings):
        undo = _undoing(encoding, content)
        if undo is not None:
            try:
                content = undo(content, MAX_BODY)
            except _Broken as problem:
                if encoding == "br" and is_text(content):
                    continue  # brotli has no mark of its own, and this was kept plain
                raise Malformed(f"{place}: the body is {encoding}, and {problem}") from None
        elif encoding not in _PLAIN and not is_text(content):
            remark = f"{place}: the body is {one_line(encoding, 20)}-encoded, which this suite cannot undo"
    return content, remark


def is_text(content: bytes) -> bool:
    """Whether bytes are text."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Broken(Exception):
    """Why packed data cannot be unpacked."""


_PLAIN = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})


def _undoing(encoding: str, content: bytes) -> Callable[[bytes, int], bytes] | None:
    if encoding in ("gzip", "x-gzip") and content.startswith(GZIP):
        return _gunzip
    if encoding == "zstd" and content.startswith(ZSTD):
        return _unzstd
    if encoding == "deflate" and _looks_deflated(content):
        return _inflate
    if encoding == "br" and content:
        return _unbrotli
    return None


def _looks_deflated(content: bytes) -> bool:
    zlib_header = len(content) > 2 and content[0] & 15 == 8 and int.from_bytes(content[:2], "big") % 31 == 0
    return zlib_header or not is_text(content)


def _gunzip(content: bytes, limit: int) -> bytes:
    return _unzip(content, limit, 16 + zlib.MAX_WBITS)


def _inflate(content: bytes, limit: int) -> bytes:
    return _unzip(content, limit, zlib.MAX_WBITS if content[0] & 15 == 8 else -zlib.MAX_WBITS)


def _unzip(content: bytes, limit: int, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        plain = unpacker.decompress(content, limit + 1)
    except zlib.error:
        raise _Broken("broken") from None
    return _whole(plain, limit, ended=unpacker.eof)


def _unzstd(content: bytes, limit: int) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    plain = b""
    while content:
        unpacker = zstd.ZstdDecompressor()
        try:
            plain += unpacker.decompress(content, limit + 1 - len(plain))
        except (zstd.ZstdError, ValueError, MemoryError):
            raise _Broken("broken") from None
        plain = _whole(plain, limit, ended=unpacker.eof)
        content = unpacker.unused_data
    return plain


def _unbrotli(content: bytes, limit: int) -> bytes:
    import brotlicffi  # type: ignore[import-untyped]

    unpacker = brotlicffi.Decompressor()
    plain = bytearray()
    try:
        plain += unpacker.process(content, output_buffer_limit=limit + 1)
        while len(plain) <= limit and not unpacker.is_finished() and not unpacker.can_accept_more_data():
            plain += unpacker.process(b"", output_buffer_limit=limit + 1 - len(plain))
        ended = unpacker.is_finished()
    except brotlicffi.error:
        raise _Broken("broken") from None
    return _whole(bytes(plain), limit, ended=ended)


def _whole(plain: bytes, limit: int, *, ended: bool) -> bytes:
    if len(plain) > limit:
        raise _Broken(f"unpacks to more than {limit // 2**20} MiB")
    if not ended:
        raise _Broken("broken off")
    return plain
