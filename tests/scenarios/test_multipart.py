"""Uploads as they go out: what a server reads from the form is what the scenario put in, and the bytes never vary."""

import asyncio
from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from conformance.scenarios.kit.multipart import Form, field, upload
from conformance.trace.exchange import Headers
from conformance.trace.exchange import Request as Sent
from conformance.trace.form import Part, read_form


def _as_a_server_reads_it(form: Form) -> FormData:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": form.content, "more_body": False}

    headers = [(b"content-type", form.media_type.encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(_read(request))


async def _read(request: Request) -> FormData:
    found = []
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                found += [(f"{name} of {value.filename}", value.content_type), (f"{name} content", content)]
            else:
                found.append((name, value))
    return FormData(found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content",
    [b"", b"1", bytes(range(256)), b"\r\n", b"\n--conformance-0\r\n--conformance-1--\r\n", "Größe 🌍".encode()],
    ids=["empty", "one", "every", "line", "fences", "letters"],
)
def test_every_content_arrives_as_it_was(content: bytes) -> None:
    read = _as_a_server_reads_it(upload("größe.txt", content, "user_data", anchor="created_at", seconds=3600))
    assert list(read.multi_items()) == [
        ("purpose", "user_data"),
        ("expires_after[anchor]", "created_at"),
        ("expires_after[seconds]", "3600"),
        ("file of größe.txt", "text/plain"),
        ("file content", content),
    ]


def test_a_name_of_no_known_kind_is_bytes() -> None:
    assert ("file of things.bin", "application/octet-stream") in _as_a_server_reads_it(
        upload("things.bin", b"1")
    ).items()


def test_a_field_may_stand_where_a_file_is_meant() -> None:
    assert _as_a_server_reads_it(Form((field("file", "text"),)))["file"] == "text"


def test_the_same_parts_make_the_same_bytes_and_the_checks_read_them() -> None:
    form = upload("a.txt", "one")
    assert (form.media_type, form.content) == (upload("a.txt", "one").media_type, upload("a.txt", "one").content)
    sent = Sent("POST", "http://x/v1/files", Headers([("content-type", form.media_type)]), form.content)
    assert read_form(sent) == (Part("purpose", b"assistants"), Part("file", b"one", "a.txt"))
