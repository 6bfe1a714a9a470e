"""The catalogue is whole: what it names is there."""

from pathlib import Path

import pytest

from conformance import contract
from conformance.contract.yaml_files import BrokenContract
from conformance.issues.catalogue import Issue, load
from conformance.issues.conditions import CONDITIONS
from conformance.issues.describe import link, rows
from conformance.issues.sdk import Language

CATALOGUE = load()
SHOWN = CATALOGUE.shown()


def test_the_ten_issues_and_the_twelve_errors_are_in_it() -> None:
    assert {f"KI-{number:02}" for number in range(1, 11)} <= set(CATALOGUE.issues)
    assert {f"CE-{number:02}" for number in range(1, 13)} <= set(CATALOGUE.issues)


def test_every_shown_issue_has_a_condition_and_every_condition_an_issue() -> None:
    assert {issue.key for issue in SHOWN} == set(CONDITIONS)


@pytest.mark.parametrize("issue", SHOWN, ids=lambda issue: issue.key)
def test_probes_are_there_and_know_their_modes(issue: Issue) -> None:
    for language in issue.signs:
        program = issue.probe(language).read_text()
        for workaround in issue.workarounds:
            if language in workaround.languages:
                assert workaround.mode.partition("-")[0] in program


@pytest.mark.parametrize("issue", SHOWN, ids=lambda issue: issue.key)
def test_every_issue_can_be_told(issue: Issue) -> None:
    labels = {label for label, text in rows(issue) if text}
    assert {"fault", "condition", "control"} <= labels


def test_requirements_are_those_of_the_registry() -> None:
    known = contract.load().requirements
    assert [name for issue in CATALOGUE for name in issue.requirements if name not in known] == []


def test_the_default_list_goes_from_the_first_releases_to_the_current_major() -> None:
    majors = {
        language: {sdk.order[0] for sdk in CATALOGUE.releases if sdk.language is language} for language in Language
    }
    assert majors == {Language.PYTHON: {1, 2, 3}, Language.NODE: {4, 5, 6, 7}}


def test_sources_are_links() -> None:
    assert link("openai-node#945") == "https://github.com/openai/openai-node/issues/945"
    assert link("vercel/ai#1743") == "https://github.com/vercel/ai/issues/1743"
    assert link("a guide, known issue 3") == "a guide, known issue 3"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {key: X, title: t, fault: [sdk]}", "needs one of signs"),
        ("- {key: X, title: t, fault: [nobody], untestable: y}", "nobody"),
        ("- {key: X, title: t, fault: [sdk], untestable: y, colour: red}", "colour"),
        ("- {key: X, title: t, fault: [sdk], same_as: Y}", "no probe of Y"),
        ("- {key: X, title: t, fault: [sdk], signs: {both: [{signal: a}]}}", "what is to be true"),
        ("- {key: X, title: t, fault: [sdk], signs: {ruby: [{hangs: true}]}}", "ruby"),
        (
            "- {key: X, title: t, fault: [sdk], untestable: y}\n- {key: X, title: t, fault: [sdk], untestable: y}",
            "twice",
        ),
    ],
)
def test_a_broken_catalogue_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "known_issues.yaml"
    path.write_text(f"releases: {{}}\nissues:\n{text}\n")
    with pytest.raises(BrokenContract, match=told):
        load(path)


def test_a_broken_list_of_releases_is_told(tmp_path: Path) -> None:
    path = tmp_path / "known_issues.yaml"
    path.write_text("releases: {python: ['1.30']}\nissues: []\n")
    with pytest.raises(BrokenContract, match="all three numbers"):
        load(path)
