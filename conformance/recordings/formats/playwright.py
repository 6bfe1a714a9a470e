"""Archives that Playwright records to a .zip: `har.har`, and beside it the bodies under the names that it gives."""

import base64
import io
import zipfile
import zlib
from typing import Any

from conformance.recordings import encodings
from conformance.recordings.document import as_text, load_json
from conformance.recordings.fields import mapping, sequence
from conformance.recordings.recording import Malformed

MAGIC = b"PK\x03\x04"


def document(content: bytes) -> Any:
    """The archive, with the bodies where a HAR has them; raises `Malformed` where the file holds none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = [name for name in packed.namelist() if name.lower().endswith(".har")]
            if len(names) != 1:
                raise Malformed("looks like a zip archive: unpack it first")
            return _Bodies(packed).embedded(load_json(as_text(_read(packed, names[0], encodings.MAX_UNPACKED))))
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
    ) as problem:
        if isinstance(problem, Malformed):
            raise
        raise Malformed("looks like a zip archive, and is broken") from None


class _Bodies:
    """The bodies of an archive, unpacked up to one limit for all of them."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._names = frozenset(packed.namelist())
        self._left = encodings.MAX_UNPACKED

    def embedded(self, archive: Any) -> Any:
        """The archive with the text of each body that it keeps beside it."""
        log = mapping(mapping(archive, "the file").get("log"), "log")
        for entry in sequence(log.get("entries"), "log.entries"):
            response = entry.get("response") if isinstance(entry, dict) else None
            stored = response.get("content") if isinstance(response, dict) else None
            if isinstance(stored, dict) and isinstance(stored.get("_file"), str) and stored["_file"] in self._names:
                body = _read(self._packed, stored.pop("_file"), min(self._left, encodings.MAX_BODY))
                self._left -= len(body)
                stored |= {"encoding": "base64", "text": base64.b64encode(body).decode()}
        return archive


def _read(packed: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with packed.open(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Malformed(f"packed with zip, and unpacks to more than {limit // 2**20} MiB")
    return content
