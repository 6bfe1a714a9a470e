"""A step's tool calls as the deltas of a stream bring them, to be compared with the finished ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.checks.check import Examined, Finding, Observation
from conformance.checks.shared.pieces import Indices, Pieces, difference, entries_of, once_each
from conformance.trace.json import format_value, mapping, text
from conformance.trace.run_stream import Frame, RunStream
from conformance.trace.trace import Where


@dataclass
class _Call:
    """One tool call, as the deltas of its step bring it."""

    id: str | None
    type: str | None
    name: Pieces = field(default_factory=Pieces)
    arguments: Pieces = field(default_factory=Pieces)
    input: Pieces = field(default_factory=Pieces)
    outputs: dict[int, dict[str, Any]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)

    @property
    def pieces(self) -> tuple[tuple[str, str, str, Pieces], ...]:
        """(requirement, holder, member, pieces) of every string that a finished call repeats."""
        return (
            ("DELTA-TOOL-01", "function", "name", self.name),
            ("DELTA-TOOL-01", "function", "arguments", self.arguments),
            ("DELTA-TOOL-02", "code_interpreter", "input", self.input),
        )


@dataclass
class StepPieces:
    """A step, as the streams of its run bring it."""

    calls: dict[int, _Call] = field(default_factory=dict)
    indices: Indices = field(default_factory=lambda: Indices("DELTA-INDEX-02"))
    created: bool = False
    doubtful: bool = False
    finished: Frame | None = None

    def show(self, frame: Frame, number: int) -> Iterator[Observation]:
        """Take note of an event that shows the step itself."""
        if frame.creates:
            self.created = True
            calls = mapping(frame.data.get("step_details")).get("tool_calls")
            if isinstance(calls, list):
                yield Examined("DELTA-START-02", number)
                if calls:
                    self.doubtful = True
                    where = Where(number, frame.number, "/step_details/tool_calls")
                    yield Finding("DELTA-START-02", where, "no tool calls yet; deltas bring them", format_value(calls))
        elif frame.closes:
            self.finished = frame

    def take(self, frame: Frame, number: int) -> Iterator[Observation]:
        """Take what a delta brings."""
        where = Where(number, frame.number, "/delta/step_details/tool_calls")
        details = mapping(mapping(frame.data.get("delta")).get("step_details"))
        entries = list(entries_of(details.get("tool_calls")))
        yield from once_each(entries, where)
        for position, index, entry in entries:
            if index is None:
                self.doubtful = True
                continue
            yield from self.indices.take(index, where, position)
            call = self.calls.get(index)
            if call is None:
                call = self.calls[index] = _Call(text(entry.get("id")), text(entry.get("type")))
                yield from _first_of_call(entry, where.below(position))
            else:
                yield from _next_of_call(call, entry, where, position)
            _take_call(call, entry)
            self.doubtful |= call.id is None

    def compare(self, number: int) -> Iterator[Observation]:
        """The calls of the completed step against its deltas, where all of these could be attributed."""
        if self.finished is None or self.finished.kind is None or self.finished.kind.status != "completed":
            return
        finished = mapping(self.finished.data.get("step_details")).get("tool_calls")
        if self.doubtful or self.indices.broken or not (self.created or self.calls) or not isinstance(finished, list):
            return
        where = Where(number, self.finished.number, "/step_details/tool_calls")
        brought = [self.calls[index] for index in sorted(self.calls)]
        yield from _compare_calls(brought, finished, where)


def _first_of_call(entry: dict[str, Any], where: Where) -> Iterator[Observation]:
    yield Examined("DELTA-TOOL-03", where.exchange)
    if not entry.get("id"):
        yield Finding("DELTA-TOOL-03", where, "an id in the first delta of a tool call", "no id")
        return
    for holder, key in (("function", "arguments"), ("code_interpreter", "input")):
        first = mapping(entry.get(holder)).get(key)
        if isinstance(first, str):
            yield Examined("DELTA-TOOL-06", where.exchange)
            if first:
                place = where.below(holder, key)
                yield Finding("DELTA-TOOL-06", place, f"{key} empty in the first delta of a call", format_value(first))


def _next_of_call(call: _Call, entry: dict[str, Any], where: Where, position: int) -> Iterator[Observation]:
    yield Examined("DELTA-TOOL-04", where.exchange)
    name = mapping(entry.get("function")).get("name")
    for key, value in (("id", entry.get("id")), ("name", name)):
        if isinstance(value, str) and value and key not in call.repeated:
            call.repeated.add(key)
            expected = f"no {key} after the first delta of a call"
            yield Finding("DELTA-TOOL-04", where.below(position), expected, f"{key} {format_value(value)} again")


def _take_call(call: _Call, entry: dict[str, Any]) -> None:
    for _, holder, key, pieces in call.pieces:
        if key != "name" or not pieces.parts:  # a name that is sent again is told as such, and not joined
            pieces.take(mapping(entry.get(holder)), key)
    for _, index, output in entries_of(mapping(entry.get("code_interpreter")).get("outputs")):
        known = call.outputs.setdefault(-1 if index is None else index, {})
        if isinstance(logs := output.get("logs"), str):
            output = output | {"logs": str(known.get("logs", "")) + logs}
        known |= {name: value for name, value in output.items() if name != "index"}


def _compare_calls(brought: list[_Call], finished: list[Any], where: Where) -> Iterator[Observation]:
    """The calls that deltas brought, against the finished ones in the same order."""
    yield Examined("DELTA-TOOL-05", where.exchange)
    wanted = [call.id for call in brought]
    got = [mapping(call).get("id") for call in finished]
    if wanted != got:
        yield Finding("DELTA-TOOL-05", where, f"the calls of the deltas, {_listed(wanted)}", _listed(got))
    by_id = {call.id: call for call in brought}
    for position, entry in enumerate(finished):
        call_id = mapping(entry).get("id")
        call = by_id.get(call_id) if isinstance(call_id, str) else None
        if call is None:
            continue
        yield from _compare_outputs(call, mapping(mapping(entry).get("code_interpreter")), where.below(position))
        for requirement, holder, key, pieces in call.pieces:
            value = mapping(mapping(entry).get(holder)).get(key)
            if not isinstance(value, str) or not pieces.whole:
                continue
            yield Examined(requirement, where.exchange)
            if pieces.joined != value:
                place = where.below(position, holder, key)
                actual = difference(pieces.joined, value)
                yield Finding(requirement, place, f"the {key} that the deltas add up to", actual)


def _compare_outputs(call: _Call, finished: dict[str, Any], where: Where) -> Iterator[Observation]:
    """The outputs of code that deltas brought, against those of the finished call."""
    outputs = finished.get("outputs")
    if not isinstance(outputs, list) or -1 in call.outputs:
        return
    brought = [_output(call.outputs[index]) for index in sorted(call.outputs)]
    if brought or outputs:
        yield Examined("DELTA-TOOL-07", where.exchange)
        if brought != [_output(mapping(output)) for output in outputs]:
            place = where.below("code_interpreter", "outputs")
            yield Finding(
                "DELTA-TOOL-07", place, f"outputs {format_value(brought)} of the deltas", format_value(outputs)
            )


def _output(output: dict[str, Any]) -> list[Any]:
    """What tells outputs of code apart: their type, the logs, and the file of a picture."""
    return [output.get("type"), output.get("logs"), mapping(output.get("image")).get("file_id")]


def compare_required(steps: list[StepPieces], waits: Frame, stream: RunStream) -> Iterator[Observation]:
    """The function calls that a run waits for, against those that its open steps have brought."""
    required = mapping(mapping(waits.data.get("required_action")).get("submit_tool_outputs")).get("tool_calls")
    opened = [step for step in steps if step.finished is None and step.created]
    if not isinstance(required, list) or not opened or any(step.doubtful or step.indices.broken for step in opened):
        return
    calls = [call for step in opened for _, call in sorted(step.calls.items()) if call.type in (None, "function")]
    position = {call.id: index for index, call in enumerate(calls)}
    ordered = sorted(required, key=lambda entry: position.get(text(mapping(entry).get("id")), len(calls)))
    where = Where(stream.number, waits.number, "/required_action/submit_tool_outputs/tool_calls")
    yield from _compare_calls(calls, ordered, where)


def _listed(ids: list[Any]) -> str:
    return ", ".join(format_value(value) for value in ids[:5]) + (", …" if len(ids) > 5 else "") if ids else "none"
