"""The times of a run from one look to the next: a start once shown stays, the moment of expiry does not move."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.contract import Contract
from conformance.trace.json import is_integer, shown
from conformance.trace.order import successions
from conformance.trace.trace import Trace

RUN = "thread.run"


@check("RUN-TIME-03", "RUN-TIME-04")
def moments(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run that has started shows when, and one that goes on expires when it said it would.

    `started_at` may move, as it does when tool outputs are submitted. What is demanded of single statuses is judged
    with their fields, so only the others are looked at here.
    """
    machine = contract.lifecycles["run"]
    for _, seen in trace.of_kind(RUN):
        for later, predecessors in successions(trace, seen, within_streams=True):
            earlier, status = predecessors[0], status_of(later)
            if status not in machine.statuses or status_of(earlier) not in machine.statuses:
                continue
            was, now = earlier.value.get("started_at"), later.value.get("started_at")
            demanded = machine.presence("started_at", status)
            if is_integer(was) and "started_at" in later.value and not demanded and (now is None or is_integer(now)):
                yield Examined("RUN-TIME-03", later.where.exchange)
                if now is None:
                    yield Finding(
                        "RUN-TIME-03",
                        below(later.where, "started_at"),
                        f"started_at set, as in exchange {earlier.where.exchange}",
                        "started_at is null",
                    )
            was, now = earlier.value.get("expires_at"), later.value.get("expires_at")
            if is_integer(was) and is_integer(now) and status not in machine.terminal:
                yield Examined("RUN-TIME-04", later.where.exchange)
                if was != now:
                    yield Finding(
                        "RUN-TIME-04",
                        below(later.where, "expires_at"),
                        f"expires_at {shown(was)}, as in exchange {earlier.where.exchange}",
                        f"expires_at {shown(now)}",
                    )
