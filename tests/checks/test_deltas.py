"""The checks of deltas: each requirement has faults that trip it alone, and pieces may be cut as one likes."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import contract, recordings
from conformance.contract import Level
from conformance.trace.exchange import CLOSED_BY_CLIENT, Exchange
from conformance.trace.trace import Trace
from tests.checks.judging import STREAMS
from tests.recordings.corpus import folder
from tests.streams import (
    CALLS,
    CREATE_RUN,
    SOUND,
    Frame,
    Session,
    call_delta,
    capped_run,
    citing_run,
    code_run,
    continuation,
    ending,
    first_of_call,
    function_run,
    next_of_call,
    opening,
    text_content,
    text_delta,
    text_run,
    two_messages,
    two_parts,
    writing,
)
from tests.traces import RUN, tool_call, trace

judged, tripped = STREAMS.judged, STREAMS.tripped

MESSAGE = "thread.message.delta"
STEP = "thread.run.step.delta"
LOGS = ("delta", "step_details", "tool_calls", 0, "code_interpreter", "outputs", 0, "logs")
CONTENT = ("delta", "content")
TOOL_CALLS = ("delta", "step_details", "tool_calls")
VALUE = (*CONTENT, 0, "text", "value")
FINAL = ("content", 0, "text", "value")
REQUIRED = ("required_action", "submit_tool_outputs", "tool_calls")


def renumbered(session: Session, name: str, path: tuple[str | int, ...], numbers: dict[int, int]) -> Session:
    """The indices in the deltas of a session become others."""
    for nth, at in enumerate(at for at, frame in enumerate(session.frames) if frame.name == name):
        entries = session.frames[at].data
        for key in path:
            entries = entries[key]
        for position, entry in enumerate(entries):
            session = session.change(name, *path, position, "index", nth=nth, to=numbers[entry["index"]])
    return session


def two_citations(first: int, second: int) -> Session:
    """A message with two annotations under these indices."""
    cite = {"type": "file_citation", "text": "[1]", "file_citation": {"file_id": "file-F1"}}
    one, other = cite | {"start_index": 0, "end_index": 3}, cite | {"start_index": 3, "end_index": 6}
    written = writing(
        text_delta("[1]", annotations=[{"index": first, **one}]),
        text_delta("[1]", annotations=[{"index": second, **other}]),
        content=[text_content("[1][1]", one, other)],
    )
    return Session(CREATE_RUN, (*opening(), *written, ending("completed")))


def mixed_parts() -> Session:
    """Two parts whose deltas take turns."""
    pieces = (text_delta("on"), text_delta("two", 1), text_delta("e"))
    written = writing(*pieces, content=[text_content("one"), text_content("two")])
    return Session(CREATE_RUN, (*opening(), *written, ending("completed")))


def merged(session: Session, name: str, nth: int) -> Session:
    """A delta brings the entry of the next one besides its own."""
    at, following = session.at(name, nth), session.at(name, nth + 1)
    path = CONTENT if name == MESSAGE else TOOL_CALLS
    mine = theirs = None
    for frame_at in (at, following):
        entries = session.frames[frame_at].data
        for key in path:
            entries = entries[key]
        mine, theirs = theirs, entries
    assert mine is not None
    return session.change(name, *path, nth=nth, to=[*mine, *theirs]).drop(name, nth + 1)


FAULTS: dict[str, list[tuple[str, Callable[[], Session]]]] = {
    "DELTA-ID-01": [
        ("of another message", lambda: text_run().change(MESSAGE, "id", to="msg_X", nth=1)),
        (
            "all of another message",
            lambda: replace(
                text_run(),
                frames=tuple(
                    replace(f, data=f.data | {"id": "msg_X"}) if f.name == MESSAGE else f for f in text_run().frames
                ),
            ),
        ),
        ("of another step", lambda: code_run().change(STEP, "id", to="step_X", nth=1)),
        ("before its message", lambda: text_run().drop(MESSAGE).insert(5, text_run().frames[7])),
        ("before its run", lambda: text_run().drop(MESSAGE).insert(0, text_run().frames[7])),
    ],
    "DELTA-START-01": [
        ("text from the start", lambda: text_run().change("thread.message.created", "content", to=[text_content("")])),
        ("text at once", lambda: text_run().change("thread.message.in_progress", "content", to=[text_content("")])),
    ],
    "DELTA-START-02": [
        (
            "calls from the start",
            lambda: function_run().change("thread.run.step.created", "step_details", "tool_calls", to=list(CALLS)),
        )
    ],
    "DELTA-INDEX-01": [
        ("from one", lambda: renumbered(text_run(), MESSAGE, CONTENT, {0: 1})),
        ("with a gap", lambda: renumbered(two_parts(), MESSAGE, CONTENT, {0: 0, 1: 2})),
        (
            "backwards",
            lambda: renumbered(two_parts(), MESSAGE, CONTENT, {0: 1, 1: 0}).drop(MESSAGE, 1).drop(MESSAGE, 1),
        ),
        ("very far", lambda: renumbered(two_parts(), MESSAGE, CONTENT, {0: 0, 1: 4294967290})),
    ],
    "DELTA-INDEX-02": [
        ("from one", lambda: renumbered(code_run(), STEP, TOOL_CALLS, {0: 1})),
        ("with a gap", lambda: renumbered(function_run(), STEP, TOOL_CALLS, {0: 0, 1: 2})),
        ("backwards", lambda: renumbered(function_run(), STEP, TOOL_CALLS, {0: 1, 1: 0})),
    ],
    "DELTA-INDEX-03": [("from one", lambda: two_citations(1, 2)), ("with a gap", lambda: two_citations(0, 2))],
    "DELTA-INDEX-04": [
        ("text in one delta", lambda: merged(text_run(), MESSAGE, 1)),
        ("arguments in one delta", lambda: merged(function_run(), STEP, 1)),
    ],
    "DELTA-INDEX-05": [("in turns", mixed_parts)],
    "DELTA-TEXT-01": [
        ("a piece is missing", lambda: text_run().drop(MESSAGE, 1)),
        ("the first piece is missing", lambda: text_run().drop(MESSAGE)),
        ("a piece comes twice", lambda: text_run().double(MESSAGE, 2)),
        ("pieces change places", lambda: text_run().swap(text_run().at(MESSAGE, 1))),
        ("a letter is lost", lambda: text_run().change(MESSAGE, *VALUE, to="Hé".encode().decode("latin-1"))),
        ("no pieces at all", lambda: text_run().drop(MESSAGE).drop(MESSAGE).drop(MESSAGE)),
        ("another text", lambda: text_run().change("thread.message.completed", *FINAL, to="Hello.")),
        ("no text", lambda: text_run().change("thread.message.completed", *FINAL, to="")),
        ("no part", lambda: text_run().change("thread.message.completed", "content", to=[])),
        ("text of the second message", lambda: two_messages().drop(MESSAGE, 4)),
        ("text of the second part", lambda: two_parts().drop(MESSAGE, 2)),
    ],
    "DELTA-TEXT-02": [
        ("a piece is missing", lambda: capped_run().drop(MESSAGE, 1)),
        ("the text is gone", lambda: capped_run().change("thread.message.incomplete", "content", to=[])),
    ],
    "DELTA-ANNOTATION-01": [
        (
            "not in the message",
            lambda: citing_run().change("thread.message.completed", "content", 0, "text", "annotations", to=[]),
        ),
        ("not in the deltas", lambda: citing_run().change(MESSAGE, *CONTENT, 0, "text", "annotations", to=[], nth=1)),
        (
            "of another file",
            lambda: citing_run().change(
                MESSAGE, *CONTENT, 0, "text", "annotations", 0, "file_citation", "file_id", to="file-X", nth=1
            ),
        ),
        (
            "at another place",
            lambda: citing_run().change(MESSAGE, *CONTENT, 0, "text", "annotations", 0, "start_index", to=6, nth=1),
        ),
    ],
    "DELTA-ANNOTATION-02": [
        ("text from elsewhere", lambda: renumber_citation(4, 18)),
        ("beyond the text", lambda: renumber_citation(5, 5000)),
        ("ends before it starts", lambda: renumber_citation(19, 5)),
    ],
    "DELTA-TOOL-01": [
        ("a piece is missing", lambda: function_run().drop(STEP, 1)),
        ("a piece comes twice", lambda: function_run().double(STEP, 2)),
        (
            "other arguments",
            lambda: function_run().change("thread.run.requires_action", *REQUIRED, 0, "function", "arguments", to="{}"),
        ),
        (
            "another name",
            lambda: function_run().change("thread.run.requires_action", *REQUIRED, 0, "function", "name", to="x"),
        ),
        (
            "other arguments once answered",
            lambda: continuation().change(
                "thread.run.step.completed", "step_details", "tool_calls", 1, "function", "arguments", to="{ }"
            ),
        ),
    ],
    "DELTA-TOOL-02": [
        ("a piece is missing", lambda: code_run().drop(STEP, 1)),
        (
            "another input",
            lambda: code_run().change(
                "thread.run.step.completed", "step_details", "tool_calls", 0, "code_interpreter", "input", to="1 +\n1"
            ),
        ),
    ],
    "DELTA-TOOL-07": [
        ("no outputs", lambda: code_run().drop(STEP, 3)),
        ("other logs", lambda: code_run().change(STEP, *LOGS, to="3", nth=3)),
    ],
    "DELTA-TOOL-03": [
        ("no id", lambda: function_run().put(6, call_delta(without(first_of_call(0, "call_C1"), "id")))),
        ("first piece is missing", lambda: function_run().drop(STEP, 0)),
    ],
    "DELTA-TOOL-04": [
        ("id again", lambda: function_run().put(7, call_delta(next_of_call(0, '{"city": ', id="call_C1")))),
        ("name again", lambda: function_run().change(STEP, *TOOL_CALLS, 0, "function", "name", to="weather", nth=1)),
    ],
    "DELTA-TOOL-05": [
        ("another id", lambda: function_run().change("thread.run.requires_action", *REQUIRED, 0, "id", to="call_X")),
        ("a call is missing", lambda: function_run().change("thread.run.requires_action", *REQUIRED, to=[CALLS[0]])),
        (
            "a call too many",
            lambda: function_run().change("thread.run.requires_action", *REQUIRED, to=[*CALLS, tool_call("call_C3")]),
        ),
        (
            "another id once answered",
            lambda: continuation().change(
                "thread.run.step.completed", "step_details", "tool_calls", 0, "id", to="call_X"
            ),
        ),
        (
            "other order once completed",
            lambda: continuation().change(
                "thread.run.step.completed", "step_details", "tool_calls", to=list(CALLS[::-1])
            ),
        ),
        ("no deltas", lambda: code_run().drop(STEP).drop(STEP).drop(STEP).drop(STEP)),
    ],
    "DELTA-TOOL-06": [
        (
            "arguments",
            lambda: function_run().change(STEP, *TOOL_CALLS, 0, "function", "arguments", to='{"city": ').drop(STEP, 1),
        ),
        (
            "input",
            lambda: code_run().change(STEP, *TOOL_CALLS, 0, "code_interpreter", "input", to="1 +\r\n").drop(STEP, 1),
        ),
    ],
}


def without(entry: dict[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in entry.items() if name != key}


def renumber_citation(start: int, end: int) -> Session:
    """The annotation of a message is at another place, in its delta and in the message."""
    session = citing_run()
    for key, value in (("start_index", start), ("end_index", end)):
        session = session.change(MESSAGE, *CONTENT, 0, "text", "annotations", 0, key, to=value, nth=1)
        session = session.change("thread.message.completed", "content", 0, "text", "annotations", 0, key, to=value)
    return session


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [pytest.param(id, fault, id=f"{id} {name}") for id, faults in FAULTS.items() for name, fault in faults],
)
def test_a_fault_trips_its_requirement_alone(requirement: str, fault: Callable[[], Session]) -> None:
    judgement = judged(fault().trace())
    assert {finding.requirement for finding in judgement.findings} == {requirement}
    assert judgement.examined[requirement] > 0


def test_every_requirement_has_a_fault() -> None:
    assert set(FAULTS) == {r.id for r in contract.load().requirements.values() if r.area == "deltas" and r.checks}


def test_every_requirement_is_examined_in_sound_streams() -> None:
    examined = {requirement for make in SOUND.values() for requirement in judged(make().trace()).examined}
    assert examined >= set(FAULTS)


@settings(deadline=None)
@given(st.data())
def test_text_may_be_cut_anywhere(data: st.DataObject) -> None:
    value = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(value)), max_size=8)))
    pieces = [value[start:end] for start, end in zip([0, *cuts], [*cuts, len(value)], strict=True)]
    written = writing(*(text_delta(piece) for piece in pieces), content=[text_content(value)])
    assert tripped(Session(CREATE_RUN, (*opening(), *written, ending("completed"))).trace()) == set()


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_arguments_may_be_cut_anywhere(size: int) -> None:
    arguments = '{"city": "Zürich", "when": null}'
    pieces = [arguments[start : start + size] for start in range(0, len(arguments), size)]
    call = tool_call(arguments=arguments)
    session = function_run()
    start, end = session.at(STEP), session.at("thread.run.requires_action")
    deltas = (call_delta(first_of_call(0, "call_C1")), *(call_delta(next_of_call(0, piece)) for piece in pieces))
    frames = (*session.frames[:start], *deltas, session.frames[end])
    session = replace(session, frames=frames).change("thread.run.requires_action", *REQUIRED, to=[call])
    assert tripped(session.trace()) == set()


@pytest.mark.parametrize(
    "session",
    [
        pytest.param(text_run().insert(8, text_delta("")), id="an empty piece"),
        pytest.param(text_run().insert(9, text_delta(None)), id="null in place of a piece, which the schema judges"),
        pytest.param(
            text_run().insert(7, Frame(MESSAGE, {"id": "msg_M1", "object": MESSAGE, "delta": {"role": "assistant"}})),
            id="only a role",
        ),
        pytest.param(merged(function_run(), STEP, 2), id="two calls in one delta"),
        pytest.param(merged(two_parts(), MESSAGE, 0), id="two parts in one delta"),
        pytest.param(
            continuation().change(
                "thread.run.step.completed", "step_details", "tool_calls", 0, "function", "output", to="sunny"
            ),
            id="an output that no delta brought",
        ),
        pytest.param(replace(continuation(), calls=()), id="outputs for a step of before the trace"),
        pytest.param(
            function_run().change("thread.run.requires_action", *REQUIRED, to=list(CALLS[::-1])),
            id="calls asked for in another order",
        ),
        pytest.param(
            Session(
                CREATE_RUN,
                (
                    *opening(),
                    *writing(
                        Frame(MESSAGE, {"id": "msg_M1", "delta": {"content": [{"index": 0, "type": "image_file"}]}}),
                        text_delta("x", 1),
                        content=[{"type": "image_file", "image_file": {"file_id": "file-F1"}}, text_content("x")],
                    ),
                    ending("completed"),
                ),
            ),
            id="an image before the text",
        ),
    ],
)
def test_what_is_harmless_trips_nothing(session: Session) -> None:
    assert tripped(session.trace()) == set()


def test_arguments_of_a_stream_that_was_cut_are_not_compared_with_the_finished_ones() -> None:
    whole = continuation().trace()
    first = whole.exchanges[0]
    assert first.response is not None
    body = first.response.body
    cut = replace(first.response, body=body[: body.index(b"event: thread.run.requires_action") - 400], complete=False)
    closed = replace(first, response=cut, failure=CLOSED_BY_CLIENT)
    assert tripped(replace(whole, exchanges=(closed, whole.exchanges[1]))) == set()


def test_a_difference_is_shown_where_it_begins() -> None:
    (finding,) = judged(text_run().change("thread.message.completed", *FINAL, to="Hé, llo.").trace()).findings
    assert finding.where.pointer == "/content/0/text/value"
    assert finding.actual == 'from character 2 on the deltas have " llo.", the finished object ", llo."'


def test_time_is_in_proportion_to_the_deltas() -> None:
    """Twenty thousand deltas of one message, each with an entry of its own index, are read in one go."""
    many = tuple(text_delta("x", index) for index in range(20_000))
    judgement = judged(Session(CREATE_RUN, (*opening(), *writing(*many), ending("completed"))).trace())
    assert judgement.examined["DELTA-INDEX-01"] == 20_000


# --- what nobody planned

SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from([10**400, -1, "msg_M1", "step_S1", RUN, "\ud800"])
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def disturbed(draw: st.DrawFn) -> Session:
    """A session in which frames have moved, and values at any depth have become something else."""
    session = SOUND[draw(st.sampled_from(sorted(SOUND)))]()
    frames = list(session.frames)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(frames) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                frames.insert(draw(st.integers(0, len(frames))), frames[at])
            case 1 if len(frames) > 1:
                del frames[at]
            case 2:
                frames[at] = replace(frames[at], name=draw(st.sampled_from([*contract.load().grammar.events, "", "x"])))
            case _:
                frames[at] = replace(frames[at], data=_replaced(draw, frames[at].data))
    return replace(session, frames=tuple(frames))


def _replaced(draw: st.DrawFn, value: object) -> object:
    if draw(st.integers(0, 5)) == 0:
        return draw(VALUES)
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return value | {name: _replaced(draw, value[name])}
    if isinstance(value, list) and value:
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _replaced(draw, value[at]), *value[at + 1 :]]
    return draw(VALUES)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(disturbed())
def test_no_stream_makes_a_check_raise(session: Session) -> None:
    frames = [f"event: {frame.name}\ndata: {json.dumps(frame.data)}\n\n".encode() for frame in session.frames]
    judgement = judged(trace(*session.calls, session.call(answer=b"".join(frames) + session.end)))
    for finding in judgement.findings:
        assert judgement.examined[finding.requirement] > 0
        for text in (finding.expected, finding.actual):
            assert "\n" not in text
            assert 0 < len(text) < 500
            text.encode()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2500), st.booleans())
def test_no_bytes_make_a_check_raise(noise: bytes, at: int, complete: bool) -> None:
    body = code_run().body
    judged(trace(code_run().call(answer=body[:at] + noise + body[at + len(noise) :], complete=complete)))


def test_deep_nesting_makes_no_check_raise() -> None:
    deep: object = "x"
    for _ in range(900):
        deep = [deep]
    for name in SOUND:
        session = SOUND[name]()
        for at, frame in enumerate(session.frames):
            for key in ("id", "object", "status", "delta", "content", "step_details", "required_action", "error"):
                judged(session.put(at, replace(frame, data=frame.data | {key: deep})).trace())


# --- real traffic


def recorded() -> dict[str, Trace]:
    """One trace for each recorded session of version 2 that holds a stream."""
    sessions: dict[str, list[Exchange]] = {}
    for path in sorted(folder("exchanges").glob("*.jsonl")):
        for row in recordings.read(path).rows:
            if row.api_version != "v1" and not row.handwritten:
                sessions.setdefault(row.label, []).append(row.exchange)
    return {
        label: Trace(label, tuple(replace(exchange, number=number) for number, exchange in enumerate(exchanges, 1)))
        for label, exchanges in sessions.items()
        if any(exchange.response and exchange.response.is_stream for exchange in exchanges)
    }


def test_real_streams_violate_nothing() -> None:
    requirements = contract.load().requirements
    examined: set[str] = set()
    traces = recorded()
    assert len(traces) > 3
    for label, whole in traces.items():
        judgement = judged(whole)
        examined |= judgement.examined.keys()
        told = [finding for finding in judgement.findings if requirements[finding.requirement].level is not Level.MAY]
        assert not told, label
    ours = {requirement.id for requirement in requirements.values() if requirement.area in ("streams", "deltas")}
    assert len(examined & ours) > len(ours) * 3 / 4


def test_real_streams_are_told_when_they_are_damaged() -> None:
    """Of every real stream, without any one frame that is no delta, something is told."""
    for label, whole in recorded().items():
        for exchange in whole.exchanges:
            response = exchange.response
            if response is None or not response.is_stream:
                continue
            for event in response.events:
                if (event.name or "").endswith(".delta"):
                    continue
                damaged = replace(exchange, response=replace(response, body=response.body.replace(event.raw, b"", 1)))
                exchanges = tuple(damaged if other is exchange else other for other in whole.exchanges)
                findings = judged(replace(whole, exchanges=exchanges)).findings
                assert len({finding.requirement for finding in findings}) == 1, (label, event.name, findings)
