"""Runs over plain JSON: fields in each status, the lock, cancelling, tool outputs, expiry."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from tests.reference.wait import settled, until

New = Callable[..., dict[str, Any]]

FUNCTIONS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("first", "second")
]
TIMES = ("started_at", "expires_at", "completed_at", "failed_at", "cancelled_at")
PARTS = ("required_action", "last_error", "incomplete_details", "usage")


@pytest.fixture(scope="module")
def assistant(http: httpx.Client) -> str:
    created = http.post("/assistants", json={"model": "gpt-4o", "tools": FUNCTIONS}).json()
    return str(created["id"])


@pytest.fixture
def thread(new: New) -> str:
    return str(new("threads", messages=[{"role": "user", "content": "Hi"}])["id"])


@pytest.fixture
def start(new: New, thread: str, assistant: str) -> New:
    def begin(script: str | None = None, **body: Any) -> dict[str, Any]:
        metadata = {"metadata": {"script": script}} if script else {}
        return new(f"threads/{thread}/runs", assistant_id=assistant, **metadata, **body)

    return begin


def filled(run: dict[str, Any]) -> set[str]:
    return {name for name in (*TIMES, *PARTS) if run[name] is not None}


def path(run: dict[str, Any], rest: str = "") -> str:
    return f"/threads/{run['thread_id']}/runs/{run['id']}{rest}"


def outputs(run: dict[str, Any]) -> list[dict[str, str]]:
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return [{"tool_call_id": call["id"], "output": "yes"} for call in calls]


def test_fields_by_status(http: httpx.Client, start: New) -> None:
    queued = start("call; queue:50")
    assert queued["status"] == "queued"
    assert filled(queued) == {"expires_at"}
    assert queued["expires_at"] == queued["created_at"] + 600
    waiting = settled(http, queued)
    assert waiting["status"] == "requires_action"
    assert filled(waiting) == {"started_at", "expires_at", "required_action"}
    again = http.post(path(waiting, "/submit_tool_outputs"), json={"tool_outputs": outputs(waiting)}).json()
    assert (again["status"], filled(again)) == ("queued", {"started_at", "expires_at"})
    done = settled(http, again)
    assert (done["status"], filled(done)) == ("completed", {"started_at", "completed_at", "usage"})
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]


@pytest.mark.parametrize(
    ("script", "status", "fields"),
    [
        ("words:400", "incomplete", {"started_at", "completed_at", "incomplete_details", "usage"}),
        ("fail:invalid_prompt", "failed", {"started_at", "failed_at", "last_error", "usage"}),
    ],
)
def test_fields_of_other_ends(http: httpx.Client, start: New, script: str, status: str, fields: set[str]) -> None:
    run = settled(http, start(script, max_completion_tokens=256))
    assert (run["status"], filled(run)) == (status, fields)
    assert http.get(path(run)).json() == http.get(path(run)).json() == run


def test_in_progress_is_seen_by_a_poller(http: httpx.Client, start: New) -> None:
    run = until(http, start("slow"), "in_progress")
    assert filled(run) == {"started_at", "expires_at"}


@pytest.mark.parametrize(
    ("script", "status"), [("slow", "in_progress"), ("queue", "queued"), ("call", "requires_action")]
)
def test_cancel(http: httpx.Client, start: New, script: str, status: str) -> None:
    run = until(http, start(script), status)
    cancelling = http.post(path(run, "/cancel"))
    assert cancelling.status_code == 200
    assert cancelling.json()["status"] == "cancelling"
    assert filled(cancelling.json()) <= {"started_at", "expires_at"}
    cancelled = settled(http, run)
    assert cancelled["status"] == "cancelled"
    assert filled(cancelled) - {"started_at"} == {"cancelled_at", "usage"}
    steps = http.get(path(run, "/steps")).json()["data"]
    assert [step["status"] for step in steps] == (["cancelled"] if script == "call" else [])
    refused = http.post(path(run, "/cancel"))
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "message": "Cannot cancel run with status 'cancelled'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_the_lock_names_the_run_and_ends_with_it(http: httpx.Client, new: New, start: New, assistant: str) -> None:
    run = start("slow")
    thread = run["thread_id"]
    message = http.post(f"/threads/{thread}/messages", json={"role": "user", "content": "x"})
    second = http.post(f"/threads/{thread}/runs", json={"assistant_id": assistant})
    assert (message.status_code, second.status_code) == (400, 400)
    assert message.json()["error"]["message"] == f"Can't add messages to {thread} while a run {run['id']} is active."
    assert second.json()["error"]["message"] == f"Thread {thread} already has an active run {run['id']}."
    assert http.get(f"/threads/{thread}/messages").status_code == 200
    assert http.post(f"/threads/{thread}", json={"metadata": {"k": "v"}}).status_code == 200
    http.post(path(run, "/cancel"))
    settled(http, run)
    new(f"threads/{thread}/messages", role="user", content="x")
    assert settled(http, new(f"threads/{thread}/runs", assistant_id=assistant))["status"] == "completed"


def test_a_run_waiting_for_outputs_keeps_the_lock(http: httpx.Client, start: New) -> None:
    run = until(http, start("call"), "requires_action")
    refused = http.post(f"/threads/{run['thread_id']}/messages", json={"role": "user", "content": "x"})
    assert refused.status_code == 400


@pytest.mark.parametrize("fault", ["none", "one missing", "one twice", "one foreign", "one too many"])
def test_wrong_outputs_change_nothing(http: httpx.Client, start: New, fault: str) -> None:
    run = until(http, start("call:2"), "requires_action")
    first, second = outputs(run)
    foreign = {"tool_call_id": "call_foreign", "output": "x"}
    given = {
        "none": [],
        "one missing": [first],
        "one twice": [first, first],
        "one foreign": [first, foreign],
        "one too many": [first, second, foreign],
    }[fault]
    refused = http.post(path(run, "/submit_tool_outputs"), json={"tool_outputs": given})
    assert refused.status_code == 400
    wanted, got = ([each["tool_call_id"] for each in side] for side in ((first, second), given))
    assert refused.json()["error"]["message"] == f"Expected tool outputs for call_ids {wanted!r}, got {got!r}"
    assert http.get(path(run)).json() == run
    assert http.post(path(run, "/submit_tool_outputs"), json={"tool_outputs": [second, first]}).status_code == 200
    twice = http.post(path(run, "/submit_tool_outputs"), json={"tool_outputs": [second, first]})
    assert twice.status_code == 400
    assert twice.json()["error"]["message"].endswith("do not accept tool outputs.")


def test_parallel_calls_can_be_switched_off(http: httpx.Client, start: New) -> None:
    run = until(http, start("call:2", parallel_tool_calls=False), "requires_action")
    assert len(outputs(run)) == 1


@pytest.mark.parametrize(
    ("script", "status"), [("call", "requires_action"), ("slow", "in_progress"), ("queue", "queued")]
)
def test_expiry(server: ReferenceServer, http: httpx.Client, start: New, script: str, status: str) -> None:
    run = until(http, start(script), status)
    server.clock.advance(598)
    assert http.get(path(run)).json()["status"] == status
    server.clock.advance(2)
    expired = http.get(path(run)).json()
    assert expired["status"] == "expired"
    assert expired["expires_at"] is None
    assert [step["status"] for step in http.get(path(run, "/steps")).json()["data"]] == ["expired"] * (script == "call")
    late = http.post(path(run, "/submit_tool_outputs"), json={"tool_outputs": [{"tool_call_id": "c", "output": ""}]})
    assert late.json()["error"]["message"] == 'Runs in status "expired" do not accept tool outputs.'


def test_the_clock_can_be_moved_by_a_client_where_that_is_allowed(http: httpx.Client, start: New) -> None:
    run = until(http, start("slow"), "in_progress")
    control = str(http.base_url).replace("/v1/", "/_reference/clock")
    assert http.post(control, json={"advance": 700}).status_code == 200
    assert http.post(control, json={"advance": -1}).status_code == 400
    assert http.post(control, json={}).status_code == 400
    assert http.get(path(run)).json()["status"] == "expired"


@pytest.mark.parametrize(
    ("script", "status"), [("call", "requires_action"), ("slow", "in_progress"), ("queue", "queued")]
)
def test_one_run_can_be_expired_by_a_client_where_that_is_allowed(
    http: httpx.Client, new: New, assistant: str, start: New, script: str, status: str
) -> None:
    other = new("threads/runs", assistant_id=assistant, instructions="Wait.", metadata={"script": "slow"})
    other = until(http, other, "in_progress")
    run = until(http, start(script), status)
    control = str(http.base_url).replace("/v1/", f"/_reference/runs/{run['id']}/expire")
    assert http.post(control).status_code == 200
    assert http.get(path(run)).json()["status"] == "expired"
    assert http.get(path(other)).json()["status"] == "in_progress"
    assert http.post(control).status_code == 404
    assert new(f"threads/{run['thread_id']}/messages", role="user", content="free again")


def test_values_come_from_the_assistant_as_it_was(http: httpx.Client, new: New, thread: str) -> None:
    assistant = new("assistants", model="gpt-4o", instructions="Base.", temperature=0.3, metadata={"a": "b"})
    run = new(
        f"threads/{thread}/runs",
        assistant_id=assistant["id"],
        model="gpt-4o-mini",
        additional_instructions="More.",
        top_p=1,
        max_prompt_tokens=1000,
        truncation_strategy={"type": "last_messages", "last_messages": 3},
        metadata={"k": "v"},
    )
    new(f"assistants/{assistant['id']}", instructions="Other.", temperature=1.9)
    shown = settled(http, run)
    assert shown["model"] == "gpt-4o-mini"
    assert shown["instructions"] == "Base.\nMore."
    assert (shown["temperature"], shown["top_p"]) == (0.3, 1.0)
    assert shown["metadata"] == {"k": "v"}
    assert shown["truncation_strategy"] == {"type": "last_messages", "last_messages": 3}
    assert (shown["max_prompt_tokens"], shown["max_completion_tokens"]) == (1000, None)


def test_additional_messages_come_before_the_run(http: httpx.Client, start: New) -> None:
    run = settled(http, start(additional_messages=[{"role": "user", "content": "count to 4"}]))
    listed = http.get(f"/threads/{run['thread_id']}/messages?order=asc").json()["data"]
    texts = [message["content"][0]["text"]["value"] for message in listed]
    assert texts == ["Hi", "count to 4", "1 2 3 4"]
    assert [message["run_id"] for message in listed] == [None, None, run["id"]]


def test_nothing_to_run_on(http: httpx.Client, new: New, assistant: str) -> None:
    thread = new("threads")["id"]
    before = len(http.get("/assistants").json()["data"])
    for place in (f"/threads/{thread}/runs", "/threads/runs"):
        refused = http.post(place, json={"assistant_id": assistant})
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "invalid_thread"
    told = new(f"threads/{thread}/runs", assistant_id=assistant, instructions="Say hello.")
    assert settled(http, told)["status"] == "completed"
    assert len(http.get("/assistants").json()["data"]) == before


def test_a_run_being_worked_on_cannot_be_modified(http: httpx.Client, start: New) -> None:
    run = until(http, start("slow:60"), "in_progress")
    refused = http.post(path(run), json={"metadata": {"k": "v"}})
    assert refused.json()["error"]["message"] == "Cannot update run with status 'in_progress'."
    settled(http, run)
    modified = http.post(path(run), json={"metadata": {"k": "v"}}).json()
    assert modified["metadata"] == {"k": "v"}
    assert http.post(path(run), json={}).json() == modified


def test_a_function_must_exist_to_be_forced(http: httpx.Client, thread: str, assistant: str) -> None:
    choice = {"type": "function", "function": {"name": "third"}}
    refused = http.post(f"/threads/{thread}/runs", json={"assistant_id": assistant, "tool_choice": choice})
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "tool_choice"


def test_runs_do_not_wait_for_each_other(http: httpx.Client, new: New, assistant: str, start: New) -> None:
    start("slow")
    other = new("threads/runs", assistant_id=assistant, thread={"messages": [{"role": "user", "content": "Hi"}]})
    assert settled(http, other)["status"] == "completed"  # the slow one never ends
