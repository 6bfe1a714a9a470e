"""Uploads: multipart forms with a file, checked like other requests."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from conformance.reference import errors
from conformance.reference.request_schemas import UPLOAD
from conformance.reference.validation import INTEGER, invalid, missing


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    filename: str
    content: bytes


async def upload(request: Request, largest: int) -> dict[str, Any]:
    """The fields of an upload of at most `largest` bytes, with the file under `file`; raises `ApiError`."""
    media_type = request.headers.get("content-type", "").split(";")[0].strip()
    if media_type.lower() != "multipart/form-data":
        raise errors.not_a_form(media_type or "none")
    try:
        async with request.form(max_files=10, max_fields=50, max_part_size=largest + 1) as form:
            parts = [(name, await _value(part)) for name, part in form.multi_items()]
    except MultiPartException as problem:
        raise errors.broken_form(str(problem)) from None
    fields: dict[str, Any] = dict(parts)
    for name in fields:
        if name in {known.partition("[")[0] for known in UPLOAD if "[" in known}:
            raise invalid(
                name, "invalid_type", f"Invalid type for '{name}': expected an object, but got a string instead."
            )
        if name != "file" and name not in UPLOAD:
            raise invalid(name, "unknown_parameter", f"Unknown parameter: '{name}'.")
    if "file" not in fields:
        raise missing("file")
    if not isinstance(fields["file"], Upload):
        raise invalid("file", "invalid_type", "Invalid type for 'file': expected a file, but got a string instead.")
    if len(fields["file"].content) > largest:
        raise errors.file_too_large(len(fields["file"].content), largest)
    for name, known in UPLOAD.items():
        if name not in fields:
            if known.required:
                raise missing(name)
            continue
        if name.endswith("[seconds]") and isinstance(fields[name], str) and INTEGER.fullmatch(fields[name]):
            fields[name] = int(fields[name])
        known.rule.check(fields[name], name)
    given = [name for name in UPLOAD if name.startswith("expires_after") and name in fields]
    if len(given) == 1:
        raise missing(next(name for name in UPLOAD if name.startswith("expires_after") and name not in fields))
    return fields


async def _value(part: UploadFile | str) -> Upload | str:
    if isinstance(part, str):
        return part
    return Upload(part.filename or "upload", await part.read())
