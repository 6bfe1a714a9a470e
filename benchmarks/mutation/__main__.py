"""`make mutation`: a sample of small changes to the judge's own code, each tried against the tests and the oracle.

Run it in an environment that has mutmut, from the root of the project. Writes reports/mutation/mutation.md and .json.
"""

import argparse
import gc
import math
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import takewhile
from multiprocessing import connection, get_context
from multiprocessing.context import ForkProcess
from pathlib import Path

from benchmarks.mutation import corpus as oracle
from benchmarks.mutation import reach, report
from benchmarks.mutation.mutants import Mutant, mutants
from benchmarks.mutation.report import Tried
from benchmarks.mutation.trial import Plan, carry_out, module_path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = "conformance.checks"
DECIDING = (
    "conformance.checks.judge",
    "conformance.session.verdicts",
    "conformance.report.verdict",
    "conformance.contract.grammar",
)
WITHOUT_ORACLE = frozenset({"conformance.session.verdicts", "conformance.report.verdict"})
"""What the oracle does not run: it judges traces, and concludes nothing."""
TESTS = ("tests/checks", "tests/contract", "tests/session/test_verdicts.py")
FORKED = (
    "hypothesis",
    "jsonschema_rs",
    "orjson",
    "yaml",
    "httpx",
    "conformance.trace.trace",
    "conformance.trace.order",
)
"""Imported once, before the processes that try a mutant are forked: it holds nothing that is mutated."""
CONTROL = f"{CHECKS}.streams"
"""The module that is tried as it is, first of all."""
LONGEST = 400.0
"""Seconds after which a mutant that uses no processor time is given up."""


def modules() -> list[str]:
    """What is mutated: every module that decides a verdict."""
    areas = sorted(path.stem for path in (ROOT / "conformance" / "checks").glob("*.py"))
    return [*DECIDING, *(CHECKS if area == "__init__" else f"{CHECKS}.{area}" for area in areas)]


def _tell(plan: Plan, sender: connection.Connection) -> None:
    sender.send(carry_out(plan))
    sender.close()


def trials(plans: Iterable[Plan], jobs: int) -> Iterator[Tried]:
    """Try every plan in a forked process of its own, so many at a time; what hangs or dies is told as such."""
    context = get_context("fork")
    waiting = iter(plans)
    running: dict[int, tuple[Plan, float, connection.Connection, ForkProcess]] = {}
    while True:
        while len(running) < jobs and (plan := next(waiting, None)) is not None:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_tell, args=(plan, sender))
            process.start()
            sender.close()
            running[process.sentinel] = (plan, time.monotonic(), receiver, process)
        if not running:
            return
        ready = set(connection.wait(list(running), timeout=5.0))
        for sentinel, (plan, begun, receiver, process) in list(running.items()):
            overdue = time.monotonic() - begun > LONGEST
            if sentinel not in ready and not overdue:
                continue
            if overdue:
                process.kill()
            process.join()
            del running[sentinel]
            fate, by = _said(receiver) or (
                "timeout" if overdue or process.exitcode == -signal.SIGPROF else "killed",
                None,
            )
            yield Tried.of(plan.mutant, fate, by, time.monotonic() - begun)


def _said(receiver: connection.Connection) -> tuple[str, str | None] | None:
    """What the process told before it ended; None where it told nothing."""
    try:
        return receiver.recv() if receiver.poll() else None
    except EOFError:
        return None
    finally:
        receiver.close()


def sample(names: Iterable[str], seed: int, share: float, least: int) -> tuple[list[Mutant], dict[str, int]]:
    """So great a share of the mutants of each module, and at least so many; and how many places each module has.

    The first of every module come first, so that a run that is cut short has tried some of each.
    """
    drawn: list[tuple[int, Mutant]] = []
    places: dict[str, int] = {}
    for name in names:
        path = module_path(ROOT, name)
        made, places[name] = mutants(name, path, seed, least)
        wanted = math.ceil(share * places[name])
        if wanted > least:
            made, _ = mutants(name, path, seed, wanted)
        drawn += enumerate(made)
    return [mutant for _, mutant in sorted(drawn, key=lambda row: row[0])], places


def unchanged(module: str) -> Mutant:
    """A module as it is: were it not to survive, neither would any mutant."""
    path = module_path(ROOT, module)
    return Mutant(module, path, "module", 0, "", "", 0, path.read_text())


def _aside(words: list[str]) -> None:
    """Run one of our modules in a process of its own: this one must import nothing that is mutated."""
    subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Sample, prepare, try, write the report; exits with 1 where the score is below the goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.01, help="share of the places of each module")
    parser.add_argument("--least", type=int, default=6, help="mutants per module at least")
    parser.add_argument("--only", action="append", help="a module, such as conformance.checks.locks; may be repeated")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0, help="start no further mutant after so long")
    parser.add_argument(
        "--prepared",
        type=Path,
        help="a folder that keeps what the tests reach, the oracle's traces and what was caught: a further run goes on",
    )
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "mutation")
    chosen = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.prepared or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        reached, traces = folder / "reach.json", folder / "corpus.pickle"
        if not reached.exists():
            _aside(["benchmarks.mutation.reach", str(reached), *TESTS])
        if not traces.exists():
            _aside(["benchmarks.mutation.corpus", str(traces)])
        known = folder / "known.json"
        if not known.exists():
            _aside(["benchmarks.mutation.corpus", "--known", str(traces), str(known)])
        for name in FORKED:
            import_module(name)
        tests, recorded = reach.load(reached), oracle.load(traces)
        said = oracle.read_known(known)

        def plan(mutant: Mutant) -> Plan:
            asked = None if mutant.module in WITHOUT_ORACLE else said
            return Plan(mutant, tests.chosen(mutant.path, mutant.line), tests.seconds, recorded, asked)

        (control,) = trials([plan(unchanged(CONTROL))], 1)
        if control.fate != "survived":
            sys.exit(f"the code as it is does not pass: {control.fate} by {control.by}")
        gc.freeze()  # the forked processes need not look through the traces for garbage
        drawn, places = sample(chosen.only or modules(), chosen.seed, chosen.share, chosen.least)
        caught = report.Journal(folder / "caught.jsonl")
        before = [(mutant, caught.known.get((mutant.module, mutant.name))) for mutant in drawn]
        tried = [replace(known, line=mutant.line) for mutant, known in before if known]
        left = [mutant for mutant, known in before if not known]
        in_time = takewhile(lambda _: time.monotonic() - begun < 60 * chosen.minutes, left)
        for one in trials(map(plan, in_time), chosen.jobs):
            if one.fate == "not loaded":
                sys.exit(f"{one.module} was imported before its mutant could take its place")
            tried.append(one)
            caught.add(one)
            print(f"{len(tried)}/{len(drawn)} {one.fate:8} {one.seconds:5.1f} s  {one.module} {one.name}", flush=True)
    seconds = time.monotonic() - begun
    result = report.Result(chosen.seed, chosen.share, chosen.least, places, tuple(tried), seconds)
    report.write(result, chosen.report)
    print(report.line(result))
    sys.exit(0 if report.good(result) else 1)


if __name__ == "__main__":
    main()
