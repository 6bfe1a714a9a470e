"""What Azure's dialect has besides the contract: words of its own, and members that only it takes.

Its tools (`bing_grounding`), codes (`content_filter`, `tool_user_error`), statuses (`pending`) and requests
(`data_sources`) stand in documents of Azure's, of which this contract knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.contract.schemas import SchemaViolation
from conformance.trace.exchange import Exchange

_OF_WORDS = frozenset({"enum", "const", "oneOf", "anyOf"})


def binding(violations: Iterable[SchemaViolation], exchange: Exchange) -> list[SchemaViolation]:
    """The violations that count in the exchange's dialect: on Azure not an unknown word, nor an unknown member."""
    if not exchange.request.is_azure:
        return list(violations)
    return [violation for violation in violations if not _is_azures(violation)]


def _is_azures(violation: SchemaViolation) -> bool:
    if violation.keyword == "additionalProperties":
        return True
    return violation.keyword in _OF_WORDS and violation.actual.startswith('"')
