"""Multipart forms as scenarios send them: the same parts always make the same bytes, so that a cassette replays."""

from dataclasses import dataclass
from itertools import count

from conformance.trace.form import Part

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "md": "text/markdown",
    "png": "image/png",
    "txt": "text/plain",
}
"""By the end of a name; anything else is bytes."""


@dataclass(frozen=True)
class Form:
    """The body of an upload; parts that name a file are files."""

    parts: tuple[Part, ...]

    @property
    def boundary(self) -> str:
        """What stands between the parts, and in none of them."""
        whole = b"".join(part.content for part in self.parts)
        return next(fence for number in count() if (fence := f"conformance-{number}").encode() not in whole)

    @property
    def media_type(self) -> str:
        """The value of `Content-Type`."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def content(self) -> bytes:
        """The form as bytes."""
        fence = f"--{self.boundary}".encode()
        sections = (fence + b"\r\n" + _head(part) + b"\r\n\r\n" + part.content for part in self.parts)
        return b"\r\n".join((*sections, fence + b"--", b""))


def _head(part: Part) -> bytes:
    head = f'Content-Disposition: form-data; name="{part.name}"'
    if part.filename is not None:
        kind = MEDIA_TYPES.get(part.filename.rpartition(".")[2], "application/octet-stream")
        head += f'; filename="{part.filename}"\r\nContent-Type: {kind}'
    return head.encode()


def field(name: str, value: str) -> Part:
    """A plain field."""
    return Part(name, value.encode())


def upload(name: str, content: bytes | str, purpose: str = "assistants", **expiry: object) -> Form:
    """The form of a complete upload; `anchor` and `seconds` are those of its expiration."""
    file = Part("file", content.encode() if isinstance(content, str) else content, name)
    told = [field(f"expires_after[{key}]", str(value)) for key, value in expiry.items()]
    return Form((field("purpose", purpose), *told, file))
