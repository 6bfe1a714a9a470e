"""The contract against another OpenAPI document: what differs in structure, and which differences are explained."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.contract.external_document import UnreadableDocument
from conformance.contract.formatting import join_choices, join_types, json_literal
from conformance.contract.normalized_schema import BOUNDS, NormalizedSchema, SchemaVariant, normalize
from conformance.contract.openapi import BETA_HEADER, Document, Node, Operation, Operations, mapping, ref_name, sequence

MISSING, EXTRA = "missing-here", "extra-here"
NOTHING = "-"

_ANY_NAME = {"type": "string"}
_CHANGING = {"nullable", *(word for words in BOUNDS.values() for word in words)}


@dataclass(frozen=True)
class Difference:
    """One difference: where, of what kind, what each side says; `reason` where it is explained.

    `location` runs through our schemas (`schemas.RunObject.properties.instructions`) or, where there is no named one,
    through the operation (`operations.createRun.parameters.query.include[]`). `kind` is `missing-here` (they have it),
    `extra-here` (we have it), `required`, `nullable`, `type`, `enum` or `bound`.
    """

    location: str
    kind: str
    ours: str
    theirs: str
    reason: str | None = None


def compare(ours: Document, theirs: Document) -> list[Difference]:
    """The structural differences, by location; raises `UnreadableDocument` for a document nested without end.

    Schemas are compared from the operations down, so that it does not matter what they are called; those no operation
    leads to are compared where both documents have one of the name. What is not of the surface is left out, as are
    texts, examples, defaults and formats. An `anyOf` of several `required` lists counts as what they have in common.
    """
    try:
        found = set(_Comparison(ours, theirs).run())
    except RecursionError:
        raise UnreadableDocument(theirs.path, "nested too deeply") from None
    return sorted(found, key=lambda row: (row.location, row.kind, row.ours, row.theirs))


class _Comparison:
    def __init__(self, ours: Document, theirs: Document) -> None:
        self._ours = ours
        self._theirs = theirs
        self._seen: set[tuple[object, object]] = set()

    def run(self) -> Iterator[Difference]:
        """Every difference; the same may come more than once."""
        operations = Operations(self._ours)
        matched: set[str] = set()
        for method, template, operation, item in self._theirs.raw_operations():
            route = operations.match(method, template)
            if route is not None and _fits(route.operation, template):
                matched.add(route.operation.operation_id)
                yield from self._operation(route.operation, operation, item)
            elif operations.surface(template):
                yield Difference(f"operations.{method} {template}", MISSING, NOTHING, "an operation")
        for ours in operations:
            if ours.operation_id not in matched:
                yield Difference(f"operations.{ours.operation_id}", EXTRA, ours.label, NOTHING)
        common = [name for name in self._ours.schemas if name in self._theirs.schemas]
        for name in sorted(common, key=self._is_union):
            reference = {"$ref": f"#/components/schemas/{name}"}
            yield from self._nodes(f"schemas.{name}", reference, reference)

    def _is_union(self, name: str) -> bool:
        return bool(sequence(mapping(self._ours.schemas[name]).get("oneOf")))

    # ---- operations --------------------------------------------------------------------------------------------------

    def _operation(self, ours: Operation, theirs: Node, item: Node) -> Iterator[Difference]:
        place = f"operations.{ours.operation_id}"
        yield from self._parameters(f"{place}.parameters", ours, theirs, item)
        own = next(
            raw for _, path, raw, _ in self._ours.raw_operations() if raw.get("operationId") == ours.operation_id
        )
        request, other = (
            mapping(document.resolve(raw.get("requestBody"))) for document, raw in self._both(own, theirs)
        )
        yield from self._content(f"{place}.request", request, other)
        if request and other and (request.get("required") is True) != (other.get("required") is True):
            yield _required(f"{place}.request", request.get("required") is True)
        yield from self._responses(
            f"{place}.responses", mapping(own.get("responses")), mapping(theirs.get("responses"))
        )

    def _both(self, ours: Node, theirs: Node) -> tuple[tuple[Document, Node], tuple[Document, Node]]:
        return (self._ours, ours), (self._theirs, theirs)

    def _parameters(self, place: str, ours: Operation, theirs: Node, item: Node) -> Iterator[Difference]:
        """Query and header parameters by name, those of the path by their position, as names do not matter there."""
        own = {_key(p.location, p.name): (p.required, p.schema) for p in ours.parameters if p.location != "path"}
        rows = [mapping(self._theirs.resolve(node)) for node in _listed(item) + _listed(theirs)]
        others = {
            _key(row.get("in"), row.get("name")): (row.get("required") is True, row.get("schema"))
            for row in rows
            if row.get("in") != "path"
        }
        for key in sorted(own.keys() - others.keys()):
            yield Difference(f"{place}.{key}", EXTRA, "a parameter", NOTHING)
        for key in sorted(others.keys() - own.keys()):
            yield Difference(f"{place}.{key}", MISSING, NOTHING, "a parameter")
        for key in sorted(own.keys() & others.keys()):
            if own[key][0] != others[key][0]:
                yield _required(f"{place}.{key}", own[key][0])
            yield from self._nodes(f"{place}.{key}", own[key][1], others[key][1])

    def _responses(self, place: str, ours: dict[str, Node], theirs: dict[str, Node]) -> Iterator[Difference]:
        own, others = ({str(status): node for status, node in side.items()} for side in (ours, theirs))
        for status in sorted(own.keys() - others.keys()):
            yield Difference(f"{place}.{status}", EXTRA, "a response", NOTHING)
        for status in sorted(others.keys() - own.keys()):
            yield Difference(f"{place}.{status}", MISSING, NOTHING, "a response")
        for status in sorted(own.keys() & others.keys()):
            response, other = (mapping(d.resolve(n)) for d, n in self._both(own[status], others[status]))
            yield from self._content(f"{place}.{status}", response, other)

    def _content(self, place: str, ours: dict[str, Node], theirs: dict[str, Node]) -> Iterator[Difference]:
        own, others = (mapping(side.get("content")) for side in (ours, theirs))
        for media_type in sorted(own.keys() - others.keys()):
            yield Difference(f"{place}.{media_type}", EXTRA, "a body", NOTHING)
        for media_type in sorted(others.keys() - own.keys()):
            yield Difference(f"{place}.{media_type}", MISSING, NOTHING, "a body")
        for media_type in sorted(own.keys() & others.keys()):
            schemas = (mapping(side[media_type]).get("schema") for side in (own, others))
            yield from self._nodes(f"{place}.{media_type}", *schemas)

    # ---- schemas -----------------------------------------------------------------------------------------------------

    def _nodes(self, place: str, ours: Node, theirs: Node) -> Iterator[Difference]:
        """Two schema nodes; each pair of them is compared once."""
        name, other_name = _plain_ref(ours), _plain_ref(theirs)
        if name is not None:
            place = f"schemas.{name}"
        pair = (name or id(ours), other_name or id(theirs))
        if pair in self._seen:
            return
        self._seen.add(pair)
        left, right = normalize(self._ours, ours), normalize(self._theirs, theirs)
        if not left.known or not right.known:
            return
        if _any(left) or _any(right):
            if not (_any(left) and _any(right)):
                yield Difference(place, "type", _one_of(left), _one_of(right))
            return
        if left.nullable != right.nullable:
            yield Difference(place, "nullable", *_sides(left.nullable, "null too", "not null"))
        yield from self._variants(place, left, right)

    def _variants(self, place: str, left: NormalizedSchema, right: NormalizedSchema) -> Iterator[Difference]:
        own, others = dict(left.variants), dict(right.variants)
        pairs = [(label, own.pop(label), others.pop(label)) for label in [*own] if label in others]
        for kind in dict.fromkeys(shape.kind for shape in own.values()):
            same = [[label for label, shape in side.items() if shape.kind == kind] for side in (own, others)]
            if len(same[0]) == len(same[1]) == 1:  # called differently, but nothing else can be meant
                pairs.append((same[0][0], own.pop(same[0][0]), others.pop(same[1][0])))
        if not pairs and len(own) == len(others) == 1:
            pairs = [("", own.popitem()[1], others.popitem()[1])]
        alone = len(left.variants) <= 1 and len(right.variants) <= 1
        for label, shape, other in pairs:
            yield from self._shape(place if alone else f"{place}.variants.{label}", shape, other)
        for label, shape in own.items():
            yield Difference(f"{place}.variants.{label}", EXTRA, _summary(shape), NOTHING)
        for label, shape in others.items():
            yield Difference(f"{place}.variants.{label}", MISSING, NOTHING, _summary(shape))

    def _shape(self, place: str, ours: SchemaVariant, theirs: SchemaVariant) -> Iterator[Difference]:
        if ours.kind != theirs.kind:
            yield Difference(place, "type", _summary(ours), _summary(theirs))
            return
        yield from _values(place, ours, theirs)
        for word in BOUNDS.get(ours.kind, ()):
            mine, other = ours.bounds.get(word), theirs.bounds.get(word)
            if mine != other and not (_vacuous(word, mine) and _vacuous(word, other)):
                yield Difference(f"{place}.{word}", "bound", _bound(word, mine), _bound(word, other))
        if ours.kind == "object":
            yield from self._object(place, ours, theirs)
        elif ours.kind == "array":
            yield from self._nodes(f"{place}.items", ours.items, theirs.items)

    def _object(self, place: str, ours: SchemaVariant, theirs: SchemaVariant) -> Iterator[Difference]:
        for name in sorted(theirs.properties.keys() - ours.properties.keys()):
            yield Difference(f"{place}.properties.{name}", MISSING, NOTHING, "a property")
        for name in sorted(ours.properties.keys() - theirs.properties.keys()):
            yield Difference(f"{place}.properties.{name}", EXTRA, "a property", NOTHING)
        for name in sorted(ours.properties.keys() & theirs.properties.keys()):
            if (name in ours.required) != (name in theirs.required):
                yield _required(f"{place}.properties.{name}", name in ours.required)
            yield from self._nodes(f"{place}.properties.{name}", ours.properties[name], theirs.properties[name])
        if (ours.additional is False) != (theirs.additional is False):
            yield Difference(f"{place}.additionalProperties", "bound", *_sides(ours.additional is False, "none", "any"))
        else:
            yield from self._nodes(f"{place}.additionalProperties", ours.additional, theirs.additional)
        names = (_ANY_NAME if side is None else side for side in (ours.names, theirs.names))
        yield from self._nodes(f"{place}.propertyNames", *names)


def _fits(operation: Operation, template: str) -> bool:
    """Whether a path template is the operation's own: `/threads/{id}` must not pass for `/threads/runs`."""
    theirs = template.split("/")[-operation.path.count("/") :]
    ours = operation.path.split("/")[1:]
    return all(a.startswith("{") == b.startswith("{") for a, b in zip(ours, theirs, strict=True))


def _listed(node: Node) -> list[Node]:
    return sequence(mapping(node).get("parameters"))


def _key(location: object, name: object) -> str:
    beta = location == "header" and str(name).lower() == BETA_HEADER
    return f"{location}.{'OpenAI-Beta' if beta else name}"


def _plain_ref(node: Node) -> str | None:
    """The name of a referenced schema that nothing beside the reference changes."""
    return None if mapping(node).keys() & _CHANGING else ref_name(node)


def _any(side: NormalizedSchema) -> bool:
    return any(shape.kind == "any" for shape in side.variants.values())


def _one_of(side: NormalizedSchema) -> str:
    return "any value" if _any(side) else join_types([shape.kind for shape in side.variants.values()])


def _sides(here: bool, yes: str, no: str) -> tuple[str, str]:
    return (yes, no) if here else (no, yes)


def _required(place: str, here: bool) -> Difference:
    return Difference(place, "required", *_sides(here, "required", "optional"))


def _values(place: str, ours: SchemaVariant, theirs: SchemaVariant) -> Iterator[Difference]:
    if ours.values is None and theirs.values is None:
        return
    if ours.values is None or theirs.values is None:
        yield Difference(place, "enum", *(_closed(side.values) for side in (ours, theirs)))
        return
    here = [value for value in ours.values if value not in (theirs.values or ())]
    there = [value for value in theirs.values if value not in (ours.values or ())]
    if here or there:
        yield Difference(place, "enum", _only(here), _only(there))


def _closed(values: tuple[Node, ...] | None) -> str:
    return "any value" if values is None else f"only {join_choices(list(values))}"


def _only(values: list[Node]) -> str:
    return f"also {', '.join(map(json_literal, values[:16]))}" if values else NOTHING


def _vacuous(word: str, bound: Node) -> bool:
    """Whether a bound says nothing: absent, or one that every value keeps."""
    return bound is None or bound is False or (bound == 0 and word in ("minLength", "minItems", "minProperties"))


def _bound(word: str, bound: Node) -> str:
    return NOTHING if bound is None else f"{word} {json_literal(bound)}"


def _summary(shape: SchemaVariant) -> str:
    return join_types([shape.kind]) if shape.values is None else join_choices(list(shape.values))
