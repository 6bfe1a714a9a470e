"""JSON under another media type is read all the same: one finding about the type, and no consequence of it."""

import json
from dataclasses import replace

import pytest

from tests.checks.judging import ALL
from tests.checks.scenes import SCENES, calls
from tests.checks.shelf import FILE, file, upload
from tests.traces import ASSISTANT, THREAD, Call, assistant, call, error, listing, message, run, thread, trace

OTHERS = ("text/plain", "text/html; charset=utf-8", "application/octet-stream", "text/event-stream")
MESSAGES = f"/threads/{THREAD}/messages"
BYE = {"role": "user", "content": "Goodbye."}
LAST = message(id="msg_U2", content=[{"type": "text", "text": {"value": "Goodbye.", "annotations": []}}])
HEADERS = (("x-request-id", "req_1"),)


def labelled(calls: list[Call], media_type: str) -> list[Call]:
    """The plain answers under another media type; streams stay as they are."""
    return [
        one if isinstance(one.answer, bytes) else replace(one, headers=(("content-type", media_type), *HEADERS))
        for one in calls
    ]


def findings(calls: list[Call]) -> list[tuple[str, int]]:
    return [(found.requirement, found.where.exchange) for found in ALL.judged(trace(*calls)).findings]


@pytest.mark.parametrize("media_type", OTHERS)
@pytest.mark.parametrize("scene", SCENES)
def test_each_answer_is_told_once(scene: str, media_type: str) -> None:
    sound = calls(SCENES[scene])
    plain = [number for number, one in enumerate(sound, start=1) if not isinstance(one.answer, bytes)]
    assert findings(labelled(sound, media_type)) == [("SCHEMA-TYPE-01", number) for number in plain]


@pytest.mark.parametrize("media_type", OTHERS)
def test_what_was_made_is_known_by_it(media_type: str) -> None:
    files = [upload(), call("GET /files", listing(file())), call(f"GET /files/{FILE}", file())]
    messages = [
        call("POST /threads", thread(), sent={}),
        call(f"POST {MESSAGES}", message(), sent={"role": "user", "content": "Hello."}),
        error(f"POST {MESSAGES}", 400, sent=BYE | {"colour": "blue"}, param="colour", code="unknown_parameter"),
        call(f"POST {MESSAGES}", LAST, sent=BYE),
        call(f"GET {MESSAGES}", listing(message(), LAST)),
    ]
    assert {requirement for requirement, _ in findings(labelled(files, media_type))} == {"SCHEMA-TYPE-01"}
    told = {requirement for requirement, _ in findings(labelled(messages, media_type))}
    assert told == {"SCHEMA-TYPE-01", "ERROR-MEDIA-01"}


def test_a_change_is_found_under_another_media_type() -> None:
    read = [call(f"GET /assistants/{ASSISTANT}", assistant(name=name)) for name in ("Fee", "Fay")]
    assert ("IDENTITY-READ-01", 2) in findings(labelled(read, "text/plain"))


@pytest.mark.parametrize("media_type", ["application/json", "application/octet-stream", "text/plain"])
def test_what_is_downloaded_is_no_answer_about_an_object(media_type: str) -> None:
    """A file may well hold an answer of the API, as recordings do."""
    content = json.dumps(assistant(name="Fay")).encode()
    held = file(bytes=len(content), filename="recorded.json", purpose="user_data")
    shown = [
        call(f"GET /assistants/{ASSISTANT}", assistant(name="Fee")),
        upload(held, content=content, filename="recorded.json", purpose="user_data"),
        replace(call(f"GET /files/{FILE}/content", content), headers=(("content-type", media_type), *HEADERS)),
    ]
    assert "IDENTITY-READ-01" not in {requirement for requirement, _ in findings(shown)}


def test_a_run_answered_as_json_under_the_type_of_a_stream_is_told_by_the_stream() -> None:
    asked = call(f"POST /threads/{THREAD}/runs", run(), sent={"assistant_id": ASSISTANT, "stream": True})
    assert findings(labelled([asked], "text/event-stream")) == [("STREAM-FRAME-01", 1)]
