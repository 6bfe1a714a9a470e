"""The catalogue of known issues, typed: `specs/known_issues.yaml`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from conformance.contract import resources
from conformance.contract.yaml_files import BrokenContract, load_yaml
from conformance.issues.oracle import BadSign, Sign
from conformance.issues.sdk import BadSdk, Language, Sdk


class Fault(StrEnum):
    """Whose fault an issue is."""

    SDK = "sdk"
    API = "api"
    DOCS = "docs"
    USER = "user"
    INTEROP = "interop"


@dataclass(frozen=True)
class Workaround:
    """A remedy that people are told. `mode` is how its probe is run; it works where all of `holds` is seen.

    `outcome` is what was measured: "works", "does not work", or that with its limits.
    """

    text: str
    mode: str
    holds: tuple[Sign, ...]
    outcome: str
    published: str | None = None
    languages: tuple[Language, ...] = tuple(Language)


@dataclass(frozen=True)
class Issue:
    """One known issue.

    `needs` is what the control has to show: a release that fails it cannot do what the issue is about. `turns` are the
    releases where it came or went, found by halving. `before_v2` tells that it shows on releases that speak v1 too.
    `endpoint` is what an endpoint does that has the condition, which `scenarios` bring about if it does.
    Where `same_as` names another, that one shows it; without `signs` nothing can be shown. `program` is the probe where
    several issues share one.
    """

    key: str
    title: str
    fault: tuple[Fault, ...]
    sources: tuple[str, ...] = ()
    condition: str = ""
    planted_in: str = "server"
    signs: Mapping[Language, tuple[Sign, ...]] = field(default_factory=dict)
    needs: Mapping[Language, tuple[Sign, ...]] = field(default_factory=dict)
    turns: tuple[str, ...] = ()
    same_as: str | None = None
    program: str | None = None
    untestable: str | None = None
    deadline: float = 8.0
    own_process: bool = False
    before_v2: bool = False
    workarounds: tuple[Workaround, ...] = ()
    requirements: tuple[str, ...] = ()
    endpoint: str | None = None
    scenarios: tuple[str, ...] = ()
    note: str | None = None

    @property
    def hangs(self) -> bool:
        """Whether the issue shows by a probe that does not end."""
        return any(sign.rule.get("hangs") is True for signs in self.signs.values() for sign in signs)

    def probe(self, language: Language) -> Path:
        """The program that shows it."""
        return PROBES / (self.program or self.key) / ("probe.py" if language is Language.PYTHON else "probe.mjs")


PROBES = Path(__file__).parent / "probes"


@dataclass(frozen=True)
class Catalogue:
    """All known issues by key, and the releases that a sweep goes over."""

    issues: Mapping[str, Issue]
    releases: tuple[Sdk, ...]

    def __iter__(self) -> Iterator[Issue]:
        return iter(self.issues.values())

    def shown(self) -> tuple[Issue, ...]:
        """The issues that have probes of their own."""
        return tuple(issue for issue in self if issue.signs)

    def shown_by(self, issue: Issue) -> Issue:
        """The issue whose probe shows another one; itself where it has its own."""
        return self.issues[issue.same_as] if issue.same_as else issue


class UnknownIssue(ValueError):
    """A key that names no issue, or one that cannot be shown; the text says what to do."""


def find(catalogue: Catalogue, key: str) -> Issue:
    """The issue of a key, in any case; raises `UnknownIssue`."""
    found = catalogue.issues.get(key.upper())
    if found is None:
        near = get_close_matches(key.upper(), list(catalogue.issues), n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UnknownIssue(f"there is no issue {key!r}{hint} (see: assistants-conformance issues list)")
    return found


def choose(catalogue: Catalogue, keys: Sequence[str]) -> tuple[Issue, ...]:
    """The issues to show, each once; without keys all that can be shown. Raises `UnknownIssue`."""
    if not keys:
        return catalogue.shown()
    chosen: dict[str, Issue] = {}
    for key in keys:
        issue = catalogue.shown_by(find(catalogue, key))
        if not issue.signs:
            raise UnknownIssue(f"{issue.key} cannot be shown: {issue.untestable}")
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


def load(path: Path | None = None) -> Catalogue:
    """The catalogue; raises `BrokenContract` with the place of what is wrong."""
    path = path or resources.specs() / "known_issues.yaml"
    document = load_yaml(path)
    issues: dict[str, Issue] = {}
    for row in document["issues"]:
        issue = _issue(row, path)
        if issue.key in issues:
            raise BrokenContract(path, f"{issue.key} stands in the catalogue twice")
        issues[issue.key] = issue
    for issue in issues.values():
        if issue.same_as and (issue.same_as not in issues or not issues[issue.same_as].signs):
            raise BrokenContract(path, f"{issue.key}: there is no probe of {issue.same_as}")
    try:
        releases = [Sdk.parse(f"{name}=={version}") for name, row in document["releases"].items() for version in row]
    except (BadSdk, KeyError, AttributeError) as problem:
        raise BrokenContract(path, f"releases: {problem}") from problem
    return Catalogue(issues, tuple(sorted(releases, key=lambda sdk: (sdk.language != Language.PYTHON, sdk.order))))


def _issue(row: Mapping[str, Any], path: Path) -> Issue:
    name = row.get("key", "an issue without key")
    try:
        issue = Issue(**{key: _READ[key](value) if key in _READ else value for key, value in row.items()})
    except (KeyError, ValueError, AttributeError, TypeError) as problem:
        raise BrokenContract(path, f"{name}: {problem}") from problem
    if sum(map(bool, (issue.signs, issue.same_as, issue.untestable))) != 1:
        raise BrokenContract(path, f"{name}: needs one of signs, same_as, or the reason why it is untestable")
    if issue.planted_in not in ("server", "client"):
        raise BrokenContract(path, f"{name}: planted_in is server or client")
    return issue


def _signs(row: Mapping[str, Any]) -> dict[Language, tuple[Sign, ...]]:
    both = row.get("both", [])
    if unknown := set(row) - {"both", *Language}:
        raise BadSign(f"signs are for both, python or node, not {sorted(unknown)}")
    named = [language for language in Language if language in row] or list(Language) * bool(both)
    return {language: _list([*both, *(row.get(language) or [])]) for language in named}


def _list(rows: Sequence[Mapping[str, Any]]) -> tuple[Sign, ...]:
    return tuple(Sign(row) for row in rows)


def _workaround(row: Mapping[str, Any]) -> Workaround:
    languages = tuple(map(Language, row.get("languages", list(Language))))
    return Workaround(**{**row, "holds": _list(row["holds"]), "languages": languages})


_READ: Mapping[str, Callable[[Any], Any]] = {
    "fault": lambda faults: tuple(map(Fault, faults)),
    "sources": tuple,
    "condition": lambda text: " ".join(text.split()),
    "signs": _signs,
    "needs": _signs,
    "turns": tuple,
    "deadline": float,
    "workarounds": lambda rows: tuple(map(_workaround, rows)),
    "requirements": tuple,
    "scenarios": tuple,
}
"""How what stands in the file becomes what an `Issue` holds; the rest is taken as it is."""
