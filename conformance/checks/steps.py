"""Run steps: what they are, how they end, and how they agree with the run they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks import lifecycle
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.contract import Contract
from conformance.trace.json import is_integer, mapping, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace

STEP = "thread.run.step"
RUN = "thread.run"
ENDS = ("completed_at", "failed_at", "cancelled_at", "expired_at")


@check("STEP-STATE-01")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A step that has ended has ended. The order within one stream is the stream's own affair."""
    for _, seen in trace.of_kind(STEP):
        yield from lifecycle.transitions(
            trace,
            seen,
            contract.lifecycles["step"],
            terminal="STEP-STATE-01",
            step="STEP-STATE-01",
            within_streams=False,
        )


@check("STEP-FIELD-*")
def fields(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Every field of a step is set or null as its status demands."""
    for _, seen in trace.of_kind(STEP):
        for sighting in seen:
            yield from lifecycle.fields(sighting, contract.lifecycles["step"])


@check("STEP-TYPE-01", "STEP-TYPE-02")
def types(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A step is of one type, which its details repeat, for life."""
    for _, seen in trace.of_kind(STEP):
        for later, predecessors in successions(trace, seen, within_streams=True):
            was, kind = text(predecessors[0].value.get("type")), text(later.value.get("type"))
            if was is not None and kind is not None:
                yield Examined("STEP-TYPE-01", later.where.exchange)
                if was != kind:
                    yield Finding(
                        "STEP-TYPE-01",
                        below(later.where, "type"),
                        f"type {shown(was)}, as in exchange {predecessors[0].where.exchange}",
                        f"type {shown(kind)}",
                    )
        for sighting in seen:
            kind = text(sighting.value.get("type"))
            details = text(mapping(sighting.value.get("step_details")).get("type"))
            if kind is not None and details is not None:
                yield Examined("STEP-TYPE-02", sighting.where.exchange)
                if kind != details:
                    yield Finding(
                        "STEP-TYPE-02",
                        below(sighting.where, "step_details", "type"),
                        f"step_details.type {shown(kind)}, the step's own type",
                        f"step_details.type {shown(details)}",
                    )


@check("STEP-TIME-01")
def timestamps(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A step does not end before it is created."""
    for _, seen in trace.of_kind(STEP):
        for sighting in seen:
            created = sighting.value.get("created_at")
            for name in ENDS:
                ended = sighting.value.get(name)
                if is_integer(created) and is_integer(ended):
                    yield Examined("STEP-TIME-01", sighting.where.exchange)
                    if ended < created:
                        yield Finding(
                            "STEP-TIME-01",
                            below(sighting.where, name),
                            f"{name} not before created_at",
                            f"{name} {shown(ended)}, created_at {shown(created)}",
                        )


@check("STEP-USAGE-01")
def usage(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The tokens of a step add up."""
    for _, seen in trace.of_kind(STEP):
        for sighting in seen:
            yield from lifecycle.arithmetic("STEP-USAGE-01", sighting)


@check("STEP-CALLS-01")
def calls(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The function calls of a step are the very calls that its run asks to be answered."""
    wanted = {run_id: list(_requests(seen)) for run_id, seen in trace.of_kind(RUN)}
    for _, seen in trace.of_kind(STEP):
        for sighting in seen:
            made = _function_calls(sighting.value)
            requests = wanted.get(text(sighting.value.get("run_id")) or "")
            if not made or not requests:
                continue
            asked = _asked(trace, sighting, requests, made)
            if asked is None:
                continue
            yield Examined("STEP-CALLS-01", sighting.where.exchange)
            if asked != made:
                yield Finding(
                    "STEP-CALLS-01",
                    below(sighting.where, "step_details", "tool_calls"),
                    f"function calls {_named(asked)}, as in the run's required_action",
                    f"function calls {_named(made)}",
                )
    yield from _in_one_step(trace)


def _in_one_step(trace: Trace) -> Iterator[Observation]:
    """A call that a run asks to be answered stands in one of its steps only."""
    homes: dict[tuple[str | None, str], Sighting] = {}
    for sighting in (one for one in trace.sightings if one.kind == STEP):
        # Ids tell the calls of one run apart: a server in front of another model may count them anew for each run.
        run_id = text(sighting.value.get("run_id"))
        for call_id in sorted(_function_calls(sighting.value)):
            home = homes.setdefault((run_id, call_id), sighting)
            if home is sighting:
                continue
            yield Examined("STEP-CALLS-01", sighting.where.exchange)
            if home.id != sighting.id:
                yield Finding(
                    "STEP-CALLS-01",
                    below(sighting.where, "id"),
                    f"{shown(home.id)}, in which call {shown(call_id)} stands in exchange {home.where.exchange}",
                    f"id {shown(sighting.id)}",
                )


def _requests(seen: tuple[Sighting, ...]) -> Iterator[tuple[Sighting, frozenset[str]]]:
    """The sightings of a run, each with the ids of the calls it wanted answered (none where it wanted nothing)."""
    for sighting in seen:
        outputs = mapping(mapping(sighting.value.get("required_action")).get("submit_tool_outputs"))
        yield sighting, _ids(outputs.get("tool_calls"))


def _asked(
    trace: Trace, step: Sighting, requests: list[tuple[Sighting, frozenset[str]]], made: frozenset[str]
) -> frozenset[str] | None:
    """The calls that the run asked for and this step must hold; None where that cannot be said."""
    # Asked for at some time, wholly or in part: then the step holds that very set.
    for _, asked in requests:
        if asked & made:
            return asked
    # Still open, and the run waiting just before: then the step holds what the run waits for.
    exchange = trace.exchange(step.where.exchange)
    last = next(((run, asked) for run, asked in reversed(requests) if _precedes(trace, run, step)), None)
    if last is None or not last[1] or text(step.value.get("status")) != "in_progress":
        return None
    return last[1] if before(trace.exchange(last[0].where.exchange), exchange) else None


def _precedes(trace: Trace, run: Sighting, step: Sighting) -> bool:
    return (run.where.exchange, run.where.event or 0) < (step.where.exchange, step.where.event or 0)


def _function_calls(step: dict[str, Any]) -> frozenset[str]:
    tool_calls = sequence(mapping(step.get("step_details")).get("tool_calls"))
    return _ids([call for call in tool_calls if mapping(call).get("type") == "function"])


def _ids(tool_calls: Any) -> frozenset[str]:
    found = (mapping(call).get("id") for call in sequence(tool_calls))
    return frozenset(call_id for call_id in found if isinstance(call_id, str))


def _named(ids: frozenset[str]) -> str:
    return ", ".join(shown(call_id) for call_id in sorted(ids)[:5]) + (", …" if len(ids) > 5 else "")


@check("STEP-LINK-01")
def created_messages(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The message that a step says it created belongs to the step's own run."""
    runs_of_messages = {
        message_id: next((s.value["run_id"] for s in seen if isinstance(s.value.get("run_id"), str)), None)
        for message_id, seen in trace.of_kind("thread.message")
    }
    for _, seen in trace.of_kind(STEP):
        for sighting in seen:
            creation = mapping(mapping(sighting.value.get("step_details")).get("message_creation"))
            message_id, run_id = text(creation.get("message_id")), text(sighting.value.get("run_id"))
            if message_id is None or run_id is None or message_id not in runs_of_messages:
                continue
            yield Examined("STEP-LINK-01", sighting.where.exchange)
            owner = runs_of_messages[message_id]
            if owner != run_id:
                yield Finding(
                    "STEP-LINK-01",
                    below(sighting.where, "step_details", "message_creation", "message_id"),
                    f"a message whose run_id is {shown(run_id)}",
                    f"message {shown(message_id)} with run_id {shown(owner)}",
                )
