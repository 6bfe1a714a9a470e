"""How many tokens a run reads and writes; a token is a piece that a text is streamed in."""

from conformance.reference import objects
from conformance.reference.objects import Json
from conformance.reference.scripted_model import text_of, tokens
from conformance.reference.store import Run


def tokens_spent(run: Run) -> int:
    """How many tokens the run's finished steps have written."""
    return sum(step.value["usage"]["completion_tokens"] for step in run.steps.values() if step.value["usage"])


def step_usage(run: Run, step: Json) -> Json:
    """The token counts of a step that ends."""
    details = step["step_details"]
    if step["type"] == "tool_calls":
        written = [part for call in details["tool_calls"] for part in _written_by_model(call)]
        completion, answer = tokens(*written), None
    else:
        answer = details["message_creation"]["message_id"]
        message = run.thread.messages.get(answer)
        completion = tokens(*(text_of(message.value) if message else []))
    prompt = prompt_tokens(run, answer)
    cap = run.value["max_prompt_tokens"]
    return objects.usage(prompt if cap is None else min(prompt, cap), completion)


def prompt_tokens(run: Run, answer: str | None = None) -> int:
    """The tokens of the instructions and of the messages before the answer, as far back as the run's strategy reaches.

    The automatic one leaves out the oldest messages where all of them are more than the run's cap allows.
    """
    read = [tokens(*text_of(m.value)) for id_, m in run.thread.messages.items() if id_ != answer]
    instructions = tokens(run.value["instructions"] or "")
    strategy, cap = run.value["truncation_strategy"], run.value["max_prompt_tokens"]
    if strategy["type"] == "last_messages":
        read = read[-(strategy["last_messages"] or len(read)) :]
    elif cap is not None:
        while len(read) > 1 and instructions + sum(read) > cap:
            read.pop(0)
    return instructions + sum(read)


def _written_by_model(call: Json) -> list[str]:
    """The texts of a tool call that the model wrote."""
    details = call[call["type"]]
    return [details[name] for name in ("name", "arguments", "input") if name in details] or [call["type"]]
