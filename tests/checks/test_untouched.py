"""A check costs nothing on traffic without its subject: what it does there does not grow with the traffic."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from conformance import contract
from conformance.checks import Check, all_checks
from conformance.trace.index import Index
from tests.traces import (
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    error,
    listing,
    message,
    run,
    step,
    thread,
    trace,
)

FEW, MANY = 40, 160
STORE, FILE = "vs_V1", "file-F1"
# A cycle of calls for each kind of traffic.
TRAFFIC: dict[str, list[Call]] = {
    "models": [call("GET /models", listing())],
    "assistants": [call("GET /assistants/asst_A1", assistant())],
    "threads": [
        call(f"GET /threads/{THREAD}", thread()),
        call(f"POST /threads/{THREAD}/messages", message(), sent={"role": "user", "content": "Hello."}),
    ],
    "runs": [
        call(f"GET /threads/{THREAD}/runs/{RUN}", run("in_progress")),
        call(f"GET /threads/{THREAD}/runs/{RUN}/steps", listing(step("in_progress"))),
    ],
    "files": [call(f"GET /files/{FILE}", {"id": FILE, "object": "file"})],
    "stores": [call(f"GET /vector_stores/{STORE}/files/{FILE}", {"id": FILE, "object": "vector_store.file"})],
    "refusals": [error("GET /threads/thread_gone", 404)],
}

# The kinds of traffic in which an area has its subjects; those of errors, limits, schemas and wire are in all.
SUBJECTS = {
    "annotations": {"threads", "runs"},
    "attachments": {"assistants", "threads", "stores"},
    "batches": {"stores"},
    "cancels": {"runs"},
    "deletion": {"assistants", "threads", "runs", "refusals"},
    "deltas": {"runs"},
    "files": {"files"},
    "headers": set(),
    "hosted_tools": {"runs"},
    "identity": {"assistants", "threads", "runs", "stores"},
    "legacy": set(),
    "lists": {"runs"},
    "locks": {"threads", "runs"},
    "messages": {"threads", "runs"},
    "objects": set(TRAFFIC) - {"refusals"},
    "runs": {"runs"},
    "search": {"stores"},
    "steps": {"runs"},
    "store_files": {"stores"},
    "streams": {"runs"},
    "tools": {"runs"},
    "vector_stores": {"stores"},
}


def work(check: Check, calls: list[Call], count: int) -> int:
    """How many lines a check runs and functions it calls on so many exchanges.

    The index has been asked before by the same check: what it works out once is not the check's own.
    """
    index = Index(trace(*(calls * count)[:count]), contract.load())
    for _ in check.function(index):
        pass
    steps = 0

    def counting(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    def traced(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal steps
        steps += event == "line"
        return traced

    sys.setprofile(counting)
    sys.settrace(traced)
    try:
        for _ in check.function(index):
            pass
    finally:
        sys.settrace(None)
        sys.setprofile(None)
    return steps


@pytest.mark.parametrize("name", sorted(name for name in all_checks() if name.partition(".")[0] in SUBJECTS))
def test_a_check_does_not_touch_traffic_without_its_subject(name: str) -> None:
    grown = []
    for kind in sorted(TRAFFIC.keys() - SUBJECTS[name.partition(".")[0]]):
        few, many = (work(all_checks()[name], TRAFFIC[kind], count) for count in (FEW, MANY))
        if many > few:
            grown.append((kind, few, many))
    assert not grown


def test_every_area_has_its_subjects() -> None:
    everywhere = {"errors", "limits", "schemas", "wire"}
    assert SUBJECTS.keys() | everywhere == {name.partition(".")[0] for name in all_checks()}
