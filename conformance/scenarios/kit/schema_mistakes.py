"""Requests with one mistake each, made out of the contract's schemas: every rule at every depth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract import Contract
from conformance.contract.openapi import Document, mapping, sequence
from conformance.scenarios.kit.driver import Driver

WRONG_TYPE: dict[str, tuple[Any, ...]] = {
    "string": (7,),
    "integer": (True,),
    "number": (True,),
    "boolean": ("true", 1),
    "array": ({}, "text"),
    "object": ("text", []),
}
"""Values that a type is not; what another branch of a union takes is left out."""
NO_VALUE = "no_such_value"
UNKNOWN = {"colour": "blue"}
_MOST_BARE = 2
"""How many members an object has besides its type that is told apart by it: none, or one for all kinds."""
_MOST_TURNS = 2
"""How often a schema is entered that holds itself: a filter within a filter, and no deeper."""


@dataclass(frozen=True)
class Scaffold:
    """The right values around a mistake; `known` are those of members that name something, such as `file_id`."""

    document: Document
    known: Mapping[str, Any]

    def resolved(self, node: Any) -> dict[str, Any]:
        """A schema, with what it refers to in its place."""
        return mapping(self.document.resolve(node))

    def branches(self, node: Any) -> list[dict[str, Any]]:
        """The schemas that a value may follow, null apart: those of a union, or the one itself."""
        node = self.resolved(node)
        found = [
            inner
            for branch in (*sequence(node.get("oneOf")), *sequence(node.get("anyOf")))
            for inner in self.branches(branch)
            if "type" in inner
        ]
        return found or ([] if node.get("type") == "null" else [node])

    def plain(self, node: Any, name: str = "") -> Any:
        """The plainest right value of a member."""
        if name in self.known:
            return self.known[name]
        node = self.branches(node)[0]
        if "enum" in node or "examples" in node:
            return node.get("enum", node.get("examples"))[0]
        match _types(node)[0]:
            case "string":
                return "text"
            case "integer" | "number":
                return node.get("minimum", 1)
            case "boolean":
                return False
            case "array":
                return [self.plain(node["items"])] * node.get("minItems", 0)
            case _:
                return self.required(node)

    def bare(self, node: dict[str, Any]) -> list[Any]:
        """What is nearly right: an item where a list belongs, a word for an object of that type, a number as text."""
        if "items" in node:
            return [self.plain(node["items"])]
        if (kind := _types(node)[0]) in ("integer", "number"):
            number = self.plain(node)
            return [str(number), number + 0.5] if kind == "integer" else [str(number)]
        return sequence(mapping(mapping(node.get("properties")).get("type")).get("enum"))

    def required(self, node: dict[str, Any], beside: str = "") -> dict[str, Any]:
        """An object with what it must have beside a member; of those that exclude each other this one, or the first."""
        properties, names = mapping(node.get("properties")), list(sequence(node.get("required")))
        names += sequence(mapping(node.get("then")).get("required"))
        choices = [sequence(branch.get("required")) for branch in sequence(node.get("oneOf"))]
        names += next((choice for choice in choices if beside in choice), choices[0] if choices else [])
        return {name: self.plain(properties.get(name), name) for name in names}


def mistakes(contract: Contract, operation: str, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bodies of requests for an operation that break its schema in one place each."""
    body = contract.operations.by_id[operation].request
    made = _in_node(Scaffold(contract.document, known), body.schema, ()) if body is not None else ()
    return [broken for broken in made if isinstance(broken, dict)]


def _in_node(scaffold: Scaffold, node: Any, around: tuple[int, ...]) -> Iterator[Any]:
    """Values with one mistake in the place of a schema, or somewhere in it."""
    branches = scaffold.branches(node)
    types = {name for branch in branches for name in _types(branch)}
    wrong = [value for branch in branches for name in _types(branch) for value in WRONG_TYPE.get(name, ())]
    wrong += [value for branch in branches for value in scaffold.bare(branch)]
    yield from (value for value in {repr(value): value for value in wrong}.values() if not _is_any(value, types))
    for branch in branches:
        if around.count(id(branch)) < _MOST_TURNS:
            yield from _within(scaffold, branch, (*around, id(branch)))


def _within(scaffold: Scaffold, node: dict[str, Any], around: tuple[int, ...]) -> Iterator[Any]:
    if "enum" in node and "string" in _types(node):
        yield NO_VALUE
    if "items" in node:
        yield from ([value] for value in _in_node(scaffold, node["items"], around))
    if isinstance(node.get("additionalProperties"), dict):
        yield from ({"k": value} for value in _in_node(scaffold, node["additionalProperties"], around))
    if "properties" in node:
        right = scaffold.required(node)
        yield right | UNKNOWN
        kinds = sequence(mapping(node["properties"].get("type")).get("enum"))
        yield from (right | {"type": kind, kind: {}} for kind in kinds if _takes_no_settings(kind, node))
        yield from ({name: value for name, value in right.items() if name != left} for left in right)
        for name, member in node["properties"].items():
            beside = scaffold.required(node, name)
            yield from (beside | {name: value} for value in _in_node(scaffold, member, around))


def _takes_no_settings(kind: Any, node: dict[str, Any]) -> bool:
    """Whether objects of a kind hold nothing under its name, as those of other kinds do."""
    return isinstance(kind, str) and len(node["properties"]) <= _MOST_BARE and kind not in node["properties"]


def _types(node: dict[str, Any]) -> list[str]:
    """The types that a schema names, null apart."""
    named = node.get("type", "object")
    return [name for name in ([named] if isinstance(named, str) else named) if name != "null"]


def _is_any(value: Any, types: set[str]) -> bool:
    kinds = {bool: {"boolean"}, str: {"string"}, list: {"array"}, dict: {"object"}, float: {"number"}}
    return bool(kinds.get(type(value), {"integer", "number"}) & types)


def send_mistakes(api: Driver, operation: str, known: dict[str, Any] | None = None, /, **ids: Any) -> None:
    """Send every body that the contract refuses for one mistake; `known` are right values of members by name."""
    for broken in mistakes(api.contract, operation, {"model": api.model, **(known or {})}):
        api.send(operation, broken, **ids)
