"""The things scenarios send: kept in one place so that the same words mean the same everywhere."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import TERMINAL, Driver, Inconclusive

GREETING = "Say hello in one short sentence. Grüße, 世界 🌍."
INSTRUCTIONS = "You are a terse assistant. Answer in one short sentence."

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK: dict[str, Any] = {"type": "function", "function": {"name": "get-Time_2"}}
"""A function that has nothing but a name, out of all that a name may hold."""
FORCE_WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather"}}


def user(text: str = GREETING) -> dict[str, Any]:
    """A message of the user's."""
    return {"role": "user", "content": text}


def assistant(api: Driver, **fields: Any) -> dict[str, Any]:
    """A fresh assistant with instructions, and what else is asked for."""
    return dict(api.call("createAssistant", {"model": api.model, "instructions": INSTRUCTIONS, **fields}))


def thread(api: Driver, *texts: str) -> dict[str, Any]:
    """A fresh thread that holds the given messages, or the greeting."""
    return dict(api.call("createThread", {"messages": [user(text) for text in texts or (GREETING,)]}))


def waiting_run(api: Driver, **fields: Any) -> dict[str, Any]:
    """A run that waits for the output of a forced function call."""
    made = assistant(api, tools=[WEATHER])
    run = api.call(
        "createRun",
        {"assistant_id": made["id"], "tool_choice": FORCE_WEATHER, **fields},
        thread_id=thread(api)["id"],
    )
    return api.wait(run, until=frozenset({"requires_action"}))


def calls(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The tool calls that a run waits for; empty where its shape is not what it should be."""
    match run:
        case {"required_action": {"submit_tool_outputs": {"tool_calls": list(found)}}}:
            return [call for call in found if isinstance(call, dict) and isinstance(call.get("id"), str)]
        case _:
            return []


def outputs(run: dict[str, Any]) -> dict[str, Any]:
    """A complete answer to the tool calls of a waiting run."""
    return {"tool_outputs": [{"tool_call_id": call["id"], "output": "22 °C, sunny"} for call in calls(run)]}


def assistant_of(run: dict[str, Any]) -> str:
    """The id of the assistant that a run is of."""
    found = run.get("assistant_id")
    if not isinstance(found, str):
        raise Inconclusive("the run does not say its assistant_id")
    return found


def place(run: dict[str, Any]) -> dict[str, Any]:
    """The path parameters that address a run."""
    return {"thread_id": run["thread_id"], "run_id": run["id"]}


def ended_run(api: Driver, **fields: Any) -> dict[str, Any]:
    """A plain run, seen to its end."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"], **fields}, thread_id=thread(api)["id"])
    return api.wait(run, until=TERMINAL)


def directed(api: Driver, directives: str) -> dict[str, Any]:
    """Fields that direct the scripted model of an endpoint that has one; other models go by the words alone."""
    return {"metadata": {"script": directives}} if "script" in api.target.profile.capabilities else {}


def standing_run(api: Driver, status: str) -> dict[str, Any]:
    """A run that stays queued or in progress, and will not move by itself."""
    api.needs("script", f"a run that stays {status}")
    script = {"queued": "queue", "in_progress": "slow"}[status]
    run = api.call(
        "createRun",
        {"assistant_id": assistant(api)["id"], "metadata": {"script": script}},
        thread_id=thread(api)["id"],
    )
    return api.wait(run, until=frozenset({status}))


def numbered(count: int) -> dict[str, str]:
    """Metadata with so many keys."""
    return {f"key_{number}": str(number) for number in range(count)}


def functions(count: int) -> list[dict[str, Any]]:
    """So many function tools with different names."""
    return [{"type": "function", "function": {"name": f"f{number}"}} for number in range(count)]


BOUNDED_METADATA: list[tuple[str, dict[str, Any] | None]] = [
    ("sixteen keys", numbered(16)),
    ("seventeen keys", numbered(17)),
    ("longest key", {"k" * 64: "v"}),
    ("key too long", {"k" * 65: "v"}),
    ("longest value", {"k": "v" * 512}),
    ("value too long", {"k": "v" * 513}),
    ("longest value, in emoji", {"k": "🌦" * 512}),
    ("number", {"k": 1}),
    ("null", None),
    ("empty", {}),
]
"""Metadata around every bound; a bound counts characters, whatever bytes they take."""
