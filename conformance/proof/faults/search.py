"""Faults of the search in vector stores."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import drop, has, put, when
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answer_bodies, answers, request_bodies, requests
from conformance.proof.interception import Answer, Request

Json = dict[str, Any]

SEARCH = "searchVectorStore"


@requests(SEARCH).function("SEARCH-COUNT-01")
def one_result_more(request: Request, context: FaultContext) -> None:
    """A search has one result more than was asked for."""
    number = request.body.get("max_num_results") if isinstance(request.body, dict) else None
    if isinstance(number, int) and 0 < number < 50:
        request.body["max_num_results"] = number + 1


request_bodies(SEARCH)("SEARCH-COUNT-01", "search.twenty_by_default")(
    "A search has up to twenty results where no number was asked for.",
    when(has("query"), lambda body, _: body.setdefault("max_num_results", 20)),
)
request_bodies(SEARCH)("SEARCH-THRESHOLD-01", "search.threshold_ignored")(
    "The score threshold is ignored.",
    drop("ranking_options.score_threshold", unless=lambda value: isinstance(value, str) or not 0 <= value <= 1),
)
request_bodies(SEARCH)("SEARCH-FILTER-01", "search.filters_ignored")("Filters are ignored.", drop("filters"))


def _joined(value: Any) -> Any:
    return {**value, "type": "or"} if isinstance(value, dict) and value.get("type") == "and" else value


@requests(SEARCH).function("SEARCH-FILTER-01")
def greater_is_at_least(request: Request, context: FaultContext) -> None:
    """A filter by gt finds what is equal, too."""
    filters = request.body.get("filters") if isinstance(request.body, dict) else None
    if isinstance(filters, dict) and filters.get("type") in ("gt", "lt"):
        request.body["filters"] = {**filters, "type": f"{filters['type']}e"}


@requests(SEARCH).function("SEARCH-FILTER-01")
def negation_ignored(request: Request, context: FaultContext) -> None:
    """A filter by ne or nin is ignored."""
    filters = request.body.get("filters") if isinstance(request.body, dict) else None
    if isinstance(filters, dict) and filters.get("type") in ("ne", "nin"):
        del request.body["filters"]


@requests(SEARCH).function("SEARCH-FILTER-01")
def and_is_or(request: Request, context: FaultContext) -> None:
    """Filters joined by and are joined by or."""
    filters = request.body.get("filters") if isinstance(request.body, dict) else None
    if isinstance(filters, dict):
        request.body["filters"] = _joined(filters)


answer_bodies(SEARCH)("SEARCH-PAGE-01", "search.more_without_next_page")(
    "A page of results says that there are more, and not where.", put("has_more", True)
)
answer_bodies("retrieveVectorStoreFileContent")("SEARCH-PAGE-01", "search.next_page_of_nothing")(
    "The content of a file tells a next page where there is none.", put("next_page", "page_2")
)


@answers(SEARCH, "deleteVectorStoreFile", "deleteFile").function("SEARCH-FILE-01")
def finds_what_was_taken_out(answer: Answer, context: FaultContext) -> None:
    """A search goes on finding what was taken out of the vector store."""
    key = context.ids.get("vector_store_id", "")
    if answer.ok and context.operation == SEARCH:
        known = {result["file_id"] for result in answer.body["data"]}
        store = context.endpoint.store.vector_stores[key]
        gone = [
            result
            for name, result in context.memory.get(key, {}).items()
            if name not in known and name not in store.files
        ]
        context.memory.setdefault(key, {}).update({result["file_id"]: result for result in answer.body["data"]})
        answer.body["data"] += gone


@answer_bodies(SEARCH).function("SEARCH-NAME-01")
def name_without_extension(body: Json, context: FaultContext) -> None:
    """A result tells the name of its file without its extension."""
    for result in body["data"]:
        result["filename"] = result["filename"].rpartition(".")[0] or result["filename"]


@answer_bodies(SEARCH).function("SEARCH-ATTRIBUTES-01")
def results_without_attributes(body: Json, context: FaultContext) -> None:
    """The results of a search show no attributes."""
    for result in body["data"]:
        result["attributes"] = {}


answer_bodies(SEARCH)("SEARCH-ORDER-01", "search.worst_first")(
    "The worst result stands first.", lambda body, _: body["data"].reverse()
)
answer_bodies(SEARCH)("SEARCH-QUERY-01", "search.first_query_only")(
    "Of several queries only the first is told.",
    when(
        lambda body, _: isinstance(body["search_query"], list),
        lambda body, _: body.update(search_query=body["search_query"][:1]),
    ),
)
answer_bodies(SEARCH)("SEARCH-QUERY-01", "search.query_in_lower_case")(
    "The query that is told is in lower case.",
    lambda body, _: body.update(search_query=[query.lower() for query in body["search_query"]]),
)


@answer_bodies(SEARCH).function("SEARCH-CONTENT-01")
def content_in_lower_case(body: Json, context: FaultContext) -> None:
    """The text of a result is in lower case."""
    for result in body["data"]:
        for part in result["content"]:
            part["text"] = part["text"].lower()
