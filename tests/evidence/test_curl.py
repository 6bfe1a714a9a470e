"""The curl line sends what was sent."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.evidence.by_hand import by_hand, objects_of
from conformance.evidence.curl import curl
from conformance.evidence.redaction import redact_exchange
from conformance.report.plain import of_your_own
from conformance.trace.exchange import Exchange, Headers, Request, Response
from tests.traces import call, trace

KEY = "sk-proj-never-to-be-seen"
BETA = ("OpenAI-Beta", "assistants=v2")
TYPE = ("Content-Type", "application/json")
AUTH = ("Authorization", f"Bearer {KEY}")


def exchange(
    method: str = "POST",
    url: str = "http://localhost/v1/threads",
    body: bytes = b"{}",
    headers: tuple[tuple[str, str], ...] = (AUTH, BETA, TYPE),
    answered: str = "application/json",
) -> Exchange:
    response = Response(200, Headers((("content-type", answered),)))
    return Exchange(1, Request(method, url, Headers(headers), body), response)


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (
            exchange(),
            'curl -sS -i http://localhost/v1/threads -H "Authorization: Bearer $OPENAI_API_KEY" '
            "-H 'Content-Type: application/json' -H 'OpenAI-Beta: assistants=v2' --data-raw '{}'",
        ),
        (
            exchange("GET", body=b"", headers=(BETA,)),
            "curl -sS -i http://localhost/v1/threads -H 'OpenAI-Beta: assistants=v2'",
        ),
        (exchange("DELETE", body=b"", headers=()), "curl -sS -i -X DELETE http://localhost/v1/threads"),
        (exchange("HEAD", body=b"", headers=()), "curl -sS -i --head http://localhost/v1/threads"),
        (
            exchange("GET", "http://localhost/v1/r?include[]=a&limit=2", b"", ()),
            "curl -sS -i --globoff 'http://localhost/v1/r?include[]=a&limit=2'",
        ),
        (
            exchange("GET", "http://me:secret@localhost/v1/r?limit=2", b"", ()),
            "curl -sS -i 'http://localhost/v1/r?limit=2'",
        ),
        (
            exchange("GET", body=b"", headers=(("api-key", KEY),)),
            'curl -sS -i http://localhost/v1/threads -H "api-key: $OPENAI_API_KEY"',
        ),
        (exchange(body=b"", headers=()), "curl -sS -i http://localhost/v1/threads -H Content-Type: --data-raw ''"),
        (exchange("GET", "/v1/threads", b"", ()), "curl -sS -i http://localhost/v1/threads"),
    ],
)
def test_lines(made: Exchange, line: str) -> None:
    assert curl(made) == line


@pytest.mark.parametrize(
    ("recorded", "base", "target"),
    [
        ("https://api.openai.com/v1/threads?a=1", "http://localhost:8000/v1", "http://localhost:8000/v1/threads?a=1"),
        ("https://api.openai.com/v1/threads", "http://localhost:8000/v1/", "http://localhost:8000/v1/threads"),
        ("https://x/openai/threads", "http://localhost:8000", "http://localhost:8000/openai/threads"),
        ("https://x/threads", "http://u:p@localhost:8000/proxy/v1", "http://localhost:8000/proxy/v1/threads"),
        ("https://x/v1beta/threads", "http://localhost/v1", "http://localhost/v1/v1beta/threads"),
    ],
)
def test_another_host(recorded: str, base: str, target: str) -> None:
    assert curl(exchange("GET", recorded, b"", ()), base).split()[-1].strip("'") == target


def test_streams_are_not_buffered() -> None:
    assert "--no-buffer" in curl(exchange(answered="text/event-stream"))
    assert "--no-buffer" in curl(exchange(body=b'{"stream": true}'))
    assert "--no-buffer" not in curl(exchange(body=b'{"stream": false}'))


@pytest.mark.parametrize("body", [f'{{"k": "{KEY}"}}', f'{{"k": "it\'s {KEY}", "p": "a" }}', f"\x00{KEY}", KEY * 1000])
def test_the_key_is_never_told(body: str) -> None:
    made = exchange(body=body.encode(), url=f"http://{KEY}@localhost/{KEY}?a={KEY}&token=hunter2")
    line = curl(redact_exchange(made, (KEY,)))
    assert KEY not in line
    assert "hunter2" not in line
    unpacked = subprocess.run(
        ["bash", "-c", line.replace("curl -sS", "cat; echo curl -sS")], capture_output=True, check=True, input=b""
    )
    assert KEY.encode() not in unpacked.stdout


def test_keys_that_only_a_body_carries_are_not_told() -> None:
    line = curl(redact_exchange(exchange(body=b'{"instructions": "sk-abcdefghijklmnop1234"}')))
    assert "sk-redacted" in line
    assert "abcdefghijklmnop" not in line


def test_one_printable_line_of_bounded_length() -> None:
    for body in (b"a" * 300_000, os.urandom(100_000), b'{\n  "a":\t1\r\n}', "é\u202e".encode()):
        line = curl(exchange(body=body, url="http://localhost/\x1b[2J/\u202e/ü"))
        assert line.isprintable()
        assert len(line) < 61_000


def test_a_body_beyond_packing_is_read_from_a_file() -> None:
    assert curl(exchange(body=os.urandom(100_000))).endswith("--data-binary @request-body")


def test_an_unreadable_url_does_not_raise() -> None:
    assert "'http://[oops/v1'" in curl(exchange("GET", "http://me:secret@[oops/v1", b"", ()))


class Echo(BaseHTTPRequestHandler):
    """Keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, Any]]

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        told = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append({"method": self.command, "path": self.path, "headers": told, "body": body})
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("needs curl and bash")
    seen: list[dict[str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Echo,), {"seen": seen}))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()
    thread.join()


def paste(line: str, seen: list[dict[str, Any]]) -> dict[str, Any]:
    environment = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-mine", "LC_ALL": "C.UTF-8", "no_proxy": "*"}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("HTTP/1.1 200")
    return seen[-1]


Echoed = tuple[str, list[dict[str, Any]]]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        json.dumps({"name": 'it\'s $HOME `id` \\ "x" !! @file ü 你'}, ensure_ascii=False).encode(),
        json.dumps({"name": "a" * 300_000}).encode(),
        json.dumps({"id": str(7**4000)}).encode(),
        b"@/etc/hostname",
        b'--boundary\r\nContent-Disposition: form-data; name="file"\r\n\r\n\x00\xff\r\n--boundary--\r\n',
        b"line\nline\n",
        b"\x1b[2J",
    ],
    ids=["empty", "quotes", "long", "digits", "at", "multipart", "lines", "escape"],
)
def test_a_pasted_line_sends_the_same_request(echo: Echoed, body: bytes) -> None:
    url, seen = echo
    got = paste(curl(exchange(url=f"{url}/v1/threads?order=asc&include[]=a b", body=body)), seen)
    assert (got["method"], got["body"]) == ("POST", body)
    assert got["path"] == "/v1/threads?order=asc&include[]=a%20b"
    assert got["headers"]["authorization"] == "Bearer sk-mine"
    assert got["headers"]["openai-beta"] == "assistants=v2"
    assert got["headers"]["content-type"] == "application/json"
    assert got["headers"]["content-length"] == str(len(body))


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT"])
def test_a_request_without_body(echo: Echoed, method: str) -> None:
    url, seen = echo
    got = paste(curl(exchange(method, f"{url}/v1/../x/./y", b"", (("Authorization", ""), BETA))), seen)
    assert (got["method"], got["path"], got["body"]) == (method, "/v1/../x/./y", b"")
    assert got["headers"]["authorization"] == ""
    assert "content-type" not in got["headers"]
    assert got["headers"].get("content-length") == ("0" if method in ("POST", "PUT") else None)


def test_a_head_request(echo: Echoed) -> None:
    url, seen = echo
    assert paste(curl(exchange("HEAD", f"{url}/v1", b"", ())), seen)["method"] == "HEAD"


def test_a_get_with_a_body(echo: Echoed) -> None:
    url, seen = echo
    got = paste(curl(exchange("GET", f"{url}/v1", b"{}")), seen)
    assert (got["method"], got["body"]) == ("GET", b"{}")


def test_a_laid_out_body_means_the_same(echo: Echoed) -> None:
    url, seen = echo
    body = json.dumps({"a": ["b  c", {"d": 1}]}, indent=4).replace("\n", "\r\n").encode()
    got = paste(curl(exchange(url=url, body=body)), seen)
    assert json.loads(got["body"]) == json.loads(body)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(min_size=1, max_size=60) | st.text(min_size=1, max_size=60).map(str.encode),
    path=st.text(max_size=20),
)
def test_whatever_was_sent(echo: Echoed, body: bytes, path: str) -> None:
    url, seen = echo
    got = paste(curl(exchange(url=f"{url}/", body=body)), seen)
    try:
        assert json.loads(got["body"]) == json.loads(body)
    except ValueError:
        assert got["body"] == body
    paste(curl(exchange("GET", f"{url}/{path.replace('#', '')}", b"", ())), seen)


@pytest.mark.parametrize("key", [KEY, "it's-a-key-0123456789", 'say"key"$0123456789'])
def test_the_key_stands_in_its_header_only_and_elsewhere_a_word_that_is_seen(echo: Echoed, key: str) -> None:
    url, seen = echo
    made = exchange(
        url=f"{url}/v1/threads/thread_{key}?after={key}",
        body=json.dumps({"name": key}).encode(),
        headers=(("Authorization", f"Bearer {key}"), ("OpenAI-Beta", f"assistants=v2 {key}"), TYPE),
    )
    line = curl(redact_exchange(made, (key,)))
    assert line.count("$OPENAI_API_KEY") == 1
    assert '-H "Authorization: Bearer $OPENAI_API_KEY"' in line
    got = paste(line, seen)
    assert got["headers"]["authorization"] == "Bearer sk-mine"
    assert got["path"] == "/v1/threads/thread_redacted?after=redacted"
    assert json.loads(got["body"]) == {"name": "redacted"}
    assert got["headers"]["openai-beta"] == "assistants=v2 redacted"


GONE = {"thread_1": "thread_id", "thread_11": "thread_id", "run_1": "run_id", "asst'1": "assistant_id"}


def pasted_with(line: str, seen: list[dict[str, Any]], **variables: str) -> dict[str, Any]:
    return paste("; ".join(f"{name}={value}" for name, value in variables.items()) + f"; {line}", seen)


def test_for_what_the_scenario_deleted_stands_a_variable(echo: Echoed) -> None:
    url, seen = echo
    sent = exchange(url=f"{url}/v1/threads/thread_1/runs?after=run_1&x={{}}", body=b'{"id":"thread_11"}')
    line = by_hand(sent, None, GONE)
    assert line is not None
    assert "thread_1" not in line
    got = pasted_with(line, seen, thread_id="t", run_id="r", thread_id_2="t2")
    assert got["path"] == "/v1/threads/t/runs?after=r&x={}"
    assert json.loads(got["body"]) == {"id": "t2"}
    assert of_your_own(line).startswith("set thread_id and run_id and thread_id_2 to objects of your own")


def test_the_shell_asks_for_what_is_not_set() -> None:
    line = by_hand(exchange("GET", "http://127.0.0.1:9/v1/threads/thread_1", b"", ()), None, GONE)
    assert line == 'curl -sS -i http://127.0.0.1:9/v1/threads/"${thread_id:?}"'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "thread_id: parameter null or not set" in done.stderr


@pytest.mark.parametrize("name", ["limit", "1", "v1"])
def test_what_only_looks_like_an_id_stays(name: str) -> None:
    sent = exchange("GET", "http://127.0.0.1:9/v1x/threads?limit=1", b"", ())
    assert by_hand(sent, None, {name: "thread_id"}) == curl(sent)


def test_what_is_packed_away_cannot_be_sent_by_hand() -> None:
    sent = exchange(body=json.dumps({"id": "thread_1", "text": "a" * 5000}).encode())
    assert by_hand(sent, None, GONE) is None
    assert by_hand(exchange(body=b'{"id":"asst\'1"}'), None, GONE) is None
    assert by_hand(sent, None, {}) == curl(sent)


def test_objects_are_named_by_what_they_are() -> None:
    shown = trace(
        call("POST /threads", {"id": "thread_1", "object": "thread"}),
        call("POST /x", {"id": "run_1", "object": "thread.run"}),
        call("DELETE /threads/thread_1", {"id": "thread_1", "object": "thread.deleted"}),
        call("POST /y", {"id": "z", "object": "$(touch /tmp/x)"}),
    )
    assert objects_of(shown) == {"thread_1": "thread_id", "run_1": "run_id", "z": "object_id"}


@pytest.mark.parametrize("hostile", ["'\"'", "'; touch owned; '", "$(id)", "a b", "`id`", "\\"])
def test_an_id_that_a_shell_could_read_as_something_else_names_no_variable(hostile: str) -> None:
    told = trace(call("GET /threads/thread_T1", {"id": hostile, "object": "thread", "created_at": 1}))
    assert hostile not in objects_of(told)
