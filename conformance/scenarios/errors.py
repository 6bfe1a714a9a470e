"""Requests that must be refused, and how."""

from typing import Any

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import assistant as an_assistant
from conformance.scenarios.kit.fixtures import ended_run, place, thread, user
from conformance.trace.exchange import Exchange
from conformance.trace.json import mapping, text

ASSISTANT = "asst_000000000000000000000000"
THREAD = "thread_000000000000000000000000"
MESSAGE = "msg_000000000000000000000000"
RUN = "run_000000000000000000000000"
STEP = "step_000000000000000000000000"
NO_MODEL = "no-such-model-0000"
BROKEN = b'{"model": '


def _status(api: Driver, requirement: str, exchange: Exchange, *wanted: int) -> bool:
    """State with which of the statuses the request had to be refused; returns whether it was."""
    if exchange.response is None or exchange.response.status in (401, 403, 429) or exchange.response.status >= 500:
        return False  # somebody else's affair
    status = exchange.response.status
    right = status in wanted
    expected = f"status {' or '.join(map(str, wanted))}"
    api.expect(requirement, exchange, expected, None if right else f"status {status}")
    return right


def _missing(api: Driver, operation: str, body: Any = None, **ids: Any) -> None:
    _status(api, "ERROR-UNKNOWN-01", api.send(operation, body, **ids), 404)


def test_unknown_ids(api: Driver) -> None:
    """Well-formed ids of objects that never were."""
    thread_id = thread(api)["id"]
    _missing(api, "getAssistant", assistant_id=ASSISTANT)
    _missing(api, "deleteAssistant", assistant_id=ASSISTANT)
    _missing(api, "getThread", thread_id=THREAD)
    _missing(api, "createMessage", user(), thread_id=THREAD)
    _missing(api, "getMessage", thread_id=thread_id, message_id=MESSAGE)
    _missing(api, "getRun", thread_id=thread_id, run_id=RUN)


def test_unknown_again(api: Driver) -> None:
    """What was not there is not there the second time either, nor after something else was made."""
    thread_id = thread(api)["id"]
    for _ in range(2):
        _missing(api, "getAssistant", assistant_id=ASSISTANT)
        _missing(api, "getThread", thread_id=THREAD)
        _missing(api, "getMessage", thread_id=thread_id, message_id=MESSAGE)
        _missing(api, "getRun", thread_id=thread_id, run_id=RUN)
        api.call("createMessage", user(), thread_id=thread_id)


def test_unknown_everywhere(api: Driver) -> None:
    """The same ids in every other operation that takes one."""
    made, run = an_assistant(api), ended_run(api)
    thread_id = run["thread_id"]
    _missing(api, "modifyAssistant", {"name": "x"}, assistant_id=ASSISTANT)
    _missing(api, "modifyThread", {"metadata": {}}, thread_id=THREAD)
    _missing(api, "deleteThread", thread_id=THREAD)
    _missing(api, "listMessages", thread_id=THREAD)
    _missing(api, "listRuns", thread_id=THREAD)
    _missing(api, "createRun", {"assistant_id": made["id"]}, thread_id=THREAD)
    _missing(api, "modifyMessage", {"metadata": {}}, thread_id=thread_id, message_id=MESSAGE)
    _missing(api, "deleteMessage", thread_id=thread_id, message_id=MESSAGE)
    _missing(api, "modifyRun", {"metadata": {}}, thread_id=thread_id, run_id=RUN)
    _missing(api, "cancelRun", thread_id=thread_id, run_id=RUN)
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}]}
    _missing(api, "submitToolOuputsToRun", outputs, thread_id=thread_id, run_id=RUN)
    _missing(api, "listRunSteps", thread_id=thread_id, run_id=RUN)
    _missing(api, "getRunStep", thread_id=thread_id, run_id=RUN, step_id=STEP)
    _missing(api, "getRunStep", step_id=STEP, **place(run))


def test_unknown_assistant(api: Driver) -> None:
    """Runs for an assistant that never was, which leave nothing behind."""
    thread_id = thread(api)["id"]
    _status(api, "ERROR-UNKNOWN-02", api.send("createRun", {"assistant_id": ASSISTANT}, thread_id=thread_id), 404)
    _status(api, "ERROR-UNKNOWN-02", api.send("createThreadAndRun", {"assistant_id": ASSISTANT}), 404)
    api.call("listRuns", thread_id=thread_id)


def test_unknown_model(api: Driver) -> None:
    """A model that nobody has, wherever one is named."""
    made, thread_id = an_assistant(api), thread(api)["id"]
    _status(api, "ERROR-UNKNOWN-03", api.send("createAssistant", {"model": NO_MODEL}), 400, 404)
    changed = api.send("modifyAssistant", {"model": NO_MODEL}, assistant_id=made["id"])
    _status(api, "ERROR-UNKNOWN-03", changed, 400, 404)
    request = {"assistant_id": made["id"], "model": NO_MODEL}
    _status(api, "ERROR-UNKNOWN-03", api.send("createRun", request, thread_id=thread_id), 400, 404)
    _status(api, "ERROR-UNKNOWN-03", api.send("createThreadAndRun", request), 400, 404)
    api.call("listRuns", thread_id=thread_id)
    api.call("getAssistant", assistant_id=made["id"])


def test_wrong_prefixes(api: Driver) -> None:
    """Ids of the wrong kind, and words that are no ids."""
    thread_id = thread(api)["id"]
    tried = [api.send("getAssistant", assistant_id=wrong) for wrong in (THREAD, "x", "0", "asst", "née", "a" * 500)]
    api.send("getAssistant", assistant_id="%2e%2e")
    for wrong in (ASSISTANT, "x"):
        tried += [
            api.send("getThread", thread_id=wrong),
            api.send("deleteThread", thread_id=wrong),
            api.send("getMessage", thread_id=thread_id, message_id=wrong),
            api.send("getRun", thread_id=thread_id, run_id=wrong),
            api.send("createMessage", user(), thread_id=wrong),
        ]
    for exchange in tried:
        _status(api, "ERROR-PREFIX-01", exchange, 400, 404)
    for wrong in (THREAD, "x", ""):
        named = api.send("createRun", {"assistant_id": wrong}, thread_id=thread_id)
        _status(api, "ERROR-PREFIX-02", named, 400, 404)


def test_parents(api: Driver) -> None:
    """Paths in which nothing exists: the answer is about the first of them."""
    tried = [
        api.send("getMessage", thread_id=THREAD, message_id=MESSAGE),
        api.send("getRun", thread_id=THREAD, run_id=RUN),
        api.send("getRunStep", thread_id=THREAD, run_id=RUN, step_id=STEP),
        api.send("createRun", {"assistant_id": ASSISTANT}, thread_id=THREAD),
    ]
    for exchange in tried:
        told = _error(exchange).get("message")
        named = [name for name in (THREAD, MESSAGE, RUN, STEP, ASSISTANT) if name in (text(told) or "")]
        if named:  # one that names nobody says nothing of the order
            wrong = None if named[0] == THREAD else f"a message about {named[0]}"
            api.expect("ERROR-FIRST-02", exchange, f"a message about {THREAD}", wrong)


def _error(exchange: Exchange) -> dict[str, Any]:
    body = exchange.response.json_or_none if exchange.response is not None else None
    return mapping(mapping(body).get("error"))


def test_broken_requests(api: Driver) -> None:
    """Bodies that are no JSON, or JSON that is no object, on creation and on modification."""
    made, thread_id = an_assistant(api), thread(api)["id"]
    paths = ("/assistants", f"/assistants/{made['id']}", f"/threads/{thread_id}/messages", f"/threads/{thread_id}/runs")
    for path in paths:
        for body in (BROKEN, b"{model: 1}", b"[]", b"null", b'"text"', b"7"):
            api.request("POST", path, content=body)
    for body in (b"\xff\xfe", b'{"name": "\xff"}', b'{"name": NaN}', b"{}{}", b"<xml/>"):
        api.request("POST", f"/assistants/{made['id']}", content=body)
    api.call("getAssistant", assistant_id=made["id"])
    api.call("listMessages", thread_id=thread_id)
    api.call("listRuns", thread_id=thread_id)


def test_empty_bodies(api: Driver) -> None:
    """No body at all where one is needed, with and without saying that it were JSON."""
    thread_id = thread(api)["id"]
    for path in ("/assistants", f"/threads/{thread_id}/messages", f"/threads/{thread_id}/runs", "/threads/runs"):
        api.request("POST", path, content=b"")
        api.request("POST", path)
    api.call("listMessages", thread_id=thread_id)


def test_media_types(api: Driver) -> None:
    """JSON that is labelled as something else, and a form in its place."""
    for media_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        labelled = {"Content-Type": media_type}
        api.request("POST", "/threads", {"metadata": {}}, headers=labelled)
        api.request("POST", "/assistants", {"model": api.model}, headers=labelled)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    api.request("POST", "/assistants", content=b"model=gpt-4o-mini", headers=form)
    api.request("POST", "/threads", {"metadata": {}}, headers={"Content-Type": "application/json; charset=utf-8"})


def test_paths(api: Driver) -> None:
    """Paths that are not there."""
    made = an_assistant(api)
    for method, path in (
        ("GET", "/assistants_of_yore"),
        ("POST", "/assistants_of_yore"),
        ("GET", f"/assistants/{made['id']}/whereabouts"),
        ("GET", "/thread"),
        ("POST", "/threads/runs/steps/messages"),
    ):
        _status(api, "ERROR-PATH-01", api.request(method, path, {} if method == "POST" else None), 404)


def test_methods(api: Driver) -> None:
    """Paths that are there, called by methods that they do not have."""
    thread_id = thread(api)["id"]
    for method, path, body in (
        ("PUT", f"/threads/{thread_id}", {"metadata": {"put": "x"}}),
        ("PATCH", f"/threads/{thread_id}", {"metadata": {"patched": "x"}}),
        ("PATCH", "/assistants", {"model": api.model}),
        ("DELETE", "/assistants", None),
        ("DELETE", f"/threads/{thread_id}/runs/{RUN}", None),
        ("POST", "/models", {}),
    ):
        _status(api, "ERROR-METHOD-01", api.request(method, path, body), 404, 405)
    api.request("GET", f"/threads/{thread_id}/runs/{RUN}/cancel")
    api.call("getThread", thread_id=thread_id)


def test_precedence(api: Driver) -> None:
    """Requests with two mistakes, each after one that has the first alone; those of headers are tried with these."""
    made, run = an_assistant(api), ended_run(api)
    if _is(api.request("POST", f"/assistants/{made['id']}", content=BROKEN), 400):
        _first(api, 400, api.request("POST", f"/assistants/{ASSISTANT}", content=BROKEN))
    if _is(api.send("modifyAssistant", {"name": "n" * 257}, assistant_id=made["id"]), 400):
        _first(api, 400, api.send("modifyAssistant", {"name": "n" * 257}, assistant_id=ASSISTANT))
    if _is(api.send("modifyRun", {"metadata": {"k": 1}}, **place(run)), 400):
        _first(api, 400, api.send("modifyRun", {"metadata": {"k": 1}}, thread_id=THREAD, run_id=RUN))
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}]}
    if _is(api.send("submitToolOuputsToRun", outputs, **place(run)), 400):
        nowhere = {"thread_id": run["thread_id"], "run_id": RUN}
        _first(api, 404, api.send("submitToolOuputsToRun", outputs, **nowhere))


def _is(exchange: Exchange, status: int) -> bool:
    return exchange.response is not None and exchange.response.status == status


def _first(api: Driver, status: int, exchange: Exchange) -> None:
    """State that the answer is about the first of two mistakes."""
    if exchange.response is not None:
        told = exchange.response.status
        wrong = None if told == status else f"status {told}"
        api.expect("ERROR-FIRST-01", exchange, f"status {status} for the first of two mistakes", wrong)


def test_unknown_model_object(api: Driver) -> None:
    """A model that nobody has."""
    _status(api, "ERROR-UNKNOWN-03", api.send("retrieveModel", model="no-such-model-0000"), 400, 404)
