"""The controlling end of a run: takes the scenarios' records as pytest reports them, here or from workers."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from conformance import contract
from conformance.client import interrupt
from conformance.evidence.safe_files import NotWritten
from conformance.scenarios.registry import FOLDER, scenario_name
from conformance.session.attempt import Outcome, ScenarioRecord, failing
from conformance.session.plugin import RECORD_PROPERTY, scenario_of
from conformance.session.selection import Selection

MAX_UNANSWERED = 3
"""After so many scenarios in a row that got no answer, the rest are not driven."""


class Watcher(Protocol):
    """Somebody who wants to see a run go on."""

    def start(self, total: int) -> None:
        """Scenarios were counted."""

    def scenario(self, name: str) -> None:
        """A scenario begins."""

    def done(self, name: str, outcome: str, failing: Collection[str]) -> None:
        """A scenario ended."""

    def remark(self, text: str) -> None:
        """Something is worth a line of its own."""

    def stop(self) -> None:
        """Nothing more comes."""


@dataclass
class Controller:
    """The controller's end of the plugin: takes each scenario's record as it comes."""

    watcher: Watcher
    selection: Selection
    journal: Callable[[ScenarioRecord], None] = field(default=lambda _: None)
    records: list[ScenarioRecord] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    silent: int = 0
    session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Pytest begins."""
        self.session = session

    def pytest_collection_finish(self, session: Any) -> None:
        """Tell how many scenarios there are."""
        self._plan([name for item in session.items if (name := scenario_of(item))])

    @pytest.hookimpl(optionalhook=True)  # xdist is loaded only for parallel runs
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """The same from a worker: its node ids name the scenarios."""
        self._plan([_named(node_id) for node_id in ids])

    def _plan(self, names: list[str]) -> None:
        if names and not self.planned:
            self.planned = names
            self.watcher.start(len(names))

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        """A scenario begins."""
        self.watcher.scenario(_named(nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A scenario's record came in, or it broke before it could make one."""
        found = dict(report.user_properties).get(RECORD_PROPERTY)
        name = _named(report.nodeid)
        if report.when == "call" and found:
            self._take(ScenarioRecord.from_dict(found))
        elif report.failed and not interrupt.asked() and not any(record.scenario == name for record in self.records):
            self._take(ScenarioRecord(name, Outcome.ERROR, f"the scenario itself broke: {report.longreprtext[-2000:]}"))

    def halt(self) -> None:
        """Drive nothing more, here or in workers: what is under way is the last. May be called in a signal handler."""
        self._stop_driving("the run was asked to stop")

    @property
    def complete(self) -> bool:
        """Whether every scenario that was to be driven has its record."""
        return bool(self.planned) and {record.scenario for record in self.records} >= set(self.planned)

    def _take(self, record: ScenarioRecord) -> None:
        self.records.append(record)
        try:
            self.journal(record)
        except NotWritten as problem:
            self._stop(f"{problem}; what was judged until then is kept there, and run --resume goes on behind it")
        failed = failing(record.found, contract.load())
        counting = [name for name in failed if self.selection.counts(name, record.scenario)]
        self.watcher.done(record.scenario, record.outcome, counting)
        if record.outcome == Outcome.UNANSWERED or (record.unanswered and not record.exchanges):
            self.silent += 1
        elif record.exchanges:
            self.silent = 0
        if self.silent >= MAX_UNANSWERED:
            self._stop(f"the endpoint stopped answering: {MAX_UNANSWERED} scenarios in a row got no answer")

    def _stop(self, why: str) -> None:
        """Drive nothing more, and tell why in the report."""
        if why not in self.trouble:
            self.trouble.append(why)
        self._stop_driving(why)

    def _stop_driving(self, why: str) -> None:
        if self.session is not None:
            self.session.shouldstop = why
            if (workers := self.session.config.pluginmanager.get_plugin("dsession")) is not None:
                workers.shouldstop = why

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Pytest itself broke."""
        self.trouble.append(f"pytest broke: {str(excrepr)[-2000:]}")

    def pytest_collectreport(self, report: Any) -> None:
        """A module of scenarios could not be read."""
        if report.failed:
            self.trouble.append(f"{report.nodeid} could not be collected: {report.longreprtext[-2000:]}")


def _named(node_id: str) -> str:
    path, _, function = node_id.partition("::")
    return scenario_name(FOLDER / Path(path).name, function) or node_id
