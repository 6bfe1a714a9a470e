"""Fuzz an endpoint: what is planted is found and shrunk, the same seed asks the same, and the budget holds."""

import json
import time
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance import contract
from conformance.fuzz.operation_search import OperationSearches, SearchPlan
from conformance.recordings import read
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.cli.command import command
from tests.fuzz.places import searches, target
from tests.servers import answer as whole
from tests.servers import serving

LOADED = contract.load()


class FailsOnLongNames:
    """An endpoint that answers 500 to an assistant whose name has 40 characters or more."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, and hand on what is not for this fault."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith("/assistants"):
            await self.app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if not too_long(body):
            waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def again() -> Message:
                return waiting.pop() if waiting else await receive()

            await self.app(scope, again, send)
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"error":{"message":"no","type":"server_error"}}'})


def too_long(body: bytes) -> bool:
    """Whether a body names an assistant with 40 characters or more."""
    try:
        value = json.loads(body)
    except ValueError:
        return False
    name = value.get("name") if isinstance(value, dict) else None
    return isinstance(name, str) and len(name) >= 40


def test_the_same_seed_asks_the_same() -> None:
    refusal = {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}
    answer = whole("400 Bad Request", json.dumps({"error": refusal}).encode(), headers={"x-request-id": "req_1"})

    def asked(seed: int) -> list[bytes]:
        bodies: list[bytes] = []

        def keep(connection: object, request: bytes) -> None:
            bodies.append(request.partition(b"\r\n\r\n")[2])
            connection.sendall(answer)  # type: ignore[attr-defined]

        # Nothing is found, so that nothing is shrunk: the time is not what ends it, however busy the machine is.
        with serving(keep) as url:
            searches(url, "createAssistant", seed=seed, examples=6)
        return bodies

    first = asked(3)
    assert len(first) >= 16
    assert first == asked(3)
    assert first != asked(4)


def test_examples_and_time_are_bounded() -> None:
    with ReferenceServer(Settings()) as server:
        made = searches(server.url, "createAssistant", examples=5)
        hurried = searches(server.url, examples=100_000, seconds=1)
    assert [one.examples - one.bounds for one in made] == [5, 5]
    planned = OperationSearches(SearchPlan(target(server.url), 0, 5, ("createAssistant",)), LOADED)
    assert [one.bounds for one in made] == [len(one.first) + 5 for one in planned.searches]
    assert all(one.examples < 100_000 for one in hurried)
    assert any(one.timed_out for one in hurried)


def test_every_operation_is_reached_before_any_has_a_second_round() -> None:
    """Beside the right request each kind of mistake once, so that a short time tells of everything."""
    with ReferenceServer(Settings(seed=1)) as server:
        searches = OperationSearches(SearchPlan(target(server.url), 0, 10, ()), LOADED)
        made = list(searches.first_round(time.monotonic() + 3600, lambda _: None))
    assert len(made) == 2 * len(LOADED.operations)
    assert [one.name for one in made if one.smallest or one.undriven or one.crashed] == []
    assert [one.name for one in made if one.driven != 1 and one.name.endswith(".positive")] == []
    wrong = [one for one in made if one.name.endswith(".negative") and not one.empty]
    assert [one.name for one in wrong if one.bounds < 2] == []


def test_nothing_is_found_on_the_reference() -> None:
    with ReferenceServer(Settings()) as server:
        made = searches(server.url, "createMessage", "listMessages", "getMessage", "deleteThread", examples=10)
    for search in made:
        assert not search.smallest, (search.name, sorted(search.smallest))
        assert not search.crashed
        assert search.examples


def test_a_server_error_is_shrunk_and_kept(tmp_path: Path) -> None:
    server = ReferenceServer(Settings(seed=1))
    server.app.add_middleware(FailsOnLongNames)
    with server:
        words = ("fuzz", server.url, "--profile", "reference", "--schema", "--only", "createAssistant.positive")
        run = command(tmp_path, *words, "--max-examples", "60", "--max-time", "600")
    assert run.verdicts()["ERROR-5XX-02"] == "fail"
    row = next(row for row in run.report["results"] if row["requirement"] == "ERROR-5XX-02")
    assert "curl" in row["exhibits"][0]["curl"]
    kept = tmp_path / "reports/latest/fuzz/createAssistant.positive.ERROR-5XX-02.yaml"
    bodies = [row.exchange.request.body for row in read(kept).rows]
    names = [json.loads(body)["name"] for body in bodies if too_long(body)]
    assert [len(name) for name in names] == [40, 40, 40]  # each time it is asked
    again = command(tmp_path, "audit", str(kept))
    assert again.verdicts()["ERROR-5XX-02"] == "fail"
