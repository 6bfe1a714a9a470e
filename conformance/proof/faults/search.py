"""Faults of the search in vector stores."""

from typing import Any

from conformance.proof.faults.changes import drop, has, put, replace, when
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answer_bodies, answers, request_bodies
from conformance.proof.interception import Answer

SEARCH = "searchVectorStore"
on_search = request_bodies(SEARCH)
on_results = answer_bodies(SEARCH)
on_search("SEARCH-COUNT-01", "search.one_result_more")(
    "A search has one result more than was asked for.",
    replace("max_num_results", lambda number: number + 1 if isinstance(number, int) and 0 < number < 50 else number),
)
on_search("SEARCH-COUNT-01", "search.twenty_by_default")(
    "A search has up to twenty results where no number was asked for.",
    when(has("query"), lambda body, _: body.setdefault("max_num_results", 20)),
)
on_search("SEARCH-THRESHOLD-01", "search.threshold_ignored")(
    "The score threshold is ignored.",
    drop("ranking_options.score_threshold", unless=lambda value: isinstance(value, str) or not 0 <= value <= 1),
)
on_search("SEARCH-FILTER-01", "search.filters_ignored")("Filters are ignored.", drop("filters"))


def _joined(value: Any) -> Any:
    return {**value, "type": "or"} if isinstance(value, dict) and value.get("type") == "and" else value


on_search("SEARCH-FILTER-01", "search.greater_is_at_least")(
    "A filter by gt finds what is equal, too.",
    replace("filters.type", lambda kind: f"{kind}e" if kind in ("gt", "lt") else kind),
)
on_search("SEARCH-FILTER-01", "search.negation_ignored")(
    "A filter by ne or nin is ignored.",
    drop("filters", unless=lambda value: not isinstance(value, dict) or value.get("type") not in ("ne", "nin")),
)
on_search("SEARCH-FILTER-01", "search.and_is_or")(
    "Filters joined by and are joined by or.", replace("filters.type", lambda kind: "or" if kind == "and" else kind)
)
on_search("SEARCH-FILTER-01", "search.below_is_at_most")(
    "A filter by lt finds what is equal, too.", replace("filters.type", lambda kind: "lte" if kind == "lt" else kind)
)
on_search("SEARCH-FILTER-02", "search.at_least_is_greater")(
    "A filter by gte or lte does not find what is equal.",
    replace("filters.type", lambda kind: kind[:2] if kind in ("gte", "lte") else kind),
)
on_search("SEARCH-FILTER-02", "search.or_is_and")(
    "Filters joined by or are joined by and.", replace("filters.type", lambda kind: "and" if kind == "or" else kind)
)
on_results("SEARCH-CONTENT-02", "search.results_without_content")(
    "The results of a search show no content.", put("data.content", [])
)
on_results("SEARCH-PAGE-01", "search.more_without_next_page")(
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
        store = context.store.vector_stores[key]
        gone = [
            result
            for name, result in context.memory.get(key, {}).items()
            if name not in known and name not in store.files
        ]
        context.memory.setdefault(key, {}).update({result["file_id"]: result for result in answer.body["data"]})
        answer.body["data"] += gone


on_results("SEARCH-NAME-01", "search.name_without_extension")(
    "A result tells the name of its file without its extension.",
    replace("data.filename", lambda name: name.rpartition(".")[0] or name),
)
on_results("SEARCH-ATTRIBUTES-01", "search.results_without_attributes")(
    "The results of a search show no attributes.", put("data.attributes", {})
)
on_results("SEARCH-ORDER-01", "search.worst_first")(
    "The worst result stands first.", lambda body, _: body["data"].reverse()
)
on_results("SEARCH-QUERY-01", "search.first_query_only")(
    "Of several queries only the first is told.",
    when(
        lambda body, _: isinstance(body["search_query"], list),
        lambda body, _: body.update(search_query=body["search_query"][:1]),
    ),
)
on_results("SEARCH-QUERY-01", "search.query_in_lower_case")(
    "The query that is told is in lower case.",
    lambda body, _: body.update(search_query=[query.lower() for query in body["search_query"]]),
)
on_results("SEARCH-CONTENT-01", "search.content_in_lower_case")(
    "The text of a result is in lower case.", replace("data.content.text", str.lower)
)
