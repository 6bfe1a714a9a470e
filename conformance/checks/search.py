"""Searches of vector stores: how many results, in which order, which of them, and from which files."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import Asked, any_between, asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.filters import Verdict, passes
from conformance.checks.holdings import Holdings
from conformance.checks.lifecycle import below
from conformance.checks.routes import malformed
from conformance.checks.shared.echo import kept
from conformance.checks.uploads import uploads_by_id
from conformance.contract import Contract
from conformance.trace.json import Json, is_integer, mapping, same, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Trace, Where

SEARCH = "searchVectorStore"
DEFAULT_RESULTS = 10
PAGED = frozenset({SEARCH, "retrieveVectorStoreFileContent"})


def is_number(value: Json) -> bool:
    """Whether a JSON value is a number."""
    return is_integer(value) or isinstance(value, float)


def _searches(trace: Trace, contract: Contract) -> Iterator[tuple[Asked, list[dict[str, Json]]]]:
    """The answered searches with their results; a malformed one was to be refused, and is judged as that."""
    for one in asked(trace, contract):
        if one.operation != SEARCH or not one.ok or not isinstance(one.answer.get("data"), list):
            continue
        if not malformed(one.exchange, contract.operations.by_id[SEARCH], contract):
            yield one, [mapping(row) for row in one.answer["data"]]


@check("SEARCH-ORDER-01", "SEARCH-COUNT-01", "SEARCH-THRESHOLD-01", "SEARCH-QUERY-01")
def results(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A search has as many results as asked, sorted, none too weak, for the queries that were sent."""
    for one, rows in _searches(trace, contract):
        limit = one.sent.get("max_num_results", DEFAULT_RESULTS)
        if is_integer(limit):
            yield Examined("SEARCH-COUNT-01", one.number)
            if len(rows) > limit:
                place = below(one.where, "data")
                yield Finding("SEARCH-COUNT-01", place, f"at most {shown(limit)} results", f"{len(rows)} results")
        threshold = mapping(one.sent.get("ranking_options")).get("score_threshold")
        yield from ranked("SEARCH-ORDER-01", below(one.where, "data"), rows)
        yield from strong("SEARCH-THRESHOLD-01", below(one.where, "data"), rows, threshold)
        told, query = one.answer.get("search_query"), one.sent.get("query")
        queries = [query] if isinstance(query, str) else query
        if isinstance(told, list) and isinstance(queries, list) and one.sent.get("rewrite_query") is not True:
            yield Examined("SEARCH-QUERY-01", one.number)
            if not same(told, queries):
                place, expected = below(one.where, "search_query"), f"search_query {shown(queries)}, as sent"
                yield Finding("SEARCH-QUERY-01", place, expected, f"search_query {shown(told)}")


def ranked(requirement: str, where: Where, rows: list[dict[str, Json]]) -> Iterator[Observation]:
    """Judge that scores never rise from one result to the next."""
    scores = [row["score"] for row in rows if is_number(row.get("score"))]
    if len(scores) != len(rows) or len(rows) < 2:
        return
    yield Examined(requirement, where.exchange)
    for index in range(1, len(scores)):
        if scores[index] > scores[index - 1]:
            expected = f"a score of {shown(scores[index - 1])} or less behind the result before"
            yield Finding(requirement, below(where, index, "score"), expected, f"score {shown(scores[index])}")
            return


def strong(requirement: str, where: Where, rows: list[dict[str, Json]], threshold: Json) -> Iterator[Observation]:
    """Judge that no result scores below a threshold."""
    for index, row in enumerate(rows):
        if not is_number(threshold) or not is_number(row.get("score")):
            continue
        yield Examined(requirement, where.exchange)
        if row["score"] < threshold:
            expected = f"a score of {shown(threshold)} or more"
            yield Finding(requirement, below(where, index, "score"), expected, f"score {shown(row['score'])}")


@check("SEARCH-FILTER-01")
def filters(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Every result passes the filters, by the attributes that it shows."""
    for one, rows in _searches(trace, contract):
        for index, row in enumerate(rows):
            attributes = row.get("attributes")
            if not isinstance(one.sent.get("filters"), dict) or not isinstance(attributes, dict | None):
                continue
            verdict = passes(one.sent["filters"], attributes or {})
            if verdict is Verdict.UNKNOWN:
                continue
            yield Examined("SEARCH-FILTER-01", one.number)
            if verdict is Verdict.NO:
                place = below(one.where, "data", index, "attributes")
                expected = f"attributes that pass {shown(one.sent['filters'])}"
                yield Finding("SEARCH-FILTER-01", place, expected, f"attributes {shown(attributes)}")


@check("SEARCH-PAGE-01")
def pages(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A next page is told where there is more, and only there."""
    for one in asked(trace, contract):
        more, following = one.answer.get("has_more"), one.answer.get("next_page")
        if one.operation not in PAGED or not one.ok or not isinstance(more, bool) or "next_page" not in one.answer:
            continue
        if not isinstance(following, str | None):
            continue
        yield Examined("SEARCH-PAGE-01", one.number)
        if bool(following) is not more:
            wanted = "a next_page" if more else "next_page null"
            expected = f"{wanted} where has_more is {'true' if more else 'false'}"
            yield Finding("SEARCH-PAGE-01", below(one.where, "next_page"), expected, f"next_page {shown(following)}")


@check("SEARCH-FILE-01", "SEARCH-NAME-01", "SEARCH-ATTRIBUTES-01", "SEARCH-CONTENT-01")
def origins(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A result is a piece of a file of the store, and tells that file's name and attributes."""
    holdings = Holdings(trace, contract)
    known = uploads_by_id(trace, contract)
    names = {file_id: text(seen[0].value.get("filename")) for file_id, seen in trace.of_kind("file")}
    for one, rows in _searches(trace, contract):
        store_id = one.path.get("vector_store_id", "")
        for index, row in enumerate(rows):
            file_id, place = text(row.get("file_id")), below(one.where, "data", index)
            if file_id is None:
                continue
            yield from belongs("SEARCH-FILE-01", holdings, one, (store_id,), file_id, below(place, "file_id"))
            told = text(row.get("filename"))
            if told is not None and names.get(file_id) is not None:
                yield Examined("SEARCH-NAME-01", one.number)
                if told != names[file_id]:
                    expected = f"filename {shown(names[file_id])}, that of the file"
                    yield Finding("SEARCH-NAME-01", below(place, "filename"), expected, f"filename {shown(told)}")
            yield from _attributes(holdings, one, store_id, file_id, row, below(place, "attributes"))
            uploaded = known[file_id].plain_text if file_id in known else None
            for position, chunk in enumerate(sequence(row.get("content"))):
                piece = text(mapping(chunk).get("text"))
                if uploaded is None or piece is None:
                    continue
                yield Examined("SEARCH-CONTENT-01", one.number)
                if "".join(piece.split()) not in "".join(uploaded.split()):
                    expected = f"a piece of the file, which begins {shown(uploaded[:40])}"
                    chunk_place = below(place, "content", position, "text")
                    yield Finding("SEARCH-CONTENT-01", chunk_place, expected, f"text {shown(piece)}")


def belongs(
    requirement: str, holdings: Holdings, one: Asked, stores: tuple[str, ...], file_id: str, where: Where
) -> Iterator[Observation]:
    """Judge that a file is one of these vector stores', all of which the trace itself must have created."""
    if not stores or any(store_id not in holdings.created for store_id in stores) or file_id in holdings.anywhere:
        return
    yield Examined(requirement, one.number)
    if not any(holdings.may_hold(store_id, file_id) for store_id in stores):
        expected = f"a file that was put into {' or '.join(map(shown, stores))}"
        yield Finding(requirement, where, expected, f"{shown(file_id)}, which was not")
        return
    gone = [holdings.removal(store_id, file_id, one.exchange) for store_id in stores]
    gone = [removal for store_id, removal in zip(stores, gone, strict=True) if holdings.added(store_id, file_id)]
    if gone and all(gone) and gone[0] is not None:
        expected = f"no {shown(file_id)}: it was taken out in exchange {gone[0].number}"
        yield Finding(requirement, where, expected, "a result of it")


def _attributes(
    holdings: Holdings, one: Asked, store_id: str, file_id: str, row: dict[str, Json], where: Where
) -> Iterator[Observation]:
    """The attributes of a result beside those that the file last showed, where nothing may have changed them since."""
    told = row.get("attributes")
    last = None
    for sighting in holdings.entries.get((store_id, file_id), ()):
        exchange = holdings.trace.exchange(sighting.where.exchange)
        if isinstance(sighting.value.get("attributes"), dict) and before(exchange, one.exchange):
            last = sighting, exchange
    if last is None or not isinstance(told, dict):
        return
    sighting, exchange = last
    changing = ("updateVectorStoreFileAttributes", "createVectorStoreFile", "createVectorStoreFileBatch")
    changes = (
        request
        for request in holdings.requests
        if request.operation in changing and request.path.get("vector_store_id") == store_id and not request.refused
    )
    if any_between(changes, exchange, one.exchange):
        return
    yield Examined("SEARCH-ATTRIBUTES-01", one.number)
    wanted = sighting.value["attributes"]
    if wanted.keys() != told.keys() or not kept(wanted, told):
        expected = f"attributes {shown(wanted)}, as the file has them (exchange {exchange.number})"
        yield Finding("SEARCH-ATTRIBUTES-01", where, expected, f"attributes {shown(told)}")
