"""What was sent beside what is shown for it: the values that a server may complete, and those it may not touch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.calls import OperationCall
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, json_equal, mapping
from conformance.trace.trace import Sighting

# The members of each kind that a client sets, with the requirement under which their echo is judged.
TEXTS = dict.fromkeys(("name", "description", "instructions"), "IDENTITY-ECHO-01")
SETTINGS = dict.fromkeys(("temperature", "top_p", "response_format"), "IDENTITY-ECHO-02")
TOOLS = {"tools": "IDENTITY-ECHO-03"}
METADATA = {"metadata": "IDENTITY-ECHO-04"}
MODEL = {"model": "IDENTITY-ECHO-07"}
RUN_SETTINGS = dict.fromkeys(
    ("max_prompt_tokens", "max_completion_tokens", "truncation_strategy", "tool_choice", "parallel_tool_calls"),
    "IDENTITY-ECHO-06",
)
OWNED: dict[str, dict[str, str]] = {
    "assistant": TEXTS | SETTINGS | TOOLS | METADATA | MODEL,
    "thread": METADATA,
    "message": dict.fromkeys(("role", "content"), "IDENTITY-ECHO-05") | METADATA,
    "run": {"instructions": "IDENTITY-ECHO-06"}
    | dict.fromkeys(SETTINGS, "IDENTITY-ECHO-06")
    | TOOLS
    | METADATA
    | MODEL
    | RUN_SETTINGS,
    "vector_store": dict.fromkeys(("name", "description"), "VS-ECHO-01")
    | {"metadata": "VS-ECHO-02", "expires_after": "VS-ECHO-03"},
}
MODIFYING = {
    "modifyAssistant": "assistant_id",
    "modifyThread": "thread_id",
    "modifyMessage": "message_id",
    "modifyRun": "run_id",
    "modifyVectorStore": "vector_store_id",
}


@dataclass(frozen=True)
class Echo:
    """One member that was sent, and the object that answered; `right` tells whether it is shown as sent."""

    call: OperationCall
    kind: str
    name: str
    sent: Json
    sighting: Sighting
    right: bool

    @property
    def requirement(self) -> str:
        """The requirement under which the echo is judged."""
        return OWNED[self.kind][self.name]

    def judged(self) -> Iterator[Observation]:
        """That the member was looked at, and whether it is shown as sent."""
        yield Examined(self.requirement, self.call.number)
        if not self.right:
            yield Finding(
                self.requirement,
                self.sighting.where.below(self.name),
                f"{self.name} as sent: {format_value(self.sent)}",
                f"{self.name} {format_value(self.sighting.value[self.name])}",
            )


def echoes(index: Index) -> list[Echo]:
    """Every member that a request set to a value, where the answer shows the object with that member."""
    answers = {
        operation: answer
        for operation, answer in index.contract.objects.answers.items()
        if answer.kind.name in OWNED and (answer.creates or operation in MODIFYING)
    }
    found = []
    for call in index.calls_to(*answers):
        answer = answers[call.operation]
        kind = answer.kind.name
        sighting = index.shown_by(*answer.kind.constants).get(call.number)
        if not call.ok or sighting is None:
            continue
        for name in OWNED[kind]:
            value = call.sent.get(name)
            # What stands behind the instructions is judged apart.
            if value is None or name not in sighting.value:
                continue
            if name == "instructions" and call.sent.get("additional_instructions"):
                continue
            right = _echoed(name, value, sighting.value[name], creates=answer.creates)
            found.append(Echo(call, kind, name, value, sighting, right))
    return found


def _echoed(name: str, sent: Json, told: Json, *, creates: bool) -> bool:
    if sent == "" and told is None:  # an empty text and none at all say the same
        return True
    if name == "content":
        return content_kept(sent, told)
    if name == "metadata" and creates:
        return json_equal(sent, told)
    try:
        return kept(sent, told)
    except RecursionError:
        return True


def kept(sent: Json, told: Json) -> bool:
    """Whether a value is shown as it was sent, completed at most by members that were not sent.

    Defaults are added to tools (parameters, strict, ranking options) and to truncation strategies.
    """
    if isinstance(sent, dict) and isinstance(told, dict):
        return all(value is None or (name in told and kept(value, told[name])) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(told, list):
        return len(sent) == len(told) and all(map(kept, sent, told))
    if isinstance(sent, float) or isinstance(told, float):
        numbers = not isinstance(sent, bool | str | dict | list | None) and isinstance(told, int | float)
        return numbers and _close(sent, told)
    return json_equal(sent, told)


def _close(one: float, other: float) -> bool:
    try:
        return isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    except OverflowError:
        return False


def content_kept(sent: Json, told: Json) -> bool:
    """Whether the content of a message is shown as it was sent; a text is a list of one part."""
    parts = [{"type": "text", "text": sent}] if isinstance(sent, str) else sent
    if not isinstance(parts, list) or not isinstance(told, list):
        return not isinstance(parts, list)
    return len(parts) == len(told) and all(
        _part_kept(mapping(one), mapping(other)) for one, other in zip(parts, told, strict=True)
    )


def _part_kept(sent: dict[str, Json], told: dict[str, Json]) -> bool:
    kind = sent.get("type")
    if not isinstance(kind, str) or told.get("type") != kind:
        return not isinstance(kind, str)
    if kind == "text":
        text = mapping(told.get("text")).get("value")
        return not isinstance(text, str) or json_equal(sent.get("text"), text)  # another type is the schema's affair
    try:
        return kept(sent, told)
    except RecursionError:
        return True
