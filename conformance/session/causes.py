"""From findings to causes: what is wrong with an endpoint, each thing once, with all that comes of it.

What is grouped is the signs that findings are of (`checks.symptoms`): the same answer of an operation, the same input
that is not checked or not heeded, the same member, event or page. No list says which requirements belong together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from conformance.checks.symptoms import STREAM, Input, Place, Sign, Symptom
from conformance.contract import Contract, Level
from conformance.contract.known_issues import issues_by_requirement
from conformance.report.model import Cause, CauseExample, Result
from conformance.report.verdict import Verdict
from conformance.session.attempt import FindingRecord, Outcome, ScenarioRecord, SignRecord
from conformance.session.cause_words import ABSENT, ACTION, EVERYWHERE, STOPPED, Evidence, words_of
from conformance.session.unchecked_inputs import Rule, rules
from conformance.session.verdicts import telling_record

SCHEMAS = "schemas"
"""The area whose requirements are about all members of an object; every other one is about one matter."""
SEVERAL = 3
"""An endpoint that leaves more kinds of mistakes unchecked than so many checks its requests badly altogether."""
LISTING = "list"
NAMING = frozenset({ACTION, Symptom.PAGE, Symptom.UNCHECKED})
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


def causes(
    contract: Contract, records: Sequence[ScenarioRecord], results: Sequence[Result], *, audit: bool = False
) -> tuple[Cause, ...]:
    """The causes of everything that failed, warned or could not be decided, the first to mend first.

    In an `audit` nothing was to be examined, so that nothing waits.
    """
    reported = {result.requirement: result for result in results}
    groups = _without_consequences(_grouped(contract, records, reported), contract)
    for result in () if audit else results:
        if result.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED):
            continue
        record = telling_record(result.requirement, records)
        if record is None:
            continue
        key, operations = _blocking(contract, record, result.reason or "")
        group = _group_of(key, groups)
        group.undecided[result.requirement] = None
        group.operations |= dict.fromkeys(operations)
    _explain(groups, records)
    made = [_cause(group, contract, reported) for group in groups.values()]
    return tuple(sorted((cause for cause in made if cause is not None), key=_rank))


def _group_of(key: Key, groups: dict[Key, Group]) -> Group:
    """The group of a key: an operation that fails or refuses may be one of several that are united."""
    for group in groups.values() if len(key) == 3 else ():
        same = group.symptom == (Symptom.FAILURE if key[0] == Symptom.FAILURE else Symptom.REFUSED)
        if same and group.key[2] == key[2] and key[1] in group.operations:
            return group
    return groups.setdefault(key, Group(key))


def _rank(cause: Cause) -> tuple[int, int, int, int, int, str]:
    """What blocks most, then what official SDKs break on, then what turns most red; what is wrong before what is not.

    What is only not there, and what the endpoint did not come to, fails nothing.
    """
    symptom = cause.key.partition(":")[0]
    broken = cause.failed or symptom == Symptom.FAILURE or (symptom == STOPPED and cause.operations)
    kind = 0 if broken else 1 if cause.warned else 2 if symptom == ABSENT else 3
    return kind, -len(cause.undecided), -len(cause.issues), -len(cause.failed), -cause.findings, cause.key


# ---- grouping --------------------------------------------------------------------------------------------------------


def _grouped(contract: Contract, records: Sequence[ScenarioRecord], reported: dict[str, Result]) -> dict[Key, Group]:
    rows = [(record, row) for record in records for row in record.signs if row.requirement in reported]
    served = {operation for record in records for operation in record.served}
    refused = {one for record in records for one in record.refused if one.operation in served}
    unread = _unread(rows, records, refused)
    accepted = [_input(row.sign) for _, row in rows if row.sign.symptom == Symptom.UNCHECKED]
    rule_of = rules((one for one in accepted if _reader(one, unread) is None), refused)
    everywhere = _everywhere(row for _, row in rows)
    groups: dict[Key, Group] = {}
    for record, row in rows:
        general = row.requirement in everywhere
        key = (EVERYWHERE, row.requirement) if general else _key(row.sign, rule_of, unread)
        group = groups.setdefault(key, Group(key))
        group.rows.append((record, row))
        group.operations[row.sign.operation] = None
    return _alike(groups, contract, served)


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
) -> dict[tuple[str, str], str]:
    """The inputs that an operation never heeds, with the area that saw it; under "*" where it refuses nothing."""
    found: Counter[str] = Counter()
    examined: Counter[str] = Counter()
    for record in records:
        examined.update(record.examined)
        found.update(record.found)
    checking = {one.operation for one in refused}
    ignored: dict[tuple[str, str], str] = {}
    for _, row in rows:
        sign = row.sign
        if sign.symptom == Symptom.IGNORED and 2 * found[row.requirement] > examined[row.requirement]:
            ignored[sign.operation, sign.member if sign.operation in checking else "*"] = sign.area
    return ignored


def _reader(one: Input, unread: dict[tuple[str, str], str]) -> str | None:
    """The area that saw that an input is not read, and so cannot be refused; None where it is read."""
    return unread.get((one.operation, one.member)) or unread.get((one.operation, "*"))


def _key(sign: Sign, rule_of: dict[Input, Rule], unread: dict[tuple[str, str], str]) -> Key:
    """What two signs share that are of one cause."""
    match sign.symptom:
        case Symptom.FAILURE:
            return sign.symptom, sign.operation, sign.subject
        case Symptom.UNCHECKED:
            if (area := _reader(_input(sign), unread)) is not None:
                return Symptom.IGNORED, sign.operation, area
            return sign.symptom, *(value or "*" for value in rule_of[_input(sign)])
        case Symptom.IGNORED:
            return sign.symptom, sign.operation, sign.area
        case Symptom.REFUSED:
            return sign.symptom, sign.area, sign.subject
        case Symptom.ERROR:
            return sign.symptom, sign.subject or sign.detail
        case Symptom.MEMBER:
            return sign.symptom, sign.area, sign.subject, sign.member
        case Symptom.EVENT:
            return sign.symptom, sign.area, sign.subject
        case Symptom.PAGE:
            return sign.symptom, sign.operation
        case _:
            return sign.symptom, sign.subject


def _alike(groups: dict[Key, Group], contract: Contract, served: set[str]) -> dict[Key, Group]:
    """The groups, those united that show the same on several operations or objects, or break the same rules there."""
    groups = _united(groups, lambda group: _likeness(group, contract, served))
    groups = _united(groups, _rules_broken)
    acts = _acts(groups)
    groups = _united(groups, lambda group: acts.get(group.key, group.key))
    unchecked = [key for key, group in groups.items() if group.symptom == Symptom.UNCHECKED]
    if len(unchecked) <= SEVERAL:
        return groups
    return _united(groups, lambda group: (Symptom.UNCHECKED,) if group.key in unchecked else group.key)


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

    They are of members that are wrong only on objects that it was called for last, and of its answers for these.
    """
    acted: dict[str, list[Group]] = defaultdict(list)
    for group in groups.values():
        if group.symptom == Symptom.MEMBER and (operation := _acted(group)):
            acted[operation].append(group)
    objects = {operation: set().union(*(one.objects for one in members)) for operation, members in acted.items()}
    for group in groups.values():
        operation = _acted(group) if group.symptom == Symptom.CONDUCT else ""
        if operation in objects and group.objects & objects[operation]:
            acted[operation].append(group)
    return {group.key: (ACTION, operation) for operation, members in acted.items() for group in members}


def _acted(group: Group) -> str:
    """The operation that each object had gone through last on which the group is seen; empty where they differ."""
    acts = {place.after for _, row in group.rows for place in row.places}
    return acts.pop() if len(acts) == 1 else ""


def _likeness(group: Group, contract: Contract, served: set[str]) -> Key:
    sign = group.commonest()
    if group.symptom == Symptom.MEMBER and sign.subject.startswith(f"answer to {LISTING}"):
        return Symptom.PAGE, sign.operation
    if group.symptom == Symptom.PAGE:
        return Symptom.PAGE, sign.operation
    if group.symptom == Symptom.FAILURE and not group.operations.keys() & served:
        return group.symptom, sign.subject, _resource(contract, sign.operation)
    if group.symptom == Symptom.MEMBER and sign.detail:
        return group.symptom, sign.area, sign.member, sign.detail
    if group.symptom == Symptom.UNCHECKED and group.key[1] != "*" and group.key[4] == "query":
        return Symptom.PAGE, group.key[1]  # the query of one list is read in one place
    return group.key


def _rules_broken(group: Group) -> Key:
    sign = group.commonest()
    if group.symptom in (Symptom.CONDUCT, Symptom.PAGE, Symptom.REFUSED):
        return sign.area, *sorted(group.requirements)
    if group.symptom == Symptom.MEMBER and sign.area != SCHEMAS:
        return group.symptom, sign.area, *sorted(group.requirements)
    return group.key


def _resource(contract: Contract, operation: str) -> str:
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


# ---- what could not be decided ---------------------------------------------------------------------------------------


def _blocking(contract: Contract, record: ScenarioRecord, reason: str) -> tuple[Key, list[str]]:
    """The key of what kept a requirement from being examined, and the operations that did."""
    if record.absences and (record.outcome in (Outcome.UNSUPPORTED, Outcome.COMPLETED)):
        named = (operation for operation, told in record.absences.items() if told == record.reason)
        resource = _resource(contract, next(named, next(iter(record.absences))))
        return (ABSENT, resource), [one for one in record.absences if _resource(contract, one) == resource]
    if record.stopped is not None:
        operation, status = record.stopped
        kind = Symptom.FAILURE if status >= 500 else STOPPED
        return (kind, operation, str(status)), [operation]
    told = reason.removeprefix(f"{record.scenario}: ")
    return (STOPPED, told.replace(f" in {record.scenario}", "")), []


def _explain(groups: dict[Key, Group], records: Sequence[ScenarioRecord]) -> None:
    """Let what waits for a reason wait for the cause that showed where the scenarios stopped for it.

    That is a cause which is seen in the last exchange of each of them, and hardly where no scenario stopped; of several
    the one with the fewest findings.
    """
    stops = {record.scenario: record for record in records if record.outcome == Outcome.INCONCLUSIVE}
    ends = {(record.scenario, record.last) for record in stops.values()}
    seen = {key: group.spots for key, group in groups.items()}
    stopping = {
        key: spots
        for key, spots in seen.items()
        if spots and 2 * len(spots & ends) >= len({scenario for scenario, _ in spots}) and key[0] != EVERYWHERE
    }
    for key in [key for key in groups if key[0] == STOPPED and len(key) == 2]:
        own = {(one.scenario, one.last) for one in stops.values() if key[1] == _reason(one)}
        fitting = [other for other, spots in stopping.items() if own and own <= spots]
        if fitting:
            head = min(fitting, key=lambda other: (groups[other].findings, other))
            groups[head].undecided |= groups.pop(key).undecided


def _reason(record: ScenarioRecord) -> str:
    return (record.reason or "").replace(f" in {record.scenario}", "")


# ---- from a group to a cause -----------------------------------------------------------------------------------------


def _cause(group: Group, contract: Contract, reported: dict[str, Result]) -> Cause | None:
    violated = sorted(name for name in group.requirements if contract.requirements[name].level is not Level.MAY)
    failed = tuple(name for name in violated if reported[name].verdict is Verdict.FAIL)
    warned = tuple(name for name in violated if name not in failed)
    if not violated and not group.undecided:
        return None
    concerned = (*failed, *warned, *group.undecided)
    counted = Counter(row.sign.operation for _, row in group.rows for _ in row.places)
    operations = sorted(filter(None, group.operations), key=lambda name: (-counted[name], name))
    known = issues_by_requirement()
    issues = sorted({issue for name in violated for issue in known.get(name, ())})
    example = _example(group, failed or warned, reported)
    told = words_of(
        group.key,
        Evidence(
            group.commonest() if group.rows else None,
            operations,
            sorted({row.sign.subject for _, row in group.rows}),
            _members(group),
            [contract.requirements[name].rule for name in failed or warned],
            sorted({row.sign.subject for _, row in group.rows if row.sign.symptom == Symptom.UNCHECKED}),
        ),
    )
    return Cause(
        key=":".join(group.key),
        title=told.title,
        level=min((contract.requirements[name].level for name in concerned), key=list(Level).index).value,
        operations=tuple(sorted(operations)),
        failed=failed,
        warned=warned,
        undecided=tuple(group.undecided),
        findings=group.findings,
        advice=told.advice,
        issues=tuple(issues),
        example=example,
    )


def _members(group: Group) -> list[str]:
    """The members that are wrong, those that most findings are about first."""
    counted: Counter[str] = Counter()
    for _, row in group.rows:
        counted[row.sign.member] += row.count
    return [name for name, _ in counted.most_common() if name]


def _example(group: Group, shown: Sequence[str], reported: dict[str, Result]) -> CauseExample | None:
    """The first finding, in order of requirements, that is kept whole and lies where the group was seen."""
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for record, row in group.rows:
        places[row.requirement, record.scenario] |= {place.exchange for place in row.places}
    wanted = sorted(shown, key=lambda name: -sum(row.count for _, row in group.rows if row.requirement == name))
    for exhibit in (exhibit for name in wanted for exhibit in _candidates(group, name)):
        record, finding = exhibit
        if finding.exchange in places[finding.requirement, record.scenario]:
            rerun = next((one.rerun for one in reported[finding.requirement].exhibits if one.rerun), None)
            command = f"{rerun.rpartition(' ')[0]} {record.scenario}" if rerun else None
            return CauseExample(
                finding.requirement,
                record.scenario,
                finding.exchange,
                finding.event,
                finding.pointer,
                finding.expected,
                finding.actual,
                command,
            )
    return None


def _candidates(group: Group, requirement: str) -> Iterator[tuple[ScenarioRecord, FindingRecord]]:
    for record, row in group.rows:
        if row.requirement == requirement:
            for finding in record.findings:
                if finding.requirement == requirement:
                    yield record, finding
