"""How servers say "no such route", learnt from made-up ones: what says so, and what is said of an object instead."""

import json
from typing import Any

import pytest

from conformance import contract
from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.presence import NoRoute, Presence, absent_calls, presences

BASE = "http://endpoint.test/v1"
MADE_UP = (("GET", "/almanacs"), ("GET", "/weathervanes"), ("POST", "/threads/thread_abc/almanacs"))
RUN = "/threads/thread_1/runs/run_1"


def answered(method: str, path: str, status: int, body: Any, media_type: str = "application/json") -> Exchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = Headers((("content-type", media_type),))
    return Exchange(1, Request(method, BASE + path), Response(status, headers, content))


def enveloped(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


# How each server answers a method and a path that it does not know.
SERVERS = {
    "a page": (404, lambda method, path: f"<h1>Cannot {method} /v1{path}</h1>".encode(), "text/html"),
    "nothing": (404, lambda method, path: b"", ""),
    "a detail": (404, lambda method, path: {"detail": "Not Found"}, "application/json"),
    "an envelope": (404, lambda method, path: enveloped("Not found"), "application/json"),
    "Fastify": (
        404,
        lambda method, path: {
            "message": f"Route {method}:/v1{path} not found",
            "error": "Not Found",
            "statusCode": 404,
        },
        "application/json",
    ),
    "words with the path": (
        404,
        lambda method, path: enveloped(f"Unknown request URL: {method} /v1{path}. Please check the URL for typos."),
        "application/json",
    ),
    "405": (405, lambda method, path: {"detail": "Method Not Allowed"}, "application/json"),
    "501": (501, lambda method, path: enveloped("not implemented"), "application/json"),
    "200 for everything": (200, lambda method, path: {"status": "ok"}, "application/json"),
}


def learnt(server: str) -> NoRoute:
    status, body, media_type = SERVERS[server]
    return NoRoute(
        contract.load(), [answered(method, path, status, body(method, path), media_type) for method, path in MADE_UP]
    )


def called(operation: str, exchange: Exchange) -> OperationCall:
    return OperationCall(exchange, contract.load().operations.by_id[operation], {})


@pytest.mark.parametrize("server", SERVERS)
def test_an_operation_that_answers_like_a_made_up_route_is_not_there(server: str) -> None:
    status, body, media_type = SERVERS[server]
    call = called("getRun", answered("GET", RUN, status, body("GET", RUN), media_type))
    assert learnt(server).presence(call) is Presence.NOT_THERE
    assert [*absent_calls([call], presences([call], learnt(server)), learnt(server))] == [call]


@pytest.mark.parametrize("server", SERVERS)
def test_one_that_was_accepted_once_is_there(server: str) -> None:
    status, body, media_type = SERVERS[server]
    calls = [
        called("getRun", answered("GET", RUN, 200, {"id": "run_1", "object": "thread.run"})),
        called("getRun", answered("GET", RUN, status, body("GET", RUN), media_type)),
    ]
    found = presences(calls, learnt(server))
    assert found == {"getRun": Presence.ACCEPTED}
    assert absent_calls(calls, found, learnt(server)) == []


@pytest.mark.parametrize("server", sorted(set(SERVERS) - {"405", "501"}))
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"detail": "Run run_1 not found"}),
        (404, enveloped("No run found with id 'run_1'.")),
        (400, {"detail": "Not Found"}),
        (422, b""),
        (500, b""),
    ],
)
def test_another_answer_is_of_an_operation_that_is_there(server: str, status: int, body: Any) -> None:
    assert learnt(server).presence(called("getRun", answered("GET", RUN, status, body))) is Presence.THERE


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_of_an_operation_that_is_there_and_wrong(status: int) -> None:
    no_route = NoRoute(contract.load(), [answered(*route, status, b"", "") for route in MADE_UP])
    assert no_route.presence(called("getRun", answered("GET", RUN, status, b"", ""))) is Presence.THERE


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_an_answer_without_a_look_at_the_path_says_nothing(status: int) -> None:
    assert learnt("a detail").presence(called("getRun", answered("GET", RUN, status, {}))) is None
    assert NoRoute(contract.load()).presence(called("getRun", Exchange(1, Request("GET", BASE), None))) is None


def test_what_differs_between_two_made_up_routes_says_nothing() -> None:
    def body(number: int) -> dict[str, Any]:
        return {"detail": "Not Found", "request_id": f"req_{number}"}

    no_route = NoRoute(contract.load(), [answered(*route, 404, body(n)) for n, route in enumerate(MADE_UP)])
    assert no_route.says(answered("GET", RUN, 404, body(7)))
    assert not no_route.says(answered("GET", RUN, 404, body(7) | {"detail": "Run not found"}))


@pytest.mark.parametrize(
    ("status", "body", "missing"),
    [
        (404, b"", True),
        (404, {"detail": "Not Found"}, True),
        (404, enveloped("Invalid URL (GET /v1/threads/thread_1)"), True),
        (405, {}, True),
        (501, {}, True),
        (404, enveloped("No thread found with id 'thread_1'."), False),
        (200, {"status": "ok"}, False),
    ],
)
def test_a_recording_without_made_up_routes_goes_by_the_envelope(status: int, body: Any, missing: bool) -> None:
    assert NoRoute(contract.load()).says(answered("GET", RUN, status, body)) is missing
