"""What Azure's dialect has besides the contract: words of its own, and members that only it takes.

Its tools (`bing_grounding`), codes (`content_filter`, `tool_user_error`), statuses (`pending`) and requests
(`data_sources`) stand in documents of Azure's, of which this contract knows nothing.
"""

from collections.abc import Iterable, Iterator

from conformance.contract.schemas import SchemaViolation
from conformance.trace.exchange import Exchange

_OF_WORDS = frozenset({"enum", "const", "oneOf", "anyOf"})


def binding(violations: Iterable[SchemaViolation], exchange: Exchange) -> list[SchemaViolation]:
    """The violations that count in the exchange's dialect.

    On Azure an unknown word or member does not, nor what an object of an unknown type, or with an unknown member, is
    without: a run may wait for `submit_tool_approval`, and be sent `tool_approvals`, in place of tool outputs.
    """
    found = list(violations)
    if not exchange.request.is_azure:
        return found
    of_azure = {pointer for violation in found for pointer in _of_azure(violation)}
    return [one for one in found if one.pointer not in of_azure]


def _of_azure(violation: SchemaViolation) -> Iterator[str]:
    """The place of a word or a member of Azure's own, and that of an object whose type is one."""
    if violation.keyword == "additionalProperties":
        yield violation.pointer
    elif violation.keyword in _OF_WORDS and violation.actual.startswith('"'):
        yield violation.pointer
        if violation.pointer.endswith("/type"):
            yield violation.pointer.removesuffix("/type")
