"""Searches of vector stores: how many results, in which order, which of them, and from which files."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.search_filters import Verdict, passes
from conformance.checks.shared.search_results import judge_order, judge_threshold
from conformance.trace.calls import OperationCall
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, json_equal, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.store_contents import REMOVING, StoreContents
from conformance.trace.trace import Where
from conformance.trace.uploads import Upload, uploads_by_id, without_space

SEARCH = "searchVectorStore"
DEFAULT_RESULTS = 10
PAGED = (SEARCH, "retrieveVectorStoreFileContent")
CHANGING = ("updateVectorStoreFileAttributes", "createVectorStoreFile", "createVectorStoreFileBatch")


def _searches(index: Index) -> list[tuple[OperationCall, list[dict[str, Json]]]]:
    """The answered searches with their results."""
    return [
        (call, [mapping(row) for row in call.answer["data"]])
        for call in index.calls_to(SEARCH)
        if call.ok and isinstance(call.answer.get("data"), list)
    ]


@check("SEARCH-ORDER-01", "SEARCH-COUNT-01", "SEARCH-THRESHOLD-01", "SEARCH-QUERY-01")
def results(index: Index) -> Iterator[Observation]:
    """A search has as many results as asked, sorted, none too weak, for the queries that were sent."""
    for call, rows in index.view(_searches):
        limit, place = call.sent.get("max_num_results", DEFAULT_RESULTS), call.where.below("data")
        if is_integer(limit):
            yield Examined("SEARCH-COUNT-01", call.number)
            if len(rows) > limit:
                yield Finding(
                    "SEARCH-COUNT-01", place, f"at most {format_value(limit)} results", f"{len(rows)} results"
                )
        threshold = mapping(call.sent.get("ranking_options")).get("score_threshold")
        yield from judge_order("SEARCH-ORDER-01", place, rows)
        yield from judge_threshold("SEARCH-THRESHOLD-01", place, rows, threshold)
        told, query = call.answer.get("search_query"), call.sent.get("query")
        queries = [query] if isinstance(query, str) else query
        if isinstance(told, list) and isinstance(queries, list) and call.sent.get("rewrite_query") is not True:
            yield Examined("SEARCH-QUERY-01", call.number)
            if not json_equal(told, queries):
                place, expected = call.where.below("search_query"), f"search_query {format_value(queries)}, as sent"
                yield Finding("SEARCH-QUERY-01", place, expected, f"search_query {format_value(told)}")


@check("SEARCH-FILTER-01")
def filters(index: Index) -> Iterator[Observation]:
    """Every result passes the filters, by the attributes that it shows."""
    for call, rows in index.view(_searches):
        filter_ = call.sent.get("filters")
        for position, row in enumerate(rows if isinstance(filter_, dict) else ()):
            attributes = row.get("attributes")
            if not isinstance(attributes, dict | None):
                continue
            verdict = passes(filter_, attributes or {})
            if verdict is Verdict.UNKNOWN:
                continue
            yield Examined("SEARCH-FILTER-01", call.number)
            if verdict is Verdict.NO:
                place = call.where.below("data", position, "attributes")
                expected = f"attributes that pass {format_value(filter_)}"
                yield Finding("SEARCH-FILTER-01", place, expected, f"attributes {format_value(attributes)}")


@check("SEARCH-FILTER-02")
def found_again(index: Index) -> Iterator[Observation]:
    """What a search finds without filters, the same search finds with filters that it passes, if nothing changed."""
    unfiltered: dict[str, tuple[OperationCall, list[dict[str, Json]]]] = {}
    for call, rows in index.view(_searches):
        store_id, limit = call.params["vector_store_id"], call.sent.get("max_num_results", DEFAULT_RESULTS)
        same = repr((store_id, sorted((name, value) for name, value in call.sent.items() if name != "filters")))
        filter_ = call.sent.get("filters")
        if filter_ is None:
            unfiltered[same] = call, rows
        if filter_ is None or same not in unfiltered or not is_integer(limit) or call.sent.get("rewrite_query"):
            continue
        earlier, results = unfiltered[same]
        changes = index.calls_on("vector_store_id", store_id, *CHANGING, *REMOVING, effective=True)
        between = earlier.exchange, call.exchange
        files = index.calls_to("deleteFile", effective=True)
        if not before(*between) or changes.any_between(*between) or files.any_between(*between) or len(rows) >= limit:
            continue
        found = {text(row.get("file_id")) for row in rows}
        for row in results:
            attributes, file_id = row.get("attributes"), text(row.get("file_id"))
            if file_id is None or not isinstance(attributes, dict) or passes(filter_, attributes) is not Verdict.YES:
                continue
            yield Examined("SEARCH-FILTER-02", call.number)
            if file_id not in found:
                expected = f"{format_value(file_id)}, which exchange {earlier.number} found and the filters let pass"
                yield Finding("SEARCH-FILTER-02", call.where.below("data"), expected, f"{len(rows)} results without it")


@check("SEARCH-CONTENT-02")
def contents(index: Index) -> Iterator[Observation]:
    """A result shows what was found in its file."""
    for call, rows in index.view(_searches):
        for position, row in enumerate(rows):
            if isinstance(row.get("content"), list):
                yield Examined("SEARCH-CONTENT-02", call.number)
                if not row["content"]:
                    place = call.where.below("data", position, "content")
                    yield Finding("SEARCH-CONTENT-02", place, "a piece of the file", "no content")


@check("SEARCH-PAGE-01")
def pages(index: Index) -> Iterator[Observation]:
    """A next page is told where there is more, and only there."""
    for call in index.calls_to(*PAGED):
        more, following = call.answer.get("has_more"), call.answer.get("next_page")
        if not call.ok or not isinstance(more, bool) or "next_page" not in call.answer:
            continue
        if not isinstance(following, str | None):
            continue
        yield Examined("SEARCH-PAGE-01", call.number)
        if bool(following) is not more:
            wanted = "a next_page" if more else "next_page null"
            expected = f"{wanted} where has_more is {'true' if more else 'false'}"
            yield Finding(
                "SEARCH-PAGE-01", call.where.below("next_page"), expected, f"next_page {format_value(following)}"
            )


@check("SEARCH-FILE-01", "SEARCH-NAME-01", "SEARCH-ATTRIBUTES-01", "SEARCH-CONTENT-01")
def origins(index: Index) -> Iterator[Observation]:
    """A result is a piece of a file of the store, and tells that file's name and attributes."""
    for call, rows in index.view(_searches):
        for position, row in enumerate(rows):
            file_id, place = text(row.get("file_id")), call.where.below("data", position)
            if file_id is None:
                continue
            yield from _belongs(index, call, file_id, place.below("file_id"))
            files, told = index.history("file", file_id), text(row.get("filename"))
            name = text(files[0].value.get("filename")) if files else None
            if told is not None and name is not None:
                yield Examined("SEARCH-NAME-01", call.number)
                if told != name:
                    expected = f"filename {format_value(name)}, that of the file"
                    yield Finding("SEARCH-NAME-01", place.below("filename"), expected, f"filename {format_value(told)}")
            yield from _attributes(index, call, file_id, row.get("attributes"), place.below("attributes"))
            upload = index.view(uploads_by_id).get(file_id)
            if upload is not None and upload.plain_text is not None:
                yield from _content(upload, row, place)


def _belongs(index: Index, call: OperationCall, file_id: str, where: Where) -> Iterator[Observation]:
    """Judge that a file is in the searched store, which the trace itself must have created."""
    contents, store_id = index.view(StoreContents), call.params["vector_store_id"]
    if store_id not in contents.created or file_id in contents.attached:
        return
    yield Examined("SEARCH-FILE-01", call.number)
    if not contents.may_hold(store_id, file_id):
        expected = f"a file that was put into {format_value(store_id)}"
        yield Finding("SEARCH-FILE-01", where, expected, f"{format_value(file_id)}, which was not")
        return
    removal = contents.file(store_id, file_id).removal(call.exchange)
    if removal is not None:
        expected = f"no {format_value(file_id)}: it was taken out in exchange {removal.number}"
        yield Finding("SEARCH-FILE-01", where, expected, "a result of it")


def _attributes(index: Index, call: OperationCall, file_id: str, told: Json, where: Where) -> Iterator[Observation]:
    """The attributes of a result beside those that the file last showed, where nothing may have changed them since."""
    store_id = call.params["vector_store_id"]
    seen = index.view(StoreContents).file(store_id, file_id).history.certainly_before(call.exchange)
    last = next((sighting for sighting in seen if isinstance(sighting.value.get("attributes"), dict)), None)
    if last is None or not isinstance(told, dict):
        return
    changes = index.calls_on("vector_store_id", store_id, *CHANGING, effective=True)
    if changes.any_between(index.exchange(last), call.exchange):
        return
    yield Examined("SEARCH-ATTRIBUTES-01", call.number)
    wanted = last.value["attributes"]
    if not index.contract.values.of_object("vector_store.file").members["attributes"].same(wanted, told):
        expected = f"attributes {format_value(wanted)}, as the file has them (exchange {last.where.exchange})"
        yield Finding("SEARCH-ATTRIBUTES-01", where, expected, f"attributes {format_value(told)}")


def _content(upload: Upload, row: dict[str, Json], where: Where) -> Iterator[Observation]:
    for position, chunk in enumerate(sequence(row.get("content"))):
        piece = text(mapping(chunk).get("text"))
        if piece is None:
            continue
        yield Examined("SEARCH-CONTENT-01", where.exchange)
        if without_space(piece) not in (upload.dense_text or ""):
            expected = f"a piece of the file, which begins {format_value((upload.plain_text or '')[:40])}"
            yield Finding(
                "SEARCH-CONTENT-01", where.below("content", position, "text"), expected, f"text {format_value(piece)}"
            )
