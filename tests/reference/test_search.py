"""Search in vector stores: what is found, in which order, and through which filters."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reference.search import admits, chunked, readable
from tests.reference.uploads import upload

TEXTS = {
    "pears.txt": "Pears are green. A pear is a fruit.",
    "plums.html": "<p>Plums are <b>blue</b>.</p>",
    "nuts.md": "Nuts are brown, and so are some pears.",
}


@pytest.fixture(scope="module")
def shelf(http: httpx.Client) -> str:
    store = str(http.post("/vector_stores", json={}).json()["id"])
    for number, (name, text) in enumerate(TEXTS.items()):
        body = {"file_id": upload(http, name, text), "attributes": {"n": number, "name": name, "fruit": number < 2}}
        http.post(f"/vector_stores/{store}/files", json=body)
    while http.get(f"/vector_stores/{store}").json()["status"] == "in_progress":
        pass
    return store


def found(http: httpx.Client, store: str, query: Any, **body: Any) -> list[str]:
    response = http.post(f"/vector_stores/{store}/search", json={"query": query, **body})
    assert response.status_code == 200, response.text
    scores = [row["score"] for row in response.json()["data"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    return [row["filename"] for row in response.json()["data"]]


def test_a_page_of_results(http: httpx.Client, shelf: str) -> None:
    page = http.post(f"/vector_stores/{shelf}/search", json={"query": "Which plums are BLUE?"}).json()
    assert list(page) == ["object", "search_query", "data", "has_more", "next_page"]
    best = page["data"][0]
    assert (best["filename"], best["attributes"]) == ("plums.html", {"n": 1, "name": "plums.html", "fruit": True})
    assert best["content"][0]["type"] == "text"
    assert "<p>" not in best["content"][0]["text"]


def test_queries_and_bounds(http: httpx.Client, shelf: str) -> None:
    assert found(http, shelf, "pears") == ["pears.txt", "nuts.md"]
    assert found(http, shelf, ["plums", "nuts"])[:2] == ["plums.html", "nuts.md"]
    assert found(http, shelf, "pears", max_num_results=1) == ["pears.txt"]
    assert found(http, shelf, "pears", ranking_options={"score_threshold": 1}) == []
    assert found(http, shelf, "nothing of the kind") == []
    rewritten = http.post(f"/vector_stores/{shelf}/search", json={"query": "Pears?!", "rewrite_query": True}).json()
    assert rewritten["search_query"] == ["pears"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"type": "eq", "key": "n", "value": 0}, {"pears.txt"}),
        ({"type": "ne", "key": "n", "value": 0}, {"plums.html", "nuts.md"}),
        ({"type": "gte", "key": "n", "value": 1}, {"plums.html", "nuts.md"}),
        ({"type": "gt", "key": "n", "value": 1}, {"nuts.md"}),
        ({"type": "lt", "key": "n", "value": 1}, {"pears.txt"}),
        ({"type": "lte", "key": "n", "value": 1}, {"pears.txt", "plums.html"}),
        ({"type": "eq", "key": "fruit", "value": True}, {"pears.txt", "plums.html"}),
        ({"type": "eq", "key": "fruit", "value": 1}, set()),
        ({"type": "in", "key": "name", "value": ["nuts.md", "x"]}, {"nuts.md"}),
        ({"type": "nin", "key": "name", "value": ["nuts.md"]}, {"pears.txt", "plums.html"}),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "n", "value": 2},
                    {
                        "type": "and",
                        "filters": [
                            {"type": "eq", "key": "fruit", "value": True},
                            {"type": "lt", "key": "n", "value": 1},
                        ],
                    },
                ],
            },
            {"pears.txt", "nuts.md"},
        ),
    ],
)
def test_filters(http: httpx.Client, shelf: str, filters: dict[str, Any], names: set[str]) -> None:
    assert set(found(http, shelf, "are", filters=filters)) == names


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "query"),
        ({"query": []}, "query"),
        ({"query": "x", "max_num_results": 0}, "max_num_results"),
        ({"query": "x", "max_num_results": 51}, "max_num_results"),
        ({"query": "x", "ranking_options": {"score_threshold": 1.1}}, "ranking_options.score_threshold"),
        ({"query": "x", "ranking_options": {"ranker": "default_2024_08_21"}}, "ranking_options.ranker"),
        ({"query": "x", "filters": {"type": "like", "key": "n", "value": 1}}, "filters.type"),
        ({"query": "x", "filters": {"type": "eq", "value": 1}}, "filters.key"),
        ({"query": "x", "filters": {"type": "and", "filters": [{"type": "eq", "key": "n", "value": {}}]}}, "filters."),
    ],
)
def test_searches_that_are_refused(http: httpx.Client, shelf: str, body: dict[str, Any], param: str) -> None:
    refused = http.post(f"/vector_stores/{shelf}/search", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"].startswith(param)


@given(st.text(max_size=400), st.integers(1, 50), st.integers(0, 25))
def test_chunks_hold_the_whole_text(text: str, size: int, overlap: int) -> None:
    parts = chunked(text, size, min(overlap, size // 2))
    assert all(part in text for part in parts)
    assert bool(parts) is bool(text)
    assert not text or (text.startswith(parts[0]) and text.endswith(parts[-1]))
    if not overlap:
        assert "".join(parts) == text


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "utf-8-sig", "utf-16"])
def test_readable_encodings(encoding: str) -> None:
    assert readable("plain words".encode(encoding), "a.txt") == "plain words"


def test_an_attribute_that_is_not_there_passes_only_negations() -> None:
    passed = {
        kind
        for kind in ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
        if admits({"type": kind, "key": "k", "value": [1] if kind in ("in", "nin") else 1}, {})
    }
    assert passed == {"ne", "nin"}
