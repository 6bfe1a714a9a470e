"""The pytest plugin: its options, and what loads the suite where one of them asks for it.

pytest imports this module wherever the package is installed. It imports nothing of the suite until it is asked: a
project may have a package of its own that is called `conformance`, which its tests then import as ever.
"""

import argparse
from importlib import import_module
from typing import Any

import pytest

MARKER = "assistants_conformance"
OBSERVER = "assistants_conformance_observer"
REPORT, STRICT = "report", "strict"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a project's own tests send can be judged; and the suite's scenarios can be run against a target."""
    group = parser.getgroup("conformance", "Assistants API conformance")
    group.addoption(
        "--assistants-conformance", nargs="?", const=REPORT, type=_mode, metavar="report|strict",
        help="judge the Assistants API traffic of these tests: report what is wrong (the default), or fail the tests",
    )  # fmt: skip
    group.addoption(
        "--assistants-conformance-report", metavar="DIR", help="write the report of that traffic into this folder, too"
    )
    group.addoption("--conformance-target", metavar="TARGET", help="a URL or a profile to run the scenarios against")
    group.addoption("--conformance-replay", metavar="DIR", help="replay the cassettes of this folder, offline")
    group.addoption("--conformance-profile", metavar="NAME", help="how the target is spoken to")
    group.addoption("--conformance-model", metavar="NAME", help="the model to ask for")
    group.addoption("--conformance-api-key-env", metavar="NAME", help="the environment variable that holds the key")
    group.addoption("--conformance-timeout", type=float, default=30.0, metavar="SECONDS", help="longest wait")
    group.addoption("--conformance-repeats", type=int, default=3, metavar="N", help="attempts at what failed")
    group.addoption("--conformance-record", metavar="DIR", help="write cassettes into this folder")
    group.addoption(
        "--conformance-only", action="append", default=[], metavar="WHAT", help="an area, requirement id or scenario"
    )
    group.addoption(
        "--conformance-exclude", action="append", default=[], metavar="WHAT", help="leave this out, named likewise"
    )
    group.addoption(
        "--conformance-done", action="append", default=[], metavar="SCENARIO", help="driven already: leave it out"
    )
    group.addoption("--conformance-scenarios", metavar="NAMES", help="drive these alone of what is asked for")
    group.addoption("--conformance-ledger", metavar="FILE", help="remember in this file what is to be deleted")


def _mode(text: str) -> str:
    if text not in (REPORT, STRICT):
        told = f"{REPORT} or {STRICT} is meant, not {text!r}; paths of tests stand before this option"
        raise argparse.ArgumentTypeError(told)
    return text


@pytest.hookimpl(tryfirst=True)  # before pytest-recording, which asks the replay's plugin how to find cassettes
def pytest_configure(config: pytest.Config) -> None:
    """Load what an option asks for."""
    config.addinivalue_line("markers", f"{MARKER}(strict=False): judge the Assistants API traffic of this test")
    if config.option.conformance_target is not None or config.option.conformance_replay is not None:
        _load(config, "conformance.session.plugin")
    if config.option.assistants_conformance:
        _load(config, "conformance.session.observing_plugin")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Load what a marker asks for."""
    if item.get_closest_marker(MARKER):
        _load(item.config, "conformance.session.observing_plugin")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a worker of xdist judged: the markers were seen there alone."""
    sent = getattr(node, "workeroutput", {}).get(OBSERVER)
    if sent is not None:
        _load(node.config, "conformance.session.observing_plugin")
        node.config.pluginmanager.get_plugin(OBSERVER).take_over(sent)


def _load(config: pytest.Config, name: str) -> None:
    if config.pluginmanager.has_plugin(name):
        return
    try:
        module = import_module(name)
    except ModuleNotFoundError as problem:
        if not (problem.name or "").startswith("conformance"):
            raise
        place = getattr(import_module("conformance"), "__file__", "") or "a folder of this project"
        told = f"`conformance` is {place} here, which hides the package of assistants-conformance"
        raise pytest.UsageError(f"{told}: judge this project's traffic by `assistants-conformance proxy`") from None
    config.pluginmanager.register(module, name)
