"""A matrix as JSON, Markdown and HTML."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from conformance.issues import matrix_page
from conformance.issues.catalogue import Catalogue, load
from conformance.issues.cell import Cell, Outcome, shortened
from conformance.issues.matrix import Matrix, as_json, as_markdown, read_cells, spans
from conformance.issues.sdk import Language, Sdk
from tests.issues.cells import issue

SIGN = {"signal": "status", "is": "wrong"}


class Reader(HTMLParser):
    """Reads a page as a browser does: which elements, which texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cells(*shown: Outcome) -> list[Cell]:
    return [Cell("KI-05", Sdk(Language.PYTHON, f"1.{minor}.0"), one) for minor, one in enumerate(shown, 20)]


def matrix(*found: Cell) -> Matrix:
    return Matrix(Catalogue({"KI-05": issue(SIGN)}, ()), found)


def test_spans_of_affected_releases() -> None:
    yes, no, unknown, none = Outcome.REPRODUCED, Outcome.NOT_REPRODUCED, Outcome.COULD_NOT_RUN, Outcome.NOT_APPLICABLE
    assert spans(cells(yes, yes, no, yes)) == "1.20.0 to 1.21.0, 1.23.0"
    assert spans(cells(yes, unknown, yes)) == "1.20.0 to 1.22.0"
    assert spans(cells(none, yes, none)) == "1.21.0"
    assert spans(cells(no, none)) == "none"


def test_html_is_static_and_escaped() -> None:
    hostile = Cell(
        "KI-05",
        Sdk(Language.PYTHON, "1.20.0"),
        Outcome.REPRODUCED,
        signals={"status": "<script>alert(1)</script>\x00\"'"},
    )
    page = matrix_page.render(matrix(hostile))
    assert page.startswith("<!doctype html>\n<html")
    reader = Reader()
    reader.feed(page)
    assert "script" not in reader.tags
    assert any("<script>alert(1)</script>" in text for text in reader.texts)
    assert "\x00" not in page
    assert "An &lt;issue&gt; &amp; more" in page


def test_html_shows_the_newest_release_first_and_tells_the_same_evidence_once() -> None:
    page = matrix_page.render(matrix(*cells(Outcome.NOT_REPRODUCED, Outcome.REPRODUCED, Outcome.REPRODUCED)))
    assert page.index(">1.22.0<") < page.index(">1.21.0<") < page.index(">1.20.0<")
    reader = Reader()
    reader.feed(page)
    assert "1.22.0 to 1.21.0" in reader.texts
    assert 'class="issue newest-there"' in page


def test_json_has_every_cell_and_the_spans() -> None:
    document = json.loads(as_json(matrix(*cells(Outcome.NOT_REPRODUCED, Outcome.REPRODUCED))))
    [row] = document["issues"]
    assert row["affected"] == {"python": "1.21.0"}
    assert [one["verdict"] for one in row["cells"]] == ["not reproduced", "reproduced"]


def test_markdown_keeps_its_table() -> None:
    text = as_markdown(matrix(*cells(Outcome.REPRODUCED)))
    assert "| KI-05 An <issue> & more | 1.20.0 | 1.20.0: yes | 1.20.0: yes |" in text


def test_the_published_cells_make_all_documents() -> None:
    published = Matrix(load(), read_cells(Path(__file__).parents[2] / "reports/sdk-matrix.json"))
    assert re.search(r"\| KI-01 \| .* \| \d+ of \d+ releases \|", as_markdown(published))
    page = matrix_page.render(published)
    assert all(f'id="{issue.key}"' in page for issue in published.issues)


def test_the_wire_is_told_shortly() -> None:
    wire = [f"GET /threads/thread_{'a' * 24}/runs/run_1 -> 200"] * 300
    assert shortened(wire) == ("GET /threads/thread_…/runs/run_1 -> 200 (300 times)",)
    assert len(shortened([f"GET /{number} -> 200" for number in range(50)])) == 13
