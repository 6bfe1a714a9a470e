"""What is meant by the keys and releases that a user names."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from conformance.issues.catalogue import Catalogue, Issue
from conformance.issues.sdk import Language, Sdk


class Unknown(ValueError):
    """A key that names no issue, or one that cannot be shown; the text says what to do."""


def find(catalogue: Catalogue, key: str) -> Issue:
    """The issue of a key, in any case; raises `Unknown`."""
    found = catalogue.issues.get(key.upper())
    if found is None:
        near = get_close_matches(key.upper(), list(catalogue.issues), n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise Unknown(f"there is no issue {key!r}{hint} (see: assistants-conformance issues list)")
    return found


def choose(catalogue: Catalogue, keys: Sequence[str]) -> tuple[Issue, ...]:
    """The issues to show, each once; without keys all that can be shown. Raises `Unknown`."""
    if not keys:
        return catalogue.shown()
    chosen: dict[str, Issue] = {}
    for key in keys:
        issue = find(catalogue, key)
        issue = catalogue.issues[issue.same_as] if issue.same_as else issue
        if not issue.signs:
            raise Unknown(f"{issue.key} cannot be shown: {issue.untestable}")
        chosen[issue.key] = issue
    return tuple(chosen.values())


def releases(catalogue: Catalogue, named: Sequence[str], *, matrix: bool) -> tuple[Sdk, ...]:
    """The releases that are named, and those of the default list for a matrix; without either the newest of each.

    Raises `BadSdk`.
    """
    asked = [Sdk.parse(text) for text in named]
    if matrix:
        asked += catalogue.releases
    if not asked:
        of_each = [[one for one in catalogue.releases if one.language is language] for language in Language]
        asked = [known[-1] for known in of_each if known]
    return tuple(dict.fromkeys(asked))
