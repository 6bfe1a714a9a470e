"""Faults of vector stores."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import (
    add,
    again,
    ascii_only,
    copy,
    drop,
    escaped,
    every,
    has,
    lower_names,
    put,
    replace,
    status,
    succeed,
    when,
)
from conformance.proof.faults.context import FaultContext, replace_method
from conformance.proof.faults.fault import answer_bodies, answers, inside, objects, request_bodies, requests
from conformance.proof.interception import Answer, Request
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]
on_store = objects("vector_store")

MAKING = ("createVectorStore", "modifyVectorStore")

on_store("VS-STATE-01", "vector_stores.expired_comes_back")(
    "An expired vector store is completed again at the second look.",
    when(every(status("expired"), again()), put("status", "completed")),
)


@on_store.function("VS-STATE-02")
def in_progress_again(store: Json, context: FaultContext) -> None:
    """A completed vector store is in progress again at the third look, though nothing was added."""
    if store["status"] == "completed" and context.nth(store["id"]) > 2:
        counts = store["file_counts"]
        store["status"] = "in_progress"
        store["file_counts"] = {**counts, "in_progress": 1, "total": counts["total"] + 1}


answer_bodies("createVectorStore")("VS-STATE-03", "vector_stores.new_and_in_progress")(
    "A vector store that is created without files is in progress.", put("status", "in_progress")
)
on_store("VS-FIELD-01", "vector_stores.expired_without_time")(
    "An expired vector store has no expires_at.", when(status("expired"), put("expires_at", None))
)
on_store("VS-FIELD-02", "vector_stores.never_active")("A vector store was never active.", put("last_active_at", None))


@on_store.function("VS-EXPIRY-01")
def days_of_86000_seconds(store: Json, context: FaultContext) -> None:
    """The days of an expiration policy count 86,000 seconds."""
    if store["expires_after"] and store["expires_at"]:
        store["expires_at"] = store["last_active_at"] + store["expires_after"]["days"] * 86_000


on_store("VS-EXPIRY-01", "vector_stores.expires_an_hour_early")(
    "A vector store expires an hour earlier than its policy says.", when(has("expires_at"), add("expires_at", -3600))
)
on_store("VS-EXPIRY-02", "vector_stores.expires_without_policy")(
    "A vector store without an expiration policy has expires_at.",
    when(lambda value, _: not value["expires_after"], copy("expires_at", "created_at", plus=604800)),
)


@inside.function("VS-EXPIRED-01")
def expired_is_searched(endpoint: Endpoint) -> None:
    """An expired vector store is searched, and takes files, as any other."""

    def finding(find: Any) -> Any:
        return lambda identifier, alive=False: find(identifier)

    replace_method(endpoint.store, "vector_store", finding)


@requests("createRun").function("VS-EXPIRED-02")
def run_on_an_expired_store(request: Request, context: FaultContext) -> None:
    """A run on a thread whose vector store has expired wakes it up, and goes well."""
    for store in context.endpoint.store.vector_stores.values():
        store.expired = False


on_store("VS-ACTIVE-01", "vector_stores.active_before_creation")(
    "A vector store was last active before it was created.", copy("last_active_at", "created_at", plus=-60)
)


@on_store.function("VS-COUNT-01")
def total_without_failures(store: Json, context: FaultContext) -> None:
    """The total of the file counts leaves out the files that failed."""
    counts = store["file_counts"]
    store["file_counts"] = {**counts, "total": counts["total"] - counts["failed"]}


@on_store.function("VS-COUNT-01")
def total_is_one_too_many(store: Json, context: FaultContext) -> None:
    """The total of the file counts is one too high once there are files."""
    counts = store["file_counts"]
    store["file_counts"] = {**counts, "total": counts["total"] + bool(counts["total"])}


@on_store.function("VS-COUNT-02")
def completed_with_work_left(store: Json, context: FaultContext) -> None:
    """A completed vector store has all its files in progress still."""
    counts = store["file_counts"]
    if store["status"] == "completed":
        store["file_counts"] = {**counts, "in_progress": counts["completed"], "completed": 0}


on_store("VS-COUNT-03", "vector_stores.in_progress_without_work")(
    "A vector store with files is in progress when all of them are completed.",
    when(lambda value, _: value["file_counts"]["completed"], put("status", "in_progress")),
)


@on_store.function("VS-COUNT-04")
def counts_never_go_down(store: Json, context: FaultContext) -> None:
    """The file counts of a vector store still count what was taken out of it."""
    most = context.memory.get(store["id"])
    counts = store["file_counts"]
    if most is not None and counts["total"] < most["total"] and not counts["in_progress"]:
        store["file_counts"] = most
    elif not counts["in_progress"]:
        context.memory[store["id"]] = counts


answer_bodies("createVectorStore")("VS-COUNT-05", "vector_stores.new_store_counts_nothing")(
    "A new vector store does not count the files it was created with.",
    lambda body, _: body.update(file_counts=dict.fromkeys(body["file_counts"], 0), status="completed"),
)
on_store("VS-ECHO-01", "vector_stores.name_in_ascii")(
    "The name of a vector store loses its characters beyond ASCII.",
    replace("name", ascii_only),
)
request_bodies(*MAKING)("VS-ECHO-02", "vector_stores.metadata_names_in_lower_case")(
    "The keys of a vector store's metadata are kept in lower case.", replace("metadata", lower_names)
)
request_bodies(*MAKING)("VS-ECHO-02", "vector_stores.metadata_escaped")(
    "The metadata of a vector store is kept as HTML would write it.", replace("metadata", escaped)
)
answer_bodies(*MAKING)("VS-ECHO-02", "vector_stores.metadata_loses_a_key")(
    "The metadata of a vector store loses its last key.",
    lambda body, _: body.update(metadata=dict(list(body["metadata"].items())[:-1])),
)
request_bodies(*MAKING)("VS-ECHO-03", "vector_stores.policy_ignored")(
    "An expiration policy is ignored.",
    drop("expires_after", unless=lambda policy: not isinstance(policy, dict) or policy.get("days") not in (1, 365, 7)),
)


@on_store.function("VS-ECHO-03")
def one_day_more(store: Json, context: FaultContext) -> None:
    """The days of an expiration policy are one too many."""
    if store["expires_after"]:
        store["expires_after"] = {**store["expires_after"], "days": store["expires_after"]["days"] + 1}
        store["expires_at"] += 86_400


@answer_bodies("modifyVectorStore").function("VS-CLEAR-01")
def name_stays(body: Json, context: FaultContext) -> None:
    """Null sent for the name of a vector store changes nothing."""
    value = context.memory.setdefault(body["id"], "Shelf")
    if context.request_body.get("name", "") is None:
        body["name"] = value


answer_bodies("createVectorStore")("VS-DEFAULT-01", "vector_stores.named_by_default")(
    "A vector store without a name is called untitled.", lambda body, _: body.update(name=body["name"] or "untitled")
)


@answer_bodies("createVectorStore").function("VS-DEFAULT-01")
def expires_by_default(body: Json, context: FaultContext) -> None:
    """A vector store without an expiration policy gets one of seven days."""
    if body["expires_after"] is None:
        body["expires_after"] = {"anchor": "last_active_at", "days": 7}
        body["expires_at"] = body["last_active_at"] + 604_800


on_store("VS-BYTES-01", "vector_stores.empty_and_heavy")(
    "A vector store without files uses a kilobyte.",
    when(lambda value, _: not value["file_counts"]["total"], put("usage_bytes", 1024)),
)
on_store("VS-BYTES-02", "vector_stores.bytes_in_kilobytes")(
    "The bytes that a vector store uses are rounded up to kilobytes.",
    lambda value, _: value.update(usage_bytes=-(-value["usage_bytes"] // 1024) * 1024),
)


@answers("getVectorStore", "createVectorStore").function("VS-DELETE-01")
def deleted_store_is_there(answer: Answer, context: FaultContext) -> None:
    """A deleted vector store can still be read."""
    name = context.ids.get("vector_store_id") or (answer.body.get("id", "") if answer.ok else "")
    if answer.ok:
        context.memory[name] = answer.body
    elif answer.status == 404 and name in context.memory:
        succeed(answer, context.memory[name])


@answers("listVectorStoreFiles").function("VS-DELETE-02")
def files_of_a_deleted_store(answer: Answer, context: FaultContext) -> None:
    """The files of a deleted vector store are an empty list."""
    if answer.status == 404:
        succeed(answer, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False})


@answers("listVectorStores", "createVectorStore").function("VS-DELETE-04")
def deleted_store_is_listed(answer: Answer, context: FaultContext) -> None:
    """Deleted vector stores stay on the list."""
    if answer.ok and context.operation == "createVectorStore":
        context.memory[answer.body["id"]] = answer.body
    elif answer.ok:
        known = context.endpoint.store.vector_stores
        answer.body["data"] += [store for name, store in context.memory.items() if name not in known]
        answer.body["first_id"] = answer.body["data"][0]["id"] if answer.body["data"] else None
        answer.body["last_id"] = answer.body["data"][-1]["id"] if answer.body["data"] else None


request_bodies("createVectorStore")("VS-ECHO-01", "vector_stores.name_cut")(
    "The name of a vector store is kept without its last character.",
    when(lambda body, _: isinstance(body.get("name"), str), lambda body, _: body.update(name=body["name"][:-1])),
)
