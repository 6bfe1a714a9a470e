"""What a user of the Python SDK does, told as JSON: run in an environment of its own, against the URL that is given."""

import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore", DeprecationWarning)

import openai  # noqa: E402
from openai import AssistantEventHandler  # noqa: E402

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
FORCED: Any = {"type": "function", "function": {"name": "get_weather"}}

client = openai.OpenAI(base_url=sys.argv[1], api_key="any", max_retries=0, timeout=20)
threads = client.beta.threads
plain = client.beta.assistants.create(model="gpt-4o-mini", instructions="Be brief.")
caller = client.beta.assistants.create(model="gpt-4o-mini", instructions="Be brief.", tools=[WEATHER])


class Notes(AssistantEventHandler):
    """Collects the deltas of one stream."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.arguments = ""

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        """A piece of text came."""
        self.pieces.append(delta.value)

    def on_tool_call_delta(self, delta: Any, snapshot: Any) -> None:
        """A piece of a call came."""
        self.arguments += delta.function.arguments or ""


def thread() -> str:
    """A new thread with a message."""
    return str(threads.create(messages=[{"role": "user", "content": "Hello"}]).id)


def said(thread_id: str) -> str:
    """The text of the newest message."""
    part: Any = threads.messages.list(thread_id).data[0].content[0]
    return str(part.text.value)


def outputs(run: Any) -> list[Any]:
    """Outputs for all calls that a run waits for."""
    return [{"tool_call_id": call.id, "output": "22"} for call in run.required_action.submit_tool_outputs.tool_calls]


def poll() -> dict[str, Any]:
    """A run by create_and_poll."""
    place = thread()
    run = threads.runs.create_and_poll(thread_id=place, assistant_id=plain.id)
    return {"status": run.status, "text": said(place)}


def stream() -> dict[str, Any]:
    """A run by the streaming helper."""
    place, notes = thread(), Notes()
    with threads.runs.stream(thread_id=place, assistant_id=plain.id, event_handler=notes) as events:
        events.until_done()
        status = events.get_final_run().status
    return {"status": status, "pieces": notes.pieces, "text": said(place)}


def function_poll() -> dict[str, Any]:
    """A function call and its outputs, by polling."""
    place = thread()
    run = threads.runs.create_and_poll(thread_id=place, assistant_id=caller.id, tool_choice=FORCED)
    waiting = run.status
    run = threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=place, tool_outputs=outputs(run))
    return {"waiting": waiting, "status": run.status, "text": said(place)}


def function_stream() -> dict[str, Any]:
    """A function call and its outputs, by two streams."""
    place, notes, more = thread(), Notes(), Notes()
    with threads.runs.stream(
        thread_id=place, assistant_id=caller.id, tool_choice=FORCED, event_handler=notes
    ) as events:
        events.until_done()
        run: Any = events.current_run
    with threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=place, tool_outputs=outputs(run), event_handler=more
    ) as events:
        events.until_done()
        status = events.get_final_run().status
    return {
        "waiting": run.status,
        "arguments": notes.arguments,
        "status": status,
        "pieces": more.pieces,
        "text": said(place),
    }


def pages() -> list[str]:
    """25 messages, followed over their pages by the SDK itself."""
    made = threads.create(messages=[{"role": "user", "content": str(number)} for number in range(25)])
    contents: list[Any] = [message.content[0] for message in threads.messages.list(made.id, order="asc", limit=10)]
    return [part.text.value for part in contents]


def errors() -> dict[str, Any]:
    """The classes of exceptions that refusals become."""
    found = {}
    try:
        threads.retrieve("thread_000000000000000000000000")
    except openai.APIStatusError as problem:
        found["unknown"] = {"class": type(problem).__name__, "status": problem.status_code}
    try:
        client.beta.assistants.create(model="gpt-4o-mini", name="n" * 257)
    except openai.APIStatusError as problem:
        found["invalid"] = {"class": type(problem).__name__, "status": problem.status_code, "param": problem.param}
    return found


parts = (poll, stream, function_poll, function_stream, pages, errors)
print(json.dumps({"version": openai.__version__, **{part.__name__: part() for part in parts}}))
