"""The beta header: what a server does without it, or with an old one."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.contract import Contract
from conformance.contract.openapi import Beta
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace, Where


@check("HDR-BETA-01", "HDR-BETA-02", "HDR-BETA-03")
def beta(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Operations that want v2 refuse requests without `OpenAI-Beta`, with the closed v1, or with other words.

    Azure's dialect (an `api-version` in the query) does without the header and is left alone.
    """
    for exchange in trace.answered:
        route = contract.operations.match(exchange.request.method, exchange.request.path, trace.base_path)
        if route is None or route.operation.beta is not Beta.REQUIRED or "api-version" in exchange.request.query:
            continue
        sent = exchange.request.headers.get("openai-beta")
        if sent is None:
            yield from _refused("HDR-BETA-01", exchange)
        elif "assistants=v2" in sent:
            continue
        elif "assistants=v1" in sent:
            yield from _refused("HDR-BETA-02", exchange)
        else:
            yield from _refused("HDR-BETA-03", exchange)


def _refused(requirement: str, exchange: Exchange) -> Iterator[Observation]:
    assert exchange.response is not None
    if exchange.response.is_unlooked:
        return
    yield Examined(requirement, exchange.number)
    status = exchange.response.status
    if status not in (400, 401):
        yield Finding(requirement, Where(exchange.number), "a refusal with 400 (code invalid_beta)", f"status {status}")
