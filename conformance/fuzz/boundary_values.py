"""One member of a request put at a bound of the contract, or one step beyond it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.contract.openapi import Document, Operation, mapping

WRONG_TYPE: dict[str, Any] = {
    "string": 7,
    "integer": "seven",
    "number": "seven",
    "boolean": "yes",
    "array": {},
    "object": "text",
}
MAX_LENGTH = 300_000
"""The longest text that is made."""
MAX_FREE_LENGTH = 512
"""The longest text of any length; by themselves, texts seldom have ten characters."""
MAX_ITEMS = 600
"""The longest list that is made."""


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


def boundary_values(operation: Operation, document: Document) -> list[BoundaryValue]:
    """Values at the bounds of an operation's members, and beyond them; which are valid is for the contract to say."""
    found = []
    for parameter in operation.parameters:
        if parameter.location == "query":
            found += [BoundaryValue("query", parameter.name, value) for value in _values(parameter.schema, document)]
    body = operation.request
    if body is not None and body.name is not None:
        schema = _node(body.schema, document)
        for name, node in schema.get("properties", {}).items():
            found += [BoundaryValue("body", name, value) for value in _values(node, document)]
        found += [BoundaryValue("body", name, Omitted()) for name in schema.get("required", ())]
        found += [BoundaryValue("body", "colour", "blue"), BoundaryValue("body", "file_ids", ["id-1"])]
    return found


def max_lengths(operation: Operation, document: Document) -> list[tuple[str, int]]:
    """The members of a body that are any text up to a bound, and the bound."""
    body = operation.request
    if body is None or body.name is None or body.media_type != "application/json":
        return []
    properties = _node(body.schema, document).get("properties", {})
    free = {name: _node(node, document) for name, node in properties.items()}
    return [(name, min(node["maxLength"], MAX_FREE_LENGTH)) for name, node in free.items() if "maxLength" in node]


def _node(node: Any, document: Document) -> dict[str, Any]:
    """A schema, with what it refers to in its place."""
    return mapping(document.resolve(node))


def _values(node: Any, document: Document) -> Iterator[Any]:
    node = _node(node, document)
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(word, ()):
            yield from _values(branch, document)
    kinds = node.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    yield from (WRONG_TYPE[kind] for kind in kinds if kind in WRONG_TYPE)
    yield from (length * "x" for length in _bounds(node, "minLength", "maxLength") if length <= MAX_LENGTH)
    yield from _bounds(node, "minimum", "maximum")
    if "enum" in node:
        yield from (*node["enum"], "no_such_value")
    items = _node(node.get("items"), document)
    if "string" in (items.get("type") or ()):
        yield from (
            [f"id-{n}" for n in range(count)] for count in _bounds(node, "minItems", "maxItems") if count <= MAX_ITEMS
        )
    elif 0 < node.get("maxItems", 0) < MAX_ITEMS and items:
        yield [_minimal(items, document)] * (node["maxItems"] + 1)  # as many as are allowed may not be alike
    if "maxProperties" in node:
        yield from ({f"k{n}": "v" for n in range(node["maxProperties"] + more)} for more in (0, 1))
        names, values = _node(node.get("propertyNames"), document), _node(node.get("additionalProperties"), document)
        yield from ({length * "k": "v"} for length in _bounds(names, "minLength", "maxLength"))
        yield from ({"k": length * "v"} for length in _bounds(values, "minLength", "maxLength"))
        yield {"k": {}}


def _minimal(node: Any, document: Document) -> Any:
    """The smallest value that a schema takes, as far as types, bounds and required members tell."""
    node = _node(node, document)
    for word in ("anyOf", "oneOf", "allOf"):
        if node.get(word):
            return _minimal(node[word][0], document)
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
            return [_minimal(node.get("items"), document)] * node.get("minItems", 0)
        case _:
            members = node.get("properties", {})
            return {name: _minimal(members.get(name), document) for name in node.get("required", ())}


def _bounds(node: dict[str, Any], low: str, high: str) -> list[Any]:
    """The bounds that a schema sets, and the values just beyond them."""
    beyond = [node[low], node[low] - 1] if low in node else []
    beyond += [node[high], node[high] + 1] if high in node else []
    return [value for value in beyond if value >= 0 or low == "minimum"]
