"""Faults of the files in vector stores."""

from typing import Any

from conformance.proof.faults.changes import (
    again,
    drop,
    escaped,
    every,
    items,
    label_ends,
    listed,
    lower_names,
    put,
    replace,
    status,
    still_found,
    succeed,
    update,
    when,
    without_last,
)
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, answers, inside, objects, request_bodies
from conformance.proof.interception import Answer
from conformance.reference.endpoint import Endpoint

on_file = objects("vector_store.file")
LIST = "listVectorStoreFiles"
on_content = answer_bodies("retrieveVectorStoreFileContent")


on_file("VSF-STATE-01", "store_files.completed_then_in_progress")(
    "A completed file is in progress again when it is listed.",
    when(every(status("completed"), again("vector_store_id", "id")), update(status="in_progress", usage_bytes=0)),
)
on_file("VSF-STATE-02", "store_files.failure_is_a_cancellation")(
    "A file that fails is shown cancelled.", when(status("failed"), update(status="cancelled", last_error=None))
)
on_file("VSF-FIELD-01", "store_files.failed_without_reason")(
    "A file that failed does not say why.", when(status("failed"), put("last_error", None))
)
on_file("VSF-FIELD-02", "store_files.completed_with_error")(
    "A completed file has a last_error.",
    when(status("completed"), put("last_error", {"code": "server_error", "message": "Retried once."})),
)
on_file("VSF-SINCE-01", "store_files.created_at_nought")(
    "A file that is in progress is created at 0.", when(status("in_progress"), put("created_at", 0))
)
answer_bodies("createVectorStoreFile")("VSF-ID-01", "store_files.id_of_its_own")(
    "A file in a vector store has an id of its own.",
    lambda body, context: body.update(id=f"file-{context.nth('made'):024}"),
)

for _operation, _noun, _path in (
    ("createVectorStoreFile", "of_a_new_file", "attributes"),
    ("updateVectorStoreFileAttributes", "of_an_update", "attributes"),
    ("createVectorStoreFileBatch", "of_a_batch", "attributes"),
    ("createVectorStoreFileBatch", "within_a_batch", "files.attributes"),
):
    request_bodies(_operation)("VSF-ECHO-01", f"store_files.attributes_{_noun}_in_lower_case")(
        f"The keys of attributes {_noun.replace('_', ' ')} are kept in lower case.", replace(_path, lower_names)
    )
    request_bodies(_operation)("VSF-ECHO-01", f"store_files.attributes_{_noun}_escaped")(
        f"The attributes {_noun.replace('_', ' ')} are kept as HTML would write them.", replace(_path, escaped)
    )

on_file("VSF-ECHO-01", "store_files.attributes_are_texts")(
    "Attributes that are numbers or booleans are shown as texts.",
    lambda value, _: value.update(attributes={name: str(value) for name, value in (value["attributes"] or {}).items()}),
)
on_file("VSF-ECHO-01", "store_files.true_is_one")(
    "Attributes that are booleans are shown as numbers.",
    replace(
        "attributes",
        lambda value: {name: int(part) if isinstance(part, bool) else part for name, part in value.items()},
    ),
)
request_bodies("createVectorStoreFile")("VSF-ECHO-02", "store_files.strategy_ignored")(
    "A static chunking strategy is ignored.",
    drop("chunking_strategy", unless=lambda value: not isinstance(value, dict) or value.get("type") != "static"),
)
on_file("VSF-ECHO-02", "store_files.overlap_rounded")(
    "The overlap of a static strategy is shown rounded to hundreds.",
    replace("chunking_strategy.static.chunk_overlap_tokens", lambda size: size if size == 400 else size // 100 * 100),
)
on_file("VSF-CHUNK-01", "store_files.other_default_chunks")(
    "The default strategy has chunks of 1,000 tokens that overlap by 200.",
    replace(
        "chunking_strategy.static",
        lambda static: (
            {"max_chunk_size_tokens": 1000, "chunk_overlap_tokens": 200}
            if static == {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}
            else static
        ),
    ),
)
on_file("VSF-KEEP-01", "store_files.no_attributes_in_lists")(
    "Files on a list show no attributes.", when(listed, put("attributes", {}))
)


@answer_bodies("updateVectorStoreFileAttributes").function("VSF-KEEP-01")
def update_is_not_kept(body: Json, context: FaultContext) -> None:
    """An update of attributes is answered and not kept."""
    if file := context.store_file:
        file.value = {**file.value, "attributes": {}}


@answers("updateVectorStoreFileAttributes").function("VSF-REFUSED-01")
def refused_update_clears(answer: Answer, context: FaultContext) -> None:
    """A refused update of attributes takes them away."""
    if answer.status == 400 and (file := context.store_file):
        file.value["attributes"] = {}


@answer_bodies(LIST).function("VSF-LIST-01")
def first_file_is_not_listed(body: Json, context: FaultContext) -> None:
    """The file that was added first is not on the list."""
    if store := context.vector_store:
        first = next(iter(store.files), None)
        items(lambda data, _: [file for file in data if file["id"] != first])(body, context)


answers("getVectorStoreFile")("VSF-DELETE-01", "store_files.removed_file_is_there")(
    "A file that was taken out of a vector store can still be read there.", still_found()
)


@answers(LIST, "deleteVectorStoreFile").function("VSF-DELETE-02")
def removed_file_is_listed(answer: Answer, context: FaultContext) -> None:
    """A file that was taken out of a vector store stays on its list."""
    key = context.ids["vector_store_id"]
    if answer.ok and context.operation == LIST:
        gone = context.memory.get(("gone", key))
        for file in answer.body["data"]:
            context.memory[key, file["id"]] = file
        if gone is not None:
            answer.body["data"].append(gone)
            label_ends(answer.body)
    elif answer.ok:
        context.memory["gone", key] = context.memory.get((key, answer.body["id"]))


@answers("getVectorStoreFile").function("VSF-SCOPE-01")
def found_in_any_store(answer: Answer, context: FaultContext) -> None:
    """A file is found in vector stores that it was never added to."""
    store = context.vector_store
    if answer.status == 404 and store is not None:
        for other in context.store.vector_stores.values():
            if context.ids["file_id"] in other.files:
                succeed(answer, {**other.files[context.ids["file_id"]].value, "vector_store_id": store.id})


on_file("VSF-BYTES-01", "store_files.bytes_from_the_beginning")(
    "A file in progress uses bytes.",
    when(lambda value, _: value["status"] == "in_progress" and "usage_bytes" in value, put("usage_bytes", 1024)),
)
on_file("VSF-BYTES-02", "store_files.completed_without_bytes")(
    "A completed file uses no bytes.",
    when(lambda value, _: value["status"] == "completed" and "usage_bytes" in value, put("usage_bytes", 0)),
)
on_content("VSF-CONTENT-01", "store_files.content_is_cut")(
    "The content of a file lacks its second half.", replace("data.text", lambda text: text[: len(text) // 2])
)
on_content("VSF-CONTENT-01", "store_files.content_in_ascii")(
    "The content of a file has question marks for what is not ASCII.",
    replace("data.text", lambda text: text.encode("ascii", "replace").decode()),
)
on_file("LIMIT-FILE-07", "store_files.everything_is_searchable")(
    "A file of a kind that cannot be searched is completed.",
    when(
        lambda file, _: file.get("status") == "failed" and file["last_error"]["code"] == "unsupported_file",
        update(status="completed", last_error=None),
    ),
)
on_file("SCHEMA-VectorStoreFileObject", "store_files.without_status")(
    "Files on a list have no status.",
    when(
        lambda _, context: context.listed and context.operation == LIST,
        lambda value, context: drop("status")(value, context),
    ),
)


@inside.function("VSF-STATE-02")
def cancels_what_is_slow(endpoint: Endpoint) -> None:
    """A file that is still in progress when it is read is cancelled."""

    def finding(find: Any) -> Any:
        def found(store_id: str, identifier: str) -> Any:
            entry = find(store_id, identifier)
            if entry.value["status"] == "in_progress":
                entry.value["status"] = "cancelled"
            return entry

        return found

    replace_method(endpoint.store, "store_file", finding)


request_bodies("updateVectorStoreFileAttributes")("VSF-ECHO-01", "store_files.last_attribute_lost")(
    "The last of several attributes of an update is lost.",
    replace("attributes", lambda value: without_last(value) if isinstance(value, dict) and len(value) > 1 else value),
)
