"""Example values for JSON Schemas: what the scripted model fills in as arguments and answers."""

from typing import Any


def example(schema: Any, name: str = "value", depth: int = 0) -> Any:
    """A value for a JSON Schema: its required properties (all, where none is required), the first of each choice."""
    if not isinstance(schema, dict) or depth > 8:
        return name
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return example(schema[key][0], name, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema or depth == 0 else "string")
    match kind[0] if isinstance(kind, list) and kind else kind:
        case "object":
            parts = schema.get("properties")
            parts = parts if isinstance(parts, dict) else {}
            required = schema.get("required")
            wanted = required if isinstance(required, list) and required else parts
            return {part: example(parts.get(part), part, depth + 1) for part in wanted if isinstance(part, str)}
        case "array":
            return [example(schema.get("items"), name, depth + 1)]
        case "integer":
            return _within(schema, 1)
        case "number":
            return _within(schema, 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return name


def _within(schema: dict[str, Any], value: float) -> float:
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int | float) and value < least:
        return least
    if isinstance(most, int | float) and value > most:
        return most
    return value
