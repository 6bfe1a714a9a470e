"""The conditions of issues in traffic: where an endpoint does what an SDK breaks on, as narrow as the probe plants it.

Each function looks at its subjects and tells of each whether it is what breaks SDKs. They are no checks: what is
wrong in other ways, but breaks no SDK, is nothing here; and what breaks one may be allowed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from conformance.trace.index import Index
from conformance.trace.json import is_integer, mapping, sequence
from conformance.trace.pages import Page
from conformance.trace.run_stream import Frame, RunStream
from conformance.trace.trace import Where


class Subject(NamedTuple):
    """One place that can tell of an issue, and whether it shows it."""

    where: Where
    shows: bool


Look: TypeAlias = Callable[[Index], Iterator[Subject]]
Entry: TypeAlias = dict[str, Any]

# What the SDKs' loops know: three to wait for, six to end with.
_STATUSES = {"queued", "in_progress", "cancelling"}
_STATUSES |= {"requires_action", "completed", "incomplete", "failed", "cancelled", "expired"}
_DEFAULT_LIMIT = 20


def unknown_status(index: Index) -> Iterator[Subject]:
    """KI-12: the last that a run shows to whoever polls it is a status that SDKs do not know."""
    for named, calls in index.calls_by("run_id", "getRun").items():
        shown = [call for call in calls if call.ok and call.answer.get("id") == named]
        if shown:
            yield Subject(shown[-1].where.below("status"), shown[-1].answer.get("status") not in _STATUSES)


def other_batch(index: Index) -> Iterator[Subject]:
    """KI-07: a batch is asked for, and an object of another id answered."""
    for call in index.calls_to("getVectorStoreFileBatch"):
        if call.ok and "id" in call.answer:
            yield Subject(call.where.below("id"), call.answer["id"] != call.params["batch_id"])


def detached_elsewhere(index: Index) -> Iterator[Subject]:
    """KI-08: a file is taken out of one store, and is gone from another in which it was."""
    for removal in index.calls_to("deleteVectorStoreFile"):
        file, store = removal.params["file_id"], removal.params["vector_store_id"]
        later = [call for call in index.calls_on("file_id", file) if call.number > removal.number]
        if not removal.ok or any(call.exchange.request.method != "GET" for call in later):
            continue
        reads = index.calls_on("file_id", file, "getVectorStoreFile")
        for read in reads:
            other = read.params["vector_store_id"]
            was_there = any(one.ok and one.params == read.params and one.number < removal.number for one in reads)
            deleted = index.calls_on("vector_store_id", other, "deleteVectorStore")
            if read.number > removal.number and other != store and was_there and not deleted:
                yield Subject(read.where, read.status == 404)


def gap(index: Index) -> Iterator[Subject]:
    """KI-15: the indices under which a step's calls come leave one out."""
    for where, seen in _numbered(index):
        yield Subject(where, max(seen) >= len(seen))


def descending(index: Index) -> Iterator[Subject]:
    """KI-16: a call comes behind one of a higher index."""
    for where, seen in _numbered(index):
        yield Subject(where, seen != sorted(seen))


def doubled_index(index: Index) -> Iterator[Subject]:
    """KI-17: the first delta of a step's calls has two entries of one index, which are taken over as they are."""
    for deltas in _call_deltas(index):
        where, entries = deltas[0]
        indices = [entry.get("index") for entry in entries]
        yield Subject(where, len(indices) != len(set(map(str, indices))))


def repeated_name(index: Index) -> Iterator[Subject]:
    """KI-18: a later delta of a call has its id or its name again."""
    for where, entry, first in _calls(index):
        if not first:
            name = mapping(entry.get("function")).get("name")
            yield Subject(where, any(isinstance(value, str) and value != "" for value in (entry.get("id"), name)))


def early_arguments(index: Index) -> Iterator[Subject]:
    """KI-25: the first delta of a function call has arguments."""
    for where, entry, first in _calls(index):
        if first and "function" in entry:
            yield Subject(where, bool(mapping(entry["function"]).get("arguments")))


def flat_error(index: Index) -> Iterator[Subject]:
    """KI-27: an error event tells its error without `error` around it."""
    for stream in index.streams:
        for frame in stream.frames:
            if frame.family == "error":
                yield Subject(_place(stream, frame), not frame.data.get("error"))


def unnamed_end(index: Index) -> Iterator[Subject]:
    """KI-28: the event with which a run ends has no event line."""
    for stream in index.streams:
        for frame in stream.frames:
            if frame.names and _ends_run(index, frame):
                yield Subject(_place(stream, frame), frame.event.name is None)


def delta_before_message(index: Index) -> Iterator[Subject]:
    """KI-29: a message's delta comes while no message is under way."""
    for stream in index.streams:
        under_way = False
        for frame in stream.frames:
            if frame.family == "message" and frame.is_delta:
                yield Subject(_place(stream, frame), not under_way)
            elif frame.family == "message":
                under_way = not frame.closes


def unnumbered_annotations(index: Index) -> Iterator[Subject]:
    """KI-30: a later delta of a part that has annotations brings some without an index."""
    for stream in index.streams:
        known: set[tuple[str | None, str]] = set()
        for frame in stream.frames:
            for part in sequence(mapping(frame.data.get("delta")).get("content")) if frame.is_delta else ():
                notes = sequence(mapping(mapping(part).get("text")).get("annotations"))
                key = (frame.id, str(mapping(part).get("index")))
                numbered = all(is_integer(mapping(one).get("index")) for one in notes)
                if notes and (numbered or key in known):  # one delta alone breaks nothing, whatever it lacks
                    yield Subject(_place(stream, frame), not numbered)
                known |= {key} if notes else set()


def null_over_value(index: Index) -> Iterator[Subject]:
    """KI-31: a later delta has null where what came before has a value."""
    for stream in index.streams:
        whole: dict[str, Entry] = {}
        for frame in stream.frames:
            if frame.id is None or frame.family not in ("step", "message"):
                continue
            if not frame.is_delta:
                whole.setdefault(frame.id, {"step_details": _fresh(frame.data.get("step_details"))})
            elif frame.id in whole:
                yield Subject(_place(stream, frame), _merge(whole[frame.id], mapping(frame.data.get("delta"))))


def pages_without_end(index: Index) -> Iterator[Subject]:
    """KI-47: a page that was asked for behind an earlier one repeats it, and has more."""
    earlier: dict[tuple[object, ...], set[str | None]] = {}
    for page in index.all_pages:
        if before := earlier.get((page.key, page.query.get("after"))):
            yield Subject(page.where, page.has_more is True and not before.isdisjoint(page.ids))
        if page.ids:
            earlier[page.key, page.ids[-1]] = set(page.ids)


def more_untold(index: Index) -> Iterator[Subject]:
    """KI-48: a page is full, and does not tell whether there is more."""
    for page in index.all_pages:
        if page.items and len(page.items) == _limit(page):
            yield Subject(page.where, page.has_more is None)


def no_last_run(index: Index) -> Iterator[Subject]:
    """KI-54: a stream comes to its end without an event that ends the run."""
    for stream in index.streams:
        if stream.whole and stream.sentinels and not stream.failed and any(f.family == "run" for f in stream.frames):
            ended = any(_ends_run(index, frame) for frame in stream.frames)
            yield Subject(Where(stream.number, stream.sentinels[-1].number), not ended)


def cut_off(index: Index) -> Iterator[Subject]:
    """CE-08: the connection breaks while a stream is under way."""
    for stream in index.streams:
        response = stream.exchange.response
        if response is not None and not stream.hung_up:
            yield Subject(Where(stream.number), not response.complete)


def _calls(index: Index) -> Iterator[tuple[Where, Entry, bool]]:
    """Each entry of a call in step deltas, and whether it is the first of its call."""
    for deltas in _call_deltas(index):
        seen = set()
        for where, entries in deltas:
            for entry in entries:
                yield where, entry, str(entry.get("index")) not in seen
                seen.add(str(entry.get("index")))


def _numbered(index: Index) -> Iterator[tuple[Where, list[int]]]:
    """The indices of each step with several calls, or one that is not 0, as they first come."""
    for deltas in _call_deltas(index):
        indices = [entry.get("index") for _, entries in deltas for entry in entries]
        seen = list(dict.fromkeys(one for one in indices if is_integer(one)))
        if seen and seen != [0]:
            yield deltas[0][0], seen


def _call_deltas(index: Index) -> Iterator[list[tuple[Where, list[Entry]]]]:
    """The deltas of each step that bring calls, stream by stream."""
    for stream in index.streams:
        found: dict[str | None, list[tuple[Where, list[Entry]]]] = defaultdict(list)
        for frame in stream.frames:
            if frame.family == "step" and frame.is_delta:
                details = mapping(mapping(frame.data.get("delta")).get("step_details"))
                if entries := [mapping(one) for one in sequence(details.get("tool_calls"))]:
                    found[frame.id].append((_place(stream, frame), entries))
        yield from found.values()


def _merge(whole: Entry, delta: Entry) -> bool:
    """Put a delta to what came before, as SDKs do; returns whether it has a null over a value."""
    broken = False
    for key, value in delta.items():
        held = whole.get(key)
        if value is None and held is not None and key not in ("index", "type"):
            broken = True
        elif isinstance(held, dict) and isinstance(value, dict):
            broken |= _merge(held, value)
        elif isinstance(held, dict) and isinstance(value, list):
            for entry in map(mapping, value):
                broken |= _merge(held.setdefault(str(entry.get("index")), {}), entry)
        else:
            whole[key] = _fresh(value)
    return broken


def _fresh(value: Any) -> Any:
    """A value to be added to; a list of entries by their index."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return {str(one.get("index", number)): _fresh(one) for number, one in enumerate(value)}
    return {key: _fresh(one) for key, one in value.items()} if isinstance(value, dict) else value


def _ends_run(index: Index, frame: Frame) -> bool:
    return not index.contract.grammar.run_end.isdisjoint(frame.names)


def _limit(page: Page) -> int:
    return _DEFAULT_LIMIT if page.limit is None else page.limit


def _place(stream: RunStream, frame: Frame) -> Where:
    return Where(stream.number, frame.number)


LOOKS: Mapping[str, Look] = {
    "KI-07": other_batch,
    "KI-08": detached_elsewhere,
    "KI-12": unknown_status,
    "KI-15": gap,
    "KI-16": descending,
    "KI-17": doubled_index,
    "KI-18": repeated_name,
    "KI-25": early_arguments,
    "KI-27": flat_error,
    "KI-28": unnamed_end,
    "KI-29": delta_before_message,
    "KI-30": unnumbered_annotations,
    "KI-31": null_over_value,
    "KI-47": pages_without_end,
    "KI-48": more_untold,
    "KI-54": no_last_run,
    "CE-08": cut_off,
}
