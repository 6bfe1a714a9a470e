"""File search and the code interpreter in run steps: used where the run has them, and shown as it was asked."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.search_results import judge_order, judge_threshold
from conformance.trace.hosted_calls import HostedCall, hosted_calls, searched_stores
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, is_number, mapping, text

CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
# Where a request can include the content; the other streams have no such parameter, and are not judged by it.
CAN_INCLUDE = frozenset({"createRun", "getRunStep", "listRunSteps"})
MOST_RESULTS = 20


@check("HOSTED-TOOL-01")
def available(index: Index) -> Iterator[Observation]:
    """A run uses no hosted tool that it does not have."""
    for call in index.view(hosted_calls):
        if not isinstance(call.run.get("tools"), list):
            continue
        yield Examined("HOSTED-TOOL-01", call.where.exchange)
        if call.tool is None:
            has = ", ".join(sorted({str(mapping(tool).get("type")) for tool in call.run["tools"]})) or "no tools"
            expected = f"a call of a tool that the run has: {has[:80]}"
            yield Finding("HOSTED-TOOL-01", call.where.below("type"), expected, f"type {format_value(call.kind)}")


@check("HOSTED-CONTENT-*", "HOSTED-RANKING-01", "HOSTED-RESULTS-01", "HOSTED-RESULTS-02")
def searches(index: Index) -> Iterator[Observation]:
    """A file search ranks as its tool says, keeps to its bounds, and shows content only where it is asked for."""
    for call in index.view(hosted_calls):
        if call.kind != "file_search":
            continue
        yield from _content(index, call)
        tool, rows = call.tool, call.results
        if tool is None:
            continue
        yield from _ranking(index, call, tool)
        allowed, place = tool.get("max_num_results", MOST_RESULTS), call.where.below("file_search", "results")
        if isinstance(call.detail.get("results"), list) and is_integer(allowed):
            yield Examined("HOSTED-RESULTS-01", call.where.exchange)
            if len(rows) > allowed:
                expected = f"at most {format_value(allowed)} results, as the tool allows"
                yield Finding("HOSTED-RESULTS-01", place, expected, f"{len(rows)} results")
        yield from judge_order("HOSTED-RESULTS-02", place, rows)
        threshold = mapping(tool.get("ranking_options")).get("score_threshold")
        yield from judge_threshold("HOSTED-RESULTS-02", place, rows, threshold)


def _content(index: Index, call: HostedCall) -> Iterator[Observation]:
    """The content of results is there where the request includes it, and only there."""
    request = index.call(call.where.exchange)
    if request is None or request.operation not in CAN_INCLUDE or not call.results:
        return
    query = request.exchange.request.query
    if CONTENT in (value for name in ("include[]", "include") for value in query.get(name, ())):
        if not request.exchange.request.is_azure:  # not all of its versions know the parameter
            yield Examined("HOSTED-CONTENT-02", request.number)
            if not any(row.get("content") for row in call.results):
                place = call.where.below("file_search", "results")
                yield Finding("HOSTED-CONTENT-02", place, "content, which the request includes", "results without any")
        return
    yield Examined("HOSTED-CONTENT-01", request.number)
    for position, row in enumerate(call.results):
        if row.get("content"):
            place = call.where.below("file_search", "results", position, "content")
            yield Finding("HOSTED-CONTENT-01", place, "no content: the request does not include it", "content")
            return


def _ranking(index: Index, call: HostedCall, tool: dict[str, Json]) -> Iterator[Observation]:
    members = index.contract.values.of_schema("FileSearchRankingOptions").members
    of_run, of_call = mapping(tool.get("ranking_options")), mapping(call.detail.get("ranking_options"))
    for name in ("ranker", "score_threshold"):
        if name not in of_run or name not in of_call or of_run[name] in (None, "auto"):
            continue
        wanted, told = of_run[name], of_call[name]
        if is_number(wanted) is not is_number(told) or isinstance(wanted, str) is not isinstance(told, str):
            continue
        yield Examined("HOSTED-RANKING-01", call.where.exchange)
        if not members[name].same(wanted, told):
            place = call.where.below("file_search", "ranking_options", name)
            yield Finding(
                "HOSTED-RANKING-01", place, f"{name} {format_value(wanted)}, the run's", f"{name} {format_value(told)}"
            )


@check("HOSTED-RESULTS-03")
def origins(index: Index) -> Iterator[Observation]:
    """What a file search finds is in a store of the assistant or the thread, and called by its name.

    The origin is judged where the trace shows every store that the run could have searched. A file may have been
    removed after the search, so only files that were never put in are found out.
    """
    for call in index.view(hosted_calls):
        if call.kind != "file_search" or not call.results or index.call(call.where.exchange) is None:
            continue
        stores, number = searched_stores(index, call.run), call.where.exchange
        for position, row in enumerate(call.results):
            file_id, told = text(row.get("file_id")), text(row.get("file_name"))
            place = call.where.below("file_search", "results", position)
            if file_id is None:
                continue
            if stores:
                yield Examined("HOSTED-RESULTS-03", number)
                if not stores.may_hold(file_id):
                    expected = f"a file that was put into {' or '.join(map(format_value, stores.ids))}"
                    yield Finding(
                        "HOSTED-RESULTS-03", place.below("file_id"), expected, f"{format_value(file_id)}, which was not"
                    )
            files = index.history("file", file_id)
            name = text(files[0].value.get("filename")) if files else None
            if told is not None and name is not None:
                yield Examined("HOSTED-RESULTS-03", number)
                if told != name:
                    expected = f"file_name {format_value(name)}, that of the file"
                    yield Finding("HOSTED-RESULTS-03", place.below("file_name"), expected, format_value(told))


@check("HOSTED-CODE-01")
def code(index: Index) -> Iterator[Observation]:
    """A step of the code interpreter that completed shows its code."""
    for call in index.view(hosted_calls):
        source = call.detail.get("input")
        if call.kind != "code_interpreter" or call.step.value.get("status") != "completed":
            continue
        if not isinstance(source, str):
            continue
        yield Examined("HOSTED-CODE-01", call.where.exchange)
        if not source:
            place = call.where.below("code_interpreter", "input")
            yield Finding("HOSTED-CODE-01", place, "the code that ran", "an empty input")
