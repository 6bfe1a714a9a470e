"""What a proxy tells while it runs, where nobody sees the live view."""

from dataclasses import replace
from io import StringIO

from conformance.proxy.view import View
from conformance.report.model import Exhibit, Report, Result
from tests.report.samples import broken


def told(view: View, file: StringIO, report: Report) -> list[str]:
    before = len(file.getvalue())
    view.judged(report)
    return [line.split(":")[0] for line in file.getvalue()[before:].splitlines()]


def test_a_finding_about_an_earlier_exchange_is_told_too() -> None:
    file = StringIO()
    failing = next(result for result in broken().results if result.exhibits)

    def with_findings(*exchanges: int) -> Report:
        exhibits = tuple(Exhibit("exchanges.jsonl", number, None, "", "a", "b") for number in exchanges)
        results: tuple[Result, ...] = (replace(failing, exhibits=exhibits),)
        return replace(broken(), results=results)

    with View("a proxy", file) as view:
        assert told(view, file, with_findings(7)) == [f"{failing.requirement} exchange 7"]
        assert told(view, file, with_findings(3, 7)) == [f"{failing.requirement} exchange 3"]
        assert told(view, file, with_findings(3, 7, 9)) == [f"{failing.requirement} exchange 9"]
