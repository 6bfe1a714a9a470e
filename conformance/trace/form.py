"""Multipart forms as they were sent: the parts of a body, for whoever has to know what was uploaded."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from conformance.trace.exchange import Request
from conformance.trace.json import Json

_PARAMETER = re.compile(r';\s*([\w*]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_NESTED = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")
_NUMBER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form. `filename` is None where the part is a plain field."""

    name: str
    content: bytes
    filename: str | None = None

    @property
    def text(self) -> str:
        """The content as text; bytes that are none are replaced."""
        return self.content.decode("utf-8", "replace")


def is_form(request: Request) -> bool:
    """Whether a request says that its body is a multipart form."""
    return request.headers.media_type == "multipart/form-data"


def read_form(request: Request) -> tuple[Part, ...] | None:
    """The parts of a request's body in order; None where it is no form that was sent whole.

    Recorders often leave out the bodies of uploads; what they leave is None too.
    """
    boundary = _parameters(request.headers.get("content-type") or "").get("boundary")
    if not is_form(request) or not boundary or not request.body:
        return None
    fence = b"--" + boundary.encode("utf-8", "replace")
    sections = (b"\r\n" + request.body).split(b"\r\n" + fence)
    if len(sections) < 2 or not sections[-1].startswith(b"--"):
        return None
    found = [_part(section) for section in sections[1:-1]]
    return None if None in found else tuple(part for part in found if part is not None)


def _part(section: bytes) -> Part | None:
    head, blank, content = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        return None
    for line in head.decode("utf-8", "replace").split("\r\n"):
        field, _, value = line.partition(":")
        if field.strip().lower() == "content-disposition":
            told = _parameters(value)
            if "name" in told:
                return Part(told["name"], content, told.get("filename"))
    return None


def _parameters(value: str) -> dict[str, str]:
    """The parameters of a header field; `filename*` counts as `filename`, and more than it."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        name, told = match[1].lower(), match[2].strip()
        if told.startswith('"') and told.endswith('"') and len(told) > 1:
            told = re.sub(r'\\(["\\])', r"\1", told[1:-1])
        found[name] = told
    if "filename*" in found:
        found["filename"] = unquote(found["filename*"].rpartition("'")[2])
    return found


def form_value(parts: tuple[Part, ...]) -> dict[str, Json]:
    """What a form says, as the JSON object that a schema describes: `a[b]` is a member of `a`, digits are a number.

    A file stands there as its name: its bytes are no JSON.
    """
    value: dict[str, Json] = {}
    for part in parts:
        told: Json = part.text if part.filename is None else part.filename
        if part.filename is None and _NUMBER.fullmatch(part.text):
            told = int(part.text)
        nested = _NESTED.fullmatch(part.name)
        if nested is None:
            value[part.name] = told
        elif isinstance(holder := value.setdefault(nested[1], {}), dict):
            holder[nested[2]] = told
    return value
