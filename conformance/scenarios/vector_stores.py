"""Vector stores from creation to deletion."""

from typing import Any

from conformance.scenarios.kit import store_boundary_values as stores
from conformance.scenarios.kit.boundary_values import METADATA, Around
from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    FILE_SEARCH,
    assistant,
    file,
    files,
    searching,
    shelve,
    spread,
    store,
    thread,
    user,
)
from conformance.scenarios.kit.looks import Looks, shelf

UNKNOWN = "vs_000000000000000000000000"


def _ask_everything(api: Driver, store_id: str, file_id: str, batch_id: str) -> None:
    """All that can be asked of a vector store that is not there, about a file and a batch that may be."""
    place: dict[str, Any] = {"vector_store_id": store_id}
    asked: list[tuple[str, Any, dict[str, Any]]] = [
        ("getVectorStore", None, {}),
        ("modifyVectorStore", {"name": "Revenant"}, {}),
        ("searchVectorStore", {"query": "pear tree"}, {}),
        ("listVectorStoreFiles", None, {}),
        ("createVectorStoreFile", {"file_id": file_id}, {}),
        ("createVectorStoreFileBatch", {"file_ids": [file_id]}, {}),
        ("getVectorStoreFile", None, {"file_id": file_id}),
        ("retrieveVectorStoreFileContent", None, {"file_id": file_id}),
        ("updateVectorStoreFileAttributes", {"attributes": {"k": "v"}}, {"file_id": file_id}),
        ("deleteVectorStoreFile", None, {"file_id": file_id}),
        ("getVectorStoreFileBatch", None, {"batch_id": batch_id}),
        ("listFilesInVectorStoreBatch", None, {"batch_id": batch_id}),
        ("cancelVectorStoreFileBatch", None, {"batch_id": batch_id}),
        ("deleteVectorStore", None, {}),
    ]
    for operation, body, ids in asked:
        api.send(operation, body, **place, **ids)


def test_lifecycle(api: Driver) -> None:
    """Create, read, modify, list and delete, and look for what is gone, with all that was under it."""
    file_id = file(api)
    made = api.call("createVectorStore", {"name": "Orchard", "metadata": {"suite": "conformance"}})
    place = {"vector_store_id": made["id"]}
    api.call("getVectorStore", **place)
    batch = api.call("createVectorStoreFileBatch", {"file_ids": [file_id]}, **place)
    api.wait_until_processed("getVectorStoreFileBatch", batch_id=batch["id"], **place)
    api.wait_until_processed("getVectorStore", **place)
    api.call("modifyVectorStore", {"name": "Garden", "metadata": {"suite": "changed"}}, **place)
    api.call("getVectorStore", **place)
    api.call("listVectorStores", query={"limit": 5})
    api.call("listVectorStoreFiles", **place)
    api.call("deleteVectorStore", **place)
    _ask_everything(api, made["id"], file_id, batch["id"])
    api.call("listVectorStores", query={"limit": 5})
    api.call("retrieveFile", file_id=file_id)
    api.send("downloadFile", file_id=file_id)
    api.call("listFiles", query={"limit": 5})


def test_unknown(api: Driver) -> None:
    """Whatever is asked of a vector store that does not exist, and of one whose id is none."""
    _ask_everything(api, UNKNOWN, file(api), "vsfb_00000000000000000000000000000000")
    api.send("getVectorStore", vector_store_id="orchard")


def test_defaults(api: Driver) -> None:
    """Vector stores made of nothing."""
    bodies: list[dict[str, Any]] = [{}, {"metadata": None}, {"file_ids": []}, {"name": None}]
    for body in bodies:
        made = api.send("createVectorStore", body)
        if made.ok and made.response and isinstance(made.response.json_or_none, dict):
            api.send("getVectorStore", vector_store_id=str(made.response.json_or_none.get("id")))


def test_with_files(api: Driver) -> None:
    """A vector store made with two files, by a strategy, a policy and a description."""
    made = store(
        api,
        *files(api, 2),
        name="Notes",
        description="What was noted",
        chunking_strategy=stores.static(200, 100),
        expires_after=stores.after(3),
    )
    api.walk("listVectorStoreFiles", vector_store_id=made["id"])
    api.call("getVectorStore", vector_store_id=made["id"])


def test_unknown_files(api: Driver) -> None:
    """A vector store made with files that do not exist, and with more than there may be."""
    for file_ids in (*map(stores.names, (1, 499, 500, 501)), [file(api), *stores.names(1)], "orchard.md", [7]):
        api.send("createVectorStore", {"name": "Refused", "file_ids": file_ids})
    api.call("listVectorStores", query={"limit": 5})


def _around(api: Driver, field: str, around: Around) -> None:
    """Create with what a field may be, reading each back, and with what it may not be; modify to each in turn."""
    made = api.call("createVectorStore", {"name": "First"})
    place = {"vector_store_id": made["id"]}
    for value in around.kept:
        api.send("createVectorStore", {field: value})
        api.send("modifyVectorStore", {field: value}, **place)
        api.send("getVectorStore", **place)
    for value in around.broken:
        api.send("createVectorStore", {"name": "Refused", field: value})
        api.send("modifyVectorStore", {field: value}, **place)
    api.call("getVectorStore", **place)
    api.call("listVectorStores", query={"order": "asc", "after": made["id"], "limit": 100})


def test_expiry(api: Driver) -> None:
    """Expiration policies from one day to a year, and beyond."""
    _around(api, "expires_after", stores.EXPIRY)


def test_name(api: Driver) -> None:
    """Names, and what is none."""
    _around(api, "name", stores.STORE_NAME)


def test_metadata(api: Driver) -> None:
    """Metadata of vector stores around its bounds."""
    _around(api, "metadata", METADATA)


def test_chunking(api: Driver) -> None:
    """Chunks of every size that is accepted, and others, where a vector store is created."""
    first = store(api, name="First")
    for strategy in stores.CHUNKS.kept[:3]:
        api.send("createVectorStore", {"chunking_strategy": strategy})
    for strategy in stores.CHUNKS.broken:
        api.send("createVectorStore", {"name": "Refused", "chunking_strategy": strategy})
    api.call("listVectorStores", query={"order": "asc", "after": first["id"]})


def test_modification(api: Driver) -> None:
    """One field at a time leaves the others; null takes away; what cannot be changed is refused."""
    made = store(api, name="Orchard", metadata={"a": "1"}, expires_after=stores.after(7))
    place = {"vector_store_id": made["id"]}
    changes: list[dict[str, Any]] = [
        {},
        {"name": "Garden"},
        {"metadata": {"b": "2"}},
        {"expires_after": stores.after(30)},
        {"name": None},
        {"expires_after": None},
        {"metadata": {}},
        {"metadata": None},
    ]
    refused: list[dict[str, Any]] = [
        {"file_ids": []},
        {"status": "completed"},
        {"id": "vs_1"},
        {"chunking_strategy": {"type": "auto"}},
        {"colour": "blue"},
        {"name": "After", "metadata": {"state": "after", "long": "x" * 513}},
        {"metadata": {"state": "after"}, "expires_after": stores.after(0)},
    ]
    for change in changes:
        api.send("modifyVectorStore", change, **place)
        api.send("getVectorStore", **place)
    api.call("modifyVectorStore", {"name": "Before", "metadata": {"state": "before"}}, **place)
    for change in refused:
        api.send("modifyVectorStore", change, **place)
        api.send("getVectorStore", **place)
    api.send("createVectorStore", {"colour": "blue"})
    api.call("getVectorStore", **place)


def test_order(api: Driver) -> None:
    """Vector stores of several seconds among whatever else there is, from the newest on and behind the first."""
    made = spread(api, lambda number: store(api, name=f"Second {number}"))
    api.call("listVectorStores", query={"limit": len(made)})
    api.call("listVectorStores", query={"limit": len(made), "order": "asc", "after": made[0]["id"]})


def test_pages(api: Driver) -> None:
    """Four vector stores among whatever else there is: pages around them, in both orders."""
    made = [store(api, name=f"Number {number}")["id"] for number in range(4)]
    for query in (
        {"limit": 4},
        {"limit": 3, "order": "asc", "after": made[0]},
        {"limit": 2, "order": "desc", "after": made[3]},
        {"limit": 1, "order": "asc", "before": made[1]},
        {"limit": 2, "order": "desc", "after": made[3], "before": made[0]},
        {"order": "asc", "after": made[3]},
        {"limit": 0},
        {"limit": -1},
        {"limit": 100},
        {"limit": 101},
        {"order": "up"},
        {"after": UNKNOWN},
        {"before": UNKNOWN},
    ):
        api.send("listVectorStores", query=query)
    api.call("deleteVectorStore", vector_store_id=made[1])
    api.send("listVectorStores", query={"order": "asc", "after": made[1], "limit": 2})
    api.walk("listVectorStores", query={"order": "asc", "after": made[0], "limit": 1})


def test_default_page(api: Driver) -> None:
    """More vector stores than the page that comes unasked."""
    first = store(api)
    for number in range(21):
        store(api, name=f"Number {number}")
    api.walk("listVectorStores", query={"order": "asc", "after": first["id"]})


def test_expired(api: Driver) -> None:
    """A vector store whose days have passed: what it shows, what it still takes, and runs that would search it."""
    file_id = file(api)
    made = store(api, file_id, expires_after=stores.after(1))
    place, resources = {"vector_store_id": made["id"]}, {"tool_resources": searching(made["id"])}
    reader, other = assistant(api, tools=[FILE_SEARCH], **resources), assistant(api, tools=[FILE_SEARCH])
    threads = [(reader, thread(api)), (other, api.call("createThread", {"messages": [user()], **resources}))]
    api.let_expire(made)
    api.call("getVectorStore", **place)
    api.call("listVectorStores", query={"limit": 5})
    api.send("listVectorStoreFiles", **place)
    api.send("searchVectorStore", {"query": "pear tree"}, **place)
    api.send("createVectorStoreFile", {"file_id": file_id}, **place)
    api.send("createVectorStoreFileBatch", {"file_ids": [file_id]}, **place)
    for runner, on in threads:
        started = api.send("createRun", {"assistant_id": runner["id"]}, thread_id=on["id"])
        if started.ok:
            api.wait(api.object_of(started, "createRun"), until=TERMINAL)
    api.call("getVectorStore", **place)


def test_isolation(api: Driver) -> None:
    """What is done in one vector store does not show in another, though both hold the same file."""
    shared, own = file(api), file(api, "own.txt", "Only in the first.\n")
    first, second = store(api, shared, own), store(api, shared)
    shelve(api, first["id"], own, attributes={"place": "first"})
    api.call(
        "updateVectorStoreFileAttributes",
        {"attributes": {"place": "first"}},
        vector_store_id=first["id"],
        file_id=shared,
    )
    for made in (first, second):
        api.send("getVectorStoreFile", vector_store_id=made["id"], file_id=own)
        api.send("getVectorStoreFile", vector_store_id=made["id"], file_id=shared)
        api.send("searchVectorStore", {"query": "only in the first"}, vector_store_id=made["id"])
        api.walk("listVectorStoreFiles", vector_store_id=made["id"])
    api.send("deleteVectorStoreFile", vector_store_id=second["id"], file_id=own)
    api.call("deleteVectorStoreFile", vector_store_id=first["id"], file_id=shared)
    for made in (first, second):
        api.send("getVectorStoreFile", vector_store_id=made["id"], file_id=shared)
        api.walk("listVectorStoreFiles", vector_store_id=made["id"])
        api.send("searchVectorStore", {"query": "pear tree"}, vector_store_id=made["id"])
        api.call("getVectorStore", vector_store_id=made["id"])
    api.call("retrieveFile", file_id=shared)


def test_deleted_file(api: Driver) -> None:
    """A deleted file is gone from both vector stores that held it, and cannot be added again."""
    shared, other = files(api, 2)
    stores = [store(api, shared, other), store(api, shared)]
    for made in stores:
        api.call("getVectorStoreFile", file_id=shared, vector_store_id=made["id"])
        api.call("listVectorStoreFiles", vector_store_id=made["id"])
    api.call("deleteFile", file_id=shared)
    for made in stores:
        place = {"vector_store_id": made["id"]}
        api.walk("listVectorStoreFiles", **place)
        api.send("getVectorStoreFile", file_id=shared, **place)
        api.send("retrieveVectorStoreFileContent", file_id=shared, **place)
        api.send("searchVectorStore", {"query": "note number"}, **place)
        api.send("createVectorStoreFile", {"file_id": shared}, **place)
        api.call("getVectorStore", **place)
    api.send("createVectorStore", {"file_ids": [shared]})


def test_others_unchanged(api: Driver) -> None:
    """Of two vector stores alike all is read, after each change to a part of one, taken or refused."""
    looks = Looks(api)
    changed, _ = shelf(api, looks), shelf(api, looks)
    store_id = changed["vector_store_id"]
    batched = api.page("listFilesInVectorStoreBatch", **changed)[:1]
    for value in ("x" * 513, "after"):
        api.send("modifyVectorStore", {"metadata": {"state": value}}, vector_store_id=store_id)
        looks.all()
        for entry in batched:
            at = {"vector_store_id": store_id, "file_id": entry["id"]}
            api.send("updateVectorStoreFileAttributes", {"attributes": {"state": value}}, **at)
            looks.all()
    api.send("cancelVectorStoreFileBatch", **changed)  # it has ended
    looks.all()
    api.send("createVectorStoreFileBatch", {"file_ids": ["file-000000000000000000000000"]}, vector_store_id=store_id)
    looks.all()
    again = api.call("createVectorStoreFileBatch", {"file_ids": [file(api, "third.md")]}, vector_store_id=store_id)
    api.wait_until_processed("getVectorStoreFileBatch", vector_store_id=store_id, batch_id=str(again["id"]))
    looks.all()
