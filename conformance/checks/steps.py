"""Run steps: what they are, how they end with their run, which calls they hold and which messages they create."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import merge

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.unchanged import judge_members, judge_unchanged
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import PAGING, Page
from conformance.trace.runs import CANCELLING, MESSAGE, RUN, STEP, SUBMITTING, call_ids, required_calls, steps_of_runs
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
        yield from lifecycle.transitions(
            history, machine, terminal="STEP-STATE-01", step="STEP-STATE-01", within_streams=False
        )


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
    required: dict[str, _RequiredCalls] = {}
    homes: dict[tuple[str, str], Sighting] = {}
    for sighting in index.sightings(STEP):
        made = frozenset(call_ids(_function_calls(sighting.value)))
        if not made:
            continue
        run_id = text(sighting.value.get("run_id")) or ""
        if run_id not in required:
            required[run_id] = _RequiredCalls(index.history(RUN, run_id))
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


def _function_calls(step: dict[str, Json]) -> list[Json]:
    """The function calls of a step."""
    tool_calls = sequence(mapping(step.get("step_details")).get("tool_calls"))
    return [call for call in tool_calls if mapping(call).get("type") == "function"]


class _RequiredCalls:
    """The sets of calls that a run is seen to want answered, as look-ups."""

    def __init__(self, run: History) -> None:
        self._run = run

    @cached_property
    def _wanted(self) -> list[frozenset[str]]:
        return [frozenset(call_ids(required_calls(sighting.value))) for sighting in self._run]

    @cached_property
    def _first_with(self) -> dict[str, int]:
        """By call id, the position of the first sighting of the run that wants it answered."""
        found: dict[str, int] = {}
        for position, wanted in enumerate(self._wanted):
            for call_id in wanted:
                found.setdefault(call_id, position)
        return found

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        return [_place(sighting) for sighting in self._run]

    def of_step(self, index: Index, step: Sighting, made: frozenset[str]) -> frozenset[str] | None:
        """The calls that this step of the run must hold; None where that cannot be said."""
        # Wanted at some time, wholly or in part: then the step holds that very set.
        known = [self._first_with[call_id] for call_id in made if call_id in self._first_with]
        if known:
            return self._wanted[min(known)]
        # Still open, and the run waiting just before: then the step holds what the run waits for.
        position = bisect_left(self._places, _place(step)) - 1
        if position < 0 or not self._wanted[position] or step.status != OPEN:
            return None
        return self._wanted[position] if before(index.exchange(self._run[position]), index.exchange(step)) else None


def _place(sighting: Sighting) -> tuple[int, int]:
    return sighting.where.exchange, sighting.where.event or 0


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
        message_id, run_id = _created_message(sighting), text(sighting.value.get("run_id"))
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


def _created_message(step: Sighting) -> str | None:
    """The id of the message that a step says it created."""
    creation = mapping(mapping(step.value.get("step_details")).get("message_creation"))
    return text(creation.get("message_id"))


@dataclass(frozen=True)
class _Announced:
    """A message that a completed step says it created, and the first sighting that says so."""

    message_id: str
    thread_id: str
    run_id: str | None
    step: Sighting


@check("STEP-LINK-02")
def readable_messages(index: Index) -> Iterator[Observation]:
    """The message that a completed step created is found, by its id or on its thread's list, until it is deleted."""
    lists: dict[tuple[str, str | None], list[Page]] = {}
    for page in index.pages("listMessages"):
        if page.is_beginning and page.has_more is False and page.query.keys() <= PAGING | {"run_id"}:
            lists.setdefault((page.call.params["thread_id"], page.query.get("run_id")), []).append(page)
    listed = {page.number: frozenset(page.ids) for pages in lists.values() for page in pages}
    examined: Counter[int] = Counter()
    for announced in _announced(index):
        step = index.exchange(announced.step)
        deletions = _deletions(index, announced)
        deleted_from = min((calls[0].number for calls in deletions if calls), default=None)
        for look in _looks(index, announced, lists):
            if deleted_from is not None and look.number > deleted_from:
                break
            if not before(step, look.exchange) or any(calls.any_not_after(look.exchange) for calls in deletions):
                continue
            examined[look.number] += 1
            if isinstance(look, Page):
                missing, actual = announced.message_id not in listed[look.number], "a list of the thread without it"
            else:
                missing, actual = look.status == 404, f"status {look.status}"
            if missing:
                expected = f"message {format_value(announced.message_id)}, which a completed step created"
                yield Finding("STEP-LINK-02", look.where, f"{expected} (exchange {step.number})", actual)
                break
    yield from (Examined("STEP-LINK-02", number, count) for number, count in examined.items())


def _announced(index: Index) -> Iterator[_Announced]:
    """The messages of steps that completed in view: what was made before the trace began may be gone since."""
    ended = index.contract.lifecycles["run"].terminal
    for history in index.objects(STEP).values():
        completed = history.with_status(COMPLETED)
        if completed:
            message_id, thread_id = _created_message(completed[0]), text(completed[0].value.get("thread_id"))
            run_id = text(completed[0].value.get("run_id"))
            active = any(run.status not in ended for run in index.history(RUN, run_id)[:1])
            if message_id and thread_id and (active or history[0] is not completed[0]):
                yield _Announced(message_id, thread_id, run_id, completed[0])


def _deletions(index: Index, announced: _Announced) -> tuple[Timeline, Timeline]:
    """The deletions of a message, and of its thread, that were not refused."""
    of_message = index.calls_on("message_id", announced.message_id, "deleteMessage", effective=True)
    return (
        of_message.where(lambda call: call.params["thread_id"] == announced.thread_id),
        index.calls_on("thread_id", announced.thread_id, "deleteThread", effective=True),
    )


def _looks(
    index: Index, announced: _Announced, lists: dict[tuple[str, str | None], list[Page]]
) -> Iterator[OperationCall | Page]:
    """The requests behind the step whose answers tell whether the message is there: by its id, and whole lists."""
    reads = [
        call
        for call in index.calls_on("message_id", announced.message_id, "getMessage")
        if call.params["thread_id"] == announced.thread_id and (call.ok or call.status == 404)
    ]
    number = announced.step.where.exchange
    pages = [lists.get((announced.thread_id, run_id), []) for run_id in dict.fromkeys((None, announced.run_id))]
    return merge(reads, *(_behind(number, found) for found in pages), key=lambda look: look.number)


def _behind(number: int, pages: list[Page]) -> Iterator[Page]:
    return (pages[position] for position in range(bisect_right(pages, number, key=_number), len(pages)))


def _number(page: Page) -> int:
    return page.number


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


def _lasting_details(step: Sighting) -> dict[str, Json]:
    """The details of a step, without calls of hosted tools, which show more or less, as `include[]` asks."""
    details = mapping(step.value.get("step_details"))
    return details | {"tool_calls": _function_calls(step.value)} if "tool_calls" in details else details
