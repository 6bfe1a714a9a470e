"""What was uploaded: the form that was sent, and the file that it became."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.asked import Asked, asked
from conformance.contract import Contract
from conformance.trace.form import form_value, read_form
from conformance.trace.json import Json, is_integer, mapping, text
from conformance.trace.trace import Trace

# What nothing in circulation calls searchable, though the lists of what is differ: archives, pictures, sound, programs.
UNSEARCHABLE = frozenset({"zip", "tar", "gz", "exe", "bin", "pkl", "mp3", "mp4", "wav", "jpg", "jpeg", "png", "gif"})
PLAIN_TEXT = frozenset({"txt", "md"})


@dataclass(frozen=True)
class Upload:
    """One upload: the request, what the form held, and the file in the answer (`file` is empty where none came).

    `content` are the bytes that were sent; `seconds` is the expiration that was asked for, None where none was.
    """

    asked: Asked
    filename: str
    purpose: str | None
    content: bytes
    seconds: int | None
    file: dict[str, Json]

    @property
    def file_id(self) -> str | None:
        """The id of the file that the upload became."""
        return text(self.file.get("id"))

    @property
    def extension(self) -> str:
        """What follows the last dot of the name, in lower case; empty where there is none."""
        return self.filename.rpartition(".")[2].lower() if "." in self.filename else ""

    @property
    def plain_text(self) -> str | None:
        """The text that was uploaded, None where the name or the bytes say that it is something else."""
        if self.extension not in PLAIN_TEXT:
            return None
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None


def uploads(trace: Trace, contract: Contract) -> list[Upload]:
    """Every accepted upload whose form is in the trace and has a file in it, in trace order."""
    found = []
    for one in asked(trace, contract):
        parts = read_form(one.exchange.request) if one.operation == "createFile" and one.ok else None
        if parts is None:
            continue
        files = [part for part in parts if part.name == "file" and part.filename is not None]
        if len(files) != 1:
            continue
        told = form_value(parts)
        seconds = mapping(told.get("expires_after")).get("seconds")
        found.append(
            Upload(
                asked=one,
                filename=files[0].filename or "",
                purpose=text(told.get("purpose")),
                content=files[0].content,
                seconds=seconds if is_integer(seconds) else None,
                file=one.answer,
            )
        )
    return found


def uploads_by_id(trace: Trace, contract: Contract) -> dict[str, Upload]:
    """The uploads by the id of the file that each became."""
    return {one.file_id: one for one in uploads(trace, contract) if one.file_id}
