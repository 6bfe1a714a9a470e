"""Which tests reach which lines: the tests run once under coverage, each in a context of its own."""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

BUDGET = 15.0
"""Seconds of processor time that the tests of one mutant may take, unmutated; the slowest are left out beyond that."""


@dataclass(frozen=True)
class Reach:
    """By file (as coverage names it) and line: the tests that ran it; and how many seconds each test takes."""

    lines: dict[str, dict[int, frozenset[str]]]
    seconds: dict[str, float]

    def chosen(self, path: Path, line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The tests that reach a module, as far as `BUDGET` allows: the nearest, which are to run first, and the rest.

        Tests beside one that reaches it count too: no test is seen to run what a module does when it is imported.
        Near are the tests of the files that hold most of those that run the line, for the time they take. Within each
        part those that run the line come first, and of these the quickest.
        """
        rows = self.lines.get(str(path), {})
        close = rows.get(line, frozenset())
        reached: frozenset[str] = frozenset().union(*rows.values())
        files = {_file(test) for test in reached}
        every = [test for test in self.seconds if _file(test) in files]
        worth: defaultdict[str, float] = defaultdict(float)
        for test in close or every:
            worth[_file(test)] += 1 / (0.05 + self.seconds[test])
        near = set(sorted(worth, key=worth.__getitem__)[-2:]) | {f"tests/checks/test_{path.stem}.py"}
        ranked = sorted(every, key=lambda test: (test not in close, test not in reached, self.seconds[test], test))
        spent, taken = 0.0, []
        for test in ranked:
            spent += self.seconds[test]
            if spent > BUDGET:
                break
            taken.append(test)
        return tuple(t for t in taken if _file(t) in near), tuple(t for t in taken if _file(t) not in near)


def _file(test: str) -> str:
    return test.partition("::")[0]


class _Contexts:
    def __init__(self, measured: coverage.Coverage) -> None:
        self._measured = measured
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._measured.switch_context(item.nodeid)
        begun = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - begun


def measure(tests: list[str], out: Path) -> int:
    """Run the tests and write what they reach; returns pytest's exit code."""
    measured = coverage.Coverage(data_file=None, source=["conformance"], config_file=False)
    contexts = _Contexts(measured)
    measured.start()
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests], plugins=[contexts])
    measured.stop()
    names = list(contexts.seconds)
    number = {name: at for at, name in enumerate(names)}
    data = measured.get_data()
    lines = {
        path: {line: [number[name] for name in ran if name] for line, ran in data.contexts_by_lineno(path).items()}
        for path in data.measured_files()
    }
    out.write_text(json.dumps({"tests": names, "seconds": contexts.seconds, "lines": lines}))
    return int(code)


def load(path: Path) -> Reach:
    """What was measured."""
    told = json.loads(path.read_bytes())
    names = told["tests"]
    return Reach(
        {
            file: {int(line): frozenset(names[at] for at in ran) for line, ran in rows.items()}
            for file, rows in told["lines"].items()
        },
        told["seconds"],
    )


if __name__ == "__main__":
    sys.exit(measure(sys.argv[2:], Path(sys.argv[1])))
