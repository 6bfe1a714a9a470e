"""Two sightings of one object beside each other: the one place where what was shown is compared with what is shown."""

from collections.abc import Iterable, Iterator, Mapping

from conformance.checks.check import Examined, Finding, Observation
from conformance.contract.values import ValueSchema
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value
from conformance.trace.trace import Sighting, Where


def judge_unchanged(
    requirement: str, index: Index, earlier: Sighting, later: Sighting, names: Iterable[str], reason: str = ""
) -> Iterator[Observation]:
    """Judge that a later sighting of an object says the same in these members, as far as both show them."""
    members = index.contract.values.of_object(later.kind).members
    since = f"as in exchange {earlier.where.exchange}{reason}"
    yield from judge_members(requirement, members, earlier.value, later.value, later.where, names, since)


def judge_members(
    requirement: str,
    members: Mapping[str, ValueSchema],
    was: dict[str, Json],
    now: dict[str, Json],
    where: Where,
    names: Iterable[str],
    since: str,
) -> Iterator[Observation]:
    """Judge that two objects say the same in these members.

    What only one of them shows is left out, as lists and streams show less; so are members that the contract does not
    have.
    """
    compared = 0
    for name in names:
        if name not in was or name not in now or name not in members:
            continue
        compared += 1
        if not members[name].same(was[name], now[name]):
            expected = f"{name} {format_value(was[name])} {since}"
            yield Finding(requirement, where.below(name), expected, f"{name} {format_value(now[name])}")
    if compared:
        yield Examined(requirement, where.exchange, compared)


def format_default(member: ValueSchema) -> str:
    """What a member shows where nobody says anything of it, in words."""
    return "null or empty" if member.default is None else format_value(member.default)
