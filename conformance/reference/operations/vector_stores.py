"""Vector stores, and the search in them."""

from collections.abc import Mapping
from typing import Any

from conformance.reference import file_objects, objects, search
from conformance.reference.endpoint import Endpoint
from conformance.reference.objects import Json
from conformance.reference.operation import Answer, Call, Operation
from conformance.reference.pagination import page
from conformance.reference.request_schemas import CREATE_STORE, MODIFY_STORE, PAGE, SEARCH
from conformance.reference.store import Record, VectorStore

HELPER_DAYS = 7


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on vector stores."""
    store = endpoint.store

    def find(call: Call) -> VectorStore:
        return store.vector_store(call.path["vector_store_id"])

    def create(call: Call) -> Answer:
        store.require_files(call.body.get("file_ids") or [])
        return create_store(endpoint, call.body).shown

    def retrieve(call: Call) -> Answer:
        return find(call).shown

    def modify(call: Call) -> Answer:
        found = find(call)
        if "name" in call.body:
            found.value["name"] = call.body["name"]
        objects.replace_metadata(found.value, call.body)
        if "expires_after" in call.body:
            found.value["expires_after"] = file_objects.policy(call.body["expires_after"])
            found.value["expires_at"] = file_objects.expiry(found.value)
        return found.shown

    def delete(call: Call) -> Answer:
        found = find(call)
        store.remember_position(found)
        del store.vector_stores[found.id]
        return objects.deleted(found.value)

    def listed(call: Call) -> Answer:
        records = [Record(found.shown, found.sequence) for found in store.vector_stores.values()]
        return page(records, call.query, store, "vector store")

    def find_passages(call: Call) -> Answer:
        found = store.vector_store(call.path["vector_store_id"], alive=True)
        endpoint.indexer.touch(found)
        query = call.body["query"]
        queries = [query] if isinstance(query, str) else list(query)
        hits = search.search(
            found,
            {file.id: file.value["filename"] for file in store.files.values()},
            queries,
            most=int(call.body.get("max_num_results", 10)),
            threshold=(call.body.get("ranking_options") or {}).get("score_threshold", 0.0),
            filters=call.body.get("filters"),
        )
        if call.body.get("rewrite_query"):
            queries = [" ".join(search.words(each)) or each for each in queries]
        return {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_result(hit) for hit in hits],
            "has_more": False,
            "next_page": None,
        }

    one = "/vector_stores/{vector_store_id}"
    return [
        Operation("POST", "/vector_stores", create, body=CREATE_STORE, beta=False),
        Operation("GET", "/vector_stores", listed, query=PAGE, beta=False),
        Operation("GET", one, retrieve, beta=False),
        Operation("POST", one, modify, body=MODIFY_STORE, beta=False),
        Operation("DELETE", one, delete, beta=False),
        Operation("POST", f"{one}/search", find_passages, body=SEARCH, beta=False),
    ]


def create_store(endpoint: Endpoint, body: Mapping[str, Any]) -> VectorStore:
    """Keep a new vector store and begin to index its files."""
    value = file_objects.vector_store(endpoint.ids.make("vs"), endpoint.clock.now(), dict(body))
    made = VectorStore(value, endpoint.store.number())
    endpoint.store.vector_stores[made.id] = made
    value["expires_at"] = file_objects.expiry(value)
    for identifier in dict.fromkeys(body.get("file_ids") or []):
        file = endpoint.store.files[identifier]
        endpoint.indexer.add(made, file, attributes=None, chunking=body.get("chunking_strategy"))
    return made


def resolved(endpoint: Endpoint, resources: Mapping[str, Any] | None, *, expires: bool) -> Json | None:
    """Tool resources with the vector store that they describe made and named."""
    if resources is None:
        return None
    found = resources.get("file_search") or {}
    described = found.get("vector_stores") or []
    if not described:
        return dict(resources)
    policy = {"expires_after": {"anchor": "last_active_at", "days": HELPER_DAYS}} if expires else {}
    made = [create_store(endpoint, {**policy, **each}).id for each in described]
    return {**resources, "file_search": {"vector_store_ids": made}}


def _result(hit: search.Hit) -> Json:
    return {
        "file_id": hit.entry.id,
        "filename": hit.filename,
        "score": hit.score,
        "attributes": hit.entry.value["attributes"],
        "content": [{"type": "text", "text": hit.text}],
    }
