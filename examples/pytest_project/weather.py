"""Asks an assistant for the weather, which it looks up by a function of ours."""

from __future__ import annotations

import json

from openai import OpenAI

TOOL = {
    "type": "function",
    "function": {
        "name": "temperature",
        "description": "The temperature in a city, in degrees Celsius",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TEMPERATURES = {"Berlin": 11, "Lisbon": 19}


def ask(client: OpenAI, question: str, poll_ms: int = 500) -> str:
    """The assistant's answer to one question."""
    assistant = client.beta.assistants.create(model="gpt-4o-mini", tools=[TOOL])
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": question}]},
        poll_interval_ms=poll_ms,
        metadata={"script": "call:1"},  # for `assistants-conformance serve`: its model calls one function of the run
    )
    while run.required_action is not None:
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": temperature(call.function.arguments)} for call in calls]
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, poll_interval_ms=poll_ms
        )
    if run.status != "completed":
        raise RuntimeError(f"the run ended {run.status}: {run.last_error}")
    newest = client.beta.threads.messages.list(run.thread_id, order="desc", limit=1).data[0]
    client.beta.assistants.delete(assistant.id)
    return "".join(part.text.value for part in newest.content if part.type == "text")


def temperature(arguments: str) -> str:
    """What our function answers to a call."""
    city = json.loads(arguments).get("city")
    return f"{TEMPERATURES[city]} degrees" if city in TEMPERATURES else f"nothing is known of {city}"
