"""A profile that is written by asking the endpoint."""

import json
import socket
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.cli.command import command
from tests.servers import always, answer, serving

KEY = "sk-of-this-endpoint-0123456789"


def written(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "profile.toml").read_text())


def test_the_own_endpoint_is_known_with_all_that_it_can_do(tmp_path: Path) -> None:
    with ReferenceServer(Settings(api_key=KEY, control=True, models=("just-this",))) as server:
        host = server.url.removesuffix("/v1")
        done = command(tmp_path, "profile", "new", host, env={"OPENAI_API_KEY": KEY})
        assert done.code == 0, done.err
        left = (server.endpoint.store.threads, server.endpoint.store.assistants)
        run = command(tmp_path, "run", "./profile.toml", "--only", "cancels.failed", env={"OPENAI_API_KEY": KEY})
    assert not any(left), "what was made to find out is deleted"
    found = written(tmp_path)
    assert (found["url"], found["auth"], found["model"]) == (server.url, "bearer", "just-this")
    assert found["capabilities"] == ["clock", "script"]
    assert found["prompts"] == {}
    assert 0 < found["poll_seconds"] <= 0.5
    assert f"{host} itself does not answer as the API" in (tmp_path / "profile.toml").read_text()
    assert KEY not in (tmp_path / "profile.toml").read_text()
    assert done.out.splitlines()[-1] == "  assistants-conformance run ./profile.toml"
    assert run.code == 0, run.out


def test_without_a_clock_none_is_written(tmp_path: Path) -> None:
    with ReferenceServer(Settings()) as server:
        command(tmp_path, "profile", "new", server.url)
    assert written(tmp_path)["capabilities"] == ["script"]


def emulator(connection: socket.socket, request: bytes) -> None:
    """An emulator that wants Azure's header, completes every run at once, and calls no function unless it is asked."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, target = head.split(b" ", 2)[:2]
    path = urlsplit(target.decode()).path
    sent = json.loads(body) if body else {}
    if b"api-key: " + KEY.encode() not in head:
        connection.sendall(answer("401 Unauthorized", b'{"error": {"message": "no key"}}'))
        return
    run = {"id": "run_1", "object": "thread.run", "thread_id": "thread_plain", "status": "completed"}
    match method, path.rsplit("/", 1)[1]:
        case b"GET", "assistants":
            made: dict[str, Any] = {"object": "list", "data": []}
        case b"POST", "assistants":
            made = {"id": "asst_1", "object": "assistant"}
        case b"POST", "threads":
            asks = "get_weather" in json.dumps(sent)
            made = {"id": "thread_weather" if asks else "thread_plain", "object": "thread"}
        case _, "runs" | "run_1":
            made = {**run, "thread_id": path.split("/")[-2 if path.endswith("runs") else -3]}
            made["status"] = "requires_action" if "weather" in made["thread_id"] else "completed"
        case _:
            connection.sendall(answer("404 Not Found", b'{"error": {"message": "no such route"}}'))
            return
    connection.sendall(answer(body=json.dumps(made).encode()))


def test_another_one_is_known_by_what_it_does(tmp_path: Path) -> None:
    with serving(emulator) as url:
        done = command(tmp_path, "profile", "new", url, env={"OPENAI_API_KEY": KEY})
    assert done.code == 0, done.err
    found = written(tmp_path)
    assert found["auth"] == "api-key"
    assert found["capabilities"] == []
    assert found["prompts"].keys() == {"tool"}
    text = (tmp_path / "profile.toml").read_text()
    assert "# slow: a run with a long answer was completed after 0 looks: write the message" in text
    assert "# fail: cannot be found out" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("reference",), "is a profile already; name a URL"),
        (("127.0.0.1:9/v1",), "write http://127.0.0.1:9/v1"),
        (("http://127.0.0.1:9/v1", "--file", "mine.yaml"), "a profile file ends in .toml"),
        (("http://127.0.0.1:9/v1", "--file", "there.toml"), "there.toml is there already; --force replaces it"),
    ],
)
def test_what_no_profile_can_be_made_of_is_told(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    (tmp_path / "there.toml").write_text("")
    done = command(tmp_path, "profile", "new", *words)
    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / "profile.toml").exists()


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ({"status": "401 Unauthorized"}, "refuses every request without a key (401): set OPENAI_API_KEY, or use"),
        ({"body": b"<html>", "media_type": "text/html"}, "answers a web page, not JSON"),
        ({"body": b"[]"}, "does not list assistants"),
    ],
)
def test_an_endpoint_that_is_none_is_told(response: dict[str, Any], told: str, tmp_path: Path) -> None:
    with serving(always(**response)) as url:
        done = command(tmp_path, "profile", "new", url)
    assert done.code == 4
    assert told in done.err


def test_an_endpoint_that_is_down_is_told_with_the_code_of_a_run(tmp_path: Path) -> None:
    done = command(tmp_path, "profile", "new", "http://127.0.0.1:9/v1")
    assert done.code == 4
    assert "cannot be reached" in done.err
    fuzzed = command(tmp_path, "fuzz", "http://127.0.0.1:9/v1")
    assert fuzzed.code == 4
    assert "no time" not in fuzzed.out
