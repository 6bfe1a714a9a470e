"""Steps beside their run: what is open while it waits, that nothing is open when it has ended, and what stays."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import (
    Asked,
    after,
    any_between,
    asked,
    by_path,
    last_before,
    status_of,
)
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page, pages
from conformance.checks.routes import CANCELLING, SUBMITTING
from conformance.contract import Contract
from conformance.trace.json import Json, mapping, same, sequence, shown, text
from conformance.trace.order import successions
from conformance.trace.trace import Sighting, Trace

RUN, STEP = "thread.run", "thread.run.step"
OPEN, WAITING = "in_progress", "requires_action"
# Steps of cancelled runs are judged with the cancelling. Of the other ends only the orderly one was ever recorded.
BY_END = {"completed": "STEP-END-01", "incomplete": "STEP-END-02", "failed": "STEP-END-02", "expired": "STEP-END-02"}
CAUSES = {"cancelled": ("cancelling", "cancelled"), "expired": ("expired",)}
KEPT = ("usage", "completed_at", "failed_at", "cancelled_at", "last_error")


@check("STEP-END-01", "STEP-END-02")
def open_steps(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """When a run has ended none of its steps is in progress. The order within one stream is the stream's own affair."""
    ends = _ends(trace, contract)
    for _, seen in trace.of_kind(STEP):
        run = ends.get(text(seen[0].value.get("run_id")) or "")
        requirement = BY_END.get(status_of(run) or "")
        if run is None or requirement is None:
            continue
        for sighting in after(trace, seen, trace.exchange(run.where.exchange)):
            if status_of(sighting) is None:
                continue
            yield Examined(requirement, sighting.where.exchange)
            if status_of(sighting) == OPEN:
                yield Finding(
                    requirement,
                    below(sighting.where, "status"),
                    f"a step that has ended: its run was {status_of(run)} in exchange {run.where.exchange}",
                    f'status "{OPEN}"',
                )
                break


def _ends(trace: Trace, contract: Contract) -> dict[str, Sighting]:
    """By run id, the first sighting that showed the run ended."""
    terminal = contract.lifecycles["run"].terminal
    found: dict[str, Sighting] = {}
    for run_id, seen in trace.of_kind(RUN):
        first = next((sighting for sighting in seen if status_of(sighting) in terminal), None)
        if first is not None:
            found[run_id] = first
    return found


@check("STEP-CAUSE-01")
def causes(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A step is cancelled or expires with its run."""
    ends = _ends(trace, contract)
    for _, seen in trace.of_kind(STEP):
        run = ends.get(text(seen[0].value.get("run_id")) or "")
        sighting = next((one for one in seen if status_of(one) in CAUSES), None)
        if run is None or sighting is None:
            continue
        yield Examined("STEP-CAUSE-01", sighting.where.exchange)
        if status_of(run) not in CAUSES[str(status_of(sighting))]:
            yield Finding(
                "STEP-CAUSE-01",
                below(sighting.where, "status"),
                f"an end that fits a run with status {shown(status_of(run))} (exchange {run.where.exchange})",
                f"status {shown(status_of(sighting))}",
            )


@check("STEP-WAIT-01")
def waiting(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """While a run waits for tool outputs one step is in progress, the one of the function calls."""
    runs = dict(trace.of_kind(RUN))
    requests = by_path(
        [one for one in asked(trace, contract) if one.operation in (SUBMITTING, CANCELLING) and not one.refused],
        "run_id",
    )
    for page in pages(trace, contract):
        if page.asked.operation != "listRunSteps" or not _is_whole(page):
            continue
        run_id = page.asked.path.get("run_id", "")
        if not _waits(trace, runs.get(run_id, ()), requests.get(run_id, []), page):
            continue
        yield Examined("STEP-WAIT-01", page.number)
        steps = [text(step.get("type")) or "?" for step in page.items if step.get("status") == OPEN]
        if steps != ["tool_calls"]:
            yield Finding(
                "STEP-WAIT-01",
                below(page.where, "data"),
                "one step in progress, of type tool_calls, while the run waits for tool outputs",
                f"in progress: {', '.join(map(shown, steps[:5])) or 'no step'}",
            )


def _is_whole(page: Page) -> bool:
    return page.is_beginning and page.is_unfiltered and page.has_more is False


def _waits(trace: Trace, seen: tuple[Sighting, ...], requests: list[Asked], page: Page) -> bool:
    """Whether a run waited all the time while the page was made: it did before, and nothing can have moved it."""
    earlier = last_before(trace, seen, page.asked.exchange)
    if earlier is None or status_of(earlier) != WAITING:
        return False
    if any_between(requests, trace.exchange(earlier.where.exchange), page.asked.exchange):
        return False
    later = next(after(trace, seen, page.asked.exchange), None)
    return later is None or status_of(later) not in ("expired", "failed", "cancelled")


@check("STEP-FROZEN-01")
def frozen(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A step that has ended shows the same ever after, in the stream that told its end and in every later answer.

    `expires_at` is left out, which streams keep and plain JSON does not, and what only `include[]` brings.
    """
    terminal = contract.lifecycles["step"].terminal
    for _, seen in trace.of_kind(STEP):
        ended = [sighting for sighting in seen if status_of(sighting) in terminal]
        for later, predecessors in successions(trace, ended, within_streams=False):
            earlier = predecessors[0]
            if status_of(earlier) != status_of(later):
                continue
            yield Examined("STEP-FROZEN-01", later.where.exchange)
            for path, was, now in _compared(earlier.value, later.value):
                if not same(was, now):
                    yield Finding(
                        "STEP-FROZEN-01",
                        below(later.where, *path),
                        f"{path[-1]} as in exchange {earlier.where.exchange}",
                        f"{path[-1]} changed from {shown(was)} to {shown(now)}",
                    )


def _compared(earlier: dict[str, Json], later: dict[str, Json]) -> Iterator[tuple[tuple[str, ...], Json, Json]]:
    """The members that both sightings have and that may not change: where, what was there, what is there now."""
    for name in KEPT:
        if name in earlier and name in later:
            yield (name,), earlier[name], later[name]
    was, now = mapping(earlier.get("step_details")), mapping(later.get("step_details"))
    if "message_creation" in was and "message_creation" in now:
        yield ("step_details", "message_creation"), was["message_creation"], now["message_creation"]
    if "tool_calls" in was and "tool_calls" in now:
        yield ("step_details", "tool_calls"), _functions(was["tool_calls"]), _functions(now["tool_calls"])


def _functions(calls: Json) -> list[Json]:
    """The function calls of a step; calls of other tools show more or less, as `include[]` asks."""
    return [call for call in sequence(calls) if mapping(call).get("type") == "function"]
