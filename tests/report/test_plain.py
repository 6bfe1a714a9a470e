"""Foreign text is made safe to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.plain import shown, visible


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain, grün, 你好", "plain, grün, 你好"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\r\n\tb\x00", "a\\r\\n\\tb\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\x9b1m", "\\x9b1m"),
        ("no\u00a0break", "no\\xa0break"),
    ],
)
def test_the_unprintable_is_escaped(text: str, safe: str) -> None:
    assert visible(text) == safe


def test_what_is_kept() -> None:
    assert visible("a\nb\tc", keep="\n") == "a\nb\\tc"


def test_long_text_is_cut_and_says_so() -> None:
    assert shown("a" * 300) == "a" * 300
    assert shown("a" * 3000, 10) == "aaaaaaaaaa… (3,000 characters)"


@given(st.text(st.characters(), max_size=500), st.integers(1, 100))
def test_always_one_short_printable_line(text: str, limit: int) -> None:
    line = shown(text, limit)
    assert line.isprintable()
    assert len(line) <= 2 * limit + 30
