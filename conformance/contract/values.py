"""When two values say the same: the one place that knows what is nothing, what counts, and what a default is.

- Nothing is nothing: a member that is absent, null, or empty (`{}`, `[]`, an object of nothing else) says the same in
  each form, and so does an empty text where the schema lets a text be left out or be null, unless the document marks
  it `x-empty: value`. Streams of the real API show `{"code_interpreter": {"file_ids": []}}` where its plain answers
  show `{}` (openai/openai-dotnet StreamingToolCall().json beside FunctionToolsWork.json).
- A default is what nothing means, where the document names one; choices under `x-same` say the same, and
  one under `x-resolved` may be shown as another.
- What the contract does not know does not count, at any depth. In what is the client's own (metadata, attributes, the
  parameters of a function) every name counts, and null is a value.
- A member that a client sends as null is not sent: `tool_choice.function: null`, and `vector_stores: null` beside
  `vector_store_ids`, were answered 200 by the real API (2024-09-07).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from math import isclose
from typing import Any

from conformance.contract.formatting import json_type
from conformance.contract.normalized_schema import SchemaVariant, normalize
from conformance.contract.openapi import Document, Node, constants, mapping

_ANY: Node = {}


class Values:
    """What the schemas of the contract say of values, by the name of a schema or by the constant of an object."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[str | None, ValueSchema] = {}

    def of_schema(self, name: str | None) -> ValueSchema:
        """The values of a component schema; any value for a name that the document does not have."""
        if name not in self._known:
            node = {"$ref": f"#/components/schemas/{name}"} if name in self._document.schemas else _ANY
            self._known[name] = ValueSchema(self._document, node)
        return self._known[name]

    def of_object(self, constant: str) -> ValueSchema:
        """The values of the objects with this constant under `object`; any value for a constant that nobody knows."""
        return self.of_schema(self._by_constant.get(constant))

    @cached_property
    def _by_constant(self) -> dict[str, str]:
        """The first schema of the document for each constant: of the object itself, not of an answer about it."""
        found: dict[str, str] = {}
        for name, node in self._document.schemas.items():
            for constant in constants(mapping(mapping(node).get("properties")).get("object")):
                found.setdefault(constant, name)
        return found


class ValueSchema:
    """What the contract says of the values at one place; `optional` where it is a member that may be left out.

    Every question is answered for any value. What is nested too deeply to be compared passes as the same.
    """

    def __init__(self, document: Document, node: Node, *, optional: bool = False) -> None:
        self._document = document
        self._node = node
        self.optional = optional

    # ---- the schema --------------------------------------------------------------------------------------------------

    @cached_property
    def _normalized(self) -> tuple[tuple[SchemaVariant, ...], bool]:
        normalized = normalize(self._document, self._node)
        return tuple(normalized.variants.values()), normalized.nullable

    @cached_property
    def _objects(self) -> tuple[SchemaVariant, ...]:
        return tuple(variant for variant in self._normalized[0] if variant.kind == "object")

    @cached_property
    def members(self) -> Mapping[str, ValueSchema]:
        """The members that an object has here, those of all its variants; none where the names are the client's own."""
        found: dict[str, ValueSchema] = {}
        for variant in self._objects:
            for name, node in variant.properties.items():
                if name not in found:
                    found[name] = ValueSchema(self._document, node, optional=name not in variant.required)
        return found

    @cached_property
    def _rest(self) -> ValueSchema:
        """The values of a map, and those inside of what may be anything."""
        node = next((one.additional for one in self._objects if isinstance(one.additional, dict)), _ANY)
        return ValueSchema(self._document, node)

    @cached_property
    def items(self) -> ValueSchema:
        """The items of an array here."""
        arrays = (variant.items for variant in self._normalized[0] if variant.kind == "array")
        return ValueSchema(self._document, next(arrays, _ANY))

    @cached_property
    def _alike(self) -> frozenset[Any]:
        """Choices that say the same."""
        return frozenset(self._keyword("x-same") or ())

    @cached_property
    def default(self) -> Any:
        """What nothing means here; None where it means nothing."""
        default = self._keyword("default")
        return None if self._is_nothing(default) else default

    def _keyword(self, word: str) -> Any:
        """What the schema says under a keyword, beside a reference or where that leads."""
        own, target = mapping(self._node), mapping(self._document.resolve(self._node))
        return own.get(word, target.get(word))

    @cached_property
    def _may_be_blank(self) -> bool:
        """Whether an empty text is as good as none: a text that may be left out, and is no choice of several."""
        variants, nullable = self._normalized
        is_text = any(variant.kind == "string" and variant.values is None for variant in variants)
        return is_text and (self.optional or nullable) and self._keyword("x-empty") != "value"

    def is_of_type(self, value: Any) -> bool:
        """Whether a value is null or of a JSON type that the schema takes; what is not is the schema's affair."""
        kinds, kind = {variant.kind for variant in self._normalized[0]}, json_type(value)
        return kind == "null" or kind in kinds or "any" in kinds or (kind == "integer" and "number" in kinds)

    # ---- nothing -----------------------------------------------------------------------------------------------------

    def is_nothing(self, value: Any) -> bool:
        """Whether a value says as little as none at all."""
        try:
            return self._is_nothing(value)
        except RecursionError:
            return False

    def _is_nothing(self, value: Any) -> bool:
        if not value:  # most values are something, and most of the others null
            return value is None or value == {} or value == [] or (value == "" and self._may_be_blank)
        if isinstance(value, dict) and self.members:
            return all(member._is_nothing(value.get(name)) for name, member in self.members.items())
        return False

    def has_open_null(self, sent: Any) -> bool:
        """Whether a client sends null for a member that need not take it (`x-null: open`)."""
        try:
            return self._has_open_null(sent)
        except RecursionError:
            return False

    def _has_open_null(self, sent: Any) -> bool:
        if isinstance(sent, dict):
            known = ((self.members[name], value) for name, value in sent.items() if name in self.members)
            return any(
                member._keyword("x-null") == "open" if value is None else member._has_open_null(value)
                for member, value in known
            )
        return isinstance(sent, list) and any(map(self.items._has_open_null, sent))

    def without_nulls(self, sent: Any) -> Any:
        """What a client sends, without the members that it sends as null and need not send."""
        return self._safely_without(sent, lambda _, value: value is None)

    def without_nothing(self, shown: Any) -> Any:
        """What a server shows, without the members that say nothing and need not be there."""
        return self._safely_without(shown, lambda member, value: member._is_nothing(value))

    def _safely_without(self, value: Any, says_nothing: Callable[[ValueSchema, Any], bool]) -> Any:
        try:
            return self._without(value, says_nothing)
        except RecursionError:
            return value

    def _without(self, value: Any, says_nothing: Callable[[ValueSchema, Any], bool]) -> Any:
        if isinstance(value, dict) and self.members:
            return {
                name: self.members[name]._without(inner, says_nothing) if name in self.members else inner
                for name, inner in value.items()
                if name not in self.members
                or not self.members[name].optional
                or not says_nothing(self.members[name], inner)
            }
        if isinstance(value, list) and self.items.members:
            return [self.items._without(item, says_nothing) for item in value]
        return value

    def shows_default(self, shown: Any) -> bool:
        """Whether a member shows what it is where nobody says anything of it; what may be left out may show nothing."""
        if self.default is None or (self.optional and self.is_nothing(shown)):
            return self.is_nothing(shown)
        return not self.is_nothing(shown) and self.completes(self.default, shown)

    # ---- the same ----------------------------------------------------------------------------------------------------

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values say the same."""
        if one is other or (type(one) is str and one == other):  # most of what is compared
            return True
        try:
            return self._same(one, other)
        except RecursionError:
            return True

    def _same(self, one: Any, other: Any) -> bool:
        if self._is_nothing(one) or self._is_nothing(other):
            return self._is_meant_by_nothing(one) and self._is_meant_by_nothing(other)
        if isinstance(one, dict) and isinstance(other, dict):
            if not self.members:
                return _equal(one, other)
            return all(member._same(one.get(name), other.get(name)) for name, member in self.members.items())
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(self.items._same, one, other))
        return self._same_scalar(one, other)

    def _is_meant_by_nothing(self, value: Any) -> bool:
        """Whether a value is nothing, the default, or an object of such values."""
        if self._is_nothing(value):
            return True
        if self.default is not None and self._same(value, self.default):
            return True
        return (
            isinstance(value, dict)
            and bool(self.members)
            and all(member._is_meant_by_nothing(value.get(name)) for name, member in self.members.items())
        )

    def _same_scalar(self, one: Any, other: Any) -> bool:
        if self._alike and isinstance(one, str) and isinstance(other, str) and {one, other} <= self._alike:
            return True
        return _equal(one, other)

    def completes(self, sent: Any, shown: Any) -> bool:
        """Whether a value is shown as it was sent, completed at most by what was not sent.

        Defaults are added to tools (parameters, strict, ranking options) and to truncation strategies.
        """
        if type(sent) is str and sent == shown:  # most of what is sent
            return True
        try:
            return self._completes(sent, shown)
        except RecursionError:
            return True

    def _completes(self, sent: Any, shown: Any) -> bool:
        if sent is None or self._is_nothing(shown):
            return self._is_meant_by_nothing(sent)
        if isinstance(sent, str) and sent == self._keyword("x-resolved"):
            return True
        if isinstance(sent, dict) and isinstance(shown, dict):
            if not self.members:
                return all(
                    value is None or (name in shown and self._rest._completes(value, shown[name]))
                    for name, value in sent.items()
                )
            known = ((self.members[name], name) for name in sent if name in self.members)
            return all(member._completes(sent[name], shown.get(name)) for member, name in known)
        if isinstance(sent, list) and isinstance(shown, list):
            return len(sent) == len(shown) and all(map(self.items._completes, sent, shown))
        return self._same_scalar(sent, shown)


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are the same to the letter; numbers may be written in other forms."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if one == other:
        return True
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return numbers and (isinstance(one, float) or isinstance(other, float)) and _close(one, other)


def _close(one: float, other: float) -> bool:
    try:
        return isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    except OverflowError:
        return False
