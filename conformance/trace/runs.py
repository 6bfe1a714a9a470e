"""What a trace shows of runs: where they were made, the steps they have, and the tool calls that they wait for."""

from collections.abc import Iterator

from conformance.trace.calls import OperationCall
from conformance.trace.history import History
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.trace import Sighting

RUN, STEP, MESSAGE = "thread.run", "thread.run.step", "thread.message"
SUBMITTING, CANCELLING = "submitToolOuputsToRun", "cancelRun"


def created_runs(index: Index) -> Iterator[tuple[OperationCall, Sighting]]:
    """The accepted requests for runs, each with the run as its answer first shows it."""
    shown = index.shown_by(RUN)
    return ((call, shown[call.number]) for call in index.calls_to(*CREATING_RUNS) if call.ok and call.number in shown)


def runs_of_threads(index: Index) -> dict[str, list[History]]:
    """The runs of each thread, in order of their first appearance."""
    found: dict[str, list[History]] = {}
    for run in index.objects(RUN).values():
        if thread_id := text(run[0].value.get("thread_id")):
            found.setdefault(thread_id, []).append(run)
    return found


def steps_of_runs(index: Index) -> dict[str, list[History]]:
    """The steps of each run, in order of their first appearance."""
    found: dict[str, list[History]] = {}
    for step in index.objects(STEP).values():
        if run_id := text(step[0].value.get("run_id")):
            found.setdefault(run_id, []).append(step)
    return found


def required_calls(run: dict[str, Json]) -> list[Json]:
    """The tool calls that a run waits for, as it shows them."""
    action = run.get("required_action")
    return sequence(mapping(mapping(action).get("submit_tool_outputs")).get("tool_calls")) if action else []


def call_ids(tool_calls: list[Json]) -> list[str]:
    """The ids of tool calls, without those that have none."""
    return [call_id for call in tool_calls if (call_id := text(mapping(call).get("id"))) is not None]


def waiting_runs(index: Index) -> dict[str, list[Sighting]]:
    """For each run that shows tool calls to be answered, the sightings that do."""
    found: dict[str, list[Sighting]] = {}
    for run_id, history in index.objects(RUN).items():
        if waiting := [sighting for sighting in history if required_calls(sighting.value)]:
            found[run_id] = waiting
    return found


def created_message(step: dict[str, Json]) -> str | None:
    """The id of the message that a step says it created."""
    creation = mapping(mapping(step.get("step_details")).get("message_creation"))
    return text(creation.get("message_id"))


def function_calls(step: dict[str, Json]) -> list[Json]:
    """The function calls of a step."""
    tool_calls = sequence(mapping(step.get("step_details")).get("tool_calls"))
    return [call for call in tool_calls if mapping(call).get("type") == "function"]
