"""Tools of runs: which are called, which outputs are taken and which refused, and where outputs are found again."""

from collections import Counter
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.argument_fit import misfits
from conformance.checks.shared.races import simultaneous
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.history import History
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, NotJson, format_value, mapping, parse_json, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.runs import (
    RUN,
    SUBMITTING,
    call_ids,
    created_runs,
    function_calls,
    required_calls,
    steps_of_runs,
    waiting_runs,
)
from conformance.trace.trace import Sighting, Where
from conformance.trace.validity import Validity

WAITING = "requires_action"
NOT_WAITING = frozenset({"queued", "in_progress", "cancelling"})
CALLS = "tool_calls"
_REQUIRED_CALLS = ("required_action", "submit_tool_outputs", CALLS)
_WAITING, _COMPLETED = frozenset({WAITING}), frozenset({"completed"})
_MOST_NAMED = 5


def _wanted(run: Sighting) -> list[str]:
    """The ids of the calls that a run waits for."""
    return call_ids(required_calls(run.value))


def _submitted(call: OperationCall) -> list[str] | None:
    """The ids that outputs are submitted for; None where the request is malformed, which is judged elsewhere."""
    rows = call.sent.get("tool_outputs")
    if not isinstance(rows, list):
        return None
    pairs = [(mapping(row).get("tool_call_id"), mapping(row).get("output")) for row in rows]
    if not all(isinstance(call_id, str) and isinstance(output, str) for call_id, output in pairs):
        return None
    return [str(call_id) for call_id, _ in pairs]


@check("LIMIT-RUN-16", "TOOL-DOUBLED-01", "TOOL-ACCEPT-01", "TOOL-LATE-01", "TOOL-TWICE-01", "TOOL-EARLY-01")
def submissions(index: Index) -> Iterator[Observation]:
    """Exactly the outputs that a run waits for are taken, once, and while it waits."""
    terminal, validity = index.contract.lifecycles["run"].terminal, index.view(Validity)
    for run_id, calls in index.calls_by("run_id", SUBMITTING).items():
        run = index.history(RUN, run_id)
        judged = calls.where(lambda call: call.conclusive)
        effective = judged.where(lambda call: not call.refused)
        taken: dict[frozenset[str], list[OperationCall]] = {}
        for call in judged:
            ids = _submitted(call)
            if ids is None or (call.refused and validity.is_malformed(call)):
                continue
            ended = run.with_status(terminal).first_before(call.exchange)
            same_calls = taken.setdefault(frozenset(ids), [])
            twice = next((earlier for earlier in same_calls if before(earlier.exchange, call.exchange)), None)
            latest = run.last_before(call.exchange)
            if ended is not None:
                reason = f'the run has ended, "{ended.status}" in exchange {ended.where.exchange}'
                yield from _refused("TOOL-LATE-01", call, reason)
            elif twice is not None:
                yield from _refused("TOOL-TWICE-01", call, f"these calls were answered in exchange {twice.number}")
            elif latest is not None and latest.status == WAITING and (wanted := _wanted(latest)):
                # Another client may have answered these, and seen what the run waited for next.
                hidden = index.trace.shared and ids and not _is_wanted(index, run_id, ids)
                if not hidden and not effective.any_between(index.exchange(latest), call.exchange):
                    yield from _against(run.first_after(call.exchange), call, ids, set(wanted))
            elif latest is not None and latest.status in NOT_WAITING and ids and not _is_wanted(index, run_id, ids):
                yield from _refused("TOOL-EARLY-01", call, f"the run is {latest.status} and never asked for them")
            if call.ok:
                same_calls.append(call)


def _is_wanted(index: Index, run_id: str, ids: list[str]) -> bool:
    """Whether a run was ever seen to wait for one of these calls."""
    return not index.view(_ever_wanted).get(run_id, frozenset()).isdisjoint(ids)


def _ever_wanted(index: Index) -> dict[str, frozenset[str]]:
    """The ids of all calls that a run was ever seen to wait for: nobody can know ids that were never shown."""
    return {
        run_id: frozenset(call_id for sighting in waiting for call_id in _wanted(sighting))
        for run_id, waiting in index.view(waiting_runs).items()
    }


def _refused(requirement: str, call: OperationCall, reason: str) -> Iterator[Observation]:
    yield Examined(requirement, call.number)
    if call.status != 400:
        yield Finding(requirement, call.where, f"a refusal with 400: {reason}", f"status {call.status}")


def _against(later: Sighting | None, call: OperationCall, ids: list[str], wanted: set[str]) -> Iterator[Observation]:
    """Hold what was submitted against what was waited for; `later` shows the run next."""
    waits_on = later is not None and later.status == WAITING and set(_wanted(later)) == wanted
    if set(ids) != wanted:
        missing, foreign = wanted - set(ids), set(ids) - wanted
        parts = [f"{len(missing)} of {len(wanted)} missing"] if missing else []
        parts += [f"{len(foreign)} that it does not wait for"] if foreign else []
        if call.ok or waits_on:
            yield from _refused("LIMIT-RUN-16", call, f"of the outputs {' and '.join(parts)}")
    elif len(ids) != len(wanted):
        if call.ok or waits_on:
            doubled = next(call_id for call_id, count in Counter(ids).items() if count > 1)
            yield from _refused("TOOL-DOUBLED-01", call, f"call {format_value(doubled)} is answered twice")
    elif call.ok:
        yield Examined("TOOL-ACCEPT-01", call.number)
    elif waits_on and later is not None:
        yield Examined("TOOL-ACCEPT-01", call.number)
        yield Finding(
            "TOOL-ACCEPT-01",
            call.where,
            f"all outputs are taken: the run waits for them, in exchange {later.where.exchange} still",
            f"status {call.status}",
        )


@check("TOOL-KEEP-01", "TOOL-KEEP-02")
def kept(index: Index) -> Iterator[Observation]:
    """While a run waits, it waits for the same calls; a refusal changes nothing about that."""
    members = index.contract.values.of_object(RUN).members
    for run_id, run in index.objects(RUN).items():
        if len(run.with_status(_WAITING)) < 2:
            continue
        calls = index.calls_on("run_id", run_id, SUBMITTING)
        effective, refused = calls.where(lambda call: not call.refused), calls.where(lambda call: call.refused)
        for later, predecessors in run.successions:
            earlier = predecessors[0]
            was, now = earlier.value.get("required_action"), later.value.get("required_action")
            if earlier.status != WAITING or later.status != WAITING:
                continue
            if not isinstance(was, dict) or not isinstance(now, dict):
                continue
            start, end = index.exchange(earlier), index.exchange(later)
            if effective.at(end) or effective.any_between(start, end):
                continue
            requirement = "TOOL-KEEP-01" if refused.any_between(start, end) else "TOOL-KEEP-02"
            yield Examined(requirement, later.where.exchange)
            if not members["required_action"].same(was, now):
                yield Finding(
                    requirement,
                    later.where.below("required_action"),
                    f"the action required as in exchange {earlier.where.exchange}",
                    f"another one, for {len(_wanted(later))} calls",
                )


@check("TOOL-AGAIN-01")
def asked_again(index: Index) -> Iterator[Observation]:
    """What was answered is not asked for again."""
    for run_id, calls in index.calls_by("run_id", SUBMITTING).items():
        answers: dict[str, list[OperationCall]] = {}
        for call in calls:
            for call_id in dict.fromkeys((call.ok and _submitted(call)) or ()):
                answers.setdefault(call_id, []).append(call)
        answered = {call_id: Timeline(submissions) for call_id, submissions in answers.items()}
        accepted = calls.where(lambda call: call.ok and _submitted(call))
        for sighting in index.history(RUN, run_id) if answered else ():
            exchange = index.exchange(sighting)
            if _given(accepted, exchange) is None:
                continue
            yield Examined("TOOL-AGAIN-01", sighting.where.exchange)
            given = ((call_id, _given(answered.get(call_id, NO_CALLS), exchange)) for call_id in _wanted(sighting))
            again = next(((call_id, call) for call_id, call in given if call is not None), None)
            if again is not None:
                yield Finding(
                    "TOOL-AGAIN-01",
                    sighting.where.below("required_action"),
                    f"no call {format_value(again[0])}, whose output was taken in exchange {again[1].number}",
                    "it is wanted again",
                )


def _given(submissions: Timeline, exchange: Exchange) -> OperationCall | None:
    """The last of these submissions that had ended when an exchange began, or is that exchange."""
    return submissions.at(exchange) or submissions.last_before(exchange)


@check("TOOL-OUTPUT-01", "TOOL-OUTPUT-02")
def outputs(index: Index) -> Iterator[Observation]:
    """What was submitted stands in the step, call by call; before that, nothing does."""
    made = index.shown_by(RUN)
    created = {made[call.number].id for call in index.calls_to(*CREATING_RUNS) if call.number in made}
    for run_id, steps in index.view(steps_of_runs).items():
        given = {
            call_id: (call, mapping(row).get("output"))
            for call in index.calls_on("run_id", run_id, SUBMITTING, effective=True)
            for row in sequence(call.sent.get("tool_outputs"))
            if (call_id := text(mapping(row).get("tool_call_id"))) is not None
        }
        if given or run_id in created:
            for step in steps:
                for sighting in step:
                    yield from _outputs(index, sighting, given, created=run_id in created)


def _outputs(
    index: Index, step: Sighting, given: dict[str, tuple[OperationCall, Json]], *, created: bool
) -> Iterator[Observation]:
    """Hold the outputs that a step shows against those that were given; `created` tells that the run is the trace's."""
    exchange = index.exchange(step)
    for position, tool_call in enumerate(sequence(mapping(step.value.get("step_details")).get(CALLS))):
        call_id, function = text(mapping(tool_call).get("id")), mapping(mapping(tool_call).get("function"))
        if call_id is None or "output" not in function or not isinstance(function["output"], str | None):
            continue
        place = step.where.below("step_details", CALLS, position, "function", "output")
        call, output = given.get(call_id, (None, None))
        if call is None or before(exchange, call.exchange):
            if created:
                yield Examined("TOOL-OUTPUT-02", exchange.number)
                if function["output"] is not None:
                    expected = "output null as long as none was submitted"
                    yield Finding("TOOL-OUTPUT-02", place, expected, f"output {format_value(function['output'])}")
            continue
        answered = call.ok and (call.number == exchange.number or before(call.exchange, exchange))
        if answered and isinstance(output, str) and step.status == "completed":
            yield Examined("TOOL-OUTPUT-01", exchange.number)
            if function["output"] != output:
                expected = f"output {format_value(output)}, as submitted in exchange {call.number}"
                yield Finding("TOOL-OUTPUT-01", place, expected, f"output {format_value(function['output'])}")


@check("TOOL-RACE-01")
def races(index: Index) -> Iterator[Observation]:
    """Of several submissions for the same calls that meet, at most one is taken."""
    for calls in index.calls_by("run_id", SUBMITTING).values():
        for earlier, later in simultaneous(calls):
            ids = _output_ids(earlier)
            if not ids or ids != _output_ids(later) or not _is_answered(earlier) or not _is_answered(later):
                continue
            yield Examined("TOOL-RACE-01", later.number)
            if earlier.ok and later.ok:
                yield Finding(
                    "TOOL-RACE-01",
                    later.where,
                    f"a refusal with 400: exchange {earlier.number} answered these calls at the same time",
                    f"status {later.status}",
                )


def _output_ids(call: OperationCall) -> frozenset[str]:
    """The ids of the calls that outputs are submitted for, well-formed or not."""
    found = (text(mapping(row).get("tool_call_id")) for row in sequence(call.sent.get("tool_outputs")))
    return frozenset(call_id for call_id in found if call_id)


def _is_answered(call: OperationCall) -> bool:
    return call.status is not None and call.status < 500 and call.status != 429


@check("LIMIT-RUN-08")
def parallel(index: Index) -> Iterator[Observation]:
    """Tool calls are parallel unless the request for the run says otherwise; without them a run waits for one."""
    made = index.shown_by(RUN)
    for call in index.calls_to(*CREATING_RUNS):
        run = made.get(call.number)
        if run is None:
            continue
        asked, effective = call.sent.get("parallel_tool_calls"), run.value.get("parallel_tool_calls")
        if asked is None and isinstance(effective, bool) and call.sent:
            yield Examined("LIMIT-RUN-08", call.number)
            if not effective:
                place = run.where.below("parallel_tool_calls")
                yield Finding("LIMIT-RUN-08", place, "parallel_tool_calls true where nothing is asked", "false")
        for sighting in index.view(waiting_runs).get(run.id, ()) if asked is False else ():
            if ids := _wanted(sighting):
                yield Examined("LIMIT-RUN-08", sighting.where.exchange)
                if len(ids) > 1:
                    place = sighting.where.below(*_REQUIRED_CALLS)
                    expected = "one call at a time: parallel_tool_calls is false"
                    yield Finding("LIMIT-RUN-08", place, expected, f"{len(ids)} calls")


@check("TOOL-CHOICE-01", "TOOL-CHOICE-02", "TOOL-CHOICE-03")
def choices(index: Index) -> Iterator[Observation]:
    """A run calls tools as its request chose: none, at least one, or the one that it names."""
    for call, created in created_runs(index):
        choice = call.sent.get("tool_choice")
        named = text(mapping(mapping(choice).get("function")).get("name"))
        if choice not in ("none", "required") and not named:
            continue
        run = index.history(RUN, created.id)
        waits = [sighting for sighting in index.view(waiting_runs).get(created.id, ()) if sighting.status == WAITING]
        steps = [step[-1] for step in index.view(steps_of_runs).get(created.id, ())]
        used = next((seen for seen in (*waits, *steps) if seen.kind == RUN or seen.value.get("type") == CALLS), None)
        functions, others = _tools(run[0])
        if (named and named not in functions) or (choice == "required" and not functions and not others):
            continue  # what a run does not have it cannot call
        if choice == "none":
            yield Examined("TOOL-CHOICE-01", call.number)
            if used is not None:
                expected = f'no call of a tool: tool_choice was "none" (exchange {call.number})'
                actual = "the run waits for tool outputs" if used.kind == RUN else "a step of tool calls"
                yield Finding("TOOL-CHOICE-01", used.where, expected, actual, "tool_choice", call.number)
        elif used is not None:
            yield Examined("TOOL-CHOICE-02", call.number)
        elif (completed := _completed_without_calls(index, run)) is not None:
            yield Examined("TOOL-CHOICE-02", call.number)
            chosen = format_value(choice) if isinstance(choice, str) else "a function"
            expected = f"a tool is called before the run completes: tool_choice was {chosen}"
            told = "a completed run without tool calls"
            yield Finding("TOOL-CHOICE-02", completed.where, expected, told, "tool_choice", call.number)
        if named and waits:
            yield from _named(named, waits[0], call)


def _tools(run: Sighting) -> tuple[set[str | None], bool]:
    """The names of the functions that a run shows among its tools, and whether it shows other tools."""
    tools = [mapping(tool) for tool in sequence(run.value.get("tools"))]
    names = {text(mapping(tool.get("function")).get("name")) for tool in tools if tool.get("type") == "function"}
    return names, any(tool.get("type") != "function" for tool in tools)


def _completed_without_calls(index: Index, run: History) -> Sighting | None:
    """The first sighting of a run as completed, if all of its steps were listed after that, or came in one stream."""
    completed, page = run.with_status(_COMPLETED), index.view(_last_pages_of_steps).get(run[0].id)
    if not completed:
        return None
    listed = page is not None and page.is_beginning and before(index.exchange(completed[0]), page.exchange)
    streamed = completed[0].streamed and completed[0].where.exchange == run[0].where.exchange
    return completed[0] if listed or streamed else None


def _last_pages_of_steps(index: Index) -> dict[str, Page]:
    """By run id, the last page of its steps that says there is no further one."""
    return {page.call.params["run_id"]: page for page in index.pages("listRunSteps") if page.has_more is False}


def _named(name: str, waits: Sighting, call: OperationCall) -> Iterator[Observation]:
    names = [text(mapping(mapping(call).get("function")).get("name")) for call in required_calls(waits.value)]
    if None in names:  # what is no name is left to the schema
        return
    yield Examined("TOOL-CHOICE-03", waits.where.exchange)
    if name not in names:
        yield Finding(
            "TOOL-CHOICE-03",
            waits.where.below(*_REQUIRED_CALLS),
            f"a call of function {format_value(name)}, which tool_choice named",
            f"calls of {', '.join(map(format_value, names[:_MOST_NAMED]))}",
            "tool_choice",
            call.number,
        )


@check("TOOL-CALL-01")
def same_calls(index: Index) -> Iterator[Observation]:
    """A function call has the name and the arguments in its step that the run showed when it waited for it."""
    for run_id, waits in index.view(waiting_runs).items():
        wanted = {
            text(mapping(call).get("id")): mapping(mapping(call).get("function"))
            for call in required_calls(waits[0].value)
        }
        first = index.exchange(waits[0])
        for step in index.view(steps_of_runs).get(run_id, ()):
            for sighting in step.after(first):
                for call in function_calls(sighting.value):
                    was = wanted.get(text(mapping(call).get("id")))
                    if was is not None:
                        yield from _same(was, mapping(mapping(call).get("function")), sighting, waits[0])


def _same(was: dict[str, Json], now: dict[str, Json], step: Sighting, run: Sighting) -> Iterator[Observation]:
    for name in ("name", "arguments"):
        if not isinstance(was.get(name), str) or not isinstance(now.get(name), str):
            continue
        yield Examined("TOOL-CALL-01", step.where.exchange)
        if was[name] != now[name]:
            expected = f"{name} {format_value(was[name])}, as the run showed in exchange {run.where.exchange}"
            place = step.where.below("step_details", CALLS)
            yield Finding("TOOL-CALL-01", place, expected, f"{name} {format_value(now[name])}")


@check("TOOL-STEP-01")
def completed_steps(index: Index) -> Iterator[Observation]:
    """A step of function calls is completed only when outputs were submitted. Judged for runs of the trace's own."""
    made = index.shown_by(RUN)
    for creation in index.calls_to(*CREATING_RUNS):
        run_id = made[creation.number].id if creation.number in made else ""
        for step in index.view(steps_of_runs).get(run_id, ()):
            completed = next((seen for seen in step.with_status(_COMPLETED) if function_calls(seen.value)), None)
            if completed is None:
                continue
            yield Examined("TOOL-STEP-01", completed.where.exchange)
            submitted = index.calls_on("run_id", run_id, SUBMITTING, effective=True)
            if not submitted.any_not_after(index.exchange(completed)):
                expected = "a step of function calls that is not completed: no outputs were submitted"
                yield Finding("TOOL-STEP-01", completed.where.below("status"), expected, 'status "completed"')


# What a model makes of several calls at once, which Azure lets through (Azure/azure-rest-api-specs#32329).
_WRAPPER = "multi_tool_use."


@check("TOOL-KNOWN-01", "TOOL-STRICT-01", "TOOL-FIT-01")
def called_functions(index: Index) -> Iterator[Observation]:
    """A run calls functions that it has, with arguments that fit their parameters."""
    for waiting in index.view(waiting_runs).values():
        for sighting in waiting:
            if isinstance(sighting.value.get("tools"), list):
                yield from _called(sighting, azure=index.trace.exchange(sighting.where.exchange).request.is_azure)


def _called(run: Sighting, *, azure: bool) -> Iterator[Observation]:
    calls, functions = required_calls(run.value), _functions(run)
    for position, tool_call in enumerate(calls):
        called = mapping(mapping(tool_call).get("function"))
        name = text(called.get("name"))
        if name is None or mapping(tool_call).get("type") != "function":
            continue
        if name.startswith(_WRAPPER) and azure:
            continue
        place = run.where.below(*_REQUIRED_CALLS, position, "function")
        yield Examined("TOOL-KNOWN-01", run.where.exchange)
        if name not in functions:
            known = ", ".join(map(format_value, list(functions)[:_MOST_NAMED])) or "none"
            expected = f"a call of a function that the run has ({known})"
            yield Finding("TOOL-KNOWN-01", place.below("name"), expected, f"a call of {format_value(name)}")
        else:
            yield from _fitting(functions[name], called.get("arguments"), place, alone=len(calls) == 1)


def _functions(run: Sighting) -> dict[str, dict[str, Json]]:
    """The functions that a run shows among its tools, by name."""
    tools = [mapping(mapping(tool).get("function")) for tool in sequence(run.value.get("tools"))]
    return {name: function for function in tools if (name := text(function.get("name"))) is not None}


def _fitting(function: dict[str, Json], sent: Json, place: Where, *, alone: bool) -> Iterator[Observation]:
    """Hold arguments against the parameters; of several calls at once a strict schema is not promised."""
    try:
        arguments = parse_json(sent.encode()) if isinstance(sent, str) and sent else {}
    except (NotJson, UnicodeError):
        arguments = None
    requirement = "TOOL-STRICT-01" if function.get("strict") is True and alone else "TOOL-FIT-01"
    if arguments is None and requirement == "TOOL-FIT-01":
        return  # told as RUN-ACTION-02
    yield Examined(requirement, place.exchange)
    wrong = misfits(arguments, function.get("parameters") or {"type": "object"})
    if wrong:
        expected = f"arguments that fit the parameters of {format_value(function['name'])}"
        yield Finding(requirement, place.below("arguments"), expected, "; ".join(wrong))
