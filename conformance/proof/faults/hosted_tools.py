"""Faults of the tools that the service runs itself: file search and code interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.proof.faults.fault import events, objects, requests
from conformance.proof.faults.scene import Scene, Sent, Told

Json = dict[str, Any]
STEP = "thread.run.step"


def _calls(step: Json, kind: str) -> Iterator[Json]:
    """The calls of a step that use one tool, ready to be changed."""
    calls = step["step_details"].get("tool_calls")
    if calls and any(call["type"] == kind for call in calls):
        own = [{**call, kind: {**call[kind]}} if call["type"] == kind else call for call in calls]
        step["step_details"] = {**step["step_details"], "tool_calls": own}
        yield from (call for call in own if call["type"] == kind)


@objects("thread.run", trips="HOSTED-TOOL-01")
def tool_of_nobody(run: Json, scene: Scene) -> None:
    """A run that searches files does not show the tool."""
    run["tools"] = [tool for tool in run["tools"] if tool["type"] != "file_search"]


@objects(STEP, trips="HOSTED-CONTENT-01")
def content_unasked(step: Json, scene: Scene) -> None:
    """The results of a file search always show their content."""
    for call in _calls(step, "file_search"):
        call["file_search"]["results"] = [
            {**result, "content": [{"type": "text", "text": "…"}]}
            for result in call["file_search"].get("results") or ()
        ]


@objects(STEP, trips="HOSTED-RANKING-01")
def default_ranking(step: Json, scene: Scene) -> None:
    """A file search tells a threshold of 0.9, whatever its tool says."""
    for call in _calls(step, "file_search"):
        call["file_search"]["ranking_options"] = {"ranker": "default_2024_08_21", "score_threshold": 0.9}


@objects(STEP, trips="HOSTED-RESULTS-01")
def results_beyond_the_limit(step: Json, scene: Scene) -> None:
    """A file search has more results than its tool allows."""
    for call in _calls(step, "file_search"):
        results = call["file_search"].get("results") or []
        call["file_search"]["results"] = results * 30


@objects(STEP, trips="HOSTED-RESULTS-02")
def worst_result_first(step: Json, scene: Scene) -> None:
    """The results of a file search stand in the wrong order."""
    for call in _calls(step, "file_search"):
        call["file_search"]["results"] = (call["file_search"].get("results") or [])[::-1]


@objects(STEP, trips="HOSTED-RESULTS-03")
def results_of_another_store(step: Json, scene: Scene) -> None:
    """A file search finds a file that is in none of its vector stores."""
    for call in _calls(step, "file_search"):
        results = call["file_search"].get("results") or []
        call["file_search"]["results"] = [{**result, "file_id": f"file-{'0' * 22}"} for result in results]


@objects(STEP, trips="HOSTED-RESULTS-03")
def results_under_other_names(step: Json, scene: Scene) -> None:
    """The results of a file search have other names than their files."""
    for call in _calls(step, "file_search"):
        results = call["file_search"].get("results") or []
        call["file_search"]["results"] = [{**result, "file_name": "document.pdf"} for result in results]


@objects(STEP, trips="HOSTED-CODE-01")
def no_code(step: Json, scene: Scene) -> None:
    """A completed use of the code interpreter does not tell the code."""
    if step["status"] == "completed":
        for call in _calls(step, "code_interpreter"):
            call["code_interpreter"]["input"] = ""


@events(trips="DELTA-TOOL-02")
def first_piece_of_code_lost(event: Told, scene: Scene) -> list[Told]:
    """The first piece of code is not sent."""
    if event.name == "thread.run.step.delta":
        for call in event.data["delta"]["step_details"].get("tool_calls", ()):
            code = call.get("code_interpreter") or {}
            if code.get("input") and not scene.stream.get("lost"):
                scene.stream["lost"] = True
                code["input"] = ""
    return [event]


@requests("listRunSteps", "getRunStep", trips="HOSTED-CONTENT-01")
def always_included(sent: Sent, scene: Scene) -> None:
    """Steps are shown as if their content had been asked for."""
    sent.query["include[]"] = ["step_details.tool_calls[*].file_search.results[*].content"]
