"""The run engine: carries out, at its pace, what the scripted model decides.

All state changes happen on the event loop's thread. Work that takes time is a task of the run, which changes state only
between two waits: dropping the task, for a cancellation or an expiry, never leaves anything half done.
"""

from __future__ import annotations

import asyncio
import math
import sys
import traceback
from collections.abc import Coroutine
from typing import Any

from conformance.reference import model
from conformance.reference.clock import Clock
from conformance.reference.lifecycle import Lifecycle, tokens_spent
from conformance.reference.settings import Settings
from conformance.reference.store import Run


class _Halted(Exception):
    """The rest of the turn does not happen: the run is over, or waits for tool outputs."""


class Engine:
    """Works on the runs of one endpoint."""

    def __init__(self, lifecycle: Lifecycle, clock: Clock, settings: Settings) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._settings = settings
        self._active: dict[str, Run] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        clock.subscribe(self._on_jump)

    def start(self, run: Run) -> None:
        """Queue a new run and begin to work on it."""
        self._loop = asyncio.get_running_loop()
        self._active[run.id] = run
        run.timer = self._loop.call_later(run.value["expires_at"] - self._clock.exact() + 0.05, self.expire_due)
        self._lifecycle.created(run)
        self._work(run, self._turn(run))

    def resume(self, run: Run, outputs: dict[str, str]) -> None:
        """Go on with a run that waited for tool outputs, given all of them by call id."""
        self._lifecycle.accept_outputs(run, outputs)
        self._lifecycle.requeue(run)
        self._work(run, self._turn(run))

    def cancel(self, run: Run) -> None:
        """Accept a cancellation; it is carried out shortly after."""
        _drop_work(run)
        self._lifecycle.cancelling(run)
        self._work(run, self._cancellation(run))

    def expire_due(self) -> None:
        """Expire every run whose time is over."""
        now = self._clock.now()
        for run in list(self._active.values()):
            if run.value["expires_at"] <= now:
                self.expire_now(run.id)

    def expire_now(self, run_id: str) -> bool:
        """Let the time of one run be over, whatever the clock says; returns whether it was under way."""
        run = self._active.get(run_id)
        if run is None:
            return False
        _drop_work(run)
        self._lifecycle.expire(run)
        self._retire(run)
        return True

    def shut_down(self) -> None:
        """Stop all work and end all streams where they are."""
        for run in list(self._active.values()):
            _drop_work(run)
            run.channel.abandon()
            self._retire(run)

    def _on_jump(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.expire_due)

    def _work(self, run: Run, steps: Coroutine[Any, Any, None]) -> None:
        run.task = asyncio.get_running_loop().create_task(self._supervise(run, steps))

    async def _supervise(self, run: Run, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        except _Halted:
            pass
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self._lifecycle.fail(run, "server_error")
        if run.is_over:
            self._retire(run)

    def _retire(self, run: Run) -> None:
        self._active.pop(run.id, None)
        if run.timer is not None:
            run.timer.cancel()

    async def _cancellation(self, run: Run) -> None:
        await _pause(self._settings.pace)
        self._lifecycle.cancel(run)

    async def _turn(self, run: Run) -> None:
        await _pause(run.script.queue if run.script.queue and not run.rounds else self._settings.pace)
        self._lifecycle.begin(run)
        await _pause(self._settings.pace)
        messages = [record.value for record in run.thread.messages.values()]
        for move in model.turn(run.value, messages, run.script, run.rounds, run.outputs):
            match move:
                case model.Wait() | model.Fail():
                    await self._halt(run, move)
                case model.Say():
                    await self._say(run, move)
                case model.Call():
                    await self._call(run, move)
        self._lifecycle.complete(run)

    async def _halt(self, run: Run, move: model.Wait | model.Fail) -> None:
        if isinstance(move, model.Fail):
            self._lifecycle.fail(run, move.code)
            raise _Halted
        await _pause(move.seconds)

    async def _say(self, run: Run, move: model.Say) -> None:
        pieces = model.pieces(move.text) or [""]
        cap = run.value["max_completion_tokens"]
        allowed = len(pieces) if cap is None else max(cap - tokens_spent(run), 1)
        said = pieces[:allowed]
        self._lifecycle.open_message(run)
        for number, piece in enumerate(said, start=1):
            await _pause(self._settings.piece_pace)
            self._lifecycle.write(run, piece)
            if move.halt is not None and number == (len(said) + 1) // 2:
                await self._halt(run, move.halt)
        await _pause(self._settings.piece_pace)
        if len(said) < len(pieces):
            self._lifecycle.cut_off(run)
            raise _Halted
        self._lifecycle.close_message(run)
        self._lifecycle.close_step(run, "completed")
        await _pause(self._settings.piece_pace)

    async def _call(self, run: Run, move: model.Call) -> None:
        self._lifecycle.open_step(run, {"type": "tool_calls", "tool_calls": []})
        for name, arguments in move.functions:
            await _pause(self._settings.piece_pace)
            call = self._lifecycle.call(run, name)
            for part in _parts(arguments):
                await _pause(self._settings.piece_pace)
                self._lifecycle.argue(run, call, part)
        self._lifecycle.require_outputs(run)
        raise _Halted


def _drop_work(run: Run) -> None:
    if run.task is not None:
        run.task.cancel()
        run.task = None


async def _pause(seconds: float) -> None:
    if math.isinf(seconds):
        await asyncio.Event().wait()
    await asyncio.sleep(seconds)


def _parts(arguments: str) -> list[str]:
    """Arguments in at least two parts of a few tokens each."""
    size = max(1, min(8, (len(arguments) + 1) // 2))
    return [arguments[start : start + size] for start in range(0, len(arguments), size)]
