"""The kinds of resources that a sequence is about: by which operations each is read, changed, deleted and listed."""

from dataclasses import dataclass
from typing import Any

from conformance.fuzz.sequence import ResourceRef


@dataclass(frozen=True)
class ResourceKind:
    """The operations on one kind; None where there is none. `parameter` names one of them in a path.

    `sdk` is where the methods for them are in the official Python SDK.
    """

    parameter: str
    sdk: str
    read: str
    create: str | None = None
    change: str | None = None
    delete: str | None = None
    listing: str | None = None


KINDS = {
    "assistant": ResourceKind(
        *("assistant_id", "beta.assistants", "getAssistant"),
        *("createAssistant", "modifyAssistant", "deleteAssistant", "listAssistants"),
    ),
    "thread": ResourceKind("thread_id", "beta.threads", "getThread", "createThread", "modifyThread", "deleteThread"),
    "message": ResourceKind(
        *("message_id", "beta.threads.messages", "getMessage"),
        *("createMessage", "modifyMessage", "deleteMessage", "listMessages"),
    ),
    "run": ResourceKind("run_id", "beta.threads.runs", "getRun", "createRun", "modifyRun", None, "listRuns"),
    "step": ResourceKind("step_id", "beta.threads.runs.steps", "getRunStep", listing="listRunSteps"),
    "file": ResourceKind("file_id", "files", "retrieveFile", "createFile", None, "deleteFile", "listFiles"),
    "store": ResourceKind(
        *("vector_store_id", "vector_stores", "getVectorStore"),
        *("createVectorStore", "modifyVectorStore", "deleteVectorStore", "listVectorStores"),
    ),
    "file_in_store": ResourceKind(
        *("file_id", "vector_stores.files", "getVectorStoreFile"),
        *("createVectorStoreFile", "updateVectorStoreFileAttributes", "deleteVectorStoreFile", "listVectorStoreFiles"),
    ),
    "batch": ResourceKind(
        *("batch_id", "vector_stores.file_batches", "getVectorStoreFileBatch", "createVectorStoreFileBatch"),
        listing="listFilesInVectorStoreBatch",
    ),
}
"""`file_in_store` is a file in a vector store, which has the file's id; what is listed for a batch are its files."""
ASYNCHRONOUS = frozenset({"run", "store", "file_in_store", "batch"})
"""What moves by itself until it rests."""


def ids(ref: ResourceRef) -> dict[str, ResourceRef]:
    """The path of a resource, with what it lies in."""
    above = ids(ref.parent) if ref.parent else {}
    return {**above, KINDS[ref.kind].parameter: ref}


def listed_under(ref: ResourceRef) -> dict[str, ResourceRef]:
    """The path of the list that a resource is on; for a batch, of the list of its files."""
    if ref.kind == "batch":
        return ids(ref)
    return ids(ref.parent) if ref.parent else {}


def elsewhere(ref: ResourceRef, parent: ResourceRef) -> dict[str, ResourceRef]:
    """The path of a resource under another parent of the same kind."""
    return {**ids(parent), KINDS[ref.kind].parameter: ref}


def body_of(kind: str, change: dict[str, Any]) -> dict[str, Any]:
    """What of a change a kind has: a name, instructions, metadata; a file in a vector store has attributes instead."""
    match kind:
        case "assistant":
            return change
        case "file_in_store":
            return {"attributes": change.get("metadata") or {}}
        case "store":
            return {key: value for key, value in change.items() if key in ("name", "metadata")}
        case _:
            return {"metadata": change.get("metadata") or {}}
