"""Every input that the coverage-guided search found worth keeping, run again."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*"))


def test_every_target_has_a_corpus() -> None:
    assert {case.partition("/")[0] for case in CASES} == set(TARGETS)


@pytest.mark.parametrize("case", CASES)
def test_a_kept_input(case: str) -> None:
    TARGETS[case.partition("/")[0]]((CORPUS / case).read_bytes())
