"""Endpoints in trouble: a clear message, the right exit code, a report of what was judged, and never a hang."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.session.selection import Selection
from tests.cli.command import command
from tests.servers import EMPTY_PAGE, Behaviour, always, answer, never_answer, passed_on, routed, serving

JSON_ERROR = json.dumps(
    {
        "error": {
            "message": "Incorrect API key provided.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_api_key",
        }
    }
).encode()
ENVELOPE_500 = json.dumps(
    {"error": {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}}
).encode()
SERVER_DOWN = 4


def test_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = command(tmp_path, "run", f"http://127.0.0.1:{port}/v1")
    assert done.code == SERVER_DOWN
    assert f"http://127.0.0.1:{port}/v1 cannot be reached" in done.out
    assert done.report["header"]["problem"]
    assert set(done.verdicts().values()) == {"not-exercised"}
    assert (tmp_path / "reports/latest/junit.xml").is_file()


def test_hung_from_the_start(tmp_path: Path) -> None:
    with serving(never_answer) as url:
        done = command(tmp_path, "run", url, "--timeout", "0.4")
    assert done.code == SERVER_DOWN
    assert "(0.4 s, see --timeout)" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (always(body=b"<html>Hello</html>", media_type="text/html"), "answers a web page, not JSON"),
        (
            always("302 Found", headers={"Location": "http://elsewhere.invalid/"}),
            "answers a redirect to http://elsewhere.invalid/",
        ),
        (
            always("401 Unauthorized", JSON_ERROR),
            "wants an API key: set OPENAI_API_KEY, or name one with --api-key-env",
        ),
    ],
    ids=["html", "redirect", "401"],
)
def test_not_an_api_or_not_for_us(behave: Behaviour, told: str, tmp_path: Path) -> None:
    with serving(behave) as url:
        done = command(tmp_path, "run", url)
    assert done.code == SERVER_DOWN
    assert told in " ".join(done.out.split())


def test_a_refused_key_is_told_and_not_shown(tmp_path: Path) -> None:
    with serving(always("401 Unauthorized", JSON_ERROR)) as url:
        done = command(tmp_path, "run", url, env={"OPENAI_API_KEY": "sk-planted-0123456789abcdef0123"})
    assert done.code == SERVER_DOWN
    assert "refuses the API key that was given (401)" in " ".join(done.out.split())
    assert "planted" not in done.out + done.err


WANTS_A_HEADER = "Either x-portkey-config or x-portkey-provider header is required"


@pytest.mark.parametrize(
    "body", [{"error": {"message": WANTS_A_HEADER}}, {"status": "failure", "message": WANTS_A_HEADER}]
)
def test_a_gateway_that_refuses_everything_is_told_with_its_message(body: dict[str, object], tmp_path: Path) -> None:
    with serving(always("400 Bad Request", json.dumps(body).encode())) as url:
        done = command(tmp_path, "run", url)
        fuzzed = command(tmp_path, "fuzz", url)
    asked = "GET /assistants, GET /files, GET /vector_stores and POST /threads"
    told = f"{url} refuses {asked}, all with 400: {WANTS_A_HEADER}"
    assert (done.code, fuzzed.code) == (SERVER_DOWN, SERVER_DOWN)
    assert done.report["header"]["problem"] == told
    assert told in " ".join(done.out.split())


def test_a_key_in_the_message_of_a_refusal_is_not_shown(tmp_path: Path) -> None:
    body = json.dumps({"error": {"message": "No provider for planted0123456789abcdef0123."}}).encode()
    with serving(always("400 Bad Request", body)) as url:
        done = command(tmp_path, "run", url, env={"OPENAI_API_KEY": "planted0123456789abcdef0123"})
    assert done.code == SERVER_DOWN
    assert "No provider for" in " ".join(done.out.split())
    assert "planted" not in done.out + done.err + (tmp_path / "reports/latest/report.json").read_text()


@pytest.mark.parametrize("accepted", [b"GET /v1/files", b"GET /v1/vector_stores", b"POST /v1/threads "])
def test_an_endpoint_that_accepts_something_is_judged(accepted: bytes, tmp_path: Path) -> None:
    made = b'{"id": "thread_1", "object": "thread", "created_at": 1767225600, "metadata": {}, "tool_resources": {}}'
    asked: list[bytes] = []

    def behave(connection: socket.socket, request: bytes) -> None:
        asked.append(request.split(b" HTTP/", 1)[0])
        known = request.startswith((accepted, b"DELETE "))
        connection.sendall(answer(body=made) if known else answer("400 Bad Request", ENVELOPE_500))

    with serving(behave) as url:
        done = command(tmp_path, "run", url, "--repeats", "1", "--only", "objects.empty_thread")
    assert done.report["header"]["problem"] is None
    assert done.report["header"]["exchanges"] > 0
    makes = accepted.startswith(b"POST")
    assert asked.count(b"POST /v1/threads") == (2 if makes else 1)
    assert asked.count(b"DELETE /v1/threads/thread_1") == (2 if makes else 0)


def test_a_forgotten_v1_is_pointed_out(tmp_path: Path) -> None:
    with ReferenceServer(Settings()) as server:
        done = command(tmp_path, "run", server.url.removesuffix("/v1"))
    assert done.code == SERVER_DOWN
    assert f"{server.url} does answer as one" in " ".join(done.out.split())


def test_tls_where_none_is_spoken(tmp_path: Path) -> None:
    with serving(always()) as url:
        done = command(tmp_path, "run", url.replace("http:", "https:"), "--timeout", "1")
    assert done.code == SERVER_DOWN
    assert "cannot be reached" in done.out


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to make a certificate")
def test_a_certificate_nobody_signed(tmp_path: Path) -> None:
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    words += ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # the client hangs up on the certificate
                context.wrap_socket(connection, server_side=True).recv(1)

        server = threading.Thread(target=shake)
        server.start()
        done = command(tmp_path, "run", f"https://127.0.0.1:{listener.getsockname()[1]}/v1", "--timeout", "3")
        server.join()
    assert done.code == SERVER_DOWN
    assert "certificate is not trusted" in " ".join(done.out.split())


def test_it_stops_answering_in_the_midst(tmp_path: Path) -> None:
    answered = iter(range(6))

    def behave(connection: socket.socket, _: bytes) -> None:
        if next(answered, None) is None:
            never_answer(connection)
        else:
            connection.sendall(answer(body=EMPTY_PAGE))

    with serving(routed(behave)) as url:
        done = command(tmp_path, "run", url, "--timeout", "1", "--repeats", "1", "--only", "objects,messages")
    assert done.code == SERVER_DOWN
    assert "3 scenarios in a row got no answer" in " ".join(done.out.split())
    assert done.report["header"]["exchanges"] > 0
    planned = Selection.of(("objects", "messages")).scenarios
    assert planned is not None
    driven = [row for row in done.report["scenarios"] if row["outcome"] != "not-offered"]
    assert 3 < len(driven) < 12 < len(planned)


def test_silence_ends_a_parallel_run_too(tmp_path: Path) -> None:

    def behave(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET /v1/assistants?limit=1 "):
            connection.sendall(answer(body=EMPTY_PAGE))
        else:
            never_answer(connection)

    with serving(behave) as url:
        done = command(
            tmp_path, "run", url, "-j", "2", "--timeout", "1", "--repeats", "1", "--only", "objects,messages"
        )
    assert done.code == SERVER_DOWN
    assert "3 scenarios in a row got no answer" in done.out
    assert len(done.report["scenarios"]) < 12


def test_500_on_everything_is_told_without_a_flood(tmp_path: Path) -> None:
    with serving(always("500 Internal Server Error", ENVELOPE_500)) as url:
        done = command(tmp_path, "run", url, "--repeats", "1", "-j", "6")  # it mostly waits
    failed = {name for name, verdict in done.verdicts().items() if verdict == "fail"}
    assert done.code == 1
    # What deserves an answer and what deserves a refusal: each request breaks one of the two.
    assert failed == {"ERROR-5XX-02", "ERROR-DESERVED-01"}
    assert {cause["key"].split(":")[0] for cause in done.report["causes"] if cause["failed"]} == {"failure"}
    assert {row["outcome"] for row in done.report["scenarios"]} <= {"inconclusive", "completed", "not-offered"}


def test_a_dying_server_gets_a_fresh_connection(tmp_path: Path) -> None:
    """It answers 500 and drops the connection though it promised to keep it: one fault, told once."""
    dying = answer("500 Internal Server Error", ENVELOPE_500, headers={"Connection": "keep-alive"})
    with serving(lambda connection, _: connection.sendall(dying)) as url:
        done = command(tmp_path, "run", url, "--repeats", "1", "--only", "objects.thread_lifecycle")
    assert done.verdicts().get("WIRE-ANSWER-01") == "pass"


def test_broken_bodies_and_streams_are_told_as_such(tmp_path: Path) -> None:
    with ReferenceServer(Settings()) as server:

        def relay(connection: socket.socket, request: bytes) -> None:
            """Pass on, but cut plain answers to GET /threads/… and every stream in the midst."""
            response = passed_on(server.url, request)
            cut = b"text/event-stream" in response or request.startswith(b"GET /v1/threads/")
            connection.sendall(response[: len(response) * 2 // 3] if cut else response)

        with serving(relay) as url:
            done = command(
                tmp_path,
                "run",
                url,
                "--repeats",
                "1",
                "--timeout",
                "20",
                "--only",
                "objects.thread_lifecycle,streams.text",
            )
    verdicts = done.verdicts()
    assert done.code == 1
    assert verdicts["WIRE-WHOLE-01"] == "fail"
    assert verdicts["STREAM-FRAME-10"] == "fail"


def test_an_endless_stream_ends_with_the_time_limit(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    made = json.dumps({"id": "thread_1", "object": "thread"}).encode()

    def behave(connection: socket.socket, request: bytes) -> None:
        if b'"stream"' not in request:
            connection.sendall(answer(body=made))
            return
        connection.sendall(head)
        while True:  # until the client closes the connection
            connection.sendall(b": still here\n\n")
            time.sleep(0.02)

    with serving(routed(behave)) as url:
        done = command(tmp_path, "run", url, "--repeats", "1", "--timeout", "1", "--only", "streams.text")
    assert done.code in (1, 4)
    assert "STREAM-FRAME-10" in done.out


def test_pages_without_end_are_walked_a_while(tmp_path: Path) -> None:
    asked = []

    def behave(connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ", 2)[1]
        if request.startswith(b"GET") and b"/messages" in path:
            asked.append(path)
        page = {
            "object": "list",
            "data": [{"id": "msg_1", "object": "thread.message"}],
            "first_id": "msg_1",
            "last_id": "msg_1",
            "has_more": True,
        }
        made = {"id": "thread_1", "object": "thread", "created_at": 1767225600, "metadata": {}, "tool_resources": {}}
        body = page if request.startswith(b"GET") else made
        connection.sendall(answer(body=json.dumps(body).encode()))

    with serving(routed(behave)) as url:
        done = command(tmp_path, "run", url, "--repeats", "1", "--timeout", "20", "--only", "lists.messages")
    assert done.code == 1
    assert 10 < len(asked) < 60


def test_a_missing_feature_is_unsupported_and_its_answer_no_other_fault(tmp_path: Path) -> None:
    def behave(connection: socket.socket, request: bytes) -> None:
        known = request.startswith(b"GET /v1/assistants?")
        connection.sendall(answer(body=EMPTY_PAGE) if known else answer("404 Not Found", b'{"detail":"Not Found"}'))

    with serving(behave) as url:
        done = command(tmp_path, "run", url, "--repeats", "1", "--only", "messages")
    planned = Selection.of(("messages",)).scenarios
    assert planned is not None
    assert done.report["header"]["problem"] is None, "an answer that says what is missing is one all the same"
    assert {row["name"] for row in done.report["scenarios"]} == set(planned)
    assert set(done.verdicts().values()) <= {"unsupported", "not-exercised", "inconclusive", "pass"}
    assert "unsupported" in done.verdicts().values()
    assert "Not there: createThread" in done.out
    whole = (tmp_path / "reports/latest/report.txt").read_text()
    assert "createThread is not there: POST /threads answered 404" in " ".join(whole.split())


def test_a_server_that_needs_no_key_and_no_header_is_told_once(tmp_path: Path) -> None:
    with serving(always(body=EMPTY_PAGE)) as url:
        done = command(tmp_path, "run", url, "--only", "headers")
    rows = {row["requirement"]: row for row in done.report["results"]}
    assert done.code == 0
    for name in ("HDR-BETA-01", "HDR-BETA-02", "HDR-KEY-01"):
        assert (rows[name]["verdict"], rows[name]["findings_total"]) == ("warn", 1)


def test_what_varies_is_told_as_k_of_n(tmp_path: Path) -> None:
    turns = iter(range(1000))

    def behave(connection: socket.socket, request: bytes) -> None:
        """A thread whose metadata is forgotten every other time."""
        right = next(turns) % 2 if request.startswith(b"POST") else 1
        made = {
            "id": "thread_1",
            "object": "thread",
            "created_at": 1767225600 if right else 1,
            "metadata": {},
            "tool_resources": {},
        }
        connection.sendall(answer(body=json.dumps(made).encode(), headers={"x-request-id": "r"}))

    with serving(routed(behave)) as url:
        done = command(tmp_path, "run", url, "--repeats", "3", "--only", "objects.empty_thread")
    seen = {(exhibit["seen"], exhibit["repeats"]) for row in done.report["results"] for exhibit in row["exhibits"]}
    assert any(1 <= k < n == 3 for k, n in seen), seen


def test_429_is_waited_out_and_a_day_is_not(tmp_path: Path) -> None:
    with ReferenceServer(Settings()) as server:
        limited = iter([True])

        def relay(connection: socket.socket, request: bytes) -> None:
            if request.startswith(b"POST /v1/threads ") and next(limited, False):
                connection.sendall(answer("429 Too Many Requests", ENVELOPE_500, headers={"Retry-After": "1"}))
                return
            connection.sendall(passed_on(server.url, request))

        with serving(relay) as url:
            done = command(tmp_path, "run", url, "--only", "objects.empty_thread")
    assert done.code == 0
    assert [row["outcome"] for row in done.report["scenarios"]] == ["completed"]

    patient = answer("429 Too Many Requests", ENVELOPE_500, headers={"Retry-After": "86400"})
    with serving(lambda connection, _: connection.sendall(patient)) as url:
        done = command(tmp_path, "run", url, "--only", "objects.empty_thread")
    assert "86400 s, longer than the time limit" in json.dumps(done.report["scenarios"])
