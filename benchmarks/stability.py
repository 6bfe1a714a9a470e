"""The whole suite against the reference endpoint again and again, while every core is kept busy: do the verdicts stay?

Each run is a process of its own with a hash seed of its own. What is compared is the verdict of every requirement and
the outcome of every scenario. Run it with `make stability`; it writes reports/stability.md and .json, and exits with 1
where anything differed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN = "from conformance.cli import main; main()"
SPIN = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"
LONGEST_RUN = 600.0
"""Seconds after which a run is given up; a spinner never outlives them either."""

Tally = dict[str, Counter[str]]


@dataclass(frozen=True)
class Conditions:
    """What every run is carried out with."""

    runs: int
    jobs: int
    repeats: int
    spinners: int


@dataclass(frozen=True)
class Attempt:
    """What one run said: the verdict by requirement, the outcome by scenario, and how long it took in seconds."""

    verdicts: dict[str, str]
    outcomes: dict[str, str]
    seconds: float


@contextmanager
def busy(spinners: int) -> Iterator[None]:
    """So many processes that do nothing but keep a core busy."""
    started = [subprocess.Popen([sys.executable, "-c", SPIN, str(LONGEST_RUN)]) for _ in range(spinners)]
    try:
        yield
    finally:
        for spinner in started:
            spinner.kill()
            spinner.wait()


def attempt(number: int, conditions: Conditions) -> Attempt:
    """One run of the whole suite; raises where it brings no report."""
    with tempfile.TemporaryDirectory() as folder, busy(conditions.spinners):
        words = ["run", "reference", "-j", str(conditions.jobs), "--repeats", str(conditions.repeats)]
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", RUN, *words, "--report", folder],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_RUN,
            check=False,  # a run with a violation exits with 1, and its report tells which
        )
        seconds = time.monotonic() - begun
        report = json.loads((Path(folder) / "report.json").read_bytes())
    return Attempt(
        {row["requirement"]: row["verdict"] for row in report["results"]},
        {row["name"]: row["outcome"] for row in report["scenarios"]},
        seconds,
    )


def differing(told: Sequence[Mapping[str, str]]) -> Tally:
    """What was not told alike by all runs, with how often each was told; `absent` where a run did not tell it."""
    names = sorted({name for one in told for name in one})
    tally: Tally = defaultdict(Counter)
    for name in names:
        tally[name].update(one.get(name, "absent") for one in told)
    return {name: counts for name, counts in tally.items() if len(counts) > 1}


def summary(attempts: Sequence[Attempt], conditions: Conditions) -> dict[str, object]:
    """The result as JSON-ready data."""
    seconds = [one.seconds for one in attempts]
    return {
        "runs": len(attempts),
        "jobs": conditions.jobs,
        "repeats": conditions.repeats,
        "cores": os.cpu_count(),
        "spinners": conditions.spinners,
        "python": platform.python_version(),
        "requirements": len(attempts[0].verdicts),
        "scenarios": len(attempts[0].outcomes),
        "verdicts": dict(sorted(Counter(attempts[0].verdicts.values()).items())),
        "seconds": {"least": min(seconds), "median": statistics.median(seconds), "most": max(seconds)},
        "differing_verdicts": {
            name: dict(counts) for name, counts in differing([a.verdicts for a in attempts]).items()
        },
        "differing_outcomes": {
            name: dict(counts) for name, counts in differing([a.outcomes for a in attempts]).items()
        },
    }


def page(told: Mapping[str, object]) -> str:
    """The result for a reader."""
    seconds, verdicts, outcomes = (told[name] for name in ("seconds", "differing_verdicts", "differing_outcomes"))
    assert isinstance(seconds, dict)
    assert isinstance(verdicts, dict)
    assert isinstance(outcomes, dict)
    lines = [
        "# Stability",
        "",
        "Do the verdicts stay the same when the machine is busy? Measured by `make stability`.",
        "",
        f"{told['runs']} runs of the whole suite against the reference endpoint, `-j {told['jobs']}`, on "
        f"{told['cores']} cores that {told['spinners']} other processes kept busy; a run took "
        f"{seconds['least']:.0f} to {seconds['most']:.0f} s (median {seconds['median']:.0f} s).",
        "",
        f"**{len(verdicts)} of {told['requirements']} requirements** got different verdicts, and {len(outcomes)} of "
        f"{told['scenarios']} scenarios different outcomes.",
    ]
    for title, found in (("requirement", verdicts), ("scenario", outcomes)):
        if found:
            lines += ["", f"| {title} | what was told, and how often |", "| --- | --- |"]
            lines += [
                f"| {name} | {', '.join(f'{k} {n}' for k, n in counts.items())} |" for name, counts in found.items()
            ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run, tell each run in a line, write the report."""
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("-j", "--jobs", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--spinners", type=int, default=cores)
    parser.add_argument("--report", type=Path, default=ROOT / "reports")
    chosen = parser.parse_args()
    conditions = Conditions(chosen.runs, chosen.jobs, chosen.repeats, chosen.spinners)
    attempts: list[Attempt] = []
    for number in range(1, conditions.runs + 1):
        attempts.append(attempt(number, conditions))
        counts = ", ".join(f"{count} {verdict}" for verdict, count in Counter(attempts[-1].verdicts.values()).items())
        apart = differing([attempts[0].verdicts, attempts[-1].verdicts])
        told = f", unlike the first run: {', '.join(apart)}" if apart else ""
        print(f"run {number}: {attempts[-1].seconds:.1f} s, {counts}{told}", flush=True)
    result = summary(attempts, conditions)
    (chosen.report / "stability.json").write_text(json.dumps(result, indent=2) + "\n")
    (chosen.report / "stability.md").write_text(page(result))
    print(page(result))
    sys.exit(1 if result["differing_verdicts"] or result["differing_outcomes"] else 0)


if __name__ == "__main__":
    main()
