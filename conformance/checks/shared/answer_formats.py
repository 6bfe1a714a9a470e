"""The answers of runs that have to be JSON, beside the format that was asked for."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.index import Index
from conformance.trace.json import Json, NotJson, format_value, mapping, parse_json, sequence, text
from conformance.trace.runs import MESSAGE
from conformance.trace.trace import Sighting, Where


def last_of_messages(index: Index) -> dict[str, list[Sighting]]:
    """The last sightings of the messages of each run that are not shown as unfinished."""
    found: dict[str, list[Sighting]] = {}
    for history in index.objects(MESSAGE).values():
        run_id = text(history[-1].value.get("run_id"))
        if run_id and history[-1].value.get("status") in (None, "completed"):
            found.setdefault(run_id, []).append(history[-1])
    return found


def formatted(response_format: dict[str, Json], message: Sighting) -> Iterator[Observation]:
    """Hold the text of one message against the response format."""
    parts = [mapping(part) for part in sequence(message.value.get("content"))]
    texts = [text(mapping(part.get("text")).get("value")) for part in parts if part.get("type") == "text"]
    if not texts or None in texts or len(texts) != len(parts):  # a refusal, an image: no text to judge
        return
    written = "".join(each or "" for each in texts)
    place = message.where.below("content")
    yield Examined("RUN-FORMAT-01", message.where.exchange)
    try:
        value = parse_json(written.encode("utf-8", "surrogatepass"))
    except (NotJson, UnicodeError):
        expected = f"a text that is JSON: the format is {format_value(response_format['type'])}"
        yield Finding("RUN-FORMAT-01", place, expected, format_value(written))
        return
    yield from _required_members(mapping(response_format.get("json_schema")), value, place)


def _required_members(json_schema: dict[str, Json], value: Json, place: Where) -> Iterator[Observation]:
    """The members that the outermost object of a strict schema requires; deeper ones are not looked for."""
    schema = mapping(json_schema.get("schema"))
    required = [name for name in sequence(schema.get("required")) if isinstance(name, str)]
    if json_schema.get("strict") is not True or schema.get("type") != "object" or not required:
        return
    yield Examined("RUN-FORMAT-02", place.exchange)
    missing = [name for name in required if name not in mapping(value)]
    if missing:
        expected = f"an object with {', '.join(map(format_value, required[:5]))}, as its schema requires"
        actual = (
            f"without {', '.join(map(format_value, missing[:5]))}" if isinstance(value, dict) else format_value(value)
        )
        yield Finding("RUN-FORMAT-02", place, expected, actual)
