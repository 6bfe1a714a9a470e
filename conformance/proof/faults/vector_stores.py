"""Faults of vector stores."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import escaped, forget, lower_names, member, succeed
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]
MAKING = ("createVectorStore", "modifyVectorStore")


@objects("vector_store", trips="VS-STATE-01")
def expired_comes_back(store: Json, scene: Scene) -> None:
    """An expired vector store is completed again at the second look."""
    if store["status"] == "expired" and scene.nth(store["id"]) > 1:
        store["status"] = "completed"


@objects("vector_store", trips="VS-STATE-02")
def in_progress_again(store: Json, scene: Scene) -> None:
    """A completed vector store is in progress again at the third look, though nothing was added."""
    if store["status"] == "completed" and scene.nth(store["id"]) > 2:
        counts = store["file_counts"]
        store["status"] = "in_progress"
        store["file_counts"] = {**counts, "in_progress": 1, "total": counts["total"] + 1}


@answers("createVectorStore", trips="VS-STATE-03")
def new_and_in_progress(answer: Answer, scene: Scene) -> None:
    """A vector store that is created without files is in progress."""
    if answer.ok:
        answer.body["status"] = "in_progress"


@objects("vector_store", trips="VS-FIELD-01")
def expired_without_time(store: Json, scene: Scene) -> None:
    """An expired vector store has no expires_at."""
    if store["status"] == "expired":
        store["expires_at"] = None


@objects("vector_store", trips="VS-FIELD-02")
def never_active(store: Json, scene: Scene) -> None:
    """A vector store was never active."""
    store["last_active_at"] = None


@objects("vector_store", trips="VS-EXPIRY-01")
def days_of_86000_seconds(store: Json, scene: Scene) -> None:
    """The days of an expiration policy count 86,000 seconds."""
    if store["expires_after"] and store["expires_at"]:
        store["expires_at"] = store["last_active_at"] + store["expires_after"]["days"] * 86_000


@objects("vector_store", trips="VS-EXPIRY-01")
def expires_an_hour_early(store: Json, scene: Scene) -> None:
    """A vector store expires an hour earlier than its policy says."""
    if store["expires_at"]:
        store["expires_at"] -= 3600


@objects("vector_store", trips="VS-EXPIRY-02")
def expires_without_policy(store: Json, scene: Scene) -> None:
    """A vector store without an expiration policy has expires_at."""
    if not store["expires_after"]:
        store["expires_at"] = store["created_at"] + 604_800


@inside(trips="VS-EXPIRED-01")
def expired_is_searched(endpoint: Endpoint) -> None:
    """An expired vector store is searched, and takes files, as any other."""

    def finding(find: Any) -> Any:
        return lambda identifier, alive=False: find(identifier)

    instead(endpoint.store, "vector_store", finding)


@requests("createRun", trips="VS-EXPIRED-02")
def run_on_an_expired_store(sent: Sent, scene: Scene) -> None:
    """A run on a thread whose vector store has expired wakes it up, and goes well."""
    for store in scene.endpoint.store.vector_stores.values():
        store.expired = False


@objects("vector_store", trips="VS-ACTIVE-01")
def active_before_creation(store: Json, scene: Scene) -> None:
    """A vector store was last active before it was created."""
    store["last_active_at"] = store["created_at"] - 60


@objects("vector_store", trips="VS-COUNT-01")
def total_without_failures(store: Json, scene: Scene) -> None:
    """The total of the file counts leaves out the files that failed."""
    counts = store["file_counts"]
    store["file_counts"] = {**counts, "total": counts["total"] - counts["failed"]}


@objects("vector_store", trips="VS-COUNT-01")
def total_is_one_too_many(store: Json, scene: Scene) -> None:
    """The total of the file counts is one too high once there are files."""
    counts = store["file_counts"]
    store["file_counts"] = {**counts, "total": counts["total"] + bool(counts["total"])}


@objects("vector_store", trips="VS-COUNT-02")
def completed_with_work_left(store: Json, scene: Scene) -> None:
    """A completed vector store has all its files in progress still."""
    counts = store["file_counts"]
    if store["status"] == "completed":
        store["file_counts"] = {**counts, "in_progress": counts["completed"], "completed": 0}


@objects("vector_store", trips="VS-COUNT-03")
def in_progress_without_work(store: Json, scene: Scene) -> None:
    """A vector store with files is in progress when all of them are completed."""
    if store["file_counts"]["completed"]:
        store["status"] = "in_progress"


@objects("vector_store", trips="VS-COUNT-04")
def counts_never_go_down(store: Json, scene: Scene) -> None:
    """The file counts of a vector store still count what was taken out of it."""
    most = scene.memory.get(store["id"])
    counts = store["file_counts"]
    if most is not None and counts["total"] < most["total"] and not counts["in_progress"]:
        store["file_counts"] = most
    elif not counts["in_progress"]:
        scene.memory[store["id"]] = counts


@answers("createVectorStore", trips="VS-COUNT-05")
def new_store_counts_nothing(answer: Answer, scene: Scene) -> None:
    """A new vector store does not count the files it was created with."""
    if answer.ok:
        answer.body["file_counts"] = dict.fromkeys(answer.body["file_counts"], 0)
        answer.body["status"] = "completed"


@objects("vector_store", trips="VS-ECHO-01")
def name_in_ascii(store: Json, scene: Scene) -> None:
    """The name of a vector store loses its characters beyond ASCII."""
    if store["name"]:
        store["name"] = store["name"].encode("ascii", "ignore").decode()


requests(
    *MAKING,
    trips="VS-ECHO-02",
    id="vector_stores.metadata_names_in_lower_case",
    about="The keys of a vector store's metadata are kept in lower case.",
)(member("metadata", lower_names))
requests(
    *MAKING,
    trips="VS-ECHO-02",
    id="vector_stores.metadata_escaped",
    about="The metadata of a vector store is kept as HTML would write it.",
)(member("metadata", escaped))


@answers(*MAKING, trips="VS-ECHO-02")
def metadata_loses_a_key(answer: Answer, scene: Scene) -> None:
    """The metadata of a vector store loses its last key."""
    if answer.ok:
        answer.body["metadata"] = dict(list(answer.body["metadata"].items())[:-1])


requests(*MAKING, trips="VS-ECHO-03", id="vector_stores.policy_ignored", about="An expiration policy is ignored.")(
    forget("expires_after", unless=lambda policy: not isinstance(policy, dict) or policy.get("days") not in (1, 365, 7))
)


@objects("vector_store", trips="VS-ECHO-03")
def one_day_more(store: Json, scene: Scene) -> None:
    """The days of an expiration policy are one too many."""
    if store["expires_after"]:
        store["expires_after"] = {**store["expires_after"], "days": store["expires_after"]["days"] + 1}
        store["expires_at"] += 86_400


@answers("modifyVectorStore", trips="VS-CLEAR-01")
def name_stays(answer: Answer, scene: Scene) -> None:
    """Null sent for the name of a vector store changes nothing."""
    if answer.ok:
        shown = scene.memory.setdefault(answer.body["id"], "Shelf")
        if scene.sent.get("name", "") is None:
            answer.body["name"] = shown


@answers("createVectorStore", trips="VS-DEFAULT-01")
def named_by_default(answer: Answer, scene: Scene) -> None:
    """A vector store without a name is called untitled."""
    if answer.ok:
        answer.body["name"] = answer.body["name"] or "untitled"


@answers("createVectorStore", trips="VS-DEFAULT-01")
def expires_by_default(answer: Answer, scene: Scene) -> None:
    """A vector store without an expiration policy gets one of seven days."""
    if answer.ok and answer.body["expires_after"] is None:
        answer.body["expires_after"] = {"anchor": "last_active_at", "days": 7}
        answer.body["expires_at"] = answer.body["last_active_at"] + 604_800


@objects("vector_store", trips="VS-BYTES-01")
def empty_and_heavy(store: Json, scene: Scene) -> None:
    """A vector store without files uses a kilobyte."""
    if not store["file_counts"]["total"]:
        store["usage_bytes"] = 1024


@objects("vector_store", trips="VS-BYTES-02")
def bytes_in_kilobytes(store: Json, scene: Scene) -> None:
    """The bytes that a vector store uses are rounded up to kilobytes."""
    store["usage_bytes"] = -(-store["usage_bytes"] // 1024) * 1024


@answers("getVectorStore", "createVectorStore", trips="VS-DELETE-01")
def deleted_store_is_there(answer: Answer, scene: Scene) -> None:
    """A deleted vector store can still be read."""
    name = scene.ids.get("vector_store_id") or (answer.body.get("id", "") if answer.ok else "")
    if answer.ok:
        scene.memory[name] = answer.body
    elif answer.status == 404 and name in scene.memory:
        succeed(answer, scene.memory[name])


@answers("listVectorStoreFiles", trips="VS-DELETE-02")
def files_of_a_deleted_store(answer: Answer, scene: Scene) -> None:
    """The files of a deleted vector store are an empty list."""
    if answer.status == 404:
        succeed(answer, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False})


@answers("listVectorStores", "createVectorStore", trips="VS-DELETE-04")
def deleted_store_is_listed(answer: Answer, scene: Scene) -> None:
    """Deleted vector stores stay on the list."""
    if answer.ok and scene.operation == "createVectorStore":
        scene.memory[answer.body["id"]] = answer.body
    elif answer.ok:
        known = scene.endpoint.store.vector_stores
        answer.body["data"] += [store for name, store in scene.memory.items() if name not in known]
        answer.body["first_id"] = answer.body["data"][0]["id"] if answer.body["data"] else None
        answer.body["last_id"] = answer.body["data"][-1]["id"] if answer.body["data"] else None


@requests("createVectorStore", trips="VS-ECHO-01")
def name_cut(sent: Sent, scene: Scene) -> None:
    """The name of a vector store is kept without its last character."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("name"), str):
        sent.body["name"] = sent.body["name"][:-1]
