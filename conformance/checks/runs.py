"""Runs: their life from queued to an end, what they show in each status, and what their numbers add up to."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.answer_formats import formatted, last_of_messages
from conformance.checks.shared.echo import judge_unsent
from conformance.checks.shared.liveness import SECONDS_TO_END, shown_at
from conformance.checks.shared.unchanged import judge_unchanged
from conformance.contract.lifecycles import Lifecycle
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import NotJson, format_value, is_integer, mapping, parse_json, text
from conformance.trace.order import before
from conformance.trace.runs import CANCELLING, RUN, STEP, SUBMITTING, call_ids, created_runs, required_calls
from conformance.trace.trace import Sighting

ENDS = ("completed_at", "failed_at", "cancelled_at")
SECONDS_TO_EXPIRY = 600
# Metadata may be modified for ever. Streams show the resources of the code interpreter where plain JSON shows none
# (openai-dotnet StreamingToolCall().json beside FunctionToolsWork.json). The rest is judged for every object alike.
NOT_FROZEN = frozenset({"metadata", "tool_resources", "created_at", "thread_id", "assistant_id"})
_COMPLETED = frozenset({"completed"})


@check("RUN-STATE-01", "RUN-STATE-02")
def transitions(index: Index) -> Iterator[Observation]:
    """A run only moves along its transitions. The order within one stream is judged with the stream's events."""
    machine = index.contract.lifecycles["run"]
    for history in index.objects(RUN).values():
        yield from lifecycle.transitions(history, machine, "RUN-STATE-01", step="RUN-STATE-02")


@check("RUN-STATE-03")
def waits_for_outputs(index: Index) -> Iterator[Observation]:
    """A run that waits for tool outputs goes on only when they are submitted.

    Judged for runs that the trace itself created: the outputs of others may have been submitted elsewhere.
    """
    machine = index.contract.lifecycles["run"]
    either = frozenset({SUBMITTING, CANCELLING})
    for run_id, history in index.objects(RUN).items():
        if history[0].where.exchange not in index.runs_created_in:
            continue
        for later, predecessors in history.successions:
            status = later.status
            for earlier in predecessors:
                was = earlier.status
                if was is None or status is None or (was == status and was != "requires_action"):
                    continue
                if not machine.reachable(was, status):
                    continue
                if was == "requires_action" or not machine.reachable(was, status, without={SUBMITTING}):
                    yield Examined("RUN-STATE-03", later.where.exchange)
                if machine.reachable(was, status, without=either):
                    continue
                missing = {name for name in either if not _may_have_moved(index, name, run_id, earlier, later)}
                # Steps that lack another request than this one are not judged here.
                if not machine.reachable(was, status, without=missing) and machine.reachable(
                    was, status, without=missing - {SUBMITTING}
                ):
                    yield Finding(
                        "RUN-STATE-03",
                        later.where.below("status"),
                        f'status "{was}" until all tool outputs are submitted',
                        f'status "{status}" after "{was}" (exchange {earlier.where.exchange}), nothing submitted',
                    )
                    break


def _may_have_moved(index: Index, operation: str, run_id: str, earlier: Sighting, later: Sighting) -> bool:
    """Whether a call of this operation may have taken effect between two sightings of a run, or showed one of them."""
    calls = index.calls_on("run_id", run_id, operation, effective=True)
    start, end = index.exchange(earlier), index.exchange(later)
    return bool(calls.at(start) or calls.at(end)) or calls.any_between(start, end)


@check("RUN-STATE-04", "RUN-STATE-05")
def answers(index: Index) -> Iterator[Observation]:
    """A new run is queued; a run that is being cancelled says so. Streams of events are judged elsewhere.

    A run that the answer to a cancel shows ended may have ended first: whether it was to be refused then is judged by
    what was seen before (CANCEL-REFUSE-01), and not a second time here.
    """
    machine = index.contract.lifecycles["run"]
    for requirement, operations, wanted in (
        ("RUN-STATE-04", CREATING_RUNS, ("queued",)),
        ("RUN-STATE-05", (CANCELLING,), ("cancelling", "cancelled")),
    ):
        for call in index.calls_to(*operations):
            status = text(call.answer.get("status"))
            if not call.ok or call.answer.get("object") != RUN or status not in machine.statuses:
                continue
            if call.operation == CANCELLING and status in machine.terminal and status not in wanted:
                continue
            yield Examined(requirement, call.number)
            if status not in wanted:
                yield Finding(
                    requirement,
                    call.where.below("status"),
                    f"status {' or '.join(map(format_value, wanted))} in the answer to {call.operation}",
                    f"status {format_value(status)}",
                )


@check("RUN-FIELD-*")
def fields(index: Index) -> Iterator[Observation]:
    """Every field of a run is set or null as its status demands."""
    machine = index.contract.lifecycles["run"]
    for sighting in index.sightings(RUN):
        yield from lifecycle.fields(sighting, machine, created=sighting.where.exchange in index.runs_created_in)


@check("RUN-TIME-01", "RUN-TIME-02")
def timestamps(index: Index) -> Iterator[Observation]:
    """A run is created, then starts, then ends, and it expires ten minutes after its creation, but for Azure's."""
    for sighting in index.sightings(RUN):
        run = sighting.value
        moments = [(name, run[name]) for name in ("created_at", "started_at", *ENDS) if is_integer(run.get(name))]
        pairs = [pair for pair in pairwise(moments) if pair[0][0] not in ENDS]
        if pairs:
            yield Examined("RUN-TIME-01", sighting.where.exchange, len(pairs))
        for (name, moment), (next_name, next_moment) in pairs:
            if next_moment < moment:
                yield Finding(
                    "RUN-TIME-01",
                    sighting.where.below(next_name),
                    f"{next_name} not before {name}",
                    f"{next_name} {format_value(next_moment)}, {name} {format_value(moment)}",
                )
        created, expires = run.get("created_at"), run.get("expires_at")
        if _is_azures(sighting, index) or not (is_integer(created) and is_integer(expires)):
            continue
        if sighting.where.exchange in index.runs_created_in:
            yield Examined("RUN-TIME-02", sighting.where.exchange)
            if expires - created != SECONDS_TO_EXPIRY:
                yield Finding(
                    "RUN-TIME-02",
                    sighting.where.below("expires_at"),
                    f"expires_at {SECONDS_TO_EXPIRY} seconds after created_at",
                    f"expires_at {format_value(expires)}, created_at {format_value(created)}",
                )


def _is_azures(sighting: Sighting, index: Index) -> bool:
    """Whether a run is Azure's, whose agents have 30 minutes, and ten hours once they wait for tool outputs."""
    return index.trace.exchange(sighting.where.exchange).request.is_azure


@check("RUN-TIME-03", "RUN-TIME-04")
def moments(index: Index) -> Iterator[Observation]:
    """A run that has started shows when, and one that goes on expires when it said it would.

    `started_at` may move, as it does when tool outputs are submitted. What is demanded of single statuses is judged
    with their fields, so only the others are looked at here.
    """
    machine = index.contract.lifecycles["run"]
    judged_by_status = {status for status in machine.statuses if machine.presence("started_at", status)}
    for history in index.objects(RUN).values():
        for later, predecessors in history.successions_in_streams:
            earlier, status = predecessors[0], later.status
            if status not in machine.statuses or earlier.status not in machine.statuses:
                continue
            was, now = earlier.value.get("started_at"), later.value.get("started_at")
            if (
                is_integer(was)
                and "started_at" in later.value
                and (now is None or is_integer(now))
                and status not in judged_by_status
            ):
                yield Examined("RUN-TIME-03", later.where.exchange)
                if now is None:
                    yield Finding(
                        "RUN-TIME-03",
                        later.where.below("started_at"),
                        f"started_at set, as in exchange {earlier.where.exchange}",
                        "started_at is null",
                    )
            was, now = earlier.value.get("expires_at"), later.value.get("expires_at")
            if is_integer(was) and is_integer(now) and status not in machine.terminal and not _is_azures(later, index):
                yield Examined("RUN-TIME-04", later.where.exchange)
                if was != now:
                    yield Finding(
                        "RUN-TIME-04",
                        later.where.below("expires_at"),
                        f"expires_at {format_value(was)}, as in exchange {earlier.where.exchange}",
                        f"expires_at {format_value(now)}",
                    )


@check("RUN-USAGE-01", "RUN-USAGE-02", "RUN-USAGE-03")
def usage(index: Index) -> Iterator[Observation]:
    """The tokens of a run add up, are those of its steps, and are some once it has completed."""
    for sighting in index.sightings(RUN):
        yield from lifecycle.arithmetic("RUN-USAGE-01", sighting)
        used = mapping(sighting.value.get("usage")).get("total_tokens")
        if sighting.status == "completed" and is_integer(used):
            yield Examined("RUN-USAGE-03", sighting.where.exchange)
            if not used:
                place = sighting.where.below("usage", "total_tokens")
                yield Finding("RUN-USAGE-03", place, "the tokens of a completed run", "total_tokens 0")
    for run_id, steps in _all_steps(index).items():
        finished = index.history(RUN, run_id).with_status(frozenset({"completed"}))  # what was cut off may have no step
        spent = [mapping(step.value.get("usage")) for step in steps]
        if not finished or not steps:
            continue
        last = finished[-1]
        total = mapping(last.value.get("usage"))
        if not all(is_integer(tokens.get(name)) for tokens in (total, *spent) for name in lifecycle.TOKENS):
            continue
        yield Examined("RUN-USAGE-02", last.where.exchange, len(lifecycle.TOKENS))
        for name in lifecycle.TOKENS:
            summed = sum(tokens[name] for tokens in spent)
            if total[name] != summed:
                yield Finding(
                    "RUN-USAGE-02",
                    last.where.below("usage", name),
                    f"{name} {format_value(summed)}, the sum over the run's {len(spent)} steps",
                    f"{name} {format_value(total[name])}",
                )


def _all_steps(index: Index) -> dict[str, list[Sighting]]:
    """By run id, the steps of those runs of which the trace shows every step, each of them ended.

    It does where one page listed them all, or where the run's whole life went through streams.
    """
    last_of_run: dict[str, list[Sighting]] = {}
    for history in index.objects(STEP).values():
        if run_id := text(history[-1].value.get("run_id")):
            last_of_run.setdefault(run_id, []).append(history[-1])
    found: dict[str, list[Sighting]] = {}
    for run_id, steps in last_of_run.items():
        if index.history(RUN, run_id).first(lambda run: run.event == "thread.run.created"):
            submitted = index.calls_on("run_id", run_id, SUBMITTING, effective=True)
            if all(call.exchange.response is not None and call.exchange.response.is_stream for call in submitted):
                found[run_id] = steps
    listed: dict[int, list[Sighting]] = {}
    for sighting in index.sightings(STEP):
        if sighting.listed:
            listed.setdefault(sighting.where.exchange, []).append(sighting)
    for page in index.pages("listRunSteps"):
        steps = listed.get(page.number, [])
        if page.is_beginning and page.has_more is False and steps and len(steps) == len(page.items):
            found[page.call.params["run_id"]] = steps
    ended = index.contract.lifecycles["step"].terminal
    return {run_id: steps for run_id, steps in found.items() if all(step.status in ended for step in steps)}


@check("RUN-ACTION-01", "RUN-ACTION-02")
def required_action(index: Index) -> Iterator[Observation]:
    """The calls that a run wants answered can be told apart, and their arguments can be read."""
    path = ("required_action", "submit_tool_outputs", "tool_calls")
    for sighting in index.sightings(RUN):
        calls = required_calls(sighting.value)
        if not calls:
            continue
        ids = Counter(call_ids(calls))
        yield Examined("RUN-ACTION-01", sighting.where.exchange)
        for doubled in (call_id for call_id, count in ids.items() if count > 1):
            yield Finding(
                "RUN-ACTION-01",
                sighting.where.below(*path),
                "every tool call has an id of its own",
                f"id {format_value(doubled)} {ids[doubled]} times",
            )
        for position, call in enumerate(calls):
            arguments = mapping(mapping(call).get("function")).get("arguments")
            if not isinstance(arguments, str):
                continue
            yield Examined("RUN-ACTION-02", sighting.where.exchange)
            if not _is_json(arguments):
                yield Finding(
                    "RUN-ACTION-02",
                    sighting.where.below(*path, position, "function", "arguments"),
                    "arguments that are JSON in a string",
                    f"arguments {format_value(arguments)}",
                )


def _is_json(document: str) -> bool:
    try:
        parse_json(document.encode())
    except (NotJson, UnicodeError):
        return False
    return True


@check("RUN-FROZEN-01")
def frozen(index: Index) -> Iterator[Observation]:
    """A run that has ended stays as it is, except for its metadata."""
    machine = index.contract.lifecycles["run"]
    lasting = [name for name in index.contract.values.of_object(RUN).members if name not in NOT_FROZEN]
    for history in index.objects(RUN).values():
        for later, predecessors in history.with_status(machine.terminal).successions:
            earlier = predecessors[0]
            status = later.value["status"]
            if earlier.value["status"] != status:  # another fault: RUN-STATE-01
                continue
            names = [name for name in lasting if not _is_bound(machine, name, status, earlier, later)]
            if earlier.value.get("usage") is None:  # it may be counted later than the run ends
                names = [name for name in names if name != "usage"]
            reason = ", when the run had ended"
            yield from judge_unchanged("RUN-FROZEN-01", index, earlier, later, names, reason)


def _is_bound(machine: Lifecycle, name: str, status: str, *sightings: Sighting) -> bool:
    """Whether a status demands that a member is null, or not, and a sighting shows null: another fault, RUN-FIELD-*."""
    return any(seen.value.get(name) is None for seen in sightings) and machine.presence(name, status) is not None


@check("RUN-DEFAULT-01")
def defaults(index: Index) -> Iterator[Observation]:
    """A run shows the defaults of what neither its request nor its assistant says anything of."""
    yield from judge_unsent("RUN-DEFAULT-01", index, "run")


@check("RUN-FORMAT-01", "RUN-FORMAT-02")
def formats(index: Index) -> Iterator[Observation]:
    """A run that has to answer in JSON does, and with the members that its JSON Schema requires.

    Judged on finished messages of completed runs: one that is cut off may end in the middle of anything.
    """
    for call, created in created_runs(index):
        run = index.history(RUN, created.id)
        response_format = mapping(call.sent.get("response_format") or run[0].value.get("response_format"))
        completed = run.with_status(_COMPLETED)
        if response_format.get("type") not in ("json_object", "json_schema") or not completed:
            continue
        for message in index.view(last_of_messages).get(created.id, ()):
            if message.status == "completed" or before(index.exchange(completed[0]), index.exchange(message)):
                yield from formatted(response_format, message)


# ---- ends ------------------------------------------------------------------------------------------------------------


@check("RUN-END-01")
def ends(index: Index) -> Iterator[Observation]:
    """A run is not active long after the moment at which it expires, by the dates of the answers that show it."""
    machine = index.contract.lifecycles["run"]
    for run in index.objects(RUN).values():
        for sighting in run:
            expires, date = sighting.value.get("expires_at"), shown_at(index, sighting)
            if sighting.status not in machine.statuses or sighting.status in machine.terminal:
                continue
            if not is_integer(expires) or date is None:
                continue
            yield Examined("RUN-END-01", sighting.where.exchange)
            if date > expires + SECONDS_TO_END:
                expected = f"a run that has ended: it expires at {format_value(expires)}"
                actual = f'status "{sighting.status}" {date - expires} seconds later'
                yield Finding("RUN-END-01", sighting.where.below("status"), expected, actual)
                break


@check("RUN-CAP-01", "RUN-CAP-02")
def caps(index: Index) -> Iterator[Observation]:
    """A run that used more tokens than it was allowed is not completed, but incomplete."""
    for run in index.objects(RUN).values():
        for completed in run.with_status(_COMPLETED)[:1]:
            for requirement, kind in (("RUN-CAP-01", "completion_tokens"), ("RUN-CAP-02", "prompt_tokens")):
                cap, used = completed.value.get(f"max_{kind}"), mapping(completed.value.get("usage")).get(kind)
                if not is_integer(cap) or not is_integer(used):
                    continue
                yield Examined(requirement, completed.where.exchange)
                if used > cap:
                    expected = f"status incomplete, as more {kind.replace('_', ' ')} were used than {format_value(cap)}"
                    actual = f'status "completed" and {format_value(used)} {kind}'
                    yield Finding(requirement, completed.where.below("status"), expected, actual)


@check("RUN-MADE-01")
def made(index: Index) -> Iterator[Observation]:
    """A thread of the trace's own lists the runs that requests were given, and no others."""
    shown, own = index.view(_shown_alone), index.objects("thread")
    for page in index.pages("listRuns"):
        thread_id = page.call.params.get("thread_id", "")
        threads = own.get(thread_id, ())
        if all(seen.listed for seen in threads) or _may_have_more(index, thread_id):
            continue
        yield Examined("RUN-MADE-01", page.number)
        for position, run_id in enumerate(page.ids):
            if run_id is not None and run_id not in shown:
                place, expected = page.where.below("data", position, "id"), "runs that an answer to a request announced"
                yield Finding("RUN-MADE-01", place, expected, f"{format_value(run_id)}, which none did")


def _shown_alone(index: Index) -> frozenset[str]:
    """The runs that were seen otherwise than on a list."""
    return frozenset(named for named, run in index.objects(RUN).items() if any(not seen.listed for seen in run))


def _may_have_more(index: Index, thread_id: str) -> bool:
    """Whether a request for a run got an answer that shows none and that is no refusal."""
    shown = index.shown_by(RUN)
    creations = index.calls_on("thread_id", thread_id, "createRun")
    return any(call.number not in shown and not call.refused for call in creations)
