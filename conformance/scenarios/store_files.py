"""Files in a vector store: added, described, filtered, paged through and taken out."""

from collections.abc import Sequence
from typing import Any

from conformance.scenarios.kit import store_boundary_values as stores
from conformance.scenarios.kit.driver import Call, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    MOST_SPREAD,
    NOTES,
    PIXEL,
    TABLE,
    directed_file,
    file,
    files,
    shelve,
    spread,
    store,
)

UNKNOWN = "file-000000000000000000000000"


def _add(api: Driver, store_id: str, name: str, ways: Sequence[dict[str, Any]]) -> None:
    """Add a file in each of these ways, wait for those that were let in, and add one as plainly as the first."""
    added = files(api, len(ways) + 1)
    for file_id, way in zip(added, (*ways, ways[0]), strict=True):
        body = {"file_id": file_id, name: way}
        if api.send("createVectorStoreFile", body, vector_store_id=store_id).ok:
            api.wait_until_processed("getVectorStoreFile", vector_store_id=store_id, file_id=file_id)


def test_lifecycle(api: Driver) -> None:
    """Add a file, look at it, describe it, read its content, take it out, and look for what is gone."""
    file_id, made = file(api), store(api)
    entry = {"vector_store_id": made["id"], "file_id": file_id}
    shelve(api, made["id"], file_id)
    api.call("getVectorStore", vector_store_id=made["id"])
    api.call("updateVectorStoreFileAttributes", {"attributes": {"kind": "fruit"}}, **entry)
    api.call("getVectorStoreFile", **entry)
    api.call("listVectorStoreFiles", vector_store_id=made["id"])
    api.call("retrieveVectorStoreFileContent", **entry)
    api.call("deleteVectorStoreFile", **entry)
    for operation in ("getVectorStoreFile", "retrieveVectorStoreFileContent", "deleteVectorStoreFile"):
        api.send(operation, **entry)
    api.send("updateVectorStoreFileAttributes", {"attributes": {"kind": "fruit"}}, **entry)
    api.call("listVectorStoreFiles", vector_store_id=made["id"])
    api.call("getVectorStore", vector_store_id=made["id"])
    api.call("retrieveFile", file_id=file_id)
    shelve(api, made["id"], file_id)
    api.call("listVectorStoreFiles", vector_store_id=made["id"])


def test_attributes(api: Driver) -> None:
    """Attributes of every type and length, on an update, and such as are none."""
    file_id, made = file(api), store(api)
    entry = {"vector_store_id": made["id"], "file_id": file_id}
    shelve(api, made["id"], file_id, attributes={"first": "value"})
    for attributes in stores.ATTRIBUTES.kept:
        api.send("updateVectorStoreFileAttributes", {"attributes": attributes}, **entry)
        api.send("getVectorStoreFile", **entry)
    api.call("updateVectorStoreFileAttributes", {"attributes": {"kept": "through refusals"}}, **entry)
    api.call("getVectorStoreFile", **entry)
    for attributes in stores.ATTRIBUTES.broken:
        api.send("updateVectorStoreFileAttributes", {"attributes": attributes}, **entry)
    bodies: list[dict[str, Any]] = [{}, {"attributes": {"k": "v"}, "colour": "blue"}, {"chunking_strategy": {}}]
    for body in bodies:
        api.send("updateVectorStoreFileAttributes", body, **entry)
    api.call("getVectorStoreFile", **entry)


def test_added_with_attributes(api: Driver) -> None:
    """Attributes of every type and length, where a file is added, and such as are none."""
    other = file(api)
    place = {"vector_store_id": store(api)["id"]}
    _add(api, place["vector_store_id"], "attributes", stores.ATTRIBUTES.kept)
    for attributes in stores.ATTRIBUTES.broken:
        api.send("createVectorStoreFile", {"file_id": other, "attributes": attributes}, **place)
        api.send("createVectorStoreFileBatch", {"file_ids": [other], "attributes": attributes}, **place)
    api.send("getVectorStoreFile", file_id=other, **place)
    api.call("listVectorStoreFiles", **place)


def test_chunking(api: Driver) -> None:
    """Chunks of every size that there is, by default, and such as there are none of."""
    other = file(api, "other.txt", TABLE)
    place = {"vector_store_id": store(api)["id"]}
    api.send("createVectorStoreFile", {"file_id": file(api)}, **place)
    _add(api, place["vector_store_id"], "chunking_strategy", stores.CHUNKS.kept)
    for strategy in stores.CHUNKS.broken:
        api.send("createVectorStoreFile", {"file_id": other, "chunking_strategy": strategy}, **place)
    api.send("getVectorStoreFile", file_id=other, **place)
    api.call("listVectorStoreFiles", **place)


def test_refused(api: Driver) -> None:
    """Files that do not exist, bodies that name none, and a field that there is none of."""
    place = {"vector_store_id": store(api)["id"]}
    for body in (
        {"file_id": UNKNOWN},
        {"file_id": "orchard.md"},
        {"file_id": 7},
        {"file_ids": [file(api)]},
        {"file_id": file(api), "colour": "blue"},
        {},
    ):
        api.send("createVectorStoreFile", body, **place)
    for operation in ("getVectorStoreFile", "retrieveVectorStoreFileContent", "deleteVectorStoreFile"):
        api.send(operation, file_id=UNKNOWN, **place)
    api.send("updateVectorStoreFileAttributes", {"attributes": {"k": "v"}}, file_id=UNKNOWN, **place)
    api.call("listVectorStoreFiles", **place)
    api.call("getVectorStore", **place)


def test_unsearchable(api: Driver) -> None:
    """Files of kinds that cannot be searched, and a text in an old encoding."""
    place = {"vector_store_id": store(api)["id"]}
    for name, content in (
        ("table.csv", TABLE.encode()),
        ("pixel.png", PIXEL),
        ("archive.zip", b"PK\x05\x06" + bytes(18)),
        ("latin.txt", "Größe und Grüße, café".encode("latin-1")),
    ):
        file_id = file(api, name, content)
        added = api.send("createVectorStoreFile", {"file_id": file_id}, **place)
        if added.ok:
            api.wait_until_processed("getVectorStoreFile", file_id=file_id, **place)
    api.walk("listVectorStoreFiles", **place)
    api.send("listVectorStoreFiles", query={"filter": "failed"}, **place)
    api.call("getVectorStore", **place)


def test_contents(api: Driver) -> None:
    """Parsed contents of texts in several kinds of files."""
    made = store(api)
    for name, content in (
        ("orchard.md", NOTES),
        ("letters.txt", "Größe 世界 🌍\n"),
        ("page.html", "<html><body><p>The pear tree.</p></body></html>"),
        ("code.py", "def pears() -> int:\n    return 4711\n"),
        ("wide.txt", "Größe 世界".encode("utf-16")),
    ):
        file_id = file(api, name, content)
        entry = {"vector_store_id": made["id"], "file_id": file_id}
        if api.send("createVectorStoreFile", {"file_id": file_id}, vector_store_id=made["id"]).ok:
            api.wait_until_processed("getVectorStoreFile", **entry)
            api.send("retrieveVectorStoreFileContent", **entry)


def test_in_progress(api: Driver) -> None:
    """A file that stays in progress in a vector store, as it is looked at, filtered and taken out."""
    slow = directed_file(api, "slow", "a file that stays in progress")
    place = {"vector_store_id": store(api, file(api))["id"]}
    entry = {**place, "file_id": slow}
    api.call("createVectorStoreFile", {"file_id": slow}, **place)
    api.call("getVectorStoreFile", **entry)
    api.call("getVectorStore", **place)
    for status in ("in_progress", "completed"):
        api.send("listVectorStoreFiles", query={"filter": status}, **place)
    api.send("retrieveVectorStoreFileContent", **entry)
    api.send("searchVectorStore", {"query": "pear tree"}, **place)
    api.send("updateVectorStoreFileAttributes", {"attributes": {"kind": "slow"}}, **entry)
    api.call("deleteVectorStoreFile", **entry)
    api.wait_until_processed("getVectorStore", **place)
    api.walk("listVectorStoreFiles", **place)


def test_failed(api: Driver) -> None:
    """A file that cannot be indexed, as it is looked at, filtered and taken out."""
    failing = directed_file(api, "fail", "a file that fails")
    place = {"vector_store_id": store(api, file(api))["id"]}
    entry = {**place, "file_id": failing}
    shelve(api, place["vector_store_id"], failing)
    api.wait_until_processed("getVectorStore", **place)
    api.walk("listVectorStoreFiles", **place)
    for status in ("failed", "completed"):
        for more in ({}, {"limit": 5}):
            api.send("listVectorStoreFiles", query={"filter": status, **more}, **place)
    api.send("retrieveVectorStoreFileContent", **entry)
    api.call("deleteVectorStoreFile", **entry)
    api.call("getVectorStore", **place)


def test_order(api: Driver) -> None:
    """Files that were added in several seconds, in both orders."""
    place, added = {"vector_store_id": store(api)["id"]}, iter(files(api, MOST_SPREAD))
    spread(api, lambda _: shelve(api, place["vector_store_id"], next(added)))
    for query in ({}, {"order": "asc"}, {"order": "desc", "limit": 2}, {"order": "asc", "limit": 2}):
        api.walk("listVectorStoreFiles", query=query, **place)


def test_refused_changes(api: Driver) -> None:
    """An update of attributes that is right in one of them and wrong in another changes none."""
    file_id = file(api)
    place = {"vector_store_id": store(api)["id"]}
    shelve(api, place["vector_store_id"], file_id, attributes={"state": "before"})
    for wrong in ({"state": "after", "long": "x" * 513}, {"state": "after", "nested": {}}):
        api.send("updateVectorStoreFileAttributes", {"attributes": wrong}, file_id=file_id, **place)
        api.call("getVectorStoreFile", file_id=file_id, **place)
    api.call("listVectorStoreFiles", **place)


def test_pages(api: Driver) -> None:
    """Six files, two or four a page, from both ends; a page that ends exactly with the list; cursors both ways."""
    place = {"vector_store_id": store(api, *files(api, 6))["id"]}
    ids = [item["id"] for item in api.walk("listVectorStoreFiles", query={"order": "asc", "limit": 2}, **place)]
    api.walk("listVectorStoreFiles", query={"limit": 4}, **place)
    api.walk("listVectorStoreFiles", query={"limit": 6}, **place)
    if len(ids) < 6:
        raise Inconclusive(f"the vector store lists {len(ids)} of its 6 files")
    for query in (
        {"order": "asc", "limit": 2, "after": ids[2]},
        {"order": "asc", "limit": 2, "before": ids[2]},
        {"order": "desc", "limit": 2, "after": ids[2]},
        {"order": "desc", "limit": 2, "before": ids[2]},
        {"order": "asc", "after": ids[0], "before": ids[5]},
        {"order": "asc", "after": ids[5]},
        *({"limit": limit} for limit in (1, 100, 0, -1, 101, "two")),
        {"order": "up"},
        {"after": UNKNOWN},
        {"before": UNKNOWN},
        *({"filter": status} for status in ("in_progress", "completed", "failed", "cancelled", "expired")),
        {"filter": "completed", "limit": 4, "order": "asc"},
    ):
        api.send("listVectorStoreFiles", query=query, **place)
    api.call("deleteVectorStoreFile", file_id=ids[1], **place)
    api.send("listVectorStoreFiles", query={"order": "asc", "limit": 2, "after": ids[1]}, **place)
    api.walk("listVectorStoreFiles", query={"order": "asc", "limit": 5}, **place)


def test_default_page(api: Driver) -> None:
    """21 files: the first page as it comes unasked, and a walk over all of them."""
    place = {"vector_store_id": store(api, *files(api, 21))["id"]}
    api.walk("listVectorStoreFiles", **place)


def test_added_at_once(api: Driver) -> None:
    """Two clients add files to one vector store at the same time; both are in it in the end."""
    made, added = store(api), files(api, 4)
    place = {"vector_store_id": made["id"]}
    for first, second in (added[:2], added[2:]):
        api.concurrently(*(Call("createVectorStoreFile", {"file_id": file_id}, place) for file_id in (first, second)))
    for file_id in added:
        api.wait_until_processed("getVectorStoreFile", file_id=file_id, **place)
    api.walk("listVectorStoreFiles", query={"limit": 3}, **place)
    api.wait_until_processed("getVectorStore", **place)
