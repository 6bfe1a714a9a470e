"""A missing operation is told from a missing object by what servers really answer."""

from __future__ import annotations

import pytest

from conformance.scenarios.kit.missing_operations import is_missing_operation
from conformance.trace.exchange import Exchange, Request, Response

PATH = "http://x/v1/threads/thread_1/runs/run_1"


def _missing(status: int, body: str) -> bool:
    return is_missing_operation(Exchange(1, Request("GET", PATH), Response(status, body=body.encode())))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, ""),
        (404, '{"detail":"Not Found"}'),
        (404, '{"error": "Not Found"}'),
        (404, "404 page not found\n"),
        (404, "Not Found"),
        (404, "<!DOCTYPE html>\n<html><body>Cannot GET /v1/threads</body></html>"),
        (404, "Cannot GET /v1/threads/thread_1/runs/run_1"),
        (404, '{"error": {"message": "Invalid URL (GET /v1/threads/thread_1)", "type": "invalid_request_error"}}'),
        (405, '{"detail":"Method Not Allowed"}'),
        (501, '{"error": {"message": "not implemented"}}'),
    ],
)
def test_an_operation_that_is_not_there(status: int, body: str) -> None:
    assert _missing(status, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "{}"),
        (400, '{"detail":"Not Found"}'),
        (404, '{"detail":"Thread thread_1 not found"}'),
        (404, '{"detail":"Thread not found"}'),
        (404, '{"error": {"message": "No thread found with id \'thread_1\'.", "type": "invalid_request_error"}}'),
        (404, '{"error": {"message": "Not Found", "code": null}}'),
        (500, ""),
    ],
)
def test_an_object_that_is_not_there_or_another_answer(status: int, body: str) -> None:
    assert not _missing(status, body)


def test_no_answer_says_nothing() -> None:
    assert not is_missing_operation(Exchange(1, Request("GET", PATH), None, failure="no connection"))
