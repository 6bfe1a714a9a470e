"""Messages: how they end, who wrote them, and how they agree with the run that wrote them."""

from collections import Counter
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.finished_messages import finished_sightings
from conformance.checks.shared.late_messages import judged_late
from conformance.checks.shared.sent_messages import attempted_messages, created_alone, messages_of, refused_position
from conformance.checks.shared.unchanged import judge_members
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, format_value, mapping, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.runs import MESSAGE, RUN
from conformance.trace.trace import Sighting, Where
from conformance.trace.validity import Validity

# What a run's end makes of the message it was writing. Two streams of 2024-04 show a message cut off by max_tokens in a
# run called completed (alexrudall/ruby-openai runs_streamed_create.yml).
ENDS_OF_RUNS = {
    "run_cancelled": frozenset({"cancelling", "cancelled"}),
    "run_expired": frozenset({"expired"}),
    "run_failed": frozenset({"failed"}),
    "max_tokens": frozenset({"incomplete", "completed"}),
}
SENDING = ("createThread", "createMessage", "createRun", "createThreadAndRun")


@check("MESSAGE-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A message that has ended has ended."""
    machine = index.contract.lifecycles["message"]
    for history in index.objects(MESSAGE).values():
        yield from lifecycle.transitions(history, machine, "MESSAGE-STATE-01", within_streams=True)


@check("MESSAGE-FIELD-*")
def fields(index: Index) -> Iterator[Observation]:
    """What a message shows of its end fits its status. Plain JSON of the real API shows neither.

    Only what a run writes comes to an end; a message that was created by a request has no moment of completion.
    """
    machine = index.contract.lifecycles["message"]
    for sighting in index.sightings(MESSAGE):
        if sighting.status is not None and isinstance(sighting.value.get("run_id"), str):
            yield from lifecycle.fields(sighting, machine)


@check("MESSAGE-AUTHOR-*")
def authors(index: Index) -> Iterator[Observation]:
    """A message that a request creates has no run and, from a user, no assistant; one of a run is the assistant's."""
    created = {call.number for call in index.calls_to("createMessage") if call.ok}
    examined: Counter[tuple[str, int]] = Counter()
    for sighting in index.sightings(MESSAGE):
        message, number = sighting.value, sighting.where.exchange
        role, by_run = message.get("role"), isinstance(message.get("run_id"), str)
        if number in created and "run_id" in message:
            examined["MESSAGE-AUTHOR-01", number] += 1
            if by_run:
                yield _wrong("MESSAGE-AUTHOR-01", sighting, "run_id", "null in a message that a request creates")
        if role == "user" and not by_run and "assistant_id" in message:
            examined["MESSAGE-AUTHOR-02", number] += 1
            if isinstance(message["assistant_id"], str):
                yield _wrong("MESSAGE-AUTHOR-02", sighting, "assistant_id", "null in a message of the user")
        if by_run and number not in created:
            examined["MESSAGE-AUTHOR-03", number] += 1
            if isinstance(role, str) and role != "assistant":
                yield _wrong("MESSAGE-AUTHOR-03", sighting, "role", '"assistant" in a message that a run wrote')
    yield from (Examined(requirement, number, count) for (requirement, number), count in examined.items())


def _wrong(requirement: str, sighting: Sighting, name: str, wanted: str) -> Finding:
    return Finding(
        requirement, sighting.where.below(name), f"{name} {wanted}", f"{name} is {format_value(sighting.value[name])}"
    )


@check("MESSAGE-FROZEN-01")
def frozen(index: Index) -> Iterator[Observation]:
    """Role and content of a finished message stay as they are: a client can only modify its metadata."""
    members = index.contract.values.of_object(MESSAGE).members
    for history in index.objects(MESSAGE).values():
        if len(history) < 2:
            continue
        for later, predecessors in finished_sightings(index, history).successions:
            earlier, since = predecessors[0], f"as in exchange {predecessors[0].where.exchange}"
            was, now = _without_quotes(earlier.value), _without_quotes(later.value)
            yield from judge_members("MESSAGE-FROZEN-01", members, was, now, later.where, ("role", "content"), since)


def _without_quotes(message: dict[str, Json]) -> dict[str, Json]:
    """A message without the quotes of its citations, which streams have and plain JSON has not.

    So it was recorded: openai/openai-dotnet FileSearchStreamingWorks.json.
    """
    content = message.get("content")
    return message | {"content": list(map(_unquoted, content))} if isinstance(content, list) else message


def _unquoted(part: Json) -> Json:
    annotations = mapping(mapping(part).get("text")).get("annotations")
    if not isinstance(annotations, list) or not any(mapping(one).get("file_citation") for one in annotations):
        return part
    cited = [
        one | {"file_citation": mapping(one.get("file_citation")) | {"quote": None}} if isinstance(one, dict) else one
        for one in annotations
    ]
    return part | {"text": part["text"] | {"annotations": cited}}


@check("MESSAGE-CAUSE-01")
def causes(index: Index) -> Iterator[Observation]:
    """A message that was broken off gives the reason that its run's end gives."""
    terminal = index.contract.lifecycles["run"].terminal
    for sighting in index.sightings(MESSAGE):
        reason = text(mapping(sighting.value.get("incomplete_details")).get("reason"))
        if reason not in ENDS_OF_RUNS:
            continue
        ended = index.history(RUN, text(sighting.value.get("run_id"))).with_status(terminal)
        if not ended:
            continue
        yield Examined("MESSAGE-CAUSE-01", sighting.where.exchange)
        end = ended[0]
        if end.status not in ENDS_OF_RUNS[reason]:
            yield Finding(
                "MESSAGE-CAUSE-01",
                sighting.where.below("incomplete_details", "reason"),
                f'a reason that fits a run with status "{end.status}" (exchange {end.where.exchange})',
                f"reason {format_value(reason)}",
            )


# ---- what nobody wrote -----------------------------------------------------------------------------------------------


@check("MESSAGE-MADE-01")
def made(index: Index) -> Iterator[Observation]:
    """A thread of the trace's own holds no more messages than requests sent to it, and none of a run it never had."""
    for walk in index.whole_lists("listMessages"):
        thread_id, last = walk[-1].call.params.get("thread_id", ""), walk[-1]
        senders = index.view(_senders).get(thread_id)
        gone = index.calls_on("thread_id", thread_id, "deleteThread", effective=True)
        if senders is None or gone.any_not_after(last.exchange):
            continue
        yield Examined("MESSAGE-MADE-01", last.number)
        if (extra := _extra(index, senders, thread_id, walk)) is not None:
            place, expected, actual = extra
            yield Finding("MESSAGE-MADE-01", place, expected, actual)


def _senders(index: Index) -> dict[str, Timeline]:
    """By thread that the trace made itself, the requests that may have put messages into it.

    A thread is left out where one of them was malformed and taken all the same, as what came of it is judged there; and
    where a body was left out of the recording.
    """
    made, validity = index.shown_by("thread", RUN), index.view(Validity)
    found: dict[str, list[OperationCall]] = {}
    own: set[str] = set()
    doubtful: set[str] = set()
    for call in index.calls_to(*SENDING, effective=True):
        thread_id = call.params.get("thread_id")
        if thread_id is None and (shown := made.get(call.number)) is not None:
            thread_id = text(shown.value.get("thread_id")) or shown.id
            own.add(thread_id)
        if thread_id is not None:
            found.setdefault(thread_id, []).append(call)
            if validity.body(call) or _lacks_its_body(call):
                doubtful.add(thread_id)
    return {name: Timeline(calls) for name, calls in found.items() if name in own and name not in doubtful}


def _lacks_its_body(call: OperationCall) -> bool:
    request = call.exchange.request
    return not request.body and (request.headers.get("content-length") or "0") not in ("0", "2")


def _extra(index: Index, senders: Timeline, thread_id: str, walk: list[Page]) -> tuple[Where, str, str] | None:
    """One message of a whole list that nobody can have written: where it stands, what was expected, what it is."""
    calls = list(senders.not_after(walk[-1].exchange))
    runs, shown = [call for call in calls if call.operation in CREATING_RUNS], index.shown_by(RUN)
    sent = _sent_by_role(index, calls, thread_id, walk)
    left = Counter(sent)
    for page, position, item in _from_the_oldest_on(walk):
        role, run_id, place = text(item.get("role")), text(item.get("run_id")), page.where.below("data", position)
        if run_id is not None:
            if not index.history(RUN, run_id) and all(call.number in shown for call in runs):
                return place.below("run_id"), "the id of a run that the thread had", f"run_id {format_value(run_id)}"
        # An assistant's message that shows no run may be a run's all the same: then the fault is in that member.
        elif role is None or (role == "assistant" and runs) or page.ids[position] in index.view(created_alone):
            continue
        elif not _was_refused(index, thread_id, page, position):
            left[role] -= 1
            if left[role] < 0:
                expected = f"{sent[role]} messages with role {format_value(role)} besides those that answers showed"
                return place, expected, f"one more: {format_value(item.get('content'))}"
    return None


def _sent_by_role(index: Index, calls: list[OperationCall], thread_id: str, walk: list[Page]) -> Counter[str | None]:
    """How many messages of each role were sent whose creation no answer shows, without those that were deleted."""
    alone, made = index.view(created_alone), index.shown_by(MESSAGE)
    unseen = [call for call in calls if call.operation != "createMessage" or call.number not in made]
    sent = Counter(text(mapping(row).get("role")) for call in unseen for row in messages_of(call))
    listed = {named for page in walk for named in page.ids}
    for deletion in index.calls_on("thread_id", thread_id, "deleteMessage"):
        gone = index.history(MESSAGE, deletion.params["message_id"])
        if deletion.ok and gone and gone[0].id not in listed | alone and before(deletion.exchange, walk[0].exchange):
            sent[text(gone[0].value.get("role"))] -= 1
    return sent


def _from_the_oldest_on(walk: list[Page]) -> Iterator[tuple[Page, int, dict[str, Json]]]:
    """The messages of a whole list, each once, with its page and its position there."""
    met: set[str | None] = set()
    rising = walk[0].order == "asc"
    for page in walk if rising else reversed(walk):
        for position in range(len(page.items)) if rising else reversed(range(len(page.items))):
            if page.ids[position] not in met:
                met.add(page.ids[position])
                yield page, position, page.items[position]


def _was_refused(index: Index, thread_id: str, page: Page, position: int) -> bool:
    """Whether a message was refused, and is told as that."""
    refused, taken = index.view(attempted_messages).get(thread_id, ((), ()))
    return any(refused_position(index, row, taken, page) == position for _, row in refused)


@check("MESSAGE-LATE-01")
def late(index: Index) -> Iterator[Observation]:
    """A run that has ended writes no further message."""
    yield from (observation for judged in index.view(judged_late).values() for observation in judged)
