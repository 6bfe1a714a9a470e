"""Runs the scenarios against every variation, and tells what the checks made of it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from conformance import contract
from conformance.client.target import Target, resolve
from conformance.contract import Level
from conformance.proof.harness import drive, ready, scenarios
from conformance.proof.interception import Interception
from conformance.proof.variations import all_variations
from conformance.proof.variations.hooks import Tally, VariationHooks
from conformance.proof.variations.relay import old_protocol
from conformance.proof.variations.variation import Variation
from conformance.report.verdict import Verdict
from conformance.session.attempt import Outcome, ScenarioRecord

TIMEOUT_S = 10.0
"""Longest wait in seconds for an answer or the end of a run."""
PARTS = 4
"""Into how many tasks one variation's scenarios are divided, so that workers end at about the same time."""


@dataclass(frozen=True)
class Alarm:
    """A requirement that a variation violates: where, and in what words."""

    requirement: str
    level: str
    scenario: str
    expected: str
    actual: str


@dataclass
class Outcomes:
    """What one variation came to.

    `answers` is how many the variation met, `changed` how many of those it made different. `examined` are the
    requirements with subjects. `alarms` are violated requirements; those of level MUST are faults of the checks.
    `unfinished` are scenarios that did not come to their end, with the reason; `broken` those that raised, and checks.
    """

    variation: str
    about: str
    why: str
    scenarios: int = 0
    answers: int = 0
    changed: int = 0
    examined: set[str] = field(default_factory=set)
    alarms: list[Alarm] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def false_alarms(self) -> list[Alarm]:
        """The violated requirements of level MUST."""
        return [alarm for alarm in self.alarms if alarm.level == Level.MUST]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many of the examined requirements came to each verdict."""
        failed = {alarm.requirement for alarm in self.false_alarms}
        warned = {alarm.requirement for alarm in self.alarms if alarm.level == Level.SHOULD}
        counted = Counter(
            Verdict.FAIL if name in failed else Verdict.WARN if name in warned else Verdict.PASS
            for name in self.examined | failed | warned
        )
        return {str(verdict): counted[verdict] for verdict in (Verdict.PASS, Verdict.WARN, Verdict.FAIL)}

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "name": self.variation,
            "about": self.about,
            "why": self.why,
            "scenarios": self.scenarios,
            "answers": self.answers,
            "changed": self.changed,
            "verdicts": self.verdicts,
            "alarms": [asdict(alarm) for alarm in self.alarms],
            "unfinished": self.unfinished,
            "broken": self.broken,
        }

    def add(self, other: Outcomes) -> None:
        """Take in what another part of the same variation's scenarios came to."""
        self.scenarios += other.scenarios
        self.answers += other.answers
        self.changed += other.changed
        self.examined |= other.examined
        self.alarms += other.alarms
        self.unfinished += other.unfinished
        self.broken += other.broken


@dataclass(frozen=True)
class Variations:
    """What all variations came to, in their order."""

    outcomes: tuple[Outcomes, ...]

    @property
    def clean(self) -> bool:
        """Whether no variation gave a false alarm, broke a check, or changed nothing."""
        return all(one.changed and not one.false_alarms and not one.broken for one in self.outcomes)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "variations": len(self.outcomes),
            "scenarios": sum(one.scenarios for one in self.outcomes),
            "answers": sum(one.answers for one in self.outcomes),
            "changed": sum(one.changed for one in self.outcomes),
            "false_alarms": sum(len(one.false_alarms) for one in self.outcomes),
            "results": [one.to_dict() for one in self.outcomes],
        }


def run_variations(
    names: Iterable[str] | None = None,
    *,
    only: Sequence[str] | None = None,
    jobs: int = 1,
    done: Callable[[str, int], None] = lambda name, alarms: None,
    pool: Executor | None = None,
) -> Variations:
    """Run the scenarios that concern each variation against it; `only` names the scenarios to choose from.

    `done` is told of each part that ended and how many false alarms it gave. With `jobs` 1 all happens in this process;
    otherwise in the `pool`, or in one of its own. Raises KeyError for an unknown name.
    """
    chosen = list(all_variations().values()) if names is None else [all_variations()[name] for name in names]
    found = {one.name: Outcomes(one.name, one.about, one.why) for one in chosen}
    slowest_first = sorted(chosen, key=lambda one: not _waits(one))
    tasks = [
        (one.name, part)
        for one in slowest_first
        for part in _parts(_concerned(one, only), 1 if jobs == 1 and pool is None else PARTS)
    ]
    for part in _carried_out(tasks, jobs, pool):
        found[part.variation].add(part)
        done(part.variation, len(part.false_alarms))
    for one in found.values():
        one.alarms.sort(key=lambda alarm: (alarm.requirement, alarm.scenario))
        one.unfinished.sort()
        one.broken.sort()
    return Variations(tuple(found.values()))


def _concerned(variation: Variation, only: Sequence[str] | None) -> list[str]:
    chosen = scenarios() if only is None else only
    return [name for name in chosen if not variation.areas or name.partition(".")[0] in variation.areas]


def _parts(names: list[str], count: int) -> list[list[str]]:
    return [part for start in range(count) if (part := names[start::count])]


def _waits(variation: Variation) -> bool:
    """Whether a variation makes the endpoint or the client wait, so that its scenarios take longer than others."""
    return bool(variation.seconds or variation.pause or variation.poll_seconds or variation.settings)


def workers(jobs: int) -> ProcessPoolExecutor:
    """A pool for so many cores.

    A third of a scenario's time is waiting for runs to go on, so every two cores get a third worker.
    """
    return ProcessPoolExecutor(jobs + jobs // 2, multiprocessing.get_context("spawn"), ready)


def _carried_out(tasks: list[tuple[str, list[str]]], jobs: int, pool: Executor | None) -> Iterator[Outcomes]:
    if pool is not None:
        for one in as_completed([pool.submit(vary, *task) for task in tasks]):
            yield one.result()
    elif jobs == 1:
        for task in tasks:
            yield vary(*task)
    else:
        with workers(jobs) as own:
            yield from _carried_out(tasks, jobs, own)


def vary(name: str, chosen: Sequence[str]) -> Outcomes:
    """Run these scenarios against one variation."""
    variation = all_variations()[name]
    outcomes = Outcomes(name, variation.about, variation.why)
    with endpoint(variation) as (target, tally):
        for scenario in chosen:
            _note(outcomes, drive(scenario, target))
    outcomes.answers, outcomes.changed = tally.met, tally.changed
    return outcomes


@contextmanager
def endpoint(variation: Variation) -> Iterator[tuple[Target, Tally]]:
    """A reference endpoint under a variation, as a target, while the block lasts."""
    from conformance.reference.server import ReferenceServer

    target = resolve("reference", timeout=TIMEOUT_S)
    if variation.poll_seconds is not None:
        target = replace(target, profile=replace(target.profile, poll_seconds=variation.poll_seconds))
    server = ReferenceServer(variation.configured(api_key=target.key, seed=0, control=True))
    if variation.inside:
        variation.inside(server.endpoint)
    tally = Tally()
    server.app.add_middleware(Interception, hooks=VariationHooks(variation, server.endpoint, tally))
    with server:
        parts = urlsplit(server.url)
        if variation.old_protocol:
            with old_protocol(parts.hostname or "", parts.port or 0) as port:
                yield replace(target, url=f"http://127.0.0.1:{port}{parts.path}"), tally
        else:
            yield replace(target, url=f"http://{parts.netloc}{variation.prefix or ''}{parts.path}"), tally


def _note(outcomes: Outcomes, record: ScenarioRecord) -> None:
    requirements = contract.load().requirements
    outcomes.scenarios += 1
    outcomes.examined |= set(record.examined)
    counted: set[str] = set()
    for finding in record.findings:
        level = requirements[finding.requirement].level
        if finding.requirement not in counted and level in (Level.MUST, Level.SHOULD):
            counted.add(finding.requirement)
            outcomes.alarms.append(
                Alarm(finding.requirement, str(level), record.scenario, finding.expected, finding.actual)
            )
    outcomes.broken += [f"{record.scenario}: {name}: {text}" for name, text in record.crashed.items()]
    if record.outcome == Outcome.ERROR:
        outcomes.broken.append(f"{record.scenario}: {record.reason}")
    elif record.outcome != Outcome.COMPLETED:
        outcomes.unfinished.append(f"{record.scenario}: {record.outcome}: {record.reason}")
