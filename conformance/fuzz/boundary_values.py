"""One member of a request put at a bound of the contract, or one step beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.contract.openapi import Operation

OF_ANOTHER_TYPE: dict[str, Any] = {
    "string": 7,
    "integer": "seven",
    "number": "seven",
    "boolean": "yes",
    "array": {},
    "object": "text",
}
LONGEST = 300_000
"""The longest text that is made up."""
LONG = 512
"""The longest text of any length; by themselves, texts seldom have ten characters."""
MOST = 600
"""The longest list that is made up."""


class Omitted:
    """In the place of a value: the member is left out."""

    def __repr__(self) -> str:
        return "Omitted()"


@dataclass(frozen=True, repr=False)
class BoundaryValue:
    """A value for one member, in the `body` or the `query`."""

    location: str
    name: str
    value: Any

    def __repr__(self) -> str:
        return f"{self.location} {self.name}"  # the value may be very long

    def put(self, members: dict[str, Any]) -> dict[str, Any]:
        """The members with this one in its place."""
        kept = {name: value for name, value in members.items() if name != self.name}
        return kept if isinstance(self.value, Omitted) else {**kept, self.name: self.value}


def boundary_values(operation: Operation, document: dict[str, Any]) -> list[BoundaryValue]:
    """Values at the bounds of an operation's members, and beyond them; which are right is for the contract to say."""
    found = []
    for parameter in operation.parameters:
        if parameter.location == "query":
            node = parameter.schema if isinstance(parameter.schema, dict) else {}
            found += [BoundaryValue("query", parameter.name, value) for value in _values(node, document)]
    body = operation.request
    if body is not None and body.name is not None:
        schema = _node(document["components"]["schemas"][body.name], document)
        for name, node in schema.get("properties", {}).items():
            found += [BoundaryValue("body", name, value) for value in _values(node, document)]
        found += [BoundaryValue("body", name, Omitted()) for name in schema.get("required", ())]
        found += [BoundaryValue("body", "colour", "blue"), BoundaryValue("body", "file_ids", ["id-1"])]
    return found


def lengths(operation: Operation, document: dict[str, Any]) -> list[tuple[str, int]]:
    """The members of a body that are any text up to a bound, and the bound."""
    body = operation.request
    if body is None or body.name is None or body.media_type != "application/json":
        return []
    schema = _node(document["components"]["schemas"][body.name], document)
    free = {name: _node(node, document) for name, node in schema.get("properties", {}).items()}
    return [(name, min(node["maxLength"], LONG)) for name, node in free.items() if "maxLength" in node]


def _node(node: Any, document: dict[str, Any]) -> dict[str, Any]:
    """A schema, where it is named somewhere else, from there."""
    while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/"):
        target: Any = document
        for step in node["$ref"][2:].split("/"):
            target = target[step]
        node = target
    return node if isinstance(node, dict) else {}


def _values(node: Any, document: dict[str, Any]) -> Iterator[Any]:
    node = _node(node, document)
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(word, ()):
            yield from _values(branch, document)
    kinds = node.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    yield from (OF_ANOTHER_TYPE[kind] for kind in kinds if kind in OF_ANOTHER_TYPE)
    yield from (length * "x" for length in _around(node, "minLength", "maxLength") if length <= LONGEST)
    yield from _around(node, "minimum", "maximum")
    if "enum" in node:
        yield from (*node["enum"], "no_such_value")
    items = _node(node.get("items"), document)
    if "string" in (items.get("type") or ()):
        yield from (
            [f"id-{n}" for n in range(count)] for count in _around(node, "minItems", "maxItems") if count <= MOST
        )
    elif 0 < node.get("maxItems", 0) < MOST and items:
        yield [_least(items, document)] * (node["maxItems"] + 1)  # as many as are allowed may not be alike
    if "maxProperties" in node:
        yield from ({f"k{n}": "v" for n in range(node["maxProperties"] + more)} for more in (0, 1))
        names, values = _node(node.get("propertyNames"), document), _node(node.get("additionalProperties"), document)
        yield from ({length * "k": "v"} for length in _around(names, "minLength", "maxLength"))
        yield from ({"k": length * "v"} for length in _around(values, "minLength", "maxLength"))
        yield {"k": {}}


def _least(node: Any, document: dict[str, Any]) -> Any:
    """The plainest value that a schema takes, as far as types, bounds and required members tell."""
    node = _node(node, document)
    for word in ("anyOf", "oneOf", "allOf"):
        if node.get(word):
            return _least(node[word][0], document)
    if "const" in node or "enum" in node:
        return node.get("const", next(iter(node.get("enum", ())), None))
    kinds = node.get("type", "object")
    match kinds if isinstance(kinds, str) else kinds[0]:
        case "string":
            return "x" * max(1, node.get("minLength", 1))
        case "integer" | "number":
            return node.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return [_least(node.get("items"), document)] * node.get("minItems", 0)
        case _:
            members = node.get("properties", {})
            return {name: _least(members.get(name), document) for name in node.get("required", ())}


def _around(node: dict[str, Any], low: str, high: str) -> list[Any]:
    """The bounds that a schema sets, and the values just beyond them."""
    beyond = [node[low], node[low] - 1] if low in node else []
    beyond += [node[high], node[high] + 1] if high in node else []
    return [value for value in beyond if value >= 0 or low == "minimum"]
