"""From findings to causes: what is wrong with an endpoint, each thing once, with all that comes of it.

What is grouped is the signs that findings are of (`checks.symptoms`): the same answer of an operation, the same input
that is not checked or not heeded, the same member, event or page. No list says which requirements belong together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from conformance.checks.symptoms import Sign, Symptom
from conformance.contract import Contract, Level
from conformance.contract.known_issues import issues_by_requirement
from conformance.report.model import Cause, CauseExample, Result
from conformance.report.verdict import Verdict
from conformance.session.attempt import FindingRecord, Outcome, ScenarioRecord, SignRecord
from conformance.session.cause_groups import Group, Key, grouped, resource
from conformance.session.cause_words import ABSENT, ANY, EVERYWHERE, STOPPED, Evidence, words_of
from conformance.session.verdicts import telling_record


def causes(
    contract: Contract, records: Sequence[ScenarioRecord], results: Sequence[Result], *, audit: bool = False
) -> tuple[Cause, ...]:
    """The causes of everything that failed, warned or could not be decided, the first to mend first.

    In an `audit` nothing was to be examined, so that nothing waits.
    """
    reported = {result.requirement: result for result in results}
    groups = grouped(contract, records, reported)
    served = {operation for record in records for operation in record.served}

    def whole(operation: str) -> Key:
        return (operation,) if operation in served else ("", resource(contract, operation))

    for result in () if audit else results:
        if result.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED):
            continue
        record = telling_record(result.requirement, records)
        if record is None:
            continue
        key, operations = _blocking(contract, record, result.reason or "")
        group = _group_of(key, groups, whole)
        group.undecided[result.requirement] = None
        group.operations |= dict.fromkeys(operations)
    _explain(groups, records)
    _open(groups)
    made = [_cause(group, contract, reported) for group in groups.values()]
    return tuple(sorted((cause for cause in made if cause is not None), key=_rank))


def _group_of(key: Key, groups: dict[Key, Group], whole: Callable[[str], Key]) -> Group:
    """The group of a key: an operation that fails or refuses may be one of several that are united.

    `whole` tells what an operation shares with those that fail for the same reason: its resource, if it never works.
    """
    for group in groups.values() if len(key) == 3 else ():
        failing = key[0] == Symptom.FAILURE
        if group.symptom != (Symptom.FAILURE if failing else Symptom.REFUSED) or group.key[2] != key[2]:
            continue
        if key[1] in group.operations or (failing and whole(key[1]) in map(whole, group.operations)):
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


# ---- what could not be decided ---------------------------------------------------------------------------------------


def _blocking(contract: Contract, record: ScenarioRecord, reason: str) -> tuple[Key, list[str]]:
    """The key of what kept a requirement from being examined, and the operations that did."""
    if record.absences and (record.outcome in (Outcome.UNSUPPORTED, Outcome.COMPLETED)):
        named = (operation for operation, told in record.absences.items() if told == record.reason)
        lacking = resource(contract, next(named, next(iter(record.absences))))
        return (ABSENT, lacking), [one for one in record.absences if resource(contract, one) == lacking]
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


def _open(groups: dict[Key, Group]) -> None:
    """Let all that waits for no operation be one group: it is what the endpoint did not come to, not what is wrong."""
    reasons = [key for key in groups if key[0] == STOPPED and len(key) == 2]
    if len(reasons) > 1:
        whole = groups[STOPPED, ANY] = Group((STOPPED, ANY))
        for key in reasons:
            whole.add(groups.pop(key))


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
    sign, example = _example(group, failed or warned, reported)
    shown = sorted(failed or warned, key=lambda name: example is None or name != example.requirement)
    told = words_of(
        group.key,
        Evidence(
            sign,
            operations,
            sorted({row.sign.subject for _, row in group.rows}),
            _commonest((row.sign.member, row) for _, row in group.rows),
            _commonest(((row.sign.detail, row) for _, row in group.rows), sign.detail if sign else ""),
            [contract.requirements[name].rule for name in shown],
            [name for name in _commonest((row.sign.member, row) for _, row in group.rows) if name in group.unheeded()],
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


def _commonest(named: Iterable[tuple[str, SignRecord]], first: str = "") -> list[str]:
    """The names that are there, those that most findings are about first, in front of them the one that is named."""
    counted: Counter[str] = Counter()
    for name, row in named:
        counted[name] += row.count
    return sorted(filter(None, counted), key=lambda name: (name != first, -counted[name]))


def _example(
    group: Group, shown: Sequence[str], reported: dict[str, Result]
) -> tuple[Sign | None, CauseExample | None]:
    """The first finding of the commonest sign that is kept whole, else of another one, with its sign."""
    if not group.rows:
        return None, None
    common = group.commonest()
    for record, row, finding in sorted(_kept(group, shown), key=lambda kept: not _shows(common, kept[1], kept[2])):
        rerun = next((one.rerun for one in reported[finding.requirement].exhibits if one.rerun), None)
        command = f"{rerun.rpartition(' ')[0]} {record.scenario}" if rerun else None
        return row.sign, CauseExample(
            finding.requirement,
            record.scenario,
            finding.exchange,
            finding.event,
            finding.pointer,
            finding.expected,
            finding.actual,
            command,
        )
    return common, None


def _kept(group: Group, shown: Sequence[str]) -> Iterator[tuple[ScenarioRecord, SignRecord, FindingRecord]]:
    """The findings of a group that are kept whole, each with its sign."""
    for record, row in group.rows:
        spots = {place.exchange for place in row.places} if row.requirement in shown else ()
        for finding in record.findings if spots else ():
            if finding.requirement == row.requirement and finding.exchange in spots:
                yield record, row, finding


def _shows(common: Sign, row: SignRecord, finding: FindingRecord) -> bool:
    """Whether a finding is of the commonest sign, on whichever operation: other members may be wrong there as well."""
    named = common.member if common.symptom == Symptom.MEMBER else ""
    return row.sign._replace(operation=common.operation) == common and (not named or named in finding.pointer)
