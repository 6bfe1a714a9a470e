"""The pytest plugin's other half: judges the Assistants API traffic of somebody else's tests.

Each test's traffic, its fixtures' included, is judged as a recording of its own, whether a server answers, a mock or a
cassette. What is wrong becomes a section of the test's report and a summary at the end, or failures with `strict`.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.client.observer import Observer
from conformance.evidence.safe_files import NotWritten
from conformance.recordings.audit import AuditedFile, audit_recording
from conformance.recordings.authenticity import make_row
from conformance.recordings.recording import Recording
from conformance.report import terminal, write_all
from conformance.report.github import harmless
from conformance.report.model import Report, Skipped
from conformance.session.attempt import ScenarioRecord, failing
from conformance.session.audit_report import header_of, report_on, trace_record
from conformance.trace.exchange import Exchange

MARKER = "assistants_conformance"
SECTION = "assistants-conformance"
WIDTH = 100
NAME = "assistants_conformance_observer"
SENT = NAME
"""The key under which a worker of xdist hands over what it judged."""


@dataclass
class Judged:
    """What was judged, of one test or of many; `rows` are exchanges of any API."""

    records: list[ScenarioRecord] = field(default_factory=list)
    files: list[AuditedFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @classmethod
    def of(cls, exchanges: tuple[Exchange, ...], name: str) -> Judged:
        """Judge the traffic of one test."""
        rows = tuple(make_row(exchange, name) for exchange in exchanges)
        loaded = contract.load()
        outcome = audit_recording(Recording(Path(name), "pytest", rows), name, loaded)
        return cls([trace_record(one, loaded) for one in outcome.judged], outcome.files, outcome.skipped)

    def add(self, other: Judged) -> None:
        """Take in what another one holds."""
        self.records += other.records
        self.files += other.files
        self.skipped += other.skipped

    @property
    def failing(self) -> set[str]:
        """The requirements at level MUST that are broken."""
        loaded = contract.load()
        return {name for record in self.records for name in failing(record.found, loaded)}

    def report(self, started: datetime, seconds: float) -> Report:
        """The report, as of an audit."""
        header = header_of(
            self.records,
            mode="pytest",
            target="traffic of these tests",
            command="pytest",
            started=started,
            seconds=seconds,
        )
        return report_on(self.records, header, contract.load(), self.files, self.skipped)

    def plain(self) -> dict[str, Any]:
        """As data of plain types, for the way between processes."""
        return {
            "records": [record.to_dict() for record in self.records],
            "files": [asdict(file) for file in self.files],
            "skipped": [asdict(one) for one in self.skipped],
        }

    @classmethod
    def read(cls, data: dict[str, Any]) -> Judged:
        """The inverse of `plain`."""
        return cls(
            [ScenarioRecord.from_dict(row) for row in data["records"]],
            [_file(row) for row in data["files"]],
            [Skipped(**row) for row in data["skipped"]],
        )


def _file(row: dict[str, Any]) -> AuditedFile:
    return AuditedFile(**{**row, "skipped": tuple(Skipped(**one) for one in row["skipped"])})


def pytest_configure(config: pytest.Config) -> None:
    """Watch from now on; called where an option or a marker asks for it."""
    config.pluginmanager.register(ObservingPlugin(config), NAME)


class ObservingPlugin:
    """Watches the clients of this process while tests run."""

    def __init__(self, config: pytest.Config) -> None:
        self._mode: str | None = config.option.assistants_conformance
        self._folder: str | None = config.option.assistants_conformance_report
        self._output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        self._observer = Observer()
        self._session, self._test = Judged(), Judged()
        self._judged, self._told = 0, set[str]()
        self._started, self._begun = datetime.now(UTC), time.monotonic()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        """Watch what fixtures send."""
        self._test, self._judged, self._told = Judged(), 0, set()
        self._observer.watch()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None]:
        """Watch what the test sends, above what its fixtures have put in the clients' way."""
        self._observer.watch()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge what a test and its fixtures have sent: after the test, and again where its end sent more."""
        report = yield
        if call.when == "setup":
            return report
        over = call.when == "teardown"
        exchanges = self._observer.take() if over else self._observer.exchanges
        marker = item.get_closest_marker(MARKER)
        if len(exchanges) > self._judged and (self._mode or marker):
            self._judged = len(exchanges)
            try:
                self._test = Judged.of(exchanges, item.nodeid)
            except Exception as problem:  # a mistake of the suite's own fails nobody's tests
                told = f"this traffic could not be judged: {type(problem).__name__}: {problem}"
                report.sections.append((SECTION, harmless(told)))
                self._test = Judged(skipped=[Skipped(item.nodeid, told, len(exchanges))])
            strict = self._mode == "strict" or bool(marker and marker.kwargs.get("strict"))
            self._tell(report, strict=strict)
        if over:
            self._session.add(self._test)
        return report

    def _tell(self, report: pytest.TestReport, *, strict: bool) -> None:
        """Add what is wrong to the report of the test, once; with `strict` the test fails."""
        broken = self._test.failing - self._told
        if not broken:
            return
        self._told |= broken
        made = self._test.report(self._started, time.monotonic() - self._begun)
        text = harmless(terminal.render_failures(made, WIDTH))
        if strict and report.passed:
            report.outcome = "failed"
            report.longrepr = f"the traffic of this test breaks {', '.join(sorted(broken))}\n{text}"
        else:
            report.sections.append((SECTION, text))

    def pytest_sessionfinish(self) -> None:
        """Watch no more; a worker of xdist leaves what it judged to be fetched."""
        self._observer.stop()
        if self._output is not None:
            self._output[SENT] = self._session.plain()

    def take_over(self, sent: dict[str, Any]) -> None:
        """Take in what a worker of xdist judged."""
        self._session.add(Judged.read(sent))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The summary of all tests, and where its report is."""
        if not (self._mode or self._session.files):
            return
        made = self._session.report(self._started, time.monotonic() - self._begun)
        try:
            files = write_all(made, Path(self._folder)) if self._folder else []
        except NotWritten as problem:
            files = []
            terminalreporter.write_line(f"the report was not written: {problem}")
        terminalreporter.section("Assistants API conformance")
        terminalreporter.write(harmless(terminal.render(made, WIDTH, files, terminal.Detail.SUMMARY)))
