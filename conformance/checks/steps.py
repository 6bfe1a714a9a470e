"""Run steps: what they are, how they end with their run, which calls they hold and which messages they create."""

from collections import Counter
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.announced_messages import announced_messages, deletions_of, looks_for
from conformance.checks.shared.late_messages import CLOCKS_APART, judged_late
from conformance.checks.shared.required_calls import RequiredCalls
from conformance.checks.shared.unchanged import judge_members, judge_unchanged
from conformance.trace.history import History
from conformance.trace.hosted_calls import HOSTED
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import PAGING, Page
from conformance.trace.runs import (
    CANCELLING,
    MESSAGE,
    RUN,
    STEP,
    SUBMITTING,
    call_ids,
    created_message,
    function_calls,
    steps_of_runs,
)
from conformance.trace.trace import Sighting

ENDS = ("completed_at", "failed_at", "cancelled_at", "expired_at")
OPEN, WAITING, COMPLETED = "in_progress", "requires_action", frozenset({"completed"})
# Steps of cancelled runs are judged with the cancelling. Of the other ends only the orderly one was ever recorded.
BY_END = {"completed": "STEP-END-01", "incomplete": "STEP-END-02", "failed": "STEP-END-02", "expired": "STEP-END-02"}
CAUSES = {"cancelled": ("cancelling", "cancelled"), "expired": ("expired",)}
BROKEN_OFF = frozenset(CAUSES)
DETAILS = ("message_creation", "tool_calls")
KEPT = ("usage", "completed_at", "failed_at", "cancelled_at", "last_error")
_MOST_NAMED = 5


@check("STEP-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A step that has ended has ended. The order within one stream is judged with the stream's events."""
    machine = index.contract.lifecycles["step"]
    for history in index.objects(STEP).values():
        yield from lifecycle.transitions(history, machine, "STEP-STATE-01")


@check("STEP-FIELD-*")
def fields(index: Index) -> Iterator[Observation]:
    """Every field of a step is set or null as its status demands."""
    machine = index.contract.lifecycles["step"]
    for sighting in index.sightings(STEP):
        yield from lifecycle.fields(sighting, machine)


@check("STEP-TYPE-01", "STEP-TYPE-02")
def types(index: Index) -> Iterator[Observation]:
    """A step is of one type, which its details repeat, for life."""
    for history in index.objects(STEP).values():
        for later, predecessors in history.successions_in_streams:
            was, kind = text(predecessors[0].value.get("type")), text(later.value.get("type"))
            if was is not None and kind is not None:
                yield Examined("STEP-TYPE-01", later.where.exchange)
                if was != kind:
                    yield Finding(
                        "STEP-TYPE-01",
                        later.where.below("type"),
                        f"type {format_value(was)}, as in exchange {predecessors[0].where.exchange}",
                        f"type {format_value(kind)}",
                    )
    for sighting in index.sightings(STEP):
        kind = text(sighting.value.get("type"))
        details = text(mapping(sighting.value.get("step_details")).get("type"))
        if kind is not None and details is not None:
            yield Examined("STEP-TYPE-02", sighting.where.exchange)
            if kind != details:
                yield Finding(
                    "STEP-TYPE-02",
                    sighting.where.below("step_details", "type"),
                    f"step_details.type {format_value(kind)}, the step's own type",
                    f"step_details.type {format_value(details)}",
                )


@check("STEP-TIME-01")
def timestamps(index: Index) -> Iterator[Observation]:
    """A step does not end before it is created."""
    for sighting in index.sightings(STEP):
        created = sighting.value.get("created_at")
        if not is_integer(created):
            continue
        ends = [(name, ended) for name in ENDS if is_integer(ended := sighting.value.get(name))]
        if ends:
            yield Examined("STEP-TIME-01", sighting.where.exchange, len(ends))
        for name, ended in ends:
            if ended < created:
                yield Finding(
                    "STEP-TIME-01",
                    sighting.where.below(name),
                    f"{name} not before created_at",
                    f"{name} {format_value(ended)}, created_at {format_value(created)}",
                )


@check("STEP-USAGE-01")
def usage(index: Index) -> Iterator[Observation]:
    """The tokens of a step add up."""
    for sighting in index.sightings(STEP):
        yield from lifecycle.arithmetic("STEP-USAGE-01", sighting)


@check("STEP-CALLS-01")
def calls(index: Index) -> Iterator[Observation]:
    """The function calls of a step are the very calls that its run asks to be answered, and stand in that step only.

    Ids tell the calls of one run apart: a server in front of another model may count them anew for each run.
    """
    required: dict[str, RequiredCalls] = {}
    homes: dict[tuple[str, str], Sighting] = {}
    for sighting in index.sightings(STEP):
        made = frozenset(call_ids(function_calls(sighting.value)))
        if not made:
            continue
        run_id = text(sighting.value.get("run_id")) or ""
        if run_id not in required:
            required[run_id] = RequiredCalls(index.history(RUN, run_id))
        wanted = required[run_id].of_step(index, sighting, made)
        if wanted is not None:
            yield Examined("STEP-CALLS-01", sighting.where.exchange)
            if wanted != made:
                yield Finding(
                    "STEP-CALLS-01",
                    sighting.where.below("step_details", "tool_calls"),
                    f"function calls {_named(wanted)}, as in the run's required_action",
                    f"function calls {_named(made)}",
                )
        yield from _in_one_step(sighting, made, run_id, homes)


def _in_one_step(
    step: Sighting, made: frozenset[str], run_id: str, homes: dict[tuple[str, str], Sighting]
) -> Iterator[Observation]:
    """A call that a run asks to be answered stands in one of its steps only; `homes` holds where each was first."""
    for call_id in sorted(made):
        home = homes.setdefault((run_id, call_id), step)
        if home is step:
            continue
        yield Examined("STEP-CALLS-01", step.where.exchange)
        if home.id != step.id:
            yield Finding(
                "STEP-CALLS-01",
                step.where.below("id"),
                f"{format_value(home.id)}, in which call {format_value(call_id)} stands"
                f" in exchange {home.where.exchange}",
                f"id {format_value(step.id)}",
            )


def _named(ids: frozenset[str]) -> str:
    named = ", ".join(map(format_value, sorted(ids)[:_MOST_NAMED]))
    return named + (", …" if len(ids) > _MOST_NAMED else "")


@check("STEP-LINK-01")
def created_messages(index: Index) -> Iterator[Observation]:
    """The message that a step says it created belongs to the step's own run."""
    owners: dict[str, str | None] = {}
    for sighting in index.sightings(STEP):
        message_id, run_id = created_message(sighting.value), text(sighting.value.get("run_id"))
        message = index.history(MESSAGE, message_id)
        if message_id is None or run_id is None or not message:
            continue
        if message_id not in owners:
            of_run = message.first(lambda seen: isinstance(seen.value.get("run_id"), str))
            owners[message_id] = of_run.value["run_id"] if of_run else None
        yield Examined("STEP-LINK-01", sighting.where.exchange)
        if owners[message_id] != run_id:
            yield Finding(
                "STEP-LINK-01",
                sighting.where.below("step_details", "message_creation", "message_id"),
                f"a message whose run_id is {format_value(run_id)}",
                f"message {format_value(message_id)} with run_id {format_value(owners[message_id])}",
            )


@check("STEP-LINK-02")
def readable_messages(index: Index) -> Iterator[Observation]:
    """The message that a completed step created is found, by its id or on its thread's list, until it is deleted."""
    examined, missing = index.view(_looked_for)
    yield from missing.values()
    yield from (Examined("STEP-LINK-02", number, count) for number, count in examined.items())


def _looked_for(index: Index) -> tuple[Counter[int], dict[str, Finding]]:
    """How many messages each request looked for, and by its id each one that was not found."""
    lists: dict[tuple[str, str | None], list[Page]] = {}
    for page in index.pages("listMessages"):
        if page.is_beginning and page.has_more is False and page.query.keys() <= PAGING | {"run_id"}:
            lists.setdefault((page.call.params["thread_id"], page.query.get("run_id")), []).append(page)
    listed = {page.number: frozenset(page.ids) for pages in lists.values() for page in pages}
    examined, missing = Counter[int](), dict[str, Finding]()
    for announced in announced_messages(index):
        step = index.exchange(announced.step)
        deletions = deletions_of(index, announced)
        deleted_from = min((calls[0].number for calls in deletions if calls), default=None)
        for look in looks_for(index, announced, lists):
            if deleted_from is not None and look.number > deleted_from:
                break
            if not before(step, look.exchange) or any(calls.any_not_after(look.exchange) for calls in deletions):
                continue
            examined[look.number] += 1
            if isinstance(look, Page):
                is_missing, actual = announced.message_id not in listed[look.number], "a list of the thread without it"
            else:
                is_missing, actual = look.status == 404, f"status {look.status}"
            if is_missing:
                told = f"message {format_value(announced.message_id)}, which a completed step created"
                expected = f"{told} (exchange {step.number})"
                missing[announced.message_id] = Finding("STEP-LINK-02", look.where, expected, actual)
                break
    return examined, missing


@check("STEP-END-01", "STEP-END-02")
def open_steps(index: Index) -> Iterator[Observation]:
    """When a run has ended none of its steps is in progress. The order within one stream is judged with its events."""
    for run, step in _ended_runs(index):
        requirement = BY_END.get(run.status or "")
        if requirement is None:
            continue
        for sighting in step.after(index.exchange(run)):
            if sighting.status is None:
                continue
            yield Examined(requirement, sighting.where.exchange)
            if sighting.status == OPEN:
                yield Finding(
                    requirement,
                    sighting.where.below("status"),
                    f"a step that has ended: its run was {run.status} in exchange {run.where.exchange}",
                    f'status "{OPEN}"',
                )
                break


def _ended_runs(index: Index) -> Iterator[tuple[Sighting, History]]:
    """The first sighting that shows a run ended, with each of its steps."""
    terminal = index.contract.lifecycles["run"].terminal
    for run_id, steps in index.view(steps_of_runs).items():
        ended = index.history(RUN, run_id).with_status(terminal)
        if ended:
            yield from ((ended[0], step) for step in steps)


@check("STEP-CAUSE-01")
def causes(index: Index) -> Iterator[Observation]:
    """A step is cancelled or expires with its run."""
    for run, step in _ended_runs(index):
        broken_off = step.with_status(BROKEN_OFF)
        if not broken_off:
            continue
        sighting = broken_off[0]
        yield Examined("STEP-CAUSE-01", sighting.where.exchange)
        if run.status not in CAUSES[str(sighting.status)]:
            yield Finding(
                "STEP-CAUSE-01",
                sighting.where.below("status"),
                f"an end that fits a run with status {format_value(run.status)} (exchange {run.where.exchange})",
                f"status {format_value(sighting.status)}",
            )


@check("STEP-WAIT-01")
def waiting(index: Index) -> Iterator[Observation]:
    """While a run waits for tool outputs one step is in progress, the one of the function calls."""
    for page in index.pages("listRunSteps"):
        if not page.is_whole_list or not _waits(index, page):
            continue
        yield Examined("STEP-WAIT-01", page.number)
        steps = [text(step.get("type")) or "?" for step in page.items if step.get("status") == OPEN]
        if steps != ["tool_calls"]:
            yield Finding(
                "STEP-WAIT-01",
                page.where.below("data"),
                "one step in progress, of type tool_calls, while the run waits for tool outputs",
                f"in progress: {', '.join(map(format_value, steps[:5])) or 'no step'}",
            )


def _waits(index: Index, page: Page) -> bool:
    """Whether a run waited all the time while the page was made: it did before, and nothing can have moved it."""
    run_id = page.call.params["run_id"]
    run = index.history(RUN, run_id)
    earlier = run.last_before(page.exchange)
    if earlier is None or earlier.status != WAITING:
        return False
    moving = index.calls_on("run_id", run_id, SUBMITTING, CANCELLING, effective=True)
    if moving.any_between(index.exchange(earlier), page.exchange):
        return False
    later = run.first_after(page.exchange)
    return later is None or later.status not in ("expired", "failed", "cancelled")


@check("STEP-FROZEN-01")
def frozen(index: Index) -> Iterator[Observation]:
    """A step that has ended shows the same ever after, in the stream that told its end and in every later answer.

    `expires_at` is left out, which streams keep and plain JSON does not, and what only `include[]` brings.
    """
    terminal = index.contract.lifecycles["step"].terminal
    for history in index.objects(STEP).values():
        for later, predecessors in history.with_status(terminal).successions:
            earlier = predecessors[0]
            if earlier.status != later.status:
                continue
            yield from judge_unchanged("STEP-FROZEN-01", index, earlier, later, KEPT)
            members = index.contract.values.of_object(STEP).members["step_details"].members
            was, now = _lasting_details(earlier), _lasting_details(later)
            where, since = later.where.below("step_details"), f"as in exchange {earlier.where.exchange}"
            yield from judge_members("STEP-FROZEN-01", members, was, now, where, DETAILS, since)
            calls, shown_now = members["tool_calls"].items.members, _hosted_calls(later)
            for (tool, call_id, position), known in _hosted_calls(earlier).items():
                shown = shown_now.get((tool, call_id, position), {})
                names = [name for name in known if _is_comparable(tool, known[name], shown.get(name))]
                place = where.below("tool_calls", position, tool)
                yield from judge_members("STEP-FROZEN-01", calls[tool].members, known, shown, place, names, since)


def _lasting_details(step: Sighting) -> dict[str, Json]:
    """The details of a step, without calls of hosted tools, which show more or less and are judged one by one."""
    details = mapping(step.value.get("step_details"))
    return details | {"tool_calls": function_calls(step.value)} if "tool_calls" in details else details


def _hosted_calls(step: Sighting) -> dict[tuple[str, str, int], dict[str, Json]]:
    """What a step shows of its hosted tools, by tool, id and position, without what only `include[]` brings."""
    found = {}
    for position, row in enumerate(sequence(mapping(step.value.get("step_details")).get("tool_calls"))):
        call = mapping(row)
        for tool in [tool for tool in HOSTED if tool in call]:
            shown = dict(mapping(call[tool]))
            if isinstance(results := shown.get("results"), list):
                shown["results"] = [{**result, "content": None} for result in map(mapping, results)]
            found[tool, text(call.get("id")) or "", position] = shown
    return found


def _is_comparable(tool: str, was: Json, now: Json) -> bool:
    """Whether both show a member: streams tell nothing of a search, and of code what plain answers do."""
    return tool != "file_search" or (bool(was) and bool(now))


# ---- steps and messages of runs that have ended ----------------------------------------------------------------------


@check("STEP-MADE-01")
def made(index: Index) -> Iterator[Observation]:
    """A completed run that used tokens has a step, on every whole list of its steps that follows."""
    for page, run in _lists_of_ended_runs(index):
        used = mapping(run.value.get("usage")).get("total_tokens")
        if run.status != "completed" or not is_integer(used) or used < 1:
            continue
        yield Examined("STEP-MADE-01", page.number)
        if not page.items:
            expected = f"a step: the run completed in exchange {run.where.exchange}, with {format_value(used)} tokens"
            yield Finding("STEP-MADE-01", page.where.below("data"), expected, "no step")


def _lists_of_ended_runs(index: Index) -> Iterator[tuple[Page, Sighting]]:
    """The lists of all steps of a run that were asked for when the run had ended, each with what shows that end."""
    terminal = index.contract.lifecycles["run"].terminal
    for page in index.pages("listRunSteps"):
        ended = index.history(RUN, page.call.params["run_id"]).with_status(terminal)
        if ended and page.is_whole_list and page.limit != 0 and before(index.exchange(ended[0]), page.exchange):
            yield page, ended[0]


@check("STEP-LINK-03")
def authors(index: Index) -> Iterator[Observation]:
    """Every message that a run wrote was created by a step of it, where all its steps are listed.

    Where a step names a message that is not there, the one that it means is not named: told once, as STEP-LINK-02.
    """
    steps = {page.call.params["run_id"]: page for page, _ in _lists_of_ended_runs(index) if page.items}
    for message_id, history in index.objects(MESSAGE).items() if steps else ():
        message = history[-1]
        page = steps.get(text(message.value.get("run_id")) or "")
        if page is None or message.value.get("role") != "assistant" or message_id in index.view(_late):
            continue
        named = {created_message(step) for step in page.items}
        if message_id not in named and named & index.view(_looked_for)[1].keys():
            continue
        yield Examined("STEP-LINK-03", message.where.exchange)
        if message_id not in named:
            expected = f"a message that a step of its run created, all of which are listed in exchange {page.number}"
            yield Finding("STEP-LINK-03", message.where.below("id"), expected, format_value(message_id))


def _late(index: Index) -> frozenset[str]:
    """The messages that came after the end of their run, which is told as that: MESSAGE-LATE-01."""
    judged = index.view(judged_late).items()
    return frozenset(named for named, found in judged if any(isinstance(one, Finding) for one in found))


@check("STEP-LATE-01")
def late(index: Index) -> Iterator[Observation]:
    """A step does not end after its run has, by the times that both show."""
    for run, step in _ended_runs(index):
        over = next((at for name in ENDS if is_integer(at := run.value.get(name))), None)
        told = step[-1]
        times = [(name, at) for name in ENDS if is_integer(at := told.value.get(name))]
        if over is None or not times:
            continue
        yield Examined("STEP-LATE-01", told.where.exchange)
        name, at = times[0]
        if at > over + CLOCKS_APART:
            expected = f"{name} not after the end of the run, {format_value(over)} (exchange {run.where.exchange})"
            yield Finding("STEP-LATE-01", told.where.below(name), expected, f"{name} {format_value(at)}")


@check("STEP-CANCEL-01")
def cancelled(index: Index) -> Iterator[Observation]:
    """A step that was open when its run was cancelled is cancelled, not completed.

    It may be finished before the cancellation is carried out; that it was, no run that ended cancelled has shown.
    """
    for run, step in _ended_runs(index):
        cancels = index.calls_on("run_id", run.id, CANCELLING, effective=True)
        if run.status != "cancelled" or not cancels:
            continue
        was, now = step.last_before(cancels[0].exchange), step[-1]
        if was is None or was.status != OPEN or now.status not in ("cancelled", "completed"):
            continue
        yield Examined("STEP-CANCEL-01", now.where.exchange)
        if now.status == "completed":
            expected = f'status "cancelled": it was open when the run was cancelled, in exchange {cancels[0].number}'
            yield Finding("STEP-CANCEL-01", now.where.below("status"), expected, 'status "completed"')
