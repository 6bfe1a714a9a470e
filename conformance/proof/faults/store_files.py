"""Faults of the files in vector stores."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import drop, escaped, forget, lower_names, member, succeed
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]
FILE = "vector_store.file"
LIST = "listVectorStoreFiles"


def _ends(page: Json) -> None:
    page["first_id"] = page["data"][0]["id"] if page["data"] else None
    page["last_id"] = page["data"][-1]["id"] if page["data"] else None


@objects(FILE, trips="VSF-STATE-01")
def completed_then_in_progress(file: Json, scene: Scene) -> None:
    """A completed file is in progress again when it is listed."""
    if file["status"] == "completed" and scene.nth(file["vector_store_id"], file["id"]) > 1:
        file.update(status="in_progress", usage_bytes=0)


@objects(FILE, trips="VSF-STATE-02")
def failure_is_a_cancellation(file: Json, scene: Scene) -> None:
    """A file that fails is shown cancelled."""
    if file["status"] == "failed":
        file.update(status="cancelled", last_error=None)


@objects(FILE, trips="VSF-FIELD-01")
def failed_without_reason(file: Json, scene: Scene) -> None:
    """A file that failed does not say why."""
    if file["status"] == "failed":
        file["last_error"] = None


@objects(FILE, trips="VSF-FIELD-02")
def completed_with_error(file: Json, scene: Scene) -> None:
    """A completed file has a last_error."""
    if file["status"] == "completed":
        file["last_error"] = {"code": "server_error", "message": "Retried once."}


@answers("createVectorStoreFile", trips="VSF-ID-01")
def id_of_its_own(answer: Answer, scene: Scene) -> None:
    """A file in a vector store has an id of its own."""
    if answer.ok:
        answer.body["id"] = f"file-{scene.nth('made'):024}"


for _operation, _noun, _path in (
    ("createVectorStoreFile", "of_a_new_file", "attributes"),
    ("updateVectorStoreFileAttributes", "of_an_update", "attributes"),
    ("createVectorStoreFileBatch", "of_a_batch", "attributes"),
    ("createVectorStoreFileBatch", "within_a_batch", "files.attributes"),
):
    requests(
        _operation,
        trips="VSF-ECHO-01",
        id=f"store_files.attributes_{_noun}_in_lower_case",
        about=f"The keys of attributes {_noun.replace('_', ' ')} are kept in lower case.",
    )(member(_path, lower_names))
    requests(
        _operation,
        trips="VSF-ECHO-01",
        id=f"store_files.attributes_{_noun}_escaped",
        about=f"The attributes {_noun.replace('_', ' ')} are kept as HTML would write them.",
    )(member(_path, escaped))


@objects(FILE, trips="VSF-ECHO-01")
def attributes_are_texts(file: Json, scene: Scene) -> None:
    """Attributes that are numbers or booleans are shown as texts."""
    file["attributes"] = {name: str(value) for name, value in (file["attributes"] or {}).items()}


@objects(FILE, trips="VSF-ECHO-01")
def true_is_one(file: Json, scene: Scene) -> None:
    """Attributes that are booleans are shown as numbers."""
    file["attributes"] = {
        name: int(value) if isinstance(value, bool) else value for name, value in (file["attributes"] or {}).items()
    }


requests(
    "createVectorStoreFile",
    trips="VSF-ECHO-02",
    id="store_files.strategy_ignored",
    about="A static chunking strategy is ignored.",
)(forget("chunking_strategy", unless=lambda value: not isinstance(value, dict) or value.get("type") != "static"))


@objects(FILE, trips="VSF-ECHO-02")
def overlap_rounded(file: Json, scene: Scene) -> None:
    """The overlap of a static strategy is shown rounded to hundreds."""
    static = (file.get("chunking_strategy") or {}).get("static")
    if static and static["chunk_overlap_tokens"] != 400:
        shown = {**static, "chunk_overlap_tokens": static["chunk_overlap_tokens"] // 100 * 100}
        file["chunking_strategy"] = {"type": "static", "static": shown}


@objects(FILE, trips="VSF-CHUNK-01")
def other_default_chunks(file: Json, scene: Scene) -> None:
    """The default strategy has chunks of 1,000 tokens that overlap by 200."""
    static = (file.get("chunking_strategy") or {}).get("static")
    if static == {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}:
        shown = {"max_chunk_size_tokens": 1000, "chunk_overlap_tokens": 200}
        file["chunking_strategy"] = {"type": "static", "static": shown}


@objects(FILE, trips="VSF-KEEP-01")
def no_attributes_in_lists(file: Json, scene: Scene) -> None:
    """Files on a list show no attributes."""
    if scene.listed:
        file["attributes"] = {}


@answers("updateVectorStoreFileAttributes", trips="VSF-KEEP-01")
def update_is_not_kept(answer: Answer, scene: Scene) -> None:
    """An update of attributes is answered and not kept."""
    if answer.ok:
        store = scene.endpoint.store.vector_stores[scene.ids["vector_store_id"]]
        entry = store.files[scene.ids["file_id"]]
        entry.value = {**entry.value, "attributes": {}}


@answers("updateVectorStoreFileAttributes", trips="VSF-REFUSED-01")
def refused_update_clears(answer: Answer, scene: Scene) -> None:
    """A refused update of attributes takes them away."""
    store = scene.endpoint.store.vector_stores.get(scene.ids["vector_store_id"])
    if answer.status == 400 and store is not None and scene.ids["file_id"] in store.files:
        store.files[scene.ids["file_id"]].value["attributes"] = {}


@answers(LIST, trips="VSF-LIST-01")
def first_file_is_not_listed(answer: Answer, scene: Scene) -> None:
    """The file that was added first is not on the list."""
    if answer.ok and answer.body["data"]:
        store = scene.endpoint.store.vector_stores[scene.ids["vector_store_id"]]
        first = next(iter(store.files), None)
        answer.body["data"] = [file for file in answer.body["data"] if file["id"] != first]
        _ends(answer.body)


@answers("getVectorStoreFile", trips="VSF-DELETE-01")
def removed_file_is_there(answer: Answer, scene: Scene) -> None:
    """A file that was taken out of a vector store can still be read there."""
    name = tuple(scene.ids.values())
    if answer.ok:
        scene.memory[name] = answer.body
    elif answer.status == 404 and name in scene.memory:
        succeed(answer, scene.memory[name])


@answers(LIST, "deleteVectorStoreFile", trips="VSF-DELETE-02")
def removed_file_is_listed(answer: Answer, scene: Scene) -> None:
    """A file that was taken out of a vector store stays on its list."""
    key = scene.ids["vector_store_id"]
    if answer.ok and scene.operation == LIST:
        gone = scene.memory.get(("gone", key))
        for file in answer.body["data"]:
            scene.memory[key, file["id"]] = file
        if gone is not None:
            answer.body["data"].append(gone)
            _ends(answer.body)
    elif answer.ok:
        scene.memory["gone", key] = scene.memory.get((key, answer.body["id"]))


@answers("getVectorStoreFile", trips="VSF-SCOPE-01")
def found_in_any_store(answer: Answer, scene: Scene) -> None:
    """A file is found in vector stores that it was never added to."""
    store = scene.endpoint.store.vector_stores.get(scene.ids["vector_store_id"])
    if answer.status == 404 and store is not None:
        for other in scene.endpoint.store.vector_stores.values():
            if scene.ids["file_id"] in other.files:
                succeed(answer, {**other.files[scene.ids["file_id"]].value, "vector_store_id": store.id})


@objects(FILE, trips="VSF-BYTES-01")
def bytes_from_the_beginning(file: Json, scene: Scene) -> None:
    """A file in progress uses bytes."""
    if file["status"] == "in_progress" and "usage_bytes" in file:
        file["usage_bytes"] = 1024


@objects(FILE, trips="VSF-BYTES-02")
def completed_without_bytes(file: Json, scene: Scene) -> None:
    """A completed file uses no bytes."""
    if file["status"] == "completed" and "usage_bytes" in file:
        file["usage_bytes"] = 0


@answers("retrieveVectorStoreFileContent", trips="VSF-CONTENT-01")
def content_is_cut(answer: Answer, scene: Scene) -> None:
    """The content of a file lacks its second half."""
    if answer.ok:
        for part in answer.body["data"]:
            part["text"] = part["text"][: len(part["text"]) // 2]


@answers("retrieveVectorStoreFileContent", trips="VSF-CONTENT-01")
def content_in_ascii(answer: Answer, scene: Scene) -> None:
    """The content of a file has question marks for what is not ASCII."""
    if answer.ok:
        for part in answer.body["data"]:
            part["text"] = part["text"].encode("ascii", "replace").decode()


@objects(FILE, trips="LIMIT-FILE-07")
def everything_is_searchable(file: Json, scene: Scene) -> None:
    """A file of a kind that cannot be searched is completed."""
    if file["status"] == "failed" and (file["last_error"] or {}).get("code") == "unsupported_file":
        file.update(status="completed", last_error=None)


@objects(FILE, trips="SCHEMA-VectorStoreFileObject")
def without_status(file: Json, scene: Scene) -> None:
    """Files on a list have no status."""
    if scene.listed and scene.operation == LIST:
        drop("status")(file, scene)


@inside(trips="VSF-STATE-02")
def cancels_what_is_slow(endpoint: Endpoint) -> None:
    """A file that is still in progress when it is read is cancelled."""

    def finding(find: Any) -> Any:
        def found(store_id: str, identifier: str) -> Any:
            entry = find(store_id, identifier)
            if entry.value["status"] == "in_progress":
                entry.value["status"] = "cancelled"
            return entry

        return found

    instead(endpoint.store, "store_file", finding)


@requests("updateVectorStoreFileAttributes", trips="VSF-ECHO-01")
def last_attribute_lost(sent: Sent, scene: Scene) -> None:
    """The last of several attributes of an update is lost."""
    attributes = sent.body.get("attributes") if isinstance(sent.body, dict) else None
    if isinstance(attributes, dict) and len(attributes) > 1:
        sent.body["attributes"] = dict(list(attributes.items())[:-1])
