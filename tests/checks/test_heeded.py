"""Which inputs are seen to have an effect, and which may not have been read at all."""

import pytest

from conformance import contract
from conformance.checks.shared.heeded import heeded
from conformance.trace.index import Index
from tests.traces import Call, assistant, call, listing, message, run, thread, trace

CONTRACT = contract.load()
RUNS, LIST = "/threads/thread_T1/runs", "GET /threads/thread_T1/messages"
HELLO = {"role": "user", "content": "Hello."}
SAID = message(content=[{"type": "text", "text": {"value": "Hello.", "annotations": []}}])
OPENED = call("POST /threads", thread(), sent={"messages": [HELLO]})
STARTED = call(f"POST {RUNS}", run(), sent={"assistant_id": "asst_A1", "additional_messages": [HELLO]})
ONE, TWO, THREE = (message(id=f"msg_{number}", created_at=1_735_689_600 + number) for number in (1, 2, 3))


def asked(response_format: object) -> Call:
    sent = {"assistant_id": "asst_A1", "response_format": response_format}
    return call(f"POST {RUNS}", run(response_format="auto"), sent=sent)


@pytest.mark.parametrize(
    ("calls", "operation", "member", "seen"),
    [
        ([call("POST /assistants", assistant(name="A"), sent={"name": "A"})], "createAssistant", "name", True),
        ([call("POST /assistants", assistant(name="B"), sent={"name": "A"})], "createAssistant", "name", False),
        ([call("POST /assistants", assistant(top_p=1.0), sent={"top_p": 1})], "createAssistant", "top_p", False),
        ([asked("auto")], "createRun", "response_format", False),
        ([asked({"type": "text"})], "createRun", "response_format", False),
        ([OPENED, call(LIST, listing(SAID))], "createThread", "messages", True),
        ([OPENED, call(LIST, listing())], "createThread", "messages", False),
        ([OPENED, STARTED, call(LIST, listing(SAID))], "createRun", "additional_messages", False),
        ([call(f"{LIST}?limit=1", {**listing(ONE), "has_more": True})], "listMessages", "limit", True),
        ([call(f"{LIST}?limit=1", listing(ONE))], "listMessages", "limit", False),
        ([call(f"{LIST}?order=asc", listing(ONE, TWO))], "listMessages", "order", False),
        ([call(f"{LIST}?order=asc", listing(ONE, TWO)), call(LIST, listing(TWO, ONE))], "listMessages", "order", True),
        (
            [call(LIST, listing(THREE, TWO, ONE)), call(f"{LIST}?after=msg_3", listing(TWO, ONE))],
            "listMessages",
            "after",
            True,
        ),
        (
            [call(LIST, listing(THREE, TWO, ONE)), call(f"{LIST}?after=msg_3", listing(THREE, TWO))],
            "listMessages",
            "after",
            False,
        ),
        (
            [call(LIST, listing(THREE, TWO, ONE)), call(f"{LIST}?before=msg_1", listing(THREE, TWO))],
            "listMessages",
            "before",
            True,
        ),
    ],
)
def test_what_has_an_effect_is_told_from_what_may_not_have_been_read(
    calls: list[Call], operation: str, member: str, seen: bool
) -> None:
    assert ((operation, member) in heeded(Index(trace(*calls), CONTRACT))) is seen
