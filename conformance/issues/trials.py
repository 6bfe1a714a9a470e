"""Trials: issues by releases, several releases at the same time, one process each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event

from conformance.issues.catalogue import Issue
from conformance.issues.cell import Cell, Outcome, run_trial
from conformance.issues.environments import NoEnvironment, cached, environment
from conformance.issues.sdk import Sdk
from conformance.issues.worker import Worker


@dataclass(frozen=True)
class Trials:
    """These issues on these releases."""

    issues: tuple[Issue, ...]
    sdks: tuple[Sdk, ...]
    workarounds: bool = True

    def __len__(self) -> int:
        return len(self.issues) * len(self.sdks)


def run_trials(
    trials: Trials, done: Callable[[Cell], None], jobs: int = 2, installing: Callable[[Sdk], None] = lambda _: None
) -> tuple[Cell, ...]:
    """Run all trials; `done` is called with each cell as it comes, from this thread.

    `installing` is called, from another thread, for each release that is fetched because the cache does not have it.
    Cells are in order of the issues and releases asked for. A release that cannot be installed has the reason in each
    of its cells. Ctrl-C ends the processes and goes on as KeyboardInterrupt.
    """
    found: dict[tuple[str, Sdk], Cell] = {}
    cells: SimpleQueue[Cell | None] = SimpleQueue()  # None: the trials of a release are over
    stopping = Event()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(_run_release, trials, sdk, cells.put, installing, stopping) for sdk in trials.sdks]
        for future in futures:
            future.add_done_callback(lambda _: cells.put(None))
        try:
            running = len(futures)
            while running:
                cell = cells.get()
                if cell is None:
                    running -= 1
                else:
                    found[cell.key, cell.sdk] = cell
                    done(cell)
            for future in futures:
                future.result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return tuple(found[issue.key, sdk] for issue in trials.issues for sdk in trials.sdks)


def _run_release(
    trials: Trials, sdk: Sdk, done: Callable[[Cell], None], installing: Callable[[Sdk], None], stopping: Event
) -> None:
    try:
        if cached(sdk) is None:
            installing(sdk)
        place = environment(sdk)
        place.program  # noqa: B018 - raises where Node is missing
    except NoEnvironment as problem:
        for issue in trials.issues:
            done(Cell(issue.key, sdk, Outcome.COULD_NOT_RUN, str(problem)))
        return
    with Worker(place) as worker:
        for issue in sorted(trials.issues, key=lambda one: one.own_process):
            if stopping.is_set():
                return
            done(run_trial(issue, sdk, worker, workarounds=trials.workarounds))
