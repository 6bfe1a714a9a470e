"""Judging an object's sightings by its state machine; shared by the areas whose objects have a status."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation
from conformance.contract.lifecycles import Lifecycle, Moment, Presence
from conformance.trace.history import History
from conformance.trace.json import format_value, is_integer, mapping
from conformance.trace.trace import Sighting

TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
DETAILS = (
    ("prompt_tokens", "prompt_token_details", "cached_tokens"),
    ("completion_tokens", "completion_tokens_details", "reasoning_tokens"),
)


def fields(sighting: Sighting, lifecycle: Lifecycle, *, created: bool = False) -> Iterator[Observation]:
    """Hold one sighting against the field matrix of its status.

    `created` tells that this answer created the object. A field that is missing, or whose type is wrong, is left to
    the schema.
    """
    value = sighting.value
    for rule in lifecycle.rules_for(sighting.status or ""):
        if rule.moment is Moment.CREATED and not created:
            continue
        null, judged = rule.presence is Presence.NULL, 0
        for field, kind in rule.types:
            if field not in value or not ((found := value[field]) is None or type(found) is kind):
                continue
            judged += 1
            # An empty object says as little as null; where there must be one the schema tells what it lacks.
            if found not in (None, {}) if null else found is None:
                wanted = "null" if null else "set"
                moment = " in the answer that creates it" if rule.moment is Moment.CREATED else ""
                yield Finding(
                    rule.requirement,
                    sighting.where.below(field),
                    f"{field} {wanted} while the status is {format_value(sighting.status)}{moment}",
                    f"{field} is {format_value(found)}",
                )
        if judged:
            yield Examined(rule.requirement, sighting.where.exchange, judged)


def transitions(
    history: History, lifecycle: Lifecycle, requirement: str, *, step: str = "", within_streams: bool = False
) -> Iterator[Observation]:
    """Hold the sightings of one object against its transitions.

    Leaving a terminal status is judged under the requirement, any other step under `step`, where that is another. A
    status that the machine does not know is left to the schema. `within_streams` tells whether the events of one
    stream count as following each other.
    """
    if not history.statuses:
        return
    for later, predecessors in history.successions_in_streams if within_streams else history.successions:
        status = later.status
        if status not in lifecycle.statuses:
            continue
        for earlier in predecessors:
            was = earlier.status
            if was is None or was not in lifecycle.statuses:
                continue
            judged = requirement if was in lifecycle.terminal or not step else step
            yield Examined(judged, later.where.exchange)
            if not lifecycle.reachable(was, status):
                yield Finding(
                    judged,
                    later.where.below("status"),
                    f"status one of {', '.join(lifecycle.following(was))}",
                    f'status "{status}" after "{was}" (exchange {earlier.where.exchange})',
                )
                break


def arithmetic(requirement: str, sighting: Sighting) -> Iterator[Observation]:
    """Judge that the total of a usage is the sum of its parts, and that details are no more than what they detail."""
    usage = mapping(sighting.value.get("usage"))
    if not usage:
        return
    prompt, completion, total = (usage.get(name) for name in TOKENS)
    if is_integer(prompt) and is_integer(completion) and is_integer(total):
        yield Examined(requirement, sighting.where.exchange)
        if total != prompt + completion:
            yield Finding(
                requirement,
                sighting.where.below("usage", "total_tokens"),
                "total_tokens is prompt_tokens + completion_tokens",
                f"total_tokens {format_value(total)}, the sum is {format_value(prompt + completion)}",
            )
    for name, member, detail in DETAILS:
        whole, part = usage.get(name), mapping(usage.get(member)).get(detail)
        if is_integer(whole) and is_integer(part) and part > whole:
            place = sighting.where.below("usage", member, detail)
            expected = f"{detail} among the {format_value(whole)} {name}"
            yield Finding(requirement, place, expected, f"{detail} {format_value(part)}")
