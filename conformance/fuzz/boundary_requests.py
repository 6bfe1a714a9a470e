"""Requests that are tried always, one for each way to be right or wrong, before random ones.

Schemathesis walks the schemas for them (every type, bound, enumeration and required member, at any depth); together
with those of our own that put one member of the plainest request at its bound or beyond it.
"""

import random
import re
from collections.abc import Hashable, Iterator
from functools import cache
from itertools import zip_longest

from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.fuzz.boundary_values import boundary_values
from conformance.fuzz.requests import NOTHING, GeneratedRequest, schema

_MEMBER = re.compile(r"'(\w+)'")


def boundary_requests(operation: Operation, mode: str, contract: Contract, seed: int) -> list[list[GeneratedRequest]]:
    """Right or wrong requests in an order that the seed tells: a round of one of each kind, a round of second ones …

    Of a right request the kind is the member that it is about; of a wrong one, what the contract says is wrong in it.
    """
    kinds: dict[Hashable, list[GeneratedRequest]] = {}
    known = set()
    for member, request in _walk(operation, mode, contract):
        broken = request.broken(request.body, operation, contract)
        if broken is None or bool(broken) is (mode == "positive"):
            continue
        bytes_of = (request.content(request.body)[0], str(sorted(request.query.items())))
        if bytes_of in known:
            continue
        known.add(bytes_of)
        places = frozenset((re.sub(r"\d+", "#", one.pointer), one.keyword) for one in broken)
        kinds.setdefault(places or member, []).append(request)
    order = random.Random(seed)
    piles = [sorted(pile, key=lambda request: len(str(request.body))) for pile in kinds.values()]
    order.shuffle(piles)
    return [[request for request in row if request] for row in zip_longest(*piles)]


def minimal_request(operation: Operation) -> GeneratedRequest:
    """The plainest right request for an operation."""
    if operation.request is None and not any(one.required for one in operation.parameters if one.location == "query"):
        return GeneratedRequest(NOTHING, {}, None, {})
    cases = (request for _, request in _cases(operation.path, operation.method, "positive"))
    return min(
        cases, key=lambda one: (len(str(one.body)), len(one.query)), default=GeneratedRequest(NOTHING, {}, None, {})
    )


def _walk(operation: Operation, mode: str, contract: Contract) -> Iterator[tuple[str, GeneratedRequest]]:
    """Requests at bounds, right and wrong ones, each with the member it is about."""
    base = minimal_request(operation)
    for edge in boundary_values(operation, contract.document):
        body, query = base.body, base.query
        if edge.location == "query":
            query = {name: str(value) for name, value in edge.put(query).items()}
        elif isinstance(body, dict):
            body = edge.put(body)
        yield edge.name, GeneratedRequest(body, query, base.media_type, {})
    yield from _cases(operation.path, operation.method, mode)


@cache
def _cases(path: str, method: str, mode: str) -> list[tuple[str, GeneratedRequest]]:
    """Schemathesis's requests, each with the member it is about; making them takes a while."""
    from schemathesis import GenerationMode

    described = schema()[path][method]
    config = schema().config.generation_for(operation=described)
    found = []
    for case in schema().iter_coverage_cases(
        described, generation_modes=[GenerationMode(mode)], generation_config=config
    ):
        if case.method.upper() == method:
            told = _MEMBER.search(getattr(case.meta.phase.data, "description", None) or "") if case.meta else None
            found.append((told[1] if told else "", GeneratedRequest.of(case)))
    return found
