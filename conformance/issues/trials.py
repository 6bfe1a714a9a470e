"""Trials: issues by releases, several releases at the same time, one process each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event

from conformance.issues.catalogue import Issue
from conformance.issues.cell import Cell, Shown, try_out
from conformance.issues.environments import NoEnvironment, cached, environment
from conformance.issues.sdk import Sdk
from conformance.issues.worker import Worker


@dataclass(frozen=True)
class Trials:
    """What is to be tried out: these issues on these releases."""

    issues: tuple[Issue, ...]
    sdks: tuple[Sdk, ...]
    remedies: bool = True

    def __len__(self) -> int:
        return len(self.issues) * len(self.sdks)


def carry_out(
    trials: Trials, told: Callable[[Cell], None], jobs: int = 2, installing: Callable[[Sdk], None] = lambda _: None
) -> tuple[Cell, ...]:
    """Try everything out; `told` is called with each cell as it comes, from this thread.

    `installing` hears, from another thread, of each release that is fetched because the cache does not have it.
    Cells are in order of the issues and releases asked for. A release that cannot be installed has the reason in each
    of its cells. Ctrl-C ends the processes and goes on as KeyboardInterrupt.
    """
    found: dict[tuple[str, Sdk], Cell] = {}
    stopping = Event()

    def note(cell: Cell) -> None:
        found[cell.key, cell.sdk] = cell

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting: dict[Future[None], Sdk] = {}
        fresh: list[Cell] = []
        for sdk in trials.sdks:
            waiting[pool.submit(_one_release, trials, sdk, fresh.append, installing, stopping)] = sdk
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    del waiting[future]
                    future.result()
                while fresh:
                    cell = fresh.pop(0)
                    note(cell)
                    told(cell)
        except BaseException:
            stopping.set()
            for future in waiting:
                future.cancel()
            raise
        for cell in fresh:
            note(cell)
            told(cell)
    return tuple(found[issue.key, sdk] for issue in trials.issues for sdk in trials.sdks)


def _one_release(
    trials: Trials, sdk: Sdk, told: Callable[[Cell], None], installing: Callable[[Sdk], None], stopping: Event
) -> None:
    try:
        if cached(sdk) is None:
            installing(sdk)
        place = environment(sdk)
        place.program  # noqa: B018 - raises where Node is missing
    except NoEnvironment as problem:
        for issue in trials.issues:
            told(Cell(issue.key, sdk, Shown.COULD_NOT_RUN, str(problem)))
        return
    with Worker(place) as worker:
        for issue in sorted(trials.issues, key=lambda one: one.own_process):
            if stopping.is_set():
                return
            told(try_out(issue, sdk, worker, remedies=trials.remedies))
