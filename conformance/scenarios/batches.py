"""Batches of files: made in both ways, watched, listed and cancelled."""

from typing import Any

from conformance.scenarios.kit import store_boundary_values as stores
from conformance.scenarios.kit.boundary_values import MARKED
from conformance.scenarios.kit.driver import Call, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import directed_file, file, files, store

UNKNOWN = "vsfb_00000000000000000000000000000000"


def _batch(api: Driver, store_id: str, **body: Any) -> dict[str, Any]:
    """The path parameters of a fresh batch, which nothing is in progress in any more."""
    made = api.call("createVectorStoreFileBatch", body, vector_store_id=store_id)
    place = {"vector_store_id": store_id, "batch_id": str(made["id"])}
    api.wait_until_processed("getVectorStoreFileBatch", **place)
    return place


def test_by_ids(api: Driver) -> None:
    """Files named by their ids, with attributes and a strategy for all of them."""
    made = store(api)
    place = _batch(
        api,
        made["id"],
        file_ids=files(api, 3),
        attributes={"kind": "note", "year": 2024, "ripe": False, **MARKED},
        chunking_strategy=stores.static(300, 150),
    )
    api.walk("listFilesInVectorStoreBatch", **place)
    api.walk("listVectorStoreFiles", vector_store_id=made["id"])
    api.wait_until_processed("getVectorStore", vector_store_id=made["id"])


def test_by_files(api: Driver) -> None:
    """Files that each have attributes and a strategy of their own."""
    made, (first, second, third) = store(api), files(api, 3)
    rows = [
        {"file_id": first, "attributes": {"kind": "note", "number": 1, **MARKED}},
        {"file_id": second, "chunking_strategy": stores.static(100, 50)},
        {"file_id": third},
    ]
    place = _batch(api, made["id"], files=rows)
    api.walk("listFilesInVectorStoreBatch", **place)
    for file_id in (first, second, third):
        api.send("getVectorStoreFile", vector_store_id=made["id"], file_id=file_id)
    api.wait_until_processed("getVectorStore", vector_store_id=made["id"])


def test_pages(api: Driver) -> None:
    """Five files of a batch, two a page, from both ends, filtered, and what there is none of."""
    made = store(api, file(api))
    place = _batch(api, made["id"], file_ids=files(api, 5))
    ids = [item["id"] for item in api.walk("listFilesInVectorStoreBatch", query={"order": "asc", "limit": 2}, **place)]
    api.walk("listFilesInVectorStoreBatch", query={"limit": 5}, **place)
    if len(ids) < 5:
        raise Inconclusive(f"the batch lists {len(ids)} of its 5 files")
    for query in (
        {"order": "asc", "limit": 2, "before": ids[3]},
        {"order": "desc", "limit": 2, "after": ids[3]},
        {"order": "asc", "after": ids[0], "before": ids[4]},
        *({"filter": status} for status in ("in_progress", "completed", "failed", "cancelled", "expired")),
        *({"limit": limit} for limit in (0, -1, 1, 100, 101)),
        {"order": "up"},
        {"after": "file-000000000000000000000000"},
    ):
        api.send("listFilesInVectorStoreBatch", query=query, **place)


def test_default_page(api: Driver) -> None:
    """21 files of a batch: the first page as it comes unasked, and a walk over all of them."""
    place = _batch(api, store(api)["id"], file_ids=files(api, 21))
    api.walk("listFilesInVectorStoreBatch", **place)


def test_bounds(api: Driver) -> None:
    """Batches of no files, of very many, of both forms and of neither; of each only the number is wrong."""
    file_id, made = file(api), store(api)
    place = {"vector_store_id": made["id"]}
    bodies: list[Any] = [
        *({"file_ids": stores.names(count)} for count in (500, 501, 2000, 2001, 0)),
        {"file_ids": 501 * [file_id]},
        *({"files": [{"file_id": name} for name in stores.names(count)]} for count in (2000, 2001, 0)),
        {"file_ids": [file_id], "files": [{"file_id": file_id}]},
        {},
        {"file_ids": file_id},
        {"file_ids": [7]},
        {"files": [file_id]},
        {"files": [{}]},
        {"files": [{"file_id": file_id, "colour": "blue"}]},
        {"file_ids": [file_id], "colour": "blue"},
    ]
    for body in bodies:
        api.send("createVectorStoreFileBatch", body, **place)
    for strategy in stores.CHUNKS.broken:
        api.send("createVectorStoreFileBatch", {"file_ids": [file_id], "chunking_strategy": strategy}, **place)
        api.send(
            "createVectorStoreFileBatch", {"files": [{"file_id": file_id, "chunking_strategy": strategy}]}, **place
        )
    for attributes in stores.ATTRIBUTES.broken:
        rows = [{"file_id": file_id, "attributes": attributes}]
        api.send("createVectorStoreFileBatch", {"files": rows}, **place)
    api.walk("listVectorStoreFiles", **place)
    api.call("getVectorStore", **place)


def test_unknown(api: Driver) -> None:
    """A batch that does not exist, and one that is asked for in another vector store."""
    first, second = store(api), store(api)
    place = _batch(api, first["id"], file_ids=[file(api)])
    for elsewhere in ({**place, "batch_id": UNKNOWN}, {**place, "vector_store_id": second["id"]}):
        for operation in ("getVectorStoreFileBatch", "listFilesInVectorStoreBatch", "cancelVectorStoreFileBatch"):
            api.send(operation, **elsewhere)
    api.call("getVectorStoreFileBatch", **place)


def test_repeated_file(api: Driver) -> None:
    """A file that a batch names twice, and one that is in the vector store already."""
    file_id = file(api)
    made = store(api, file_id)
    again = api.send("createVectorStoreFileBatch", {"file_ids": [file_id, file_id]}, vector_store_id=made["id"])
    if again.ok:
        batch = api.object_of(again, "createVectorStoreFileBatch")
        api.wait_until_processed("getVectorStoreFileBatch", vector_store_id=made["id"], batch_id=str(batch["id"]))
    api.walk("listVectorStoreFiles", vector_store_id=made["id"])
    api.wait_until_processed("getVectorStore", vector_store_id=made["id"])


def test_cancel_at_once(api: Driver) -> None:
    """A batch cancelled as soon as it is there, and again; what became of its files."""
    made = store(api)
    batch = api.call("createVectorStoreFileBatch", {"file_ids": files(api, 5)}, vector_store_id=made["id"])
    place = {"vector_store_id": made["id"], "batch_id": batch["id"]}
    api.send("cancelVectorStoreFileBatch", **place)
    api.send("cancelVectorStoreFileBatch", **place)
    api.wait_until_processed("getVectorStoreFileBatch", **place)
    api.walk("listFilesInVectorStoreBatch", **place)
    api.send("listFilesInVectorStoreBatch", query={"filter": "cancelled"}, **place)
    api.send("cancelVectorStoreFileBatch", **place)
    api.wait_until_processed("getVectorStore", vector_store_id=made["id"])


def test_cancel_in_progress(api: Driver) -> None:
    """A batch cancelled while one of its files is certainly in progress, twice, and what became of it and its store."""
    slow, quick = directed_file(api, "slow", "a file that stays in progress"), file(api)
    made = store(api)
    batch = api.call("createVectorStoreFileBatch", {"file_ids": [slow, quick]}, vector_store_id=made["id"])
    place = {"vector_store_id": made["id"], "batch_id": batch["id"]}
    api.wait_until_processed("getVectorStoreFile", vector_store_id=made["id"], file_id=quick)
    for status in ("in_progress", "completed"):
        api.send("listFilesInVectorStoreBatch", query={"filter": status}, **place)
    api.call("getVectorStoreFileBatch", **place)
    api.call("getVectorStore", vector_store_id=made["id"])
    api.send("cancelVectorStoreFileBatch", **place)
    api.send("cancelVectorStoreFileBatch", **place)
    api.wait_until_processed("getVectorStoreFileBatch", **place)
    api.send("cancelVectorStoreFileBatch", **place)
    api.walk("listFilesInVectorStoreBatch", **place)
    api.send("listVectorStoreFiles", query={"filter": "cancelled"}, vector_store_id=made["id"])
    api.wait_until_processed("getVectorStore", vector_store_id=made["id"])


def test_failed_file(api: Driver) -> None:
    """A batch with a file that cannot be indexed, beside one that can; cancelled when it has ended."""
    failing, sound = directed_file(api, "fail", "a file that fails"), file(api)
    made = store(api)
    place = _batch(api, made["id"], file_ids=[failing, sound])
    api.walk("listFilesInVectorStoreBatch", **place)
    for status in ("failed", "completed"):
        api.send("listFilesInVectorStoreBatch", query={"filter": status}, **place)
    api.send("cancelVectorStoreFileBatch", **place)
    api.wait_until_processed("getVectorStore", vector_store_id=made["id"])


def test_cancel_completed(api: Driver) -> None:
    """A batch cancelled when it has completed."""
    made = store(api)
    place = _batch(api, made["id"], file_ids=[file(api)])
    api.send("cancelVectorStoreFileBatch", **place)
    api.call("getVectorStoreFileBatch", **place)
    api.walk("listFilesInVectorStoreBatch", **place)


def test_two_at_once(api: Driver) -> None:
    """Two clients make batches in one vector store at the same time; each has its own files."""
    made, added = store(api), files(api, 4)
    place = {"vector_store_id": made["id"]}
    bodies = [{"file_ids": added[:2]}, {"file_ids": added[2:]}]
    exchanges = api.concurrently(*(Call("createVectorStoreFileBatch", body, place) for body in bodies))
    for exchange in exchanges:
        batch = api.object_of(exchange, "createVectorStoreFileBatch")
        api.wait_until_processed("getVectorStoreFileBatch", batch_id=str(batch["id"]), **place)
        api.walk("listFilesInVectorStoreBatch", batch_id=str(batch["id"]), **place)
    api.walk("listVectorStoreFiles", **place)
    api.wait_until_processed("getVectorStore", **place)
