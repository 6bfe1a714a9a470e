"""What is read is what was written: it is shown as it was sent, and stays so until it is changed."""

from collections.abc import Iterator
from itertools import pairwise

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.echo import INHERITED, MODIFYING, OWNED, echoes, judge_unsent
from conformance.checks.shared.sent_messages import (
    attachments_of,
    attempted_messages,
    created_alone,
    is_comparable,
    is_shown_as,
    member_with_messages,
    refused_position,
    sent_along,
)
from conformance.checks.shared.unchanged import judge_unchanged
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, format_value, is_integer, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.trace import Sighting
from conformance.trace.validity import Validity

NULLABLE = ("name", "description", "instructions")
SAMPLING = ("temperature", "top_p")
# A new model may take or refuse these, so they may change with it.
WITH_THE_MODEL = frozenset({"temperature", "top_p", "response_format", "reasoning_effort"})
ACCOUNT_WIDE = frozenset({"listAssistants", "listVectorStores"})
"""Lists that also show what others made, and may be changing just now."""
JUDGED_ELSEWHERE = {"message": frozenset({"role", "content"})}  # of finished messages, as MESSAGE-FROZEN-01
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


@check("IDENTITY-DEFAULT-01")
def unsent(index: Index) -> Iterator[Observation]:
    """A thread, a message or a file in a vector store shows nothing in place of what was not sent for it."""
    yield from judge_unsent("IDENTITY-DEFAULT-01", index, "thread", "message", "vector_store_file")


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
    wrong = {(e.sighting.where.exchange, e.sighting.id, e.name) for e in index.view(echoes) if not e.right}
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


@check("IDENTITY-MODEL-01")
def models(index: Index) -> Iterator[Observation]:
    """A model that is read is the one that was asked for, of the same time and owner as in every other answer."""
    for call in index.calls_to("retrieveModel"):
        named = text(call.answer.get("id"))
        if call.ok and named:
            yield Examined("IDENTITY-MODEL-01", call.number)
            if named != call.params["model"]:
                expected = f"id {format_value(call.params['model'])}, the model that was asked for"
                yield Finding("IDENTITY-MODEL-01", call.where.below("id"), expected, f"id {format_value(named)}")
    for history in index.objects("model").values():
        for later, predecessors in history.successions:
            yield from judge_unchanged("IDENTITY-MODEL-01", index, predecessors[0], later, ("created", "owned_by"))


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
    if not addition or whole is None or call.operation != "createRun":
        return  # createThreadAndRun has no such member
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
            input="" if addition in whole else "additional_instructions",
        )


# ---- the messages of a thread ----------------------------------------------------------------------------------------

REMOVING_MESSAGES = ("deleteMessage", "deleteThread")


@check(
    *("IDENTITY-THREAD-01", "LIMIT-RUN-13", "IDENTITY-REFUSED-02", "IDENTITY-ORDER-01"),
    *("IDENTITY-ECHO-04", "ATTACH-ECHO-01"),
)
def messages(index: Index) -> Iterator[Observation]:
    """Where a thread's messages are all listed on one page, each that was sent is there, and no refused one."""
    for page in index.pages("listMessages"):
        thread_id = page.call.params.get("thread_id", "")
        removed = index.calls_on("thread_id", thread_id, *REMOVING_MESSAGES)
        if not page.is_whole_list or removed.any_not_after(page.exchange):
            continue
        # What was created by itself answers for no other request, and of equals the oldest was sent first: a proxy that
        # takes the same message twice, by itself and with a run, was accused of its order otherwise.
        alone = index.view(created_alone)
        unclaimed = [position for position, item in enumerate(page.items) if text(item.get("id")) not in alone]
        unclaimed.sort(key=lambda position: _age(page, position))
        for requirement, rows in index.view(sent_along).items():
            found: dict[int, list[int]] = {}
            for call, row in rows.get(thread_id, ()):
                if before(call.exchange, page.exchange):
                    run = index.shown_by("thread.run").get(call.number)
                    yield from _present(index, requirement, call, row, page, unclaimed, run, found)
            for number, positions in found.items():
                yield from _in_order(page, number, positions)
        # With the messages of a thread or run that are not alike, what else was sent of each can be looked for.
        yield from _shown_whole(index, thread_id, page)
        yield from _refused_messages(index, thread_id, page)


def _shown_whole(index: Index, thread_id: str, page: Page) -> Iterator[Observation]:
    """The metadata and the attachments of a message that came with a thread or a run, where nothing was modified."""
    members = index.contract.values.of_object("thread.message").members
    rows = [sent for rows in index.view(sent_along).values() for sent in rows.get(thread_id, ())]
    if not any(row.get("metadata") or row.get("attachments") for _, row in rows):
        return
    if index.calls_on("thread_id", thread_id, "modifyMessage", effective=True).any_not_after(page.exchange):
        return
    for call, row in rows:
        alike = [position for position, item in enumerate(page.items) if is_shown_as(index, row, item)]
        if len(alike) != 1 or not before(call.exchange, page.exchange) or index.view(Validity).body(call):
            continue
        item, place = page.items[alike[0]], page.where.below("data", alike[0])
        metadata, attachments = row.get("metadata"), row.get("attachments")
        if metadata is None and not index.trace.shared:
            metadata = {}  # another client may have given it some since
        if isinstance(metadata, dict) and isinstance(item.get("metadata", 0), dict | None):
            yield Examined("IDENTITY-ECHO-04", page.number)
            if not members["metadata"].same(metadata, item["metadata"]):
                expected = f"metadata as sent in exchange {call.number}: {format_value(metadata)}"
                actual = f"metadata {format_value(item['metadata'])}"
                yield Finding("IDENTITY-ECHO-04", place.below("metadata"), expected, actual)
        if isinstance(attachments, list) and isinstance(item.get("attachments", 0), list | None):
            yield Examined("ATTACH-ECHO-01", page.number)
            if attachments_of(attachments) != attachments_of(sequence(item["attachments"])):
                expected = f"attachments as sent in exchange {call.number}: {format_value(attachments)}"
                actual = f"attachments {format_value(item['attachments'])}"
                yield Finding("ATTACH-ECHO-01", place.below("attachments"), expected, actual)


def _age(page: Page, position: int) -> tuple[int, int]:
    """What sorts the messages of a page from the oldest on; of one second the order of the list tells."""
    at = page.items[position].get("created_at")
    return at if is_integer(at) else 0, position if page.order == "asc" else -position


def _present(
    index: Index,
    requirement: str,
    call: OperationCall,
    row: dict[str, Json],
    page: Page,
    unclaimed: list[int],
    run: Sighting | None,
    found: dict[int, list[int]],
) -> Iterator[Observation]:
    """Look for one sent message among those that no other answers for; `found` collects them by their request."""
    if not is_comparable(row):
        return
    yield Examined(requirement, page.number)
    position = next((position for position in unclaimed if is_shown_as(index, row, page.items[position])), None)
    if position is None:
        yield Finding(
            requirement,
            page.where.below("data"),
            f"the message {format_value(row['content'])} that was sent in exchange {call.number}",
            f"{len(page.items)} messages, none like it",
            input=member_with_messages(call),
            sent_in=call.number,
        )
        return
    unclaimed.remove(position)
    found.setdefault(call.number, []).append(position)
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


def _in_order(page: Page, number: int, positions: list[int]) -> Iterator[Observation]:
    """Messages that came in one request stand in the order in which they were sent; equal ones in either."""
    if len(positions) < 2 or page.order is None or page.disorder is not None:  # another fault: LIST-ORDER-01
        return
    yield Examined("IDENTITY-ORDER-01", page.number, len(positions) - 1)
    for earlier, later in pairwise(positions):
        if (earlier < later) is not (page.order == "asc"):
            yield Finding(
                "IDENTITY-ORDER-01",
                page.where.below("data", later),
                f"the messages of exchange {number} in the order in which they were sent",
                f"order {page.order}, and {format_value(page.items[later].get('content'))} stands on the other side",
                input="order",
            )
            return


def _refused_messages(index: Index, thread_id: str, page: Page) -> Iterator[Observation]:
    """A message refused by itself or with a run is not in the thread, unless the same was sent again and taken."""
    refused, taken = index.view(attempted_messages).get(thread_id, ((), ()))
    for call, row in refused:
        if not before(call.exchange, page.exchange):
            continue
        yield Examined("IDENTITY-REFUSED-02", page.number)
        if (position := refused_position(index, row, taken, page)) is not None:
            yield Finding(
                "IDENTITY-REFUSED-02",
                page.where.below("data", position),
                f"no message {format_value(row['content'])}: it was refused in exchange {call.number}",
                "a message with this content",
            )


# ---- what was refused ------------------------------------------------------------------------------------------------


@check("IDENTITY-REFUSED-03")
def nothing_made(index: Index) -> Iterator[Observation]:
    """A list of assistants has none with the metadata of a request that was refused; the account may have others."""
    metadata = index.contract.values.of_object("assistant").members["metadata"]
    marked = index.calls_to("createAssistant").where(lambda c: c.refused and c.status != 401 and c.sent.get("metadata"))
    made = [seen for seen in index.sightings("assistant") if not seen.listed] if marked else []
    known = {sighting.id for sighting in made}
    times = [time for seen in made if is_integer(time := seen.value.get("created_at"))]
    begun = min(times, default=0)
    for page in index.pages("listAssistants") if times else ():
        if marked.first_before(page.exchange):
            yield Examined("IDENTITY-REFUSED-03", page.number)
        for position, item in enumerate(page.items):
            at = item.get("created_at")
            if text(item.get("id")) in known or not is_integer(at) or at < begun:
                continue
            for call in marked.certainly_before(page.exchange):
                if metadata.same(item.get("metadata"), call.sent["metadata"]):
                    expected = f"no assistant like the one refused in exchange {call.number}"
                    yield _unwanted(page, position, expected, call)
                    break


def _unwanted(page: Page, position: int, expected: str, refused: OperationCall) -> Finding:
    actual = f"{format_value(page.ids[position])}, which no answer announced (exchange {refused.number} was refused)"
    return Finding("IDENTITY-REFUSED-03", page.where.below("data"), expected, actual)  # of no item: it is nobody's
