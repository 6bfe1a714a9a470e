"""What a schema of an OpenAPI document says once its spelling is put aside.

Two documents say the same in different words: `nullable: true` or a union with null, `const` or an enum of one, an
`allOf` of one member, a union inside a union. Normalized schemas are equal for all of these, so that they can be
compared.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from conformance.contract.openapi import Document, Node, constants, mapping, ref_name, sequence

_NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
BOUNDS = {
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "string": ("minLength", "maxLength", "pattern"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
_BOUNDS = [word for words in BOUNDS.values() for word in words]
_DISCRIMINATORS = ("event", "type", "object", "role")
_UNKNOWABLE = ("$recursiveRef", "$dynamicRef")
_MAX_DEPTH = 200


@dataclass(frozen=True)
class SchemaVariant:
    """One way a value may look.

    `kind` is a JSON type, or `any`. `values` is the closed set of values, None where it is open. `bounds` are the
    bounding keywords. `properties`, `items`, `additional` and `names` are nodes of the document, to be shaped in turn.
    `label` tells one shape of a union from the others: the constant of its `type`, else the schema's name or its kind.
    """

    kind: str
    values: tuple[Node, ...] | None = None
    bounds: dict[str, Node] = field(default_factory=dict)
    properties: dict[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Node = None
    additional: Node = None
    names: Node = None
    label: str = ""


@dataclass(frozen=True)
class NormalizedSchema:
    """All the ways a value may look, by label; `nullable` where null is one more. `known` is False for a schema that
    cannot be read: a reference out of the document, or one that depends on where it is used from."""

    variants: dict[str, SchemaVariant]
    nullable: bool = False
    known: bool = True


def normalize(document: Document, node: Node) -> NormalizedSchema:
    """The normalized form of a schema node. Total: what is not a schema has the shape of any value."""
    flat: list[SchemaVariant] = []
    nullable = known = False
    for shape in _flatten(document, node, None, frozenset(), 0):
        if shape is None:
            continue
        known = True
        if shape.kind == "null":
            nullable = True
        else:
            nullable = nullable or (shape.values is not None and None in shape.values)
            flat.append(_without_null(shape))
    return NormalizedSchema(_by_label(flat), nullable, known)


def _flatten(
    document: Document, node: Node, name: str | None, seen: frozenset[str], depth: int
) -> Iterator[SchemaVariant | None]:
    """One shape per alternative of a node, None for what cannot be read."""
    if depth > _MAX_DEPTH or any(word in mapping(node) for word in _UNKNOWABLE):
        yield None
        return
    if not isinstance(node, dict):
        yield SchemaVariant("any", label="any")
        return
    if "$ref" in node:
        reference = str(node["$ref"])
        target = document.lookup(reference)
        if reference in seen or target is None:
            yield None
            return
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        for shape in _flatten(document, target, ref_name(node), seen | {reference}, depth + 1):
            yield None if shape is None else _narrow(shape, siblings)
        if siblings.get("nullable") is True:
            yield SchemaVariant("null")
        return
    own = {key: value for key, value in node.items() if key not in ("allOf", "anyOf", "oneOf")}
    alternatives = _plain(own, name)
    parts = [[part] for part in sequence(node.get("allOf"))]
    parts += [sequence(node.get(word)) for word in ("anyOf", "oneOf") if sequence(node.get(word))]
    for choices in parts:
        found = [s for choice in choices for s in _flatten(document, choice, None, seen, depth + 1)]
        alternatives = _combine(alternatives, found)
    yield from alternatives
    if node.get("nullable") is True:
        yield SchemaVariant("null")


def _plain(node: dict[str, Node], name: str | None) -> list[SchemaVariant | None]:
    """The variants of a node without its combinators: one for each type it names."""
    types = node.get("type")
    kinds: list[Node] = [kind for kind in sequence(types) if isinstance(kind, str)] or [types]
    values: tuple[Node, ...] | None = None
    if "const" in node:
        values = (node["const"],)
    elif isinstance(node.get("enum"), list):
        values = tuple(node["enum"])
    return [_shape(node, kind if isinstance(kind, str) else _guess(node, values), values, name) for kind in kinds]


def _guess(node: dict[str, Node], values: tuple[Node, ...] | None) -> str:
    if values and all(isinstance(value, str) or value is None for value in values):
        return "string"
    if "contentMediaType" in node:  # how 3.1 spells bytes
        return "string"
    if "properties" in node or "additionalProperties" in node:
        return "object"
    return "array" if "items" in node else "any"


def _shape(node: dict[str, Node], kind: str, values: tuple[Node, ...] | None, name: str | None) -> SchemaVariant:
    properties = _folded(node)
    return SchemaVariant(
        kind=kind,
        values=values,
        bounds={word: node[word] for word in _BOUNDS if word in node},
        properties=properties,
        required=frozenset(key for key in sequence(node.get("required")) if isinstance(key, str)),
        items=node.get("items"),
        additional=node.get("additionalProperties"),
        names=node.get("propertyNames"),
        label=_constant(properties) or (name or kind if kind == "object" else kind),
    )


_PART = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


def _folded(node: dict[str, Node]) -> dict[str, Node]:
    """The properties of an object; the parts `name[member]` of a form are the object `name` that they carry."""
    properties: dict[str, Node] = {}
    folded: dict[str, dict[str, Node]] = {}
    for key, value in mapping(node.get("properties")).items():
        if isinstance(key, str) and (part := _PART.fullmatch(key)):
            folded.setdefault(part[1], {})[part[2]] = value
        elif isinstance(key, str):
            properties[key] = value
    together = mapping(node.get("dependentRequired"))
    for name, members in folded.items():
        needed = [member for member in members if f"{name}[{member}]" in together]
        inner = {"type": "object", "properties": members, "required": needed}
        properties[name] = {**inner, "additionalProperties": node.get("additionalProperties", True)}
    return properties


def _constant(properties: dict[str, Node]) -> str | None:
    """The constants by which an object tells what it is."""
    for word in _DISCRIMINATORS:
        values = constants(properties.get(word))
        if values:
            return "|".join(sorted(values))
    return None


def _combine(left: list[SchemaVariant | None], right: list[SchemaVariant | None]) -> list[SchemaVariant | None]:
    """Every shape that both sides allow; null stays where either side allows it, which is how 3.0 spells it in 3.1."""
    if not right:
        return left
    nullable = any(shape is not None and shape.kind == "null" for shape in left + right)
    first = [shape for shape in left if shape is None or shape.kind != "null"]
    second = [shape for shape in right if shape is None or shape.kind != "null"]
    both = [_both(a, b) for a in first for b in second] if first and second else first or second
    return [*both, SchemaVariant("null")] if nullable else both


def _both(left: SchemaVariant | None, right: SchemaVariant | None) -> SchemaVariant | None:
    if left is None or right is None:
        return None
    common = left.properties.keys() & right.properties.keys()
    both = {name: _all_of(left.properties[name], right.properties[name]) for name in common}
    properties = {**left.properties, **right.properties, **both}
    kind = right.kind if left.kind in ("any", right.kind) else left.kind
    named = right.label if right.kind == kind and right.label not in ("any", "object") else left.label
    return SchemaVariant(
        kind=kind,
        values=right.values if left.values is None else left.values,
        bounds={**left.bounds, **right.bounds},
        properties=properties,
        required=left.required | right.required,
        items=left.items if right.items is None else right.items,
        additional=left.additional if right.additional is None else right.additional,
        names=left.names if right.names is None else right.names,
        label=_constant(properties) or (kind if named == "any" else named),
    )


def _all_of(left: Node, right: Node) -> Node:
    """A schema that is as narrow as both; what else the first says stays beside."""
    return {**left, "allOf": [*sequence(left.get("allOf")), right]} if isinstance(left, dict) else right


def _narrow(shape: SchemaVariant, siblings: dict[str, Node]) -> SchemaVariant:
    """A shape with the keywords that stand beside the reference to it."""
    bounds = {word: siblings[word] for word in _BOUNDS if word in siblings}
    return replace(shape, bounds={**shape.bounds, **bounds}) if bounds else shape


def _without_null(shape: SchemaVariant) -> SchemaVariant:
    if shape.values is None or None not in shape.values:
        return shape
    return replace(shape, values=tuple(value for value in shape.values if value is not None))


def _by_label(flat: list[SchemaVariant]) -> dict[str, SchemaVariant]:
    """Variants by label; those that share one are widened to what either allows."""
    found: dict[str, SchemaVariant] = {}
    for shape in flat:
        same = found.get(shape.label)
        found[shape.label] = shape if same is None else _either(same, shape)
    return found


def _either(left: SchemaVariant, right: SchemaVariant) -> SchemaVariant:
    """The shape that allows what either of two with the same label allows."""
    open_ended = left.values is None or right.values is None
    more = tuple(value for value in right.values or () if value not in (left.values or ()))
    values = None if open_ended else (*(left.values or ()), *more)
    return SchemaVariant(
        kind=left.kind,
        values=values,
        bounds={word: bound for word, bound in left.bounds.items() if right.bounds.get(word) == bound},
        properties={**right.properties, **left.properties},
        required=left.required & right.required,
        items=right.items if left.items is None else left.items,
        additional=right.additional if left.additional is None else left.additional,
        names=right.names if left.names is None else left.names,
        label=left.label,
    )
