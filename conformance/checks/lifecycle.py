"""Judging an object's sightings by its state machine; shared by the areas whose objects have a status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.check import Examined, Finding, Observation
from conformance.contract.lifecycles import FieldRule, Lifecycle, Moment, Presence
from conformance.trace.json import is_integer, mapping, shown, text
from conformance.trace.order import successions
from conformance.trace.trace import Sighting, Trace, Where


def fields(sighting: Sighting, lifecycle: Lifecycle, *, created: bool = False) -> Iterator[Observation]:
    """Hold one sighting against the field matrix of its status.

    `created` tells that this answer created the object. A field that is missing, or whose type is wrong, is left to
    the schema.
    """
    status = text(sighting.value.get("status"))
    for rule in lifecycle.rules_for(status or ""):
        if rule.moment is Moment.CREATED and not created:
            continue
        for field in rule.fields:
            if field in sighting.value and _well_typed(field, sighting.value[field]):
                yield Examined(rule.requirement, sighting.where.exchange)
                yield from _broken(rule, field, sighting)


def _well_typed(field: str, value: Any) -> bool:
    return value is None or (is_integer(value) if field.endswith("_at") else isinstance(value, dict))


def _broken(rule: FieldRule, field: str, sighting: Sighting) -> Iterator[Finding]:
    value = sighting.value[field]
    if (value is None) is (rule.presence is Presence.NULL):
        return
    wanted = "null" if rule.presence is Presence.NULL else "set"
    moment = " in the answer that creates it" if rule.moment is Moment.CREATED else ""
    yield Finding(
        rule.requirement,
        below(sighting.where, field),
        f"{field} {wanted} while the status is {shown(sighting.value['status'])}{moment}",
        f"{field} is {shown(value)}",
    )


def transitions(
    trace: Trace, seen: tuple[Sighting, ...], lifecycle: Lifecycle, *, terminal: str, step: str, within_streams: bool
) -> Iterator[Observation]:
    """Hold the sightings of one object against its transitions.

    Leaving a terminal status is judged under the requirement `terminal`, any other step under `step`. A status that
    the machine does not know is left to the schema.
    """
    for later, before in successions(trace, seen, within_streams=within_streams):
        status = text(later.value.get("status"))
        if status not in lifecycle.statuses:
            continue
        for earlier in before:
            was = text(earlier.value.get("status"))
            if was is None or was not in lifecycle.statuses:
                continue
            requirement = terminal if was in lifecycle.terminal else step
            yield Examined(requirement, later.where.exchange)
            if not lifecycle.reachable(was, status):
                yield Finding(
                    requirement,
                    below(later.where, "status"),
                    f"status one of {', '.join(lifecycle.following(was))}",
                    f'status "{status}" after "{was}" (exchange {earlier.where.exchange})',
                )
                break


TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")


def arithmetic(requirement: str, sighting: Sighting) -> Iterator[Observation]:
    """Judge that the total of a usage is the sum of its parts."""
    usage = mapping(sighting.value.get("usage"))
    prompt, completion, total = (usage.get(name) for name in TOKENS)
    if is_integer(prompt) and is_integer(completion) and is_integer(total):
        yield Examined(requirement, sighting.where.exchange)
        if total != prompt + completion:
            yield Finding(
                requirement,
                below(sighting.where, "usage", "total_tokens"),
                "total_tokens is prompt_tokens + completion_tokens",
                f"total_tokens {shown(total)}, the sum is {shown(prompt + completion)}",
            )


def below(where: Where, *path: str | int) -> Where:
    """The place of a member within the value at `where`."""
    return where.below(*path)
