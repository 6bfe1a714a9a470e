"""The parser of server-sent events: the same events however the bytes are written, and nothing lost of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.trace.event import Event, parse_events
from conformance.trace.exchange import Headers, Response

STREAM = 'event: a\ndata: {"n": 1}\n\nevent: b\ndata: ü 世界\n\n: ping\n\nevent: done\ndata: [DONE]\n\n'
# Line ends are what the format is about; every other character belongs to the line.
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20)
NAMES = st.text(st.sampled_from("abc.[]"), min_size=1, max_size=8)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def told(events: tuple[Event, ...]) -> list[tuple[str | None, str | None]]:
    return [(event.name, event.data) for event in events]


def test_name_and_data_of_each_frame() -> None:
    events = parse_events(STREAM.encode())
    assert told(events) == [("a", '{"n": 1}'), ("b", "ü 世界"), ("done", "[DONE]")]
    assert [event.number for event in events] == [1, 2, 3]
    assert events[0].json == {"n": 1}
    assert events[1].json_or_none is None
    assert [event.is_done for event in events] == [False, False, True]


@given(st.lists(st.tuples(NAMES, LINES), max_size=8), LINE_ENDS)
def test_every_line_end_gives_the_same_events(frames: list[tuple[str, str]], end: str) -> None:
    body = "".join(f"event: {name}{end}data: {data}{end}{end}" for name, data in frames)
    assert told(parse_events(body.encode())) == frames


@given(st.lists(st.tuples(NAMES, LINES), min_size=1, max_size=5), st.lists(LINE_ENDS, min_size=3, max_size=3))
def test_line_ends_may_differ_within_a_stream(frames: list[tuple[str, str]], ends: list[str]) -> None:
    first, second, third = ends
    # A CR before an LF is one line end, not two: such a neighbourhood would be another stream.
    if second.endswith("\r") and third.startswith("\n"):
        third = "\r\n"
    body = "".join(f"event: {name}{first}data: {data}{second}{third}" for name, data in frames)
    assert told(parse_events(body.encode())) == frames


@given(st.binary(max_size=300), st.lists(st.tuples(st.floats(0, 9), st.integers(0, 400)), max_size=5))
def test_no_bytes_make_it_raise_and_frames_are_in_their_order(body: bytes, arrivals: list[tuple[float, int]]) -> None:
    times = tuple(sorted(arrivals, key=lambda arrival: arrival[1]))
    at = 0
    for event in parse_events(body, times):
        at = body.index(event.raw, at) + len(event.raw)
        assert event.fields
        assert event.json_or_none is None or event.data is not None


@given(st.text(st.sampled_from("data: event\r\n[DONE]x"), max_size=80))
def test_the_bytes_of_a_frame_are_that_frame(text: str) -> None:
    for event in parse_events(text.encode()):
        (again,) = parse_events(event.raw)
        assert told((again,)) == told((event,))


@given(st.lists(st.integers(1, 20), max_size=40))
def test_an_event_arrives_with_the_chunk_that_completes_it(sizes: list[int]) -> None:
    body = STREAM.encode()
    ends, at = [], 0
    for size in [*sizes, len(body)]:
        at = min(len(body), at + size)
        ends.append(at)
    arrivals = tuple((float(number), end) for number, end in enumerate(ends))
    offset = 0
    for event in parse_events(body, arrivals):
        offset = body.index(event.raw, offset) + len(event.raw)
        assert event.arrived == next(time for time, end in arrivals if end >= offset)
    assert told(parse_events(body, arrivals)) == told(parse_events(body))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\n\n\r\n", [], id="blank lines"),
        pytest.param(b": a\n: b\n\n", [], id="comments"),
        pytest.param(b"retry: 3000\n\nid: 1\n\n", [], id="settings of the connection"),
        pytest.param(b'{"id": 1}\n\n', [(None, None)], id="something else"),
        pytest.param(b": a\nevent: x\ndata: 1\n\n", [("x", "1")], id="a comment inside"),
        pytest.param(b"\xef\xbb\xbfevent: x\ndata: 1\n\n", [("x", "1")], id="byte order mark"),
        pytest.param(b"data: 1\n\n", [(None, "1")], id="no name"),
        pytest.param(b"event: x\n\n", [("x", None)], id="no data"),
        pytest.param(b"event:x\ndata:1\n\n", [("x", "1")], id="no space"),
        pytest.param(b"event:  x\ndata:  1\n\n", [(" x", " 1")], id="one space is taken off"),
        pytest.param(b"data: 1\ndata:\ndata: 2\n\n", [(None, "1\n\n2")], id="data in lines"),
        pytest.param(b"event: x\nevent: y\n\n", [("y", None)], id="the last name stands"),
        pytest.param(b"data\n\n", [(None, "")], id="no colon"),
        pytest.param(b"event: x\ndata: 1", [("x", "1")], id="no last line end"),
        pytest.param(b"data: \xff\n\n", [(None, "\ufffd")], id="not UTF-8"),
        pytest.param("data: a\u2028b\x0bc\x85d\n\n".encode(), [(None, "a\u2028b\x0bc\x85d")], id="other line ends"),
    ],
)
def test_what_streams_may_hold(body: bytes, expected: list[tuple[str | None, str | None]]) -> None:
    assert told(parse_events(body)) == expected


def test_what_was_forgiven_stands_in_the_event() -> None:
    first, last = parse_events(b": hi\nevent: a\nid: 7\ndata: 1\n\nevent: b\ndata: 2")
    assert first.fields == (("", "hi"), ("event", "a"), ("id", "7"), ("data", "1"))
    assert first.raw == b": hi\nevent: a\nid: 7\ndata: 1\n\n"
    assert (first.closed, last.closed) == (True, False)


def test_only_event_streams_have_events() -> None:
    plain = Response(200, Headers((("content-type", "application/json"),)), STREAM.encode())
    streamed = Response(200, Headers((("Content-Type", "Text/Event-Stream; charset=utf-8"),)), STREAM.encode())
    assert plain.events == ()
    assert len(streamed.events) == 3
