"""Public recordings by name: they are found in a checkout, judged, and what is known of them is told."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import contract
from conformance.contract.yaml_files import BrokenContract
from conformance.recordings import corpora
from tests.cli.command import command
from tests.recordings.samples import SAMPLES

NAME = "openllmetry"
CORPUS = corpora.load()[NAME]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one recording of the corpus, and others that are not of it."""
    root = tmp_path / "checkout"
    for name in (CORPUS.paths[0].replace("*", "one"), "README.md", "other/two.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(SAMPLES["vcrpy"][1])
    return root


def test_the_files_of_a_corpus_are_judged_and_no_others(checkout: Path, tmp_path: Path) -> None:
    done = command(tmp_path, "audit", "--corpus", NAME, "--from", str(checkout))
    assert done.code == 0, done.out
    assert [row["name"] for row in done.report["sources"]] == ["one.yaml"]
    assert done.report["header"]["target"] == f"corpus {NAME} ({checkout})"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--corpus", "nothing", "--from", "."), "there is no corpus nothing: specs/corpora.toml names ruby-openai,"),
        (("--corpus", NAME, "--from", "elsewhere"), f"it should be a checkout of {CORPUS.repository}"),
        (("--corpus", NAME), "--corpus NAME and --from CHECKOUT go together"),
        (("--from", "."), "--corpus NAME and --from CHECKOUT go together"),
        (("x.yaml", "--corpus", NAME, "--from", "."), "without other paths"),
        ((), "name recordings, folders of them, or a --corpus"),
    ],
)
def test_wrong_usage_says_what_to_do(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = command(tmp_path, "audit", *words)
    assert done.code == 2
    assert told in done.err


def test_another_commit_is_told(checkout: Path) -> None:
    assert CORPUS.other_commit(checkout) is None  # no git at all
    here = Path(__file__).parents[2]
    told = CORPUS.other_commit(here)
    assert told is None or re.fullmatch(r"[0-9a-f]{40}", told)
    assert told is None or replace(CORPUS, commit=told).other_commit(here) is None


def test_what_is_known_is_of_requirements_that_cannot_be_demanded() -> None:
    """A MUST that real traffic violates is a fault of the check, not something to know."""
    rules = contract.load().requirements
    for corpus in corpora.load().values():
        assert re.fullmatch(r"[0-9a-f]{40}", corpus.commit)
        assert corpus.dialect in ("openai", "azure")
        assert corpus.years[0] <= corpus.years[1]
        assert all(rules[name].level is not contract.Level.MUST for name in corpus.known)


@pytest.mark.parametrize("text", ["[x]\ncommit = 1", "x = 1", "[", "[x]\npaths = []\nyears = []\nother = 1"])
def test_a_broken_file_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "corpora.toml").write_text(text)
    with pytest.raises(BrokenContract):
        corpora.load(tmp_path / "corpora.toml")
