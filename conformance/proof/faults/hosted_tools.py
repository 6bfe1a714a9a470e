"""Faults of the tools that the service runs itself: file search and code interpreter."""

from conformance.proof.faults.changes import put, replace, status, when
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import events, objects, requests
from conformance.proof.interception import Request, StreamEvent

STEP = "thread.run.step"


on_step = objects("thread.run.step")
SEARCH = "step_details.tool_calls.file_search"
RESULTS = f"{SEARCH}.results"

objects("thread.run")("HOSTED-TOOL-01", "hosted_tools.tool_of_nobody")(
    "A run that searches files does not show the tool.",
    lambda value, _: value.update(tools=[tool for tool in value["tools"] if tool["type"] != "file_search"]),
)
on_step("HOSTED-CONTENT-01", "hosted_tools.content_unasked")(
    "The results of a file search always show their content.",
    put(f"{RESULTS}.content", [{"type": "text", "text": "…"}]),
)
on_step("HOSTED-RANKING-01", "hosted_tools.default_ranking")(
    "A file search tells a threshold of 0.9, whatever its tool says.",
    put(f"{SEARCH}.ranking_options", {"ranker": "default_2024_08_21", "score_threshold": 0.9}),
)
on_step("HOSTED-RESULTS-01", "hosted_tools.results_beyond_the_limit")(
    "A file search has more results than its tool allows.", replace(RESULTS, lambda results: results * 30)
)
on_step("HOSTED-RESULTS-02", "hosted_tools.worst_result_first")(
    "The results of a file search stand in the wrong order.", replace(RESULTS, lambda results: results[::-1])
)
on_step("HOSTED-RESULTS-03", "hosted_tools.results_of_another_store")(
    "A file search finds a file that is in none of its vector stores.", put(f"{RESULTS}.file_id", f"file-{'0' * 22}")
)
on_step("HOSTED-RESULTS-03", "hosted_tools.results_under_other_names")(
    "The results of a file search have other names than their files.", put(f"{RESULTS}.file_name", "document.pdf")
)
on_step("HOSTED-CODE-01", "hosted_tools.no_code")(
    "A completed use of the code interpreter does not tell the code.",
    when(status("completed"), put("step_details.tool_calls.code_interpreter.input", "")),
)


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


@requests("createRun", "listRunSteps", "getRunStep").function("HOSTED-CONTENT-02")
def never_included(request: Request, context: FaultContext) -> None:
    """What a request includes is left out."""
    request.query.pop("include[]", None)


@requests("listRunSteps", "getRunStep").function("HOSTED-CONTENT-01")
def always_included(request: Request, context: FaultContext) -> None:
    """Steps are shown as if their content had been asked for."""
    request.query["include[]"] = ["step_details.tool_calls[*].file_search.results[*].content"]
