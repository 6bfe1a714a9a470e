"""Faults of bounds on files, vector stores, batches and searches; they belong to the area `limits`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import (
    among,
    body,
    clamp,
    cut,
    forget,
    is_number,
    member,
)
from conformance.proof.faults.fault import requests
from conformance.proof.faults.leniency import Change, Row, lenient, query, text
from conformance.proof.faults.scene import Scene, Sent

_HALF = body(
    lambda sent: (
        [
            static.update(chunk_overlap_tokens=max(0, min(static["chunk_overlap_tokens"], size // 2)))
            for static in [(sent.get("chunking_strategy") or {}).get("static")]
            if isinstance(static, dict)
            and is_number(static.get("chunk_overlap_tokens"))
            and isinstance(size := static.get("max_chunk_size_tokens"), int)
        ]
        if isinstance(sent.get("chunking_strategy"), dict)
        else None
    )
)


def _page(least: int, most: int) -> Callable[[str], str]:
    def make(text: str) -> str:
        try:
            return str(min(max(int(text), least), most))
        except ValueError:
            return text

    return make


def _attributes(make: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return member("attributes", lambda value: make(value) if isinstance(value, dict) else value)


def _scalars(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if isinstance(part, str | int | float)}


def _strategy(value: Any) -> Any:
    if isinstance(value, dict) and (
        value.get("type") == "auto" or (value.get("type") == "static" and len(value.get("static") or ()) == 2)
    ):
        return value
    return {"type": "auto"}


def _filter(value: Any) -> Any:
    """A filter with an unknown comparison compares for equality."""
    if isinstance(value, dict) and value.get("type") in ("and", "or"):
        filters = value.get("filters")
        return {**value, "filters": [_filter(each) for each in filters]} if isinstance(filters, list) else value
    known = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
    return {**value, "type": "eq"} if isinstance(value, dict) and value.get("type") not in known else value


def _found(value: Any) -> Any:
    return value if isinstance(value, str | list) and value else "everything"


LENIENT: list[Row] = [
    (
        "page_of_files_clamped",
        "LIMIT-LIST-02",
        "listFiles",
        "A limit of files above 10,000 becomes 10,000.",
        query("limit", _page(1, 10_000)),
    ),
    (
        "unknown_filter_ignored",
        "LIMIT-LIST-05",
        "listVectorStoreFiles listFilesInVectorStoreBatch",
        "An unknown filter is ignored.",
        query("filter", lambda word: word if word in ("in_progress", "completed", "failed", "cancelled") else None),
    ),
    (
        "overlap_lowered",
        "LIMIT-CHUNK-02",
        "createVectorStore createVectorStoreFile createVectorStoreFileBatch",
        "An overlap of more than half of the chunk size is lowered to it.",
        _HALF,
    ),
    (
        "chunk_size_clamped",
        "LIMIT-CHUNK-01",
        "createVectorStore createVectorStoreFile createVectorStoreFileBatch",
        "A chunk size is brought between 100 and 4096.",
        member("chunking_strategy.static.max_chunk_size_tokens", clamp(100, 4096)),
    ),
    (
        "strategy_guessed",
        "LIMIT-CHUNK-03",
        "createVectorStore createVectorStoreFile createVectorStoreFileBatch",
        "An unknown chunking strategy becomes auto.",
        member("chunking_strategy", _strategy),
    ),
    (
        "store_files_cut",
        "LIMIT-VS-01",
        "createVectorStore",
        "A vector store made with more than 500 files is made with none.",
        forget("file_ids", unless=lambda value: not isinstance(value, list) or len(value) <= 500),
    ),
    (
        "days_clamped",
        "LIMIT-VS-02",
        "createVectorStore modifyVectorStore",
        "The days of a vector store are brought between 1 and 365.",
        member("expires_after.days", clamp(1, 365)),
    ),
    (
        "any_anchor",
        "LIMIT-VS-02",
        "createVectorStore modifyVectorStore",
        "Any anchor of an expiration policy stands for last_active_at.",
        member("expires_after.anchor", among("last_active_at")),
    ),
    (
        "store_name_written_out",
        "LIMIT-VS-05",
        "createVectorStore modifyVectorStore",
        "A name of a vector store that is no text is written out as one.",
        member("name", text),
    ),
    (
        "batch_named_twice",
        "LIMIT-BATCH-02",
        "createVectorStoreFileBatch",
        "Where a batch names its files both ways, file_ids counts.",
        body(lambda sent: sent.pop("files", None) if sent.get("file_ids") else None),
    ),
    (
        "attributes_dropped",
        "LIMIT-VSF-01",
        "createVectorStoreFile updateVectorStoreFileAttributes createVectorStoreFileBatch",
        "Attributes that are no texts, numbers or booleans are dropped.",
        _attributes(_scalars),
    ),
    (
        "attribute_values_cut",
        "LIMIT-VSF-01",
        "createVectorStoreFile updateVectorStoreFileAttributes",
        "Attribute values of more than 512 characters are cut.",
        _attributes(lambda value: {name: cut(512)(part) for name, part in value.items()}),
    ),
    (
        "attributes_forgotten",
        "LIMIT-VSF-02",
        "updateVectorStoreFileAttributes",
        "An update of attributes that brings none takes them away.",
        body(lambda sent: sent.setdefault("attributes", {})),
    ),
    (
        "search_results_clamped",
        "LIMIT-SEARCH-01",
        "searchVectorStore",
        "The number of results of a search is brought between 1 and 50.",
        member("max_num_results", clamp(1, 50)),
    ),
    (
        "search_for_nothing",
        "LIMIT-SEARCH-02",
        "searchVectorStore",
        "A search without a query finds something all the same.",
        body(lambda sent: sent.update(query=_found(sent.get("query")))),
    ),
    (
        "no_queries",
        "LIMIT-SEARCH-05",
        "searchVectorStore",
        "A search with an empty list of queries finds something all the same.",
        member("query", lambda value: value or "everything"),
    ),
    (
        "comparison_guessed",
        "LIMIT-SEARCH-03",
        "searchVectorStore",
        "A filter with an unknown comparison compares for equality.",
        member("filters", _filter),
    ),
    (
        "search_threshold_clamped",
        "LIMIT-SEARCH-04",
        "searchVectorStore",
        "The score threshold of a search is brought between 0 and 1.",
        member("ranking_options.score_threshold", clamp(0, 1)),
    ),
]
"""What is accepted that must be refused."""

lenient(LENIENT)


@requests("createVectorStoreFileBatch", trips="LIMIT-BATCH-01", id="limits.batch_cut")
def batch_cut(sent: Sent, scene: Scene) -> None:
    """A batch of more than 2,000 files takes one of them."""
    if isinstance(sent.body, dict) and isinstance(names := sent.body.get("file_ids"), list) and len(names) > 2000:
        sent.body["file_ids"] = list(scene.endpoint.store.files)[:1]


@requests("createVectorStoreFile", trips="LIMIT-VSF-03", id="limits.no_file_named")
def no_file_named(sent: Sent, scene: Scene) -> None:
    """A file that is added without its id is the one that was uploaded last."""
    known = list(scene.endpoint.store.files)
    if isinstance(sent.body, dict) and known:
        sent.body.setdefault("file_id", known[-1])
