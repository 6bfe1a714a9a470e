"""Azure's dialect: the same API, with a version in the query that tells what it documents better than the calendar."""

import re
from datetime import date

API_VERSION = "api-version"

_DATED = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:-preview)?")
VERSION_2 = date(2024, 5, 1)
"""The first api-version with version 2 of the Assistants API; 2024-02-15-preview has version 1."""
# By the first api-version of each, the day of the published document whose members are in it. Azure follows months
# later: `parallel_tool_calls` is of 2024-06-08 and in no document of Azure's up to 2024-08-01-preview, but in that of
# 2025-01-01-preview (Azure/azure-rest-api-specs, cognitiveservices AzureOpenAI inference.json).
_DOCUMENTED = ((date(2025, 1, 1), date(2024, 6, 8)), (VERSION_2, date(2024, 5, 1)))


def dated_version(query: dict[str, list[str]]) -> date | None:
    """The day that an api-version names; None where there is none, or one without a day (`preview`, `v1`)."""
    found = _DATED.fullmatch(query.get(API_VERSION, [""])[-1])
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def documented_day(query: dict[str, list[str]]) -> date | None:
    """The day of the published document that an api-version follows; None where no api-version tells one."""
    version = dated_version(query)
    if version is None:
        return None
    return next((day for first, day in _DOCUMENTED if version >= first), version)
