"""What a server may refuse although the contract's schemas take it: no source tells whether it must."""

import copy

from conformance.contract import Contract, json_pointer
from conformance.contract.openapi import Operation
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, NotJson, is_integer, parse_json, text

# One value of each type: a member that the contract knows is not any of them.
_ANYTHING: tuple[Json, ...] = (None, True, 0, "", [], {})
_OF_A_LIST = frozenset({"in", "nin"})
_OF_ORDER = frozenset({"gt", "gte", "lt", "lte"})
_LONGEST_INDEX = 9


def may_be_refused(code: str, param: str, exchange: Exchange, operation: Operation, contract: Contract) -> bool:
    """Whether a refusal of a request that keeps the schemas is of something they leave open.

    That is a member below the outermost object that nobody knows, and the value of a filter that is not of its
    operator's kind.
    """
    try:
        body = parse_json(exchange.request.body) if exchange.request.body else None
    except NotJson:
        return False
    steps = param.replace("]", "").replace("[", ".").split(".")
    if any(step.isdecimal() and len(step) > _LONGEST_INDEX for step in steps):
        return False  # no list is so long, and Python reads no number of thousands of digits
    if param.startswith("filters.") and code == "invalid_type":
        return _is_of_another_kind(body, steps)
    if code == "unknown_parameter" and len(steps) > 1:
        return not _is_known(body, steps, exchange, operation, contract)
    return False


def _at(value: Json, steps: list[str]) -> Json:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _is_of_another_kind(body: Json, steps: list[str]) -> bool:
    """Whether a filter compares with a value that its operator has no use for; the value may be told by its index."""
    if "value" not in steps:
        return False
    within = steps[: steps.index("value")]
    filter = _at(body, within)
    if not isinstance(filter, dict):
        return False
    operator, value = text(filter.get("type")), filter.get("value")
    if operator in _OF_ORDER:
        return isinstance(value, bool) or not (is_integer(value) or isinstance(value, float))
    return isinstance(value, list) is not (operator in _OF_A_LIST)


def _is_known(body: Json, steps: list[str], exchange: Exchange, operation: Operation, contract: Contract) -> bool:
    """Whether the contract says anything of a member of a request; of one that is not there it is not told."""
    schema = operation.request.name if operation.request else None
    holder = _at(body, steps[:-1])
    if schema is None or not isinstance(holder, dict) or steps[-1] not in holder:
        return False
    on = exchange.day

    def broken(value: Json) -> set[tuple[tuple[str, ...], str]]:
        return {(json_pointer.split(one.pointer), one.keyword) for one in contract.schemas.validate(schema, value, on)}

    # A request may be wrong elsewhere besides: only what changes with the member tells of the member.
    before, own = broken(body), tuple(steps)
    tried = (broken(_with(body, steps, value)) for value in _ANYTHING)
    return any(found - before or any(at[: len(own)] == own for at, _ in found) for found in tried)


def _with(body: Json, steps: list[str], value: Json) -> Json:
    """A body with another value of one member that is there; what does not lead there is shared, however deep it is."""
    changed = holder = copy.copy(body)
    for step in steps[:-1]:
        key = int(step) if isinstance(holder, list) else step
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    holder[steps[-1]] = value
    return changed
