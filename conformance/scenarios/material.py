"""The things scenarios send: kept in one place so that the same words mean the same everywhere."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import Driver

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


def place(run: dict[str, Any]) -> dict[str, Any]:
    """The path parameters that address a run."""
    return {"thread_id": run["thread_id"], "run_id": run["id"]}
