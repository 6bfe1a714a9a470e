"""Messages: how they end, who wrote them, and how they agree with the run that wrote them."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import lifecycle
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import operation
from conformance.contract import Contract
from conformance.trace.json import mapping, same, shown, text
from conformance.trace.order import successions
from conformance.trace.trace import Sighting, Trace

MESSAGE = "thread.message"
RUN = "thread.run"
# What a run's end makes of the message it was writing. Two streams of 2024-04 show a message cut off by max_tokens in a
# run called completed (alexrudall/ruby-openai runs_streamed_create.yml).
ENDS_OF_RUNS = {
    "run_cancelled": frozenset({"cancelling", "cancelled"}),
    "run_expired": frozenset({"expired"}),
    "run_failed": frozenset({"failed"}),
    "max_tokens": frozenset({"incomplete", "completed"}),
}


@check("MESSAGE-STATE-01")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A message that has ended has ended."""
    for _, seen in trace.of_kind(MESSAGE):
        yield from lifecycle.transitions(
            trace,
            seen,
            contract.lifecycles["message"],
            terminal="MESSAGE-STATE-01",
            step="MESSAGE-STATE-01",
            within_streams=True,
        )


@check("MESSAGE-FIELD-*")
def fields(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What a message shows of its end fits its status. Plain JSON of the real API shows neither.

    Only what a run writes comes to an end; a message that was created by a request has no moment of completion.
    """
    for _, seen in trace.of_kind(MESSAGE):
        for sighting in seen:
            if isinstance(sighting.value.get("run_id"), str):
                yield from lifecycle.fields(sighting, contract.lifecycles["message"])


@check("MESSAGE-AUTHOR-*")
def authors(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A message that a request creates has no run and, from a user, no assistant; one of a run is the assistant's."""
    created = {e.number for e in trace.answered if e.ok and operation(e, trace, contract) == "createMessage"}
    for _, seen in trace.of_kind(MESSAGE):
        for sighting in seen:
            message = sighting.value
            run_id, assistant_id = message.get("run_id"), message.get("assistant_id")
            if sighting.where.exchange in created and "run_id" in message:
                yield Examined("MESSAGE-AUTHOR-01", sighting.where.exchange)
                if isinstance(run_id, str):
                    yield _wrong("MESSAGE-AUTHOR-01", sighting, "run_id", "null in a message that a request creates")
            if message.get("role") == "user" and not isinstance(run_id, str) and "assistant_id" in message:
                yield Examined("MESSAGE-AUTHOR-02", sighting.where.exchange)
                if isinstance(assistant_id, str):
                    yield _wrong("MESSAGE-AUTHOR-02", sighting, "assistant_id", "null in a message of the user")
            if isinstance(run_id, str) and sighting.where.exchange not in created:
                yield Examined("MESSAGE-AUTHOR-03", sighting.where.exchange)
                if isinstance(message.get("role"), str) and message["role"] != "assistant":
                    yield _wrong("MESSAGE-AUTHOR-03", sighting, "role", '"assistant" in a message that a run wrote')


def _wrong(requirement: str, sighting: Sighting, name: str, wanted: str) -> Finding:
    return Finding(
        requirement, below(sighting.where, name), f"{name} {wanted}", f"{name} is {shown(sighting.value[name])}"
    )


@check("MESSAGE-FROZEN-01")
def frozen(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Role and content of a finished message stay as they are: a client can only modify its metadata."""
    for _, seen in trace.of_kind(MESSAGE):
        finished = [sighting for sighting in seen if _finished(sighting)]
        for later, predecessors in successions(trace, finished, within_streams=False):
            earlier = predecessors[0]
            for name in ("role", "content"):
                if name not in earlier.value or name not in later.value:
                    continue
                yield Examined("MESSAGE-FROZEN-01", later.where.exchange)
                if not same(earlier.value[name], later.value[name]):
                    yield Finding(
                        "MESSAGE-FROZEN-01",
                        below(later.where, name),
                        f"{name} as in exchange {earlier.where.exchange}",
                        f"{name} changed from {shown(earlier.value[name])} to {shown(later.value[name])}",
                    )


def _finished(sighting: Sighting) -> bool:
    """Whether nothing more is being written: it says so, or it came from a client, or nobody writes without a run."""
    status, written_by_run = sighting.value.get("status"), isinstance(sighting.value.get("run_id"), str)
    return status in ("completed", "incomplete") or (status is None and not written_by_run)


@check("MESSAGE-CAUSE-01")
def causes(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A message that was broken off gives the reason that its run's end gives."""
    machine = contract.lifecycles["run"]
    ends = {
        run_id: next((s for s in seen if text(s.value.get("status")) in machine.terminal), None)
        for run_id, seen in trace.of_kind(RUN)
    }
    for _, seen in trace.of_kind(MESSAGE):
        for sighting in seen:
            reason = text(mapping(sighting.value.get("incomplete_details")).get("reason"))
            end = ends.get(text(sighting.value.get("run_id")) or "")
            if reason is None or reason not in ENDS_OF_RUNS or end is None:
                continue
            yield Examined("MESSAGE-CAUSE-01", sighting.where.exchange)
            if end.value["status"] not in ENDS_OF_RUNS[reason]:
                yield Finding(
                    "MESSAGE-CAUSE-01",
                    below(sighting.where, "incomplete_details", "reason"),
                    f'a reason that fits a run with status "{end.value["status"]}" (exchange {end.where.exchange})',
                    f"reason {shown(reason)}",
                )
