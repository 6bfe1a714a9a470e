"""Runs as a poller sees them, and what a request for one may hold."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Call, Driver
from conformance.scenarios.kit.fixtures import (
    BOUNDED_METADATA,
    CLIENTS,
    CLOCK,
    WEATHER,
    accepted_concurrently,
    assistant,
    assistant_of,
    ended_run,
    functions,
    outputs,
    place,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.readback import look_at, look_back, read_messages


def test_text(api: Driver) -> None:
    """A plain answer: run, steps and messages, seen from creation to completion."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    steps = api.page("listRunSteps", **place(run))
    read_messages(api, run, steps)
    for step in steps[:2]:
        api.call("getRunStep", step_id=step["id"], **place(run))
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})
    api.call("listRuns", thread_id=run["thread_id"])
    api.call("getRun", **place(run))


def test_function(api: Driver) -> None:
    """A forced function call: the run waits, takes the output, and goes on to its end."""
    run = waiting_run(api)
    api.call("listRunSteps", **place(run))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", query={"order": "asc"}, **place(run))
    api.call("listMessages", thread_id=run["thread_id"])


def test_create_thread_and_run(api: Driver) -> None:
    """Thread and run in one call."""
    made = assistant(api)
    run = api.call("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [user()]}})
    run = api.wait(run, until=TERMINAL)
    api.call("getThread", thread_id=run["thread_id"])
    api.call("listMessages", thread_id=run["thread_id"])
    api.call("listRunSteps", **place(run))


def test_thread_from_nothing(api: Driver) -> None:
    """A run on a new thread without any message goes by the assistant's instructions."""
    run = api.call("createThreadAndRun", {"assistant_id": assistant(api)["id"]})
    run = api.wait(run, until=TERMINAL)
    api.call("listMessages", thread_id=run["thread_id"])


def test_second_run(api: Driver) -> None:
    """A conversation goes on: a second question, and a second run on the same thread."""
    run = ended_run(api)
    api.call("createMessage", user("And in one word?"), thread_id=run["thread_id"])
    again = api.call("createRun", {"assistant_id": assistant_of(run)}, thread_id=run["thread_id"])
    again = api.wait(again, until=TERMINAL)
    api.call("listRunSteps", **place(again))
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})
    api.call("listRuns", thread_id=run["thread_id"])


def test_overrides(api: Driver) -> None:
    """A run with its own instructions, tools and metadata; the assistant changes meanwhile, the run does not."""
    made = assistant(api, tools=[WEATHER], metadata={"of": "assistant"})
    run = api.call(
        "createRun",
        {
            "assistant_id": made["id"],
            "model": api.model,
            "instructions": "Answer in French.",
            "additional_instructions": "Use one word.",
            "tools": [],
            "temperature": 0.25,
            "top_p": 0.333,
            "metadata": {"of": "run"},
            "additional_messages": [user("One more thing."), user("And another.")],
        },
        thread_id=thread(api)["id"],
    )
    api.call("modifyAssistant", {"instructions": "Answer in German."}, assistant_id=made["id"])
    run = api.wait(run, until=TERMINAL)
    api.call("modifyRun", {"metadata": {"of": "history"}}, **place(run))
    api.call("getRun", **place(run))
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})


def test_inherited(api: Driver) -> None:
    """A run that says nothing has everything from its assistant, and keeps it when the assistant is gone."""
    made = assistant(
        api,
        tools=[WEATHER, CLOCK],
        temperature=0.35,
        top_p=0.125,
        response_format={"type": "text"},
        metadata={"of": "assistant"},
    )
    request = {"assistant_id": made["id"], "tool_choice": "none"}
    run = api.wait(api.call("createRun", request, thread_id=thread(api)["id"]), until=TERMINAL)
    api.call("deleteAssistant", assistant_id=made["id"])
    api.call("getRun", **place(run))


def test_nulls(api: Driver) -> None:
    """Null asks for what the assistant has, or for the default."""
    made = assistant(api, tools=[WEATHER], temperature=0.2)
    nulls = dict.fromkeys(
        (
            *("model", "instructions", "additional_instructions", "additional_messages", "tools", "metadata"),
            *("temperature", "top_p", "max_prompt_tokens", "max_completion_tokens", "truncation_strategy"),
            *("tool_choice", "response_format", "stream"),
        )
    )
    run = api.call("createRun", {"assistant_id": made["id"], **nulls}, thread_id=thread(api)["id"])
    api.wait(run)


def test_additional_instructions(api: Driver) -> None:
    """Additional instructions come behind the assistant's own."""
    request = {"assistant_id": assistant(api)["id"], "additional_instructions": "Use one word."}
    run = api.call("createRun", request, thread_id=thread(api)["id"])
    api.wait(run, until=TERMINAL)


def test_additional_messages(api: Driver) -> None:
    """Messages of both roles that come with the run stand in the thread, before its answer."""
    more = [{"role": "assistant", "content": "Yes?"}, {**user("One more thing."), "metadata": {"number": "2"}}]
    request = {"assistant_id": assistant(api)["id"], "additional_messages": more}
    run = api.call("createRun", request, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})


def _try(api: Driver, *fields: dict[str, Any]) -> None:
    """Ask for a run with each of the fields; one that is accepted is seen to its end."""
    made, thread_id = assistant(api), thread(api)["id"]
    for field in fields:
        exchange = api.send("createRun", {"assistant_id": made["id"], **field}, thread_id=thread_id)
        if exchange.ok:
            run = api.wait(api.object_of(exchange, "createRun"))
            if run["status"] == "requires_action":
                api.send("cancelRun", **place(run))
                api.wait(run, until=TERMINAL)


def test_assistant_needed(api: Driver) -> None:
    """A run is not created without an assistant."""
    thread_id = thread(api)["id"]
    for body in ({}, {"assistant_id": None}, {"assistant_id": 1}):
        api.send("createRun", body, thread_id=thread_id)
        api.send("createThreadAndRun", body)


def test_truncation(api: Driver) -> None:
    """Every truncation strategy, and such as are none."""
    kinds: list[Any] = [
        {"type": "auto"},
        {"type": "last_messages", "last_messages": 1},
        {"type": "last_messages", "last_messages": 0},
        {"type": "middle"},
        {},
        "auto",
    ]
    _try(api, *({"truncation_strategy": kind} for kind in kinds))


def test_token_caps(api: Driver) -> None:
    """Token caps around their documented minimum."""
    caps = ("max_prompt_tokens", "max_completion_tokens")
    _try(api, dict.fromkeys(caps, 256), *({cap: value} for cap in caps for value in (255, 0, -1, "256", 256.5)))


def test_sampling(api: Driver) -> None:
    """Temperature and top_p around their bounds."""
    _try(api, {"temperature": 0, "top_p": 0}, {"temperature": 2, "top_p": 1})
    _try(api, *({"temperature": value} for value in (-0.1, 2.1)), *({"top_p": value} for value in (-0.1, 1.1)))


def test_tools(api: Driver) -> None:
    """Twenty tools of a run's own, one more, and one that is none."""
    _try(api, {"tools": functions(20)}, {"tools": functions(21)}, {"tools": [{"type": "retrieval"}]})


def test_many_tools_of_the_assistant(api: Driver) -> None:
    """A run of an assistant with more tools than a run may bring itself."""
    made = assistant(api, tools=functions(21))
    run = api.call("createRun", {"assistant_id": made["id"], "tool_choice": "none"}, thread_id=thread(api)["id"])
    api.wait(run, until=TERMINAL)


def test_wrong_types(api: Driver) -> None:
    """Fields of a run with a value of another type."""
    _try(
        api,
        {"stream": "true"},
        {"instructions": 1},
        {"additional_messages": "x"},
        {"additional_messages": [{"role": "system", "content": "x"}]},
        {"parallel_tool_calls": "no"},
        {"model": "no-such-model-0000"},
        {"colour": "blue"},
    )


def test_fields_of_a_run_alone(api: Driver) -> None:
    """What a run on a thread takes and a thread with a run does not."""
    made = assistant(api)
    for field in ({"additional_instructions": "x"}, {"additional_messages": [user()]}, {"messages": [user()]}):
        exchange = api.send("createThreadAndRun", {"assistant_id": made["id"], **field})
        if exchange.ok:
            api.wait(api.object_of(exchange, "createThreadAndRun"))


def test_without_instructions(api: Driver) -> None:
    """An assistant without instructions: its run has none either, and goes by the user's message."""
    made = api.call("createAssistant", {"model": api.model})
    run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"])
    api.wait(run, until=TERMINAL)


def test_nothing_to_go_on(api: Driver) -> None:
    """A thread without a user's message and an assistant without instructions are not enough for a run."""
    made = api.call("createAssistant", {"model": api.model})
    thread_id = api.call("createThread", {})["id"]
    api.send("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
    run = api.call("createRun", {"assistant_id": made["id"], "instructions": "Greet me."}, thread_id=thread_id)
    api.wait(run, until=TERMINAL)


def test_metadata(api: Driver) -> None:
    """Metadata around its bounds, on creation and on modification."""
    run = ended_run(api, metadata=BOUNDED_METADATA[0][1])
    for _, metadata in BOUNDED_METADATA:
        api.send("modifyRun", {"metadata": metadata}, **place(run))
    for index in (1, 3, 5):
        request = {"assistant_id": assistant_of(run), "metadata": BOUNDED_METADATA[index][1]}
        api.send("createRun", request, thread_id=run["thread_id"])
        api.send("createThreadAndRun", request)
    api.call("getRun", **place(run))


def test_modification(api: Driver) -> None:
    """Only the metadata of a run can be changed."""
    run = ended_run(api, metadata={"suite": "conformance"})
    for change in ({}, {"status": "queued"}, {"instructions": "x"}, {"expires_at": 0}):
        api.send("modifyRun", change, **place(run))
    api.call("getRun", **place(run))


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


def _formed(api: Driver, *forms: Any) -> None:
    """A run with each form of answer that is taken."""
    made = assistant(api, instructions="Answer in JSON.")
    for form in forms:
        thread_id = thread(api, IN_JSON)["id"]
        request = {"assistant_id": made["id"], "response_format": form}
        exchange = api.send("createRun", request, thread_id=thread_id)
        if exchange.ok:
            look_at(api, api.wait(api.object_of(exchange, "createRun"), until=TERMINAL))


def test_response_formats(api: Driver) -> None:
    """Every form of answer."""
    _formed(api, "auto", {"type": "text"}, {"type": "json_object"}, CITY)


def test_unknown_response_formats(api: Driver) -> None:
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


def test_response_format_of_the_assistant(api: Driver) -> None:
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
            api.wait(api.object_of(exchange, "createRun"), until=TERMINAL)


def test_truncation_strategies(api: Driver) -> None:
    """A run that sees the last message only, and one that sees as many as there are."""
    made, thread_id = assistant(api), thread(api, "First.", "Second.", "Third.")["id"]
    for strategy in ({"type": "last_messages", "last_messages": 1}, {"type": "last_messages", "last_messages": 100}):
        request = {"assistant_id": made["id"], "truncation_strategy": strategy}
        look_at(api, api.wait(api.call("createRun", request, thread_id=thread_id), until=TERMINAL))


def test_concurrent(api: Driver) -> None:
    """Several clients run one assistant on threads of their own."""
    made = assistant(api)
    places = [thread(api, f"Question {number}")["id"] for number in range(CLIENTS)]
    runs = accepted_concurrently(
        api, *(Call("createRun", {"assistant_id": made["id"]}, {"thread_id": where}) for where in places)
    )
    for run in runs:
        look_at(api, api.wait(run, until=TERMINAL))


def test_concurrent_with_threads(api: Driver) -> None:
    """Several clients make a thread and a run each."""
    made = assistant(api)
    bodies: list[dict[str, Any]] = [
        {"assistant_id": made["id"], "thread": {"messages": [user(f"Question {number}")]}} for number in range(CLIENTS)
    ]
    for run in accepted_concurrently(api, *(Call("createThreadAndRun", body) for body in bodies)):
        look_at(api, api.wait(run, until=TERMINAL))
