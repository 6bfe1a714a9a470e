"""Chunks may overlap by half of their size at most, wherever a request says how files are cut."""

from typing import Any

import pytest

from tests.checks.judging import Checks
from tests.traces import Call, assistant, call, error, thread, trace

STORE = {"id": "vs_V1", "object": "vector_store", "created_at": 1_735_689_600, "status": "completed", "name": None}


def chunks(size: int, overlap: int) -> dict[str, Any]:
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def stores(size: int, overlap: int) -> dict[str, Any]:
    return {"tool_resources": {"file_search": {"vector_stores": [{"chunking_strategy": chunks(size, overlap)}]}}}


def tripped(one: Call) -> set[str]:
    return Checks("limits.request_bounds").tripped(trace(one))


@pytest.mark.parametrize(("size", "overlap"), [(800, 400), (801, 400), (100, 0), (100, 50), (4096, 2048)])
def test_half_is_in_order(size: int, overlap: int) -> None:
    assert tripped(call("POST /vector_stores", STORE, sent={"chunking_strategy": chunks(size, overlap)})) == set()


@pytest.mark.parametrize(("size", "overlap"), [(800, 401), (801, 401), (100, 51), (100, 2048)])
def test_more_is_to_be_refused(size: int, overlap: int) -> None:
    sent = {"chunking_strategy": chunks(size, overlap)}
    assert tripped(call("POST /vector_stores", STORE, sent=sent)) == {"LIMIT-CHUNK-02"}
    assert tripped(error("POST /vector_stores", 400, sent=sent)) == set()


@pytest.mark.parametrize(
    "one",
    [
        call(
            "POST /vector_stores/vs_V1/files", STORE, sent={"file_id": "file-1", "chunking_strategy": chunks(800, 500)}
        ),
        call("POST /assistants", assistant(), sent={"model": "gpt-4o", **stores(800, 500)}),
        call("POST /threads", thread(), sent=stores(800, 500)),
    ],
    ids=["a file", "an assistant", "a thread"],
)
def test_it_is_found_wherever_chunks_are_described(one: Call) -> None:
    assert tripped(one) == {"LIMIT-CHUNK-02"}


def test_what_breaks_a_keyword_is_told_once() -> None:
    sent = {"chunking_strategy": chunks(50, 49)}
    assert tripped(call("POST /vector_stores", STORE, sent=sent)) == {"LIMIT-CHUNK-01"}
    assert tripped(call("POST /vector_stores", STORE, sent={"metadata": {"chunking_strategy": "800, 500"}})) == set()
