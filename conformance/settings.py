"""What a run of scenarios was asked to do, as it travels from the command line to pytest and its workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import resources
from conformance.target import Target, load_profile, resolve

REPEATS = 3
"""How often a scenario that failed on a live target is driven in all, to tell what varies."""


@dataclass(frozen=True)
class Errand:
    """What a run was asked to do, as far as its records can only be completed by a run that was asked the same."""

    target: str
    profile: str
    model: str
    only: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {"target": self.target, "profile": self.profile, "model": self.model, "only": list(self.only)}

    def __str__(self) -> str:
        only = "".join(f" --only {word}" for word in self.only)
        return f"{self.target} (profile {self.profile}, model {self.model}){only}"


@dataclass(frozen=True)
class RunSettings:
    """Where to run, what, and how.

    `only` are areas, requirement ids and scenario names; empty means everything. `record` is the folder for new
    cassettes, `replay` the folder of those to replay instead of a live target. `done` are scenarios that an earlier,
    interrupted run has driven already; `ledger` is the file that remembers what is to be deleted.
    """

    target: Target
    only: tuple[str, ...] = ()
    record: Path | None = None
    replay: Path | None = None
    repeats: int = REPEATS
    done: tuple[str, ...] = ()
    ledger: Path | None = None

    @property
    def errand(self) -> Errand:
        """What is asked of this run."""
        profile = self.target.profile
        where = f"cassettes {self.replay}" if self.replay else self.target.url or profile.name
        return Errand(where, profile.source, profile.model, self.only)


def replay_target() -> Target:
    """The stand-in target of a replay: the profile the bundled cassettes were recorded with, and no network."""
    return Target(url="http://replay.invalid/v1", profile=load_profile("reference"), replay=True)


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
    record: str | None = None,
    replay: str | None = None,
    repeats: int = REPEATS,
    done: tuple[str, ...] = (),
    ledger: str | None = None,
) -> RunSettings:
    """The settings that options mean; raises `WrongTarget`."""
    if replay is not None or target is None:
        cassettes = Path(replay) if replay else bundled_cassettes()
        return RunSettings(replay_target(), only, replay=cassettes, repeats=1, done=done)
    chosen = resolve(target, profile=profile, model=model, api_key_env=api_key_env, timeout=timeout)
    return RunSettings(
        chosen,
        only,
        record=Path(record) if record else None,
        repeats=repeats,
        done=done,
        ledger=Path(ledger) if ledger else None,
    )
