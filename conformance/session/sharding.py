"""Shards: one run spread over several machines, and put together again from their journals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from conformance.report.conclusion import counted, few
from conformance.report.model import Header, Report
from conformance.report.stored import NAME, load
from conformance.session.assembly import report_of
from conformance.session.attempt import ScenarioRecord
from conformance.session.journal import stored_run
from conformance.session.presence import settle
from conformance.session.report_folder import JOURNAL
from conformance.session.selection import Selection
from conformance.session.settings import RunSpec


class WrongShards(Exception):
    """Shards that are named wrongly or do not belong together: what was read, and what to do."""


class Shard(NamedTuple):
    """One of several parts of a run, counted from 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> Shard:
        """The shard that `2/5` names; raises `WrongShards`."""
        match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
        shard = cls(int(match[1]), int(match[2])) if match else None
        if shard is None or not 1 <= shard.number <= shard.of:
            raise WrongShards(f"--shard {text}: write NUMBER/OF, such as 2/5 for the second of five parts")
        return shard

    def share(self, scenarios: Iterable[str]) -> tuple[str, ...]:
        """Its part of the scenarios: of all areas alike, and the same on every machine."""
        return tuple(sorted(scenarios)[self.number - 1 :: self.of])

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True)
class Part:
    """What one shard brought."""

    folder: Path
    spec: RunSpec
    records: tuple[ScenarioRecord, ...]
    finished: bool
    header: Header


def merged(folders: Sequence[Path]) -> Report:
    """The report of a whole run, from the report folders of its shards.

    Raises `WrongShards` where they are no shards of one run, `UnreadableReport` and `NothingToResume` where a folder
    holds none. That a shard is missing, or did not finish, is the problem of the report.
    """
    parts = [_part(folder) for folder in folders]
    first = parts[0]
    for part in parts:
        if part.spec.shard is None:
            raise WrongShards(f"{part.folder} is a whole run, not one of its shards (run --shard NUMBER/OF)")
        if refusal := replace(first.spec, shard=part.spec.shard, target=part.spec.target).refusal(part.spec):
            raise WrongShards(f"{first.folder} and {part.folder} are of different runs: the second {refusal}")
    shards = [Shard.read(str(part.spec.shard)) for part in parts]
    if len({shard.of for shard in shards}) > 1:
        raise WrongShards(f"these are shards of different runs: {', '.join(map(str, sorted(shards)))}")
    if twice := {shard for shard in shards if shards.count(shard) > 1}:
        where = ", ".join(str(part.folder) for part, shard in zip(parts, shards, strict=True) if shard in twice)
        raise WrongShards(f"the same shard is there twice: {where}")
    records = settle(sorted((one for part in parts for one in part.records), key=lambda one: one.scenario))
    header = replace(
        first.header,
        started=min(part.header.started for part in parts),
        seconds=max(part.header.seconds for part in parts),
        problem=_problem(parts, shards),
        interrupted=any(part.header.interrupted for part in parts),
        notes=(f"merged of {counted(len(parts), 'shard')}",),
        part=tuple(words for words in first.header.part if not words.startswith("--shard")),
    )
    selection = Selection.of(first.spec.only, first.spec.exclude)
    return report_of(header, records, selection, rerun=first.spec.rerun, ended=first.spec.ended)


def _part(folder: Path) -> Part:
    folder = folder.parent if folder.name in (NAME, JOURNAL) and folder.is_file() else folder
    if not folder.is_dir():
        raise WrongShards(f"{folder} is no report folder; name those of the shards (run --shard K/N --report DIR)")
    spec, records, finished = stored_run(folder / JOURNAL)
    return Part(folder, spec, records, finished, load(folder).header)


def _problem(parts: Sequence[Part], shards: Sequence[Shard]) -> str | None:
    """Why not all was driven; None where it was."""
    of = shards[0].of
    if missing := sorted(set(range(1, of + 1)) - {shard.number for shard in shards}):
        names = few([str(Shard(number, of)) for number in missing])
        return f"missing {'shard' if len(missing) == 1 else 'shards'}: {names}"
    for part, shard in zip(parts, shards, strict=True):
        if part.header.problem is not None:
            return f"shard {shard}: {part.header.problem}"
    unfinished = [str(shard) for part, shard in zip(parts, shards, strict=True) if not part.finished]
    if not unfinished or any(part.header.interrupted for part in parts):
        return None
    return f"not finished: {few(unfinished)}"
