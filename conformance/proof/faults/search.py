"""Faults of the search in vector stores."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import forget
from conformance.proof.faults.fault import answers, requests
from conformance.proof.faults.scene import Answer, Scene, Sent

Json = dict[str, Any]
SEARCH = "searchVectorStore"


@requests(SEARCH, trips="SEARCH-COUNT-01")
def one_result_more(sent: Sent, scene: Scene) -> None:
    """A search has one result more than was asked for."""
    number = sent.body.get("max_num_results") if isinstance(sent.body, dict) else None
    if isinstance(number, int) and 0 < number < 50:
        sent.body["max_num_results"] = number + 1


@requests(SEARCH, trips="SEARCH-COUNT-01")
def twenty_by_default(sent: Sent, scene: Scene) -> None:
    """A search has up to twenty results where no number was asked for."""
    if isinstance(sent.body, dict) and sent.body.get("query"):
        sent.body.setdefault("max_num_results", 20)


requests(SEARCH, trips="SEARCH-THRESHOLD-01", id="search.threshold_ignored", about="The score threshold is ignored.")(
    forget("ranking_options.score_threshold", unless=lambda value: isinstance(value, str) or not 0 <= value <= 1)
)
requests(SEARCH, trips="SEARCH-FILTER-01", id="search.filters_ignored", about="Filters are ignored.")(forget("filters"))


def _joined(value: Any) -> Any:
    return {**value, "type": "or"} if isinstance(value, dict) and value.get("type") == "and" else value


@requests(SEARCH, trips="SEARCH-FILTER-01")
def greater_is_at_least(sent: Sent, scene: Scene) -> None:
    """A filter by gt finds what is equal, too."""
    filters = sent.body.get("filters") if isinstance(sent.body, dict) else None
    if isinstance(filters, dict) and filters.get("type") in ("gt", "lt"):
        sent.body["filters"] = {**filters, "type": f"{filters['type']}e"}


@requests(SEARCH, trips="SEARCH-FILTER-01")
def negation_ignored(sent: Sent, scene: Scene) -> None:
    """A filter by ne or nin is ignored."""
    filters = sent.body.get("filters") if isinstance(sent.body, dict) else None
    if isinstance(filters, dict) and filters.get("type") in ("ne", "nin"):
        del sent.body["filters"]


@requests(SEARCH, trips="SEARCH-FILTER-01")
def and_is_or(sent: Sent, scene: Scene) -> None:
    """Filters joined by and are joined by or."""
    filters = sent.body.get("filters") if isinstance(sent.body, dict) else None
    if isinstance(filters, dict):
        sent.body["filters"] = _joined(filters)


@answers(SEARCH, trips="SEARCH-PAGE-01")
def more_without_next_page(answer: Answer, scene: Scene) -> None:
    """A page of results says that there are more, and not where."""
    if answer.ok:
        answer.body["has_more"] = True


@answers("retrieveVectorStoreFileContent", trips="SEARCH-PAGE-01")
def next_page_of_nothing(answer: Answer, scene: Scene) -> None:
    """The content of a file tells a next page where there is none."""
    if answer.ok:
        answer.body["next_page"] = "page_2"


@answers(SEARCH, "deleteVectorStoreFile", "deleteFile", trips="SEARCH-FILE-01")
def finds_what_was_taken_out(answer: Answer, scene: Scene) -> None:
    """A search goes on finding what was taken out of the vector store."""
    key = scene.ids.get("vector_store_id", "")
    if answer.ok and scene.operation == SEARCH:
        known = {result["file_id"] for result in answer.body["data"]}
        store = scene.endpoint.store.vector_stores[key]
        gone = [
            result
            for name, result in scene.memory.get(key, {}).items()
            if name not in known and name not in store.files
        ]
        scene.memory.setdefault(key, {}).update({result["file_id"]: result for result in answer.body["data"]})
        answer.body["data"] += gone


@answers(SEARCH, trips="SEARCH-NAME-01")
def name_without_extension(answer: Answer, scene: Scene) -> None:
    """A result tells the name of its file without its extension."""
    if answer.ok:
        for result in answer.body["data"]:
            result["filename"] = result["filename"].rpartition(".")[0] or result["filename"]


@answers(SEARCH, trips="SEARCH-ATTRIBUTES-01")
def results_without_attributes(answer: Answer, scene: Scene) -> None:
    """The results of a search show no attributes."""
    if answer.ok:
        for result in answer.body["data"]:
            result["attributes"] = {}


@answers(SEARCH, trips="SEARCH-ORDER-01")
def worst_first(answer: Answer, scene: Scene) -> None:
    """The worst result stands first."""
    if answer.ok:
        answer.body["data"].reverse()


@answers(SEARCH, trips="SEARCH-QUERY-01")
def first_query_only(answer: Answer, scene: Scene) -> None:
    """Of several queries only the first is told."""
    if answer.ok and isinstance(answer.body["search_query"], list):
        answer.body["search_query"] = answer.body["search_query"][:1]


@answers(SEARCH, trips="SEARCH-QUERY-01")
def query_in_lower_case(answer: Answer, scene: Scene) -> None:
    """The query that is told is in lower case."""
    if answer.ok:
        answer.body["search_query"] = [query.lower() for query in answer.body["search_query"]]


@answers(SEARCH, trips="SEARCH-CONTENT-01")
def content_in_lower_case(answer: Answer, scene: Scene) -> None:
    """The text of a result is in lower case."""
    if answer.ok:
        for result in answer.body["data"]:
            for part in result["content"]:
                part["text"] = part["text"].lower()
