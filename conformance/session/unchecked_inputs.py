"""Which inputs an endpoint does not check, said with as few rules as the evidence allows.

A server that checks no lengths accepts hundreds of wrong requests; that is one rule to add, not hundreds. A rule names
some of operation, member, kind of mistake and part of the request, and stands for every accepted mistake that it fits.
It must not fit more than a few mistakes that were refused: those show that somebody does check there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from conformance.checks.symptoms import Input

Rule = tuple[str | None, str | None, str | None, str | None]
"""An `Input` in which None stands for any value."""

TOLERANCE = 5
"""A rule fits at most one refused mistake for so many accepted ones."""
_DIMENSIONS = range(len(Input._fields))


def rules(accepted: Iterable[Input], refused: Iterable[Input]) -> dict[Input, Rule]:
    """The rule that each accepted mistake falls under: the widest ones first, each as narrow as what it covers."""
    waiting = set(accepted)
    covered, against = _by_rule(waiting), _by_rule(set(refused) - waiting)
    possible = {
        rule: found for rule, found in covered.items() if _kinds(against.get(rule, ())) * TOLERANCE <= _kinds(found)
    }
    chosen: dict[Input, Rule] = {}
    while waiting:
        best = max(possible, key=lambda rule: (len(possible[rule] & waiting), _narrowness(rule), _text(rule)))
        for mistake in possible.pop(best) & waiting:
            chosen[mistake] = best
            waiting.discard(mistake)
    return chosen


def _by_rule(mistakes: Iterable[Input]) -> dict[Rule, set[Input]]:
    found: dict[Rule, set[Input]] = defaultdict(set)
    for mistake in mistakes:
        for rule in _around(mistake):
            found[rule].add(mistake)
    return found


def _kinds(mistakes: Iterable[Input]) -> int:
    """How many kinds of mistakes these are; operations often share what checks them, so each counts once."""
    return len({mistake[1:] for mistake in mistakes})


def _around(mistake: Input) -> Iterator[Rule]:
    for count in range(len(_DIMENSIONS) + 1):
        for named in combinations(_DIMENSIONS, count):
            one, two, three, four = (mistake[place] if place in named else None for place in _DIMENSIONS)
            yield one, two, three, four


def _narrowness(rule: Rule) -> int:
    return sum(value is not None for value in rule)


def _text(rule: Rule) -> tuple[str, ...]:
    return tuple(value or "" for value in rule)
