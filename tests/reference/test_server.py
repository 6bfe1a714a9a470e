"""Starting and stopping: quick, repeatable, and leaving nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.limits import HANG
from tests.reference.conftest import HEADERS

PROGRAM = "from conformance.cli import main; main()"


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files can only be counted where /proc shows them")
def test_nothing_is_left_behind() -> None:
    with ReferenceServer():
        pass
    threads, files = threading.active_count(), open_files()
    for _ in range(3):
        with (
            ReferenceServer(Settings(pace=0.001)) as server,
            httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
        ):
            assistant = http.post("/assistants", json={"model": "gpt-4o", "instructions": "x"}).json()["id"]
            http.post("/threads/runs", json={"assistant_id": assistant, "metadata": {"script": "slow"}})
    assert (threading.active_count(), open_files()) == (threads, files)


def test_an_open_stream_does_not_hold_up_the_end() -> None:
    with (
        ReferenceServer(Settings(pace=0.001)) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        assistant = http.post("/assistants", json={"model": "gpt-4o", "instructions": "x"}).json()["id"]
        body = {"assistant_id": assistant, "stream": True, "metadata": {"script": "slow"}}
        with http.stream("POST", "/threads/runs", json=body) as response:
            chunks = response.iter_raw()
            assert next(chunks).startswith(b"event: thread.created")
            began = time.monotonic()
            server.stop()
            assert b"[DONE]" not in b"".join(chunks)
    assert time.monotonic() - began < HANG  # the run never ends


def test_endpoints_share_nothing_and_a_seed_repeats_the_ids() -> None:
    made = []
    for _ in range(2):
        with ReferenceServer(Settings(seed=7)) as server:
            assert httpx.get(f"{server.url}/assistants", headers=HEADERS, trust_env=False).json()["data"] == []
            created = [
                httpx.post(f"{server.url}/{path}", headers=HEADERS, json=body, trust_env=False).json()["id"]
                for path, body in (("assistants", {"model": "gpt-4o"}), ("threads", {}))
            ]
            made.append(created)
    assert made[0] == made[1]
    with ReferenceServer(Settings(seed=8)) as server:
        other = httpx.post(f"{server.url}/threads", headers=HEADERS, json={}, trust_env=False).json()["id"]
    assert other not in made[0]


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), ReferenceServer(port=taken.getsockname()[1]):
            pass


def test_the_command(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- fail: rate_limit_exceeded\n")
    command = [sys.executable, "-u", "-c", PROGRAM, "serve", "--port", "0", "--script", str(script), "--model", "mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            told = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/v1", told)
            assert found, told
            example = process.stdout.readline()
            assert f"curl {found.group()}/assistants" in example
            assert httpx.get(f"{found.group()}/models/mine", headers=HEADERS, trust_env=False).status_code == 200
            port = found.group().split(":")[2].split("/")[0]
            second = subprocess.run(
                [sys.executable, "-c", PROGRAM, "serve", "--port", port],
                capture_output=True,
                text=True,
                check=False,
                timeout=HANG,
            )
            assert second.returncode == 2
            assert f"cannot listen on 127.0.0.1:{port}" in second.stderr
            assert "Traceback" not in second.stderr
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(HANG) in (0, 130)
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("text", [None, "- dance"])
def test_the_command_with_a_bad_script(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "script.yaml"
    if text is not None:
        file.write_text(text)
    command = [sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--script", str(file)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG)
    assert refused.returncode == 2
    assert "the script cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr
