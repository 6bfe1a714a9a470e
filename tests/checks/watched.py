"""Checks under watch: whatever a check says in a test must name its own requirement, and a place that is there."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

from conformance.checks import Check, Examined, Finding, all_checks
from conformance.checks.check import Observation
from conformance.contract import resources
from conformance.contract.json_pointer import split
from conformance.contract.yaml_files import load_yaml
from conformance.trace.index import Index
from conformance.trace.json import Json
from conformance.trace.trace import Trace, Where


def watched(check: Check) -> Check:
    """The check, which raises as soon as it says something unsound; the judge then tells that it broke."""

    def function(index: Index) -> Iterator[Observation]:
        trace = index.trace
        numbers = {exchange.number for exchange in trace.exchanges}
        for seen in check.function(index):
            place = seen.exchange if isinstance(seen, Examined) else seen.where.exchange
            assert place in numbers, f"no exchange {place}: {seen}"
            assert any(fnmatchcase(seen.requirement, pattern) for pattern in check.requirements), f"not its own: {seen}"
            if isinstance(seen, Examined):
                assert seen.subjects > 0
            else:
                _is_sound(trace, seen)
            yield seen

    return replace(check, function=function)


def _is_sound(trace: Trace, finding: Finding) -> None:
    for text in (finding.expected, finding.actual):
        assert isinstance(text, str), finding
        assert text.strip(), finding
        assert "\n" not in text, finding
        assert "None" not in text.split(), finding
    assert finding.expected != finding.actual, finding
    path = split(finding.where.pointer)[:-1]
    assert all(step.isdigit() or _is_there(step, trace, finding.where) for step in split(finding.where.pointer)), (
        finding
    )
    # what holds it may be missing with it, but not what holds that
    near = [path, path[:-1]] if len(path) > 1 else [path]
    assert not path or any(_leads(value, one) for value in _bodies(trace, finding.where) for one in near), finding


@cache
def _properties() -> frozenset[str]:
    """Every property that the contract's document names."""

    def within(value: Json) -> Iterator[str]:
        if isinstance(value, dict):
            properties = value.get("properties")
            yield from properties if isinstance(properties, dict) else ()
            value = list(value.values())
        for item in value if isinstance(value, list) else ():
            yield from within(item)

    return frozenset(within(load_yaml(resources.specs() / "assistants-v2.openapi.yaml")))


def _is_there(step: str, trace: Trace, where: Where) -> bool:
    """Whether a step of a pointer is a member that may be missing, or one that the traffic has."""
    return step in _properties() or any(step in json.dumps(body, ensure_ascii=False) for body in _bodies(trace, where))


def _bodies(trace: Trace, where: Where) -> Iterator[Json]:
    """What a pointer may be about: the event's data or the answer, or what was sent."""
    exchange = trace.exchange(where.exchange)
    yield exchange.request.json
    if exchange.response is None:
        return
    if where.event is None:
        yield exchange.response.json_or_none
    else:
        yield exchange.response.events[where.event - 1].json_or_none


def _leads(value: Json, path: tuple[str, ...]) -> bool:
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False
    return isinstance(value, dict | list)


@cache
def all_watched() -> dict[str, Check]:
    """Every check under watch, by name."""
    return {name: watched(check) for name, check in all_checks().items()}
