"""Faults of files."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import missing, succeed
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]


@objects("file", trips="FILE-STATE-01")
def processed_then_uploaded(file: Json, scene: Scene) -> None:
    """A processed file is shown uploaded from the second time on."""
    if scene.nth(file["id"]) > 1:
        file["status"] = "uploaded"


@objects("file", trips="FILE-OUTPUT-01")
def output_is_for_assistants(file: Json, scene: Scene) -> None:
    """A file that the code interpreter made has the purpose assistants."""
    if file.get("purpose") == "assistants_output":
        file["purpose"] = "assistants"


@objects("file", trips="FILE-ECHO-01")
def one_purpose(file: Json, scene: Scene) -> None:
    """Every file is shown with the purpose assistants."""
    file["purpose"] = "assistants"


@objects("file", trips="FILE-ECHO-02")
def name_without_marks(file: Json, scene: Scene) -> None:
    """A file's name loses its characters beyond ASCII."""
    if "filename" in file:  # the answer to a deletion has none
        file["filename"] = file["filename"].encode("ascii", "ignore").decode()


@objects("file", trips="FILE-ECHO-02")
def name_without_spaces(file: Json, scene: Scene) -> None:
    """A space in a file's name becomes an underscore."""
    if "filename" in file:
        file["filename"] = file["filename"].replace(" ", "_")


@objects("file", trips="FILE-ECHO-03")
def size_in_characters(file: Json, scene: Scene) -> None:
    """The size of a text file counts characters."""
    stored = scene.endpoint.store.files.get(file["id"])
    if stored is not None:
        file["bytes"] = len(stored.content.decode("utf-8", "replace"))


@objects("file", trips="FILE-EXPIRY-01")
def expires_an_hour_later(file: Json, scene: Scene) -> None:
    """A file expires an hour after the moment that was asked for."""
    if file.get("expires_at") is not None:
        file["expires_at"] += 3600


@answers("createFile", trips="FILE-EXPIRY-02")
def every_file_expires(answer: Answer, scene: Scene) -> None:
    """A file without an expiration expires after 30 days."""
    if answer.ok and answer.body["expires_at"] is None:
        answer.body["expires_at"] = answer.body["created_at"] + 2_592_000


@objects("file", trips="FILE-KEEP-01")
def size_only_at_first(file: Json, scene: Scene) -> None:
    """Files on the list have a size of 0."""
    if scene.listed:
        file["bytes"] = 0


@objects("file", trips="FILE-KEEP-01")
def expiration_forgotten(file: Json, scene: Scene) -> None:
    """A file's expiration is shown by the answer that creates it only."""
    if scene.operation != "createFile":
        file["expires_at"] = None


@answers("downloadFile", trips="FILE-CONTENT-01")
def first_bit_flipped(answer: Answer, scene: Scene) -> None:
    """The first bit of a downloaded file is another one."""
    stored = scene.endpoint.store.files.get(scene.ids["file_id"])
    if answer.status == 200 and stored is not None and stored.content:
        answer.content = bytes([stored.content[0] ^ 1]) + stored.content[1:]


@answers("downloadFile", trips="FILE-CONTENT-02")
def content_without_its_end(answer: Answer, scene: Scene) -> None:
    """The content of a file that was not uploaded lacks its last byte."""
    stored = scene.endpoint.store.files.get(scene.ids["file_id"])
    if answer.status == 200 and stored is not None and stored.content:
        answer.content = stored.content[:-1]


@answers("listFiles", trips="FILE-LIST-01")
def newest_file_is_not_listed(answer: Answer, scene: Scene) -> None:
    """The newest file is not on the list yet."""
    if answer.ok and answer.body["data"]:
        newest = max(scene.endpoint.store.files.values(), key=lambda file: file.sequence)
        answer.body["data"] = [file for file in answer.body["data"] if file["id"] != newest.id]
        answer.body["first_id"] = answer.body["data"][0]["id"] if answer.body["data"] else None
        answer.body["last_id"] = answer.body["data"][-1]["id"] if answer.body["data"] else None


@answers("retrieveFile", "createFile", trips="FILE-DELETE-01")
def deleted_file_is_there(answer: Answer, scene: Scene) -> None:
    """A deleted file can still be read."""
    name = scene.ids.get("file_id") or (answer.body.get("id", "") if answer.ok else "")
    if answer.ok:
        scene.memory[name] = answer.body
    elif answer.status == 404 and name in scene.memory:
        succeed(answer, scene.memory[name])


@answers("downloadFile", trips="FILE-DELETE-01")
def content_of_a_deleted_file(answer: Answer, scene: Scene) -> None:
    """The content of a deleted file is empty, not gone."""
    if answer.status == 404:
        answer.status, answer.content = 200, b""
        answer.headers["content-type"] = "application/octet-stream"


@answers("listFiles", "createFile", trips="FILE-DELETE-02")
def deleted_file_is_listed(answer: Answer, scene: Scene) -> None:
    """Deleted files stay on the list."""
    if answer.ok and scene.operation == "createFile":
        scene.memory[answer.body["id"]] = answer.body
    elif answer.ok:
        wanted = scene.query.get("purpose", [None])[-1]
        gone = [
            file
            for name, file in scene.memory.items()
            if name not in scene.endpoint.store.files and wanted in (None, file["purpose"])
        ]
        answer.body["data"] += gone
        answer.body["first_id"] = answer.body["data"][0]["id"] if answer.body["data"] else None
        answer.body["last_id"] = answer.body["data"][-1]["id"] if answer.body["data"] else None


@inside(trips="FILE-DELETE-03")
def deleted_file_is_added(endpoint: Endpoint) -> None:
    """A deleted file can be added to a vector store."""
    _ghosts(endpoint)


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

    instead(store, "remove_file", removing)
    instead(store, "require_files", requiring)


@requests("createFile", trips="LIMIT-FILE-04")
def any_purpose(sent: Sent, scene: Scene) -> None:
    """A file for an unknown purpose is one for assistants."""
    for known in (b"assistants", b"batch", b"fine-tune", b"vision", b"user_data", b"evals"):
        if b"\r\n\r\n" + known + b"\r\n" in sent.content:
            return
    head, mark, tail = sent.content.partition(b'name="purpose"\r\n\r\n')
    if mark:
        sent.content = head + mark + b"assistants" + tail[tail.find(b"\r\n--") :]


@requests("createFile", trips="LIMIT-FILE-05")
def seconds_clamped(sent: Sent, scene: Scene) -> None:
    """A file that is to expire too early or too late expires after an hour."""
    head, mark, tail = sent.content.partition(b'name="expires_after[seconds]"\r\n\r\n')
    if mark:
        end = tail.find(b"\r\n--")
        told = tail[:end]
        if not (told.isdigit() and 3600 <= int(told) <= 2_592_000):
            sent.content = head + mark + b"3600" + tail[end:]


@requests("createFile", trips="LIMIT-FILE-06")
def no_purpose(sent: Sent, scene: Scene) -> None:
    """A file without a purpose is one for assistants."""
    media_type = sent.headers.get("content-type", "")
    if "boundary=" in media_type and b'name="purpose"' not in sent.content and b'name="file"' in sent.content:
        boundary = media_type.partition("boundary=")[2].strip('"').encode()
        part = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        sent.content = part + sent.content


@answers("deleteFile", "listVectorStoreFiles", "getVectorStoreFile", trips="LIMIT-FILE-12")
def deleted_file_stays_in_stores(answer: Answer, scene: Scene) -> None:
    """A deleted file stays in its vector stores."""
    if scene.operation == "getVectorStoreFile":
        name = scene.ids["vector_store_id"], scene.ids["file_id"]
        if answer.ok:
            scene.memory[name] = answer.body
        elif answer.status == 404 and name in scene.memory:
            succeed(answer, scene.memory[name])
    elif scene.operation == "listVectorStoreFiles" and answer.ok:
        key = scene.ids["vector_store_id"]
        gone = [file for file in scene.memory.get(key, ()) if file["id"] not in scene.endpoint.store.files]
        scene.memory[key] = [*answer.body["data"], *gone]
        answer.body["data"] += gone
        answer.body["first_id"] = answer.body["data"][0]["id"] if answer.body["data"] else None
        answer.body["last_id"] = answer.body["data"][-1]["id"] if answer.body["data"] else None


@answers("deleteVectorStoreFile", trips="LIMIT-FILE-12")
def removal_deletes_the_file(answer: Answer, scene: Scene) -> None:
    """Taking a file out of a vector store deletes the file."""
    file = scene.endpoint.store.files.get(scene.ids["file_id"])
    if answer.ok and file is not None:
        scene.endpoint.store.remove_file(file)


@answers("deleteVectorStore", trips="VS-DELETE-03")
def files_go_with_their_store(answer: Answer, scene: Scene) -> None:
    """Deleting a vector store deletes the file that was uploaded last."""
    files = scene.endpoint.store.files
    if answer.ok and files:
        scene.endpoint.store.remove_file(files[next(reversed(files))])


@answers("retrieveFile", trips="FILE-DELETE-01")
def deleted_is_410(answer: Answer, scene: Scene) -> None:
    """A deleted file is answered 410."""
    if answer.status == 404:
        missing(answer, f"File {scene.ids['file_id']} is gone.")
        answer.status = 410
