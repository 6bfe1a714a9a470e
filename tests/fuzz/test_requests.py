"""What is asked of an endpoint: every bound, every known mistake, and nothing that is not ours to touch."""

from itertools import chain

import pytest

from conformance import contract
from conformance.fuzz.boundary_requests import boundary_requests
from conformance.fuzz.mistakes import unknown
from conformance.fuzz.prerequisites import absent_path
from conformance.proof.faults import all_faults
from tests.fuzz.places import faulty, searches

LOADED = contract.load()


@pytest.mark.parametrize(
    ("fault", "search"),
    [
        ("errors.unknown_is_null", "getThread.negative"),
        pytest.param("errors.any_media_type", "createThread.negative", marks=pytest.mark.long),
        pytest.param("errors.detail_of_the_framework", "getThread.negative", marks=pytest.mark.long),
        pytest.param("errors.thread_before_parameters", "modifyRun.negative", marks=pytest.mark.long),
        ("limits.search_results_clamped", "searchVectorStore.negative"),
        ("limits.temperature_up_to_one", "createAssistant.positive"),
        pytest.param("schemas.streamed_message_without_status", "createRun.positive", marks=pytest.mark.long),
    ],
)
def test_what_is_tried_always_finds_a_fault(fault: str, search: str) -> None:
    requirement = all_faults()[fault].trips
    with faulty(fault) as url:
        (found,) = searches(url, search)
    assert requirement in found.smallest, sorted(found.smallest)


def test_right_requests_are_right_and_wrong_ones_wrong() -> None:
    for operation in LOADED.operations:
        for mode in ("positive", "negative"):
            for request in chain(*boundary_requests(operation, mode, LOADED, seed=0)[:2]):
                assert request.is_wrong(operation, LOADED) == (mode == "negative"), (operation.operation_id, mode)


def test_every_kind_of_mistake_comes_before_a_second_of_one() -> None:
    operation = LOADED.operations.by_id["createThread"]
    first, *_ = boundary_requests(operation, "negative", LOADED, seed=0)
    kinds = [str(one.broken(one.body, operation, LOADED)) for one in first]
    assert len(set(kinds)) == len(kinds) > 40
    other, *_ = boundary_requests(operation, "negative", LOADED, seed=1)
    assert kinds != [str(one.broken(one.body, operation, LOADED)) for one in other]


def test_no_model_is_deleted() -> None:
    with faulty() as url:
        found = searches(url, "deleteModel")
        left = searches(url, "listModels.positive")
    assert all(not search.smallest for search in (*found, *left))
    models = {"gpt-4o-mini"}
    with faulty() as url:
        import httpx

        before = httpx.get(f"{url}/models", headers={"Authorization": "Bearer any"}).json()
        searches(url, "deleteModel", examples=10)
        after = httpx.get(f"{url}/models", headers={"Authorization": "Bearer any"}).json()
    assert before == after
    assert models <= {one["id"] for one in after["data"]}


@pytest.mark.parametrize(
    ("id", "other"),
    [("asst_abC12", "asst_00000"), ("file-9", "file-0"), ("7f-a1", "00-00"), ("thread_a-b_c", "thread_0-0_0")],
)
def test_an_unknown_id_is_like_those_that_are_known(id: str, other: str) -> None:
    assert unknown(id) == other


def test_an_operation_is_asked_even_where_its_objects_cannot_be_made() -> None:
    """About one that is not there; what is said of it is that it could not be driven."""
    operation = LOADED.operations.by_id["getVectorStoreFileBatch"]
    ids = absent_path(operation)
    assert (ids["vector_store_id"][:4], ids["batch_id"][:6]) == ("vs_0", "vsfb_0")
    assert LOADED.operations.match("GET", operation.path.format(**ids)) is not None
