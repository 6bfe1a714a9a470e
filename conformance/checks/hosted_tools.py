"""File search and the code interpreter in run steps: used where the run has them, and shown as it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks.asked import Asked, asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import Holdings, store_ids
from conformance.checks.lifecycle import below
from conformance.checks.search import belongs, is_number, ranked, strong
from conformance.contract import Contract
from conformance.trace.json import Json, is_integer, mapping, sequence, shown, text
from conformance.trace.trace import Sighting, Trace, Where

HOSTED = ("file_search", "code_interpreter")
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
# Where a request can include the content; the other streams have no such parameter, and are not judged by it.
CAN_INCLUDE = frozenset({"createRun", "getRunStep", "listRunSteps"})
MOST_RESULTS = 20


@dataclass(frozen=True)
class Use:
    """One call of a hosted tool in one sighting of a step: where it stands, and the run as it was last shown."""

    kind: str
    detail: dict[str, Json]
    where: Where
    step: Sighting
    run: dict[str, Json]

    @property
    def tool(self) -> dict[str, Json] | None:
        """What the run says of the tool; None where it does not have it."""
        for tool in sequence(self.run.get("tools")):
            if mapping(tool).get("type") == self.kind:
                return mapping(mapping(tool).get(self.kind))
        return None

    @property
    def results(self) -> list[dict[str, Json]]:
        """The results of a file search."""
        return [mapping(row) for row in sequence(self.detail.get("results"))]


def _uses(trace: Trace) -> Iterator[Use]:
    runs = {run_id: seen[-1].value for run_id, seen in trace.of_kind("thread.run")}
    for _, seen in trace.of_kind("thread.run.step"):
        for step in seen:
            calls = sequence(mapping(step.value.get("step_details")).get("tool_calls"))
            for index, call in enumerate(calls):
                kind = mapping(call).get("type")
                if isinstance(kind, str) and kind in HOSTED:
                    place = below(step.where, "step_details", "tool_calls", index)
                    run = runs.get(text(step.value.get("run_id")) or "", {})
                    yield Use(kind, mapping(mapping(call).get(kind)), place, step, run)


@check("HOSTED-TOOL-01")
def available(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run uses no hosted tool that it does not have."""
    for use in _uses(trace):
        if not isinstance(use.run.get("tools"), list):
            continue
        yield Examined("HOSTED-TOOL-01", use.where.exchange)
        if use.tool is None:
            has = ", ".join(sorted({str(mapping(tool).get("type")) for tool in use.run["tools"]})) or "no tools"
            expected = f"a call of a tool that the run has: {has[:80]}"
            yield Finding("HOSTED-TOOL-01", below(use.where, "type"), expected, f"type {shown(use.kind)}")


@check("HOSTED-CONTENT-01", "HOSTED-RANKING-01", "HOSTED-RESULTS-01", "HOSTED-RESULTS-02")
def searches(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file search ranks as its tool says, keeps to its bounds, and shows content only where it is asked for."""
    requests = {one.number: one for one in asked(trace, contract)}
    for use in _uses(trace):
        if use.kind != "file_search":
            continue
        yield from _content(use, requests.get(use.where.exchange))
        tool, rows = use.tool, use.results
        if tool is None:
            continue
        yield from _ranking(use, tool)
        allowed = tool.get("max_num_results", MOST_RESULTS)
        place = below(use.where, "file_search", "results")
        if isinstance(use.detail.get("results"), list) and is_integer(allowed):
            yield Examined("HOSTED-RESULTS-01", use.where.exchange)
            if len(rows) > allowed:
                expected = f"at most {shown(allowed)} results, as the tool allows"
                yield Finding("HOSTED-RESULTS-01", place, expected, f"{len(rows)} results")
        yield from ranked("HOSTED-RESULTS-02", place, rows)
        threshold = mapping(tool.get("ranking_options")).get("score_threshold")
        yield from strong("HOSTED-RESULTS-02", place, rows, threshold)


def _content(use: Use, one: Asked | None) -> Iterator[Observation]:
    """The content of results is there only where the request includes it."""
    if one is None or one.operation not in CAN_INCLUDE or not use.results:
        return
    query = one.exchange.request.query
    if CONTENT in (value for name in ("include[]", "include") for value in query.get(name, ())):
        return
    yield Examined("HOSTED-CONTENT-01", one.number)
    for index, row in enumerate(use.results):
        if row.get("content") is not None:
            place = below(use.where, "file_search", "results", index, "content")
            yield Finding("HOSTED-CONTENT-01", place, "no content: the request does not include it", "content")
            return


def _ranking(use: Use, tool: dict[str, Json]) -> Iterator[Observation]:
    wanted, told = mapping(tool.get("ranking_options")), mapping(use.detail.get("ranking_options"))
    for name in ("ranker", "score_threshold"):
        if name not in wanted or name not in told or wanted[name] in (None, "auto"):
            continue
        one, other = wanted[name], told[name]
        if is_number(one) is not is_number(other) or isinstance(one, str) is not isinstance(other, str):
            continue
        yield Examined("HOSTED-RANKING-01", use.where.exchange)
        if one != other:
            place = below(use.where, "file_search", "ranking_options", name)
            yield Finding("HOSTED-RANKING-01", place, f"{name} {shown(one)}, the run's", f"{name} {shown(other)}")


@check("HOSTED-RESULTS-03")
def origins(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What a file search finds is in a store of the assistant or the thread, and called by its name."""
    holdings = Holdings(trace, contract)
    requests = {one.number: one for one in holdings.requests}
    names = {file_id: text(seen[0].value.get("filename")) for file_id, seen in trace.of_kind("file")}
    for use in _uses(trace):
        one = requests.get(use.where.exchange)
        for index, row in enumerate(use.results if use.kind == "file_search" else ()):
            file_id, told = text(row.get("file_id")), text(row.get("file_name"))
            place = below(use.where, "file_search", "results", index)
            if file_id is None or one is None:
                continue
            yield from _of_known_stores(holdings, use, one, file_id, below(place, "file_id"))
            if told is not None and names.get(file_id) is not None:
                yield Examined("HOSTED-RESULTS-03", one.number)
                if told != names[file_id]:
                    expected = f"file_name {shown(names[file_id])}, that of the file"
                    yield Finding("HOSTED-RESULTS-03", below(place, "file_name"), expected, shown(told))


def _of_known_stores(holdings: Holdings, use: Use, one: Asked, file_id: str, where: Where) -> Iterator[Observation]:
    """Judge the origin of a result where the trace shows every store that the run could have searched.

    A file may have been taken out after the search, so only files that were never put in are found out.
    """
    stores = searched(holdings, use.run)
    if stores is None or any(holdings.may_hold(store_id, file_id) for store_id in stores):
        if stores:
            yield Examined("HOSTED-RESULTS-03", one.number)
        return
    yield from belongs("HOSTED-RESULTS-03", holdings, one, stores, file_id, where)


def searched(holdings: Holdings, run: dict[str, Json]) -> tuple[str, ...] | None:
    """The vector stores that a run could search, at any time; None where its assistant or thread was never shown."""
    found = store_ids(run)
    # A run that is created with its thread may be given a store of its own, which nothing has to show.
    for one in holdings.requests:
        found += store_ids(one.sent) if one.operation == "createThreadAndRun" else []
    for kind, name in (("assistant", "assistant_id"), ("thread", "thread_id")):
        seen = holdings.trace.histories.get((kind, text(run.get(name)) or ""))
        if not seen:
            return None
        found += [store_id for sighting in seen for store_id in store_ids(sighting.value)]
    return tuple(dict.fromkeys(found))


@check("HOSTED-CODE-01")
def code(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A step of the code interpreter that completed shows its code."""
    for use in _uses(trace):
        source = use.detail.get("input")
        if use.kind != "code_interpreter" or use.step.value.get("status") != "completed" or not isinstance(source, str):
            continue
        yield Examined("HOSTED-CODE-01", use.where.exchange)
        if not source:
            place = below(use.where, "code_interpreter", "input")
            yield Finding("HOSTED-CODE-01", place, "the code that ran", "an empty input")
