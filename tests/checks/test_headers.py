"""The beta header: what is taken without it is told, where the operation wants it."""

import pytest

from tests.checks.judging import Checks
from tests.traces import Call, call, error, listing, trace

KEY = ("authorization", "Bearer key")
BETA = Checks("headers.beta")


def _tripped(one: Call) -> set[str]:
    return BETA.tripped(trace(one))


@pytest.mark.parametrize(
    ("headers", "requirement"),
    [
        ((KEY,), "HDR-BETA-01"),
        ((KEY, ("OpenAI-Beta", "assistants=v1")), "HDR-BETA-02"),
        ((KEY, ("OpenAI-Beta", "assistants=v3")), "HDR-BETA-03"),
        ((KEY, ("OpenAI-Beta", "")), "HDR-BETA-03"),
    ],
)
def test_taken_without_the_header_or_with_the_closed_one(
    headers: tuple[tuple[str, str], ...], requirement: str
) -> None:
    assert _tripped(call("GET /assistants", listing(), request_headers=headers)) == {requirement}
    assert _tripped(error("GET /assistants", 400, request_headers=headers)) == set()
    assert _tripped(error("GET /assistants", 401, request_headers=headers)) == set()
    assert _tripped(error("GET /assistants", 404, request_headers=headers)) == {requirement}


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_a_refusal_before_the_header_is_looked_at_says_nothing_about_it(status: int) -> None:
    assert _tripped(error("GET /assistants", status, request_headers=(KEY,))) == set()


@pytest.mark.parametrize(
    "label", ["GET /assistants?api-version=2024-05-01-preview", "GET /vector_stores", "GET /files"]
)
def test_where_nobody_asks_for_it(label: str) -> None:
    assert _tripped(call(label, listing(), request_headers=(KEY,))) == set()


@pytest.mark.parametrize(
    "header", [("OPENAI-BETA", "assistants=v2"), ("openai-beta", "realtime=v1, assistants=v2")], ids=["case", "others"]
)
def test_with_the_header_in_any_case_and_among_others(header: tuple[str, str]) -> None:
    assert _tripped(call("GET /assistants", listing(), request_headers=(KEY, header))) == set()


def test_every_exchange_is_looked_at_whatever_stands_before_it() -> None:
    """One that needs no header, one that goes nowhere, one of Azure's and one with the header say nothing."""
    header = (KEY, ("OpenAI-Beta", "assistants=v2"))
    before = (
        call("GET /models", listing(), request_headers=(KEY,)),
        error("GET /nowhere", 404, request_headers=(KEY,)),
        call("GET /assistants?api-version=2024-05-01-preview", listing(), request_headers=(KEY,)),
        call("GET /assistants", listing(), request_headers=header),
    )
    judgement = BETA.judged(trace(*before, call("GET /assistants", listing(), request_headers=(KEY,))))
    assert [(finding.requirement, finding.where.exchange) for finding in judgement.findings] == [("HDR-BETA-01", 5)]
