"""What scenarios are written with, beside runs: uploads, waits for what is indexed, requests at the same time."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.checks.judge import judge
from conformance.client.ledger import Ledger
from conformance.client.tap import NUMBER, Tap
from conformance.client.target import Target, load_profile
from conformance.scenarios.kit.driver import RESTING, TERMINAL, Call, Driver, Inconclusive, NotOffered, Unsupported
from conformance.scenarios.kit.fixtures import store_made_for, stores_of
from conformance.scenarios.kit.multipart import upload
from conformance.trace.exchange import Exchange
from conformance.trace.order import before
from tests.limits import HANG
from tests.servers import always, answer, serving

RUN = {"thread_id": "thread_1", "run_id": "run_1"}


def _driver(url: str, tap: Tap | None = None, **settings: Any) -> Driver:
    return Driver(Target(url, load_profile("generic"), **settings), contract.load(), tap=tap)


def _in_turn(*bodies: dict[str, Any]) -> Any:
    """Answer with each of these in turn, the last one ever after."""
    left = list(bodies)
    return lambda connection, _: connection.sendall(
        answer(body=json.dumps(left.pop(0) if len(left) > 1 else left[0]).encode())
    )


def test_an_upload_goes_out_as_a_form_and_is_deleted_in_the_end() -> None:
    requests: list[bytes] = []

    def behave(connection: socket.socket, request: bytes) -> None:
        requests.append(request)
        connection.sendall(answer(body=b'{"id": "file-1", "object": "file"}'))

    with serving(behave) as url:
        api = _driver(url)
        assert api.call("createFile", upload("a.txt", "one"))["id"] == "file-1"
        api.close()
    sent, deletion = requests
    head, _, body = sent.partition(b"\r\n\r\n")
    assert b"content-type: multipart/form-data; boundary=conformance-0" in head.lower()
    assert body == upload("a.txt", "one").content
    assert deletion.startswith(b"DELETE /v1/files/file-1 ")


def test_what_is_indexed_is_waited_for() -> None:
    store = {"id": "vs_1", "object": "vector_store"}
    with serving(_in_turn({**store, "status": "in_progress"}, {**store, "status": "completed"})) as url:
        api = _driver(url)
        assert api.wait_until_processed("getVectorStore", vector_store_id="vs_1")["status"] == "completed"
        assert len(api.trace("x").exchanges) == 2
        api.close()


def test_what_is_indexed_for_ever_ends_the_scenario() -> None:
    with serving(always(body=b'{"id": "vs_1", "status": "in_progress"}')) as url:
        api = _driver(url, timeout=1)
        with pytest.raises(Inconclusive, match=r"told the status still in_progress after 1 s"):
            api.wait_until_processed("getVectorStore", vector_store_id="vs_1")
        (expectation,) = api.trace("x").expectations
        assert (expectation.requirement, expectation.actual) == ("VS-END-01", "still in_progress after 1 s")
        api.close()


@pytest.mark.parametrize(
    ("status", "until", "told"),
    [
        ("completed", TERMINAL, [("RUN-END-02", None)]),
        ("requires_action", RESTING, [("RUN-END-02", None)]),
        ("failed", frozenset({"completed"}), [("RUN-END-02", None)]),
        ("in_progress", frozenset({"in_progress"}), []),
        ("queued", TERMINAL, [("RUN-END-02", "still queued after 1 s")]),
    ],
)
def test_what_is_waited_for_is_to_end(status: str, until: frozenset[str], told: list[tuple[str, str | None]]) -> None:
    run = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "status": status}
    with serving(always(body=json.dumps(run).encode())) as url:
        api = _driver(url, timeout=1)
        with suppress(Inconclusive):
            api.wait(run, until=until)
        found = [(expectation.requirement, expectation.actual) for expectation in api.trace("x").expectations]
        assert found == told
        api.close()


def test_a_run_that_had_ended_when_it_was_made_needs_no_look_where_none_is_offered() -> None:
    with serving(always("404 Not Found", b'{"detail": "Not Found"}')) as url:
        api = _driver(url)
        ended = {"id": "run_1", "thread_id": "thread_1", "status": "completed"}
        assert api.wait(ended, until=TERMINAL) == ended
        with pytest.raises(Unsupported):
            api.wait({**ended, "status": "queued"}, until=TERMINAL)
        api.close()


def test_contents_and_searches_need_no_id() -> None:
    with serving(always(body=b'{"object": "vector_store.search_results.page", "data": []}')) as url:
        api = _driver(url)
        assert api.call("searchVectorStore", {"query": "x"}, vector_store_id="vs_1")["data"] == []
        assert api.call("retrieveVectorStoreFileContent", vector_store_id="vs_1", file_id="file-1")["data"] == []
        with pytest.raises(Inconclusive, match="getVectorStore answered 200 without an id"):
            api.call("getVectorStore", vector_store_id="vs_1")
        api.close()


def test_an_endpoint_without_files_is_told_apart() -> None:
    with serving(always("404 Not Found", b'{"detail": "Not Found"}')) as url:
        api = _driver(url)
        with pytest.raises(Unsupported, match="POST /files answered 404"):
            api.call("createFile", upload("a.txt", "one"))
        assert api.trace("x").absent == {1}
        api.close()


@pytest.fixture
def meeting() -> Iterator[str]:
    """A server that answers only when two requests are under way at once."""
    gate = threading.Barrier(2)

    def behave(connection: socket.socket, request: bytes) -> None:
        gate.wait(HANG)
        name = json.loads(request.partition(b"\r\n\r\n")[2])["file_id"]
        connection.sendall(answer(body=json.dumps({"id": name, "status": "completed"}).encode()))

    with serving(behave) as url:
        yield url


def test_requests_go_out_at_once_by_clients_of_their_own(meeting: str) -> None:
    api = _driver(meeting)
    place = {"vector_store_id": "vs_1"}
    calls = [Call("createVectorStoreFile", {"file_id": name}, place) for name in ("file-1", "file-2")]
    exchanges = api.concurrently(*calls)
    assert [exchange.response.json["id"] for exchange in exchanges if exchange.response] == ["file-1", "file-2"]
    first, second = api.trace("x").exchanges
    assert not before(first, second)
    api.close()


class _SlowTap(Tap):
    """A tap under which the second client comes late: not before the first is answered, if that happens at all."""

    def take_number(self) -> int:
        number = super().take_number()
        if number > 1:
            self.answered.wait(0.3)
        return number

    def keep(self, exchange: Exchange) -> None:
        super().keep(exchange)
        self.answered.set()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answered = threading.Event()


def test_none_is_answered_before_the_last_has_begun() -> None:
    with serving(always(body=b'{"id": "file-1"}')) as url:
        api = _driver(url, tap=_SlowTap())
        place = {"vector_store_id": "vs_1"}
        first, second = api.concurrently(*(Call("createVectorStoreFile", {"file_id": "x"}, place) for _ in range(2)))
        assert first.ok
        assert second.ok
        assert not before(first, second)
        assert not before(second, first)
        api.close()


class _OneRefused(Tap):
    """A tap under which the first request finds no connection."""

    def transport(self, http: Any, inner: Any = None) -> Any:
        class Refusing(http.BaseTransport):  # type: ignore[misc]
            def handle_request(self, request: Any) -> Any:
                if request.extensions[NUMBER] == 1:
                    raise http.ConnectError("refused")
                return inner.handle_request(request)

        return super().transport(http, Refusing())


def test_a_request_that_finds_no_connection_holds_up_no_other() -> None:
    with serving(always(body=b'{"id": "file-1"}')) as url:
        api = _driver(url, tap=_OneRefused(), timeout=2 * HANG)
        place = {"vector_store_id": "vs_1"}
        begun = time.monotonic()
        exchanges = api.concurrently(*(Call("createVectorStoreFile", {"file_id": "x"}, place) for _ in range(3)))
        assert sorted(exchange.ok for exchange in exchanges) == [False, True, True]
        assert time.monotonic() - begun < HANG
        api.close()


def test_in_a_replay_they_overlap_too() -> None:
    with serving(always(body=b'{"id": "file-1"}')) as url:
        api = _driver(url, replay=True)
        place = {"vector_store_id": "vs_1"}
        exchanges = api.concurrently(*(Call("createVectorStoreFile", {"file_id": "x"}, place) for _ in range(3)))
        assert len(exchanges) == 3
        assert all(exchange.response and exchange.response.complete for exchange in exchanges)
        assert not any(before(one, other) for one in exchanges for other in exchanges)
        api.close()


def test_what_cannot_expire_here_is_told_by_its_kind() -> None:
    with serving(always()) as url:
        api = _driver(url)
        for kind, told in (("vector_store", "days"), ("file", "seconds"), ("thread.run", "ten minutes")):
            with pytest.raises(NotOffered, match=told):
                api.let_expire({"id": "x", "object": kind})
        api.close()


def test_a_vector_store_made_on_the_way_is_owed(tmp_path: Path) -> None:
    holder = {"object": "thread", "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}}
    with serving(always(body=b'{"deleted": true}')) as url:
        ledger = Ledger(url, tmp_path / "leftovers.jsonl")
        api = Driver(Target(url, load_profile("generic")), contract.load(), ledger=ledger)
        assert store_made_for(api, holder) == "vs_1"
        assert [(one.deletion, one.id) for one in ledger.leftovers] == [("deleteVectorStore", "vs_1")]
        with pytest.raises(Inconclusive, match="no vector store is shown for the thread"):
            store_made_for(api, {"object": "thread", "tool_resources": {}})
        api.close()
        assert ledger.leftovers == []


@pytest.mark.parametrize(
    "holder", [{}, {"tool_resources": None}, {"tool_resources": {"file_search": {"vector_store_ids": [7]}}}]
)
def test_tool_resources_of_an_unknown_shape_name_no_stores(holder: dict[str, Any]) -> None:
    assert stores_of(holder) == []


def test_nothing_is_expected_of_an_operation_that_is_not_there() -> None:
    with serving(always("405 Method Not Allowed", b'{"detail":"Method Not Allowed"}')) as url:
        api = Driver(Target(url, load_profile("generic"), timeout=2), contract.load())
        absent = api.send("deleteMessage", thread_id="thread_1", message_id="msg_1")
        api.expect("ERROR-UNKNOWN-01", absent, "status 404", "status 405")
        api.close()
    assert judge(api.trace("a test"), contract.load(), ()).examined == {}


@pytest.mark.parametrize("status", ["402 Payment Required", "429 Too Many Requests", "503 Service Unavailable"])
def test_nothing_is_expected_of_an_answer_that_has_not_looked(status: str) -> None:
    with serving(always(status, b'{"error": {"message": "Not now."}}')) as url:
        api = _driver(url)
        for exchange in (api.request("GET", "/assistants", headers={"Authorization": None}), api.send("getRun", **RUN)):
            api.expect("ERROR-FIRST-01", exchange, "status 401", f"status {status}")
        api.close()
    assert api.trace("a test").expectations == ()


def test_of_a_refusal_it_is_stated_what_was_expected() -> None:
    with serving(always("403 Forbidden", b'{"error": {"message": "No."}}')) as url:
        api = _driver(url)
        api.expect("ERROR-FIRST-01", api.send("getRun", **RUN), "status 401", "status 403")
        api.close()
    assert [one.actual for one in api.trace("a test").expectations] == ["status 403"]


def test_of_a_collection_that_is_not_there_a_request_by_hand_tells_that_too() -> None:
    with serving(always("404 Not Found", b'{"detail": "Not Found"}')) as url:
        api = _driver(url)
        api.request("GET", "/threads/thread_1")  # it is the thread, for all one knows
        assert api.absences == {}
        api.request("POST", "/threads", {}, headers={"OpenAI-Beta": None})
        assert api.absences["createThread"] == "createThread is not there: POST /threads answered 404"
        assert api.trace("x").absent == {2}


def test_what_met_a_server_error_is_sent_again_and_all_tries_are_kept() -> None:
    failed = answer("500 Internal Server Error", b'{"error": {"message": "Oh."}}')
    answers = [failed, answer(body=b'{"id": "thread_1", "object": "thread"}')]
    with serving(lambda connection, _: connection.sendall(answers.pop(0))) as url:
        api = _driver(url)
        assert api.call("createThread", {})["id"] == "thread_1"
        assert [one.response and one.response.status for one in api.trace("x").exchanges] == [500, 200]
    with serving(lambda connection, _: connection.sendall(failed)) as url:
        api = _driver(url)
        with pytest.raises(Inconclusive, match="createThread answered 500: Oh"):
            api.call("createThread", {})
        assert len(api.trace("x").exchanges) == 3
        api.send("createThread", {})  # what always failed is not tried so often again
        assert len(api.trace("x").exchanges) == 4
        api.send("listAssistants")
        api.request("POST", "/threads/thread_1", {"metadata": 7})
        assert len(api.trace("x").exchanges) == 10


def test_a_stream_that_is_not_there_is_missing_where_it_was_opened() -> None:
    with serving(always("501 Not Implemented", b"{}")) as url:
        api = _driver(url)
        with api.open("createRun", {"assistant_id": "asst_1"}, thread_id="thread_1") as events:
            assert not any(event.name for event in events)
        assert api.absences["createRun"] == "createRun is not there: POST /threads/{thread_id}/runs answered 501"
