"""An issue in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.issues.catalogue import Fault, Issue
from conformance.issues.sdk import Language

FAULTS = {
    Fault.SDK: "the SDK's",
    Fault.API: "the API's",
    Fault.DOCS: "the documentation's",
    Fault.USER: "the caller's",
    Fault.INTEROP: "nobody's alone: the wire allows it, SDKs do not take it",
}
"""Whose fault an issue is, in words."""


def rows(issue: Issue, only: Language | None = None) -> Iterator[tuple[str, str]]:
    """Label and text of everything that is known of an issue; signs of one language where one is named."""
    yield "fault", "; ".join(FAULTS[fault] for fault in issue.fault)
    for source in issue.sources:
        yield "source", link(source)
    if issue.same_as:
        yield "shown by", issue.same_as
    if issue.untestable:
        yield "not shown", issue.untestable
    if issue.condition:
        yield "condition", issue.condition
    if issue.signs:
        yield (
            "control",
            (
                "the same program against a server without the condition"
                if issue.planted_in == "server"
                else "the same server, called correctly"
            ),
        )
    for language, signs in issue.signs.items():
        for sign in signs if only in (None, language) else ():
            yield f"sign in {language}", describe_sign(sign.rule)
    for workaround in issue.workarounds:
        by = f" ({workaround.published})" if workaround.published else ""
        yield "workaround", f"{workaround.text}{by} -> {workaround.outcome}"
    for turned in issue.turns:
        yield "turned", turned
    for requirement in issue.requirements:
        yield "requirement", requirement
    if issue.endpoint:
        yield "of an endpoint", issue.endpoint
    if issue.note:
        yield "note", " ".join(issue.note.split())


def mentions(issue: Issue, symptom: str) -> bool:
    """Whether each word of a symptom stands in what is known of an issue."""
    known = " ".join([issue.title, *(text for _, text in rows(issue))]).casefold()
    return all(word in known for word in symptom.casefold().split())


def as_dict(issue: Issue, affected: Mapping[str, str]) -> dict[str, Any]:
    """All that is known of an issue, as JSON-ready data, with the releases that have it."""
    return {
        "key": issue.key,
        "title": issue.title,
        "fault": [str(fault) for fault in issue.fault],
        "shown_in": [str(language) for language in issue.signs],
        "same_as": issue.same_as,
        "affected": dict(affected),
        "sources": [link(source) for source in issue.sources],
        "condition": issue.condition,
        "signs": {str(name): [describe_sign(sign.rule) for sign in signs] for name, signs in issue.signs.items()},
        "workarounds": [{"text": one.text, "outcome": one.outcome} for one in issue.workarounds],
        "turned": list(issue.turns),
        "endpoint": issue.endpoint,
        "requirements": list(issue.requirements),
        "note": issue.note or issue.untestable,
    }


def link(source: str) -> str:
    """Where a source is found: `openai-node#945` as an address; words stay words."""
    place, mark, number = source.rpartition("#")
    if not mark or not number.isdigit() or " " in place:
        return source
    repository = place if "/" in place else f"openai/{place}"
    return f"https://github.com/{repository}/issues/{number}"


def describe_sign(rule: Mapping[str, Any]) -> str:
    """A sign in words."""
    if "hangs" in rule:
        return "the program does not end" if rule["hangs"] else "the program ends"
    name = next(name for name in ("signal", "sent", "slope") if name in rule)
    subject = {"signal": "{}", "sent": "requests {}", "slope": "growth of {} per upload"}[name].format(rule[name])
    words = {"is": "is", "not": "is not", "matches": "matches", "at_least": "at least", "at_most": "at most"}
    texts = [f"{words[test]} {rule[test]!r}" for test in words if test in rule]
    texts += [f"{rule['times']} in all"] if "times" in rule else []
    texts += ["is absent" if rule["absent"] else "is there"] if "absent" in rule else []
    texts += [f"with {path} {value!r}" for path, value in rule.get("with", {}).items()]
    texts += [f"without {path}" for path in rule.get("without", ())]
    return f"{subject}: {', '.join(texts)}"
