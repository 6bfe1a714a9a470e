"""Annotations of messages: where they lie in the text, and which files they name."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import Holdings
from conformance.checks.hosted_tools import searched
from conformance.checks.lifecycle import below
from conformance.checks.uploads import uploads_by_id
from conformance.contract import Contract
from conformance.trace.json import Json, is_integer, mapping, sequence, shown, text
from conformance.trace.trace import Sighting, Trace, Where

MESSAGE = "thread.message"
TOOLS = {"file_citation": "file_search", "file_path": "code_interpreter"}


def _annotations(sighting: Sighting) -> Iterator[tuple[Where, str, dict[str, Json]]]:
    """Each annotation of a message: its place, the text it is in, and itself."""
    for index, part in enumerate(sequence(sighting.value.get("content"))):
        written = mapping(mapping(part).get("text"))
        value = text(written.get("value"))
        for position, annotation in enumerate(sequence(written.get("annotations"))):
            if value is not None and isinstance(annotation, dict):
                yield below(sighting.where, "content", index, "text", "annotations", position), value, annotation


@check("ANNOTATION-PLACE-01", "ANNOTATION-TEXT-01", "ANNOTATION-USER-01")
def places(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An annotation lies in its text, on the words that it repeats; what a user writes has none."""
    creations = {one.number for one in asked(trace, contract) if one.operation == "createMessage" and one.ok}
    for _, seen in trace.of_kind(MESSAGE):
        for sighting in seen:
            found = list(_annotations(sighting))
            if sighting.where.exchange in creations and sighting.value.get("role") == "user":
                yield Examined("ANNOTATION-USER-01", sighting.where.exchange)
                if found:
                    expected = "no annotations in a message that a user has just written"
                    yield Finding("ANNOTATION-USER-01", found[0][0], expected, f"{len(found)} annotations")
                continue
            for where, value, annotation in found:
                yield from _lies_within(where, value, annotation, streamed=sighting.streamed)


def _lies_within(where: Where, value: str, annotation: dict[str, Json], *, streamed: bool) -> Iterator[Observation]:
    start, end, cited = annotation.get("start_index"), annotation.get("end_index"), annotation.get("text")
    if not is_integer(start) or not is_integer(end):
        return
    longest = len(value.encode("utf-8", "replace"))
    yield Examined("ANNOTATION-PLACE-01", where.exchange)
    if not 0 <= start <= end <= longest:
        expected = f"start_index and end_index in this order within the text of {len(value)} characters"
        yield Finding("ANNOTATION-PLACE-01", where, expected, f"{shown(start)} to {shown(end)}")
        return
    # In streams the deltas' own check judges this: DELTA-ANNOTATION-02.
    if streamed or not isinstance(cited, str):
        return
    yield Examined("ANNOTATION-TEXT-01", where.exchange)
    if value[start:end] != cited:
        expected = f"the text from {start} to {end}, {shown(value[start:end])}"
        yield Finding("ANNOTATION-TEXT-01", below(where, "text"), expected, f"text {shown(cited)}")


@check("ANNOTATION-FILE-01", "ANNOTATION-TOOL-01", "ANNOTATION-QUOTE-01")
def sources(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A citation comes from a tool of the run, names a file that it could read, and quotes what stands there."""
    holdings = Holdings(trace, contract)
    known = uploads_by_id(trace, contract)
    runs = {run_id: seen[-1].value for run_id, seen in trace.of_kind("thread.run")}
    for _, seen in trace.of_kind(MESSAGE):
        for sighting in seen:
            run = runs.get(text(sighting.value.get("run_id")) or "", {})
            for where, _, annotation in _annotations(sighting):
                kind = annotation.get("type")
                if not isinstance(kind, str) or kind not in TOOLS:
                    continue
                if isinstance(run.get("tools"), list):
                    yield from _tool(where, kind, run["tools"])
                named = mapping(annotation.get(kind))
                file_id, quote = text(named.get("file_id")), text(named.get("quote"))
                if file_id is None or kind != "file_citation":
                    continue
                yield from _file(holdings, where, run, file_id)
                uploaded = known[file_id].plain_text if file_id in known else None
                if quote and uploaded is not None:
                    yield Examined("ANNOTATION-QUOTE-01", where.exchange)
                    if "".join(quote.split()) not in "".join(uploaded.split()):
                        place, expected = below(where, kind, "quote"), f"a quote from {shown(file_id)}"
                        yield Finding("ANNOTATION-QUOTE-01", place, expected, f"quote {shown(quote)}")


def _tool(where: Where, kind: str, tools: list[Json]) -> Iterator[Observation]:
    yield Examined("ANNOTATION-TOOL-01", where.exchange)
    if TOOLS[kind] not in (mapping(tool).get("type") for tool in tools):
        expected = f"no {kind} from a run without {TOOLS[kind]}"
        yield Finding("ANNOTATION-TOOL-01", below(where, "type"), expected, f"type {shown(kind)}")


def _file(holdings: Holdings, where: Where, run: dict[str, Json], file_id: str) -> Iterator[Observation]:
    """Judge where a cited file comes from, where the trace shows every store that the run could search."""
    stores = searched(holdings, run)
    if stores is None or any(store_id not in holdings.created for store_id in stores):
        return
    yield Examined("ANNOTATION-FILE-01", where.exchange)
    if file_id not in holdings.anywhere and not any(holdings.may_hold(store_id, file_id) for store_id in stores):
        expected = "a file of the assistant's or the thread's vector stores"
        yield Finding("ANNOTATION-FILE-01", below(where, "file_citation", "file_id"), expected, shown(file_id))
