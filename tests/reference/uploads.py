"""Uploading files, and waiting for vector stores to index them."""

from typing import Any

import httpx

from tests.reference.wait import polled

ORCHARD = "Pears are picked in August. The oldest pear tree carries the number 4711.\nQuinces ripen in October.\n"


def upload(http: httpx.Client, name: str = "orchard.md", content: bytes | str = ORCHARD, **form: str) -> str:
    """The id of a file that is uploaded with the purpose `assistants`, or as the form tells."""
    response = http.post("/files", files={"file": (name, content)}, data={"purpose": "assistants", **form})
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def indexed(http: httpx.Client, path: str) -> dict[str, Any]:
    """The vector store, its file or its batch under a path, once nothing of it is in progress."""
    return polled(http, path, lambda shown: shown["status"] != "in_progress")


def store_with(http: httpx.Client, *file_ids: str, **fields: Any) -> dict[str, Any]:
    """A new vector store whose files are indexed."""
    made = http.post("/vector_stores", json={"file_ids": list(file_ids), **fields})
    assert made.status_code == 200, made.text
    return indexed(http, f"/vector_stores/{made.json()['id']}")
