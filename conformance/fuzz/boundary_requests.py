"""Requests that are tried always, one for each way to be right or wrong, before random ones.

Schemathesis walks the schemas for them: every type, bound, enumeration and required member, at any depth. What it does
not make of a schema (too many properties or items) is taken from the values that scenarios send.
"""

from __future__ import annotations

import random
import re
from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from conformance.contract import Contract
from conformance.contract.openapi import Operation, mapping
from conformance.fuzz.requests import NOTHING, GeneratedRequest, schema
from conformance.scenarios.kit.boundary_values import METADATA
from conformance.scenarios.kit.fixtures import functions

if TYPE_CHECKING:
    from schemathesis import Case

_MEMBER = re.compile(r"'(\w+)'")
_METADATA = (*METADATA.kept, *METADATA.broken)
OF_MEMBERS: dict[str, tuple[Any, ...]] = {
    "metadata": _METADATA,
    "attributes": _METADATA,
    "tools": tuple(functions(count) for count in (20, 21, 128, 129)),
    "file_ids": (["id-1"], [f"id-{number}" for number in range(501)]),
    "colour": ("blue",),
}
"""By the name of a member in the body; the last is one that no operation has."""


def boundary_requests(operation: Operation, mode: str, contract: Contract, seed: int) -> list[list[GeneratedRequest]]:
    """Right or wrong requests in an order that the seed tells: a round of one of each kind, a round of second ones …

    Of a right request the kind is the member that it is about; of a wrong one, what the contract says is wrong in it.
    """
    kinds: dict[Hashable, dict[str, GeneratedRequest]] = {}
    for member, request in (*_beyond(operation, contract), *_cases(operation.path, operation.method, mode)):
        broken = request.broken(request.body, operation, contract)
        if broken is None or bool(broken) is (mode == "positive"):
            continue
        places = frozenset((re.sub(r"\d+", "#", one.pointer), one.keyword) for one in broken)
        kinds.setdefault(places or member, {}).setdefault(f"{request.body} {sorted(request.query.items())}", request)
    order = random.Random(seed)
    piles = [sorted(pile.values(), key=lambda request: len(str(request.body))) for pile in kinds.values()]
    order.shuffle(piles)
    return [[request for request in row if request] for row in zip_longest(*piles)]


def minimal_request(operation: Operation) -> GeneratedRequest:
    """The plainest right request for an operation."""
    plain = GeneratedRequest(NOTHING, {}, None, {})
    if operation.request is None and not any(one.required for one in operation.parameters if one.location == "query"):
        return plain
    cases = (request for _, request in _cases(operation.path, operation.method, "positive"))
    return min(cases, key=lambda one: (len(str(one.body)), len(one.query)), default=plain)


def _beyond(operation: Operation, contract: Contract) -> Iterator[tuple[str, GeneratedRequest]]:
    """The plainest request with one member as in `OF_MEMBERS`, where it has a body of JSON."""
    base, wanted = minimal_request(operation), operation.request
    if wanted is None or wanted.media_type != "application/json":
        return
    known = mapping(contract.document.resolve(wanted.schema)).get("properties", {})
    body = base.body if isinstance(base.body, dict) else {}
    for name, values in OF_MEMBERS.items():
        for value in values if name in known or name in ("colour", "file_ids") else ():
            yield name, replace(base, body={**body, name: value}, media_type=wanted.media_type)


@cache
def _cases(path: str, method: str, mode: str) -> list[tuple[str, GeneratedRequest]]:
    """Schemathesis's requests, each with the member it is about; making them takes a while."""
    from schemathesis import GenerationMode

    described = schema()[path][method]
    config = schema().config.generation_for(operation=described)
    modes = [GenerationMode(mode)]
    made = schema().iter_coverage_cases(described, generation_modes=modes, generation_config=config)
    return [(_member(case), GeneratedRequest.of(_alone(case))) for case in made if case.method.upper() == method]


def _member(case: Case[Any]) -> str:
    told = _MEMBER.search(getattr(case.meta.phase.data, "description", None) or "") if case.meta else None
    return told[1] if told else ""


def _alone(case: Case[Any]) -> Case[Any]:
    """A case that is about its body without the query, which schemathesis may make wrong besides."""
    place = getattr(case.meta.phase.data, "parameter_location", None) if case.meta else None
    if str(getattr(place, "value", place)) == "body":
        case.query = {}
    return case
