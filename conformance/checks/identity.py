"""What is read is what was written: it is shown as it was sent, and stays so until it is changed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import Asked, any_between, asked, by_path
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.echoes import MODIFYING, OWNED, echoes
from conformance.checks.lifecycle import below
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import is_integer, same, shown, text
from conformance.trace.order import successions
from conformance.trace.trace import Sighting, Trace

NULLABLE = ("name", "description", "instructions")
SAMPLING = ("temperature", "top_p")
# A new model may take or refuse these, so they may change with it.
WITH_THE_MODEL = frozenset({"temperature", "top_p", "response_format"})
ACCOUNT_WIDE = frozenset({"listAssistants", "listVectorStores"})
"""Lists that also show what others made, and may be changing just now."""
JUDGED_ELSEWHERE = {"message": frozenset({"role", "content"})}  # of finished messages, as MESSAGE-FROZEN-01


@check("IDENTITY-ECHO-*")
def echo(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The answer to a request that creates or modifies an object shows what was sent."""
    for one in echoes(trace, contract):
        if one.kind != "vector_store":  # judged with the vector stores
            yield from one.judged()


@check("IDENTITY-CLEAR-01")
def cleared(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Null sent to an assistant takes a value away: it is told apart from a member that was not sent."""
    for one in asked(trace, contract):
        if one.operation not in ("createAssistant", "modifyAssistant") or not one.ok:
            continue
        for name in (*NULLABLE, *SAMPLING):
            if name not in one.sent or one.sent[name] is not None or name not in one.answer:
                continue
            told = one.answer[name]
            yield Examined("IDENTITY-CLEAR-01", one.number)
            default = name in SAMPLING and is_number(told) and told == 1
            if told is not None and not default:
                wanted = "null or 1" if name in SAMPLING else "null"
                yield Finding(
                    "IDENTITY-CLEAR-01",
                    below(one.where, name),
                    f"{name} {wanted} when null is sent",
                    f"{name} {shown(told)}",
                )


def is_number(value: object) -> bool:
    """Whether a JSON value is a number."""
    return is_integer(value) or isinstance(value, float)


@check("IDENTITY-MODIFY-01", "IDENTITY-READ-01", "IDENTITY-REFUSED-01", "IDENTITY-RUN-02")
def stays(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Between two sightings of an object, only what a request changed has changed."""
    requests = asked(trace, contract)
    by_number = {one.number: one for one in requests}
    wrong = {(one.asked.number, one.sighting.id, one.name) for one in echoes(trace, contract) if not one.right}
    ended = contract.lifecycles["run"].terminal
    edits = by_path([one for one in requests if one.operation == "modifyAssistant" and not one.refused], "assistant_id")
    for kind in contract.objects.kinds:
        if kind.name not in OWNED:
            continue
        modifying = frozenset(operation for operation, parameter in MODIFYING.items() if parameter == kind.parameter)
        changes = by_path([one for one in requests if one.operation in modifying], kind.parameter)
        for object_id, seen in trace.of_kind(kind.constants[0]):
            if all(_is_in_passing(by_number.get(one.where.exchange)) for one in seen):
                continue
            for later, predecessors in successions(trace, seen, within_streams=False):
                earlier = predecessors[0]
                span = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
                requirement = _judged_as(changes.get(object_id, []), by_number, later, span)
                if requirement is None:
                    continue
                assistant_id = text(later.value.get("assistant_id")) or ""
                if kind.name == "run" and any_between(edits.get(assistant_id, ()), *span):
                    requirement = "IDENTITY-RUN-02"
                sent = by_number[later.where.exchange].sent if requirement == "IDENTITY-MODIFY-01" else {}
                names = set(OWNED[kind.name]) - sent.keys() - JUDGED_ELSEWHERE.get(kind.name, frozenset())
                if "model" in sent:
                    names -= WITH_THE_MODEL
                if kind.name == "run" and text(earlier.value.get("status")) in ended:
                    names &= {"metadata"}  # the rest is frozen then: RUN-FROZEN-01
                yield from _unchanged(requirement, earlier, later, names, wrong)


def _is_in_passing(one: Asked | None) -> bool:
    """Whether an answer shows an object only because the account has it: nobody asked for that very object."""
    return one is not None and one.operation in ACCOUNT_WIDE


def _judged_as(
    changes: list[Asked], by_number: dict[int, Asked], later: Sighting, span: tuple[Exchange, Exchange]
) -> str | None:
    """The requirement that a difference would break; None where some request may rightly have made it."""
    if any_between((one for one in changes if not one.refused), *span):
        return None
    own = by_number.get(later.where.exchange)
    if own is not None and own in changes:
        return "IDENTITY-MODIFY-01"
    return "IDENTITY-REFUSED-01" if any_between(changes, *span) else "IDENTITY-READ-01"


def _unchanged(
    requirement: str, earlier: Sighting, later: Sighting, names: set[str], wrong: set[tuple[int, str, str]]
) -> Iterator[Observation]:
    reason = {
        "IDENTITY-MODIFY-01": ", as it was not sent",
        "IDENTITY-REFUSED-01": ", as the request to modify it was refused",
        "IDENTITY-RUN-02": ", although the assistant was modified",
    }.get(requirement, "")
    for name in sorted(names & earlier.value.keys() & later.value.keys()):
        # A wrong echo has been told already, and what comes after it differs for that reason.
        if (earlier.where.exchange, earlier.id, name) in wrong:
            continue
        yield Examined(requirement, later.where.exchange)
        if not same(earlier.value[name], later.value[name]):
            yield Finding(
                requirement,
                below(later.where, name),
                f"{name} {shown(earlier.value[name])} as in exchange {earlier.where.exchange}{reason}",
                f"{name} {shown(later.value[name])}",
            )
