"""Faults of bounds on files, vector stores, batches and searches; they belong to the area `limits`."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import among, as_text, clamp, cut, drop, is_number, query, replace
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import request_bodies, requests
from conformance.proof.faults.operations import CHUNKED, STORE

on_search = request_bodies("searchVectorStore")


def _halved(static: Any) -> Any:
    """A static strategy whose overlap is at most half of its chunks."""
    overlap, size = (static.get(name) for name in ("chunk_overlap_tokens", "max_chunk_size_tokens"))
    if is_number(overlap) and isinstance(size, int):
        static["chunk_overlap_tokens"] = max(0, min(overlap, size // 2))
    return static


def _page(least: int, most: int) -> Callable[[str], str]:
    def make(text: str) -> str:
        try:
            return str(min(max(int(text), least), most))
        except ValueError:
            return text

    return make


def _scalars(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
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


requests("listFiles")("LIMIT-LIST-02", "limits.page_of_files_clamped")(
    "A limit of files above 10,000 becomes 10,000.", query("limit", _page(1, 10000))
)
requests("listVectorStoreFiles", "listFilesInVectorStoreBatch")("LIMIT-LIST-05", "limits.unknown_filter_ignored")(
    "An unknown filter is ignored.",
    query("filter", lambda word: word if word in ("in_progress", "completed", "failed", "cancelled") else None),
)
request_bodies(*CHUNKED)("LIMIT-CHUNK-02", "limits.overlap_lowered")(
    "An overlap of more than half of the chunk size is lowered to it.",
    replace("chunking_strategy.static", lambda value: _halved(value) if isinstance(value, dict) else value),
)
request_bodies(*CHUNKED)("LIMIT-CHUNK-01", "limits.chunk_size_clamped")(
    "A chunk size is brought between 100 and 4096.",
    replace("chunking_strategy.static.max_chunk_size_tokens", clamp(100, 4096)),
)
request_bodies(*CHUNKED)("LIMIT-CHUNK-03", "limits.strategy_guessed")(
    "An unknown chunking strategy becomes auto.", replace("chunking_strategy", _strategy)
)
request_bodies("createVectorStore")("LIMIT-VS-01", "limits.store_files_cut")(
    "A vector store made with more than 500 files is made with none.",
    drop("file_ids", unless=lambda value: not isinstance(value, list) or len(value) <= 500),
)
request_bodies(*STORE)("LIMIT-VS-02", "limits.days_clamped")(
    "The days of a vector store are brought between 1 and 365.", replace("expires_after.days", clamp(1, 365))
)
request_bodies(*STORE)("LIMIT-VS-02", "limits.any_anchor")(
    "Any anchor of an expiration policy stands for last_active_at.",
    replace("expires_after.anchor", among("last_active_at")),
)
request_bodies(*STORE)("LIMIT-VS-05", "limits.store_name_written_out")(
    "A name of a vector store that is not a string is written out as one.", replace("name", as_text)
)
request_bodies("createVectorStoreFileBatch")("LIMIT-BATCH-02", "limits.batch_named_twice")(
    "Where a batch names its files both ways, file_ids counts.",
    lambda body, _: body.pop("files", None) if body.get("file_ids") else None,
)
request_bodies("createVectorStoreFile", "updateVectorStoreFileAttributes", "createVectorStoreFileBatch")(
    "LIMIT-VSF-01", "limits.attributes_dropped"
)("Attributes that are not strings, numbers or booleans are dropped.", replace("attributes", _scalars))
request_bodies("createVectorStoreFile", "updateVectorStoreFileAttributes")(
    "LIMIT-VSF-01", "limits.attribute_values_cut"
)(
    "Attribute values of more than 512 characters are cut.",
    replace(
        "attributes",
        lambda value: {name: cut(512)(part) for name, part in value.items()} if isinstance(value, dict) else value,
    ),
)
request_bodies("updateVectorStoreFileAttributes")("LIMIT-VSF-02", "limits.attributes_forgotten")(
    "An update of attributes that brings none takes them away.", lambda body, _: body.setdefault("attributes", {})
)
on_search("LIMIT-SEARCH-01", "limits.search_results_clamped")(
    "The number of results of a search is brought between 1 and 50.", replace("max_num_results", clamp(1, 50))
)
on_search("LIMIT-SEARCH-02", "limits.search_for_nothing")(
    "A search without a query finds something all the same.",
    lambda body, _: body.update(query=_found(body.get("query"))),
)
on_search("LIMIT-SEARCH-05", "limits.no_queries")(
    "A search with an empty list of queries finds something all the same.",
    replace("query", lambda value: value or "everything"),
)
on_search("LIMIT-SEARCH-03", "limits.comparison_guessed")(
    "A filter with an unknown comparison compares for equality.", replace("filters", _filter)
)
on_search("LIMIT-SEARCH-04", "limits.search_threshold_clamped")(
    "The score threshold of a search is brought between 0 and 1.",
    replace("ranking_options.score_threshold", clamp(0, 1)),
)


@request_bodies("createVectorStoreFileBatch").function("LIMIT-BATCH-01", area="limits")
def batch_cut(body: Json, context: FaultContext) -> None:
    """A batch of more than 2,000 files takes one of them."""
    if isinstance((names := body.get("file_ids")), list) and len(names) > 2000:
        body["file_ids"] = list(context.store.files)[:1]


@request_bodies("createVectorStoreFile").function("LIMIT-VSF-03", area="limits")
def no_file_named(body: Json, context: FaultContext) -> None:
    """A file that is added without its id is the one that was uploaded last."""
    if context.store.files:
        body.setdefault("file_id", list(context.store.files)[-1])
