"""The checks of streams: each requirement has faults that trip it alone, and what is harmless trips nothing."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from conformance import contract
from conformance.trace.exchange import CLOSED_BY_CLIENT
from conformance.trace.trace import Trace
from tests.checks.judging import STREAMS
from tests.streams import (
    CREATE_RUN,
    SOUND,
    STREAMING,
    SUBMIT,
    Frame,
    Session,
    arriving,
    call_delta,
    cancelled_run,
    capped_run,
    code_run,
    continuation,
    ending,
    error_run,
    failed_run,
    function_run,
    next_of_call,
    opening,
    text_delta,
    text_run,
    two_messages,
    writing,
)
from tests.traces import RUN, message, run, step, thread, trace

judged, tripped = STREAMS.judged, STREAMS.tripped

FLAT = {"message": "It broke.", "type": "server_error", "param": None, "code": None}


def without_line(field: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: re.sub(rb"(?m)^" + field + rb":.*\n", b"", raw)


def in_two_lines(raw: bytes) -> bytes:
    return raw.replace(b', "object"', b',\ndata: "object"', 1)


def incomplete_told_as(name: str, date: datetime | None = datetime(2025, 1, 1, tzinfo=UTC)) -> Trace:
    session = capped_run()
    return session.put(-1 % len(session.frames), Frame(name, run("incomplete"))).trace(date=date)


def renamed(session: Session, old: str, new: str, *prefixes: str) -> Session:
    """The id of an object becomes another in the events whose names begin with one of these."""
    frames = tuple(
        replace(frame, data=json.loads(json.dumps(frame.data).replace(old, new)))
        if frame.name.startswith(prefixes)
        else frame
        for frame in session.frames
    )
    return replace(session, frames=frames)


def overlapping() -> Session:
    """Two steps, the second of which begins before the first has ended."""
    session = code_run()
    at = session.at("thread.run.step.completed")
    return replace(
        session, frames=(*session.frames[:at], session.frames[at + 1], session.frames[at], *session.frames[at + 2 :])
    )


def early_end() -> Session:
    """The message of the run breaks off, and with it the run, all told by one event."""
    frames = (*opening(), *writing()[:6], ending("failed"))
    return Session(CREATE_RUN, frames)


FAULTS: dict[str, list[tuple[str, Callable[[], Trace]]]] = {
    "STREAM-FRAME-01": [
        ("plain JSON", lambda: trace(text_run().call(answer=run(), headers=(("content-type", "application/json"),)))),
        ("no content type", lambda: text_run().trace(headers=())),
        ("plain text", lambda: text_run().trace(headers=(("content-type", "text/plain"),))),
    ],
    "STREAM-FRAME-02": [
        ("not asked for", lambda: text_run().trace(sent={"assistant_id": "asst_A1"})),
        ("declined", lambda: text_run().trace(sent=STREAMING | {"stream": False})),
    ],
    "STREAM-FRAME-03": [
        ("no name", lambda: text_run().rewrite("thread.run.queued", without_line(b"event")).trace()),
        ("no name for a delta", lambda: text_run().rewrite("thread.message.delta", without_line(b"event")).trace()),
        (
            "no names at all",
            lambda: replace(
                text_run(), frames=tuple(Frame("", raw=without_line(b"event")(f.bytes)) for f in text_run().frames)
            ).trace(),
        ),
        ("sentinel without a name", lambda: replace(text_run(), end=b"data: [DONE]\n\n").trace()),
        ("two names", lambda: text_run().rewrite("thread.run.queued", lambda raw: b"event: x\n" + raw).trace()),
    ],
    "STREAM-FRAME-04": [
        ("no data", lambda: text_run().rewrite("thread.run.queued", without_line(b"data")).trace()),
        ("bare JSON", lambda: text_run().rewrite("thread.run.queued", lambda raw: raw.replace(b"data: ", b"")).trace()),
        ("sentinel without data", lambda: replace(text_run(), end=b"event: done\n\n").trace()),
    ],
    "STREAM-FRAME-05": [("two lines", lambda: text_run().rewrite("thread.run.queued", in_two_lines).trace())],
    "STREAM-FRAME-06": [
        ("plain text", lambda: error_run().rewrite("error", lambda raw: b"event: error\ndata: It broke.\n\n").trace()),
        ("cut in the middle", lambda: text_run().rewrite("thread.run.queued", lambda raw: raw[:60] + b"\n\n").trace()),
        ("an array", lambda: text_run().insert(3, Frame("thread.extra", [1])).trace()),
        ("not UTF-8", lambda: text_run().insert(3, Frame("", raw=b'event: thread.x\ndata: {"a": "\xff"}\n\n')).trace()),
    ],
    "STREAM-FRAME-07": [
        ("nothing at all", lambda: trace(text_run().call(answer=b""))),
        ("no sentinel", lambda: replace(text_run(), end=b"").trace()),
        ("no sentinel while waiting", lambda: replace(function_run(), end=b"").trace()),
    ],
    "STREAM-FRAME-08": [
        ("two sentinels", lambda: replace(text_run(), end=text_run().end * 2).trace()),
        ("an event after it", lambda: replace(text_run(), end=text_run().end + ending("completed").bytes).trace()),
        ("sentinel too early", lambda: text_run().insert(5, Frame("done", raw=text_run().end)).trace()),
    ],
    "STREAM-FRAME-09": [
        ("an object as data", lambda: replace(text_run(), end=b"event: done\ndata: {}\n\n").trace()),
        ("quoted", lambda: replace(text_run(), end=b'event: done\ndata: "[DONE]"\n\n').trace()),
        ("another name", lambda: replace(text_run(), end=b"event: thread.done\ndata: [DONE]\n\n").trace()),
    ],
    "STREAM-FRAME-10": [
        ("connection broke", lambda: trace(text_run().call(answer=text_run().body[:1500], complete=False))),
        (
            "broke between frames",
            lambda: replace(text_run(), frames=text_run().frames[:6], end=b"").trace(complete=False),
        ),
        ("ends early", lambda: replace(text_run(), frames=text_run().frames[:6], end=b"").trace()),
        ("ends inside a frame", lambda: trace(text_run().call(answer=text_run().body[:1500]))),
        ("ends inside the sentinel", lambda: trace(text_run().call(answer=text_run().body[:-5]))),
        ("nothing at all", lambda: trace(text_run().call(answer=b"", complete=False))),
    ],
    "STREAM-FRAME-11": [
        ("all at the end", lambda: arriving(text_run().trace(), [30.0] * (len(text_run().frames) + 1))),
        ("in a burst", lambda: arriving(text_run().trace(), [9 + i / 1000 for i in range(len(text_run().frames) + 1)])),
    ],
    "STREAM-ORDER-01": [
        ("not created", lambda: text_run().drop("thread.run.created").trace()),
        ("not queued", lambda: text_run().drop("thread.run.queued").trace()),
        ("not in progress", lambda: text_run().drop("thread.run.in_progress").trace()),
        ("in the wrong order", lambda: text_run().swap(0).trace()),
        ("only the end", lambda: replace(text_run(), frames=(ending("completed"),)).trace()),
        ("created twice", lambda: text_run().double("thread.run.created").trace()),
    ],
    "STREAM-ORDER-02": [
        ("thread missing", lambda: function_run().drop("thread.created").trace()),
        ("thread not asked for", lambda: text_run().insert(0, Frame("thread.created", thread())).trace()),
        ("thread too late", lambda: function_run().swap(0).trace()),
        ("thread twice", lambda: function_run().double("thread.created").trace()),
        ("thread in the middle", lambda: text_run().insert(6, Frame("thread.created", thread())).trace()),
    ],
    "STREAM-ORDER-03": [
        ("step missing", lambda: continuation().drop("thread.run.step.completed").trace()),
        ("step completed twice", lambda: continuation().double("thread.run.step.completed").trace()),
        ("not queued", lambda: continuation().drop("thread.run.queued").trace()),
        ("not in progress", lambda: continuation().drop("thread.run.in_progress").trace()),
        ("created again", lambda: continuation().insert(1, Frame("thread.run.created", run())).trace()),
        ("step too late", lambda: continuation().swap(0).trace()),
    ],
    "STREAM-ORDER-04": [
        ("step not created", lambda: text_run().drop("thread.run.step.created").trace()),
        ("step not in progress", lambda: text_run().drop("thread.run.step.in_progress").trace()),
        ("step in the wrong order", lambda: text_run().swap(text_run().at("thread.run.step.created")).trace()),
        ("step completed twice", lambda: text_run().double("thread.run.step.completed").trace()),
        ("step never ends", lambda: two_messages().drop("thread.run.step.completed").trace()),
        ("delta too early", lambda: code_run().swap(code_run().at("thread.run.step.in_progress")).trace()),
    ],
    "STREAM-ORDER-05": [
        ("message not created", lambda: text_run().drop("thread.message.in_progress").trace()),
        ("message not completed", lambda: text_run().drop("thread.message.completed").trace()),
        ("message completed twice", lambda: text_run().double("thread.message.completed").trace()),
        ("step before message", lambda: text_run().swap(text_run().at("thread.message.completed")).trace()),
        ("message before its step", lambda: text_run().swap(text_run().at("thread.run.step.in_progress")).trace()),
        ("delta after the end", lambda: text_run().swap(text_run().at("thread.message.delta", -1)).trace()),
        (
            "message in a tool step",
            lambda: code_run().insert(5, Frame("thread.message.created", message("in_progress", id="msg_X"))).trace(),
        ),
    ],
    "STREAM-ORDER-13": [
        (
            "no message in its step",
            lambda: replace(
                text_run(), frames=(*opening(), *writing()[:2], writing()[-1], ending("completed"))
            ).trace(),
        )
    ],
    "STREAM-ORDER-06": [
        ("ended twice", lambda: text_run().double("thread.run.completed").trace()),
        (
            "a second run",
            lambda: text_run().insert(99, *opening(), *writing(step_id="step_S8", message_id="msg_M8")).trace(),
        ),
        ("failed after all", lambda: text_run().insert(99, ending("failed")).trace()),
        ("error after the end", lambda: text_run().insert(99, error_run().frames[-1]).trace()),
        ("delta after waiting", lambda: function_run().insert(99, call_delta(next_of_call(1, ""))).trace()),
    ],
    "STREAM-ORDER-07": [
        ("step left open", lambda: text_run().drop("thread.run.step.completed").trace()),
        ("run before step", lambda: text_run().swap(text_run().at("thread.run.step.completed")).trace()),
    ],
    "STREAM-ORDER-08": [
        (
            "step completed first",
            lambda: function_run().insert(len(function_run().frames) - 1, continuation().frames[0]).trace(),
        ),
        (
            "no step at all",
            lambda: replace(function_run(), frames=(*function_run().frames[:4], ending("requires_action"))).trace(),
        ),
    ],
    "STREAM-ORDER-09": [
        ("failed in the middle", lambda: early_end().trace()),
        ("step left open", lambda: capped_run().drop("thread.run.step.completed").trace()),
        ("cancelled in the middle", lambda: cancelled_run().drop("thread.message.incomplete").trace()),
    ],
    "STREAM-ORDER-10": [("two steps at once", lambda: overlapping().trace())],
    "STREAM-ORDER-11": [
        ("in progress again", lambda: text_run().double("thread.run.in_progress").trace()),
        ("queued again", lambda: text_run().insert(10, opening()[1]).trace()),
        ("cancelling twice", lambda: cancelled_run().double("thread.run.cancelling").trace()),
    ],
    "STREAM-ORDER-12": [
        ("no end", lambda: text_run().drop("thread.run.completed").trace()),
        ("no end while waiting", lambda: function_run().drop("thread.run.requires_action").trace()),
        ("only a sentinel", lambda: replace(text_run(), frames=()).trace()),
    ],
    "STREAM-EVENT-01": [("a ping", lambda: text_run().insert(4, Frame("ping", {})).trace())],
    "STREAM-EVENT-02": [
        (
            "a run as a step",
            lambda: text_run().put(4, replace(text_run().frames[4], name="thread.run.in_progress")).trace(),
        ),
        (
            "a step as a run",
            lambda: text_run().put(1, replace(text_run().frames[1], name="thread.message.created")).trace(),
        ),
        ("a strange object", lambda: text_run().change("thread.run.queued", "object", to="run").trace()),
    ],
    "STREAM-EVENT-03": [
        ("queued in progress", lambda: text_run().change("thread.run.queued", "status", to="in_progress").trace()),
        (
            "step completed too early",
            lambda: text_run().change("thread.run.step.created", "status", to="completed").trace(),
        ),
        (
            "message not completed",
            lambda: text_run().change("thread.message.completed", "status", to="in_progress").trace(),
        ),
        ("failed as completed", lambda: text_run().change("thread.run.completed", "status", to="failed").trace()),
        ("incomplete as failed", lambda: capped_run().change("thread.run.incomplete", "status", to="failed").trace()),
    ],
    "STREAM-EVENT-04": [("by its old event", lambda: incomplete_told_as("thread.run.completed"))],
    "STREAM-EVENT-05": [
        ("another run", lambda: text_run().change("thread.run.in_progress", "id", to="run_X").trace()),
        ("first of another run", lambda: text_run().change("thread.run.created", "id", to="run_X").trace()),
        (
            "all steps of another run",
            lambda: renamed(text_run(), RUN, "run_X", "thread.run.step.", "thread.message.").trace(),
        ),
        ("tool calls of another run", lambda: renamed(function_run(), RUN, "run_X", "thread.run.step.").trace()),
    ],
    "STREAM-EVENT-06": [
        ("step changes its id", lambda: text_run().change("thread.run.step.completed", "id", to="step_X").trace()),
        ("step created with another", lambda: text_run().change("thread.run.step.created", "id", to="step_X").trace()),
        ("message changes its id", lambda: text_run().change("thread.message.completed", "id", to="msg_X").trace()),
        ("message created with another", lambda: text_run().change("thread.message.created", "id", to="msg_X").trace()),
        ("message in progress", lambda: text_run().change("thread.message.in_progress", "id", to="msg_X").trace()),
    ],
    "STREAM-EVENT-07": [
        ("announced under another id", lambda: renamed(text_run(), "msg_M1", "msg_X", "thread.message.").trace())
    ],
    "STREAM-EVENT-08": [
        ("another thread", lambda: function_run().change("thread.created", "id", to="thread_X").trace())
    ],
    "STREAM-ERROR-01": [("flat", lambda: error_run(FLAT).trace())],
    "STREAM-ERROR-02": [
        ("no message", lambda: error_run({"error": {"type": "server_error"}}).trace()),
        ("only a text", lambda: error_run({"error": "It broke."}).trace()),
        ("empty", lambda: error_run({"code": 500}).trace()),
    ],
    "STREAM-ERROR-03": [
        ("goes on", lambda: error_run().insert(99, *writing()[6:], ending("completed")).trace()),
        ("failed besides", lambda: error_run().insert(99, ending("failed")).trace()),
    ],
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_stream_trips_nothing(name: str) -> None:
    assert tripped(SOUND[name]().trace()) == set()


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [pytest.param(id, fault, id=f"{id} {name}") for id, faults in FAULTS.items() for name, fault in faults],
)
def test_a_fault_trips_its_requirement_alone(requirement: str, fault: Callable[[], Trace]) -> None:
    judgement = judged(fault())
    assert {finding.requirement for finding in judgement.findings} == {requirement}
    assert judgement.examined[requirement] > 0


def test_every_requirement_has_a_fault() -> None:
    registry = {r.id for r in contract.load().requirements.values() if r.area == "streams" and r.checks}
    assert set(FAULTS) == registry


def test_every_requirement_is_examined_in_sound_streams() -> None:
    examined: set[str] = set()
    for make in SOUND.values():
        examined |= judged(make().trace()).examined.keys()
    examined |= judged(arriving(text_run().trace(), range(len(text_run().frames) + 1))).examined.keys()
    examined |= judged(
        trace(
            text_run().call(
                answer=run(), sent={"assistant_id": "asst_A1"}, headers=(("content-type", "application/json"),)
            )
        )
    ).examined.keys()
    assert examined >= set(FAULTS)


def rewritten(how: Callable[[bytes], bytes]) -> Callable[[Session], Trace]:
    """The bodies of all streams of a session become others."""
    return lambda session: trace(
        *(
            replace(call, answer=how(call.answer))
            for call in (*session.calls, session.call())
            if type(call.answer) is bytes
        )
    )


def reframed(how: Callable[[Frame], tuple[Frame, ...]]) -> Callable[[Session], Trace]:
    """The frames of a session become others."""
    return lambda session: replace(session, frames=tuple(new for old in session.frames for new in how(old))).trace()


BENIGN: dict[str, Callable[[Session], Trace]] = {
    "CRLF": rewritten(lambda body: body.replace(b"\n", b"\r\n")),
    "CR": rewritten(lambda body: body.replace(b"\n", b"\r")),
    "byte order mark": rewritten(lambda body: b"\xef\xbb\xbf" + body),
    "comments": rewritten(lambda body: b": hello\n\n" + body.replace(b"\n\n", b"\n\n: ping\n\n")),
    "ids and retries": rewritten(lambda body: body.replace(b"event:", b"id: 1\nretry: 5\nevent:")),
    "time to reconnect": rewritten(lambda body: b"retry: 3000\n\n" + body),
    "no last blank line": rewritten(lambda body: body.rstrip(b"\n")),
    "no last line end but one": rewritten(lambda body: body[:-1]),
    "no space after the colon": rewritten(lambda body: re.sub(rb"(?m)^(event|data): ", rb"\1:", body)),
    "long ids": rewritten(lambda body: re.sub(rb"(msg|step|call)_(?=[A-Z])", rb"\1_" + b"a" * 99, body)),
    "unknown events": reframed(lambda frame: (Frame("thread.run.thinking", {"object": "thought"}), frame)),
    "unknown members": reframed(
        lambda frame: (replace(frame, data=frame.data | {"obfuscation": "x", "extra": [None]}),)
    ),
    "other header case": lambda session: session.trace(headers=(("Content-Type", "Text/Event-Stream; Charset=UTF-8"),)),
    "unknown date": lambda session: session.trace(date=None),
    "unknown request": lambda session: session.trace(sent=None),
}


@pytest.mark.parametrize("variation", BENIGN)
@pytest.mark.parametrize("name", SOUND)
def test_what_is_harmless_trips_nothing(name: str, variation: str) -> None:
    assert tripped(BENIGN[variation](SOUND[name]())) == set()


@pytest.mark.parametrize(
    "session",
    [
        pytest.param(Session(CREATE_RUN, (*opening()[:2], ending("failed"))), id="failed while queued"),
        pytest.param(Session(CREATE_RUN, (*opening()[:2], ending("expired"))), id="expired while queued"),
        pytest.param(Session(CREATE_RUN, (*opening(), ending("incomplete"))), id="no room for an answer"),
        pytest.param(cancelled_run().drop("thread.run.cancelling"), id="cancelled without notice"),
        pytest.param(replace(error_run(), end=text_run().end), id="error with a sentinel"),
        pytest.param(Session(CREATE_RUN, error_run().frames[-1:], b""), id="only an error"),
        pytest.param(
            Session(
                SUBMIT,
                (Frame("thread.run.step.completed", step(id="step_S9")), *continuation().frames),
                calls=continuation().calls,
            ),
            id="two steps answered",
        ),
        pytest.param(
            text_run().insert(
                3,
                *(
                    replace(f, data=f.data | {"type": "reasoning"})
                    for f in (writing(step_id="step_S8")[0], writing(step_id="step_S8")[-1])
                ),
            ),
            id="a step of an unknown type",
        ),
    ],
)
def test_other_ways_that_are_allowed(session: Session) -> None:
    assert tripped(session.trace()) == set()


@pytest.mark.parametrize("cut", range(0, len(text_run().body), 97))
def test_a_stream_that_the_client_closed_is_no_finding(cut: int) -> None:
    whole = trace(text_run().call(answer=text_run().body[:cut], complete=False))
    closed = replace(whole, exchanges=(replace(whole.exchanges[0], failure=CLOSED_BY_CLIENT),))
    assert tripped(closed) == set()


@pytest.mark.parametrize("name", SOUND)
def test_wherever_a_stream_breaks_off_it_is_told_once(name: str) -> None:
    session = SOUND[name]()
    if session.calls:
        session = replace(session, calls=())
    for cut in range(0, len(session.body) - 2, 61):
        whole = trace(session.call(answer=session.body[:cut], complete=False))
        assert [finding.requirement for finding in judged(whole).findings] == ["STREAM-FRAME-10"], cut


def test_the_old_event_of_an_incomplete_run_is_judged_by_its_time() -> None:
    assert tripped(incomplete_told_as("thread.run.completed", datetime(2024, 4, 29, tzinfo=UTC))) == set()
    assert tripped(incomplete_told_as("thread.run.completed", None)) == set()
    assert tripped(incomplete_told_as("thread.run.completed", datetime(2024, 5, 28, tzinfo=UTC))) == {"STREAM-EVENT-04"}


def test_buffering_is_judged_live_only() -> None:
    burst = arriving(text_run().trace(), [30.0] * (len(text_run().frames) + 1))
    assert tripped(replace(burst, live=False)) == set()
    assert judged(replace(burst, live=False)).examined["STREAM-FRAME-11"] == 0


def test_a_short_run_may_arrive_at_once() -> None:
    assert tripped(arriving(failed_run().trace(), [0.2] * 5)) == set()


def _is_harmless(name: str, edit: str, moved: list[str]) -> bool:
    """A run can fail while queued; its cancelling can be told at any time; pieces of what an error cut are lost."""
    if edit == "swapped":
        return "thread.run.cancelling" in moved
    if moved[0].endswith(".delta"):
        return name == "error"
    return edit == "without" and (name, moved[0]) in {
        ("failure", "thread.run.in_progress"),
        ("cancellation", "thread.run.cancelling"),
    }


@pytest.mark.parametrize("name", SOUND)
def test_one_edit_breaks_one_requirement(name: str) -> None:
    """Whatever single frame is missing, is doubled or changes places with the next, one requirement is broken."""
    session = SOUND[name]()
    for at, frame in enumerate(session.frames):
        moved = [other.name for other in session.frames[at : at + 2]]
        edits = {"without": session.drop_at(at), "twice": session.insert(at, frame)}
        if len(set(moved)) == 2:
            edits["swapped"] = session.swap(at)
        for edit, edited in edits.items():
            told = tripped(edited.trace())
            assert len(told) == (0 if _is_harmless(name, edit, moved) else 1), (edit, at, frame.name, told)


def test_streams_of_other_operations_are_nobodys_business_here() -> None:
    chat = replace(text_run(), label="POST /chat/completions", frames=(Frame("x", {}),))
    assert judged(chat.trace()).subjects == 0


def test_one_misplaced_row_of_deltas_is_one_finding() -> None:
    late = (text_delta("x") for _ in range(500))
    session = text_run().insert(text_run().at("thread.message.completed") + 1, *late)
    findings = [f for f in judged(session.trace()).findings if f.requirement.startswith("STREAM")]
    assert [finding.requirement for finding in findings] == ["STREAM-ORDER-05"]


def test_texts_are_for_readers() -> None:
    (finding,) = judged(text_run().drop("thread.run.queued").trace()).findings
    assert (finding.where.event, finding.expected, finding.actual) == (2, "thread.run.queued", "thread.run.in_progress")
    (finding,) = judged(text_run().drop("thread.run.completed").trace()).findings
    assert finding.where.event is None
    assert finding.actual == "the end of the stream"


def test_a_step_that_skips_its_beginning_and_its_message_lacks_both() -> None:
    frames = (*opening(), writing()[0], writing()[-1], ending("completed"))
    shown = replace(text_run(), frames=frames).trace()
    assert tripped(shown) == {"STREAM-ORDER-04", "STREAM-ORDER-13"}
