"""The run engine: carries out, at its pace, what the scripted model decides.

All state changes happen on the event loop's thread. Work that takes time is a task of the run, which changes state only
between two waits: dropping the task, for a cancellation or an expiry, never leaves anything half done.
"""

import asyncio
import math
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from conformance.reference import scripted_model
from conformance.reference.clock import Clock
from conformance.reference.hosted_tools import HostedTools
from conformance.reference.lifecycle import Lifecycle
from conformance.reference.objects import Json
from conformance.reference.settings import Settings
from conformance.reference.store import Run
from conformance.reference.token_usage import tokens_spent
from conformance.reference.tool_results import annotated

_MAX_POLLS = 250


class _TurnEnded(Exception):
    """The rest of the turn does not happen: the run is over, or waits for tool outputs."""


class Engine:
    """Works on the runs of one endpoint."""

    def __init__(self, lifecycle: Lifecycle, hosted: HostedTools, clock: Clock, settings: Settings) -> None:
        self._lifecycle = lifecycle
        self._hosted = hosted
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
        self._work(run, self._turn)

    def resume(self, run: Run, outputs: dict[str, str]) -> None:
        """Go on with a run that waited for tool outputs, given all of them by call id."""
        self._lifecycle.accept_outputs(run, outputs)
        self._lifecycle.requeue(run)
        self._work(run, self._turn)

    def cancel(self, run: Run) -> None:
        """Accept a cancellation; it is carried out shortly after."""
        _drop_work(run)
        self._lifecycle.cancelling(run)
        self._work(run, self._cancellation)

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

    def _work(self, run: Run, steps: Callable[[Run], Coroutine[Any, Any, None]]) -> None:
        run.task = asyncio.get_running_loop().create_task(self._supervise(run, steps))

    async def _supervise(self, run: Run, steps: Callable[[Run], Coroutine[Any, Any, None]]) -> None:
        try:
            await steps(run)  # made here: a task that is dropped before its first step leaves nothing unawaited
        except _TurnEnded:
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
        if self._lifecycle.prompt_is_too_long(run):
            self._lifecycle.cut_off(run, "max_prompt_tokens")
            return
        await self._until_indexed(run)
        for action in scripted_model.turn(self._context(run)):
            match action:
                case scripted_model.Wait() | scripted_model.Fail():
                    await self._halt(run, action)
                case scripted_model.WriteMessage():
                    await self._say(run, action)
                case scripted_model.Search():
                    await self._search(run, action)
                case scripted_model.RunCode():
                    await self._execute(run, action)
                case scripted_model.Call():
                    await self._call(run, action)
        self._lifecycle.complete(run)

    async def _until_indexed(self, run: Run) -> None:
        """Wait for files that are still indexed, but not for good: the real service waits up to a minute."""
        for _ in range(_MAX_POLLS):
            if not self._hosted.is_indexing(run):
                break
            await _pause(self._settings.pace)

    def _context(self, run: Run) -> scripted_model.TurnContext:
        return scripted_model.TurnContext(
            run.value,
            [record.value for record in run.thread.messages.values()],
            run.script,
            run.rounds,
            run.outputs,
            any(store.shown["file_counts"]["completed"] for store in self._hosted.stores(run)),
            [(file.id, file.value["bytes"]) for file in self._hosted.files(run)],
            run.tool_results,
        )

    async def _halt(self, run: Run, action: scripted_model.Wait | scripted_model.Fail) -> None:
        if isinstance(action, scripted_model.Fail):
            if action.as_error:
                self._lifecycle.publish_error(run)
            self._lifecycle.fail(run, action.code)
            raise _TurnEnded
        await _pause(action.seconds)

    async def _say(self, run: Run, action: scripted_model.WriteMessage) -> None:
        pieces = _pieces(action) or [("", None)]
        cap = run.value["max_completion_tokens"]
        said = pieces if cap is None else _affordable(pieces, cap - tokens_spent(run))
        self._lifecycle.open_message(run)
        for picture in action.pictures:
            await _pause(self._settings.piece_pace)
            self._lifecycle.show(run, picture)
        for number, (piece, annotation) in enumerate(said, start=1):
            await _pause(self._settings.piece_pace)
            self._lifecycle.write(run, piece, annotation)
            if action.halt is not None and number == (len(said) + 1) // 2:
                await self._halt(run, action.halt)
        await _pause(self._settings.piece_pace)
        if len(said) < len(pieces):
            self._lifecycle.cut_off(run)
            raise _TurnEnded
        self._lifecycle.close_message(run)
        self._lifecycle.close_step(run, "completed")
        await _pause(self._settings.piece_pace)

    async def _search(self, run: Run, action: scripted_model.Search) -> None:
        self._lifecycle.open_step(run, {"type": "tool_calls", "tool_calls": []})
        await _pause(self._settings.piece_pace)
        call = self._lifecycle.search_call(run, action.tool["file_search"]["ranking_options"])
        if action.halt is not None:
            await self._halt(run, action.halt)
        await _pause(self._settings.piece_pace)
        results = self._hosted.search(run, action.tool, action.query)
        call["file_search"]["results"] = results
        run.tool_results.passages += results
        self._lifecycle.close_step(run, "completed")
        await _pause(self._settings.piece_pace)

    async def _execute(self, run: Run, action: scripted_model.RunCode) -> None:
        program = action.program
        self._lifecycle.open_step(run, {"type": "tool_calls", "tool_calls": []})
        call = self._lifecycle.code_call(run)
        for part in scripted_model.pieces(program.source):
            await _pause(self._settings.piece_pace)
            self._lifecycle.add_code(run, call, part)
        if action.halt is not None:
            await self._halt(run, action.halt)
        await _pause(self._settings.piece_pace)
        outputs: list[Json] = [] if program.logs is None else [{"type": "logs", "logs": program.logs}]
        for content in program.pictures:
            run.tool_results.pictures.append(self._hosted.keep("plot.png", content))
            outputs.append({"type": "image", "image": {"file_id": run.tool_results.pictures[-1]}})
        for name, content in program.files:
            run.tool_results.files[name] = self._hosted.keep(name, content)
        run.tool_results.logs += [program.logs] if program.logs else []
        if outputs:
            self._lifecycle.add_outputs(run, call, outputs)
        self._lifecycle.close_step(run, "completed")
        await _pause(self._settings.piece_pace)

    async def _call(self, run: Run, action: scripted_model.Call) -> None:
        self._lifecycle.open_step(run, {"type": "tool_calls", "tool_calls": []})
        for name, arguments in action.functions:
            await _pause(self._settings.piece_pace)
            call = self._lifecycle.call(run, name)
            for part in _parts(arguments):
                await _pause(self._settings.piece_pace)
                self._lifecycle.add_arguments(run, call, part)
        self._lifecycle.require_outputs(run)
        raise _TurnEnded


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


def _pieces(action: scripted_model.WriteMessage) -> list[tuple[str, Json | None]]:
    """What a message is streamed in; a mark comes in one piece, with its annotation."""
    return [
        (piece, annotation)
        for part, annotation in annotated(action.text, action.marks)
        for piece in ([part] if annotation else scripted_model.pieces(part))
    ]


def _affordable(pieces: list[tuple[str, Json | None]], allowed: int) -> list[tuple[str, Json | None]]:
    """As many pieces as a number of tokens pays for; at least one."""
    said: list[tuple[str, Json | None]] = []
    for piece, annotation in pieces:
        allowed -= scripted_model.tokens(piece)
        if allowed < 0 and said:
            break
        said.append((piece, annotation))
    return said
