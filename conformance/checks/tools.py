"""Tool outputs: which are taken and which refused, what a refusal leaves, and where outputs are found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.checks.asked import (
    ELSEWHERE,
    Asked,
    after,
    any_between,
    asked,
    by_path,
    certainly_before,
    last_before,
    shown_in,
    status_of,
)
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import CREATING_RUNS, SUBMITTING
from conformance.contract import Contract
from conformance.trace.json import Json, mapping, same, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace

RUN, STEP = "thread.run", "thread.run.step"
WAITING = "requires_action"
UNASKED = frozenset({"queued", "in_progress", "cancelling"})


def _wanted(run: dict[str, Json]) -> list[str]:
    """The ids of the calls that a run waits for."""
    action = mapping(mapping(run.get("required_action")).get("submit_tool_outputs"))
    calls = (mapping(call) for call in sequence(action.get("tool_calls")))
    return [call["id"] for call in calls if isinstance(call.get("id"), str)]


def _submitted(one: Asked) -> list[str] | None:
    """The ids that outputs are submitted for; None where the request is malformed, which is judged elsewhere."""
    rows = one.sent.get("tool_outputs")
    if not isinstance(rows, list):
        return None
    pairs = [(mapping(row).get("tool_call_id"), mapping(row).get("output")) for row in rows]
    if not all(isinstance(call_id, str) and isinstance(output, str) for call_id, output in pairs):
        return None
    return [str(call_id) for call_id, _ in pairs]


def _answered_for_good(one: Asked) -> bool:
    return one.operation == SUBMITTING and one.status is not None and one.status < 500 and one.status not in ELSEWHERE


@check("LIMIT-RUN-16", "TOOL-DOUBLED-01", "TOOL-ACCEPT-01", "TOOL-LATE-01", "TOOL-TWICE-01", "TOOL-EARLY-01")
def submissions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Exactly the outputs that a run waits for are taken, once, and while it waits."""
    machine = contract.lifecycles["run"]
    runs = dict(trace.of_kind(RUN))
    taken: dict[str, list[Asked]] = {}
    submits = by_path([one for one in asked(trace, contract) if _answered_for_good(one)], "run_id")
    for run_id, requests in submits.items():
        seen = runs.get(run_id, ())
        for one in requests:
            ids = _submitted(one)
            ended = next(
                (s for s in seen if status_of(s) in machine.terminal and certainly_before(trace, s, one.exchange)), None
            )
            twice = next((o for o in taken.get(run_id, ()) if before(o.exchange, one.exchange) and _same(o, ids)), None)
            waiting = last_before(trace, seen, one.exchange)
            if ids is None:
                continue
            if ended is not None:
                reason = f'the run has ended, "{status_of(ended)}" in exchange {ended.where.exchange}'
                yield from _refused("TOOL-LATE-01", one, reason)
            elif twice is not None:
                yield from _refused("TOOL-TWICE-01", one, f"these calls were answered in exchange {twice.number}")
            elif waiting is not None and status_of(waiting) == WAITING and _wanted(waiting.value):
                between = [o for o in requests if not o.refused]
                if not any_between(between, trace.exchange(waiting.where.exchange), one.exchange):
                    yield from _against(trace, seen, one, ids, waiting)
            elif waiting is not None and status_of(waiting) in UNASKED and ids and not _ever_wanted(seen, ids):
                yield from _refused("TOOL-EARLY-01", one, f"the run is {status_of(waiting)} and never asked for them")
            if one.ok:
                taken.setdefault(run_id, []).append(one)


def _ever_wanted(seen: tuple[Sighting, ...], ids: list[str]) -> bool:
    """Whether a run was ever seen to wait for one of these calls: nobody can know ids that nobody has told."""
    return any(not set(ids).isdisjoint(_wanted(sighting.value)) for sighting in seen)


def _same(one: Asked, ids: list[str] | None) -> bool:
    return ids is not None and set(ids) == set(_submitted(one) or ())


def _refused(requirement: str, one: Asked, reason: str) -> Iterator[Observation]:
    yield Examined(requirement, one.number)
    if one.status != 400:
        yield Finding(requirement, one.where, f"a refusal with 400: {reason}", f"status {one.status}")


def _against(
    trace: Trace, seen: tuple[Sighting, ...], one: Asked, ids: list[str], waiting: Sighting
) -> Iterator[Observation]:
    """Hold what was submitted against what was waited for."""
    wanted = set(_wanted(waiting.value))
    still = next(after(trace, seen, one.exchange), None)
    waits_on = still is not None and status_of(still) == WAITING and set(_wanted(still.value)) == wanted
    if set(ids) != wanted:
        missing, foreign = wanted - set(ids), set(ids) - wanted
        parts = [f"{len(missing)} of {len(wanted)} missing"] if missing else []
        parts += [f"{len(foreign)} that it does not wait for"] if foreign else []
        if one.ok or waits_on:
            yield from _refused("LIMIT-RUN-16", one, f"of the outputs {' and '.join(parts)}")
    elif len(ids) != len(wanted):
        if one.ok or waits_on:
            doubled = next(call_id for call_id, count in Counter(ids).items() if count > 1)
            yield from _refused("TOOL-DOUBLED-01", one, f"call {shown(doubled)} is answered twice")
    elif one.ok:
        yield Examined("TOOL-ACCEPT-01", one.number)
    elif waits_on and still is not None:
        yield Examined("TOOL-ACCEPT-01", one.number)
        yield Finding(
            "TOOL-ACCEPT-01",
            one.where,
            f"all outputs are taken: the run waits for them, in exchange {still.where.exchange} still",
            f"status {one.status}",
        )


@check("TOOL-KEEP-01", "TOOL-KEEP-02")
def kept(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """While a run waits, it waits for the same calls; a refusal changes nothing about that."""
    submits = by_path([one for one in asked(trace, contract) if one.operation == SUBMITTING], "run_id")
    for run_id, seen in trace.of_kind(RUN):
        requests = submits.get(run_id, [])
        for later, predecessors in successions(trace, seen, within_streams=False):
            earlier = predecessors[0]
            if status_of(earlier) != WAITING or status_of(later) != WAITING:
                continue
            span = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
            taken = [one for one in requests if not one.refused]
            if any_between(taken, *span) or any(one.number == later.where.exchange for one in taken):
                continue
            refused = any_between((one for one in requests if one.refused), *span)
            requirement = "TOOL-KEEP-01" if refused else "TOOL-KEEP-02"
            one, other = earlier.value.get("required_action"), later.value.get("required_action")
            if not isinstance(one, dict) or not isinstance(other, dict):
                continue
            yield Examined(requirement, later.where.exchange)
            if not same(one, other):
                yield Finding(
                    requirement,
                    below(later.where, "required_action"),
                    f"the action required as in exchange {earlier.where.exchange}",
                    f"another one, for {len(_wanted(later.value))} calls",
                )


@check("TOOL-AGAIN-01")
def asked_again(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was answered is not asked for again."""
    submits = by_path([one for one in asked(trace, contract) if one.operation == SUBMITTING and one.ok], "run_id")
    for run_id, seen in trace.of_kind(RUN):
        for sighting in seen:
            shown_by = trace.exchange(sighting.where.exchange)
            given = {
                call_id: one
                for one in submits.get(run_id, ())
                if one.exchange is shown_by or before(one.exchange, shown_by)
                for call_id in _submitted(one) or ()
            }
            if not given:
                continue
            yield Examined("TOOL-AGAIN-01", sighting.where.exchange)
            again = next((call_id for call_id in _wanted(sighting.value) if call_id in given), None)
            if again is not None:
                yield Finding(
                    "TOOL-AGAIN-01",
                    below(sighting.where, "required_action"),
                    f"no call {shown(again)}, whose output was taken in exchange {given[again].number}",
                    "it is wanted again",
                )


@check("TOOL-OUTPUT-01", "TOOL-OUTPUT-02")
def outputs(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was submitted stands in the step, call by call; before that, nothing does."""
    submits = by_path(
        [one for one in asked(trace, contract) if one.operation == SUBMITTING and not one.refused], "run_id"
    )
    created = {s.id for n, s in shown_in(trace, (RUN,)).items() if _creates(trace, contract, n)}
    for _, seen in trace.of_kind(STEP):
        run_id = text(seen[0].value.get("run_id")) or ""
        given = {
            mapping(row).get("tool_call_id"): (one, mapping(row).get("output"))
            for one in submits.get(run_id, ())
            for row in sequence(one.sent.get("tool_outputs"))
            if isinstance(mapping(row).get("tool_call_id"), str)
        }
        for sighting in seen:
            calls = sequence(mapping(sighting.value.get("step_details")).get("tool_calls"))
            for index, call in enumerate(calls):
                call_id = text(mapping(call).get("id"))
                function = mapping(mapping(call).get("function"))
                if call_id is None or "output" not in function or not isinstance(function["output"], str | None):
                    continue
                place = below(sighting.where, "step_details", "tool_calls", index, "function", "output")
                shown_by = trace.exchange(sighting.where.exchange)
                if call_id not in given or before(shown_by, given[call_id][0].exchange):
                    if run_id in created:
                        yield Examined("TOOL-OUTPUT-02", sighting.where.exchange)
                        if function["output"] is not None:
                            yield Finding(
                                "TOOL-OUTPUT-02",
                                place,
                                "output null as long as none was submitted",
                                f"output {shown(function['output'])}",
                            )
                    continue
                one, output = given[call_id]
                answered = one.ok and (one.number == shown_by.number or before(one.exchange, shown_by))
                if answered and isinstance(output, str) and status_of(sighting) == "completed":
                    yield Examined("TOOL-OUTPUT-01", sighting.where.exchange)
                    if function["output"] != output:
                        yield Finding(
                            "TOOL-OUTPUT-01",
                            place,
                            f"output {shown(output)}, as submitted in exchange {one.number}",
                            f"output {shown(function['output'])}",
                        )


def _creates(trace: Trace, contract: Contract, number: int) -> bool:
    exchange = trace.exchange(number)
    found = contract.operations.match(exchange.request.method, exchange.request.path, trace.base_path)
    return found is not None and found.operation.operation_id in CREATING_RUNS


@check("LIMIT-RUN-08")
def parallel(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Tool calls are parallel unless the request for the run says otherwise; without them a run waits for one."""
    runs = dict(trace.of_kind(RUN))
    made = shown_in(trace, (RUN,))
    for one in asked(trace, contract):
        run = made.get(one.number)
        if one.operation not in CREATING_RUNS or run is None:
            continue
        told = run.value.get("parallel_tool_calls")
        if one.sent.get("parallel_tool_calls") is None and isinstance(told, bool) and one.sent:
            yield Examined("LIMIT-RUN-08", one.number)
            if not told:
                place = below(run.where, "parallel_tool_calls")
                yield Finding("LIMIT-RUN-08", place, "parallel_tool_calls true where nothing is asked", "false")
        if one.sent.get("parallel_tool_calls") is not False:
            continue
        for sighting in runs[run.id]:
            if calls := _wanted(sighting.value):
                yield Examined("LIMIT-RUN-08", sighting.where.exchange)
                if len(calls) > 1:
                    yield Finding(
                        "LIMIT-RUN-08",
                        below(sighting.where, "required_action", "submit_tool_outputs", "tool_calls"),
                        "one call at a time: parallel_tool_calls is false",
                        f"{len(calls)} calls",
                    )
