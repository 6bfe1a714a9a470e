"""One mutant tried, in a forked process: the tests that reach its module, then the oracle."""

import os
import resource
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from benchmarks.mutation.corpus import Corpus, View, seen
from benchmarks.mutation.mutants import Mutant

MEMORY = 4 * 2**30
"""Bytes of address space a mutant may take."""
LEAST_SECONDS = 5.0
SLOWER = 10.0
"""A test is given so many seconds of processor time, plus so many times what it takes unmutated."""

PYTEST = (
    *("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no"),
    *("-p", "_hypothesis_pytestplugin"),  # the project names its profile among the options
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # part of the package is imported before pytest begins
)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec")


class _Finder(MetaPathFinder):
    """Hands out the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        where = str(self._mutant.path)
        return spec_from_file_location(fullname, where, loader=_Loader(fullname, where, self._mutant.source))


class _Chosen:
    """Runs only these tests, in this order, and remembers the first that failed; a test that hangs ends the process."""

    def __init__(self, finder: _Finder, order: Sequence[str], seconds: Mapping[str, float]) -> None:
        self._finder = finder
        self._place = {name: at for at, name in enumerate(order)}
        self._seconds = seconds
        self.failed: str | None = None

    def pytest_sessionstart(self) -> None:
        """Put the finder before pytest's own, which rewrites the modules of a package that brings a plugin."""
        sys.meta_path.insert(0, self._finder)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The chosen, and what is new since it was measured what tests reach."""
        chosen = [i for i in items if i.nodeid in self._place or i.nodeid not in self._seconds]
        items[:] = sorted(chosen, key=lambda item: self._place.get(item.nodeid, 0))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        limit(LEAST_SECONDS + SLOWER * self._seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.failed is None:
            self.failed = f"{report.nodeid} cannot be imported"


def limit(seconds: float) -> None:
    """End this process with SIGPROF once it has used so much processor time from now on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


@dataclass(frozen=True)
class Plan:
    """What one mutant is tried with; `known` is what the oracle says of the code as it is, None: do not ask it.

    `tests` are in groups: a later one runs where the earlier ones pass.
    """

    mutant: Mutant
    tests: tuple[tuple[str, ...], ...]
    seconds: Mapping[str, float]
    corpus: Corpus
    known: View | None


def carry_out(plan: Plan) -> tuple[str, str | None]:
    """The fate of a mutant in this process: `killed`, `seen` (by the oracle alone) or `survived`, and by what."""
    sink = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(sink, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # these tests need none, and loading them takes longest
    finder = _Finder(plan.mutant)
    sys.meta_path.insert(0, finder)
    limit(60.0)
    for tests in filter(None, plan.tests):
        chosen = _Chosen(finder, tests, plan.seconds)
        code = pytest.main([*PYTEST, *_files(tests)], plugins=[chosen])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return "killed", chosen.failed or f"pytest ended with {int(code)}"
    if not isinstance(import_module(plan.mutant.module).__loader__, _Loader):
        return "not loaded", None
    if plan.known is None:
        return "survived", None
    limit(120.0)
    try:
        told = seen(plan.corpus, plan.known, plan.mutant.module)
    except Exception as problem:
        told = f"{type(problem).__name__}: {problem}"
    return ("seen", told) if told else ("survived", None)


def _files(tests: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition("::")[0] for name in tests))


def module_path(root: Path, module: str) -> Path:
    """Where the source of a module is."""
    plain = root.joinpath(*module.split("."))
    return plain / "__init__.py" if plain.is_dir() else plain.with_suffix(".py")
