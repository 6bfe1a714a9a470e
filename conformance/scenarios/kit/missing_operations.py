"""Telling an operation that an endpoint does not have from an object that it does not know."""

from __future__ import annotations

import re

from conformance.trace.exchange import Exchange

# What web servers and frameworks say of a path that leads nowhere: nothing, a page, "Not Found", "Cannot POST /…".
_NOWHERE = re.compile(
    r"""\s* (?: <.*                                                          # a page
          | \{?\s* (?:"(?:detail|error|message)"\s*:\s*)? "?
            (?: (?:404\s+)? (?:page\s+)? not\ found | cannot\ (?:get|post|delete)\ \S+ ) \.? "? \s*\}? \s*
        )?""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_INVALID_URL = re.compile(r'"message"\s*:\s*"Invalid URL \(')  # the vendor's own words for an unknown path


def is_missing_operation(exchange: Exchange) -> bool:
    """Whether an answer says that the operation itself is not there: no such method, no such path, not implemented.

    A 404 in the error envelope, or one that speaks of an object in words of its own, is about the object.
    """
    response = exchange.response
    if response is None or response.status not in (404, 405, 501):
        return False
    if response.status != 404:
        return True
    told = response.body[:4096].decode("utf-8", "replace")
    return bool(_INVALID_URL.search(told) or _NOWHERE.fullmatch(told))
