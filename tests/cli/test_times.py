"""Times that are numbers to Python and no times to anybody are wrong usage, told in one line."""

from pathlib import Path

import pytest

from tests.cli.command import command


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--timeout", "nan"),
        ("run", "--timeout", "inf"),
        ("run", "--timeout", "1e30"),
        ("fuzz", "reference", "--max-time", "nan"),
    ],
)
def test_a_time_is_a_number_of_seconds(words: tuple[str, ...], tmp_path: Path) -> None:
    done = command(tmp_path, *words)
    assert done.code == 2
    assert done.err.strip().splitlines()[-1].startswith("Error: Invalid value for")
