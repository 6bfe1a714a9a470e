"""Searches in a vector store."""

from typing import Any

from conformance.scenarios.kit import store_boundary_values as stores
from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import NOTES, file, shelve, store

SHELF: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("orchard.md", NOTES, {"kind": "fruit", "year": 2023, "ripe": True}),
    ("trees.txt", "A pear tree lives for eighty years; a plum tree for thirty.\n", {"kind": "tree", "year": 2021}),
    ("cider.txt", "The cider press was oiled. Pears make perry.\n", {"kind": "drink", "year": 2022, "ripe": False}),
)
"""The files to search in: name, text and attributes."""


def _shelf(api: Driver) -> str:
    """The id of a vector store with the three files."""
    made = store(api)
    for name, content, attributes in SHELF:
        shelve(api, made["id"], file(api, name, content), attributes=attributes)
    api.call("getVectorStore", vector_store_id=made["id"])
    return str(made["id"])


def test_queries(api: Driver) -> None:
    """Queries of each form with options around their bounds, and such as are none."""
    place: dict[str, Any] = {"vector_store_id": _shelf(api)}
    for body in (*stores.SEARCHES.kept, *stores.SEARCHES.broken, stores.SEARCHES.kept[0]):
        api.send("searchVectorStore", body, **place)


def test_empty_queries(api: Driver) -> None:
    """A search for nothing, which may be refused or find nothing."""
    place: dict[str, Any] = {"vector_store_id": _shelf(api)}
    for query in ("", [""], " "):
        api.send("searchVectorStore", {"query": query}, **place)


def test_filters(api: Driver) -> None:
    """Filters with every operator, joined and nested, and such as are none."""
    place: dict[str, Any] = {"vector_store_id": _shelf(api)}
    for filters in (*stores.FILTERS.kept, *stores.FILTERS.broken, *stores.FILTERS.kept):
        api.send("searchVectorStore", {"query": "pear tree cider", "filters": filters}, **place)


def test_filter_bounds(api: Driver) -> None:
    """The same search without filters, then with comparisons at, above and below what a file has, and with either."""
    place: dict[str, Any] = {"vector_store_id": _shelf(api)}
    found = {"query": "pear tree cider"}
    api.send("searchVectorStore", found, **place)
    for operator in ("eq", "ne", "gt", "gte", "lt", "lte"):
        api.send("searchVectorStore", found | {"filters": stores.compare(operator, "year", 2022)}, **place)
    kinds = [stores.compare("eq", "kind", kind) for kind in ("fruit", "tree")]
    api.send("searchVectorStore", found | {"filters": stores.joined("or", *kinds)}, **place)


def test_changes(api: Driver) -> None:
    """A search sees what is added, what is described anew, and what was taken out."""
    made, file_id = store(api), file(api)
    place = {"vector_store_id": made["id"]}
    for_fruit = {"query": "pear tree", "filters": stores.compare("eq", "kind", "fruit")}
    api.send("searchVectorStore", {"query": "pear tree"}, **place)
    shelve(api, made["id"], file_id)
    api.send("searchVectorStore", {"query": "pear tree"}, **place)
    api.send("searchVectorStore", for_fruit, **place)
    api.call("updateVectorStoreFileAttributes", {"attributes": {"kind": "fruit"}}, file_id=file_id, **place)
    api.send("searchVectorStore", for_fruit, **place)
    api.call("deleteVectorStoreFile", file_id=file_id, **place)
    api.send("searchVectorStore", {"query": "pear tree"}, **place)


def test_default_number(api: Driver) -> None:
    """Twelve files that all fit: as many as come unasked, and as many as are asked for."""
    made = store(api)
    added = [file(api, f"pear-{number}.txt", f"Pear tree number {number}.\n") for number in range(12)]
    batch = api.call("createVectorStoreFileBatch", {"file_ids": added}, vector_store_id=made["id"])
    api.wait_until_processed("getVectorStoreFileBatch", vector_store_id=made["id"], batch_id=batch["id"])
    for options in ({}, {"max_num_results": 1}, {"max_num_results": 11}, {"max_num_results": 12}):
        api.send("searchVectorStore", {"query": "pear tree", **options}, vector_store_id=made["id"])
