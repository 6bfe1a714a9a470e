"""Signs are seen where they are, and nowhere else."""

from typing import Any

import pytest

from conformance.issues.oracle import BadSign, Observed, Sign, slope
from conformance.issues.server import LoggedExchange
from conformance.proof.interception import Request, parse_json


def sent(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> LoggedExchange:
    request = Request(method, path, {}, headers or {}, body, len(body), parse_json(body))
    return LoggedExchange(request, 200, "application/json", b"{}")


@pytest.mark.parametrize(
    ("rule", "signals", "seen"),
    [
        ({"signal": "a.b", "is": 1}, {"a": {"b": 1}}, True),
        ({"signal": "a.b", "is": 1}, {"a": {"b": 2}}, False),
        ({"signal": "a.b", "is": None}, {"a": {}}, False),
        ({"signal": "a.1.0", "is": "x"}, {"a": [["w"], ["x"]]}, True),
        ({"signal": "a", "not": "x"}, {}, True),
        ({"signal": "a", "not": "x"}, {"a": "x"}, False),
        ({"signal": "a", "absent": True}, {}, True),
        ({"signal": "a", "absent": False}, {}, False),
        ({"signal": "a", "matches": "b.d"}, {"a": "ab\ndc"}, True),
        ({"signal": "a", "matches": "b"}, {"a": 3}, False),
        ({"signal": "a", "at_least": 3}, {"a": 3}, True),
        ({"signal": "a", "at_least": 3}, {"a": True}, False),
        ({"signal": "a", "at_most": 3}, {"a": 4}, False),
        ({"slope": "a", "at_least": 5}, {"a": [10, 20, 30, 40, 50, 60]}, True),
        ({"slope": "a", "at_least": 5}, {"a": [10, 90, 91, 90, 91, 90]}, False),
        ({"slope": "a", "at_least": 0}, {"a": [1, 2]}, False),
        ({"hangs": True}, {}, False),
    ],
)
def test_signals(rule: dict[str, Any], signals: dict[str, Any], seen: bool) -> None:
    assert Sign(rule).seen(Observed(signals)) is seen


def test_a_probe_that_was_cut_off_hangs() -> None:
    assert Sign({"hangs": True}).seen(Observed({}, hung=True))


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ({"sent": "POST /files", "times": 2}, True),
        ({"sent": "POST /files", "times": 1}, False),
        ({"sent": "GET /files/*", "times": 0}, True),
        ({"sent": "any", "at_least": 3}, True),
        ({"sent": "POST /files", "times": 1, "with": {"body.a": None}}, True),
        ({"sent": "POST /files", "times": 1, "without": ["body.a"]}, True),
        ({"sent": "POST /files", "times": 2, "without": ["header.x-probe"]}, False),
    ],
)
def test_requests(rule: dict[str, Any], seen: bool) -> None:
    log = (
        sent("POST", "/files", b'{"a": null}', {"x-probe": "yes"}),
        sent("POST", "/files", b"not json"),
        sent("GET", "/threads/thread_1/runs"),
    )
    assert Sign(rule).seen(Observed({}, log)) is seen


@pytest.mark.parametrize("rule", [{}, {"signal": "a"}, {"signal": "a", "hangs": True}, {"signal": "a", "equals": 1}])
def test_a_sign_that_says_nothing_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(BadSign):
        Sign(rule)


def test_the_slope_is_that_of_the_settled_part() -> None:
    assert slope([0, 500, 500, 503, 506, 509]) == pytest.approx(3)
