"""The tests of an area's checks by two tables: traffic that is in order, and traffic in which one thing is wrong."""

from typing import ClassVar

import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import Checks


class Tables:
    """A test module derives from it and fills the tables; `judges` are the requirements that are all to be in both."""

    checks: ClassVar[Checks]
    good: ClassVar[dict[str, Trace]]
    bad: ClassVar[list[tuple[str, str, Trace]]]
    judges: ClassVar[set[str]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "good_trace" in metafunc.fixturenames:
            metafunc.parametrize("good_trace", self.good.values(), ids=self.good)
        if "bad_trace" in metafunc.fixturenames:
            names = [f"{requirement} {name}" for requirement, name, _ in self.bad]
            metafunc.parametrize(("requirement", "bad_trace"), [(id, trace) for id, _, trace in self.bad], ids=names)

    def test_good_traces_trip_nothing(self, good_trace: Trace) -> None:
        assert self.checks.judged(good_trace).findings == ()

    def test_a_fault_trips_its_requirement_and_no_other(self, requirement: str, bad_trace: Trace) -> None:
        assert self.checks.tripped(bad_trace) == {requirement}

    def test_every_requirement_has_a_planted_fault(self) -> None:
        assert {requirement for requirement, _, _ in self.bad} == self.judges

    def test_every_requirement_is_examined_by_good_traces(self) -> None:
        assert {id for good in self.good.values() for id in self.checks.examined(good)} >= self.judges
