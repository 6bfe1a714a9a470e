"""Cancelling runs: which can be cancelled, which cannot, and that none is cancelled unasked."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import (
    ELSEWHERE,
    after,
    any_between,
    asked,
    by_path,
    certainly_before,
    last_before,
    status_of,
)
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import CANCELLING, SUBMITTING, run_creations
from conformance.contract import Contract
from conformance.trace.json import text
from conformance.trace.order import before
from conformance.trace.trace import Trace

RUN, STEP = "thread.run", "thread.run.step"


@check("CANCEL-REFUSE-01", "CANCEL-ACCEPT-01")
def refusals(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run that has ended cannot be cancelled, one in progress can."""
    machine = contract.lifecycles["run"]
    runs = dict(trace.of_kind(RUN))
    requests = asked(trace, contract)
    submits = by_path([one for one in requests if one.operation == SUBMITTING and not one.refused], "run_id")
    for one in requests:
        run_id = one.path.get("run_id", "")
        if one.operation != CANCELLING or one.status is None or one.status >= 500 or one.status in ELSEWHERE:
            continue
        seen = runs.get(run_id, ())
        ended = next(
            (s for s in seen if status_of(s) in machine.terminal and certainly_before(trace, s, one.exchange)), None
        )
        if ended is not None:
            yield Examined("CANCEL-REFUSE-01", one.number)
            if one.status != 400:
                yield Finding(
                    "CANCEL-REFUSE-01",
                    one.where,
                    f'status 400: the run has ended, "{status_of(ended)}" in exchange {ended.where.exchange}',
                    f"status {one.status}",
                )
            continue
        earlier, later = last_before(trace, seen, one.exchange), next(after(trace, seen, one.exchange), None)
        if earlier is None or later is None or status_of(earlier) != "in_progress":
            continue
        span = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
        # Cancelling may have been under way already, and then another refusal is in order.
        if one.ok or (status_of(later) == "in_progress" and not any_between(submits.get(run_id, ()), *span)):
            yield Examined("CANCEL-ACCEPT-01", one.number)
        if not one.ok and status_of(later) == "in_progress" and not any_between(submits.get(run_id, ()), *span):
            yield Finding(
                "CANCEL-ACCEPT-01",
                one.where,
                f"a run in progress can be cancelled (it still was in exchange {later.where.exchange})",
                f"status {one.status}",
            )


@check("CANCEL-CAUSE-01")
def causes(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """No run is cancelled unasked. Judged for runs that the trace itself created."""
    created = run_creations(trace, contract)
    cancels = by_path(
        [one for one in asked(trace, contract) if one.operation == CANCELLING and not one.refused], "run_id"
    )
    for run_id, seen in trace.of_kind(RUN):
        if seen[0].where.exchange not in created:
            continue
        for sighting in seen:
            if status_of(sighting) not in ("cancelling", "cancelled"):
                continue
            yield Examined("CANCEL-CAUSE-01", sighting.where.exchange)
            shown = trace.exchange(sighting.where.exchange)
            if all(before(shown, one.exchange) for one in cancels.get(run_id, ())):
                yield Finding(
                    "CANCEL-CAUSE-01",
                    below(sighting.where, "status"),
                    "a run is cancelled only when that was asked for",
                    f'status "{status_of(sighting)}", and no cancel was sent',
                )
                break


@check("CANCEL-STEP-01")
def open_steps(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """When a run is cancelled, its open steps are as well."""
    cancelled = {
        run_id: first
        for run_id, seen in trace.of_kind(RUN)
        if (first := next((s for s in seen if status_of(s) == "cancelled"), None))
    }
    for _, seen in trace.of_kind(STEP):
        run = cancelled.get(text(seen[0].value.get("run_id")) or "")
        if run is None:
            continue
        for sighting in after(trace, seen, trace.exchange(run.where.exchange)):
            if isinstance(sighting.value.get("status"), str):
                yield Examined("CANCEL-STEP-01", sighting.where.exchange)
                if status_of(sighting) == "in_progress":
                    yield Finding(
                        "CANCEL-STEP-01",
                        below(sighting.where, "status"),
                        f"a step that has ended: its run was cancelled in exchange {run.where.exchange}",
                        'status "in_progress"',
                    )
