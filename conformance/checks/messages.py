"""Messages: how they end, who wrote them, and how they agree with the run that wrote them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.unchanged import judge_unchanged
from conformance.trace.index import Index
from conformance.trace.json import format_value, mapping, text
from conformance.trace.runs import MESSAGE, RUN
from conformance.trace.trace import Sighting

# What a run's end makes of the message it was writing. Two streams of 2024-04 show a message cut off by max_tokens in a
# run called completed (alexrudall/ruby-openai runs_streamed_create.yml).
ENDS_OF_RUNS = {
    "run_cancelled": frozenset({"cancelling", "cancelled"}),
    "run_expired": frozenset({"expired"}),
    "run_failed": frozenset({"failed"}),
    "max_tokens": frozenset({"incomplete", "completed"}),
}


@check("MESSAGE-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A message that has ended has ended."""
    machine = index.contract.lifecycles["message"]
    for history in index.objects(MESSAGE).values():
        yield from lifecycle.transitions(
            history, machine, terminal="MESSAGE-STATE-01", step="MESSAGE-STATE-01", within_streams=True
        )


@check("MESSAGE-FIELD-*")
def fields(index: Index) -> Iterator[Observation]:
    """What a message shows of its end fits its status. Plain JSON of the real API shows neither.

    Only what a run writes comes to an end; a message that was created by a request has no moment of completion.
    """
    machine = index.contract.lifecycles["message"]
    for sighting in index.sightings(MESSAGE):
        if sighting.status is not None and isinstance(sighting.value.get("run_id"), str):
            yield from lifecycle.fields(sighting, machine)


@check("MESSAGE-AUTHOR-*")
def authors(index: Index) -> Iterator[Observation]:
    """A message that a request creates has no run and, from a user, no assistant; one of a run is the assistant's."""
    created = {call.number for call in index.calls_to("createMessage") if call.ok}
    examined: Counter[tuple[str, int]] = Counter()
    for sighting in index.sightings(MESSAGE):
        message, number = sighting.value, sighting.where.exchange
        role, by_run = message.get("role"), isinstance(message.get("run_id"), str)
        if number in created and "run_id" in message:
            examined["MESSAGE-AUTHOR-01", number] += 1
            if by_run:
                yield _wrong("MESSAGE-AUTHOR-01", sighting, "run_id", "null in a message that a request creates")
        if role == "user" and not by_run and "assistant_id" in message:
            examined["MESSAGE-AUTHOR-02", number] += 1
            if isinstance(message["assistant_id"], str):
                yield _wrong("MESSAGE-AUTHOR-02", sighting, "assistant_id", "null in a message of the user")
        if by_run and number not in created:
            examined["MESSAGE-AUTHOR-03", number] += 1
            if isinstance(role, str) and role != "assistant":
                yield _wrong("MESSAGE-AUTHOR-03", sighting, "role", '"assistant" in a message that a run wrote')
    yield from (Examined(requirement, number, count) for (requirement, number), count in examined.items())


def _wrong(requirement: str, sighting: Sighting, name: str, wanted: str) -> Finding:
    return Finding(
        requirement, sighting.where.below(name), f"{name} {wanted}", f"{name} is {format_value(sighting.value[name])}"
    )


@check("MESSAGE-FROZEN-01")
def frozen(index: Index) -> Iterator[Observation]:
    """Role and content of a finished message stay as they are: a client can only modify its metadata."""
    for history in index.objects(MESSAGE).values():
        if len(history) < 2:
            continue
        for later, predecessors in history.where(_is_finished).successions:
            yield from judge_unchanged("MESSAGE-FROZEN-01", index, predecessors[0], later, ("role", "content"))


def _is_finished(sighting: Sighting) -> bool:
    """Whether nothing more is being written: it says so, or it came from a client, or nobody writes without a run."""
    status, written_by_run = sighting.value.get("status"), isinstance(sighting.value.get("run_id"), str)
    return status in ("completed", "incomplete") or (status is None and not written_by_run)


@check("MESSAGE-CAUSE-01")
def causes(index: Index) -> Iterator[Observation]:
    """A message that was broken off gives the reason that its run's end gives."""
    terminal = index.contract.lifecycles["run"].terminal
    for sighting in index.sightings(MESSAGE):
        reason = text(mapping(sighting.value.get("incomplete_details")).get("reason"))
        if reason not in ENDS_OF_RUNS:
            continue
        ended = index.history(RUN, text(sighting.value.get("run_id"))).with_status(terminal)
        if not ended:
            continue
        yield Examined("MESSAGE-CAUSE-01", sighting.where.exchange)
        end = ended[0]
        if end.status not in ENDS_OF_RUNS[reason]:
            yield Finding(
                "MESSAGE-CAUSE-01",
                sighting.where.below("incomplete_details", "reason"),
                f'a reason that fits a run with status "{end.status}" (exchange {end.where.exchange})',
                f"reason {format_value(reason)}",
            )
