"""The pytest plugin that runs scenarios as pytest items, live or from cassettes, and hands their records on.

It is loaded where a target or a folder of cassettes is named:

    pytest --pyargs conformance.scenarios --conformance-target http://127.0.0.1:8000/v1

An item fails where its own trace violates a MUST. `assistants-conformance run` adds the report to the same plugin.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.client import interrupt
from conformance.scenarios import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.client.target import Target
    from conformance.scenarios.kit.driver import Driver
    from conformance.session.attempt import ScenarioRecord
    from conformance.session.selection import Selection
    from conformance.session.settings import RunSettings
    from conformance.trace.presence import NoRoute
    from conformance.trace.trace import Trace

RECORD_PROPERTY = "conformance"
_SETTINGS: pytest.StashKey[RunSettings] = pytest.StashKey()
_SELECTION: pytest.StashKey[Selection] = pytest.StashKey()
_NO_ROUTE: pytest.StashKey[NoRoute] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)  # before pytest-recording, which asks the replay's plugin how to find cassettes
def pytest_configure(config: pytest.Config) -> None:
    """Read the settings."""
    option = config.option
    if option.conformance_target is not None and option.conformance_replay is not None:
        raise pytest.UsageError("--conformance-target and --conformance-replay exclude each other")
    if option.conformance_replay is not None and not Path(option.conformance_replay).is_dir():
        raise pytest.UsageError(f"--conformance-replay: there is no folder {option.conformance_replay!r}")
    from conformance.client.target import WrongTarget
    from conformance.session.selection import UnknownSelection
    from conformance.session.settings import from_options

    named = option.conformance_scenarios

    try:
        config.stash[_SETTINGS] = from_options(
            target=option.conformance_target,
            replay=option.conformance_replay,
            profile=option.conformance_profile,
            model=option.conformance_model,
            api_key_env=option.conformance_api_key_env,
            timeout=option.conformance_timeout,
            repeats=option.conformance_repeats,
            record=option.conformance_record,
            only=tuple(option.conformance_only),
            exclude=tuple(option.conformance_exclude),
            done=tuple(option.conformance_done),
            ledger=option.conformance_ledger,
            scenarios=None if named is None else tuple(filter(None, named.split(","))),
        )
        config.stash[_SELECTION] = config.stash[_SETTINGS].selection
    except (WrongTarget, UnknownSelection) as problem:
        raise pytest.UsageError(str(problem)) from None
    if option.conformance_replay is not None:
        from conformance.session import replay

        config.pluginmanager.register(replay)
    if hasattr(config, "workerinput"):
        from conformance.session.workers import attach_worker

        attach_worker(config, Path(option.conformance_ledger).parent if option.conformance_ledger else None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave areas alone of which no scenario was asked for: reading them all takes longer than one of them does."""
    if not registry.is_area_module(collection_path):
        return None
    return None if config.stash[_SELECTION].admits_area(collection_path.stem) else True


def scenario_of(item: pytest.Item) -> str | None:
    """`area.scenario` of a pytest item, None for any other test."""
    return registry.scenario_name(item.path, item.name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the scenarios that were asked for; give each its cassette in a replay."""
    settings = config.stash[_SETTINGS]
    selection = config.stash[_SELECTION]
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        name = scenario_of(item)
        wanted = name is None or (selection.admits(name) and name not in settings.done)
        (kept if wanted else dropped).append(item)
        if name and settings.replay:
            item.add_marker(pytest.mark.vcr)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Drive a scenario, judge its trace, and keep the record with the item's report."""
    name = scenario_of(pyfuncitem)
    if name is None:
        return None
    settings = pyfuncitem.config.stash[_SETTINGS]
    try:
        record = _run(name, pyfuncitem, settings)
    except KeyboardInterrupt:
        if not interrupt.asked():
            raise
        pytest.skip("the run was asked to stop")  # without a record: `run --resume` drives it again
    pyfuncitem.user_properties.append((RECORD_PROPERTY, record.to_dict()))
    _fail_on_violations(record, pyfuncitem)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """After a scenario: drive no more where the run was asked to stop."""
    if interrupt.asked():
        item.session.shouldstop = "the run was asked to stop"


def _run(name: str, item: pytest.Function, settings: RunSettings) -> ScenarioRecord:
    from conformance import contract
    from conformance.session.attempt import repeat

    loaded = contract.load()

    if settings.simulated:  # it would show the same again
        return _simulated(name, item.obj, settings)
    again = replace(settings, record=None)  # the cassette is that of the first attempt
    no_route = _no_route(item.config, settings)
    first = _driven(name, item.obj, settings, no_route)
    return repeat(first, lambda: _driven(name, item.obj, again, no_route), settings.repeats, loaded)


def _no_route(config: pytest.Config, settings: RunSettings) -> NoRoute:
    """How the target says that an operation is not there: asked once, before the first scenario of this process."""
    from conformance import contract
    from conformance.session.made_up_routes import learn_no_route
    from conformance.trace.presence import NoRoute

    if _NO_ROUTE not in config.stash:
        loaded = contract.load()
        config.stash[_NO_ROUTE] = NoRoute(loaded) if settings.replay else learn_no_route(settings.target, loaded)
    return config.stash[_NO_ROUTE]


def _driven(name: str, scenario: Callable[[Driver], None], settings: RunSettings, no_route: NoRoute) -> ScenarioRecord:
    """Drive a scenario once, live or in a replay."""
    from conformance import contract
    from conformance.client.ledger import Ledger
    from conformance.client.tap import Tap
    from conformance.scenarios.kit.driver import Driver
    from conformance.session.attempt import Outcome, attempt
    from conformance.trace.exchange import header_date

    loaded = contract.load()
    tap = Tap(dated=header_date, piecemeal=True) if settings.replay else Tap()
    ledger = Ledger(settings.target.url, settings.ledger, settings.target.secrets)
    driver = Driver(settings.target, loaded, tap=tap, ledger=ledger, no_route=no_route)
    record, trace = attempt(name, scenario, driver, loaded)
    if ledger.trouble:
        reason = f"what it made could not be noted for clean: {ledger.trouble}"
        record = replace(record, outcome=str(Outcome.ERROR), reason=reason)
    return record if settings.record is None else _recorded(record, trace, settings.record, settings.target)


def _simulated(name: str, scenario: Callable[[Driver], None], settings: RunSettings) -> ScenarioRecord:
    """Drive a scenario against a simulated endpoint of its own, and write its cassette."""
    from conformance import contract
    from conformance.session.attempt import attempt
    from conformance.session.recording import simulated

    assert settings.record is not None
    loaded = contract.load()
    with simulated(settings.target, loaded) as driver:
        record, trace = attempt(name, scenario, driver, loaded)
    return _recorded(record, trace, settings.record, driver.target)


def _recorded(record: ScenarioRecord, trace: Trace, folder: Path, target: Target) -> ScenarioRecord:
    """Write the trace as a cassette; where that fails the record tells why, and what was judged stays judged."""
    from conformance.evidence.safe_files import NotWritten
    from conformance.recordings.cassette import write

    try:
        write(trace, folder / f"{record.scenario.replace('.', '/', 1)}.yaml", known=target.secrets)
    except NotWritten as problem:
        return replace(record, unwritten=str(problem))
    return record


def _fail_on_violations(record: ScenarioRecord, item: pytest.Function) -> None:
    from conformance import contract
    from conformance.report.plain import visible
    from conformance.session.attempt import Outcome, failing

    if broken := sorted(failing(record.found, contract.load())):
        lines = [visible(f"{f.requirement}: expected {f.expected}; got {f.actual}") for f in record.findings]
        pytest.fail(f"{record.scenario} violates {', '.join(broken)}\n" + "\n".join(lines), pytrace=False)
    if record.unwritten:
        pytest.fail(visible(f"the cassette was not written: {record.unwritten}"), pytrace=False)
    if record.outcome == Outcome.ERROR or record.crashed:
        pytest.fail(visible(record.reason or f"checks broke: {record.crashed}"), pytrace=False)
    if record.outcome != Outcome.COMPLETED:
        pytest.skip(visible(f"{record.outcome}: {record.reason}"))
