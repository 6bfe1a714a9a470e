"""The lock of a thread: while a run of it is active it takes neither messages nor runs, and afterwards it does."""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.neighbours import Neighbours, has_question
from conformance.checks.shared.races import simultaneous
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.history import History
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import format_value, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.runs import RUN, runs_of_threads
from conformance.trace.trace import Sighting
from conformance.trace.validity import Validity

LOCKED = {"createMessage": "LOCK-MESSAGE-01", "createRun": "LOCK-RUN-01"}
_CONFLICTS = frozenset({400, 409, 423})
LONGEST_MESSAGE = 2_000


def _error_message(call: OperationCall) -> str:
    return (text(mapping(call.answer.get("error")).get("message")) or "")[:LONGEST_MESSAGE]


def _active_statuses(index: Index) -> frozenset[str]:
    machine = index.contract.lifecycles["run"]
    return frozenset(machine.statuses) - machine.terminal


@check("LOCK-MESSAGE-01", "LOCK-RUN-01", "LOCK-NAMES-01")
def active(index: Index) -> Iterator[Observation]:
    """While a run is active its thread takes neither a message nor a second run.

    A run was active for certain where it had been seen before the request, and had not ended in a later answer.
    """
    for call, proof in index.view(_meetings):
        malformed = index.view(Validity).is_malformed(call)
        yield from _locked(call, call.params["thread_id"], proof, malformed=malformed)


def _unlocked(index: Index) -> frozenset[str]:
    """The threads that took a run while another one was active."""
    return frozenset(
        call.params["thread_id"] for call, _ in index.view(_meetings) if call.ok and call.operation == "createRun"
    )


def _meetings(index: Index) -> list[tuple[OperationCall, Sighting]]:
    """The requests that met an active run, each with what proves it."""
    statuses, found = _active_statuses(index), []
    for thread_id, runs in index.view(runs_of_threads).items():
        calls = index.calls_on("thread_id", thread_id, *LOCKED)
        for call, seen_around in _runs_seen_around(calls, runs, statuses):
            if not call.conclusive:
                continue
            proof = next((proof for run in seen_around if (proof := _proof(run, call, statuses)) is not None), None)
            if proof is not None:
                found.append((call, proof))
    return found


def _runs_seen_around(
    calls: Timeline, runs: list[History], statuses: frozenset[str]
) -> Iterator[tuple[OperationCall, list[History]]]:
    """Each call with the runs of its thread that are seen before it, and seen active after it."""

    def last_active(run: History) -> int:
        return run.with_status(statuses)[-1].where.exchange

    ahead = deque(run for run in runs if run.with_status(statuses))
    around: list[History] = []
    soonest = 0  # no run leaves before this exchange
    for call in calls:
        while ahead and ahead[0][0].where.exchange < call.number:
            around.append(ahead.popleft())
            soonest = min(soonest, last_active(around[-1]))
        if soonest <= call.number:
            around = [run for run in around if last_active(run) > call.number]
            soonest = min(map(last_active, around), default=0)
        yield call, around


def _proof(run: History, call: OperationCall, statuses: frozenset[str]) -> Sighting | None:
    """The later sighting that proves that a run was active all the time; None where nothing does."""
    earlier = run.last_before(call.exchange)
    if earlier is None or earlier.status not in statuses:
        return None
    return run.with_status(statuses).last_after(call.exchange)


def _locked(call: OperationCall, thread_id: str, proof: Sighting, *, malformed: bool) -> Iterator[Observation]:
    """Judge a request that met an active run, as the proof shows; a malformed one is refused for that."""
    requirement, run_id, message = LOCKED[call.operation], proof.id, _error_message(call)
    yield Examined(requirement, call.number)
    if call.status != 400:
        reason = f'run {format_value(run_id)} is active: "{proof.status}" still in exchange {proof.where.exchange}'
        expected = f"status 400 while a run of the thread is active ({reason})"
        yield Finding(requirement, call.where, expected, f"status {call.status}")
    elif not malformed:
        yield Examined("LOCK-NAMES-01", call.number)
        if run_id not in message or thread_id not in message:
            yield Finding(
                "LOCK-NAMES-01",
                call.where.below("error", "message"),
                f"a message that names thread {format_value(thread_id)} and its active run {format_value(run_id)}",
                f"message {format_value(message)}",
            )


@check("LOCK-FREE-01")
def idle(index: Index) -> Iterator[Observation]:
    """When every run of a thread has ended, or there is none, nothing is refused for an active run.

    A refusal is for one where it names a run that has ended; or where its neighbour was accepted, and it names the
    thread, meets one whose runs have ended, or one without any while another thread had an active run. Judged for
    threads of the trace's own: others may run on theirs.
    """
    own: dict[str, int] = {}
    for creation in index.calls_to("createThread", "createThreadAndRun"):
        made = index.shown_by("thread", RUN).get(creation.number)
        if made is not None:
            own.setdefault(text(made.value.get("thread_id")) or made.id, creation.number)
    for thread_id, created_in in own.items():
        calls = index.calls_on("thread_id", thread_id, *LOCKED)
        runs = index.view(runs_of_threads).get(thread_id, [])
        for call in _calls_without_runs(index, calls, runs) if calls else ():
            if call.number < created_in or call.status is None or call.status >= 500 or _may_run(index, call):
                continue
            yield Examined("LOCK-FREE-01", call.number)
            if call.status in _CONFLICTS and _blames_a_run(index, call, thread_id, runs):
                yield Finding(
                    "LOCK-FREE-01",
                    call.where,
                    "no refusal for an active run: every run of the thread has ended",
                    f"status {call.status}: {format_value(_error_message(call))}",
                )


def _blames_a_run(index: Index, call: OperationCall, thread_id: str, runs: list[History]) -> bool:
    message, validity = _error_message(call), index.view(Validity)
    if any(run[0].id in message for run in runs):
        return True
    if thread_id not in message:
        if call.error.get("code") is not None:
            return False  # it is for something else: money, policy, an account
        if not runs and not _meets_another_threads_run(index, call, thread_id):
            return False
    if call.operation == "createRun" and not _has_question(index, call, thread_id):
        return False  # the refusal may be for that
    neighbours = index.view(Neighbours)
    return neighbours.any(call) and neighbours.covers(call) and not validity.is_malformed(call)


def _meets_another_threads_run(index: Index, call: OperationCall, thread_id: str) -> bool:
    """Whether another thread had an active run, and the same request was taken later."""
    statuses = _active_statuses(index)
    later = index.calls_on("thread_id", thread_id, call.operation, effective=True).after(call.exchange)
    if not any(other.ok and other.sent == call.sent for other in later):
        return False
    others = (runs for other, runs in index.view(runs_of_threads).items() if other != thread_id)
    return any(_proof(run, call, statuses) is not None for runs in others for run in runs)


def _has_question(index: Index, call: OperationCall, thread_id: str) -> bool:
    """Whether a user's message certainly stood on the thread, or came with the request for a run."""
    made = index.shown_by("thread")
    creations = index.calls_to("createThread", effective=True)
    began = any(has_question(one) for one in creations if one.number in made and made[one.number].id == thread_id)
    written = index.calls_on("thread_id", thread_id, "createMessage")
    asked = any(one.ok and one.sent.get("role") == "user" and one.number < call.number for one in written)
    return began or asked or has_question(call)


def _calls_without_runs(index: Index, calls: Timeline, runs: list[History]) -> Iterator[OperationCall]:
    """The calls before which every run of their thread had certainly ended, those that were made later left out.

    A run can be in the way from the first call behind its creation to the last one that overlaps what shows its end.
    """
    terminal = index.contract.lifecycles["run"].terminal
    creators = index.view(_creators)
    ahead = deque(sorted((_first_behind(calls, creators.get(run[0].id)), order) for order, run in enumerate(runs)))
    in_the_way: list[tuple[int, int]] = []
    for position, call in enumerate(calls):
        while ahead and ahead[0][0] <= position:
            order = ahead.popleft()[1]
            ended = runs[order].with_status(terminal)
            until = calls.position_after(index.exchange(ended[0])) if ended else len(calls)
            heappush(in_the_way, (until, order))
        while in_the_way and in_the_way[0][0] <= position:
            heappop(in_the_way)
        if all(_is_over(runs[order], creators, call, terminal) for _, order in in_the_way):
            yield call


def _creators(index: Index) -> dict[str, Exchange]:
    """By run id, the exchange that created the run."""
    shown_runs = index.shown_by(RUN)
    creations = index.calls_to(*CREATING_RUNS)
    return {shown_runs[call.number].id: call.exchange for call in creations if call.number in shown_runs}


def _first_behind(calls: Timeline, creation: Exchange | None) -> int:
    return calls.position_of(creation.number) if creation is not None else 0


def _is_over(run: History, creators: dict[str, Exchange], call: OperationCall, terminal: frozenset[str]) -> bool:
    """Whether a run had certainly ended when a call was sent, or had not certainly been created."""
    creation = creators.get(run[0].id)
    if creation is not None and not before(creation, call.exchange):
        return True
    return run.with_status(terminal).first_before(call.exchange) is not None


def _may_run(index: Index, call: OperationCall) -> bool:
    """Whether a run may have been made that the trace does not show, or may be made at the same time."""
    thread_id = call.params["thread_id"]
    creations = index.calls_on("thread_id", thread_id, "createRun", effective=True)
    hidden = index.view(_hidden_creations).get(thread_id, NO_CALLS)
    return (
        any(other is not call for other in hidden.not_after(call.exchange))
        or any(True for _ in creations.overlapping_before(call.exchange))
        or any(True for _ in creations.overlapping_after(call.exchange))
    )


def _hidden_creations(index: Index) -> dict[str, Timeline]:
    """By thread id, the requests for runs that were not refused and whose answer shows no run."""
    shown_runs = index.shown_by(RUN)
    return {
        thread_id: hidden
        for thread_id, calls in index.calls_by("thread_id", "createRun", effective=True).items()
        if (hidden := calls.where(lambda call: call.number not in shown_runs))
    }


@check("LOCK-RACE-01")
def races(index: Index) -> Iterator[Observation]:
    """Of two requests for a run that meet on one thread, one finds it locked by the other.

    Both may be taken one after the other; they are a violation where both runs are seen active when both requests had
    been answered. That one of them is taken is judged with the lock's release. A thread that takes a run whenever it
    likes has no lock to race for: LOCK-RUN-01.
    """
    made, unlocked = index.shown_by(RUN), index.view(_unlocked)
    for thread_id, calls in index.calls_by("thread_id", "createRun").items():
        if thread_id in unlocked:
            continue
        for earlier, later in simultaneous(calls):
            if earlier.ok and later.ok and earlier.number in made and later.number in made:
                yield Examined("LOCK-RACE-01", later.number)
                runs = (made[earlier.number], made[later.number])
                looks = [look for run in runs if (look := _active_after(index, run, earlier, later)) is not None]
                if len(looks) == 2 and runs[0].id != runs[1].id:
                    both = " and ".join(format_value(run.id) for run in runs)
                    seen = " and ".join(f'"{look.status}" in exchange {look.where.exchange}' for look in looks)
                    yield Finding(
                        "LOCK-RACE-01",
                        later.where,
                        "one of two simultaneous requests for a run of the same thread is refused",
                        f"both are taken: runs {both} are active together, {seen}",
                    )
            elif (earlier.ok and later.refused) or (earlier.refused and later.ok):
                yield Examined("LOCK-RACE-01", later.number)


def _active_after(index: Index, run: Sighting, earlier: OperationCall, later: OperationCall) -> Sighting | None:
    """The first sighting of a run when both requests had been answered, if it shows the run active."""
    for sighting in index.history(RUN, run.id).after(earlier.exchange):
        if before(later.exchange, index.exchange(sighting)):
            ended = index.contract.lifecycles["run"].terminal
            return sighting if sighting.status is not None and sighting.status not in ended else None
    return None


@check("LIMIT-RUN-10")
def nothing_to_say(index: Index) -> Iterator[Observation]:
    """A run needs something to start from: a message of the user's, or instructions."""
    made = index.shown_by("thread")
    for thread_id in {
        made[call.number].id
        for call in index.calls_to("createThread")
        if call.ok and call.number in made and not sequence(call.sent.get("messages"))
    }:
        filling = index.calls_on("thread_id", thread_id, *LOCKED, effective=True)
        for call in index.calls_on("thread_id", thread_id, "createRun"):
            if not call.sent or not call.conclusive or not _has_nothing_to_say(index, call):
                continue
            if any(other is not call for other in filling.not_after(call.exchange)):
                continue
            yield Examined("LIMIT-RUN-10", call.number)
            if call.status != 400:
                yield Finding(
                    "LIMIT-RUN-10",
                    call.where,
                    "a refusal with 400: the thread is empty and nothing gives instructions",
                    f"status {call.status}",
                )


def _has_nothing_to_say(index: Index, call: OperationCall) -> bool:
    """Whether a run is asked for without messages, and of an assistant that is known to have no instructions."""
    if any(call.sent.get(name) for name in ("instructions", "additional_instructions", "additional_messages")):
        return False
    assistant = index.view(_assistants_without_instructions).get(text(call.sent.get("assistant_id")) or "")
    return assistant is not None and assistant.last_before(call.exchange) is not None


def _assistants_without_instructions(index: Index) -> dict[str, History]:
    """The assistants that are always seen without instructions."""
    return {
        assistant_id: history
        for assistant_id, history in index.objects("assistant").items()
        if all(sighting.value.get("instructions", "") is None for sighting in history)
    }
