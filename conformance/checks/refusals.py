"""Refusals: that they name what was wrong, and that nothing was made all the same."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import Asked, asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.left_open import may_be_refused
from conformance.checks.lifecycle import below
from conformance.checks.limits import overlaps, violations
from conformance.checks.pages import Page, pages
from conformance.contract import Contract, Level
from conformance.contract.schemas import SchemaViolation
from conformance.contract.truncation import is_small
from conformance.trace.form import is_form
from conformance.trace.json import NotJson, is_integer, mapping, parse_json, shown, text
from conformance.trace.order import before
from conformance.trace.pointer import steps
from conformance.trace.trace import Trace, Where

_RANGE = ("integer", "decimal")
# The codes with which the API names each kind of mistake.
CODES: dict[str, frozenset[str]] = {
    "maxLength": frozenset({"string_above_max_length", "property_name_above_max_length"}),
    "minLength": frozenset({"empty_string", "string_below_min_length"}),
    "pattern": frozenset({"invalid_value"}),
    "enum": frozenset({"invalid_value", "unsupported_value"}),
    "const": frozenset({"invalid_value", "unsupported_value"}),
    "type": frozenset({"invalid_type"}),
    "required": frozenset({"missing_required_parameter"}),
    "additionalProperties": frozenset({"unknown_parameter"}),
    "maxItems": frozenset({"array_above_max_length"}),
    "minItems": frozenset({"empty_array", "array_below_min_length"}),
    "maxProperties": frozenset({"object_above_max_properties"}),
    "propertyNames": frozenset({"property_name_above_max_length"}),
    "maximum": frozenset(f"{kind}_above_max_value" for kind in _RANGE),
    "minimum": frozenset(f"{kind}_below_min_value" for kind in _RANGE),
}
_TOLD_BESIDES = frozenset({"unknown_parameter", "invalid_value"})
JSON = "application/json"
# Kinds of bodies that some operations of the API take besides JSON, or that say nothing.
_OTHER_WAYS = ("multipart/", "application/octet-stream")


@check("ERROR-PARAM-01", "ERROR-CODE-01")
def naming(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A refusal of a request with one mistake names the parameter, and the kind of mistake.

    Where the request has several mistakes nobody knows which one is told first; of a very large body only some are
    known.
    """
    for one in asked(trace, contract):
        if one.status != 400:
            continue
        try:
            broken = list(violations(one.exchange, contract.operations.by_id[one.operation], contract))
        except NotJson:
            continue
        error = mapping(one.answer.get("error"))
        code, param = text(error.get("code")), text(error.get("param"))
        operation = contract.operations.by_id[one.operation]
        if code and param and may_be_refused(code, param, one.exchange, operation, contract):
            continue  # that is another mistake, which the contract leaves open
        if len(broken) == 1 and _is_alone(broken[0], one) and _binds(broken[0], one, contract):
            yield from _param(one, broken[0], error.get("param"))
            yield from _code(one, broken[0], error.get("code"))


def _is_alone(violation: SchemaViolation, one: Asked) -> bool:
    """Whether nothing else is wrong with a body: overlapping chunks are another mistake than a number of tokens."""
    return is_small(one.sent) and (violation.keyword == "x-relation" or not any(True for _ in overlaps(one.sent)))


def _binds(violation: SchemaViolation, one: Asked, contract: Contract) -> bool:
    """Whether the request had to be refused for this alone.

    In April 2024 max_completion_tokens 16 was taken, and the thread refused (alexrudall/ruby-openai runs_create.yml).
    """
    requirement = contract.requirements.get(violation.requirement or "LIMIT-SHAPE-01")
    on = one.exchange.date.date() if one.exchange.date else None
    return requirement is not None and requirement.level is Level.MUST and requirement.applies(on)


def _param(one: Asked, violation: SchemaViolation, param: object) -> Iterator[Observation]:
    """The parameter that is named lies on the way to the mistake, or behind it."""
    wanted = _spelled(violation.pointer)
    if not isinstance(param, str | None) or not wanted or violation.keyword in ("additionalProperties", "required"):
        return  # what is too much or missing has no place of its own
    yield Examined("ERROR-PARAM-01", one.number)
    if param is None or not _on_one_way(param, wanted):
        yield Finding(
            "ERROR-PARAM-01",
            Where(one.number, pointer="/error/param"),
            f"param {shown(wanted)}, which is wrong in the request",
            f"param {shown(param)}",
        )


def _code(one: Asked, violation: SchemaViolation, code: object) -> Iterator[Observation]:
    wanted = CODES.get(violation.keyword)
    # A body that is missing, or no object, may as well be told as one that lacks what it needs.
    if wanted is None or not violation.pointer or not isinstance(code, str | None):
        return
    if violation.keyword == "type" and is_form(one.exchange.request):
        return  # all that a form says is text, so that a number is one of the values which it may not have
    # Below the outermost object the schemas are open: what lacks a member may hold one too many, told first.
    if violation.keyword == "required" and violation.pointer.count("/") and code in _TOLD_BESIDES:
        return
    yield Examined("ERROR-CODE-01", one.number)
    if code not in wanted:
        told = " or ".join(sorted(map(shown, wanted)))
        place = _spelled(violation.pointer) or "the body"
        yield Finding(
            "ERROR-CODE-01",
            Where(one.number, pointer="/error/code"),
            f"code {told}: {place} must be {violation.expected}",
            f"code {shown(code)}",
        )


def _spelled(pointer: str) -> str:
    """A place as the API spells it: `tools[0].function.name`."""
    spelled = ""
    for step in steps(pointer if pointer.startswith("/") or not pointer else f"/{pointer}"):
        spelled += f"[{step}]" if step.isdecimal() else f".{step}" if spelled else step
    return spelled


def _on_one_way(param: str, wanted: str) -> bool:
    one, other = (name.replace("[]", "").replace("[", ".").replace("]", "").split(".") for name in (param, wanted))
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


@check("ERROR-JSON-01", "ERROR-JSON-02", "ERROR-MEDIA-02")
def bodies(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A body that is no JSON is refused; so is one that is said to be something else than JSON."""
    for one in asked(trace, contract):
        body = contract.operations.by_id[one.operation].request
        request = one.exchange.request
        if body is None or body.media_type != JSON or not request.body or one.status in (401, 403, 429, None):
            continue
        media_type = request.headers.media_type
        if media_type not in ("", JSON):
            if not media_type.startswith(_OTHER_WAYS):
                yield from _mislabelled(one, media_type)
            continue
        try:
            parse_json(request.body)
        except NotJson:
            yield from _unreadable(one)


def _unreadable(one: Asked) -> Iterator[Observation]:
    yield Examined("ERROR-JSON-01", one.number)
    if one.ok:
        yield Finding("ERROR-JSON-01", one.where, "a refusal: the body is no JSON", f"status {one.status}")
    elif one.refused:
        yield Examined("ERROR-JSON-02", one.number)
        if one.status != 400:
            yield Finding("ERROR-JSON-02", one.where, "status 400: the body is no JSON", f"status {one.status}")


def _mislabelled(one: Asked, media_type: str) -> Iterator[Observation]:
    yield Examined("ERROR-MEDIA-02", one.number)
    if one.status not in (400, 415):
        expected = f"a refusal with 400: a body of type {media_type}, not {JSON}"
        yield Finding("ERROR-MEDIA-02", one.where, expected, f"status {one.status}")


@check("IDENTITY-REFUSED-03")
def nothing_made(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was refused on creation is on no list afterwards."""
    requests = asked(trace, contract)
    yield from _runs(trace, contract, requests)
    yield from _assistants(trace, contract, requests)


def _runs(trace: Trace, contract: Contract, requests: list[Asked]) -> Iterator[Observation]:
    """A thread of the trace's own has only the runs that were seen otherwise, besides in lists."""
    own = {s.id for s in trace.sightings if s.kind == "thread" and not s.listed}
    known = {s.id for s in trace.sightings if s.kind == "thread.run" and not s.listed}
    for page in pages(trace, contract):
        thread_id = page.asked.path.get("thread_id", "")
        if page.asked.operation != "listRuns" or thread_id not in own:
            continue
        tried = [one for one in requests if one.operation == "createRun" and one.path.get("thread_id") == thread_id]
        refused = [one for one in tried if one.refused and before(one.exchange, page.asked.exchange)]
        if not refused or any(one.status is None or one.status >= 500 for one in tried):
            continue
        yield Examined("IDENTITY-REFUSED-03", page.number, len(refused))
        for index, run_id in enumerate(page.ids):
            if run_id is not None and run_id not in known:
                yield _unwanted(page, index, "runs that were created, and none of a refused request", refused[0])


def _assistants(trace: Trace, contract: Contract, requests: list[Asked]) -> Iterator[Observation]:
    """A list of assistants has none with the metadata of a request that was refused; the account may have others."""
    made = [s for s in trace.sightings if s.kind == "assistant" and not s.listed]
    known = {sighting.id for sighting in made}
    times = [time for s in made if is_integer(time := s.value.get("created_at"))]
    marked = [
        one
        for one in requests
        if one.operation == "createAssistant" and one.refused and one.status != 401 and one.sent.get("metadata")
    ]
    for page in pages(trace, contract):
        if page.asked.operation != "listAssistants" or not times:
            continue
        refused = [one for one in marked if before(one.exchange, page.asked.exchange)]
        if refused:
            yield Examined("IDENTITY-REFUSED-03", page.number, len(refused))
        for index, item in enumerate(page.items):
            at = item.get("created_at")
            if text(item.get("id")) in known or not is_integer(at) or at < min(times):
                continue
            for one in refused:
                if item.get("metadata") == one.sent["metadata"]:
                    yield _unwanted(page, index, f"no assistant like the one refused in exchange {one.number}", one)
                    break


def _unwanted(page: Page, index: int, expected: str, refused: Asked) -> Finding:
    actual = f"{shown(page.ids[index])}, which no answer announced (exchange {refused.number} was refused)"
    return Finding("IDENTITY-REFUSED-03", below(page.where, "data", index, "id"), expected, actual)
