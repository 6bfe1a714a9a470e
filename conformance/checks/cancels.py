"""Cancelling runs: which can be cancelled, which cannot, and that none is cancelled unasked."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.trace.index import Index
from conformance.trace.runs import CANCELLING, RUN, SUBMITTING, steps_of_runs

_CANCELLED = frozenset({"cancelled"})
_BEING_CANCELLED = frozenset({"cancelling", "cancelled"})


@check("CANCEL-REFUSE-01", "CANCEL-ACCEPT-01")
def refusals(index: Index) -> Iterator[Observation]:
    """A run that has ended cannot be cancelled, one in progress can."""
    terminal = index.contract.lifecycles["run"].terminal
    for call in index.calls_to(CANCELLING):
        if not call.conclusive:
            continue
        run_id = call.params["run_id"]
        run = index.history(RUN, run_id)
        ended = run.with_status(terminal).first_before(call.exchange)
        if ended is not None:
            yield Examined("CANCEL-REFUSE-01", call.number)
            if call.status != 400:
                yield Finding(
                    "CANCEL-REFUSE-01",
                    call.where,
                    f'status 400: the run has ended, "{ended.status}" in exchange {ended.where.exchange}',
                    f"status {call.status}",
                )
            continue
        earlier, later = run.last_before(call.exchange), run.first_after(call.exchange)
        if earlier is None or later is None or earlier.status != "in_progress":
            continue
        if call.ok:
            yield Examined("CANCEL-ACCEPT-01", call.number)
            continue
        # Cancelling may have been under way already, and then another refusal is in order.
        submits = index.calls_on("run_id", run_id, SUBMITTING, effective=True)
        if later.status == "in_progress" and not submits.any_between(index.exchange(earlier), index.exchange(later)):
            yield Examined("CANCEL-ACCEPT-01", call.number)
            yield Finding(
                "CANCEL-ACCEPT-01",
                call.where,
                f"a run in progress can be cancelled (it still was in exchange {later.where.exchange})",
                f"status {call.status}",
            )


@check("CANCEL-CAUSE-01")
def causes(index: Index) -> Iterator[Observation]:
    """No run is cancelled unasked. Judged for runs that the trace itself created."""
    for run_id, run in index.objects(RUN).items():
        cancelled = run.with_status(_BEING_CANCELLED)
        if not cancelled or run[0].where.exchange not in index.runs_created_in:
            continue
        cancels = index.calls_on("run_id", run_id, CANCELLING, effective=True)
        for sighting in cancelled:
            yield Examined("CANCEL-CAUSE-01", sighting.where.exchange)
            if not cancels.any_not_after(index.exchange(sighting)):
                yield Finding(
                    "CANCEL-CAUSE-01",
                    sighting.where.below("status"),
                    "a run is cancelled only when that was asked for",
                    f'status "{sighting.status}", and no cancel was sent',
                )
                break


@check("CANCEL-STEP-01")
def open_steps(index: Index) -> Iterator[Observation]:
    """When a run is cancelled, its open steps are as well."""
    for run_id, steps in index.view(steps_of_runs).items():
        cancelled = index.history(RUN, run_id).with_status(_CANCELLED)
        if not cancelled:
            continue
        for step in steps:
            for sighting in step.after(index.exchange(cancelled[0])):
                if sighting.status is None:
                    continue
                yield Examined("CANCEL-STEP-01", sighting.where.exchange)
                if sighting.status == "in_progress":
                    yield Finding(
                        "CANCEL-STEP-01",
                        sighting.where.below("status"),
                        f"a step that has ended: its run was cancelled in exchange {cancelled[0].where.exchange}",
                        'status "in_progress"',
                    )
