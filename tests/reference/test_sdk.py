"""The official SDK drives the endpoint without noticing that it is not the real one."""

from typing import Any

import openai
import pytest
from openai import AssistantEventHandler
from typing_extensions import override

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
            "required": ["city", "unit"],
        },
    },
}


@pytest.fixture(scope="module")
def assistant(sdk: openai.OpenAI) -> str:
    return sdk.beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[WEATHER]).id  # type: ignore[list-item]


@pytest.fixture
def thread(sdk: openai.OpenAI) -> str:
    return sdk.beta.threads.create(messages=[{"role": "user", "content": "Hello there"}]).id


class Notes(AssistantEventHandler):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.arguments = ""
        self.seen: list[str] = []

    @override
    def on_event(self, event: Any) -> None:
        self.seen.append(event.event)

    @override
    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value

    @override
    def on_tool_call_delta(self, delta: Any, snapshot: Any) -> None:
        self.arguments += delta.function.arguments


def test_create_and_poll(sdk: openai.OpenAI, assistant: str, thread: str) -> None:
    run = sdk.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)

    assert run.status == "completed"
    assert run.usage is not None
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0
    messages = sdk.beta.threads.messages.list(thread, run_id=run.id).data
    assert [message.role for message in messages] == ["assistant"]
    (step,) = sdk.beta.threads.runs.steps.list(run.id, thread_id=thread).data
    assert step.step_details.type == "message_creation"
    assert step.step_details.message_creation.message_id == messages[0].id
    assert step.usage is not None
    assert step.usage.to_dict() == run.usage.to_dict()


def test_stream_text(sdk: openai.OpenAI, assistant: str, thread: str) -> None:
    with sdk.beta.threads.runs.stream(thread_id=thread, assistant_id=assistant, event_handler=Notes()) as stream:
        stream.until_done()
        final = stream.get_final_run()
        (message,) = stream.get_final_messages()

    assert final.status == "completed"
    assert message.content[0].type == "text"
    assert message.content[0].text.value == stream.text
    assert any(ord(character) > 0x2000 for character in stream.text)
    assert stream.seen.count("thread.message.delta") > 5


def test_functions_with_streams(sdk: openai.OpenAI, assistant: str, thread: str) -> None:
    with sdk.beta.threads.runs.stream(
        thread_id=thread,
        assistant_id=assistant,
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        event_handler=Notes(),
    ) as stream:
        stream.until_done()
        waiting = stream.get_final_run()
    assert waiting.status == "requires_action"
    assert waiting.required_action is not None
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    assert call.function.arguments == stream.arguments == '{"city":"city","unit":"C"}'

    with sdk.beta.threads.runs.submit_tool_outputs_stream(
        thread_id=thread,
        run_id=waiting.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "17 degrees"}],
        event_handler=Notes(),
    ) as rest:
        rest.until_done()
        assert rest.get_final_run().status == "completed"
    assert rest.seen[:3] == ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert "17 degrees" in rest.text


def test_functions_with_polling(sdk: openai.OpenAI, assistant: str, thread: str) -> None:
    waiting = sdk.beta.threads.runs.create_and_poll(
        thread_id=thread, assistant_id=assistant, tool_choice="required", metadata={"script": "call:2"}
    )
    assert waiting.required_action is not None
    calls = waiting.required_action.submit_tool_outputs.tool_calls
    assert len({call.id for call in calls}) == 2

    run = sdk.beta.threads.runs.submit_tool_outputs_and_poll(
        thread_id=thread,
        run_id=waiting.id,
        tool_outputs=[{"tool_call_id": call.id, "output": str(number)} for number, call in enumerate(calls)],
    )
    assert run.status == "completed"
    newest, oldest = sdk.beta.threads.runs.steps.list(run.id, thread_id=thread).data
    assert (oldest.type, newest.type) == ("tool_calls", "message_creation")
    assert oldest.step_details.type == "tool_calls"
    assert [call.function.output for call in oldest.step_details.tool_calls if call.type == "function"] == ["0", "1"]
    assert run.usage is not None
    assert oldest.usage is not None
    assert newest.usage is not None
    assert run.usage.total_tokens == oldest.usage.total_tokens + newest.usage.total_tokens


def test_create_thread_and_run_stream(sdk: openai.OpenAI, assistant: str) -> None:
    with sdk.beta.threads.create_and_run_stream(
        assistant_id=assistant, thread={"messages": [{"role": "user", "content": "Hi"}]}, event_handler=Notes()
    ) as stream:
        stream.until_done()
    assert stream.seen[:4] == ["thread.created", "thread.run.created", "thread.run.queued", "thread.run.in_progress"]
    assert stream.seen[-1] == "thread.run.completed"


def test_cancel_while_streaming(sdk: openai.OpenAI, assistant: str, thread: str) -> None:
    seen = []
    with sdk.beta.threads.runs.create(
        thread_id=thread, assistant_id=assistant, stream=True, metadata={"script": "words:40; slow"}
    ) as stream:
        for event in stream:
            seen.append(event.event)
            if event.event == "thread.message.delta" and seen.count("thread.message.delta") == 1:
                assert event.data.object == "thread.message.delta"
                run = sdk.beta.threads.runs.list(thread).data[0]
                assert sdk.beta.threads.runs.cancel(run.id, thread_id=thread).status == "cancelling"
    closing = [name for name in seen if name != "thread.message.delta"][-4:]
    assert closing == [
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]


def test_errors_become_the_sdk_s_exceptions(sdk: openai.OpenAI, assistant: str, thread: str) -> None:
    with pytest.raises(openai.NotFoundError, match="No thread found with id 'thread_unknown'"):
        sdk.beta.threads.retrieve("thread_unknown")
    sdk.beta.threads.runs.create(thread_id=thread, assistant_id=assistant, metadata={"script": "slow"})
    with pytest.raises(openai.BadRequestError, match="Can't add messages to") as locked:
        sdk.beta.threads.messages.create(thread, role="user", content="too early")
    assert locked.value.type == "invalid_request_error"
    assert locked.value.request_id is not None
    assert locked.value.request_id.startswith("req_")


def test_pages_are_walked_without_overlap(sdk: openai.OpenAI) -> None:
    thread = sdk.beta.threads.create(messages=[{"role": "user", "content": str(number)} for number in range(7)])
    for order, expected in (("asc", "0123456"), ("desc", "6543210")):
        walked = sdk.beta.threads.messages.list(thread.id, limit=2, order=order)  # type: ignore[arg-type]
        texts = [part.text.value for message in walked for part in message.content if part.type == "text"]
        assert "".join(texts) == expected
