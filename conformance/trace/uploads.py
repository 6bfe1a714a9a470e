"""Uploads: the form that was sent, and the file that it became."""

from dataclasses import dataclass
from functools import cached_property

from conformance.trace.calls import OperationCall
from conformance.trace.form import form_value, read_form
from conformance.trace.index import Index
from conformance.trace.json import Json, is_integer, mapping, text

PLAIN_TEXT = frozenset({"txt", "md"})


@dataclass(frozen=True)
class Upload:
    """One accepted upload: the call, what the form held, and the file in the answer (empty where none came).

    `content` are the bytes that were sent; `seconds` is the expiration that was asked for, None where none was.
    """

    call: OperationCall
    filename: str
    purpose: str | None
    content: bytes
    seconds: int | None
    file: dict[str, Json]

    @property
    def extension(self) -> str:
        """What follows the last dot of the name, in lower case; empty where there is none."""
        return self.filename.rpartition(".")[2].lower() if "." in self.filename else ""

    @cached_property
    def plain_text(self) -> str | None:
        """The text that was uploaded, None where the name or the bytes say that it is something else."""
        if self.extension not in PLAIN_TEXT:
            return None
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @cached_property
    def dense_text(self) -> str | None:
        """The uploaded text without white space, as excerpts of it are compared."""
        return None if self.plain_text is None else without_space(self.plain_text)


def without_space(written: str) -> str:
    """A text without its white space."""
    return "".join(written.split())


def uploads(index: Index) -> tuple[Upload, ...]:
    """Every accepted upload whose form is in the trace and has one file in it, in trace order."""
    found = []
    for call in index.calls_to("createFile"):
        parts = read_form(call.exchange.request) if call.ok else None
        files = [part for part in parts or () if part.name == "file" and part.filename is not None]
        if parts is None or len(files) != 1:
            continue
        sent = form_value(parts)
        seconds = mapping(sent.get("expires_after")).get("seconds")
        found.append(
            Upload(
                call=call,
                filename=files[0].filename or "",
                purpose=text(sent.get("purpose")),
                content=files[0].content,
                seconds=seconds if is_integer(seconds) else None,
                file=call.answer,
            )
        )
    return tuple(found)


def uploads_by_id(index: Index) -> dict[str, Upload]:
    """The uploads by the id of the file that each became."""
    return {file_id: upload for upload in index.view(uploads) if (file_id := text(upload.file.get("id")))}
