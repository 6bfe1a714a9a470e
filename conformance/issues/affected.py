"""Which releases have each issue, as the last `make sdk-matrix` measured them (`specs/affected.json`)."""

import json
from collections.abc import Mapping, Sequence

from conformance.contract import resources
from conformance.issues.catalogue import Issue
from conformance.issues.sdk import Sdk, order

FILE = "affected.json"
NONE = "none"
Spans = Mapping[str, str]
"""Affected releases by language, in words: `1.21.2 to 1.55.3, 2.0.0`."""


def affected() -> Mapping[str, Spans]:
    """The affected releases by issue."""
    found: dict[str, dict[str, str]] = json.loads((resources.specs() / FILE).read_text(encoding="utf-8"))
    return found


def may_have(issue: Issue, sdk: Sdk, measured: Mapping[str, Spans], releases: Sequence[Sdk]) -> bool:
    """Whether a release has an issue; of one that was not measured, whether a measured neighbour has it."""
    spans = measured.get(issue.same_as or issue.key, {}).get(sdk.language, NONE)
    if spans == NONE:
        return False
    known = [one.order for one in releases if one.language is sdk.language]
    below = max((one for one in known if one <= sdk.order), default=known[0])
    above = min((one for one in known if one >= sdk.order), default=known[-1])
    edges = [span.partition(" to ") for span in spans.split(", ")]
    return any(order(first) <= one <= order(last or first) for first, _, last in edges for one in (below, above))
