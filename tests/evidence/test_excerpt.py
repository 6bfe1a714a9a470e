"""The lines that show a finding."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from conformance.evidence.excerpt import excerpt
from conformance.evidence.json_excerpt import Line
from conformance.evidence.redaction import redact_exchange
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Trace, Where

KEY = "sk-proj-never-to-be-seen"
SENT = Headers(
    (
        ("authorization", f"Bearer {KEY}"),
        ("OpenAI-Beta", "assistants=v2"),
        ("content-type", "application/json"),
        ("x-stainless-os", "Linux"),
    )
)
JSON = Headers((("Content-Type", "application/json"),))
STREAM = Headers((("Content-Type", "text/event-stream"),))
RUN = {
    "id": "run_1",
    "object": "thread.run",
    "created_at": 1710000000,
    "thread_id": "thread_1",
    "status": "queued",
    "last_error": None,
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
    "metadata": {"a/b": "1", "c~d": "2"},
}


def exchange(
    number: int, answer: object = b"", *, headers: Headers = JSON, body: object = None, url: str = "/v1/threads"
) -> Exchange:
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    sent = b"" if body is None else json.dumps(body).encode()
    return Exchange(number, Request("POST", f"http://localhost{url}", SENT, sent), Response(200, headers, raw))


def stream(number: int, *frames: tuple[str, object], timed: bool = True) -> Exchange:
    body, arrivals = b"", []
    for index, (name, data) in enumerate(frames):
        body += f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
        arrivals.append((0.9 + index / 10, len(body)))
    made = exchange(number, body, headers=STREAM, body={"stream": True})
    assert made.response is not None
    return replace(made, response=replace(made.response, arrivals=tuple(arrivals) if timed else ()))


def shown(where: Where, *exchanges: Exchange) -> list[Line]:
    return list(excerpt(Trace("runs.create", exchanges), where))


def marked(lines: list[Line]) -> list[str]:
    return [line.text.strip() for line in lines if line.marked]


def text(lines: list[Line]) -> str:
    return "\n".join(f"{'>' if line.marked else ' '} {line.text}" for line in lines)


NAMES = ["created", "queued", "in_progress", "requires_action", "completed", "failed", "expired"]
FRAMES: list[tuple[str, object]] = [(f"thread.run.{name}", RUN | {"status": name}) for name in NAMES]

VIEWS: dict[str, tuple[Where, tuple[Exchange, ...]]] = {
    "event with a pointer": (Where(2, 4, "/status"), (exchange(1, RUN), stream(2, *FRAMES), exchange(3, RUN))),
    "first event": (Where(1, 1), (stream(1, *FRAMES),)),
    "last event": (Where(1, 7, "/last_error/code"), (stream(1, *FRAMES),)),
    "beyond the last event": (Where(1, 8), (stream(1, *FRAMES),)),
    "a stream as a whole": (Where(1), (stream(1, *FRAMES),)),
    "events without times": (Where(1, 2), (stream(1, *FRAMES[:2], timed=False),)),
    "a value": (Where(2, None, "/status"), (exchange(1, RUN), exchange(2, RUN, body={"a": 1}), exchange(3, RUN))),
    "an item of a list": (
        Where(1, None, "/data/1/status"),
        (exchange(1, {"object": "list", "data": [RUN, RUN, RUN], "has_more": False}),),
    ),
    "a missing key": (Where(1, None, "/tools/0/function/strict"), (exchange(1, RUN),)),
    "a body as a whole": (Where(1), (exchange(1, RUN),)),
    "not json": (Where(1, None, "/id"), (exchange(1, b"<html>\n<h1>Bad gateway</h1>", headers=Headers()),)),
}


@pytest.mark.parametrize("view", VIEWS)
def test_views(view: str, snapshot: SnapshotAssertion) -> None:
    where, exchanges = VIEWS[view]
    assert text(shown(where, *exchanges)) == snapshot


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("/status", '"status": "queued",'),
        ("/tools/0/type", '"type": "function",'),
        ("/metadata/a~1b", '"a/b": "1",'),
        ("/metadata/c~0d", '"c~d": "2"'),
        ("/absent", '(no "absent")'),
        ("/absent/deep", '(no "absent", so no "absent/deep")'),
        ("/tools/7", '(no "7")'),
        ("/tools/-1", '(no "-1")'),
        ("/status/deep", '"status": "queued", (no "deep" in it)'),
        ("", "→ 200 application/json"),
    ],
)
def test_the_marked_line_is_the_one_pointed_at(pointer: str, line: str) -> None:
    assert marked(shown(Where(1, None, pointer), exchange(1, RUN))) == [line]


@pytest.mark.parametrize(
    ("pointer", "start"),
    [
        ("/status", '{"status": "queued", "id": "run_1"'),
        ("/tools/0/function/name", '{"tools": [{"function": {"name": "weather"'),
        ("/last_error/code", '{"last_error": null, "id": "run_1"'),
        ("/absent", '{(no "absent"), "id": "run_1"'),
        ("", '{"id": "run_1", "status": "queued", "object"'),
    ],
)
def test_an_events_data_shows_the_place_first(pointer: str, start: str) -> None:
    (line,) = marked(shown(Where(1, 1, pointer), stream(1, ("thread.run.created", RUN))))
    assert line.split("  ")[3].startswith(start)


def test_no_answer() -> None:
    silent = Exchange(1, Request("GET", "http://localhost/v1/threads/t"), None, failure="timed out after 30 s")
    assert marked(shown(Where(1), silent)) == ["→ no response: timed out after 30 s"]
    assert shown(Where(2), silent, exchange(2, RUN))[0].text.endswith("→ no response: timed out after 30 s")


def test_no_such_exchange() -> None:
    assert shown(Where(9), exchange(1, RUN)) == []


def test_a_body_that_is_no_text_is_not_shown() -> None:
    lines = shown(Where(1), exchange(1, b"\x89PNG" * 100, headers=Headers((("content-type", "image/png"),))))
    assert lines[-1].text.strip() == "(400 bytes)"


def test_an_unfinished_event_is_told() -> None:
    (line,) = marked(shown(Where(1, 1), exchange(1, b"event: done\ndata: [DONE]", headers=STREAM)))
    assert line.endswith("[DONE]  (no blank line after it)")


def test_the_key_is_never_shown() -> None:
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    made = exchange(1, echo, body={"k": KEY}, url=f"/v1/a?x={KEY}&api_key=hunter2")
    lines = shown(Where(1, None, "/error/message"), redact_exchange(made, (KEY,)))
    assert KEY not in text(lines)
    assert "hunter2" not in text(lines)
    assert "Incorrect API key provided: redacted." in text(lines)
    assert "uthorization" not in text(lines)


def test_foreign_text_becomes_printable() -> None:
    lines = shown(Where(1, None, "/a"), exchange(1, b'{"a": "\\ud800 \\u202e \\u001b[2J \x7f\xc2\x9b"}'))
    assert all(line.text.isprintable() for line in lines)
    assert "\\ud800 \\u202e \\u001b[2J \\x7f\\x9b" in marked(lines)[0]


def test_large_values_make_short_lines() -> None:
    wide = {"id": "x", **{f"key{n}": ["y" * 1000] * 50 for n in range(300)}, "n": 10**5000}
    for pointer in ("/key150", "/n", "/key7/40", ""):
        lines = shown(Where(1, None, pointer), exchange(1, b"%s" % _dumps(wide)))
        assert len(lines) < 40
        assert all(len(line.text) < 500 for line in lines)


def _dumps(value: dict[str, Any]) -> bytes:
    rest = {key: item for key, item in value.items() if key != "n"}
    return json.dumps(rest).encode()[:-1] + b', "n": 1' + b"0" * 4000 + b"}"


@pytest.mark.parametrize("where", [Where(1, None, "/a" * 900), Where(1, None, "/a" * 2000), Where(1, 1, "/a" * 900)])
def test_deep_values_are_opened_at_the_end(where: Where) -> None:
    deep = b'{"a": ' * 901 + b"7" + b"}" * 901
    answer = exchange(1, b"data: " + deep + b"\n\n" if where.event else deep, headers=STREAM if where.event else JSON)
    lines = shown(where, answer)
    assert len(lines) < 40
    assert len(marked(lines)) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=6),
    max_leaves=20,
)


@given(
    value=json_values, pointer=st.text(st.sampled_from("/01a~ -é"), max_size=12), event=st.none() | st.integers(-3, 5)
)
def test_any_place_of_any_value_can_be_shown(value: object, pointer: str, event: int | None) -> None:
    for one in (stream(1, ("x", value), ("y", value)), exchange(1, value)):
        lines = shown(Where(1, event, pointer), one)
        assert all(line.text.isprintable() for line in lines)
        assert len(lines) < 60


@given(
    st.binary(max_size=200),
    st.text(st.characters(), max_size=40),
    st.sampled_from([JSON, STREAM, Headers((("content-type", "text/plain"),))]),
)
def test_any_bytes_can_be_shown(body: bytes, url: str, headers: Headers) -> None:
    one = Exchange(1, Request(url, f"http://{url}", SENT, body), Response(200, headers, body))
    assert all(line.text.isprintable() for line in shown(Where(1, None, "/a"), one, replace(one, number=2)))
