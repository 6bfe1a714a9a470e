"""JSON values against the schemas of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.contract.openapi import Document, Node, constants, mapping, ref_name, sequence
from conformance.contract.truncation import is_small, sanitized, split_list, truncated
from conformance.contract.violations import MAX_VIOLATIONS, ErrorTranslator, SchemaViolation

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

__all__ = ["MAX_VIOLATIONS", "SchemaViolation", "Schemas"]

EVENTS = "AssistantStreamEvent"

_RESOURCE = "urn:contract"
_ITEMS = "/data/"
# What the validator raises for a value that it cannot take, such as a lone surrogate.
_NOT_TAKEN = (ValueError, TypeError, OverflowError)


class Schemas:
    """The schemas of the contract; each is compiled when it is first asked for."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._compiled: dict[str, Validator] = {}
        self._item_schemas: dict[str, str | None] = {}
        self._compiled_nodes: dict[int, tuple[Node, Validator]] = {}

    @cached_property
    def whole_numbers(self) -> frozenset[str]:
        """The names of the members that are integers wherever a schema has them, such as `created_at`."""
        types: dict[str, set[str]] = {}
        waiting: list[Node] = list(self._document.schemas.values())
        while waiting:
            node = waiting.pop()
            for name, member in mapping(mapping(node).get("properties")).items():
                types.setdefault(name, set()).update(self._types(member))
            waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return frozenset(name for name, found in types.items() if found & {"integer", "number"} == {"integer"})

    def _types(self, node: Node) -> set[str]:
        row = mapping(self._document.resolve(node))
        named = row.get("type")
        branches = [branch for word in ("oneOf", "anyOf", "allOf") for branch in sequence(row.get(word))]
        own = {named} if isinstance(named, str) else {str(name) for name in sequence(named)}
        return own.union(*map(self._types, branches))

    def validate(self, name: str, value: Any, on: date | None) -> list[SchemaViolation]:
        """How a value violates a component schema; raises KeyError for a schema that does not exist, nothing else.

        `on` is the day of the exchange: a property with `x-since` is missed only in exchanges of that day or later,
        and never where the day is unknown. At most `MAX_VIOLATIONS` are returned. Of very large values only the first
        parts are validated; at least one violation is found wherever there is one.
        """
        validator = self._compiled.get(name) or self._compile(name)
        try:
            if validator.is_valid(value):
                return []
        except _NOT_TAKEN:
            pass
        return self._violations(validator, {"$ref": f"#/components/schemas/{name}"}, value, on)

    def validate_node(self, node: Node, value: Any, on: date | None) -> list[SchemaViolation]:
        """The same for a schema node of the document (a parameter's); a node that is no schema accepts any value."""
        if not isinstance(node, dict):
            return []
        known = self._compiled_nodes.get(id(node)) or self._compile_node(node)
        return self._violations(known[1], node, value, on)

    def event_schema(self, event: str) -> str | None:
        """The name of the schema of a stream event's data; None for events without one, and for unknown ones."""
        return self._event_schemas.get(event)

    @property
    def events(self) -> tuple[str, ...]:
        """The names of all stream events of the contract."""
        return tuple(self._event_schemas)

    def item_schema(self, name: str) -> str | None:
        """The name of the schema of the items under `data` of a list; None for what is no list of a named schema."""
        if name not in self._item_schemas:
            node = mapping(self._document.resolve(self._document.schemas.get(name)))
            data = mapping(self._document.resolve(mapping(node.get("properties")).get("data")))
            self._item_schemas[name] = ref_name(data.get("items"))
        return self._item_schemas[name]

    @cached_property
    def _event_schemas(self) -> dict[str, str | None]:
        """The name of the schema of its data by event name."""
        found: dict[str, str | None] = {}
        waiting = [self._document.schemas.get(EVENTS)]
        while waiting:
            node = mapping(self._document.resolve(waiting.pop()))
            waiting.extend(reversed(sequence(node.get("oneOf"))))
            properties = mapping(node.get("properties"))
            for name in constants(properties.get("event")):
                found[name] = ref_name(properties.get("data"))
        return found

    @cached_property
    def _registry(self) -> Any:
        from jsonschema_rs import Registry

        return Registry([(_RESOURCE, {"components": {"schemas": self._document.schemas}})])

    @cached_property
    def _names(self) -> frozenset[str]:
        """Every name a property has in some schema."""
        names: set[str] = set()
        waiting: list[Node] = list(self._document.schemas.values())
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                names.update(name for name in mapping(node.get("properties")) if isinstance(name, str))
                waiting.extend(node.values())
            elif isinstance(node, list):
                waiting.extend(node)
        return frozenset(names)

    def _compile(self, name: str) -> Validator:
        from jsonschema_rs import Draft202012Validator

        if name not in self._document.schemas:
            raise KeyError(name)
        root = {"$ref": f"{_RESOURCE}#/components/schemas/{name}"}
        self._compiled[name] = Draft202012Validator(root, registry=self._registry, mask="it")
        return self._compiled[name]

    def _compile_node(self, node: dict[str, Node]) -> tuple[Node, Validator]:
        from jsonschema_rs import Draft202012Validator

        root = {**node, "components": {"schemas": self._document.schemas}}
        self._compiled_nodes[id(node)] = (node, Draft202012Validator(root, mask="it"))
        return self._compiled_nodes[id(node)]

    def _violations(self, validator: Validator, root: Node, value: Any, on: date | None) -> list[SchemaViolation]:
        try:
            return self._all_violations(validator, root, value, on)
        except _NOT_TAKEN:
            return self._all_violations(validator, root, sanitized(value), on)

    def _all_violations(self, validator: Validator, root: Node, value: Any, on: date | None) -> list[SchemaViolation]:
        if validator.is_valid(value):
            return []
        if is_small(value):
            return list(ErrorTranslator(self._document, root, value, on).all(validator.iter_errors(value)))
        found: list[SchemaViolation] = []
        for first, part in split_list(value):
            thin = truncated(part, self._names)
            if len(found) < MAX_VIOLATIONS and not validator.is_valid(thin):
                errors = ErrorTranslator(self._document, root, thin, on).all(validator.iter_errors(thin))
                found += (moved(one, first) for one in errors if not first or one.pointer.startswith(_ITEMS))
        # How long a list is shows in the whole value only.
        first_of_all = list(ErrorTranslator(self._document, root, value, on).all(_first_error(validator, value)))
        known = {(one.pointer, one.requirement) for one in found}
        return [*found, *(one for one in first_of_all if (one.pointer, one.requirement) not in known)][:MAX_VIOLATIONS]


def moved(violation: SchemaViolation, by: int) -> SchemaViolation:
    """A violation in a part of a list, with its place in the whole list."""
    if not by or not violation.pointer.startswith(_ITEMS):
        return violation
    index, slash, rest = violation.pointer.removeprefix(_ITEMS).partition("/")
    return replace(violation, pointer=f"{_ITEMS}{int(index) + by}{slash}{rest}")


def _first_error(validator: Validator, value: Any) -> Iterator[ValidationError]:
    """The first error of a value that is not valid."""
    from jsonschema_rs import ValidationError

    try:
        validator.validate(value)
    except ValidationError as error:
        yield error
