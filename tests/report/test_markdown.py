"""The summary in Markdown, and the badge."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from conformance.report import badge, markdown
from conformance.report.model import BaselineResult, Report
from tests.report import samples

READER = MarkdownIt("gfm-like", {"linkify": False})
TEXTS = st.text(st.sampled_from("*_`[]()<>#+-!|~&\\.:/ \nab1@$=") | st.characters(), max_size=40)


def inline(text: str) -> list[Token]:
    """All that a reader makes of Markdown, less the blocks."""
    return [child for token in READER.parse(text) for child in token.children or ()]


def test_what_a_job_summary_shows() -> None:
    html = READER.render(markdown.render(samples.troubled()))
    assert html.startswith("<h2>Not conformant: ")
    assert "<table>" in html
    assert "first to mend first</h3>" in html
    assert "<ol>\n<li>" in html
    assert "<summary>" in html


@given(TEXTS)
def test_a_text_stays_itself(text: str) -> None:
    shown = markdown.literal(text)
    (paragraph,) = [token for token in READER.parse(f"a {shown}") if token.type == "inline"]
    assert {child.type for child in paragraph.children or ()} <= {"text", "text_special"}
    assert "".join(child.content for child in paragraph.children or ()) == f"a {markdown.visible(text)}".rstrip()


@given(TEXTS)
def test_a_text_is_no_block_either(text: str) -> None:
    assert [token.type for token in READER.parse(f"- {markdown.literal(text)}") if token.nesting == 1] in (
        ["bullet_list_open", "list_item_open", "paragraph_open"],
        ["bullet_list_open", "list_item_open"],  # of nothing
    )


@given(TEXTS)
def test_code_is_one_span_whatever_is_in_it(text: str) -> None:
    spans = inline(f"a {markdown.code(text)} b")
    assert [span.type for span in spans] == ["text", "code_inline", "text"]


@given(TEXTS)
def test_nothing_of_an_endpoint_is_markup(text: str) -> None:
    report = samples.hostile()
    bent = Report(
        replace(report.header, problem=text, notes=(text,), target=text),
        tuple(replace(result, rule=text) for result in report.results),
        causes=tuple(replace(one, title=text) for one in samples.troubled().causes),
    )
    kinds = {token.type for token in inline(markdown.render(bent))}
    assert not kinds & {"html_inline", "link_open", "image", "em_open", "s_open"}


@pytest.mark.parametrize(
    ("report", "message", "colour"),
    [
        (samples.conformant(), "conformant (", badge.GREEN),
        (samples.broken(), " fail", badge.RED),
        (samples.unreachable(), "no verdict", badge.GREY),
        (replace(samples.conformant(), baseline=BaselineResult("b", unknown=("X",))), "not as its baseline", badge.RED),
    ],
)
def test_a_badge_tells_the_verdict(report: Report, message: str, colour: str) -> None:
    text = badge.render(report)
    tree = ElementTree.fromstring(text)
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert message in (tree.get("aria-label") or "")
    assert f'fill="{colour}"' in text
