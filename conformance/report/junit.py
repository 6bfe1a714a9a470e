"""The report as JUnit XML: one suite per area, one case per requirement."""

from collections import Counter
from typing import assert_never
from xml.etree import ElementTree

from conformance.report.model import Exhibit, Report, Result
from conformance.report.plain import shown, visible
from conformance.report.reference import reference
from conformance.report.verdict import Verdict

EXHIBITS_SHOWN = 3


def render(report: Report) -> str:
    """The report as an XML document.

    fail is a failure, error is an error; unsupported, not-exercised and inconclusive are
    skipped with their reason; a warning passes and tells its findings in system-out. A run that could not be carried
    through has one more suite with an error, so that no reader takes it for green. The seconds of a scenario are shared
    by the requirements that were examined in it: those of all cases add up to what the scenarios took.
    """
    seconds = _seconds(report)
    root = ElementTree.Element("testsuites", name="assistants-conformance", time=f"{report.header.seconds:.3f}")
    if (trouble := _trouble(report)) is not None:
        suite = ElementTree.SubElement(root, "testsuite", name="run")
        case = ElementTree.SubElement(suite, "testcase", classname="run", name="The run was carried through", time="0")
        ElementTree.SubElement(case, "error", message=shown(trouble), type="error").text = _legal(trouble)
        _total(suite)
    areas: dict[str, list[Result]] = {}
    for result in report.results:
        areas.setdefault(result.area, []).append(result)
    for area, results in sorted(areas.items()):
        suite = ElementTree.SubElement(root, "testsuite", name=shown(area), timestamp=shown(report.header.started))
        for result in sorted(results, key=lambda r: r.requirement):
            _case(suite, result, seconds[result.requirement])
        _total(suite)
    _total(root)
    ElementTree.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(root, encoding='unicode')}\n"


def _trouble(report: Report) -> str | None:
    if report.header.problem is not None:
        return report.header.problem
    return "interrupted" if report.header.interrupted else None


def _seconds(report: Report) -> dict[str, float]:
    """The share of each requirement in the seconds of its scenarios."""
    took = {line.name: line.seconds or 0.0 for line in report.scenarios}
    sharing = Counter(source for result in report.results for source in result.sources)
    return {
        result.requirement: sum(took.get(source, 0.0) / sharing[source] for source in result.sources)
        for result in report.results
    }


def _case(suite: ElementTree.Element, result: Result, seconds: float) -> None:
    name = f"{result.requirement}: {result.rule}"
    case = ElementTree.SubElement(
        suite, "testcase", classname=shown(result.area), name=shown(name), time=f"{seconds:.3f}"
    )
    verdict = result.verdict
    match verdict:
        case Verdict.PASS:
            pass
        case Verdict.FAIL:
            ElementTree.SubElement(case, "failure", message=_message(result), type=verdict.value).text = _findings(
                result
            )
        case Verdict.ERROR:
            _broken(case, "error", result)
        case Verdict.WARN:
            ElementTree.SubElement(case, "system-out").text = f"warning: {_findings(result)}"
        case Verdict.INCONCLUSIVE | Verdict.UNSUPPORTED | Verdict.NOT_EXERCISED:
            reason = result.reason or _message(result)
            ElementTree.SubElement(case, "skipped", message=shown(f"{verdict.value}: {reason}"))
        case _:
            assert_never(verdict)


def _broken(case: ElementTree.Element, tag: str, result: Result) -> None:
    element = ElementTree.SubElement(case, tag, message=_message(result), type=result.verdict.value)
    element.text = _findings(result)


def _message(result: Result) -> str:
    if result.reason or not result.exhibits:
        return shown(result.reason or result.verdict.value.replace("-", " "))
    first = result.exhibits[0]
    return shown(f"expected {first.expected}, got {first.actual}", 400)


def _findings(result: Result) -> str:
    texts = [f"{result.requirement} {result.level}: {result.rule}\n{reference(result.requirement)}"]
    if result.reason:
        texts.append(result.reason)
    texts += [_exhibit(exhibit) for exhibit in result.exhibits[:EXHIBITS_SHOWN]]
    if (rest := result.findings_total - min(len(result.exhibits), EXHIBITS_SHOWN)) > 0:
        texts.append(f"and {rest:,} more")
    return _legal("\n\n".join(texts))


def _exhibit(exhibit: Exhibit) -> str:
    event = "" if exhibit.event is None else f", event {exhibit.event}"
    lines = [
        f"in {shown(exhibit.source)}, {exhibit.place}{event} {shown(exhibit.pointer)}".rstrip(),
        f"expected {shown(exhibit.expected, 1000)}",
        f"actual   {shown(exhibit.actual, 1000)}",
        *(f"{'>' if line.marked else ' '} {shown(line.text)}" for line in exhibit.wire),
    ]
    if exhibit.rerun:
        lines.append(f"rerun: {shown(exhibit.rerun, 1000)}")
    return "\n".join(lines)


def _legal(text: str) -> str:
    return visible(text, keep="\n")


def _total(element: ElementTree.Element) -> None:
    element.set("tests", str(len(list(element.iter("testcase")))))
    if element.tag == "testsuite":
        element.set("time", f"{sum(float(case.get('time', 0)) for case in element.iter('testcase')):.3f}")
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(len(list(element.iter(tag)))))
