"""The HTML report: one file that asks nobody, whose links lead somewhere, and that foreign text cannot change."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance.report.html_report import differences, render
from conformance.report.model import OperationLine, Report, StateSeen
from tests.report import samples

VOID = {"meta", "input", "line", "circle", "rect", "br"}
EVERY = [samples.conformant, samples.broken, samples.troubled, samples.unreachable, samples.audit, samples.hostile]


class Page(HTMLParser):
    """The elements of a page, with a complaint about each that is not closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("made", EVERY)
def test_it_is_whole_and_asks_nobody(made: Callable[[], Report]) -> None:
    page = Page(render(made()))
    assert not [tag for tag, _ in page.elements if tag in ("script", "img", "iframe", "link", "form", "object")]
    for tag, attributes in page.elements:
        assert not {"style", "src"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "a":
            assert (attributes["href"] or "").startswith("#")


@pytest.mark.parametrize("made", EVERY)
def test_every_link_leads_somewhere(made: Callable[[], Report]) -> None:
    page = Page(render(made()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(attributes["href"] or "").removeprefix("#") for tag, attributes in page.elements if tag == "a"}
    assert links <= set(ids)


def test_the_policy_admits_its_own_style_alone() -> None:
    text = render(samples.broken())
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    told = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{told}'" in text


def test_foreign_text_stays_text() -> None:
    text = render(samples.hostile())
    assert "<script>&" not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\ud800]", text)


def test_the_states_of_a_run_are_drawn_and_the_one_that_is_told_of_is_marked() -> None:
    report = samples.broken()
    failed = next(one for one in report.results if one.exhibits)
    states = (StateSeen(0.0, "queued", 1), StateSeen(None, "completed", failed.exhibits[0].exchange))
    shown = replace(failed, exhibits=(replace(failed.exhibits[0], states=states),))
    text = render(replace(report, results=(shown,)))
    assert 'aria-label="queued, then completed"' in text
    assert text.count('class="here"') == 1
    assert "0.0 s, exchange 1" in text


def test_the_operations_are_told_the_missing_ones_first() -> None:
    lines = (OperationLine("getRun", "GET /runs", "there"), OperationLine("createRun", "POST /runs", "not there"))
    text = render(replace(samples.conformant(), operations=lines))
    assert text.index("<td>createRun</td><td><code>POST /runs</code></td><td><strong>not there") < text.index(
        "<td>getRun</td>"
    )
    assert 'id="operations"' not in render(samples.conformant())


def test_what_differs_is_marked_word_by_word() -> None:
    was, now = differences("expires_at 600 seconds after", "expires_at 60 seconds after")
    assert [text for text, differs in was if differs] == ["600"]
    assert [text for text, differs in now if differs] == ["60"]
    assert differences("a run", "something else entirely") == ([("a run", False)], [("something else entirely", False)])


def test_many_findings_make_no_large_page() -> None:
    report = samples.broken()
    failed = next(one for one in report.results if one.exhibits)
    many = tuple(
        replace(failed, requirement=f"RUN-MANY-{number:02}", exhibits=failed.exhibits * 20, findings_total=5000)
        for number in range(80)
    )
    text = render(replace(report, results=many))
    assert len(text) < 3_000_000
    assert "4,997 more findings" in text
