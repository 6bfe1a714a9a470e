"""Operators on event streams: frames lost, doubled, swapped, cut and misnamed, and deltas that do not add up."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TypeAlias

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import Frame, TraceView, frames, streamed
from conformance.proof.operators.unseen import OF_TWO_CALLS, WHILE_CANCELLING
from conformance.trace.event import DONE
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, parse_json

ALL = ("STREAM-*", "DELTA-*", "RUN-*", "STEP-*", "MESSAGE-*", "SCHEMA-*", "OBJECT-*")
BREAKS_OFF = ("thread.message.incomplete", "thread.run.step.cancelled")
DELTAS = ("thread.message.delta", "thread.run.step.delta")


Condition: TypeAlias = Callable[[Frame], object]


def _frame(view: TraceView, chance: Random, wanted: str | Condition | None = None) -> tuple[Exchange, list[Frame], int]:
    """A frame of this name, or that meets a condition (any but the sentinel), with its stream and its index."""
    meets = wanted if callable(wanted) else lambda frame: frame.name == wanted if wanted else frame.data != DONE
    found = [
        (exchange, sent, index)
        for exchange in view.streams
        for sent in [frames(exchange)]
        for index, frame in enumerate(sent)
        if meets(frame)
    ]
    return pick(chance, found)


def _before_another(view: TraceView, chance: Random) -> tuple[Exchange, list[Frame], int]:
    """A frame that is not the last of its stream."""
    places = [(call, index) for call in view.streams for index in range(len(frames(call)) - 1)]
    call, index = pick(chance, places)
    return call, frames(call), index


def _put(view: TraceView, call: Exchange, sent: list[Frame], done: str, equivalent: str | None = None) -> Mutation:
    return Mutation(streamed(view.trace, call, sent), f"{done} (exchange {call.number})", equivalent)


def _with(sent: list[Frame], index: int, *instead: Frame) -> list[Frame]:
    """The frames with others in place of one."""
    return [*sent[:index], *instead, *sent[index + 1 :]]


def _data(frame: Frame) -> Json:
    return parse_json((frame.data or "").encode())


@operator(*ALL)
def lost_event(view: TraceView, chance: Random) -> Mutation:
    """An event of a stream is lost."""
    call, sent, index = _frame(view, chance)
    reason = _missed_by_nobody(sent, index) or _passed_over(view, sent, index)
    return _put(view, call, _with(sent, index), f"event {index + 1} ({sent[index].name}) lost", reason)


def _passed_over(view: TraceView, sent: list[Frame], index: int) -> str | None:
    """Why a run's events without one of them are those of another life that a run may have; None where they are not."""
    if not (sent[index].name or "").startswith("thread.run.") or ".step." in (sent[index].name or ""):
        return None
    if sent[index + 1 : index + 2] and sent[index + 1].name == "error":
        return "an error may come in the place of any event"
    states = [_data(frame).get("status") for frame in sent if _is_of_the_run(frame)]
    at = sum(_is_of_the_run(frame) for frame in sent[:index])
    pairs = {(step.source, step.target) for step in view.contract.lifecycles["run"].transitions}
    if 0 < at < len(states) - 1 and states[at - 1] != states[at] and (states[at - 1], states[at + 1]) in pairs:
        return f"a run may go from {states[at - 1]} to {states[at + 1]} at once"
    return None


def _is_of_the_run(frame: Frame) -> bool:
    name = frame.name or ""
    return name.startswith("thread.run.") and not name.startswith("thread.run.step.")


def _missed_by_nobody(sent: list[Frame], index: int) -> str | None:
    """Why a stream without an event is one that a faithful endpoint may send; None where it is not."""
    name = sent[index].name or ""
    if name in DELTAS:
        data = _data(sent[index])
        delta = data.get("delta", {})
        pieces = [text.get("text", {}).get("value") for text in delta.get("content") or [] if isinstance(text, dict)]
        if pieces and not any(pieces):
            return "the delta adds nothing"
        if name == "thread.message.delta":
            return _untold(sent, index)
    return None


def _untold(sent: list[Frame], index: int) -> str | None:
    """Why a message delta may be another one, where the stream breaks off before its message ends."""
    ends = ("thread.message.completed", "thread.message.incomplete")
    if any(frame.name in ends for frame in sent[index:]):
        return None
    return "nobody tells what the deltas of the message come to"


@operator(*ALL)
def doubled_event(view: TraceView, chance: Random) -> Mutation:
    """An event of a stream comes twice."""
    call, sent, index = _frame(view, chance)
    reason = _missed_by_nobody(sent, index)
    return _put(view, call, sent[: index + 1] + sent[index:], f"event {index + 1} ({sent[index].name}) twice", reason)


@operator(*ALL)
def swapped_events(view: TraceView, chance: Random) -> Mutation:
    """Two events of a stream come in the opposite order."""
    call, sent, index = _before_another(view, chance)
    first, second = sent[index], sent[index + 1]
    swapped = [*sent[:index], second, first, *sent[index + 2 :]]
    done = f"{first.name} and {second.name} (event {index + 1}) swapped"
    breaks_off = {first.name, second.name} <= {"thread.run.cancelling", *BREAKS_OFF}
    unseen = WHILE_CANCELLING if breaks_off and first.name != second.name else None
    if _calls(first).isdisjoint(_calls(second)) and _calls(first) and _calls(second):
        unseen = OF_TWO_CALLS
    return replace(_put(view, call, swapped, done, _commute(sent, index)), unseen=unseen)


def _calls(frame: Frame) -> set[int]:
    """The indices of the function calls that a step delta has pieces of."""
    if frame.name != "thread.run.step.delta":
        return set()
    details = _data(frame).get("delta", {}).get("step_details") or {}
    return {row.get("index") for row in details.get("tool_calls") or ()}


def _commute(sent: list[Frame], index: int) -> str | None:
    """Why an event and the next may come in either order; None where they may not."""
    first, second = sent[index], sent[index + 1]
    if first.data == second.data:
        return "both events are the same"
    if {first.name, second.name} == {"thread.message.completed", "thread.run.step.completed"}:
        return None
    if first.name == second.name == "thread.message.delta":
        call, other = _pieces(first), _pieces(second)
        if call is not None and other is not None and call + other == other + call:
            return "the deltas add up to the same text"
        return _untold(sent, index)
    return None


def _pieces(frame: Frame) -> str | None:
    """The text that a message delta of one plain text part adds; None where it brings something else."""
    content = _data(frame).get("delta", {}).get("content") or []
    if len(content) != 1 or content[0].get("type") != "text" or content[0].get("text", {}).get("annotations"):
        return None
    value = content[0].get("text", {}).get("value")
    return value if isinstance(value, str) else None


@operator("STREAM-FRAME-07", *ALL)
def cut_stream(view: TraceView, chance: Random) -> Mutation:
    """A stream ends between two events."""
    call, sent, index = _frame(view, chance)
    return _put(view, call, sent[:index] if index else sent[:1], f"stream cut before event {index + 1}")


@operator(*ALL)
def cut_frame(view: TraceView, chance: Random) -> Mutation:
    """A stream ends within an event."""
    call, sent, index = _frame(view, chance)
    frame = sent[index]
    half = Frame(frame.name, frame.data, frame.raw[: len(frame.raw) // 2], frame.arrived)
    return _put(view, call, [*sent[:index], half], f"stream cut within event {index + 1}")


@operator("STREAM-FRAME-07", "STREAM-*")
def no_sentinel(view: TraceView, chance: Random) -> Mutation:
    """A stream ends without its sentinel."""
    call, sent, index = _frame(view, chance, "done")
    return _put(view, call, sent[:index], "no sentinel")


@operator("STREAM-FRAME-08", "STREAM-*")
def after_the_sentinel(view: TraceView, chance: Random) -> Mutation:
    """Something follows the sentinel."""
    call, sent, _ = _frame(view, chance, "done")
    return _put(view, call, [*sent, chance.choice(sent)], "an event behind the sentinel")


@operator("STREAM-FRAME-09", "STREAM-*")
def other_sentinel(view: TraceView, chance: Random) -> Mutation:
    """The sentinel says something else."""
    call, sent, index = _frame(view, chance, "done")
    data = chance.choice(('"[DONE]"', "DONE", "{}", "[done]"))
    changed = _with(sent, index, Frame.made("done", data, sent[index].arrived))
    return _put(view, call, changed, f"sentinel with {data}")


@operator("STREAM-FRAME-03", *ALL)
def unnamed_event(view: TraceView, chance: Random) -> Mutation:
    """An event comes without its name."""
    call, sent, index = _frame(view, chance)
    changed = _with(sent, index, Frame.made(None, sent[index].data or "", sent[index].arrived))
    return _put(view, call, changed, f"event {index + 1} ({sent[index].name}) without its name")


@operator(*ALL)
def misnamed_event(view: TraceView, chance: Random) -> Mutation:
    """An event has the name of another."""
    call, sent, index = _frame(view, chance)
    frame = sent[index]
    names = sorted(name for name in view.contract.schemas.events if name not in (frame.name, "error", "done"))
    name = chance.choice(names)
    changed = _with(sent, index, Frame.made(name, frame.data or "", frame.arrived))
    return _put(view, call, changed, f"event {index + 1} ({frame.name}) named {name}")


@operator("STREAM-FRAME-06", *ALL)
def broken_data(view: TraceView, chance: Random) -> Mutation:
    """The data of an event is not JSON."""
    call, sent, index = _frame(view, chance)
    frame = sent[index]
    half = Frame.made(frame.name, (frame.data or "")[: len(frame.data or "") // 2].replace("\n", " "), frame.arrived)
    return _put(view, call, _with(sent, index, half), f"half the data of event {index + 1}")


@operator(*ALL)
def glued_frames(view: TraceView, chance: Random) -> Mutation:
    """The blank line between two events is missing."""
    call, sent, index = _before_another(view, chance)
    frame = sent[index]
    raw = frame.raw.rstrip(b"\r\n") + b"\n"
    glued = _with(sent, index, Frame(frame.name, frame.data, raw, frame.arrived))
    return _put(view, call, glued, f"no blank line after event {index + 1}")


@operator("DELTA-*", "STREAM-*", "SCHEMA-*")
def lost_piece(view: TraceView, chance: Random) -> Mutation:
    """A delta brings less text than it should."""
    call, sent, index = _frame(view, chance, lambda frame: frame.name == "thread.message.delta" and _pieces(frame))
    data = _data(sent[index])
    text = data["delta"]["content"][0]["text"]
    text["value"] = text["value"][:-1]
    changed = _with(sent, index, sent[index].saying(data))
    return _put(
        view, call, changed, f"delta in event {index + 1} without its last character", _missed_by_nobody(sent, index)
    )


@operator("DELTA-*", "STREAM-*")
def shifted_index(view: TraceView, chance: Random) -> Mutation:
    """A delta speaks of the next part of its message."""
    return _delta(view, chance, "index", lambda part: part["index"] + 1, _untold)


@operator("DELTA-*", "SCHEMA-*")
def lost_index(view: TraceView, chance: Random) -> Mutation:
    """A delta does not tell which part of its message it speaks of."""
    return _delta(view, chance, "index", lambda part: None)


def _delta(
    view: TraceView,
    chance: Random,
    name: str,
    change: Callable[[Json], Json],
    unseen: Callable[[list[Frame], int], str | None] = lambda sent, index: None,
) -> Mutation:
    call, sent, index = _frame(
        view, chance, lambda frame: frame.name == "thread.message.delta" and _pieces(frame) is not None
    )
    data = _data(sent[index])
    part = data["delta"]["content"][0]
    part[name] = change(part)
    changed = _with(sent, index, sent[index].saying(data))
    made = _put(view, call, changed, f"delta in event {index + 1} with {name} {part[name]}")
    return replace(made, unseen=unseen(sent, index))


@operator("DELTA-ID-01", "STREAM-EVENT-06", *ALL)
def foreign_event(view: TraceView, chance: Random) -> Mutation:
    """An event speaks of an object that the stream has not shown."""
    call, sent, index = _frame(
        view,
        chance,
        lambda frame: frame.name and frame.name.startswith(("thread.message.", "thread.run.")) and frame.data != DONE,
    )
    data = _data(sent[index])
    data["id"] = f"{data['id']}x"
    changed = _with(sent, index, sent[index].saying(data))
    return _put(view, call, changed, f"event {index + 1} ({sent[index].name}) with another id")


@operator("DELTA-TEXT-*", "MESSAGE-*", "IDENTITY-*")
def altered_snapshot(view: TraceView, chance: Random) -> Mutation:
    """A completed message says less than its deltas."""
    call, sent, index = _frame(
        view, chance, lambda frame: frame.name == "thread.message.completed" and _texts(_data(frame))
    )
    data = _data(sent[index])
    text = _texts(data)[-1]
    text["value"] = text["value"][:-1]
    changed = _with(sent, index, sent[index].saying(data))
    return _put(view, call, changed, f"message in event {index + 1} without its last character")


def _texts(message: Json) -> list[dict[str, Json]]:
    return [part["text"] for part in message.get("content", []) if part.get("type") == "text" and part["text"]["value"]]


@operator("STREAM-ORDER-*", "STREAM-*", "RUN-*", "STEP-*")
def early_end(view: TraceView, chance: Random) -> Mutation:
    """The end of a run is told before the end of what it did."""
    call, sent, index = _frame(view, chance, "thread.run.completed")
    places = [at for at, (first, second) in enumerate(pairwise(sent[:index])) if first.name != second.name]
    at = pick(chance, places)
    moved = [*sent[: at + 1], sent[index], *sent[at + 1 : index], *sent[index + 1 :]]
    return _put(view, call, moved, f"thread.run.completed as event {at + 2}")
