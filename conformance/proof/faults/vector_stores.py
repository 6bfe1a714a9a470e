"""Faults of vector stores."""

from typing import Any

from conformance.proof.faults.changes import (
    add,
    again,
    ascii_only,
    copy,
    drop,
    empty_page_when_missing,
    equals,
    escaped,
    every,
    has,
    lower_names,
    put,
    recount,
    replace,
    status,
    still_found,
    still_listed,
    succeed,
    then,
    when,
)
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, answers, inside, objects, request_bodies, requests
from conformance.proof.interception import Answer, Request
from conformance.reference.endpoint import Endpoint

on_store = objects("vector_store")

MAKING = ("createVectorStore", "modifyVectorStore")

on_store("VS-STATE-01", "vector_stores.expired_comes_back")(
    "An expired vector store is completed again at the second look.",
    when(every(status("expired"), again()), put("status", "completed")),
)
on_store("VS-STATE-02", "vector_stores.in_progress_again")(
    "A completed vector store is in progress again at the third look, though nothing was added.",
    when(
        lambda store, context: store.get("status") == "completed" and context.nth(store["id"]) > 2,
        then(put("status", "in_progress"), recount(lambda counts: {"in_progress": 1, "total": counts["total"] + 1})),
    ),
)
answer_bodies("createVectorStore")("VS-STATE-03", "vector_stores.new_and_in_progress")(
    "A vector store that is created without files is in progress.", put("status", "in_progress")
)
on_store("VS-FIELD-01", "vector_stores.expired_without_time")(
    "An expired vector store has no expires_at.", when(status("expired"), put("expires_at", None))
)
on_store("VS-FIELD-02", "vector_stores.never_active")("A vector store was never active.", put("last_active_at", None))
on_store("VS-EXPIRY-01", "vector_stores.days_of_86000_seconds")(
    "The days of an expiration policy count 86,000 seconds.",
    when(
        every(has("expires_after"), has("expires_at")),
        lambda store, _: store.update(expires_at=store["last_active_at"] + store["expires_after"]["days"] * 86_000),
    ),
)
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
    for store in context.store.vector_stores.values():
        store.expired = False


on_store("VS-ACTIVE-01", "vector_stores.active_before_creation")(
    "A vector store was last active before it was created.", copy("last_active_at", "created_at", plus=-60)
)
on_store("VS-COUNT-01", "vector_stores.total_without_failures")(
    "The total of the file counts leaves out the files that failed.",
    recount(lambda counts: {"total": counts["total"] - counts["failed"]}),
)
on_store("VS-COUNT-01", "vector_stores.total_is_one_too_many")(
    "The total of the file counts is one too high once there are files.",
    recount(lambda counts: {"total": counts["total"] + bool(counts["total"])}),
)
on_store("VS-COUNT-02", "vector_stores.completed_with_work_left")(
    "A completed vector store has all its files in progress still.",
    when(status("completed"), recount(lambda counts: {"in_progress": counts["completed"], "completed": 0})),
)
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
    "The name of a vector store loses its characters beyond ASCII.", replace("name", ascii_only)
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
on_store("VS-ECHO-03", "vector_stores.one_day_more")(
    "The days of an expiration policy are one too many.",
    when(has("expires_after"), then(add("expires_after.days", 1), add("expires_at", 86_400))),
)


@answer_bodies("modifyVectorStore").function("VS-CLEAR-01")
def name_stays(body: Json, context: FaultContext) -> None:
    """Null sent for the name of a vector store changes nothing."""
    value = context.memory.setdefault(body["id"], "Shelf")
    if context.request_body.get("name", "") is None:
        body["name"] = value


answer_bodies("createVectorStore")("VS-DEFAULT-01", "vector_stores.named_by_default")(
    "A vector store without a name is called untitled.", lambda body, _: body.update(name=body["name"] or "untitled")
)
answer_bodies("createVectorStore")("VS-DEFAULT-01", "vector_stores.expires_by_default")(
    "A vector store without an expiration policy gets one of seven days.",
    when(
        equals("expires_after", None),
        then(
            put("expires_after", {"anchor": "last_active_at", "days": 7}),
            copy("expires_at", "last_active_at", plus=604_800),
        ),
    ),
)
on_store("VS-BYTES-01", "vector_stores.empty_and_heavy")(
    "A vector store without files uses a kilobyte.",
    when(lambda value, _: not value["file_counts"]["total"], put("usage_bytes", 1024)),
)
on_store("VS-BYTES-02", "vector_stores.bytes_in_kilobytes")(
    "The bytes that a vector store uses are rounded up to kilobytes.",
    lambda value, _: value.update(usage_bytes=-(-value["usage_bytes"] // 1024) * 1024),
)
answers("getVectorStore", "createVectorStore")("VS-DELETE-01", "vector_stores.deleted_store_is_there")(
    "A deleted vector store can still be read.", still_found("vector_store_id")
)
answers("listVectorStoreFiles")("VS-DELETE-02", "vector_stores.files_of_a_deleted_store")(
    "The files of a deleted vector store are an empty list.", empty_page_when_missing
)
answers("listVectorStores", "createVectorStore")("VS-DELETE-04", "vector_stores.deleted_store_is_listed")(
    "Deleted vector stores stay on the list.", still_listed("createVectorStore", lambda store: store.vector_stores)
)
request_bodies("createVectorStore")("VS-ECHO-01", "vector_stores.name_cut")(
    "The name of a vector store is kept without its last character.",
    when(lambda body, _: isinstance(body.get("name"), str), lambda body, _: body.update(name=body["name"][:-1])),
)


@answers("listVectorStoreFiles").function("VS-DELETE-02")
def files_of_deleted_store_listed(answer: Answer, context: FaultContext) -> None:
    """The files of a deleted vector store are listed as they were."""
    store_id = context.ids["vector_store_id"]
    if answer.ok:
        context.memory[store_id] = answer.body
    elif answer.status == 404 and store_id in context.memory:
        succeed(answer, context.memory[store_id])
