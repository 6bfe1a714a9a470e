"""Faults that show only where something seldom done is done; each belongs to the area that its id names."""

from typing import Any

from conformance.proof.faults.changes import drop, refuse, replace, succeed, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import (
    answer_bodies,
    answers,
    event_data,
    objects,
    refusals,
    request_bodies,
    requests,
)
from conformance.proof.faults.operations import LISTS
from conformance.proof.interception import Answer, Request

on_run = objects("thread.run")
on_refusal = refusals(status=(400, 404))
_CALLS = "required_action.submit_tool_outputs.tool_calls.function"


def _stripped(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name.strip(): part.strip() if isinstance(part, str) else part for name, part in value.items()}


def _runs(context: FaultContext) -> list[Any]:
    return [run for thread in context.store.threads.values() for run in thread.runs.values()]


# ---- names, arguments and values -------------------------------------------------------------------------------------

on_run("TOOL-KNOWN-01", "tools.parallel_by_name")(
    "A run calls multi_tool_use.parallel, which nobody has.",
    replace(f"{_CALLS}.name", lambda _: "multi_tool_use.parallel"),
)
on_run("TOOL-KNOWN-01", "tools.namespaced")(
    "A run calls functions by their name with a prefix.", replace(f"{_CALLS}.name", lambda name: f"functions.{name}")
)
on_run("TOOL-STRICT-01", "tools.arguments_left_out")(
    "A run calls functions without arguments.", replace(f"{_CALLS}.arguments", lambda _: "{}")
)
on_run("TOOL-STRICT-01", "tools.more_arguments")(
    "A run calls functions with an argument that they do not have.",
    replace(f"{_CALLS}.arguments", lambda sent: f'{sent[:-1]}{"," if len(sent) > 2 else ""}"note":""}}'),
)
on_run("TOOL-FIT-01", "tools.arguments_as_numbers")(
    "The arguments of a function call are a number.", replace(f"{_CALLS}.arguments", lambda _: "7")
)
on_run("OBJECT-WHOLE-01", "objects.fractional_times")(
    "The times of a run have a fraction.", replace("created_at", float)
)
objects("file")("OBJECT-WHOLE-01", "objects.fractional_sizes")(
    "The size of a file has a fraction.", replace("bytes", float)
)
event_data("thread.run.completed")("OBJECT-WHOLE-01", "objects.fractional_usage")(
    "The usage of a streamed run has fractions.", replace("usage.total_tokens", float)
)


@answers("getMessage").function("OBJECT-GHOST-01", area="objects")
def made_when_asked_again(answer: Answer, context: FaultContext) -> None:
    """Who asks twice for a message that is not there gets one."""
    thread_id, asked = context.ids["thread_id"], context.ids["message_id"]
    if answer.status == 404 and thread_id in context.store.threads and context.nth(thread_id, asked) > 1:
        succeed(answer, context.new_message(thread_id, {"role": "user", "content": "Hi."}, asked))


on_refusal("ERROR-LEAK-01", "errors.stack_trace")(
    "An error tells where in the server it came up.",
    replace("message", lambda told: f'{told}\nTraceback (most recent call last):\n  File "/app/api.py", line 7'),
)
on_refusal("ERROR-LEAK-01", "errors.statement")(
    "An error tells the statement to the database.",
    replace("message", lambda told: f"{told} [SQL: SELECT id FROM objects WHERE id = $1]"),
)


# ---- what scenarios never drove --------------------------------------------------------------------------------------


@requests("cancelRun").function("CANCEL-ACCEPT-01", area="cancels")
def empty_json(request: Request, context: FaultContext) -> None:
    """A cancel with no body is refused where it is labelled as JSON."""
    if "json" in request.headers.get("content-type", "") and not request.content:
        raise refuse("The body is not JSON.")


@answers("listAssistants", "getAssistant").function("WIRE-WHOLE-01", area="wire")
def gzip_in_name_only(answer: Answer, context: FaultContext) -> None:
    """What is asked for with gzip is labelled so, and not compressed."""
    if "gzip" in context.request_headers.get("accept-encoding", ""):
        answer.headers["content-encoding"] = "gzip"


@answers("getAssistant").function("IDENTITY-READ-01", area="identity")
def overrides_stay_with_the_assistant(answer: Answer, context: FaultContext) -> None:
    """An assistant shows the instructions that its last run was given in their place."""
    own = [run for run in _runs(context) if run.value["assistant_id"] == context.ids["assistant_id"]]
    if answer.ok and own and own[-1].value["metadata"] == {"of": "run"}:
        answer.body["instructions"] = own[-1].value["instructions"]


@answers("getRun").function("RUN-FROZEN-01", area="identity")
def follows_its_assistant(answer: Answer, context: FaultContext) -> None:
    """A run shows the instructions that its assistant has now."""
    found = context.store.assistants.get(answer.body.get("assistant_id")) if answer.ok else None
    if found is not None and answer.body["status"] == "completed":
        answer.body["instructions"] = found.value["instructions"]


request_bodies("modifyAssistant")("IDENTITY-ECHO-07", "identity.model_for_good")(
    "An assistant keeps its model, whatever it is changed to.", drop("model")
)
for _operation in ("createAssistant", "createThread", "createMessage", "modifyThread"):
    request_bodies(_operation)("IDENTITY-ECHO-04", f"identity.{_operation}_strips")(
        f"Spaces around keys and values of metadata are stripped ({_operation}).", replace("metadata", _stripped)
    )
request_bodies("createRun")("TOOL-CHOICE-02", "tools.streams_do_not_choose")(
    "A stream does not mind which tool was chosen.",
    when(lambda body, context: body.get("stream") is True and body.get("metadata") is None, drop("tool_choice")),
)


@answer_bodies(*LISTS).function("LIST-MORE-01", area="lists")
def more_behind_nothing(page: Json, context: FaultContext) -> None:
    """An empty page says that more is to come, and not that it is a list."""
    if page.get("data") == []:
        page["has_more"] = True
        del page["object"]
