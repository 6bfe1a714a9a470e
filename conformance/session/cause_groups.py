"""Which findings are of one cause: the signs that they are of, grouped by what these show of the endpoint.

Signs are of one cause that show the same answer of an operation, the same input that is not checked or not read, the
same member, event or page. Groups are then united that show the same on several operations or objects.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from conformance.checks.symptoms import BODY, STREAM, Input, Place, Sign, Symptom
from conformance.contract import Contract
from conformance.session.attempt import ScenarioRecord, SignRecord
from conformance.session.cause_words import ACTION, ANY, EVERYWHERE, QUERY, SOMETIMES
from conformance.session.unchecked_inputs import Rule, rules

SCHEMAS = "schemas"
"""The area whose requirements are about all members of an object; every other one is about one matter."""
LISTING = "list"
UNHEEDED = frozenset({Symptom.IGNORED, Symptom.PAGE})
"""Signs of inputs that have no effect, as far as they name one."""
NAMING = frozenset({ACTION, Symptom.PAGE, Symptom.IGNORED, Symptom.UNCHECKED})
"""What groups have in common that goes by a name of its own."""
Key: TypeAlias = tuple[str, ...]


@dataclass
class Group:
    """The signs of one cause so far, each with its scenario, and the requirements that wait for it."""

    key: Key
    rows: list[tuple[ScenarioRecord, SignRecord]] = field(default_factory=list)
    undecided: dict[str, None] = field(default_factory=dict)
    operations: dict[str, None] = field(default_factory=dict)

    @property
    def symptom(self) -> str:
        """In which way something is wrong."""
        return self.key[0]

    @property
    def requirements(self) -> frozenset[str]:
        """The requirements that are violated."""
        return frozenset(row.requirement for _, row in self.rows)

    @property
    def findings(self) -> int:
        """How many findings there are."""
        return sum(row.count for _, row in self.rows)

    @property
    def spots(self) -> set[tuple[str, int]]:
        """The exchanges that it is seen in, by scenario and number."""
        return {(record.scenario, place.exchange) for record, row in self.rows for place in row.places}

    @property
    def objects(self) -> set[tuple[str, str]]:
        """The objects that it is seen on, by scenario."""
        return {(record.scenario, place.object) for record, row in self.rows for place in row.places if place.object}

    def unheeded(self) -> set[str]:
        """The inputs that have no effect."""
        signs = (row.sign for _, row in self.rows)
        return {sign.member for sign in signs if sign.symptom in UNHEEDED and sign.member}

    def add(self, other: Group) -> None:
        """Take in what belongs to another group."""
        self.rows += other.rows
        self.undecided |= other.undecided
        self.operations |= other.operations

    def commonest(self) -> Sign:
        """The sign that was seen most."""
        counted: Counter[Sign] = Counter()
        for _, row in self.rows:
            counted[row.sign] += row.count
        return max(counted, key=lambda sign: (counted[sign], sign))


def grouped(contract: Contract, records: Sequence[ScenarioRecord], reported: Collection[str]) -> dict[Key, Group]:
    """The causes of all findings of the reported requirements."""
    rows = [(record, row) for record in records for row in record.signs if row.requirement in reported]
    served = {operation for record in records for operation in record.served}
    refused = {one for record in records for one in record.refused if one.operation in served}
    unread = _unread(rows, records, refused)
    accepted = [_input(row.sign) for _, row in rows if row.sign.symptom == Symptom.UNCHECKED]
    rule_of = rules((one for one in accepted if not _is_unread(one, unread)), refused)
    everywhere = _everywhere(row for _, row in rows)
    groups: dict[Key, Group] = {}
    for record, row in rows:
        general = row.requirement in everywhere
        key = (EVERYWHERE, row.requirement) if general else _key(row.sign, rule_of, unread)
        group = groups.setdefault(key, Group(key))
        group.rows.append((record, row))
        group.operations[row.sign.operation] = None
    return _without_consequences(_alike(groups, contract, served), contract)


def _everywhere(rows: Iterable[SignRecord]) -> set[str]:
    """The requirements that answers of all kinds violate, failures and successes: about no answer in particular."""
    seen: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        seen[row.requirement].add(row.sign.symptom)
    return {requirement for requirement, symptoms in seen.items() if symptoms >= {Symptom.FAILURE, Symptom.CONDUCT}}


def _input(sign: Sign) -> Input:
    return Input(sign.operation, sign.member, sign.subject, sign.detail)


def _unread(
    rows: Iterable[tuple[ScenarioRecord, SignRecord]], records: Sequence[ScenarioRecord], refused: set[Input]
) -> set[tuple[str, str]]:
    """The inputs that were never seen to have an effect, as operation and member, where one was to be seen.

    An operation that reads no input at all, as far as that could be seen, and refuses nothing, has all of them: "*".
    """
    signs = [row.sign for _, row in rows]
    shown = {(one.operation, one.member) for one in signs if one.symptom in UNHEEDED and one.member}
    heeded = {one for record in records for one in record.heeded}
    reading = {operation for operation, _ in heeded} | {one.operation for one in refused}
    unread = shown - heeded
    return unread | {(operation, "*") for operation, _ in unread if operation not in reading}


def _is_unread(one: Input, unread: set[tuple[str, str]]) -> bool:
    """Whether an input is not read, and so cannot be refused."""
    return bool({(one.operation, one.member), (one.operation, "*")} & unread)


def _key(sign: Sign, rule_of: dict[Input, Rule], unread: set[tuple[str, str]]) -> Key:
    """What two signs share that are of one cause."""
    match sign.symptom:
        case Symptom.FAILURE:
            broken = (sign.member or BODY,) if sign.detail else ()
            return sign.symptom, sign.operation, sign.subject, *broken
        case Symptom.UNCHECKED if _is_unread(_input(sign), unread):
            return (Symptom.PAGE, sign.operation, QUERY) if sign.detail == QUERY else (Symptom.IGNORED, sign.operation)
        case Symptom.UNCHECKED:
            return sign.symptom, *(value or ANY for value in rule_of[_input(sign)])
        case Symptom.IGNORED:
            sometimes = () if (sign.operation, sign.member) in unread else (SOMETIMES, sign.area)
            return sign.symptom, sign.operation, *sometimes
        case Symptom.REFUSED:
            return sign.symptom, sign.area, sign.subject, *((sign.detail,) if sign.detail else ())
        case Symptom.ERROR:
            return sign.symptom, sign.subject or sign.detail
        case Symptom.MEMBER:
            return sign.symptom, sign.area, sign.subject, sign.member
        case Symptom.EVENT:
            return sign.symptom, sign.area, sign.subject
        case Symptom.PAGE:
            return sign.symptom, sign.operation, *((QUERY,) if (sign.operation, sign.member) in unread else ())
        case _:
            return sign.symptom, sign.subject


def _alike(groups: dict[Key, Group], contract: Contract, served: set[str]) -> dict[Key, Group]:
    """The groups, those united that show the same on several operations or objects, or break the same rules there."""
    groups = _united(groups, lambda group: _likeness(group, contract, served))
    groups = _united(groups, lambda group: _rules_broken(group, contract))
    acts = _acts(groups)
    return _united(groups, lambda group: acts.get(group.key, group.key))


def _united(groups: dict[Key, Group], likeness: Callable[[Group], Key]) -> dict[Key, Group]:
    """The groups of one likeness as one, under the key of the first, or under what they have in common."""
    alike: dict[Key, list[Group]] = defaultdict(list)
    for _, group in sorted(groups.items()):
        alike[likeness(group)].append(group)
    united: dict[Key, Group] = {}
    for like, members in alike.items():
        first = members[0]
        if len(members) > 1 and like[0] in NAMING:
            first = Group(like, first.rows, first.undecided, first.operations)
        for other in members[1:]:
            first.add(other)
        united[first.key] = first
    return united


def _acts(groups: dict[Key, Group]) -> dict[Key, Key]:
    """The groups that show what one operation makes of its objects, with the key that these have in common.

    They are of members that are wrong only on objects that it was called for last, and of its answers for these; what
    comes of one fault shows on the same objects, less those that nobody looked at again.
    """
    clusters: dict[str, list[list[Group]]] = defaultdict(list)
    of_members = [group for group in groups.values() if group.symptom == Symptom.MEMBER]
    answers = [group for group in groups.values() if group.symptom == Symptom.CONDUCT]
    for group in sorted((*of_members, *answers), key=lambda group: (-len(group.objects), group.key)):
        operation = _acted(group)
        for cluster in clusters[operation] if operation else ():
            if 2 * len(cluster[0].objects & group.objects) >= len(cluster[0].objects):
                cluster.append(group)
                break
        else:
            clusters[operation].append([group])
    return {
        group.key: (ACTION, operation, min(cluster[0].requirements))
        for operation, found in clusters.items()
        for cluster in found
        if len(cluster) > 1 and any(group.symptom == Symptom.MEMBER for group in cluster)
        for group in cluster
    }


def _acted(group: Group) -> str:
    """The operation that each object had gone through last on which the group is seen; empty where they differ."""
    acts = {place.after for _, row in group.rows for place in row.places}
    return acts.pop() if len(acts) == 1 else ""


def _likeness(group: Group, contract: Contract, served: set[str]) -> Key:
    sign = group.commonest()
    match group.symptom:
        case Symptom.MEMBER if sign.subject.startswith(f"answer to {LISTING}"):
            return Symptom.PAGE, sign.operation
        case Symptom.MEMBER if sign.detail:
            return group.symptom, sign.area, sign.member, sign.detail
        case Symptom.FAILURE if not group.operations.keys() & served:
            return group.symptom, sign.subject, resource(contract, sign.operation)
        case Symptom.UNCHECKED if group.key[1] != ANY and group.key.count(ANY) < 2:  # lapses, which are many
            return group.symptom, group.key[1], ANY, ANY, ANY
        case Symptom.FAILURE if sign.detail:  # servers read bodies in one place
            return group.symptom, sign.subject, "", sign.member
        case Symptom.IGNORED | Symptom.PAGE if (group.symptom == Symptom.IGNORED or QUERY in group.key) and (
            members := group.unheeded()
        ):
            return group.symptom, "*", *group.key[2:], ",".join(sorted(members))
        case _:
            return group.key


def _rules_broken(group: Group, contract: Contract) -> Key:
    sign = group.commonest()
    if group.symptom == Symptom.EVENT:  # most frames may break a rule that few of them break besides another
        counted: Counter[str] = Counter()
        for _, row in group.rows:
            counted[row.requirement] += row.count
        return group.symptom, sign.area, max(counted, key=lambda name: (counted[name], name))
    if group.symptom in (Symptom.CONDUCT, Symptom.PAGE, Symptom.REFUSED):
        acts = group.symptom in (Symptom.CONDUCT, Symptom.REFUSED)  # whichever way an answer is wrong
        detail = sign.detail if group.symptom == Symptom.REFUSED else ""
        return Symptom.CONDUCT if acts else group.symptom, sign.area, detail, *sorted(group.requirements)
    if group.symptom == Symptom.FAILURE and not sign.detail:
        return group.symptom, sign.subject, resource(contract, sign.operation), *sorted(group.requirements)
    if group.symptom == Symptom.MEMBER and sign.area != SCHEMAS:
        return group.symptom, sign.area, *sorted(group.requirements)
    return group.key


def resource(contract: Contract, operation: str) -> str:
    """What an operation is about: the first part of its path."""
    known = contract.operations.by_id.get(operation)
    return known.path.strip("/").partition("/")[0] if known else operation


def _without_consequences(groups: dict[Key, Group], contract: Contract) -> dict[Key, Group]:
    """The groups without those that are seen only where a request was accepted that should have been refused.

    What such an answer shows, and what becomes of its object, would not be there otherwise.
    """
    heads = {
        key: _places(group)
        for key, group in groups.items()
        if group.symptom in (Symptom.UNCHECKED, Symptom.CONDUCT) and _accepts(group, contract)
    }
    kept = dict(groups)
    for key, group in groups.items():
        if group.symptom not in (Symptom.MEMBER, Symptom.IGNORED, Symptom.EVENT):
            continue
        own = [(record.scenario, place) for record, row in group.rows for place in row.places]
        fitting = [head for head, places in heads.items() if all(_follows(place, places) for place in own)]
        if fitting:
            kept[min(fitting, key=lambda head: len(heads[head]))].add(kept.pop(key))
    return kept


def _accepts(group: Group, contract: Contract) -> bool:
    """Whether all that is seen are plain answers to requests that change something."""
    known = contract.operations.by_id
    changing = all(name in known and known[name].method != "GET" for name in group.operations)
    return changing and all(row.sign.detail != STREAM for _, row in group.rows)


def _places(group: Group) -> dict[tuple[str, object], int]:
    """The exchanges of a group, and the first one for each object, by scenario."""
    found: dict[tuple[str, object], int] = {}
    for record, row in group.rows:
        for place in row.places:
            found[record.scenario, place.exchange] = place.exchange
            if place.object:
                first = found.get((record.scenario, place.object), place.exchange)
                found[record.scenario, place.object] = min(first, place.exchange)
    return found


def _follows(own: tuple[str, Place], places: dict[tuple[str, object], int]) -> bool:
    scenario, place = own
    if (scenario, place.exchange) in places:
        return True
    first = places.get((scenario, place.object))
    return first is not None and first < place.exchange
