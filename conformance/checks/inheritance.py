"""What nobody sent: the values of the assistant that a run takes over, and the defaults of an assistant."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import Asked, any_between, asked, by_path, last_before, shown_in
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import CREATING_RUNS
from conformance.contract import Contract
from conformance.trace.json import Json, same, shown, text
from conformance.trace.trace import Sighting, Trace

INHERITED = ("model", "instructions", "tools", "temperature", "top_p", "response_format")
DEFAULTS: dict[str, Json] = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "metadata": {},
    "temperature": 1,
    "top_p": 1,
    "response_format": "auto",
}


@check("LIMIT-ASST-09")
def defaults(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An assistant made from a model only has the defaults."""
    for one in asked(trace, contract):
        if one.operation != "createAssistant" or not one.ok or one.sent.keys() != {"model"}:
            continue
        for name, wanted in DEFAULTS.items():
            if name not in one.answer:
                continue
            yield Examined("LIMIT-ASST-09", one.number)
            if not same(one.answer[name], wanted):
                yield Finding(
                    "LIMIT-ASST-09",
                    below(one.where, name),
                    f"{name} {_told(wanted)} where only the model is sent",
                    f"{name} {_told(one.answer[name])}",
                )


def _told(value: Json) -> str:
    return "nothing" if isinstance(value, dict | list) and not value else shown(value)


@check("IDENTITY-RUN-01", "LIMIT-RUN-14")
def inherited(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run has what its request gives, and else what the assistant had when it was created."""
    requests = asked(trace, contract)
    made = shown_in(trace, ("thread.run",))
    assistants = dict(trace.of_kind("assistant"))
    edits = by_path([one for one in requests if one.operation == "modifyAssistant" and not one.refused], "assistant_id")
    for one in requests:
        run = made.get(one.number)
        assistant_id = text(one.sent.get("assistant_id"))
        if one.operation not in CREATING_RUNS or run is None or assistant_id is None:
            continue
        assistant = last_before(trace, assistants.get(assistant_id, ()), one.exchange)
        if assistant is not None and any_between(
            edits.get(assistant_id, ()), trace.exchange(assistant.where.exchange), one.exchange
        ):
            assistant = None
        yield from _instructions(one, run, assistant)
        if assistant is None:
            continue
        for name in INHERITED:
            if one.sent.get(name) is not None or name not in run.value or name not in assistant.value:
                continue
            if name == "instructions" and one.sent.get("additional_instructions"):
                continue
            yield Examined("IDENTITY-RUN-01", one.number)
            theirs, own = assistant.value[name], run.value[name]
            # A run without instructions may show an empty text where its assistant shows null: it is a string there.
            if not same(own, theirs) and not (own in ("", None) and theirs in ("", None)):
                yield Finding(
                    "IDENTITY-RUN-01",
                    below(run.where, name),
                    f"{name} {shown(assistant.value[name])}, the assistant's (exchange {assistant.where.exchange})",
                    f"{name} {shown(run.value[name])}",
                )


def _instructions(one: Asked, run: Sighting, assistant: Sighting | None) -> Iterator[Observation]:
    """Additional instructions stand behind the run's or the assistant's.

    Whether an empty text takes the assistant's away, or counts as none, no source tells: then only their end is known.
    """
    addition, told = text(one.sent.get("additional_instructions")), text(run.value.get("instructions"))
    if not addition or told is None:
        return
    base = text(one.sent.get("instructions"))
    if base is None and assistant is not None:
        base = text(assistant.value.get("instructions"))
    yield Examined("LIMIT-RUN-14", one.number)
    if not told.rstrip().endswith(addition.rstrip()) or not told.startswith((base or "").rstrip()):
        yield Finding(
            "LIMIT-RUN-14",
            below(run.where, "instructions"),
            f"instructions that end with {shown(addition)}" + (f" behind {shown(base)}" if base else ""),
            f"instructions {shown(told)}",
        )
