"""Vector stores, their files and batches: states, bounds, expiry and what a refusal leaves alone."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.reference.conftest import HEADERS
from tests.reference.uploads import indexed, store_with, upload

New = Callable[..., dict[str, Any]]
DAY = 86_400
POLICY = {"anchor": "last_active_at", "days": 2}


def static(size: int, overlap: int) -> dict[str, Any]:
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def test_an_empty_store_is_complete_at_once(new: New) -> None:
    made = new("vector_stores")
    assert (made["status"], made["usage_bytes"], made["name"], made["expires_after"]) == ("completed", 0, None, None)
    assert made["file_counts"] == {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}


def test_a_store_indexes_its_files(http: httpx.Client, new: New) -> None:
    good, slow, bad = upload(http), upload(http, content="[script: slow:60]"), upload(http, "table.csv", "a,b\n")
    made = new("vector_stores", file_ids=[good, slow, bad, good], name="Shelf")
    assert (made["status"], made["usage_bytes"]) == ("in_progress", 0)
    assert (made["file_counts"]["in_progress"], made["file_counts"]["total"]) == (3, 3)

    done = indexed(http, f"/vector_stores/{made['id']}")
    assert done["file_counts"] == {"in_progress": 0, "completed": 2, "failed": 1, "cancelled": 0, "total": 3}
    files = {file["id"]: file for file in http.get(f"/vector_stores/{made['id']}/files").json()["data"]}
    assert files[bad]["last_error"]["code"] == "unsupported_file"
    assert files[good]["last_error"] is None
    assert done["usage_bytes"] == sum(file["usage_bytes"] for file in files.values()) > 0


@pytest.mark.parametrize("code", ["server_error", "unsupported_file", "invalid_file"])
def test_how_a_file_fails_can_be_told(http: httpx.Client, new: New, code: str) -> None:
    store = new("vector_stores")["id"]
    file_id = upload(http, content=f"[script: fail:{code}]")
    assert new(f"vector_stores/{store}/files", file_id=file_id)["status"] == "in_progress"
    failed = indexed(http, f"/vector_stores/{store}/files/{file_id}")
    assert (failed["status"], failed["last_error"]["code"], failed["usage_bytes"]) == ("failed", code, 0)
    assert http.get(f"/vector_stores/{store}").json()["status"] == "completed"


def test_text_that_cannot_be_decoded(http: httpx.Client) -> None:
    store = store_with(http, upload(http, "latin.txt", "café".encode("latin-1")))
    (file,) = http.get(f"/vector_stores/{store['id']}/files").json()["data"]
    assert file["last_error"]["code"] == "invalid_file"


def test_modification_and_deletion(http: httpx.Client) -> None:
    file_id = upload(http)
    path = f"/vector_stores/{store_with(http, file_id, expires_after=POLICY)['id']}"
    shown = http.post(path, json={"name": "New", "metadata": {"k": "v"}}).json()
    assert (shown["name"], shown["metadata"], shown["expires_after"]) == ("New", {"k": "v"}, POLICY)
    assert http.post(path, json={"expires_after": None}).json()["expires_at"] is None
    assert http.post(path, json={"file_ids": []}).json()["error"]["code"] == "unknown_parameter"
    assert http.delete(path).json()["object"] == "vector_store.deleted"
    assert {http.get(path).status_code, http.delete(path).status_code, http.get(f"{path}/files").status_code} == {404}
    assert http.get(f"/files/{file_id}").status_code == 200


@pytest.mark.parametrize("way", ["clock", "control"])
def test_stores_expire_after_their_last_use(way: str) -> None:
    with (
        ReferenceServer(Settings(control=True, pace=0.001)) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        control = server.url.removesuffix("/v1") + "/_reference"
        first = store_with(http, upload(http), expires_after=POLICY)
        path = f"/vector_stores/{first['id']}"
        assert first["expires_at"] == first["last_active_at"] + 2 * DAY
        http.post(f"{control}/clock", json={"advance": DAY})
        http.post(f"{path}/search", json={"query": "pear"})
        used = http.get(path).json()
        assert used["last_active_at"] >= first["last_active_at"] + DAY
        assert used["expires_at"] == used["last_active_at"] + 2 * DAY

        if way == "clock":
            http.post(f"{control}/clock", json={"advance": 2 * DAY + 1})
        else:
            assert http.post(f"{control}/vector_stores/{first['id']}/expire").status_code == 200
        assert http.get(path).json()["status"] == "expired"
        for refused in (
            http.post(f"{path}/search", json={"query": "pear"}),
            http.post(f"{path}/files", json={"file_id": upload(http)}),
            http.post(f"{path}/file_batches", json={"file_ids": [upload(http)]}),
        ):
            assert refused.status_code == 400
            assert refused.json()["error"]["message"] == f"Vector store '{first['id']}' has expired"
        resources = {"file_search": {"vector_store_ids": [first["id"]]}}
        assistant = {"model": "gpt-4o", "instructions": "x", "tool_resources": resources}
        body = {"assistant_id": http.post("/assistants", json=assistant).json()["id"]}
        run = http.post("/threads/runs", json=body)
        assert run.json()["error"]["message"] == f"Vector store {first['id']} is expired"
        named = http.post("/threads/runs", json={**body, "tool_resources": resources})
        assert named.status_code == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"file_ids": ["file-x"] * 501}, "array_above_max_length"),
        ({"expires_after": {"anchor": "last_active_at", "days": 0}}, "integer_below_min_value"),
        ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "integer_above_max_value"),
        ({"expires_after": {"anchor": "created_at", "days": 1}}, "invalid_value"),
        ({"expires_after": {"days": 1}}, "missing_required_parameter"),
        ({"chunking_strategy": static(99, 0)}, "integer_below_min_value"),
        ({"chunking_strategy": static(4097, 0)}, "integer_above_max_value"),
        ({"chunking_strategy": static(101, 51)}, "invalid_value"),
        ({"chunking_strategy": static(100, -1)}, "integer_below_min_value"),
        ({"chunking_strategy": {"type": "static"}}, "missing_required_parameter"),
        ({"chunking_strategy": {"type": "other"}}, "invalid_value"),
        ({"metadata": {str(number): "" for number in range(17)}}, "object_above_max_properties"),
    ],
)
def test_bounds_of_stores(http: httpx.Client, body: dict[str, Any], code: str) -> None:
    before = http.get("/vector_stores").json()["data"]
    refused = http.post("/vector_stores", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert http.get("/vector_stores").json()["data"] == before


@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (101, 50), (800, 400), (4096, 2048)])
def test_chunks_as_asked(http: httpx.Client, new: New, size: int, overlap: int) -> None:
    store = new("vector_stores")["id"]
    added = new(f"vector_stores/{store}/files", file_id=upload(http), chunking_strategy=static(size, overlap))
    assert added["chunking_strategy"] == static(size, overlap)


@pytest.mark.parametrize(
    ("attributes", "accepted"),
    [
        ({"text": "é" * 512, "number": 1.5, "whole": 3, "flag": True, "": ""}, True),
        ({str(number): number for number in range(16)}, True),
        ({str(number): number for number in range(17)}, False),
        ({"k" * 65: "v"}, False),
        ({"k": "v" * 513}, False),
        ({"k": None}, False),
        ({"k": ["v"]}, False),
    ],
)
def test_attributes(http: httpx.Client, new: New, attributes: dict[str, Any], accepted: bool) -> None:
    store, file_id = new("vector_stores")["id"], upload(http)
    path = f"/vector_stores/{store}/files"
    first = http.post(path, json={"file_id": file_id, "attributes": attributes})
    assert first.status_code == (200 if accepted else 400)
    assert http.get(f"{path}/{file_id}").status_code == (200 if accepted else 404)
    http.post(path, json={"file_id": file_id, "attributes": {"kept": True}})
    second = http.post(f"{path}/{file_id}", json={"attributes": attributes})
    assert second.status_code == (200 if accepted else 400)
    assert http.get(f"{path}/{file_id}").json()["attributes"] == (attributes if accepted else {"kept": True})


def test_taking_a_file_out_leaves_the_file_and_other_stores(http: httpx.Client) -> None:
    file_id = upload(http)
    one, other = store_with(http, file_id)["id"], store_with(http, file_id)["id"]
    path = f"/vector_stores/{one}/files/{file_id}"
    assert http.get(f"{path}/content").json()["data"][0]["text"].startswith("Pears are picked")
    assert http.delete(path).json() == {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}
    missing = http.get(path)
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == f"No file found with id '{file_id}' in vector store '{one}'."
    assert http.get(f"/vector_stores/{other}/files/{file_id}").status_code == 200
    assert http.get(f"/files/{file_id}").status_code == 200


def test_lists_of_files_by_status(http: httpx.Client) -> None:
    done = [upload(http) for _ in range(3)]
    failed = upload(http, content="[script: fail]")
    store = store_with(http, *done, failed)["id"]

    def listed(**query: Any) -> list[str]:
        shown = http.get(f"/vector_stores/{store}/files", params=query).json()
        return [file["id"] for file in shown["data"]]

    assert listed(order="asc") == [*done, failed]
    assert listed(filter="failed") == [failed]
    assert listed(filter="completed", order="asc", limit=2) == done[:2]
    assert listed(filter="completed", order="asc", after=done[1]) == done[2:]
    assert listed(order="asc", before=done[1]) == done[:1]
    assert http.get(f"/vector_stores/{store}/files", params={"filter": "expired"}).status_code == 400


def test_a_batch_from_beginning_to_end(http: httpx.Client, new: New) -> None:
    store = new("vector_stores")["id"]
    one, two = upload(http), upload(http, content="[script: fail]")
    rows = [{"file_id": one, "attributes": {"n": 1}, "chunking_strategy": static(200, 0)}, {"file_id": two}]
    batch = new(f"vector_stores/{store}/file_batches", files=rows)
    assert (batch["object"], batch["status"], batch["file_counts"]["total"]) == (
        "vector_store.file_batch",
        "in_progress",
        2,
    )
    path = f"/vector_stores/{store}/file_batches/{batch['id']}"
    done = indexed(http, path)
    assert (done["status"], done["file_counts"]["completed"], done["file_counts"]["failed"]) == ("completed", 1, 1)
    assert http.get(f"/vector_stores/{store}/files/{one}").json()["attributes"] == {"n": 1}
    assert [file["id"] for file in http.get(f"{path}/files", params={"filter": "failed"}).json()["data"]] == [two]
    # A finished batch is answered as it ended.
    assert http.post(f"{path}/cancel").json()["status"] == "completed"


def test_cancelling_a_batch_spares_what_is_done(http: httpx.Client, new: New) -> None:
    store = new("vector_stores")["id"]
    quick, slow = upload(http), upload(http, content="[script: slow]")
    batch = new(f"vector_stores/{store}/file_batches", file_ids=[quick, slow])
    indexed(http, f"/vector_stores/{store}/files/{quick}")
    path = f"/vector_stores/{store}/file_batches/{batch['id']}"
    assert http.get(path).json()["status"] == "in_progress"
    counts = http.post(f"{path}/cancel").json()["file_counts"]
    assert (counts["completed"], counts["cancelled"], counts["in_progress"]) == (1, 1, 0)
    assert http.get(path).json()["status"] == "cancelled"
    assert http.get(f"/vector_stores/{store}/files/{slow}").json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"file_ids": []}, 400),
        ({"files": []}, 400),
        ({"file_ids": ["file-x"], "files": [{"file_id": "file-x"}]}, 400),
        ({"file_ids": ["file-x"] * 2001}, 400),
        ({"file_ids": ["file-x"] * 2000}, 404),
        ({"files": [{}]}, 400),
        ({"file_ids": ["file-x"]}, 404),
    ],
)
def test_batches_that_are_refused(http: httpx.Client, new: New, body: dict[str, Any], status: int) -> None:
    store = new("vector_stores")["id"]
    assert http.post(f"/vector_stores/{store}/file_batches", json=body).status_code == status
    assert http.get(f"/vector_stores/{store}").json()["file_counts"]["total"] == 0


def test_stores_made_on_the_way(http: httpx.Client, new: New) -> None:
    described = {"file_search": {"vector_stores": [{"file_ids": [upload(http)], "metadata": {"k": "v"}}]}}
    assistant = new("assistants", model="gpt-4o", tool_resources=described)
    thread = new("threads", tool_resources=described)
    message = {"role": "user", "content": "x", "attachments": [{"file_id": upload(http), "tools": []}]}
    message["attachments"] = [{"file_id": upload(http), "tools": [{"type": "file_search"}]}]
    attached = new("threads", messages=[message])
    policies = []
    for holder in (assistant, thread, attached):
        (store,) = holder["tool_resources"]["file_search"]["vector_store_ids"]
        shown = indexed(http, f"/vector_stores/{store}")
        assert shown["file_counts"]["completed"] == 1
        policies.append(shown["expires_after"])
    week = {"anchor": "last_active_at", "days": 7}
    assert policies == [None, week, week]
    both = {"file_search": {"vector_stores": [{}], "vector_store_ids": ["vs_x"]}}
    for path, body in (("/assistants", {"model": "gpt-4o"}), ("/threads", {})):
        assert http.post(path, json={**body, "tool_resources": both}).status_code == 400
        two = {"file_search": {"vector_stores": [{}, {}]}}
        assert http.post(path, json={**body, "tool_resources": two}).status_code == 400
