"""The beta header: what a server does without it, or with an old one."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.contract.openapi import Beta
from conformance.trace.calls import OperationCall
from conformance.trace.index import Index


@check("HDR-BETA-01", "HDR-BETA-02", "HDR-BETA-03")
def beta(index: Index) -> Iterator[Observation]:
    """Operations that want v2 refuse requests without `OpenAI-Beta`, with the closed v1, or with other words.

    Azure's dialect (an `api-version` in the query) does without the header and is left alone.
    """
    for call, sent in index.view(_without_version_2):
        if sent is None:
            yield from _refused("HDR-BETA-01", call)
        elif "assistants=v1" in sent:
            yield from _refused("HDR-BETA-02", call)
        else:
            yield from _refused("HDR-BETA-03", call)


def _without_version_2(index: Index) -> list[tuple[OperationCall, str | None]]:
    """The answered calls of operations that want v2 and do not ask for it, each with what it asks for."""
    wanting = [operation.operation_id for operation in index.contract.operations if operation.beta is Beta.REQUIRED]
    found = []
    for call in index.calls_to(*wanting):
        sent = call.exchange.request.headers.get("openai-beta")
        if (sent is None or "assistants=v2" not in sent) and not call.exchange.request.is_azure:
            found.append((call, sent))
    return found


def _refused(requirement: str, call: OperationCall) -> Iterator[Observation]:
    response = call.exchange.response
    if response is None or response.is_unlooked:
        return
    yield Examined(requirement, call.number)
    if response.status not in (400, 401):
        expected = "a refusal with 400 (code invalid_beta)"
        yield Finding(requirement, call.where, expected, f"status {response.status}")
