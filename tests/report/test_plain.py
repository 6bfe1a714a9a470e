"""Foreign text is made safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.plain import clipped, shown, visible


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


def test_a_sentence_is_clipped_behind_a_word() -> None:
    text = "something on the page after one with has_more true (exchange 7)"
    assert clipped(text, 63) == text
    assert clipped(text, 40) == "something on the page after one with…"
    assert clipped("/v1/threads/thread_0123456789/runs/run_0123456789/steps told 404", 30) == "/v1/…/steps told 404"


@given(st.text(max_size=300), st.integers(4, 120))
def test_what_is_clipped_fits_and_keeps_its_beginning(text: str, width: int) -> None:
    cut = clipped(text, width)
    assert len(cut) <= width
    assert cut.isprintable()
    if len(visible(text)) <= width:
        assert cut == visible(text)
