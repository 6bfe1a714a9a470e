"""What is read is what was written: it is shown as it was sent, and stays so until it is changed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.echo import MODIFYING, OWNED, content_kept, echoes
from conformance.checks.shared.unchanged import judge_unchanged
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.trace import Sighting

NULLABLE = ("name", "description", "instructions")
SAMPLING = ("temperature", "top_p")
# A new model may take or refuse these, so they may change with it.
WITH_THE_MODEL = frozenset({"temperature", "top_p", "response_format"})
ACCOUNT_WIDE = frozenset({"listAssistants", "listVectorStores"})
"""Lists that also show what others made, and may be changing just now."""
JUDGED_ELSEWHERE = {"message": frozenset({"role", "content"})}  # of finished messages, as MESSAGE-FROZEN-01
INHERITED = ("model", "instructions", "tools", "temperature", "top_p", "response_format")
REASONS = {
    "IDENTITY-MODIFY-01": ", as it was not sent",
    "IDENTITY-REFUSED-01": ", as the request to modify it was refused",
    "IDENTITY-RUN-02": ", although the assistant was modified",
}


@check("IDENTITY-ECHO-*")
def echo(index: Index) -> Iterator[Observation]:
    """The answer to a request that creates or modifies an object shows what was sent."""
    for found in index.view(echoes):
        if found.kind != "vector_store":  # judged with the vector stores
            yield from found.judged()


@check("IDENTITY-CLEAR-01")
def cleared(index: Index) -> Iterator[Observation]:
    """Null sent to an assistant takes a value away: it is told apart from a member that was not sent."""
    members = index.contract.values.of_object("assistant").members
    for call in index.calls_to("createAssistant", "modifyAssistant"):
        for name in (*NULLABLE, *SAMPLING):
            if not call.ok or name not in call.sent or call.sent[name] is not None or name not in call.answer:
                continue
            value = call.answer[name]
            yield Examined("IDENTITY-CLEAR-01", call.number)
            if not members[name].same(None, value):
                wanted = "null or 1" if name in SAMPLING else "null"
                yield Finding(
                    "IDENTITY-CLEAR-01",
                    call.where.below(name),
                    f"{name} {wanted} when null is sent",
                    f"{name} {format_value(value)}",
                )


# ---- what stays ------------------------------------------------------------------------------------------------------


@check("IDENTITY-MODIFY-01", "IDENTITY-READ-01", "IDENTITY-REFUSED-01", "IDENTITY-RUN-02")
def stays(index: Index) -> Iterator[Observation]:
    """Between two sightings of an object, only what a request changed has changed."""
    wrong = {(e.call.number, e.sighting.id, e.name) for e in index.view(echoes) if not e.right}
    ended = index.contract.lifecycles["run"].terminal
    edits = index.calls_by("assistant_id", "modifyAssistant", effective=True)
    for kind in index.contract.objects.kinds:
        if kind.name not in OWNED:
            continue
        modifying = tuple(operation for operation, parameter in MODIFYING.items() if parameter == kind.parameter)
        changes = index.calls_by(kind.parameter, *modifying)
        effective = index.calls_by(kind.parameter, *modifying, effective=True)
        kept = sorted(set(OWNED[kind.name]) - JUDGED_ELSEWHERE.get(kind.name, frozenset()))
        for object_id, history in index.objects(kind.constants[0]).items():
            if all(_is_in_passing(index.call(seen.where.exchange)) for seen in history):
                continue
            tried, taken = changes.get(object_id, NO_CALLS), effective.get(object_id, NO_CALLS)
            for later, predecessors in history.successions:
                earlier = predecessors[0]
                span = index.exchange(earlier), index.exchange(later)
                own = index.call(later.where.exchange) if tried else None
                if own is not None and not (own.operation in modifying and own.params.get(kind.parameter) == object_id):
                    own = None
                requirement = _judged_as(tried, taken, own, span) if tried else "IDENTITY-READ-01"
                if requirement is None:
                    continue
                names = kept
                if kind.name == "run":
                    assistant_id = text(later.value.get("assistant_id")) or ""
                    if edits and edits.get(assistant_id, NO_CALLS).any_between(*span):
                        requirement = "IDENTITY-RUN-02"
                    if text(earlier.value.get("status")) in ended:
                        names = ["metadata"]  # the rest is frozen then: RUN-FROZEN-01
                if requirement == "IDENTITY-MODIFY-01" and own is not None:
                    changed = own.sent.keys() | (WITH_THE_MODEL if "model" in own.sent else frozenset())
                    names = [name for name in names if name not in changed]
                # A wrong echo has been told already, and what comes after it differs for that reason.
                told = earlier.where.exchange, earlier.id
                names = [name for name in names if not wrong or (*told, name) not in wrong]
                yield from judge_unchanged(requirement, index, earlier, later, names, REASONS.get(requirement, ""))


def _is_in_passing(call: OperationCall | None) -> bool:
    """Whether an answer shows an object only because the account has it: nobody asked for that very object."""
    return call is not None and call.operation in ACCOUNT_WIDE


def _judged_as(
    tried: Timeline, taken: Timeline, own: OperationCall | None, span: tuple[Exchange, Exchange]
) -> str | None:
    """The requirement that a difference would break; None where some request may rightly have made it."""
    if taken.any_between(*span):
        return None
    if own is not None:
        return "IDENTITY-MODIFY-01"
    return "IDENTITY-REFUSED-01" if tried.any_between(*span) else "IDENTITY-READ-01"


# ---- what a run has of its assistant ---------------------------------------------------------------------------------


@check("IDENTITY-RUN-01", "LIMIT-RUN-14", "LIMIT-APPEND-01")
def inherited(index: Index) -> Iterator[Observation]:
    """A run has what its request gives, and else what the assistant had when it was created."""
    created, members = index.shown_by("thread.run"), index.contract.values.of_object("thread.run").members
    for call in index.calls_to(*CREATING_RUNS):
        run, assistant_id = created.get(call.number), text(call.sent.get("assistant_id"))
        if run is None or assistant_id is None:
            continue
        assistant = index.history("assistant", assistant_id).last_before(call.exchange)
        edits = index.calls_on("assistant_id", assistant_id, "modifyAssistant", effective=True)
        if assistant is not None and edits.any_between(index.exchange(assistant), call.exchange):
            assistant = None
        yield from _instructions(call, run, assistant)
        if assistant is None:
            continue
        for name in INHERITED:
            if call.sent.get(name) is not None or name not in run.value or name not in assistant.value:
                continue
            if name == "instructions" and call.sent.get("additional_instructions"):
                continue
            yield Examined("IDENTITY-RUN-01", call.number)
            theirs, own = assistant.value[name], run.value[name]
            inherits = members[name].same if theirs is None else members[name].completes
            if not inherits(theirs, own):
                yield Finding(
                    "IDENTITY-RUN-01",
                    run.where.below(name),
                    f"{name} {format_value(theirs)}, the assistant's (exchange {assistant.where.exchange})",
                    f"{name} {format_value(own)}",
                )


def _instructions(call: OperationCall, run: Sighting, assistant: Sighting | None) -> Iterator[Observation]:
    """Additional instructions stand behind the run's or the assistant's.

    Whether an empty text takes the assistant's away, or counts as none, no source tells: then only their end is known.
    """
    addition, whole = text(call.sent.get("additional_instructions")), text(run.value.get("instructions"))
    if not addition or whole is None:
        return
    base = text(call.sent.get("instructions"))
    if base is None and assistant is not None:
        base = text(assistant.value.get("instructions"))
    yield Examined("LIMIT-RUN-14", call.number)
    yield Examined("LIMIT-APPEND-01", call.number)
    if base and base.strip() not in whole:
        expected = f"instructions that hold {format_value(base)}, to which others were added"
        place = run.where.below("instructions")
        yield Finding("LIMIT-APPEND-01", place, expected, f"instructions {format_value(whole)}")
    elif not whole.rstrip().endswith(addition.rstrip()) or not whole.startswith((base or "").rstrip()):
        yield Finding(
            "LIMIT-RUN-14",
            run.where.below("instructions"),
            f"instructions that end with {format_value(addition)}" + (f" behind {format_value(base)}" if base else ""),
            f"instructions {format_value(whole)}",
        )


# ---- the messages of a thread ----------------------------------------------------------------------------------------

SentMessage = tuple[OperationCall, dict[str, Json]]
REMOVING_MESSAGES = ("deleteMessage", "deleteThread")


@check("IDENTITY-THREAD-01", "LIMIT-RUN-13", "IDENTITY-REFUSED-02")
def messages(index: Index) -> Iterator[Observation]:
    """Where a thread's messages are all listed on one page, each that was sent is there, and no refused one."""
    for page in index.pages("listMessages"):
        thread_id = page.call.params.get("thread_id", "")
        removed = index.calls_on("thread_id", thread_id, *REMOVING_MESSAGES)
        if not page.is_whole_list or removed.any_not_after(page.exchange):
            continue
        # What was created by itself answers for no other request, and of equals the oldest was sent first: a proxy that
        # takes the same message twice, by itself and with a run, was accused of its order otherwise.
        alone = index.view(_created_alone)
        unclaimed = [position for position, item in enumerate(page.items) if text(item.get("id")) not in alone]
        unclaimed.sort(key=lambda position: _created(page.items[position]))
        for requirement, rows in index.view(_sent_along).items():
            for call, row in rows.get(thread_id, ()):
                if before(call.exchange, page.exchange):
                    run = index.shown_by("thread.run").get(call.number)
                    yield from _present(index, requirement, call, row, page, unclaimed, run)
        yield from _refused_messages(index, thread_id, page)


def _created_alone(index: Index) -> frozenset[str]:
    """The messages that requests created by themselves."""
    made = index.shown_by("thread.message")
    return frozenset(made[call.number].id for call in index.calls_to("createMessage") if call.number in made)


def _sent_along(index: Index) -> dict[str, dict[str, list[SentMessage]]]:
    """The messages that came with accepted requests to create threads or runs, by requirement and thread."""
    found: dict[str, dict[str, list[SentMessage]]] = {"IDENTITY-THREAD-01": {}, "LIMIT-RUN-13": {}}
    made = index.shown_by("thread", "thread.run")
    for call in index.calls_to("createThread", *CREATING_RUNS):
        if not call.ok or call.number not in made:
            continue
        requirement, rows = "IDENTITY-THREAD-01", call.sent.get("messages")
        if call.operation == "createRun":
            requirement, rows = "LIMIT-RUN-13", call.sent.get("additional_messages")
        elif call.operation == "createThreadAndRun":
            rows = mapping(call.sent.get("thread")).get("messages")
        thread_id = text(made[call.number].value.get("thread_id")) or made[call.number].id
        found[requirement].setdefault(thread_id, []).extend((call, mapping(row)) for row in sequence(rows))
    return found


def _created(item: dict[str, Json]) -> int:
    at = item.get("created_at")
    return at if is_integer(at) else 0


def _is(index: Index, row: dict[str, Json], item: dict[str, Json]) -> bool:
    content = index.contract.values.of_object("thread.message").members["content"]
    return item.get("role") == row.get("role") and content_kept(content, row.get("content"), item.get("content"))


def _is_text(row: dict[str, Json]) -> bool:
    """Whether what was sent is a message of text and nothing else; others cannot be told apart with certainty."""
    content = row.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return bool(parts) and all(
        mapping(part).get("type") == "text" and isinstance(mapping(part).get("text"), str) for part in parts
    )


def _present(
    index: Index,
    requirement: str,
    call: OperationCall,
    row: dict[str, Json],
    page: Page,
    unclaimed: list[int],
    run: Sighting | None,
) -> Iterator[Observation]:
    if not _is_text(row):
        return
    yield Examined(requirement, page.number)
    position = next((position for position in unclaimed if _is(index, row, page.items[position])), None)
    if position is None:
        yield Finding(
            requirement,
            page.where.below("data"),
            f"the message {format_value(row['content'])} that was sent in exchange {call.number}",
            f"{len(page.items)} messages, none like it",
            "additional_messages" if requirement == "LIMIT-RUN-13" else "messages",
        )
        return
    unclaimed.remove(position)
    if requirement == "LIMIT-RUN-13" and run is not None:
        own = [m["created_at"] for m in page.items if m.get("run_id") == run.id and is_integer(m.get("created_at"))]
        at = page.items[position].get("created_at")
        if own and is_integer(at) and at > min(own):
            yield Finding(
                requirement,
                page.where.below("data", position, "created_at"),
                f"additional messages before the run's own, which begin at {format_value(min(own))}",
                f"created_at {format_value(at)}",
            )


def _refused_messages(index: Index, thread_id: str, page: Page) -> Iterator[Observation]:
    """A message refused by itself or with a run is not in the thread, unless the same was sent again and taken."""
    refused, taken = index.view(_attempted_messages).get(thread_id, ((), ()))
    for call, row in refused:
        if not before(call.exchange, page.exchange):
            continue
        yield Examined("IDENTITY-REFUSED-02", page.number)
        for position, item in enumerate(page.items):
            if item.get("run_id") is None and _is(index, row, item) and not any(_is(index, r, item) for r in taken):
                yield Finding(
                    "IDENTITY-REFUSED-02",
                    page.where.below("data", position),
                    f"no message {format_value(row['content'])}: it was refused in exchange {call.number}",
                    "a message with this content",
                )
                break


def _messages_of(call: OperationCall) -> list[Json]:
    return [call.sent] if call.operation == "createMessage" else sequence(call.sent.get("additional_messages"))


def _attempted_messages(index: Index) -> dict[str, tuple[list[SentMessage], list[dict[str, Json]]]]:
    """By thread, the refused messages that are texts, and all that were taken; of threads with a refused one.

    What was in a thread that the trace did not see made, nobody knows.
    """
    found = {}
    made: frozenset[str] | None = None
    for thread_id, calls in index.calls_by("thread_id", "createMessage", "createRun").items():
        rows = [(call, mapping(row)) for call in calls if call.refused for row in _messages_of(call)]
        refused = [(call, row) for call, row in rows if _is_text(row)]
        if refused and made is None:
            made = _made_threads(index)
        if refused and made is not None and thread_id in made:
            taken = [call.sent for call in calls if call.operation == "createMessage" and not call.refused]
            taken += [row for rows in index.view(_sent_along).values() for _, row in rows.get(thread_id, ())]
            found[thread_id] = (refused, taken)
    return found


def _made_threads(index: Index) -> frozenset[str]:
    """The threads that were made in view."""
    made = index.shown_by("thread", "thread.run")
    calls = [call for call in index.calls_to("createThread", "createThreadAndRun") if call.number in made]
    return frozenset(text(made[call.number].value.get("thread_id")) or made[call.number].id for call in calls)


# ---- what was refused ------------------------------------------------------------------------------------------------


@check("IDENTITY-REFUSED-03")
def nothing_made(index: Index) -> Iterator[Observation]:
    """What was refused on creation is on no list afterwards."""
    yield from _runs(index)
    yield from _assistants(index)


def _shown_alone(index: Index, kind: str) -> frozenset[str]:
    """The ids of the objects of a kind that were seen otherwise than on a list."""
    return frozenset(
        named for named, history in index.objects(kind).items() if any(not seen.listed for seen in history)
    )


def _own_threads(index: Index) -> frozenset[str]:
    return _shown_alone(index, "thread")


def _known_runs(index: Index) -> frozenset[str]:
    return _shown_alone(index, "thread.run")


def _refused_runs(index: Index) -> dict[str, list[OperationCall]]:
    """The refused requests for runs by thread, where every request for one was answered."""
    return {
        thread_id: refused
        for thread_id, calls in index.calls_by("thread_id", "createRun").items()
        if (refused := [call for call in calls if call.refused])
        and all(call.status is not None and call.status < 500 for call in calls)
    }


def _runs(index: Index) -> Iterator[Observation]:
    """A thread of the trace's own has only the runs that were seen otherwise, besides in lists."""
    for page in index.pages("listRuns"):
        thread_id = page.call.params.get("thread_id", "")
        refused = [c for c in index.view(_refused_runs).get(thread_id, ()) if before(c.exchange, page.exchange)]
        if not refused or thread_id not in index.view(_own_threads):
            continue
        yield Examined("IDENTITY-REFUSED-03", page.number, len(refused))
        for position, run_id in enumerate(page.ids):
            if run_id is not None and run_id not in index.view(_known_runs):
                yield _unwanted(page, position, "runs that were created, and none of a refused request", refused[0])


def _assistants(index: Index) -> Iterator[Observation]:
    """A list of assistants has none with the metadata of a request that was refused; the account may have others."""
    metadata = index.contract.values.of_object("assistant").members["metadata"]
    marked = index.calls_to("createAssistant").where(lambda c: c.refused and c.status != 401 and c.sent.get("metadata"))
    made = [seen for seen in index.sightings("assistant") if not seen.listed] if marked else []
    known = {sighting.id for sighting in made}
    times = [time for seen in made if is_integer(time := seen.value.get("created_at"))]
    for page in index.pages("listAssistants") if times else ():
        refused = [call for call in marked if before(call.exchange, page.exchange)]
        if refused:
            yield Examined("IDENTITY-REFUSED-03", page.number, len(refused))
        for position, item in enumerate(page.items):
            at = item.get("created_at")
            if text(item.get("id")) in known or not is_integer(at) or at < min(times):
                continue
            for call in refused:
                if metadata.same(item.get("metadata"), call.sent["metadata"]):
                    expected = f"no assistant like the one refused in exchange {call.number}"
                    yield _unwanted(page, position, expected, call)
                    break


def _unwanted(page: Page, position: int, expected: str, refused: OperationCall) -> Finding:
    actual = f"{format_value(page.ids[position])}, which no answer announced (exchange {refused.number} was refused)"
    return Finding("IDENTITY-REFUSED-03", page.where.below("data", position, "id"), expected, actual)
