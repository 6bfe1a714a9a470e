"""What stands before every operation: key, beta header, JSON, routes; and the headers of every answer."""

import json
import re
from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings

KEY = {"Authorization": "Bearer sk-right-key-1234"}
BETA = {"OpenAI-Beta": "assistants=v2"}


@pytest.fixture(scope="module")
def bare(server: ReferenceServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, trust_env=False)


@pytest.fixture(autouse=True, scope="module")
def _closed(bare: httpx.Client) -> Any:
    yield
    bare.close()


def error(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message", "type", "param", "code"]
    assert response.headers["content-type"] == "application/json"
    told: dict[str, Any] = body["error"]
    return told


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}])
def test_no_key(bare: httpx.Client, headers: dict[str, str]) -> None:
    refused = bare.get("/assistants", headers={**headers, **BETA})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="OpenAI API"'
    assert error(refused)["message"].startswith("You didn't provide an API key.")
    assert bare.get("/nothing").status_code == 401


def test_wrong_key() -> None:
    with ReferenceServer(Settings(api_key="sk-right-key-1234")) as server:
        for key, shown in (("sk-wrong-key-5678", "sk-**********5678"), ("short", "*****")):
            refused = httpx.get(f"{server.url}/models", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
            assert refused.status_code == 401
            assert error(refused)["code"] == "invalid_api_key"
            assert f" {shown}. " in error(refused)["message"]
        assert httpx.get(f"{server.url}/models", headers=KEY, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("header", "words"),
    [({}, "must provide the 'OpenAI-Beta' header"), ({"OpenAI-Beta": "assistants=v1"}, "v1 Assistants API has been")],
)
def test_beta(bare: httpx.Client, header: dict[str, str], words: str) -> None:
    refused = bare.post("/threads", headers={**KEY, **header}, content=b"not json")
    assert refused.status_code == 400
    assert error(refused)["code"] == "invalid_beta"
    assert words in error(refused)["message"]
    assert bare.get("/models", headers=KEY).status_code == 200
    several = {**KEY, "OpenAI-Beta": "other=v1, assistants=v2"}
    assert bare.post("/threads", headers=several).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{'a': 1}",
        b'{"temperature": NaN}',
        b'{"model": "\xff"}',
        b"[" * 100_000,
        b'{"model": "\\ud800"}',
        b'{"a":1e999}',
    ],
)
def test_not_json(http: httpx.Client, content: bytes) -> None:
    refused = http.post("/assistants", content=content, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert error(refused)["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize(("content", "got"), [(b"[]", "an array"), (b"3", "an integer"), (b"null", "null")])
def test_json_that_is_no_object(http: httpx.Client, content: bytes, got: str) -> None:
    refused = http.post("/threads", content=content, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert error(refused)["message"] == f"Invalid type: expected an object, but got {got} instead."


def test_content_type(http: httpx.Client) -> None:
    refused = http.post("/threads", content=b"{}", headers={"Content-Type": "text/plain"})
    assert refused.status_code == 400
    assert error(refused)["message"].startswith("Unsupported content type: 'text/plain'")
    assert http.post("/threads", content=b"{}").status_code == 200
    assert http.post("/threads", headers={"Content-Type": "application/json"}).status_code == 200


def test_bodies_are_not_looked_at_where_none_is_wanted(http: httpx.Client) -> None:
    thread = http.post("/threads", json={}).json()["id"]
    labelled = {"Content-Type": "application/json"}
    assert http.request("DELETE", f"/threads/{thread}", headers=labelled, content=b"{").status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("POST", "/v1/assistants/"), ("GET", "/")])
def test_unknown_url(server: ReferenceServer, http: httpx.Client, method: str, path: str) -> None:
    refused = http.request(method, server.url.replace("/v1", path))
    assert refused.status_code == 404
    assert error(refused)["message"] == f"Invalid URL ({method} {path})"


def test_wrong_method(http: httpx.Client) -> None:
    refused = http.put("/assistants", json={})
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD, POST"
    assert error(refused)["message"].startswith("Not allowed to PUT on /v1/assistants.")


def test_the_clock_control_is_off_by_default() -> None:
    with ReferenceServer() as server:
        place = server.url.replace("/v1", "/_reference/clock")
        assert httpx.post(place, json={"advance": 1}, headers=KEY, trust_env=False).status_code == 404


def test_headers(http: httpx.Client) -> None:
    for response in (http.get("/models"), http.get("/assistants/asst_x"), http.get("/nothing")):
        assert response.headers["openai-version"] == "2020-10-01"
        assert response.headers["openai-organization"]
        assert int(response.headers["openai-processing-ms"]) >= 1
        assert re.fullmatch(r"req_[0-9a-f]{32}", response.headers["x-request-id"])
    text = http.post("/threads", json={"metadata": {"city": "Zürich"}}).text
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def test_a_fault_of_the_endpoint_itself(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        ReferenceServer() as server,
        httpx.Client(base_url=server.url, headers={**KEY, **BETA}, trust_env=False) as http,
    ):
        server.endpoint.store.threads = None  # type: ignore[assignment]
        broken = http.post("/threads", json={})
        assert broken.status_code == 500
        told = error(broken)
        assert told["type"] == "server_error"
        assert broken.headers["x-request-id"] in told["message"]
        assert http.get("/models").status_code == 200
    assert "TypeError" in capfd.readouterr().err


def test_a_fault_during_a_run_fails_the_run(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the model broke")

    monkeypatch.setattr("conformance.reference.scripted_model.turn", broken)
    assistant = http.post("/assistants", json={"model": "gpt-4o", "instructions": "x"}).json()["id"]
    events = http.post("/threads/runs", json={"assistant_id": assistant, "stream": True}).text
    assert "event: thread.run.failed" in events
    assert events.endswith("event: done\ndata: [DONE]\n\n")
    assert "the model broke" in capfd.readouterr().err
