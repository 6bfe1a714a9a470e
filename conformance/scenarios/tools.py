"""Function calls, the choice of a tool, and the outputs that a client submits."""

from typing import Any

from conformance.scenarios.kit.driver import RESTING, TERMINAL, Call, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    CLOCK,
    CODE_INTERPRETER,
    FILE_SEARCH,
    FORCE_WEATHER,
    WEATHER,
    assistant,
    calls,
    directed,
    outputs,
    place,
    standing_run,
    submit,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.readback import look_at, look_back

WAITING = frozenset({"requires_action"})
FOREIGN = {"tool_call_id": "call_000000000000000000000000", "output": "?"}


def two_calls(api: Driver) -> dict[str, Any]:
    """A run that waits for the outputs of two calls."""
    made = assistant(api, tools=[WEATHER], instructions="Always ask for the weather of all cities at the same time.")
    request = {"assistant_id": made["id"], "tool_choice": "required", **directed(api, "call:2")}
    run = api.call("createRun", request, thread_id=thread(api, "How is the weather in Oslo and in Paris?")["id"])
    run = api.wait(run, until=WAITING)
    if len(calls(run)) < 2:
        raise Inconclusive("the model did not make two calls at once")
    return run


def test_parallel(api: Driver) -> None:
    """Two calls at once, answered in the other order."""
    run = two_calls(api)
    api.call("listRunSteps", **place(run))
    answers = outputs(run)["tool_outputs"]
    taken = api.send("submitToolOuputsToRun", {"tool_outputs": answers[::-1]}, **place(run))
    api.call("getRun", **place(run))  # where they were refused, it shows that the run waits for them still
    api.object_of(taken, "submitToolOuputsToRun")
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", query={"order": "asc"}, **place(run))
    api.call("listMessages", thread_id=run["thread_id"])


def test_one_at_a_time(api: Driver) -> None:
    """Without parallel calls a run waits for one."""
    made = assistant(api, tools=[WEATHER])
    request = {"assistant_id": made["id"], "tool_choice": "required", "parallel_tool_calls": False}
    run = api.call("createRun", {**request, **directed(api, "call:2")}, thread_id=thread(api, "Oslo and Paris?")["id"])
    run = api.wait(run, until=WAITING)
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    api.call("getRun", **place(run))


def test_two_rounds(api: Driver) -> None:
    """A second round of calls follows the first."""
    api.needs("script", "a second round of function calls")
    run = waiting_run(api, metadata={"script": "rounds:2"})
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=WAITING)
    api.call("listRunSteps", **place(run))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", query={"order": "asc"}, **place(run))


def test_partial_outputs(api: Driver) -> None:
    """One output of two, the same one twice, and one too many are refused; both together, and other ones, are taken."""
    run = two_calls(api)
    right = outputs(run)
    first, *rest = ({**answer, "output": f"refused {answer['output']}"} for answer in right["tool_outputs"])
    for answers in ([first], [first, first], [first, first, *rest], [first, *rest, FOREIGN], [first, FOREIGN], []):
        api.send("submitToolOuputsToRun", {"tool_outputs": answers}, **place(run))
    run = api.call("getRun", **place(run))
    if run["status"] != "requires_action":
        raise Inconclusive(f"after refused outputs the run is {run['status']}")
    api.call("listRunSteps", **place(run))
    submit(api, run, right)
    look_at(api, api.wait(run, until=TERMINAL))


def test_twice(api: Driver) -> None:
    """The same outputs once more, right behind the first, and when the run has ended."""
    run = waiting_run(api)
    answer = outputs(run)
    api.call("submitToolOuputsToRun", answer, **place(run))
    api.send("submitToolOuputsToRun", answer, **place(run))
    api.wait(run, until=TERMINAL)
    api.send("submitToolOuputsToRun", answer, **place(run))
    api.call("getRun", **place(run))


def test_unwanted(api: Driver) -> None:
    """Outputs for a run that never asked for any."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    api.send("submitToolOuputsToRun", {"tool_outputs": [FOREIGN]}, **place(run))


def test_too_early(api: Driver) -> None:
    """Outputs for a run that is queued, one that is in progress, and one that is being cancelled."""
    for status in ("queued", "in_progress"):
        run = standing_run(api, status)
        api.send("submitToolOuputsToRun", {"tool_outputs": [FOREIGN]}, **place(run))
        api.send("submitToolOuputsToRun", {"tool_outputs": [FOREIGN], "stream": True}, **place(run))
        api.call("getRun", **place(run))
        api.call("cancelRun", **place(run))
        api.send("submitToolOuputsToRun", {"tool_outputs": [FOREIGN]}, **place(run))
        api.wait(run, until=TERMINAL)


def test_of_another_thread(api: Driver) -> None:
    """The right outputs under another thread find no run; under their own they are taken."""
    run = waiting_run(api)
    api.send("submitToolOuputsToRun", outputs(run), thread_id=thread(api)["id"], run_id=run["id"])
    run = api.call("getRun", **place(run))
    submit(api, run)
    api.wait(run, until=TERMINAL)


def test_malformed_outputs(api: Driver) -> None:
    """Outputs without an id, without a text, or not even a list."""
    run = waiting_run(api)
    call_id = calls(run)[0]["id"] if calls(run) else FOREIGN["tool_call_id"]
    bodies: list[Any] = [
        {},
        {"tool_outputs": None},
        {"tool_outputs": {}},
        {"tool_outputs": [{"output": "22 °C"}]},
        {"tool_outputs": [{"tool_call_id": call_id, "output": 22}]},
        {"tool_outputs": [{"tool_call_id": call_id, "output": {"celsius": 22}}]},
    ]
    for body in bodies:
        api.send("submitToolOuputsToRun", body, **place(run))
    submit(api, run)
    look_at(api, api.wait(run, until=TERMINAL))


def test_output_survives(api: Driver) -> None:
    """An output of line ends, quotes and four-byte characters stands in the step as it was given."""
    run = waiting_run(api)
    text = '{"sky": "🌦",\n\t"said": "\\"föhn\\""}'
    answers = [{"tool_call_id": call["id"], "output": text} for call in calls(run)]
    api.call("submitToolOuputsToRun", {"tool_outputs": answers}, **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", **place(run))


def test_choices(api: Driver) -> None:
    """Every way to choose a tool, and such as are none."""
    made = assistant(api, tools=[WEATHER, CLOCK])
    named: list[Any] = [{"type": "function"}, {"type": "function", "function": {}}, {"type": "any"}, "any", "", 1]
    for choice in ["none", "auto", *named, {"type": "function", "function": {"name": "not_there"}}]:
        thread_id = thread(api)["id"]
        exchange = api.send("createRun", {"assistant_id": made["id"], "tool_choice": choice}, thread_id=thread_id)
        if exchange.ok:
            run = api.wait(api.object_of(exchange, "createRun"))
            api.call("listRunSteps", **place(run))


def test_thread_and_run(api: Driver) -> None:
    """Thread, run and a forced function call in one request."""
    made = assistant(api)
    run = api.call(
        "createThreadAndRun",
        {
            "assistant_id": made["id"],
            "thread": {"messages": [user("How is the weather in Oslo?")]},
            "tools": [WEATHER],
            "tool_choice": FORCE_WEATHER,
        },
    )
    run = api.wait(run, until=WAITING)
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", **place(run))
    api.call("listMessages", thread_id=run["thread_id"])


FORCE_CLOCK: dict[str, Any] = {"type": "function", "function": {"name": CLOCK["function"]["name"]}}


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


def test_choice_none(api: Driver) -> None:
    """Tools are there, and none may be called."""
    _chosen(api, "none", WEATHER, CLOCK)


def test_choice_auto(api: Driver) -> None:
    """The model chooses."""
    _chosen(api, "auto", WEATHER)


def test_choice_required(api: Driver) -> None:
    """Some tool must be called."""
    _chosen(api, "required", WEATHER, CLOCK)


def test_choice_named(api: Driver) -> None:
    """The second function must be called."""
    _chosen(api, FORCE_CLOCK, WEATHER, CLOCK)


def test_choice_named_of_the_run(api: Driver) -> None:
    """A function that the run brings itself must be called."""
    _chosen(api, FORCE_WEATHER, CLOCK, tools=[CLOCK, WEATHER])


def test_choice_hosted(api: Driver) -> None:
    """A tool that the service runs itself must be called, or is not there to be called."""
    _chosen(api, {"type": "code_interpreter"}, CODE_INTERPRETER, FILE_SEARCH)
    _chosen(api, "none", CODE_INTERPRETER, FILE_SEARCH)


def test_choice_none_in_a_stream(api: Driver) -> None:
    """A stream of a run that may not call its tools."""
    request = {"assistant_id": assistant(api, tools=[WEATHER])["id"], "tool_choice": "none"}
    look_back(api, api.stream("createRun", request, thread_id=thread(api)["id"]))


def test_concurrent_submissions(api: Driver) -> None:
    """Two clients submit the same outputs at the same time: they are taken once."""
    run = waiting_run(api)
    answer = outputs(run)
    api.concurrently(*(Call("submitToolOuputsToRun", answer, place(run)) for _ in range(2)))
    look_at(api, api.wait(run, until=TERMINAL))


def test_foreign_outputs(api: Driver) -> None:
    """A waiting run takes no outputs through another thread, and none that are for another run's calls."""
    run, other = waiting_run(api), waiting_run(api)
    elsewhere = {"thread_id": other["thread_id"], "run_id": run["id"]}
    api.send("submitToolOuputsToRun", outputs(run), **elsewhere)
    api.send("submitToolOuputsToRun", outputs(other), **place(run))
    if api.call("getRun", **place(run))["status"] != "requires_action":
        raise Inconclusive("the run waits no longer")
    for waiting in (run, other):
        submit(api, waiting)
    for waiting in (run, other):
        api.wait(waiting)


def test_choice_required_in_a_stream(api: Driver) -> None:
    """A stream of a run that must call a tool, and of one that must call a certain one; nothing is read besides."""
    made = assistant(api, tools=[WEATHER, CLOCK])
    for choice in ("required", FORCE_WEATHER):
        request = {"assistant_id": made["id"], "tool_choice": choice}
        api.stream("createRun", request, thread_id=thread(api)["id"])


STRICT: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "book_table",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"guests": {"type": "integer"}, "place": {"type": "string", "enum": ["inside", "outside"]}},
            "required": ["guests", "place"],
            "additionalProperties": False,
        },
    },
}


def test_arguments(api: Driver) -> None:
    """Calls of a function that is strict and of one that is not; the run has no others."""
    for tool in (STRICT, WEATHER):
        made = assistant(api, tools=[tool])
        choice = {"type": "function", "function": {"name": tool["function"]["name"]}}
        request = {"assistant_id": made["id"], "tool_choice": choice, "parallel_tool_calls": False}
        run = api.call("createRun", request, thread_id=thread(api, "A table outside for two in Oslo, please.")["id"])
        run = api.wait(run, until=WAITING)
        api.call("listRunSteps", **place(run))
        api.call("submitToolOuputsToRun", outputs(run), **place(run))
        api.wait(run, until=TERMINAL)
