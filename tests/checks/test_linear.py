"""What a check does grows with the traffic, never with its square: counted in lines and calls, not in seconds."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from conformance import contract
from conformance.checks import all_checks
from conformance.checks.judge import judge
from conformance.recordings import read
from conformance.trace.exchange import Exchange
from conformance.trace.index import Index
from conformance.trace.trace import Trace
from conformance.trace.validity import Validity
from tests.checks.counted import steps

CASSETTES = Path(__file__).parents[2] / "cassettes" / "reference"
EVERY = 6
"""One scenario of so many is taken: some 1,200 exchanges of every area."""
FEW, MANY = 2, 8
MOST_GROWTH = 1.4
"""Times the growth of the traffic; what sorts and what looks for a place in an order grows a little faster."""
LEAST_STEPS = 2_000
"""A check that does less than this is about to begin: its growth says nothing."""

OWN = re.compile(rb"\b(?:asst|thread|msg|run|step|call|file|vs|vsfb)[_-][A-Za-z0-9]{8,}")
OF_AN_ASSISTANT = re.compile(r"/v1/assistants(/\w+)?$")


@cache
def scenarios() -> tuple[tuple[Exchange, ...], ...]:
    paths = sorted(CASSETTES.glob("*/*.yaml"))[::EVERY]
    return tuple(tuple(row.exchange for row in read(path).rows) for path in paths)


def marked(exchange: Exchange, mark: bytes, spared: bytes) -> Exchange:
    """The exchange with ids of its own, but for those that begin with `spared`."""

    def renamed(text: bytes) -> bytes:
        return OWN.sub(lambda found: found[0] if spared and found[0].startswith(spared) else found[0] + mark, text)

    request, response = exchange.request, exchange.response
    url = renamed(request.url.encode()).decode()
    return replace(
        exchange,
        request=replace(request, url=url, body=renamed(request.body)),
        response=response and replace(response, body=renamed(response.body), arrivals=()),
    )


def traffic(copies: int, *, one_assistant: bool) -> Trace:
    """Every scenario so many times, one after another; with `one_assistant` its copies use the first one's."""

    def exchanges() -> Iterator[Exchange]:
        begun = 0.0
        for number, scenario in enumerate(scenarios()):
            spared = b"asst_" if one_assistant else b""
            for copy in range(copies):
                first = min(one.started or 0.0 for one in scenario)
                for exchange in scenario:
                    made = OF_AN_ASSISTANT.search(exchange.request.path)
                    if one_assistant and made and (copy or exchange.request.method == "DELETE"):
                        continue
                    times = [None if at is None else at - first + begun for at in (exchange.started, exchange.ended)]
                    with_scenario = replace(exchange, started=times[0], ended=times[1])
                    yield marked(marked(with_scenario, b"s%d" % number, b""), b"c%d" % copy, spared)
                begun += 1 + max(one.ended or 0.0 for one in scenario) - first

    numbered = (replace(one, number=number) for number, one in enumerate(exchanges(), 1))
    return Trace("copies", tuple(numbered), base_path="/v1")


@pytest.mark.parametrize("one_assistant", [False, True], ids=["each_its_own", "one_assistant"])
def test_four_times_the_traffic_is_four_times_the_work(monkeypatch: pytest.MonkeyPatch, one_assistant: bool) -> None:
    def costs(copies: int) -> dict[str, int]:
        loaded = contract.load()
        monkeypatch.setitem(vars(loaded.errors), "recognize", cache(loaded.errors._recognize))  # as if all were kept
        index = Index(traffic(copies, one_assistant=one_assistant), loaded)
        for (
            call
        ) in index.calls:  # whoever asks first would pay for it, in one size this check and in the other that one
            index.view(Validity).request(call)
        return {name: steps([check], index) for name, check in all_checks().items()}

    judge(traffic(MANY, one_assistant=one_assistant), contract.load())  # what is worked out but once, and kept
    few, many = costs(FEW), costs(MANY)
    grown = {
        name: round(many[name] / few[name], 1)
        for name in few
        if many[name] > LEAST_STEPS and many[name] > few[name] * MANY / FEW * MOST_GROWTH
    }
    assert not grown
