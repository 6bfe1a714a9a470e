"""Bounds on uploads, which come as forms and not as JSON."""

from typing import Any

import pytest

from tests.checks.judging import Checks
from tests.checks.shelf import FORM_HEADERS, TEXT, file, form
from tests.traces import CREATED, Call, call, error, trace

FILE, PURPOSE = ("file", TEXT, "pears.txt"), ("purpose", "assistants", None)
HOUR = ("expires_after[anchor]", "created_at", None)
JSON_HEADERS = (("authorization", "Bearer key"), ("content-type", "application/json"))


def seconds(told: str) -> tuple[str, str, None]:
    return ("expires_after[seconds]", told, None)


def sent(*parts: Any, answer: Any = None, status: int = 200, **changes: Any) -> Call:
    body: dict[str, Any] = {"sent": form(*parts), "request_headers": FORM_HEADERS} | changes
    return call("POST /files", file(), **body) if status == 200 else error("POST /files", status, **body)


BOUNDS = Checks("limits.request_bounds")


def judged(one: Call) -> tuple[set[str], set[str]]:
    """The requirements that were examined, and those that were violated."""
    return BOUNDS.examined(trace(one)), BOUNDS.tripped(trace(one))


BROKEN = {
    "no file": ("LIMIT-FILE-06", (PURPOSE,)),
    "no purpose": ("LIMIT-FILE-06", (FILE,)),
    "an answer's purpose": ("LIMIT-FILE-04", (FILE, ("purpose", "assistants_output", None))),
    "an empty purpose": ("LIMIT-FILE-04", (FILE, ("purpose", "", None))),
    "too soon": ("LIMIT-FILE-05", (FILE, PURPOSE, HOUR, seconds("3599"))),
    "too late": ("LIMIT-FILE-05", (FILE, PURPOSE, HOUR, seconds("2592001"))),
    "before it is made": ("LIMIT-FILE-05", (FILE, PURPOSE, HOUR, seconds("-1"))),
    "no number": ("LIMIT-FILE-05", (FILE, PURPOSE, HOUR, seconds("soon"))),
    "another anchor": ("LIMIT-FILE-05", (FILE, PURPOSE, ("expires_after[anchor]", "now", None), seconds("3600"))),
    "no anchor": ("LIMIT-FILE-05", (FILE, PURPOSE, seconds("3600"))),
    "an unknown field": ("LIMIT-SHAPE-02", (FILE, PURPOSE, ("colour", "green", None))),
}
KEPT = {
    "plain": (FILE, PURPOSE),
    "the earliest": (FILE, PURPOSE, HOUR, seconds("3600")),
    "the latest": (FILE, PURPOSE, HOUR, seconds("2592000")),
    **{
        purpose: (FILE, ("purpose", purpose, None))
        for purpose in ("batch", "fine-tune", "vision", "user_data", "evals")
    },
}


@pytest.mark.parametrize(("requirement", "parts"), BROKEN.values(), ids=BROKEN)
def test_a_form_that_breaks_a_bound_is_to_be_refused(requirement: str, parts: tuple[Any, ...]) -> None:
    assert judged(sent(*parts))[1] == {requirement}
    examined, violated = judged(sent(*parts, status=400))
    assert requirement in examined
    assert violated == set()


@pytest.mark.parametrize("parts", KEPT.values(), ids=KEPT)
def test_a_form_that_keeps_them_is_not(parts: tuple[Any, ...]) -> None:
    assert judged(sent(*parts)) == ({"LIMIT-VALID-01"}, set())


def test_an_upload_as_json_is_to_be_refused() -> None:
    one = {"sent": {"file": "x", "purpose": "assistants"}, "request_headers": JSON_HEADERS}
    assert judged(call("POST /files", file(created_at=CREATED), **one))[1] == {"LIMIT-FILE-06"}
    assert judged(error("POST /files", 400, **one))[1] == set()
    assert judged(error("POST /files", 415, **one))[1] == set()
    assert judged(error("POST /files", 422, **one))[1] == {"LIMIT-REFUSAL-01"}


@pytest.mark.parametrize("status", [200, 400])
def test_a_file_without_a_name_may_be_taken_or_refused(status: int) -> None:
    one = sent(("file", TEXT, None), PURPOSE, status=status, **({"code": "invalid_type"} if status == 400 else {}))
    assert judged(one) == (set(), set())


@pytest.mark.parametrize("body", [None, b"--fence\r\nhalf of it"])
def test_what_a_recorder_left_out_says_nothing(body: bytes | None) -> None:
    assert judged(call("POST /files", file(), sent=body, request_headers=FORM_HEADERS))[1] == set()
