"""How fast `audit` judges a day's traffic in one file: seconds, memory, how both grow, and what `-j` brings.

    python benchmarks/feeds.py                   # 1,000 to 1,000,000 exchanges, and -j 2 at 100,000
    python benchmarks/feeds.py --most 100000     # up to so many

The day is made once against the reference endpoint; each copy of it has ids of its own and goes on where the one before
ended, so that a million exchanges are of a million objects, and of as many kinds as the first copy. Every size is
audited by a process of its own, whose processor seconds and peak memory the kernel tells. Wall seconds are told for
`-j`, and mean something on an idle machine only.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from benchmarks.judging import exponent
from benchmarks.traffic import copies, recorded_day
from conformance.trace.exchange import Exchange

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PARALLEL = 100_000
THREADS = 180
BEGUN = datetime(2026, 3, 2, tzinfo=UTC)


def as_line(exchange: Exchange) -> bytes:
    """An exchange in the natural form of docs/recordings.md."""
    request, response = exchange.request, exchange.response
    assert response is not None
    assert exchange.started is not None
    assert exchange.ended is not None
    row = {
        "method": request.method,
        "url": request.url,
        "status": response.status,
        "started_at": (BEGUN + timedelta(seconds=exchange.started)).isoformat(),
        "seconds": exchange.ended - exchange.started,
        "request_headers": dict(request.headers),
        "response_headers": dict(response.headers),
        "request_body": request.body.decode(),
        "response_body": response.body.decode(),
    }
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def write(path: Path, exchanges: Iterator[Exchange]) -> None:
    """Write exchanges as JSON lines."""
    with path.open("wb") as file:
        file.writelines(map(as_line, exchanges))


def audited(path: Path, *options: str) -> tuple[float, float, float]:
    """(processor seconds, wall seconds, peak MB of the main process) of an audit of a file."""
    begun = time.monotonic()
    words = ["audit", str(path), "--report", str(path.parent / "report"), *options]
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", "from conformance.cli import main; main()", *words],
        os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"the audit of {path} ended with {os.waitstatus_to_exitcode(status)}")
    return _processor(usage), time.monotonic() - begun, usage.ru_maxrss / 1024


def _processor(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def measure(most: int) -> None:
    """Print every figure."""
    day = recorded_day(THREADS)
    sizes = tuple(size for size in SIZES if size <= most)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "day.jsonl")
        nothing = Path(folder, "one.jsonl")
        write(nothing, copies(day, 11))
        start, _, _ = audited(nothing)
        print(f"start and report: {start:.2f} s, taken off below")
        taken = []
        for size in sizes:
            write(path, copies(day, size))
            seconds, _, peak = audited(path)
            taken.append(seconds - start)
            print(
                f"{size:9,} exchanges {path.stat().st_size / 2**20:7.0f} MiB {taken[-1]:8.2f} s "
                f"{size / taken[-1]:7,.0f} a second {peak:5.0f} MB at most"
            )
        print(f"exponent {exponent(sizes, taken):.3f}")
        write(path, copies(day, min(PARALLEL, most)))
        one, two = (audited(path, "-j", str(jobs)) for jobs in (1, 2))
        print(f"-j 2: {one[1]:.1f} s -> {two[1]:.1f} s on the clock, {one[1] / two[1]:.2f} times as fast")


if __name__ == "__main__":
    measure(int(sys.argv[sys.argv.index("--most") + 1]) if "--most" in sys.argv else SIZES[-1])
