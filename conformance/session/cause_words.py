"""Causes in words: what is wrong, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.checks.symptoms import BODY, Sign, Symptom
from conformance.report.conclusion import counted, few

ABSENT, STOPPED, EVERYWHERE, ACTION = "absent", "stopped", "everywhere", "action"
SOMETIMES = "sometimes"
ANY = "*"
"""What stands in a key for any operation, member, kind of mistake or part of a request, or for several reasons."""
QUERY = "query"
"""The part of a request that lists are asked for by."""

TITLE_NAMES, TITLE_MEMBERS = 2, 3
_MISTAKES = {
    "missing": "requests without a member that is required",
    "unknown": "unknown members",
    "form": "malformed texts",
    "value": "values that are none of those allowed",
    "bound": "values beyond their bounds",
    ANY: "invalid values",
}
_PARTS = {"nested": " in nested members", "query": " in the query", "form": " in uploads"}


@dataclass(frozen=True)
class Evidence:
    """What the words are made of: the sign of the example, and all operations, objects, members, what was there and
    rules concerned, those of the example first; `unheeded` are the members that have no effect."""

    sign: Sign | None
    operations: Sequence[str]
    subjects: Sequence[str]
    members: Sequence[str]
    details: Sequence[str]
    rules: Sequence[str]
    unheeded: Sequence[str]


@dataclass(frozen=True)
class Words:
    """A cause in words, a sentence without its stop each."""

    title: str
    advice: str


def words_of(key: tuple[str, ...], seen: Evidence) -> Words:
    """The words for a cause with this key."""
    symptom, *parts = key
    operations = few(list(seen.operations)) or "the endpoint"
    some = _some(seen.operations)
    sign = seen.sign
    match symptom:
        case Symptom.FAILURE:
            if not seen.operations:  # DELETE /vector_stores, where a server meets a method that it does not know
                return Words(f"Requests for no operation of the API are answered {parts[1]}", "Answer them 404 or 405")
            answers = "answers" if len(seen.operations) == 1 else "answer"
            wrong = "the body is no JSON object" if parts[2:] == [BODY] else f"{parts[-1]} is wrong"
            return Words(
                f"{some} {answers} {parts[1]}{f' where {wrong}' if parts[2:] else ''}",
                f"Find in the server's log why {seen.operations[0]} fails; what waits for it is judged in the next run",
            )
        case "absent":
            return Words(
                f"Not there: {operations}",
                f"Serve {operations}, or leave it: what needs it is unsupported, and fails nothing",
            )
        case "stopped":
            if len(parts) > 1:
                return Words(
                    f"{parts[0]} answers {parts[1]} where scenarios need its object",
                    f"See why {parts[0]} refuses; what waits for it is judged in the next run",
                )
            if parts[0] == ANY:
                return Words(
                    "Not to be decided, for several reasons",
                    "See under Inconclusive why each waits; a profile says how the endpoint is told to do something",
                )
            return Words(
                f"Not to be decided: {parts[0]}",
                "See whether the endpoint can be told to do that (a profile says how); else leave it undecided",
            )
        case Symptom.UNCHECKED:
            return _unchecked(parts, seen.members, operations)
        case "action":
            return Words(f"{parts[0]}: {_rules(seen)}", f"Mend what {parts[0]} does")
        case Symptom.IGNORED:
            return _ignored(seen, some, always=SOMETIMES not in parts)
        case Symptom.ERROR if sign is not None:
            some = f"{' or '.join(seen.details[:TITLE_NAMES])}{', …' if len(seen.details) > TITLE_NAMES else ''}"
            comes = sign.detail.startswith(("a ", "an ", "no JSON"))
            what = "have" if sign.subject or sign.detail.startswith("status ") else "come as" if comes else ""
            return Words(
                f"Errors {what} {some}" if what else f"Errors: {_rules(seen)}",
                "Give all errors one form and the status of the contract, in one place",
            )
        case Symptom.MEMBER if sign is not None:
            subjects = few(list(seen.subjects))
            return Words(
                f"{subjects}{_member(sign, seen)}", f"Mend {sign.member or 'the body'} where {subjects} is written"
            )
        case Symptom.EVENT:
            return Words(f"Streams, at {parts[1] or 'an event'}: {_rules(seen)}", "Mend what the stream sends there")
        case Symptom.REFUSED if sign is not None:
            return Words(
                f"Refused with {sign.subject} by {some}: {_rules(seen)}", f"See what {operations} refuse, and why"
            )
        case Symptom.PAGE if QUERY in parts:
            return _ignored(seen, some)
        case Symptom.PAGE:
            return Words(f"Pages of {some}: {_rules(seen)}", "Mend how pages are cut out of the list")
        case "everywhere":
            return Words(f"All answers: {_rules(seen)}", "Mend it in one place, for every answer")
        case _:
            return Words(f"{some}: {_rules(seen)}", "See the exchange of the example")


def _member(sign: Sign, seen: Evidence) -> str:
    """What is wrong with a member: that it lacks something or is null, else the rule that it breaks."""
    found = sign.detail.removeprefix(f"{sign.member} ").removeprefix("is ")
    if found.startswith("no ") and "…" not in found:  # a list that was cut names nothing
        return f": {sign.member} has {found}" if sign.member else f" has {found}"
    return f": {sign.member} is {found}" if found == "null" else f"{sign.member and f', {sign.member}'}: {_rules(seen)}"


def _ignored(seen: Evidence, some: str, *, always: bool = True) -> Words:
    members, one = few(list(seen.unheeded)), len(seen.operations) == 1
    does = ("ignores" if one else "ignore") if always else f"{'does' if one else 'do'} not always heed"
    return Words(f"{some} {does} {members}", f"Read {members} from the request, and show and do what was sent")


def _unchecked(rule: Sequence[str], members: Sequence[str], operations: str) -> Words:
    operation, member, mistake, part = rule
    what = _MISTAKES.get(mistake, f"values other than {mistake}")
    named = list(filter(None, members))
    if member == ANY and part == ANY and len(named) <= TITLE_MEMBERS:
        member = " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:]))) or ANY
    if member != ANY:
        what += f" ({member})" if mistake == "unknown" else f" in {member}"
    whom = "" if operation == ANY else f" by {operation}"
    where = _PARTS.get(part, "") if member == ANY else ""
    return Words(
        f"{what[0].upper()}{what[1:]}{where} are accepted{whom}",
        f"Refuse them with 400 before anything is made, in {operations}",
    )


def _some(names: Sequence[str]) -> str:
    """The first names, so that a title stays short."""
    rest = len(names) - TITLE_NAMES
    return (", ".join(names[:TITLE_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")) or "the endpoint"


def _rules(seen: Evidence) -> str:
    more = f" (and {counted(len(seen.rules) - 1, 'rule')} more)" if len(seen.rules) > 1 else ""
    return f"{seen.rules[0].rstrip('.') if seen.rules else 'the contract'}{more}"
