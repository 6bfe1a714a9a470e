"""Faults of files."""

from typing import Any

from conformance.proof.faults.changes import (
    add,
    again,
    ascii_only,
    copy,
    equals,
    has,
    items,
    label_ends,
    listed,
    missing,
    put,
    replace,
    still_found,
    still_listed,
    succeed,
    when,
)
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, answers, inside, objects, requests
from conformance.proof.interception import Answer, Request
from conformance.reference.endpoint import Endpoint

on_file = objects("file")

on_file("FILE-STATE-01", "files.processed_then_uploaded")(
    "A processed file is shown uploaded from the second time on.", when(again(), put("status", "uploaded"))
)
on_file("FILE-OUTPUT-01", "files.output_is_for_assistants")(
    "A file that the code interpreter made has the purpose assistants.",
    when(equals("purpose", "assistants_output"), put("purpose", "assistants")),
)
on_file("FILE-ECHO-01", "files.one_purpose")(
    "Every file is shown with the purpose assistants.", put("purpose", "assistants")
)
on_file("FILE-ECHO-02", "files.name_without_marks")(
    "A file's name loses its characters beyond ASCII.", replace("filename", ascii_only)
)
on_file("FILE-ECHO-02", "files.name_without_spaces")(
    "A space in a file's name becomes an underscore.",
    when(
        lambda value, _: "filename" in value,
        lambda value, _: value.update(filename=value["filename"].replace(" ", "_")),
    ),
)


@on_file.function("FILE-ECHO-03")
def size_in_characters(file: Json, context: FaultContext) -> None:
    """The size of a text file counts characters."""
    stored = context.store.files.get(file["id"])
    if stored is not None:
        file["bytes"] = len(stored.content.decode("utf-8", "replace"))


on_file("FILE-EXPIRY-01", "files.expires_an_hour_later")(
    "A file expires an hour after the moment that was asked for.", when(has("expires_at"), add("expires_at", 3600))
)
answer_bodies("createFile")("FILE-EXPIRY-02", "files.every_file_expires")(
    "A file without an expiration expires after 30 days.",
    when(lambda body, _: body["expires_at"] is None, copy("expires_at", "created_at", plus=2592000)),
)
on_file("FILE-KEEP-01", "files.size_only_at_first")(
    "Files on the list have a size of 0.", when(listed, put("bytes", 0))
)
on_file("FILE-KEEP-01", "files.expiration_forgotten")(
    "A file's expiration is shown by the answer that creates it only.",
    when(lambda _, context: context.operation != "createFile", put("expires_at", None)),
)


@answers("downloadFile").function("FILE-CONTENT-01")
def first_bit_flipped(answer: Answer, context: FaultContext) -> None:
    """The first bit of a downloaded file is another one."""
    if answer.status == 200 and (stored := context.file) and stored.content:
        answer.content = bytes([stored.content[0] ^ 1]) + stored.content[1:]


@answers("downloadFile").function("FILE-CONTENT-02")
def content_without_its_end(answer: Answer, context: FaultContext) -> None:
    """The content of a file that was not uploaded lacks its last byte."""
    if answer.status == 200 and (stored := context.file) and stored.content:
        answer.content = stored.content[:-1]


@answer_bodies("listFiles").function("FILE-LIST-01")
def newest_file_is_not_listed(page: Json, context: FaultContext) -> None:
    """The newest file is not on the list yet."""
    if page["data"]:
        newest = max(context.store.files.values(), key=lambda file: file.sequence)
        items(lambda data, _: [file for file in data if file["id"] != newest.id])(page, context)


answers("retrieveFile", "createFile")("FILE-DELETE-01", "files.deleted_file_is_there")(
    "A deleted file can still be read.", still_found("file_id")
)


@answers("downloadFile").function("FILE-DELETE-01")
def content_of_a_deleted_file(answer: Answer, context: FaultContext) -> None:
    """The content of a deleted file is empty, not gone."""
    if answer.status == 404:
        answer.status, answer.content = 200, b""
        answer.headers["content-type"] = "application/octet-stream"


answers("listFiles", "createFile")("FILE-DELETE-02", "files.deleted_file_is_listed")(
    "Deleted files stay on the list.", still_listed("createFile", lambda store: store.files)
)


def _ghosts(endpoint: Endpoint) -> None:
    """Keep deleted files where only adding them finds them."""
    store = endpoint.store
    ghosts: dict[str, Any] = {}

    def removing(remove: Any) -> Any:
        def removed(file: Any) -> None:
            ghosts[file.id] = file
            remove(file)

        return removed

    def requiring(require: Any) -> Any:
        def required(identifiers: list[str]) -> None:
            for name in identifiers:
                if name in ghosts and name not in store.files:
                    store.files[name] = ghosts[name]
            require(identifiers)

        return required

    replace_method(store, "remove_file", removing)
    replace_method(store, "require_files", requiring)


inside("FILE-DELETE-03", "files.deleted_file_is_added")("A deleted file can be added to a vector store.", _ghosts)


@requests("createFile").function("LIMIT-FILE-04")
def any_purpose(request: Request, context: FaultContext) -> None:
    """A file for an unknown purpose is one for assistants."""
    for known in (b"assistants", b"batch", b"fine-tune", b"vision", b"user_data", b"evals"):
        if b"\r\n\r\n" + known + b"\r\n" in request.content:
            return
    head, mark, tail = request.content.partition(b'name="purpose"\r\n\r\n')
    if mark:
        request.content = head + mark + b"assistants" + tail[tail.find(b"\r\n--") :]


@requests("createFile").function("LIMIT-FILE-05")
def seconds_clamped(request: Request, context: FaultContext) -> None:
    """A file that is to expire too early or too late expires after an hour."""
    head, mark, tail = request.content.partition(b'name="expires_after[seconds]"\r\n\r\n')
    if mark:
        end = tail.find(b"\r\n--")
        value = tail[:end]
        if not (value.isdigit() and 3600 <= int(value) <= 2_592_000):
            request.content = head + mark + b"3600" + tail[end:]


@requests("createFile").function("LIMIT-FILE-06")
def no_purpose(request: Request, context: FaultContext) -> None:
    """A file without a purpose is one for assistants."""
    media_type = request.headers.get("content-type", "")
    if "boundary=" in media_type and b'name="purpose"' not in request.content and b'name="file"' in request.content:
        boundary = media_type.partition("boundary=")[2].strip('"').encode()
        part = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        request.content = part + request.content


@answers("deleteFile", "listVectorStoreFiles", "getVectorStoreFile").function("LIMIT-FILE-12")
def deleted_file_stays_in_stores(answer: Answer, context: FaultContext) -> None:
    """A deleted file stays in its vector stores."""
    if context.operation == "getVectorStoreFile":
        name = context.ids["vector_store_id"], context.ids["file_id"]
        if answer.ok:
            context.memory[name] = answer.body
        elif answer.status == 404 and name in context.memory:
            succeed(answer, context.memory[name])
    elif context.operation == "listVectorStoreFiles" and answer.ok:
        key = context.ids["vector_store_id"]
        gone = [file for file in context.memory.get(key, ()) if file["id"] not in context.store.files]
        context.memory[key] = [*answer.body["data"], *gone]
        answer.body["data"] += gone
        label_ends(answer.body)


@answers("deleteVectorStoreFile").function("LIMIT-FILE-12")
def removal_deletes_the_file(answer: Answer, context: FaultContext) -> None:
    """Taking a file out of a vector store deletes the file."""
    if answer.ok and (file := context.file):
        context.store.remove_file(file)


@answers("deleteVectorStore").function("VS-DELETE-03")
def files_go_with_their_store(answer: Answer, context: FaultContext) -> None:
    """Deleting a vector store deletes the file that was uploaded last."""
    files = context.store.files
    if answer.ok and files:
        context.store.remove_file(files[next(reversed(files))])


@answers("retrieveFile").function("FILE-DELETE-01")
def deleted_is_410(answer: Answer, context: FaultContext) -> None:
    """A deleted file is answered 410."""
    if answer.status == 404:
        missing(answer, f"File {context.ids['file_id']} is gone.")
        answer.status = 410
