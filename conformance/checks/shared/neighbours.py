"""What an endpoint accepted: whether a valid request that it refused has a neighbour among that.

A request depends on the endpoint by the members that not every model or endpoint can serve: tools, sampling, pictures,
streams.
Where each of those was taken in other requests for the same model, a refusal cannot be for them.
"""

from collections.abc import Iterator
from functools import cached_property

import orjson

from conformance.trace.calls import OperationCall
from conformance.trace.form import read_form
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, mapping, sequence, text
from conformance.trace.validity import Validity

# Members that depend on the model or on what the endpoint offers: having been taken once, with items of the same types.
BY_KIND = frozenset(
    {
        *("max_completion_tokens", "max_prompt_tokens", "parallel_tool_calls", "reasoning_effort", "response_format"),
        *("stream", "temperature", "tools", "top_p", "truncation_strategy", "vector_stores", "chunking_strategy"),
        *("filters", "ranking_options"),
    }
)
# Members whose worth no schema tells (JSON Schemas, addresses, pictures, names of others): having been taken alike.
_BY_VALUE = frozenset(
    {"image_file", "image_url", "parameters", "ranker", "rewrite_query", "schema", "strict", "tool_choice"}
)
_FREE = frozenset({"attributes", "metadata"})
# What comes to the same as not sending the member, whatever the model.
_PLAIN: dict[str, tuple[Json, ...]] = {"response_format": ("auto", {"type": "text"}), "tool_choice": ("auto", "none")}
_NAMING = frozenset({"assistant_id", "file_id", "file_ids", "vector_store_ids"})
Feature = tuple[str, str]
Form = tuple[str, str, frozenset[str]]


class Neighbours:
    """The requests of a trace that were accepted, by what they depend on."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._last: dict[tuple[str, str], int] = {}
        self._found: dict[str, int] = {}
        self._first: dict[tuple[str, str], int] = {}
        self._taken: dict[str, set[Feature]] = {}
        for call in index.calls:
            if call.ok and not index.view(Validity).is_malformed(call):
                key = (call.operation, self.model(call))
                self._found[call.exchange.request.path] = call.number
                self._last[key] = call.number
                self._first.setdefault(key, call.number)
                self._taken.setdefault(self.model(call), set()).update(features(call.sent))

    def model(self, call: OperationCall) -> str:
        """The model that a request is for: its own, or that of its assistant; empty where it is for none."""
        assistant = self._models.get(text(call.sent.get("assistant_id")) or "", "")
        return text(call.sent.get("model")) or assistant

    @cached_property
    def _models(self) -> dict[str, str]:
        made = self._index.shown_by("assistant")
        calls = self._index.calls_to("createAssistant", effective=True)
        return {made[call.number].id: text(call.sent.get("model")) or "" for call in calls if call.number in made}

    @cached_property
    def _all_taken(self) -> set[Feature]:
        return set().union(*self._taken.values())

    def covers(self, call: OperationCall) -> bool:
        """Whether all that a request depends on was accepted, for the same model where it is for one."""
        model = self.model(call)
        return features(call.sent) <= (self._taken.get(model, set()) if model else self._all_taken)

    def later(self, call: OperationCall) -> bool:
        """Whether a request for the same operation and model was accepted afterwards.

        Of one that holds nothing it is enough that something else was done with the same object.
        """
        of_the_object = 0 if call.exchange.request.body else self._found.get(call.exchange.request.path, 0)
        return max(of_the_object, self._last.get((call.operation, self.model(call)), 0)) > call.number

    def any(self, call: OperationCall) -> bool:
        """Whether a request for the same operation and model was accepted at all."""
        return (call.operation, self.model(call)) in self._first


def features(body: Json) -> frozenset[Feature]:
    """What a body holds of that kind; null is nothing."""
    return frozenset(_features(body))


def _features(body: Json) -> Iterator[Feature]:
    for name, member in _members(body, _BY_VALUE):
        if member is None or member in _PLAIN.get(name, ()):
            continue
        if name in _BY_VALUE:
            yield name, _spelled(member)
        elif name == "stream":
            yield from ((name, "") for _ in range(member is True))
        elif name in BY_KIND:
            items = member if isinstance(member, list) else [member]
            yield from ((name, text(mapping(item).get("type")) or "") for item in items)


def forms(body: Json) -> frozenset[Form]:
    """What a body holds of that kind, each with the names of the members in it at any depth."""
    found = set()
    for name, member in _members(body, _BY_VALUE):
        if name in BY_KIND and member is not None:
            for item in member if isinstance(member, list) else [member]:
                inner = frozenset(inner for inner, value in _members(item, _BY_VALUE) if value is not None)
                found.add((name, text(mapping(item).get("type")) or "", inner))
    return frozenset(found)


def _members(body: Json, whole: frozenset[str]) -> Iterator[tuple[str, Json]]:
    """Every member at any depth, but for what is the client's own; those that are taken `whole` are not gone into."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        for name, member in value.items() if isinstance(value, dict) else ():
            if name in _FREE:
                continue
            yield name, member
            if name not in whole:
                waiting.append(member)


def _spelled(value: Json) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # an integer of more than 64 bits, half a character, too many levels
        return format_value(value)


def named_objects(body: Json) -> Iterator[str]:
    """The ids of assistants, files and vector stores that a body names."""
    for name, member in _members(body, _NAMING):
        if name in _NAMING:
            yield from (text(item) or "" for item in (member if isinstance(member, list) else [member]))


def has_question(call: OperationCall) -> bool:
    """Whether the request for a thread, message or run holds a user's message."""
    rows = [
        *sequence(call.sent.get("messages")),
        *sequence(mapping(call.sent.get("thread")).get("messages")),
        *sequence(call.sent.get("additional_messages")),
    ]
    return any(mapping(row).get("role") == "user" for row in rows)


def is_plain_file(call: OperationCall) -> bool:
    """Whether a form holds a text file that is not empty, for assistants."""
    parts = {part.name: part for part in read_form(call.exchange.request) or ()}
    if not {"file", "purpose"} <= parts.keys() or parts["purpose"].text != "assistants":
        return False
    return bool(parts["file"].content) and (parts["file"].filename or "").endswith((".json", ".md", ".txt"))
