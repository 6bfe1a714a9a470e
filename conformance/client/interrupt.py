"""Ending a run from outside: Ctrl-C or SIGTERM stops it in order, a second one at once.

In order: the answer in flight may still come (what it made is then known), what its scenario made is deleted, and the
report is written. That takes two seconds beside an endpoint that hangs, and never longer than `LONGEST`. Only a
scenario is ever broken off: pytest and what reports are never see an exception out of nowhere. The state is the
process's, as signals are.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

ANSWER = 1.0
"""Seconds that the answer in flight is still waited for."""
CLEANING = 1.5
"""Seconds, from the signal on, within which what the scenario made is deleted; the ledger keeps the rest."""
EVIDENCE = 1.75
"""Seconds, from the signal on, within which evidence of what was found is still begun to be written."""
LONGEST = 8.0
"""Seconds after which the run ends without its report; CI systems kill what is still there after 10."""
ECHO = 0.25
"""Seconds in which the same signal is the same wish: `timeout` and shells tell a process and its group."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class _State:
    signal: int | None = None
    moment: float = 0.0
    until: float | None = None
    breakable: bool = True
    listeners: list[Callable[[], None]] = field(default_factory=list)
    last_words: str = ""
    killers: list[Callable[[], None]] = field(default_factory=list)


_state = _State()


def asked() -> bool:
    """Whether the run was asked to stop."""
    return _state.signal is not None


def last_moment() -> float | None:
    """After a stop was asked for: the moment of `time.monotonic` beyond which no byte is waited for, in any thread."""
    return _state.until


def leaves_time() -> bool:
    """Whether there is time for more than the report; there is where nobody asked to stop."""
    return not asked() or time.monotonic() < _state.moment + EVIDENCE


def exit_code() -> int | None:
    """What a program ended by this signal exits with (130 or 143); None where nobody asked."""
    return None if _state.signal is None else 128 + _state.signal


def take_signals() -> None:
    """From now on SIGTERM ends this program as Ctrl-C does: with a word, and with what is due before the end."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def stoppable(last_words: str = "") -> Iterator[None]:
    """Take signals in order within the block; `last_words` are told where it has to end at once.

    Only what stands in a `breakable` block is broken off; the rest looks whether it was `asked` to stop.
    Outside the main thread, and for signals that are ignored (as by `nohup` or in the background), nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _state
    before, _state = _state, _State(breakable=False, last_words=last_words)
    if before.signal is not None:  # it came so early that nobody heard
        _begin(before.signal, time.monotonic())
    taken: dict[signal.Signals, Any] = {
        number: signal.signal(number, _take) for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN
    }
    if sys.platform != "win32":
        taken[signal.SIGALRM] = signal.signal(signal.SIGALRM, _too_late)
    try:
        yield
    finally:
        _alarm(0)
        for number, handler in taken.items():
            signal.signal(number, handler)
        ended, _state = _state, before
        _state.signal = ended.signal if _state.signal is None else _state.signal


@contextmanager
def finishing() -> Iterator[None]:
    """Within the block, which writes the report, no signal changes anything."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _alarm(0)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred() -> Iterator[None]:
    """A stop that is asked for within the block breaks off only at its end."""
    try:
        with _breakable(False):
            yield
    finally:
        _break_off()


@contextmanager
def breakable() -> Iterator[None]:
    """A scenario goes on within the block: a stop breaks it off, as `KeyboardInterrupt`.

    It is raised at the end of the block too: Python drops what is raised while it takes an object down, and an answer
    that was cut off must not be judged.
    """
    with _breakable(True):
        _break_off()
        try:
            yield
        finally:
            _break_off()


@contextmanager
def _breakable(may_be: bool) -> Iterator[None]:
    before, _state.breakable = _state.breakable, may_be
    try:
        yield
    finally:
        _state.breakable = before


@contextmanager
def listening(stop: Callable[[], None], kill: Callable[[], None]) -> Iterator[None]:
    """Within the block a stop is passed on to `stop`, an end at once to `kill`; both are called in a signal handler."""
    _state.listeners.append(stop)
    _state.killers.append(kill)
    try:
        yield
    finally:
        _state.listeners.remove(stop)
        _state.killers.remove(kill)


def clean_up() -> None:
    """A scenario is over and deletes what it made: after a stop within `CLEANING` seconds."""
    if asked():
        _state.until = _state.moment + CLEANING


def install_worker_handlers() -> None:
    """In a worker process: only the run that it works for stops it, by SIGTERM; Ctrl-C reaches it through that."""
    _state.breakable = False
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _take_quietly)


def _interrupt(number: int, _: FrameType | None) -> None:
    if _state.signal is None:
        _say("stopping")
    _state.signal = number
    raise KeyboardInterrupt


def _take(number: int, _: FrameType | None) -> None:
    now = time.monotonic()
    if _state.signal is not None:
        if number != _state.signal or now - _state.moment > ECHO:
            _end_now("stopped at once")
        return
    if number == signal.SIGINT:
        _say("stopping; the report of what was judged follows. Ctrl-C again stops at once, without it")
    else:
        _say("stopping, as SIGTERM asks; the report of what was judged follows")
    _alarm(LONGEST)
    _begin(number, now)


def _take_quietly(number: int, _: FrameType | None) -> None:
    if _state.signal is None:
        _begin(number, time.monotonic())


def _begin(number: int, now: float) -> None:
    _state.signal, _state.moment = number, now
    _state.until = now + ANSWER
    for listener in _state.listeners:
        listener()
    _break_off()


def _break_off() -> None:
    if _state.breakable and asked():
        raise KeyboardInterrupt


def _too_late(*_: object) -> None:
    _end_now(f"stopping took longer than {LONGEST:g} s")


def _end_now(why: str) -> None:
    """Leave without a report: what was judged is in the journal already, whatever this process was about to do."""
    for kill in _state.killers:
        kill()
    words = f"; {_state.last_words}" if _state.last_words else ""
    _say(f"{why}, without a report{words}")
    os._exit(exit_code() or 1)


def _say(text: str) -> None:
    """A line on the screen, past all buffers, which a signal handler must not touch; a bar there is wiped away."""
    bar = "\r\x1b[2K\x1b[?25h" if os.isatty(2) else ""
    with suppress(OSError):
        os.write(2, f"{bar}assistants-conformance: {text}\n".encode(errors="backslashreplace"))


def _alarm(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)
