"""`proxy` as a user runs it: between a client and an endpoint, with its report, its signals and its faults."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from tests.cli.command import command
from tests.limits import HANG, wait_until

HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer sk-test-abcdefghijklmnopqrstuvwxyz0123456789"}
JOURNAL = "reports/latest/exchanges.jsonl"
STREAM_FAULT = "schemas.streamed_run_without_tools"


class Proxied:
    """The command as it runs in a folder."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        assert process.stdout is not None
        self.process, self.folder = process, folder
        first = process.stdout.readline()
        self.url = first.split()[-1]

    def session(self) -> int:
        """An assistant, a thread and a streamed run; returns how many exchanges that took."""
        with httpx.Client(base_url=self.url, headers=HEADERS, timeout=HANG) as client:
            assistant = client.post("/assistants", json={"model": "gpt-4o-mini"}).json()["id"]
            thread = client.post("/threads", json={"messages": [{"role": "user", "content": "hi"}]}).json()["id"]
            asked = {"assistant_id": assistant, "stream": True}
            assert "thread.run.completed" in client.post(f"/threads/{thread}/runs", json=asked).text
            client.get(f"/threads/{thread}/messages")
        return 4

    def wait_for(self, name: str) -> None:
        wait_until(lambda: (self.folder / "reports/latest" / name).exists(), name)

    def end(self, number: signal.Signals | None = signal.SIGINT) -> tuple[int, str, str]:
        """Exit code, output and error output."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=HANG)
        assert "Traceback" not in out + err, out + err
        return self.process.returncode, out, err

    @property
    def report(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads((self.folder / "reports/latest/report.json").read_text())
        return made


@contextmanager
def proxied(upstream: str, folder: Path, *words: str) -> Iterator[Proxied]:
    program = [sys.executable, "-c", "from conformance.cli import main; main()"]
    process = subprocess.Popen(
        [*program, "proxy", "--upstream", upstream, "--port", "0", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Proxied(process, folder)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=HANG)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with ReferenceServer() as server:
        yield server.url


def failed(report: dict[str, Any]) -> set[str]:
    return {row["requirement"] for row in report["results"] if row["verdict"] == "fail"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_a_report_and_the_exit_code_of_the_verdict(
    upstream: str, tmp_path: Path, number: signal.Signals
) -> None:
    with proxied(upstream, tmp_path, "--record", "kept/session.har", "--record", "kept/session.yaml") as proxy:
        count = proxy.session()
        code, out, _ = proxy.end(number)
    assert code == 0, out
    assert "Conformant" in out
    assert f"{count} exchanges, 1 stream" in out
    assert proxy.report["header"]["mode"] == "proxy"
    assert proxy.report["header"]["target"] == upstream
    expected = {row["requirement"]: row["verdict"] for row in proxy.report["results"]}
    for recording in (JOURNAL, "kept/session.har", "kept/session.yaml"):
        audit = command(tmp_path, "audit", recording, "--report", "audited")
        assert audit.code == 0, audit.out
        results = json.loads((tmp_path / "audited/report.json").read_text())["results"]
        assert {row["requirement"]: row["verdict"] for row in results} == expected


def test_a_fault_is_planted_in_front_of_any_endpoint_and_told_as_it_is_seen(upstream: str, tmp_path: Path) -> None:
    with proxied(upstream, tmp_path, "--fault", STREAM_FAULT, "--fail-fast") as proxy:
        proxy.session()
        code, out, err = proxy.end(None)  # it ends by itself
    assert code == 1, out
    assert failed(proxy.report) == {"SCHEMA-RunObject"}
    assert "SCHEMA-RunObject exchange 3 (line 3): " in err


def test_the_report_is_written_when_it_is_asked_for(upstream: str, tmp_path: Path) -> None:
    with proxied(upstream, tmp_path, "--fault", STREAM_FAULT) as proxy:
        proxy.session()
        proxy.process.send_signal(signal.SIGUSR1)
        for name in ("report.json", "report.html", "report.txt", "junit.xml"):
            proxy.wait_for(name)
        assert failed(proxy.report) == {"SCHEMA-RunObject"}
        proxy.session()
        code, out, err = proxy.end()
    assert code == 1
    assert "report written: " in err
    assert "8 exchanges, 2 streams" in out
    assert "since " not in out


def test_what_a_killed_proxy_saw_is_in_its_journal(upstream: str, tmp_path: Path) -> None:
    with proxied(upstream, tmp_path, "--fault", STREAM_FAULT) as proxy:
        count = proxy.session()
        proxy.process.kill()
        proxy.process.communicate(timeout=HANG)
        wait_until(lambda: not reachable(proxy.url), "the end of the relay")
    assert (tmp_path / JOURNAL).read_bytes().count(b"\n") == count
    audit = command(tmp_path, "audit", JOURNAL, "--report", "audited")
    assert audit.code == 1, audit.out
    assert failed(json.loads((tmp_path / "audited/report.json").read_text())) == {"SCHEMA-RunObject"}
    with proxied(upstream, tmp_path) as proxy:  # the next one leaves that journal alone
        proxy.session()
        code, _, err = proxy.end()
    assert code == 0
    assert "the journal of an earlier proxy is kept as" in err
    (kept,) = (tmp_path / "reports/latest").glob("exchanges.2*.jsonl")
    assert kept.read_bytes().count(b"\n") == count


def reachable(url: str) -> bool:
    try:
        httpx.get(url, timeout=HANG)
    except httpx.TransportError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name the endpoint by its URL: --upstream https://host/v1"),
        (("--upstream", "reference"), "name the endpoint by its URL: --upstream https://host/v1"),
        (("--upstream", "http://u:p@127.0.0.1/v1"), "user name or password"),
        (("--upstream", "http://127.0.0.1/v1", "--fault", "streams.nothing"), "there is no fault 'streams.nothing'"),
        (
            ("--upstream", "http://127.0.0.1/v1", "--fault", "tools.outputs_taken_twice"),
            "the fault tools.outputs_taken_twice works inside the suite's own endpoint only",
        ),
        (("--upstream", "http://127.0.0.1/v1", "--port", "0", "--record", "x.txt"), "its name tells no format"),
        (("--upstream", "http://127.0.0.1/v1", "--port", "0", "--record", "there.har"), "there is such a file"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    (tmp_path / "there.har").touch()
    done = command(tmp_path, "proxy", *words)
    assert done.code == 2
    assert told in done.err


def test_a_port_that_is_taken_is_told(upstream: str, tmp_path: Path) -> None:
    port = upstream.split(":")[2].partition("/")[0]
    done = command(tmp_path, "proxy", "--upstream", upstream, "--port", port)
    assert done.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.err


def test_the_faults_are_listed_that_work_anywhere(tmp_path: Path) -> None:
    here, anywhere = (command(tmp_path, *words, "--faults").out for words in (("serve",), ("proxy",)))
    assert STREAM_FAULT in anywhere
    assert "tools.outputs_taken_twice" in here
    assert "tools.outputs_taken_twice" not in anywhere
