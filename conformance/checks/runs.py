"""Runs: their life from queued to an end, what they show in each status, and what their numbers add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from conformance.checks import lifecycle
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import (
    CANCELLING,
    CREATING_RUNS,
    SUBMITTING,
    operation,
    requests_to_runs,
    route,
    run_creations,
)
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import NotJson, is_integer, mapping, parse_json, same, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace, Where

RUN = "thread.run"
STEP = "thread.run.step"
ENDS = ("completed_at", "failed_at", "cancelled_at")
SECONDS_TO_EXPIRY = 600
# Metadata may be modified for ever. Streams show the resources of the code interpreter where plain JSON shows none
# (openai-dotnet StreamingToolCall().json beside FunctionToolsWork.json). The rest is judged for every object alike.
NOT_FROZEN = frozenset({"metadata", "tool_resources", "created_at", "thread_id", "assistant_id"})


@check("RUN-STATE-01", "RUN-STATE-02")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run only moves along its transitions. The order within one stream is the stream's own affair."""
    for _, seen in trace.of_kind(RUN):
        yield from lifecycle.transitions(
            trace,
            seen,
            contract.lifecycles["run"],
            terminal="RUN-STATE-01",
            step="RUN-STATE-02",
            within_streams=False,
        )


@check("RUN-STATE-03")
def waits_for_outputs(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run that waits for tool outputs goes on only when they are submitted.

    Judged for runs that the trace itself created: the outputs of others may have been submitted elsewhere.
    """
    machine = contract.lifecycles["run"]
    created = run_creations(trace, contract)
    requests = {name: requests_to_runs(name, trace, contract) for name in (SUBMITTING, CANCELLING)}
    for run_id, seen in trace.of_kind(RUN):
        if seen[0].where.exchange not in created:
            continue
        for later, predecessors in successions(trace, seen, within_streams=False):
            for earlier in predecessors:
                was, status = text(earlier.value.get("status")), text(later.value.get("status"))
                if was is None or status is None or not machine.reachable(was, status):
                    continue
                missing = {
                    name
                    for name, found in requests.items()
                    if not _between(trace, earlier, later, found.get(run_id, []))
                }
                if was == "requires_action" or not machine.reachable(was, status, without={SUBMITTING}):
                    yield Examined("RUN-STATE-03", later.where.exchange)
                # Steps that lack another request than this one are not judged here.
                if not machine.reachable(was, status, without=missing) and machine.reachable(
                    was, status, without=missing - {SUBMITTING}
                ):
                    yield Finding(
                        "RUN-STATE-03",
                        below(later.where, "status"),
                        f'status "{was}" until all tool outputs are submitted',
                        f'status "{status}" after "{was}" (exchange {earlier.where.exchange}), nothing submitted',
                    )
                    break


def _between(trace: Trace, earlier: Sighting, later: Sighting, requests: list[Exchange]) -> bool:
    """Whether one of the requests may have taken effect between two sightings."""
    start, end = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
    return any(not before(request, start) and not before(end, request) for request in requests)


@check("RUN-STATE-04", "RUN-STATE-05")
def answers(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A new run is queued; a run that is being cancelled says so. Streams of events are judged elsewhere.

    A run that the answer to a cancel shows ended may have ended first: whether it was to be refused then is judged by
    what was seen before (CANCEL-REFUSE-01), and not a second time here.
    """
    wanted = {"RUN-STATE-04": ("queued",), "RUN-STATE-05": ("cancelling", "cancelled")}
    for exchange in trace.answered:
        response = exchange.response
        if response is None or not exchange.ok or response.is_stream:
            continue
        called = operation(exchange, trace, contract)
        if called not in CREATING_RUNS and called != CANCELLING:
            continue
        requirement = "RUN-STATE-04" if called in CREATING_RUNS else "RUN-STATE-05"
        run = mapping(response.json_or_none)
        status = text(run.get("status"))
        machine = contract.lifecycles["run"]
        if run.get("object") != RUN or status not in machine.statuses:
            continue
        if called == CANCELLING and status in machine.terminal and status not in wanted[requirement]:
            continue
        yield Examined(requirement, exchange.number)
        if status not in wanted[requirement]:
            yield Finding(
                requirement,
                below(Where(exchange.number), "status"),
                f"status {' or '.join(map(shown, wanted[requirement]))} in the answer to {called}",
                f"status {shown(status)}",
            )


@check("RUN-FIELD-*")
def fields(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Every field of a run is set or null as its status demands."""
    created = run_creations(trace, contract)
    for _, seen in trace.of_kind(RUN):
        for sighting in seen:
            yield from lifecycle.fields(
                sighting, contract.lifecycles["run"], created=sighting.where.exchange in created
            )


@check("RUN-TIME-01", "RUN-TIME-02")
def timestamps(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run is created, then starts, then ends, and it expires ten minutes after its creation."""
    created_in = run_creations(trace, contract)
    for _, seen in trace.of_kind(RUN):
        for sighting in seen:
            run = sighting.value
            moments = [(name, run[name]) for name in ("created_at", "started_at", *ENDS) if is_integer(run.get(name))]
            for (name, moment), (next_name, next_moment) in pairwise(moments):
                if name in ENDS:
                    break
                yield Examined("RUN-TIME-01", sighting.where.exchange)
                if next_moment < moment:
                    yield Finding(
                        "RUN-TIME-01",
                        below(sighting.where, next_name),
                        f"{next_name} not before {name}",
                        f"{next_name} {shown(next_moment)}, {name} {shown(moment)}",
                    )
            created, expires = run.get("created_at"), run.get("expires_at")
            if sighting.where.exchange in created_in and is_integer(created) and is_integer(expires):
                yield Examined("RUN-TIME-02", sighting.where.exchange)
                if expires - created != SECONDS_TO_EXPIRY:
                    yield Finding(
                        "RUN-TIME-02",
                        below(sighting.where, "expires_at"),
                        f"expires_at {SECONDS_TO_EXPIRY} seconds after created_at",
                        f"expires_at {shown(expires)}, created_at {shown(created)}",
                    )


@check("RUN-USAGE-01", "RUN-USAGE-02")
def usage(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The tokens of a run add up, and are those of its steps."""
    steps_of = _all_steps(trace, contract)
    for run_id, seen in trace.of_kind(RUN):
        for sighting in seen:
            yield from lifecycle.arithmetic("RUN-USAGE-01", sighting)
        last = next((s for s in reversed(seen) if s.value.get("status") in ("completed", "incomplete")), None)
        steps = steps_of.get(run_id)
        if last is None or not steps:
            continue
        spent = [mapping(step.value.get("usage")) for step in steps]
        total = mapping(last.value.get("usage"))
        if not all(is_integer(tokens.get(name)) for tokens in (total, *spent) for name in lifecycle.TOKENS):
            continue
        for name in lifecycle.TOKENS:
            yield Examined("RUN-USAGE-02", last.where.exchange)
            summed = sum(tokens[name] for tokens in spent)
            if total[name] != summed:
                yield Finding(
                    "RUN-USAGE-02",
                    below(last.where, "usage", name),
                    f"{name} {shown(summed)}, the sum over the run's {len(spent)} steps",
                    f"{name} {shown(total[name])}",
                )


def _all_steps(trace: Trace, contract: Contract) -> dict[str, list[Sighting]]:
    """By run id, the steps of those runs of which the trace shows every step, each of them ended.

    It does where one page listed them all, or where the run's whole life went through streams.
    """
    last_of_run: dict[str, list[Sighting]] = {}
    for _, history in trace.of_kind(STEP):
        if run_id := text(history[-1].value.get("run_id")):
            last_of_run.setdefault(run_id, []).append(history[-1])
    submitted = requests_to_runs(SUBMITTING, trace, contract)
    found: dict[str, list[Sighting]] = {}
    for run_id, seen in trace.of_kind(RUN):
        created = any(sighting.event == "thread.run.created" for sighting in seen)
        if created and all(e.response is not None and e.response.is_stream for e in submitted.get(run_id, [])):
            found[run_id] = last_of_run.get(run_id, [])
    pages: dict[int, list[Sighting]] = {}
    for sighting in trace.sightings:
        if sighting.listed and sighting.kind == STEP:
            pages.setdefault(sighting.where.exchange, []).append(sighting)
    for number, steps in pages.items():
        if run_id := _lists_all(trace.exchange(number), len(steps), trace, contract):
            found[run_id] = steps
    ended = contract.lifecycles["step"].terminal
    return {
        run_id: steps for run_id, steps in found.items() if all(text(s.value.get("status")) in ended for s in steps)
    }


def _lists_all(exchange: Exchange, count: int, trace: Trace, contract: Contract) -> str | None:
    """The id of the run whose steps this page lists from the first to the last; None where it may not."""
    found = route(exchange, trace, contract)
    if found is None or found.operation.operation_id != "listRunSteps" or exchange.response is None:
        return None
    page = mapping(exchange.response.json_or_none)
    whole = page.get("has_more") is False and not {"after", "before"} & exchange.request.query.keys()
    return found.path_params.get("run_id") if whole and count == len(sequence(page.get("data"))) else None


@check("RUN-ACTION-01", "RUN-ACTION-02")
def required_action(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The calls that a run wants answered can be told apart, and their arguments can be read."""
    for _, seen in trace.of_kind(RUN):
        for sighting in seen:
            wanted = mapping(mapping(sighting.value.get("required_action")).get("submit_tool_outputs"))
            calls = [mapping(call) for call in sequence(wanted.get("tool_calls"))]
            if not calls:
                continue
            path = ("required_action", "submit_tool_outputs", "tool_calls")
            ids = Counter(call["id"] for call in calls if isinstance(call.get("id"), str))
            yield Examined("RUN-ACTION-01", sighting.where.exchange)
            for doubled in (call_id for call_id, count in ids.items() if count > 1):
                yield Finding(
                    "RUN-ACTION-01",
                    below(sighting.where, *path),
                    "every tool call has an id of its own",
                    f"id {shown(doubled)} {ids[doubled]} times",
                )
            for index, call in enumerate(calls):
                arguments = mapping(call.get("function")).get("arguments")
                if not isinstance(arguments, str):
                    continue
                yield Examined("RUN-ACTION-02", sighting.where.exchange)
                if not _is_json(arguments):
                    yield Finding(
                        "RUN-ACTION-02",
                        below(sighting.where, *path, index, "function", "arguments"),
                        "arguments that are JSON in a string",
                        f"arguments {shown(arguments)}",
                    )


def _is_json(document: str) -> bool:
    try:
        parse_json(document.encode())
    except (NotJson, UnicodeError):
        return False
    return True


@check("RUN-FROZEN-01")
def frozen(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run that has ended stays as it is, except for its metadata."""
    machine = contract.lifecycles["run"]
    for _, seen in trace.of_kind(RUN):
        ended = [sighting for sighting in seen if text(sighting.value.get("status")) in machine.terminal]
        for later, predecessors in successions(trace, ended, within_streams=False):
            earlier = predecessors[0]
            status = later.value["status"]
            if earlier.value["status"] != status:  # another fault: RUN-STATE-01
                continue
            yield Examined("RUN-FROZEN-01", later.where.exchange)
            for name in sorted((earlier.value.keys() & later.value.keys()) - NOT_FROZEN):
                one, other = earlier.value[name], later.value[name]
                if (one is None or other is None) and machine.presence(name, status):  # another fault: RUN-FIELD-*
                    continue
                if not same(one, other):
                    yield Finding(
                        "RUN-FROZEN-01",
                        below(later.where, name),
                        f"{name} as it was when the run had ended (exchange {earlier.where.exchange})",
                        f"{name} changed from {shown(one)} to {shown(other)}",
                    )
