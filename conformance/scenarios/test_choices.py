"""What a request tells a run to do: which tools to call, how hard to think, in which form to answer."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import RESTING, TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CLOCK,
    CODE_INTERPRETER,
    FILE_SEARCH,
    FORCE_WEATHER,
    WEATHER,
    assistant,
    outputs,
    place,
    thread,
)
from conformance.scenarios.kit.readback import look_at, look_back

FORCE_CLOCK: dict[str, Any] = {"type": "function", "function": {"name": CLOCK["function"]["name"]}}
CITY: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "inhabitants": {"type": "integer"}},
            "required": ["name", "inhabitants"],
            "additionalProperties": False,
        },
    },
}
IN_JSON = "Name one city and the number of its inhabitants. Answer in JSON."


def _chosen(api: Driver, choice: Any, *tools: dict[str, Any], **fields: Any) -> None:
    """A run with a tool chosen; one that waits gets its outputs, and all that it leaves is read."""
    made = assistant(api, tools=list(tools))
    request = {"assistant_id": made["id"], "tool_choice": choice, **fields}
    run = api.call("createRun", request, thread_id=thread(api, "What can you tell me?")["id"])
    run = api.wait(run, until=RESTING)
    if run["status"] == "requires_action":
        api.call("listRunSteps", **place(run))
        api.call("submitToolOuputsToRun", outputs(run), **place(run))
        run = api.wait(run, until=RESTING)
    look_at(api, run)
    if run["status"] == "requires_action":
        api.send("cancelRun", **place(run))
        api.wait(run, until=TERMINAL)


def test_none(api: Driver) -> None:
    """Tools are there, and none may be called."""
    _chosen(api, "none", WEATHER, CLOCK)


def test_auto(api: Driver) -> None:
    """The model chooses."""
    _chosen(api, "auto", WEATHER)


def test_required(api: Driver) -> None:
    """Some tool must be called."""
    _chosen(api, "required", WEATHER, CLOCK)


def test_named(api: Driver) -> None:
    """The second function must be called."""
    _chosen(api, FORCE_CLOCK, WEATHER, CLOCK)


def test_named_of_the_run(api: Driver) -> None:
    """A function that the run brings itself must be called."""
    _chosen(api, FORCE_WEATHER, CLOCK, tools=[CLOCK, WEATHER])


def test_hosted(api: Driver) -> None:
    """A tool that the service runs itself must be called, or is not there to be called."""
    _chosen(api, {"type": "code_interpreter"}, CODE_INTERPRETER, FILE_SEARCH)
    _chosen(api, "none", CODE_INTERPRETER, FILE_SEARCH)


def test_none_in_a_stream(api: Driver) -> None:
    """A stream of a run that may not call its tools."""
    request = {"assistant_id": assistant(api, tools=[WEATHER])["id"], "tool_choice": "none"}
    look_back(api, api.stream("createRun", request, thread_id=thread(api)["id"]))


def _formed(api: Driver, *forms: Any) -> None:
    """A run with each form of answer that is taken."""
    made = assistant(api, instructions="Answer in JSON.")
    for form in forms:
        thread_id = thread(api, IN_JSON)["id"]
        request = {"assistant_id": made["id"], "response_format": form}
        exchange = api.send("createRun", request, thread_id=thread_id)
        if exchange.ok:
            look_at(api, api.wait(api.needed(exchange, "createRun"), until=TERMINAL))


def test_formats(api: Driver) -> None:
    """Every form of answer."""
    _formed(api, "auto", {"type": "text"}, {"type": "json_object"}, CITY)


def test_formats_of_no_kind(api: Driver) -> None:
    """Forms that are none, and a schema without a name or with one that it may not have."""
    schema = CITY["json_schema"]
    _formed(
        api,
        "json",
        {"type": "yaml"},
        {},
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {"schema": schema["schema"]}},
        {"type": "json_schema", "json_schema": {**schema, "name": "not a name!"}},
        {"type": "json_schema", "json_schema": {**schema, "name": "n" * 65}},
    )


def test_format_of_the_assistant(api: Driver) -> None:
    """The assistant answers in JSON by a schema, streamed; a run of its own in plain text."""
    made = assistant(api, instructions="Answer in JSON.", response_format=CITY)
    thread_id = thread(api, IN_JSON)["id"]
    look_back(api, api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread_id))
    request = {"assistant_id": made["id"], "response_format": {"type": "text"}}
    look_at(api, api.wait(api.call("createRun", request, thread_id=thread_id), until=TERMINAL))


def test_reasoning_effort(api: Driver) -> None:
    """Every effort, and such as are none, of an assistant and of a run."""
    api.needs("script", "a model that takes an effort, and answers all the same")
    thread_id, made = thread(api)["id"], assistant(api, reasoning_effort="low")
    for effort in ("minimal", "low", "medium", "high", None, "enormous", "", 1):
        request = {"assistant_id": made["id"], "reasoning_effort": effort}
        exchange = api.send("createRun", request, thread_id=thread_id)
        if exchange.ok:
            api.wait(api.needed(exchange, "createRun"), until=TERMINAL)


def test_truncation(api: Driver) -> None:
    """A run that sees the last message only, and one that sees as many as there are."""
    made, thread_id = assistant(api), thread(api, "First.", "Second.", "Third.")["id"]
    for strategy in ({"type": "last_messages", "last_messages": 1}, {"type": "last_messages", "last_messages": 100}):
        request = {"assistant_id": made["id"], "truncation_strategy": strategy}
        look_at(api, api.wait(api.call("createRun", request, thread_id=thread_id), until=TERMINAL))
