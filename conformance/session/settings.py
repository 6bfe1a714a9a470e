"""What a run of scenarios was asked to do, as it travels from the command line to pytest and its workers."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from conformance.client.target import Profile, Target, load_profile, resolve
from conformance.contract import resources
from conformance.session.selection import Selection, words_of

REPEATS = 3
"""How often a scenario that failed on a live target is driven in all, to tell what varies."""
ONE_DAY = 86_400.0
"""The time limit of a replay, in seconds."""


@dataclass(frozen=True)
class RunSpec:
    """What a run was asked to do, and by which suite.

    Its records can only be completed by a run that was asked the same; `timeout` and `repeats` alone may change.
    `dialect` is a short digest of what is in the profile, whose name may stand for something else tomorrow.
    """

    target: str
    profile: str
    dialect: str
    model: str
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    record: str | None
    suite: str
    timeout: float
    repeats: int
    shard: str | None = None
    rerun: str = field(default="", compare=False)
    """The command that runs one thing again, up to its name."""
    ended: bool = field(default=False, compare=False)
    """Whether the endpoint was started for the run, and ends with it."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {**asdict(self), "only": list(self.only), "exclude": list(self.exclude)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RunSpec:
        """The inverse of `to_dict`; raises `TypeError` or `LookupError`."""
        return cls(**{**data, "only": tuple(data["only"]), "exclude": tuple(data["exclude"])})

    def refusal(self, before: RunSpec) -> str | None:
        """Why this run cannot go on with one that was asked something else, and what to do; None where it can."""
        if before.suite != self.suite:
            return f"was judged by version {before.suite} of the suite, this is {self.suite}: go on with that one"
        if replace(before, timeout=self.timeout, repeats=self.repeats) == self:
            return None
        if str(before) == str(self):
            return f"was of another profile {self.profile}, whose settings have changed since: ask for the same"
        new = [
            f"--{name}"
            for name in ("only", "exclude", "record", "shard")
            if getattr(self, name) and not getattr(before, name)
        ]
        return f"was of {before}{f', without {chr(32).join(new)}' if new else ''}; ask for the same"

    def changes(self, before: RunSpec) -> str | None:
        """What is different from here on in a run that can go on all the same."""
        names = [name for name in ("timeout", "repeats") if getattr(self, name) != getattr(before, name)]
        told = (f"--{name} {getattr(self, name):g} (until now {getattr(before, name):g})" for name in names)
        return f"going on with {', '.join(told)}" if names else None

    def __str__(self) -> str:
        only = "".join(f" --only {word}" for word in self.only) + "".join(f" --exclude {one}" for one in self.exclude)
        record = f" --record {self.record}" if self.record else ""
        shard = f" --shard {self.shard}" if self.shard else ""
        return f"{self.target} (profile {self.profile}, model {self.model}){only}{record}{shard}"


@dataclass(frozen=True)
class RunSettings:
    """Where to run, what, and how.

    `only` and `exclude` are areas, requirement ids, scenario names and what these begin with; without `only` it is
    everything. `scenarios` are those that are driven of it where not all are: those that failed last time, or those of
    a `shard` such as 2/5. `record` is the folder for new cassettes, `replay` the folder of those to replay instead of a
    live target. `done` are scenarios that an earlier, interrupted run has driven already; `ledger` is the file that
    remembers what is to be deleted.
    """

    target: Target
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    record: Path | None = None
    replay: Path | None = None
    repeats: int = REPEATS
    done: tuple[str, ...] = ()
    ledger: Path | None = None
    scenarios: tuple[str, ...] | None = None
    shard: str | None = None

    @property
    def selection(self) -> Selection:
        """What is driven and reported; raises `UnknownSelection`."""
        return Selection.of(self.only, self.exclude).driving(self.scenarios)

    @property
    def part(self) -> tuple[str, ...]:
        """The options that ask for less than everything."""
        failed = self.scenarios is not None and self.shard is None
        words = [] if failed else [f"--only {word}" for word in words_of(self.only)]
        words += [f"--exclude {word}" for word in words_of(self.exclude)]
        words += [f"--shard {self.shard}"] if self.shard else []
        return (*words, *(["--failed"] if failed else []))

    @property
    def simulated(self) -> bool:
        """Whether the reference endpoint is recorded: in simulated time, and therefore always with the same bytes."""
        return self.record is not None and self.target.profile.embedded and not self.target.url

    @property
    def spec(self) -> RunSpec:
        """What is asked of this run."""
        profile = self.target.profile
        where = f"cassettes {self.replay}" if self.replay else self.target.url or profile.name
        return RunSpec(
            target=where,
            profile=profile.source,
            dialect=_digest(profile),
            model=profile.model,
            only=self.only,
            exclude=self.exclude,
            record=str(self.record) if self.record else None,
            suite=version("assistants-conformance"),
            timeout=self.target.timeout,
            repeats=self.repeats,
            shard=self.shard,
            rerun=shlex.join(["assistants-conformance", "run", *([] if self.replay else self.target.words), "--only"]),
            ended=profile.embedded and not self.target.url and not self.replay,
        )


def _digest(profile: Profile) -> str:
    """A short digest of what a profile says, whatever the order in which it says it."""
    settings = {**asdict(profile), "capabilities": sorted(profile.capabilities)}
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


def replay_target() -> Target:
    """The stand-in target of a replay: the profile the bundled cassettes were recorded with, and no network.

    Its answers are there already: only a time limit that no busy machine reaches replays what was recorded.
    """
    return Target(url="http://replay.invalid/v1", profile=load_profile("reference"), timeout=ONE_DAY, replay=True)


def bundled_cassettes() -> Path:
    """The cassettes that a run without a target replays."""
    return resources.cassettes() / "reference"


def from_options(
    *,
    target: str | None,
    profile: str | None = None,
    model: str | None = None,
    api_key_env: str | None = None,
    timeout: float = 30.0,
    only: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    record: str | None = None,
    replay: str | None = None,
    repeats: int = REPEATS,
    done: tuple[str, ...] = (),
    ledger: str | None = None,
    scenarios: tuple[str, ...] | None = None,
    shard: str | None = None,
) -> RunSettings:
    """The settings that options mean; raises `WrongTarget`."""
    if replay is not None or target is None:
        cassettes = Path(replay) if replay else bundled_cassettes()
        return RunSettings(
            replay_target(), only, exclude, replay=cassettes, repeats=1, done=done, scenarios=scenarios, shard=shard
        )
    chosen = resolve(target, profile=profile, model=model, api_key_env=api_key_env, timeout=timeout)
    return RunSettings(
        chosen,
        only,
        exclude,
        record=Path(record) if record else None,
        repeats=repeats,
        done=done,
        ledger=Path(ledger) if ledger else None,
        scenarios=scenarios,
        shard=shard,
    )
