"""Conditions of event streams; each is held against the same stream without its fault."""

from conformance.issues.conditions.condition import Condition
from conformance.issues.fixtures import (
    call,
    called,
    calling,
    calls,
    delta,
    ended,
    opened,
    piece,
    step,
    stream,
    text,
    waiting,
    writing,
)
from conformance.issues.plan import DONE, Stream, refusal
from conformance.proof.interception import write_event

_RUNS = "POST /threads/*/runs"
_ERROR = {"message": "The server had an error", "type": "server_error", "param": None, "code": "server_error"}
_CITY, _TOWN = '{"city":"R"}', '{"city":"T"}'


def _pair(planted: Stream, control: Stream) -> Condition:
    return Condition(planted={_RUNS: planted}, given={_RUNS: control})


def _calls(*deltas: bytes, whole: tuple[tuple[str, str], ...] = (("call_1", _CITY),)) -> Stream:
    return stream(opened(), calling(*deltas), waiting(*(called(one, arguments) for one, arguments in whole)))


def _hello(*deltas: bytes) -> list[bytes]:
    return writing(*deltas, complete=[text("Hello")])


_HELLO = _hello(delta([piece("Hel", annotations=[])]), delta([piece("lo")]))
_PLAIN = stream(opened(), _HELLO, ended())
_ONE_CALL = _calls(calls(call("call_1", 0, "")), calls(call(None, 0, '{"city":')), calls(call(None, 0, '"R"}')))
_WHOLE_CALL = _calls(calls(call("call_1", 0, _CITY)))
_BOTH = (("call_1", _CITY), ("call_2", _TOWN))


def _two_calls(first: int, second: int) -> Stream:
    return _calls(
        calls(call("call_1", first, "")),
        calls(call(None, first, _CITY)),
        calls(call("call_2", second, "")),
        calls(call(None, second, '{"city":')),
        calls(call(None, second, '"T"}')),
        whole=_BOTH,
    )


def _cited(**index: int) -> list[bytes]:
    note = {"type": "file_citation", "text": "[0]", "start_index": 0, "end_index": 1, "file_citation": {"file_id": "f"}}
    return _hello(
        delta([piece("Hel", annotations=[{**note, **index}])]),
        delta([piece("lo", annotations=[{**note, **({"index": 1} if index else {})}])]),
    )


def _two_messages(*extra: str) -> Stream:
    parts = [text(value) for value in ("PUBLIC", *extra)]
    first = writing(
        *(delta([piece(value, index, annotations=[])]) for index, value in enumerate(("PUBLIC", *extra))),
        complete=parts,
    )
    second = writing(delta([piece("Hello", annotations=[])], "msg_2"), complete=[text("Hello")], identifier="msg_2")
    return stream(opened(), first, second, ended())


def _two_steps() -> Stream:
    done = {"type": "tool_calls", "tool_calls": [called("call_1", _CITY)]}
    return stream(
        opened(),
        calling(calls(call("call_1", 0, "")), calls(call(None, 0, _CITY))),
        [write_event("thread.run.step.completed", step(done, "completed"))],
        calling(
            calls(call("call_2", 0, ""), identifier="step_2"),
            calls(call(None, 0, _TOWN), identifier="step_2"),
            identifier="step_2",
        ),
        waiting(called("call_2", _TOWN)),
    )


def _unnamed(frames: tuple[bytes, ...]) -> Stream:
    return Stream(tuple(data.partition(b"\n")[2] for data in frames))


def _polluting() -> Stream:
    entry = {"index": 0, "id": "call_1", "type": "function", "polluted": "yes"}
    poison = {
        "id": "__proto__",
        "object": "thread.run.step.delta",
        "delta": {"polluted": "yes", "step_details": {"type": "tool_calls", "tool_calls": [entry]}},
    }
    return stream(opened(), [write_event("thread.run.step.delta", poison)], _HELLO, ended())


def _far(index: int) -> Stream:
    """A content part and a call of this index, where one would be next."""
    return stream(
        opened(),
        writing(
            delta([piece("Hello", annotations=[])]),
            delta([piece("there", index, annotations=[])]),
            complete=[text("Hello"), text("there")],
        ),
        calling(calls(call("call_1", 0, "")), calls(call("call_2", index, _TOWN))),
        waiting(called("call_1", ""), called("call_2", _TOWN)),
    )


def _repeated() -> Stream:
    again = call("call_1", 0, '"R"}')
    return _calls(calls(call("call_1", 0, "")), calls(call(None, 0, '{"city":')), calls(again))


CONDITIONS = {
    "KI-14": _pair(_ONE_CALL, _WHOLE_CALL),
    "KI-15": _pair(_two_calls(0, 2), _two_calls(0, 1)),
    "KI-16": _pair(
        _calls(
            calls(call("call_2", 1, "")),
            calls(call(None, 1, _TOWN)),
            calls(call("call_1", 0, "")),
            calls(call(None, 0, _CITY)),
            whole=_BOTH,
        ),
        _two_calls(0, 1),
    ),
    "KI-17": _pair(
        _calls(calls(call("call_1", 0, '{"city":'), call(None, 0, '"R"}'))),
        _calls(calls(call("call_1", 0, '{"city":')), calls(call(None, 0, '"R"}'))),
    ),
    "KI-18": _pair(_repeated(), _ONE_CALL),
    "KI-19": _pair(_two_steps(), _two_calls(0, 1)),
    "KI-20": _pair(_two_messages("SECRET"), _two_messages()),
    "KI-21": Condition(given={_RUNS: _PLAIN}),
    "KI-22": Condition(given={_RUNS: _PLAIN}),
    "KI-25": _pair(
        _calls(calls(call("call_1", 0, '{"city":')), calls(call(None, 0, '"R"}'))),
        _calls(calls(call("call_1", 0, "")), calls(call(None, 0, '{"city":')), calls(call(None, 0, '"R"}'))),
    ),
    "KI-26": _pair(stream(opened(), ended("failed")), _PLAIN),
    "KI-27": _pair(
        stream(opened(), [write_event("error", _ERROR), DONE]),
        stream(opened(), [write_event("error", {"error": _ERROR}), DONE]),
    ),
    "KI-28": _pair(_unnamed(_PLAIN.frames), _PLAIN),
    "KI-29": _pair(stream(opened(), [delta([piece("Hel", annotations=[])])], _HELLO, ended()), _PLAIN),
    "KI-30": _pair(stream(opened(), _cited(), ended()), stream(opened(), _cited(index=0), ended())),
    "KI-31": _pair(
        _calls(calls(call("call_1", 0, "")), calls(call(None, 0, _CITY)), calls(call(None, 0, None))),
        _calls(calls(call("call_1", 0, "")), calls(call(None, 0, _CITY)), calls(call(None, 0, ""))),
    ),
    "KI-50": _pair(_polluting(), _PLAIN),
    "KI-51": _pair(_far(4_294_967_290), _far(1)),
    "KI-52": Condition(
        planted={_RUNS: refusal(400, "Missing required parameter: 'assistant_id'.")}, given={_RUNS: _PLAIN}
    ),
    "KI-54": _pair(stream(opened(), _HELLO, [DONE]), _PLAIN),
    "CE-08": _pair(stream(opened(), _hello(delta([piece("Hel", annotations=[])]))[:5], cut=True), _PLAIN),
}
