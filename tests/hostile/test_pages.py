"""Pages and screens are safe to open: text of an endpoint runs nothing, wherever it stands."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.issues import matrix_page
from conformance.issues.catalogue import Catalogue
from conformance.issues.cell import Cell, Outcome
from conformance.issues.matrix import Matrix
from conformance.issues.sdk import Language, Sdk
from conformance.issues.table import show_table
from conformance.proof import page as proof_page
from conformance.proof.run import Proof
from conformance.proof.trial import Trial
from conformance.report import write_all
from conformance.report.page import page
from conformance.report.progress import Progress
from conformance.report.terminal import show
from tests.issues.cells import issue
from tests.report import samples

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script><style>",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.invalid\x1b\\\x9b31m\u202e\u2028\x00\r\n\x08",
]
RUNS = {"script", "iframe", "object", "embed", "img", "svg", "form", "link", "base", "audio", "video", "input"}
LOADS = {"src", "srcset", "srcdoc", "action", "formaction", "data", "background", "poster", "ping"}

anything = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8"), max_size=40))


class Browser(HTMLParser):
    """Reads a page as a browser does, and keeps what could run or load something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.dangers: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in RUNS and (tag, told.get("type")) != ("input", "radio"):
            self.dangers.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in LOADS or (name == "href" and not (value or "").startswith("#")):
                self.dangers.append(f"{tag} {name}={value}")
            if tag == "meta" and name == "http-equiv" and value != "Content-Security-Policy":
                self.dangers.append("meta http-equiv")
            if name == "title":
                self.said.append(value or "")

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def sdk_matrix_page(text: str) -> str:
    """The page of the SDK matrix with a text wherever one of an endpoint or an SDK can stand."""
    cell = Cell("KI-05", Sdk(Language.PYTHON, "1.20.0"), Outcome.REPRODUCED, signals={"status": text, text: [text]})
    failed = replace(cell, outcome=Outcome.COULD_NOT_RUN, reason=text, signals={}, wire=(text,))
    told = replace(issue({"signal": "status", "is": text}), title=text, condition=text, sources=(text,), note=text)
    catalogue = Catalogue({"KI-05": told}, ())
    return "".join(matrix_page.render(Matrix(catalogue, (one,))) for one in (cell, failed))


def proof_matrix_page(text: str) -> str:
    """The kill matrix with a text wherever a text stands."""
    trials = [
        Trial(f"{text}.{text}", text, text, witness=text, said=text, tripped={text: 1}),
        Trial(f"area.{text}", text, text),
    ]
    return proof_page.render(Proof(trials=trials, alarms=[text], broken=[text]))


@pytest.mark.parametrize("render", [sdk_matrix_page, proof_matrix_page])
@settings(deadline=None, max_examples=120)
@given(text=anything)
def test_no_page_runs_or_loads_what_a_text_says(render: Callable[[str], str], text: str) -> None:
    browser = Browser()
    browser.feed(render(text))
    browser.close()
    assert browser.dangers == []


@pytest.mark.parametrize("text", HOSTILE[:9])
@pytest.mark.parametrize("render", [sdk_matrix_page, proof_matrix_page])
def test_a_page_still_says_what_it_was_told(render: Callable[[str], str], text: str) -> None:
    browser = Browser()
    browser.feed(render(text))
    assert [one for one in browser.said if text in one]


SGR = re.compile(r"\x1b\[[0-9;]*m")


def assert_harmless(text: str) -> None:
    """Nothing but printable characters, line ends and colours."""
    odd = {letter for letter in SGR.sub("", text) if not letter.isprintable() and letter != "\n"}
    assert odd == set()


@pytest.mark.parametrize("color", [True, False])
def test_no_report_on_a_screen_sends_codes_of_an_endpoint(color: bool) -> None:
    sheet = io.StringIO()
    show(samples.hostile(), ["a\x1b[2Jb.json"], sheet, 100, color)
    assert_harmless(sheet.getvalue())
    if color:
        assert SGR.search(sheet.getvalue())


@settings(deadline=None, max_examples=60)
@given(text=anything, color=st.booleans())
def test_no_text_that_is_printed_sends_codes(text: str, color: bool) -> None:
    from rich.text import Text

    sheet = io.StringIO()
    with page(sheet, 100, color) as console:
        console.print(Text(text, "bold red"))
        show_table(console, _shown(text), detailed=True)
    assert_harmless(sheet.getvalue())


def _shown(text: str) -> Matrix:
    cell = Cell("KI-05", Sdk(Language.PYTHON, "1.20.0"), Outcome.COULD_NOT_RUN, reason=text, wire=(text,))
    return Matrix(Catalogue({"KI-05": issue({"signal": "status", "is": "x"})}, ()), (cell,))


def test_progress_sends_no_codes() -> None:
    told = io.StringIO()
    progress = Progress(told)
    progress.start(2)
    for text in HOSTILE:
        progress.scenario(text)
        progress.done(text, text, (text,))
    assert_harmless(told.getvalue())


def test_report_files_hold_no_codes_and_are_what_they_say(tmp_path: Path) -> None:
    write_all(samples.hostile(), tmp_path)
    for name in ("report.json", "report.txt", "report.html", "junit.xml"):
        assert_harmless((tmp_path / name).read_text())
    json.loads((tmp_path / "report.json").read_text())
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert {element.tag for element in suite.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out", "properties", "property",
    }  # fmt: skip
