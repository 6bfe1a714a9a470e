"""What was sent beside what is shown for it: the values that a server may complete, and those it may not touch."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks.check import Examined, Finding, Observation
from conformance.checks.shared.unchanged import format_default
from conformance.contract.values import ValueSchema
from conformance.trace.calls import OperationCall
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, mapping, sequence, text
from conformance.trace.trace import Sighting

# The members of each kind that a client sets, with the requirement under which their echo is judged.
TEXTS = dict.fromkeys(("name", "description", "instructions"), "IDENTITY-ECHO-01")
SETTINGS = dict.fromkeys(("temperature", "top_p", "response_format", "reasoning_effort"), "IDENTITY-ECHO-02")
TOOLS = {"tools": "IDENTITY-ECHO-03"}
METADATA = {"metadata": "IDENTITY-ECHO-04"}
MODEL = {"model": "IDENTITY-ECHO-07"}
RUN_SETTINGS = dict.fromkeys(
    ("max_prompt_tokens", "max_completion_tokens", "truncation_strategy", "tool_choice", "parallel_tool_calls"),
    "IDENTITY-ECHO-06",
)
OWNED: dict[str, dict[str, str]] = {
    "assistant": TEXTS | SETTINGS | TOOLS | METADATA | MODEL,
    "thread": METADATA,
    "message": dict.fromkeys(("role", "content"), "IDENTITY-ECHO-05") | METADATA,
    "run": {"instructions": "IDENTITY-ECHO-06"}
    | dict.fromkeys(SETTINGS, "IDENTITY-ECHO-06")
    | TOOLS
    | METADATA
    | MODEL
    | RUN_SETTINGS,
    "vector_store": dict.fromkeys(("name", "description"), "VS-ECHO-01")
    | {"metadata": "VS-ECHO-02", "expires_after": "VS-ECHO-03"},
}
INHERITED = ("model", "instructions", "tools", "temperature", "top_p", "response_format", "reasoning_effort")
# What a creation need not send to have it shown: it is the assistant's, or its default is judged apart.
EXPLAINED: dict[str, frozenset[str]] = {
    "run": frozenset((*INHERITED, "tool_resources", "parallel_tool_calls")),
    "vector_store_file": frozenset({"chunking_strategy"}),
}
MODIFYING = {
    "modifyAssistant": "assistant_id",
    "modifyThread": "thread_id",
    "modifyMessage": "message_id",
    "modifyRun": "run_id",
    "modifyVectorStore": "vector_store_id",
}


@dataclass(frozen=True)
class Echo:
    """One member that was sent, and the object that answered; `right` tells whether it is shown as sent."""

    call: OperationCall
    kind: str
    name: str
    sent: Json
    sighting: Sighting
    right: bool

    @property
    def requirement(self) -> str:
        """The requirement under which the echo is judged."""
        return OWNED[self.kind][self.name]

    def judged(self) -> Iterator[Observation]:
        """That the member was looked at, and whether it is shown as sent."""
        yield Examined(self.requirement, self.call.number)
        if not self.right:
            yield Finding(
                self.requirement,
                self.sighting.where.below(self.name),
                f"{self.name} as sent: {format_value(self.sent)}",
                f"{self.name} {format_value(self.sighting.value[self.name])}",
                input=self.name,
            )


def echoes(index: Index) -> list[Echo]:
    """Every member that a request set to a value, where the answer shows the object with that member."""
    answers = {
        operation: answer
        for operation, answer in index.contract.objects.answers.items()
        if answer.kind.name in OWNED and (answer.creates or operation in MODIFYING)
    }
    found = []
    for call in index.calls_to(*answers):
        answer = answers[call.operation]
        kind = answer.kind.name
        sighting = index.shown_by(*answer.kind.constants).get(call.number)
        if not call.ok or sighting is None:
            continue
        members = index.contract.values.of_object(sighting.kind).members
        for name in OWNED[kind]:
            value = call.sent.get(name)
            if value is None or name not in sighting.value:
                continue
            # What stands behind the instructions is judged apart; a model that does not reason has no effort.
            if name == "instructions" and call.sent.get("additional_instructions"):
                continue
            if name == "reasoning_effort" and sighting.value[name] is None:
                continue
            right = _echoed(members[name], name, value, sighting.value[name], creates=answer.creates)
            found.append(Echo(call, kind, name, value, sighting, right))
    return found + list(_of_threads_made_with_runs(index))


def judge_unsent(requirement: str, index: Index, *kinds: str) -> Iterator[Observation]:
    """Judge that what the creation of an object of these kinds says nothing of shows its default, or nothing.

    What is of another type is left to the schema, and null sent for an assistant to IDENTITY-CLEAR-01. A request
    without a body is not judged: a recorder may have left it out.
    """
    answers = index.contract.objects.answers
    for call in index.calls_to(*(name for name, one in answers.items() if one.creates and one.kind.name in kinds)):
        kind = answers[call.operation].kind
        sighting = index.shown_by(*kind.constants).get(call.number)
        if sighting is not None and index.history(sighting.kind, sighting.id).last_before(call.exchange) is not None:
            continue  # a file that is added again to its store
        if call.ok and sighting is not None and isinstance(call.exchange.request.json, dict):
            explained = EXPLAINED.get(kind.name, frozenset())
            if kind.name == "assistant":
                explained = frozenset(call.sent)
            elif any(mapping(row).get("attachments") for row in sequence(call.sent.get("messages"))):
                explained = frozenset({"tool_resources"})  # they hold what the messages attach
            body = call.spec.request.name if call.spec.request else None
            yield from _as_default(requirement, index, body, call.sent, sighting, explained)
    if "thread" in kinds:
        for call, sent, sighting in threads_made_with_runs(index):
            if index.trace.shared and sighting.where.exchange != call.number:
                continue  # others may have changed it meanwhile
            explained = frozenset({"tool_resources"})
            yield from _as_default(requirement, index, "CreateThreadRequest", sent, sighting, explained)


def _as_default(
    requirement: str, index: Index, body: str | None, sent: dict[str, Json], shown: Sighting, explained: frozenset[str]
) -> Iterator[Observation]:
    settable = index.contract.values.of_schema(body).members
    for name, member in index.contract.values.of_object(shown.kind).members.items():
        value = shown.value.get(name)
        if name not in shown.value or name in explained or sent.get(name) is not None:
            continue
        if name not in settable or not settable[name].optional or not member.is_of_type(value):
            continue
        yield Examined(requirement, shown.where.exchange)
        if not member.shows_default(value):
            expected = f"{name} {format_default(member)}, as the request says nothing of it"
            yield Finding(requirement, shown.where.below(name), expected, f"{name} {format_value(value)}")


def _of_threads_made_with_runs(index: Index) -> Iterator[Echo]:
    metadata = index.contract.values.of_object("thread").members["metadata"]
    for call, sent, sighting in threads_made_with_runs(index):
        if isinstance(value := sent.get("metadata"), dict) and "metadata" in sighting.value:
            yield Echo(call, "thread", "metadata", value, sighting, metadata.same(value, sighting.value["metadata"]))


def threads_made_with_runs(index: Index) -> Iterator[tuple[OperationCall, dict[str, Json], Sighting]]:
    """Each request that created a thread with a run, what it sent for the thread, and what was first shown of it.

    That is in the run's stream, or in a later answer before which nobody changed the thread.
    """
    created, threads = index.shown_by("thread.run"), index.shown_by("thread")
    for call in index.calls_to("createThreadAndRun"):
        run, sent = created.get(call.number), mapping(call.sent.get("thread"))
        thread_id = text(run.value.get("thread_id")) if run is not None and call.ok else None
        if thread_id is None or not sent:
            continue
        sighting = threads.get(call.number) or index.history("thread", thread_id).first_after(call.exchange)
        changes = index.calls_on("thread_id", thread_id, "modifyThread")
        if sighting is not None and not changes.any_not_after(index.exchange(sighting)):
            yield call, sent, sighting


def _echoed(member: ValueSchema, name: str, sent: Json, shown: Json, *, creates: bool) -> bool:
    if name == "content":
        return content_kept(member, sent, shown)
    if name == "metadata" and creates:
        return member.same(sent, shown)
    return member.completes(sent, shown)


def content_kept(content: ValueSchema, sent: Json, shown: Json) -> bool:
    """Whether the content of a message is shown as it was sent; a text is a list of one part."""
    parts = [{"type": "text", "text": sent}] if isinstance(sent, str) else sent
    if not isinstance(parts, list) or not isinstance(shown, list):
        return not isinstance(parts, list)
    return len(parts) == len(shown) and all(
        _part_kept(content.items, mapping(one), mapping(other)) for one, other in zip(parts, shown, strict=True)
    )


def _part_kept(part: ValueSchema, sent: dict[str, Json], shown: dict[str, Json]) -> bool:
    kind = sent.get("type")
    if not isinstance(kind, str) or shown.get("type") != kind:
        return not isinstance(kind, str)
    if kind == "text":
        text = mapping(shown.get("text")).get("value")
        return not isinstance(text, str) or text == sent.get("text")  # another type is the schema's affair
    return part.completes(sent, shown)
