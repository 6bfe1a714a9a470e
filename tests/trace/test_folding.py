import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.trace.event import parse_events
from conformance.trace.folding import fold


def delta(text: str, *, message: str = "msg_1", index: int = 0, more: str = "") -> bytes:
    value = {
        "id": message,
        "object": "thread.message.delta",
        "delta": {"content": [{"index": index, "type": "text", "text": {"value": text, "annotations": []}}]},
    }
    return f"event: thread.message.delta\ndata: {json.dumps(value)}{more}\n\n".encode()


TEXTS = st.text(max_size=8)
FRAMES = st.one_of(
    TEXTS.map(delta),
    TEXTS.map(delta),
    st.builds(delta, TEXTS, message=st.sampled_from(["msg_1", "msg_2"]), index=st.integers(0, 1)),
    st.sampled_from(
        [
            b": a comment\n\n",
            b"event: thread.run.created\ndata: {}\n\n",
            b"data: [DONE]\n\n",
            b'event: thread.message.delta\ndata: {"value": "not a text"}\n\n',
            b'event: thread.message.delta\ndata: {"value": "broken \\q"}\n\n',
            b'event: thread.message.delta\r\ndata: {"value": "other line ends"}\r\n\r\n',
            delta("[DONE]"),
            delta('a "quoted" \\ text\u2028'),
            delta("x").replace(b"x", b"\xff"),
            delta("x").replace(b"x", rb"\q"),
            delta("x").replace(b"x", rb"\ud83c"),
            delta("two", more=" "),
        ]
    ),
)


@given(st.lists(FRAMES, max_size=12), st.binary(max_size=6), st.integers(1, 60))
def test_unfolded_it_is_the_same_stream(frames: list[bytes], tail: bytes, chunk: int) -> None:
    body = b"".join(frames) + tail
    arrivals = tuple((float(end), min(end, len(body))) for end in range(chunk, len(body) + chunk, chunk))
    events, folded = parse_events(body, arrivals), fold(body, arrivals)
    assert [(event.number, event.json_or_none) for event in events] == [each for one in folded for each in one.data()]
    assert sum(one.count for one in folded) == len(events)
    for one in folded:
        assert one.event == events[one.event.number - 1]
        assert one.arrived == events[one.last - 1].arrived


def test_deltas_that_differ_in_their_text_alone_are_one() -> None:
    body = b"".join(delta(f"piece {number}") for number in range(1000))
    (one,) = fold(body)
    assert (one.count, one.texts[-1]) == (1000, "piece 999")


@pytest.mark.parametrize("other", [delta("x", message="msg_2"), delta("x", index=1), b": comment\n\n" + delta("x")])
def test_any_other_difference_keeps_them_apart(other: bytes) -> None:
    assert len(fold(delta("a") + other)) == 2
