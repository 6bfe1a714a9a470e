"""How fast the judge is: exchanges and stream deltas a second on one core, how the time grows, and what it is spent on.

    python benchmarks/judging.py             # the sizes up to 100,000 exchanges, and single long threads and streams
    python benchmarks/judging.py --profile   # the checks that take the longest

The lower bound beside it parses and validates the same bytes with orjson and jsonschema-rs and does nothing else.
Seconds are of the processor, so that a busy machine changes them little; quote the ratios.
"""

import gc
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.traffic import one_stream, one_thread, recorded_day, repeated
from conformance import contract
from conformance.checks import all_checks
from conformance.checks.judge import judge
from conformance.contract import Contract
from conformance.recordings import read
from conformance.recordings.find import find_named
from conformance.trace.index import Index
from conformance.trace.trace import Trace

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
THREADS = 180
DELTAS = (10_000, 100_000)
SHOWN = 12


def seconds(action: Callable[[], object]) -> float:
    """Processor seconds of an action, with what was made before out of the collector's way."""
    gc.collect()
    gc.freeze()
    begun = time.process_time()
    action()
    taken = time.process_time() - begun
    gc.unfreeze()
    return taken


def parse_and_validate(trace: Trace, loaded: Contract) -> None:
    """The lower bound: each body parsed and held against its schema, each event of a stream too."""
    for exchange in trace.exchanges:
        route = loaded.operations.match(exchange.request.method, exchange.request.path, trace.base_path)
        if route is None or exchange.response is None:
            continue
        body, answer = route.operation.request, route.operation.response
        if body is not None and body.name is not None and exchange.request.json is not None:
            loaded.schemas.validate(body.name, exchange.request.json, None)
        if exchange.response.is_stream:
            for event in exchange.response.events:
                schema = loaded.schemas.event_schema(event.name or "")
                if schema is not None and event.json_or_none is not None:
                    loaded.schemas.validate(schema, event.json_or_none, None)
        elif exchange.ok and answer is not None and answer.name is not None:
            loaded.schemas.validate(answer.name, exchange.response.json_or_none, None)


def exponent(counts: tuple[int, ...], taken: list[float]) -> float:
    """The slope of time over size, both as logarithms: 1 is linear."""
    xs, ys = [math.log(count) for count in counts], [math.log(each) for each in taken]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


def fresh(trace: Trace) -> Trace:
    """The same exchanges with nothing worked out yet."""
    return repeated(trace, len(trace.exchanges))


def measure(loaded: Contract) -> None:
    """Print every figure."""
    day = recorded_day(THREADS)
    print(f"a day of threads: {len(day.exchanges) / THREADS:.1f} exchanges a thread, every second run streamed")
    judge(repeated(day, 500), loaded)
    taken = []
    for size in SIZES:
        trace = repeated(day, size)
        taken.append(seconds(lambda trace=trace: judge(trace, loaded)))  # type: ignore[misc]
        bound = repeated(day, size)
        floor = seconds(lambda bound=bound: parse_and_validate(bound, loaded))  # type: ignore[misc]
        print(
            f"{size:8,} exchanges {taken[-1]:7.2f} s {size / taken[-1]:8,.0f} a second, "
            f"{taken[-1] / floor:4.1f} times orjson and jsonschema-rs on the same bytes"
        )
    print(f"exponent {exponent(SIZES, taken):.3f}")
    taken = [seconds(lambda n=n: judge(one_thread(n), loaded)) for n in DELTAS]  # type: ignore[misc]
    print(f"one thread of {DELTAS[1]:,} messages: {taken[1]:.2f} s, exponent {exponent(DELTAS, taken):.3f}")
    traces = [one_stream(n) for n in DELTAS]
    taken = [seconds(lambda t=t: judge(t, loaded)) for t in traces]  # type: ignore[misc]
    print(
        f"one stream of {DELTAS[1]:,} deltas: {taken[1]:.2f} s, {DELTAS[1] / taken[1]:,.0f} a second, "
        f"exponent {exponent(DELTAS, taken):.3f}"
    )
    recordings(loaded)


def recordings(loaded: Contract) -> None:
    """The real recordings that the environment names."""
    named = os.environ.get("CONFORMANCE_RECORDINGS")
    if named is None:
        print("recordings: none (name their folder in CONFORMANCE_RECORDINGS)")
        return
    traces = []
    for path, name in find_named([Path(named)]):
        rows = read(path).rows
        traces.append(Trace(name, tuple(row.exchange for row in rows), base_path=None))
    count = sum(len(trace.exchanges) for trace in traces)
    taken = seconds(lambda: [judge(trace, loaded) for trace in traces])
    print(f"recordings: {count:,} exchanges in {len(traces)} traces {taken:7.2f} s {count / taken:8,.0f} a second")


def profile(loaded: Contract) -> None:
    """Print what the index and the slowest checks take, in microseconds an exchange."""
    trace = repeated(recorded_day(THREADS), 10_000)
    judge(repeated(trace, 500), loaded)
    index, count = Index(trace, loaded), len(trace.exchanges)
    taken = {"index": seconds(lambda: (index.calls, index.trace.sightings, index.all_pages, index.streams))}
    for name, check in all_checks().items():
        taken[name] = seconds(lambda check=check: sum(1 for _ in check.function(index)))  # type: ignore[misc]
    for name, each in sorted(taken.items(), key=lambda row: -row[1])[:SHOWN]:
        print(f"{1e6 * each / count:7.1f} µs an exchange  {name}")
    print(f"{1e6 * sum(taken.values()) / count:7.1f} µs in all")


if __name__ == "__main__":
    (profile if "--profile" in sys.argv else measure)(contract.load())
