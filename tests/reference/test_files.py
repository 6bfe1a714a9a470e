"""Files: uploads and their limits, lists by purpose, contents, deletion and expiry."""

from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.reference.conftest import HEADERS
from tests.reference.uploads import store_with, upload

LATER = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"])
def test_an_upload_comes_back_as_it_was_sent(http: httpx.Client, purpose: str) -> None:
    content = "naïve 日本茶 🥐\r\n".encode() + bytes(range(256))
    made = http.post("/files", files={"file": ("tée.bin", content)}, data={"purpose": purpose}).json()
    assert made == {
        "object": "file",
        "id": made["id"],
        "purpose": purpose,
        "filename": "tée.bin",
        "bytes": len(content),
        "created_at": made["created_at"],
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    assert http.get(f"/files/{made['id']}").json() == made
    assert http.get(f"/files/{made['id']}/content").content == content


@pytest.mark.parametrize(
    ("form", "param", "code"),
    [
        ({}, "purpose", "missing_required_parameter"),
        ({"purpose": "assistants_output"}, "purpose", "invalid_value"),
        ({"purpose": "assistants", "colour": "red"}, "colour", "unknown_parameter"),
        ({"purpose": "assistants", **LATER, "expires_after[seconds]": "3599"}, "expires_after[seconds]", "integer_"),
        ({"purpose": "assistants", **LATER, "expires_after[seconds]": "2592001"}, "expires_after[seconds]", "integer_"),
        ({"purpose": "assistants", **LATER, "expires_after[seconds]": "soon"}, "expires_after[seconds]", "invalid_"),
        (
            {"purpose": "assistants", **LATER, "expires_after[anchor]": "last_active_at"},
            "expires_after[anchor]",
            "invalid_value",
        ),
        (
            {"purpose": "assistants", "expires_after[seconds]": "3600"},
            "expires_after[anchor]",
            "missing_required_parameter",
        ),
    ],
)
def test_forms_that_are_refused(http: httpx.Client, form: dict[str, str], param: str, code: str) -> None:
    before = http.get("/files").json()["data"]
    refused = http.post("/files", files={"file": ("a.txt", b"a")}, data=form)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == param
    assert refused.json()["error"]["code"].startswith(code)
    assert http.get("/files").json()["data"] == before


def test_an_upload_without_a_file_or_a_form(http: httpx.Client) -> None:
    assert http.post("/files", json={"purpose": "assistants"}).status_code == 400
    without = http.post("/files", files={"other": ("a.txt", b"a")}, data={"purpose": "assistants"})
    assert without.json()["error"]["param"] == "other"
    text = http.post("/files", files={"file": (None, "text"), "purpose": (None, "assistants")})
    assert (text.status_code, text.json()["error"]["param"]) == (400, "file")


def test_sizes_are_bounded_as_set() -> None:
    with (
        ReferenceServer(Settings(largest_file=10)) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        assert upload(http, content=b"x" * 10)
        refused = http.post("/files", files={"file": ("b.txt", b"x" * 11)}, data={"purpose": "assistants"})
        assert refused.status_code == 413
        assert len(http.get("/files").json()["data"]) == 1


def test_lists_by_purpose_and_in_pages(http: httpx.Client) -> None:
    made = [upload(http, purpose="evals") for _ in range(3)]
    upload(http, purpose="batch")
    shown = http.get("/files", params={"purpose": "evals", "order": "asc"}).json()["data"]
    assert [file["id"] for file in shown][-3:] == made
    page = http.get("/files", params={"purpose": "evals", "limit": 2}).json()
    assert [file["id"] for file in page["data"]] == [made[2], made[1]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (made[2], made[1], True)
    rest = http.get("/files", params={"purpose": "evals", "after": made[1], "limit": 1}).json()
    assert [file["id"] for file in rest["data"]] == [made[0]]
    assert http.get("/files", params={"limit": 10_000}).status_code == 200
    assert {http.get("/files", params={"limit": limit}).status_code for limit in (0, 10_001)} == {400}


def test_a_deleted_file_is_gone_from_everywhere(http: httpx.Client) -> None:
    file_id = upload(http)
    stores = [store_with(http, file_id)["id"] for _ in range(2)]
    assert http.delete(f"/files/{file_id}").json() == {"object": "file", "deleted": True, "id": file_id}
    gone = [http.get(f"/files/{file_id}"), http.get(f"/files/{file_id}/content"), http.delete(f"/files/{file_id}")]
    gone += [http.get(f"/vector_stores/{store}/files/{file_id}") for store in stores]
    assert {response.status_code for response in gone} == {404}
    assert [http.get(f"/vector_stores/{store}").json()["file_counts"]["total"] for store in stores] == [0, 0]


@pytest.mark.parametrize("way", ["clock", "control"])
def test_files_expire(way: str) -> None:
    with (
        ReferenceServer(Settings(control=True)) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        file_id, kept = upload(http, **LATER), upload(http)
        shown = http.get(f"/files/{file_id}").json()
        assert shown["expires_at"] == shown["created_at"] + 3600
        control = server.url.removesuffix("/v1") + "/_reference"
        if way == "clock":
            http.post(f"{control}/clock", json={"advance": 3601})
        else:
            assert http.post(f"{control}/files/{file_id}/expire").status_code == 200
            assert http.post(f"{control}/files/{file_id}/expire").status_code == 404
        assert http.get(f"/files/{file_id}").status_code == 404
        assert [file["id"] for file in http.get("/files").json()["data"]] == [kept]


def test_downloads_may_be_withheld() -> None:
    with (
        ReferenceServer(Settings(downloads=False)) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        refused: Any = http.get(f"/files/{upload(http)}/content")
        assert refused.status_code == 400
        assert refused.json()["error"]["message"] == "Not allowed to download files of purpose: assistants"
        assert http.get(f"/files/{upload(http, purpose='batch')}/content").status_code == 200
