"""Deleting what a run made on an endpoint that limits requests or answers without a body."""

import os
import signal
import socket
import sys
import time

import pytest

from conformance import contract
from conformance.client import interrupt
from conformance.client.cleanup import NOT_ASKED, delete_leftovers
from conformance.client.ledger import Ledger
from conformance.client.target import Target, load_profile
from tests.limits import HANG
from tests.servers import Behaviour, always, answer, serving

GONE = answer("204 No Content", b"")


def busy(seconds: str) -> bytes:
    return answer("429 Too Many Requests", b'{"error": {"message": "Slow down."}}', headers={"Retry-After": seconds})


def swept(
    behave: Behaviour, count: int, *, until: float | None = None, retry_seconds: float = 10.0
) -> tuple[list[str], float]:
    """The ids that stayed of so many threads, and how long the cleanup took, in seconds."""
    with serving(behave) as url:
        book = Ledger(url)
        for number in range(count):
            book.made("createThread", {"id": f"thread_{number}"})
        begun = time.monotonic()
        target = Target(url, load_profile("generic"), timeout=HANG)
        stayed = delete_leftovers(target, contract.load(), book, book.leftovers, until, retry_seconds)
        took = time.monotonic() - begun
    assert book.leftovers == list(stayed)
    return [left.id for left in stayed], took


def test_each_third_request_refused_leaves_nothing() -> None:
    turns = iter(range(1000))

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(busy("0") if next(turns) % 3 == 2 else GONE)

    assert swept(behave, 7)[0] == []


def test_as_long_is_waited_as_the_endpoint_asks() -> None:
    answers = [busy("1"), GONE]
    stayed, took = swept(lambda connection, _: connection.sendall(answers.pop(0)), 1)
    assert stayed == []
    assert 1.0 <= took < HANG


@pytest.mark.parametrize("seconds", ["0", "86400", "9" * 6000, "\xb2", "Wed, 21 Oct 2026 07:28:00 GMT", "-1"])
def test_patience_ends(seconds: str) -> None:
    refused = busy(seconds)
    stayed, took = swept(lambda connection, _: connection.sendall(refused), 2, retry_seconds=1.2)
    assert stayed == ["thread_1", "thread_0"]
    assert took < HANG


def test_no_wait_goes_beyond_the_moment_that_was_set() -> None:
    refused = busy("3600")
    moment = time.monotonic() + HANG
    stayed, took = swept(lambda connection, _: connection.sendall(refused), 2, until=moment, retry_seconds=7200.0)
    assert len(stayed) == 2
    assert took < HANG


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (always("500 Internal Server Error"), "its deletion was answered 500"),
        (always(body=b'{"deleted": false}'), "its deletion was answered 200 with deleted: false"),
        (always(body=b'{"deleted": true}'), None),
        (always("404 Not Found"), None),
        (lambda connection, _: None, "its deletion was not answered"),
    ],
)
def test_why_something_may_have_stayed_is_told(behave: Behaviour, why: str | None) -> None:
    with serving(behave) as url:
        book = Ledger(url)
        for number in range(2):
            book.made("createThread", {"id": f"thread_{number}"})
        target = Target(url, load_profile("generic"), timeout=HANG)
        told = [*delete_leftovers(target, contract.load(), book, book.leftovers).values()]
    if why is None:
        assert told == []
    else:
        assert told[0].startswith(why)
        assert told[1] in (told[0], NOT_ASKED)


def test_another_refusal_is_not_waited_out() -> None:
    stayed, took = swept(always("403 Forbidden", headers={"Retry-After": "600"}), 3, retry_seconds=7200.0)
    assert len(stayed) == 3
    assert took < HANG


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_stop_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt, "_state", interrupt._State())
    refused = busy("3600")

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(refused)
        os.kill(os.getpid(), signal.SIGTERM)

    with interrupt.stoppable():
        stayed, took = swept(behave, 1, retry_seconds=7200.0)
    assert stayed == ["thread_0"]
    assert took < HANG
