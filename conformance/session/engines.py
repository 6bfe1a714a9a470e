"""What judges the portions of a feed: this process, several, or a cluster of Ray. All give the results in order.

A portion is judged by one function without a memory, so that a portion whose worker was lost is judged again.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any, Protocol, TypeAlias, TypeVar

Work = TypeVar("Work")
Made = TypeVar("Made")

Results: TypeAlias = Generator[Made, None, None]

AHEAD = 2
"""Portions for each worker that are judged or wait for it."""
RETRIES = 3
"""How often a portion is given to another worker, after one that was lost."""


class WorkersLost(Exception):
    """Workers ended again and again before they had judged a portion; the text says what to do."""


class Engine(Protocol):
    """Applies a function to pieces of work; None among them stands for a wait, in which what is ready is given out."""

    def map(self, function: Callable[[Work], Made], work: Iterable[Work | None]) -> Results[Made]:
        """The results in the order of the work; raises `WorkersLost`."""
        ...


class Here:
    """Judges in this process."""

    def map(self, function: Callable[[Work], Made], work: Iterable[Work | None]) -> Results[Made]:
        """Each result as it is asked for."""
        return (function(piece) for piece in work if piece is not None)


class Processes:
    """Judges in so many processes of this machine."""

    def __init__(self, count: int) -> None:
        self._count = count

    def map(self, function: Callable[[Work], Made], work: Iterable[Work | None]) -> Results[Made]:
        """The results in order; a pool that lost a process is replaced, and what it had not done is done again."""
        from concurrent.futures import Future, ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool
        from multiprocessing import get_context

        def pool() -> ProcessPoolExecutor:
            # Not a fork: a process that shows progress has threads.
            return ProcessPoolExecutor(self._count, get_context("spawn"), initializer=_leave_signals_to_parent)

        executor = pool()
        waiting: deque[tuple[Work, Future[Made]]] = deque()

        def renew() -> None:
            nonlocal executor
            executor.shutdown(wait=False, cancel_futures=True)
            executor = pool()
            again = [(piece, executor.submit(function, piece)) for piece, _ in waiting]
            waiting.clear()
            waiting.extend(again)

        def give(piece: Work) -> None:
            try:
                waiting.append((piece, executor.submit(function, piece)))
            except BrokenProcessPool:  # a process ended while there was nothing to do
                renew()
                waiting.append((piece, executor.submit(function, piece)))

        def first() -> Made:
            for _ in range(RETRIES):
                try:
                    return waiting[0][1].result()
                except BrokenProcessPool:
                    renew()
            raise WorkersLost(f"{RETRIES} times a process ended while it judged: out of memory? Try fewer (-j)")

        try:
            for piece in work:
                if piece is not None:
                    give(piece)
                while waiting and (len(waiting) > AHEAD * self._count or waiting[0][1].done()):
                    made = first()
                    waiting.popleft()
                    yield made
            while waiting:
                made = first()
                waiting.popleft()
                yield made
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


class Ray:
    """Judges on a cluster of Ray: the one that RAY_ADDRESS names, or one of this machine's processes."""

    def map(self, function: Callable[[Work], Made], work: Iterable[Work | None]) -> Results[Made]:
        """The results in order; Ray gives a portion whose worker was lost to another."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
        import ray

        ours = not ray.is_initialized()
        if ours:
            ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
        task = ray.remote(max_retries=RETRIES)(function)
        most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        try:
            for piece in work:
                if piece is not None:
                    waiting.append(task.remote(piece))
                while waiting and (len(waiting) > most or ray.wait([waiting[0]], timeout=0)[0]):
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            for reference in waiting:
                ray.cancel(reference)
            if ours:
                ray.shutdown()

    def _result(self, reference: Any) -> Any:
        import ray

        try:
            return ray.get(reference)
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as problem:
            raise WorkersLost(f"{RETRIES + 1} times a worker of Ray ended while it judged: {problem}") from None


def engine(name: str, jobs: int) -> Engine:
    """The engine of this name: `local`, with so many processes, or `ray`; raises ImportError where Ray is not there."""
    if name == "ray":
        from importlib.util import find_spec

        if find_spec("ray") is None:  # told before anything is read
            raise ImportError(name)
        return Ray()
    return Here() if jobs == 1 else Processes(jobs)


def _leave_signals_to_parent() -> None:
    """A worker goes on where its terminal is told to stop: the parent decides what is still judged."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
