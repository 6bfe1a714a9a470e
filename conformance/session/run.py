"""A run: reach the target, drive every scenario through pytest, conclude, and hand back the report."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from io import StringIO
from pathlib import Path

from conformance import contract
from conformance.client import interrupt
from conformance.evidence.safe_files import NotWritten
from conformance.report.conclusion import counted
from conformance.report.model import Header, Report
from conformance.session.assembly import report_of
from conformance.session.attempt import Outcome, ScenarioRecord, failing
from conformance.session.controller import Controller, Watcher
from conformance.session.preflight import problem_with, wait_for
from conformance.session.presence import settle
from conformance.session.selection import Selection
from conformance.session.selection import save as save_coverage
from conformance.session.settings import RunSettings


@dataclass(frozen=True)
class RunOptions:
    """How a run is to be carried out and told: parallel jobs, the command as typed, who watches, who keeps records."""

    command: str
    watcher: Watcher
    journal: Callable[[ScenarioRecord], None]
    jobs: int = 1
    wait: float = 0.0
    """Seconds that an endpoint is given to answer for the first time."""
    earlier: tuple[ScenarioRecord, ...] = ()
    """What an interrupted run has brought already; those scenarios are not driven again."""
    besides: Callable[[str], bool] = lambda requirement: False
    """Which requirements belong into the report where they fail, besides those that the run is about."""


def run(settings: RunSettings, options: RunOptions) -> Report:
    """Run the scenarios and conclude. Raises nothing for the endpoint's sake: what went wrong stands in the report.

    Raises `UnknownSelection` where `--only` names nothing.
    """
    begun, started = time.monotonic(), datetime.now(UTC)
    selection, spec = settings.selection, settings.spec
    controller = Controller(options.watcher, selection, options.journal)
    controller.records += options.earlier
    settings = replace(settings, done=tuple(record.scenario for record in options.earlier))
    interrupted, problem = False, None
    with ExitStack() as stack:
        stack.callback(options.watcher.stop)
        if settings.simulated:
            settings = replace(settings, ledger=None)
        elif spec.ended:
            # what an embedded endpoint holds ends with the run, so no ledger
            url = stack.enter_context(embedded(settings.target.key))
            settings = replace(settings, target=replace(settings.target, url=url), ledger=None)
        try:
            with interrupt.breakable():
                offline = settings.replay or settings.simulated
                if options.wait and not offline:
                    wait_for(settings.target, options.wait, options.watcher.remark)
                problem = None if offline else problem_with(settings.target, settings.ledger)
            if problem is None:
                interrupted = _drive(settings, controller, options.jobs)
                problem = controller.trouble[0] if controller.trouble else None
        except KeyboardInterrupt:
            interrupted = True
    records = settle(sorted(controller.records, key=lambda record: record.scenario))
    written = {record.scenario: list(record.examined) for record in records if not record.unwritten}
    if settings.record and written and problem is None and not interrupted:
        try:
            save_coverage(written, settings.record)
        except NotWritten as unwritten:
            problem = f"which scenario exercises what was not written: {unwritten}"
    problem = problem or _unwritten(records)
    header = Header(
        version=version("assistants-conformance"),
        mode="replay" if settings.replay else "live",
        target=f"cassettes {settings.replay.name}"
        if settings.replay
        else settings.target.url or settings.target.profile.name,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 2),
        command=options.command,
        problem=problem,
        interrupted=interrupted,
        notes=_notes(settings, selection, records),
        part=settings.part,
        profile="" if settings.replay else spec.profile,
        model="" if settings.replay else spec.model,
    )
    failed = {name for record in records for name in failing(record.found, contract.load())}
    selection = selection.reporting(filter(options.besides, failed))
    return report_of(header, records, selection, rerun=spec.rerun, ended=spec.ended)


def _unwritten(records: list[ScenarioRecord]) -> str | None:
    """Which cassettes are missing of those that were asked for, told once; None where all are there."""
    missing = [record for record in records if record.unwritten]
    if not missing:
        return None
    first, others = missing[0], f"; nor were {len(missing) - 1:,} others" if len(missing) > 1 else ""
    return f"the cassette was not written of {first.scenario}: {first.unwritten}{others}"


def _notes(settings: RunSettings, selection: Selection, records: list[ScenarioRecord]) -> tuple[str, ...]:
    """Which part of a run this is, and what a profile that knows what the endpoint can be told to do would add."""
    notes = []
    if settings.shard:
        part = f"shard {settings.shard}, {counted(len(selection.scenarios or ()), 'scenario')}"
        notes.append(f"{part}: assistants-conformance report merge puts the shards together")
    left = sum(record.outcome == Outcome.NOT_OFFERED for record in records)
    if not left or settings.replay or settings.target.profile.capabilities:
        return tuple(notes)
    what = f"{counted(left, 'scenario')} {'needs' if left == 1 else 'need'} an endpoint that can be told what to do"
    own = "The suite's own can (serve --clock): add --profile reference for that one"
    return (*notes, f"{what}. {own}; profile new URL finds out what another can.")


def _drive(settings: RunSettings, controller: Controller, jobs: int) -> bool:
    """Run pytest over the scenarios; returns whether it was stopped before all were driven."""
    import pytest

    from conformance.session.workers import Workers

    folder = Path(__file__).parents[1] / "scenarios"
    options = [
        *("-c", str(folder / "pytest.ini"), str(folder)),
        *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:junitxml", "-p", "no:logging"),
        "--disable-plugin-autoload",
        "--capture=no",  # it would take the bar and what is told on a stop
        *("-p", "pytest_assistants_conformance", "-p", "pytest_recording.plugin"),
        *_options(settings),
    ]
    if settings.replay:
        options.append("--block-network")
    if jobs > 1:
        options += ["-p", "xdist.plugin", "-n", str(jobs)]
    chatter, workers = StringIO(), Workers()

    def stop() -> None:
        controller.halt()
        workers.stop()

    with redirect_stdout(chatter), interrupt.listening(stop, workers.kill):
        code = pytest.main(options, plugins=[controller, *([workers] if jobs > 1 else [])])
    if code == pytest.ExitCode.USAGE_ERROR and not controller.trouble:
        controller.trouble.append(f"pytest refused its options: {chatter.getvalue()[-2000:]}")
    return code == pytest.ExitCode.INTERRUPTED and not controller.trouble and not controller.complete


def _options(settings: RunSettings) -> list[str]:
    options = [f"--conformance-only={word}" for word in settings.only]
    options += [f"--conformance-exclude={word}" for word in settings.exclude]
    options += [f"--conformance-done={scenario}" for scenario in settings.done]
    if settings.scenarios is not None:
        options.append(f"--conformance-scenarios={','.join(settings.scenarios)}")
    if settings.replay:
        return [*options, f"--conformance-replay={settings.replay}"]
    target = settings.target
    options += [
        f"--conformance-target={target.url or target.profile.name}",
        f"--conformance-profile={target.profile.source}",
        f"--conformance-model={target.profile.model}",
        f"--conformance-timeout={target.timeout:g}",
        f"--conformance-repeats={settings.repeats}",
    ]
    if target.key_env:
        options.append(f"--conformance-api-key-env={target.key_env}")
    if settings.record:
        options.append(f"--conformance-record={settings.record}")
    if settings.ledger:
        options.append(f"--conformance-ledger={settings.ledger}")
    return options


@contextmanager
def embedded(key: str) -> Iterator[str]:
    """The reference endpoint on a free loopback port; it lets one key in, so that a wrong one can be tried."""
    from conformance.reference.server import ReferenceServer
    from conformance.reference.settings import Settings

    with ReferenceServer(Settings(api_key=key, seed=0, control=True)) as server:
        yield server.url
