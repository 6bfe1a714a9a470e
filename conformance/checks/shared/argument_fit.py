"""Arguments of function calls against the parameters of the function, by the plain part of JSON Schema."""

from collections.abc import Iterator

from conformance.trace.json import Json, format_value, is_integer, json_equal, mapping, sequence, text

_DEEPEST = 20
_MOST = 3


def misfits(arguments: Json, parameters: Json) -> list[str]:
    """What is wrong with arguments, the first few of it: types, members that are required, too many, or no choice."""
    found: list[str] = []
    for misfit in _misfits(arguments, parameters, "", 0):
        found.append(misfit)
        if len(found) == _MOST:
            break
    return found


def _misfits(value: Json, schema: Json, place: str, depth: int) -> Iterator[str]:
    node = mapping(schema)
    if depth > _DEEPEST or "$ref" in node or "anyOf" in node:
        return  # schemas that refer or choose are left alone
    kinds = node.get("type")
    wanted = [kinds] if isinstance(kinds, str) else [kind for kind in sequence(kinds) if isinstance(kind, str)]
    if wanted and not any(_is_a(value, kind) for kind in wanted):
        yield f"{place or 'the arguments'} is {format_value(value)}, not {' or '.join(wanted)}"
        return
    choices = sequence(node.get("enum"))
    if choices and not any(json_equal(value, choice) for choice in choices):
        yield f"{place} is {format_value(value)}, none of its choices"
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _misfits(item, node.get("items"), f"{place}[{position}]", depth + 1)
    if isinstance(value, dict):
        properties = mapping(node.get("properties"))
        missing = [name for name in sequence(node.get("required")) if text(name) is not None and name not in value]
        yield from (f"{format_value(name)} is missing" for name in missing)
        if node.get("additionalProperties") is False:
            yield from (f"{format_value(name)} is too many" for name in value if name not in properties)
        for name in value.keys() & properties.keys():
            yield from _misfits(value[name], properties[name], f"{place}.{name}" if place else name, depth + 1)


def _is_a(value: Json, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_integer(value) or (isinstance(value, float) and value.is_integer())
        case "number":
            return is_integer(value) or isinstance(value, float)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "null":
            return value is None
        case _:
            return True
