"""Faults of the tools that the service runs itself: file search and code interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import events, objects, requests
from conformance.proof.interception import Request, StreamEvent

Json = dict[str, Any]

STEP = "thread.run.step"


def _calls(step: Json, kind: str) -> Iterator[Json]:
    """The calls of a step that use one tool, ready to be changed."""
    calls = step["step_details"].get("tool_calls")
    if calls and any(call["type"] == kind for call in calls):
        own = [{**call, kind: {**call[kind]}} if call["type"] == kind else call for call in calls]
        step["step_details"] = {**step["step_details"], "tool_calls": own}
        yield from (call for call in own if call["type"] == kind)


objects("thread.run")("HOSTED-TOOL-01", "hosted_tools.tool_of_nobody")(
    "A run that searches files does not show the tool.",
    lambda value, _: value.update(tools=[tool for tool in value["tools"] if tool["type"] != "file_search"]),
)


@objects(STEP).function("HOSTED-CONTENT-01")
def content_unasked(step: Json, context: FaultContext) -> None:
    """The results of a file search always show their content."""
    for call in _calls(step, "file_search"):
        call["file_search"]["results"] = [
            {**result, "content": [{"type": "text", "text": "…"}]}
            for result in call["file_search"].get("results") or ()
        ]


@objects(STEP).function("HOSTED-RANKING-01")
def default_ranking(step: Json, context: FaultContext) -> None:
    """A file search tells a threshold of 0.9, whatever its tool says."""
    for call in _calls(step, "file_search"):
        call["file_search"]["ranking_options"] = {"ranker": "default_2024_08_21", "score_threshold": 0.9}


@objects(STEP).function("HOSTED-RESULTS-01")
def results_beyond_the_limit(step: Json, context: FaultContext) -> None:
    """A file search has more results than its tool allows."""
    for call in _calls(step, "file_search"):
        results = call["file_search"].get("results") or []
        call["file_search"]["results"] = results * 30


@objects(STEP).function("HOSTED-RESULTS-02")
def worst_result_first(step: Json, context: FaultContext) -> None:
    """The results of a file search stand in the wrong order."""
    for call in _calls(step, "file_search"):
        call["file_search"]["results"] = (call["file_search"].get("results") or [])[::-1]


@objects(STEP).function("HOSTED-RESULTS-03")
def results_of_another_store(step: Json, context: FaultContext) -> None:
    """A file search finds a file that is in none of its vector stores."""
    for call in _calls(step, "file_search"):
        results = call["file_search"].get("results") or []
        call["file_search"]["results"] = [{**result, "file_id": f"file-{'0' * 22}"} for result in results]


@objects(STEP).function("HOSTED-RESULTS-03")
def results_under_other_names(step: Json, context: FaultContext) -> None:
    """The results of a file search have other names than their files."""
    for call in _calls(step, "file_search"):
        results = call["file_search"].get("results") or []
        call["file_search"]["results"] = [{**result, "file_name": "document.pdf"} for result in results]


@objects(STEP).function("HOSTED-CODE-01")
def no_code(step: Json, context: FaultContext) -> None:
    """A completed use of the code interpreter does not tell the code."""
    if step["status"] == "completed":
        for call in _calls(step, "code_interpreter"):
            call["code_interpreter"]["input"] = ""


@events().function("DELTA-TOOL-02")
def first_piece_of_code_lost(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The first piece of code is not sent."""
    if event.name == "thread.run.step.delta":
        for call in event.data["delta"]["step_details"].get("tool_calls", ()):
            code = call.get("code_interpreter") or {}
            if code.get("input") and not context.stream.get("lost"):
                context.stream["lost"] = True
                code["input"] = ""
    return [event]


@requests("listRunSteps", "getRunStep").function("HOSTED-CONTENT-01")
def always_included(request: Request, context: FaultContext) -> None:
    """Steps are shown as if their content had been asked for."""
    request.query["include[]"] = ["step_details.tool_calls[*].file_search.results[*].content"]
