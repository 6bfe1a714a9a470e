"""Which recorded exchanges belong together: the traces that the rows of recordings are.

Within a file, rows of one cassette, one host, one account and one sitting are a trace. Files are parts of one trace
where they share ids of objects and follow one another in time. Where the order of such files cannot be told, each stays
a trace of its own: runs would seem to go back from `in_progress` to `queued`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import groupby, pairwise

import orjson

from conformance.contract import Contract
from conformance.recordings import label_of
from conformance.recordings.cuts import Selected
from conformance.recordings.formats import azure_test_proxy
from conformance.recordings.placeholders import NO_PLACEHOLDERS, Placeholders
from conformance.recordings.readings import Reading, ways
from conformance.recordings.recording import Row, Session
from conformance.recordings.restored import with_overlaps, without_lost_body
from conformance.recordings.selection import Selection, dated
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace
from conformance.trace.window import is_id

EPISODE = timedelta(hours=1)
"""Two exchanges of one cassette that lie further apart were not made in one sitting."""
BETWEEN_FILES = timedelta(minutes=10)
"""Two files that lie further apart were not: what happened in between may be in a third, which is not here."""

_STEP_BACK = timedelta(minutes=1)  # recorders note the end of an exchange, in whole seconds, so a little is normal
_NAMED = 3


class Grouping(StrEnum):
    """What makes a trace: what is `found` to belong together, each `file`, or all as `one`."""

    FOUND = "found"
    FILE = "file"
    ONE = "one"


@dataclass(frozen=True)
class Part:
    """Rows of one file that belong together, as they follow one another there.

    `ids` are those of the objects that they are about, `made` those that they created. `hidden` tells what the recorder
    wrote in place of values; with `slashed` it turned backslashes around.
    """

    file: str
    source: str
    rows: tuple[Row, ...]
    session: Session | None = None
    ids: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    base_path: str | None = None
    hidden: Placeholders = NO_PLACEHOLDERS
    slashed: bool = False

    @cached_property
    def span(self) -> tuple[datetime, datetime] | None:
        """When its first and its last exchange happened; None where one does not tell."""
        dates = [row.exchange.date for row in self.rows]
        known = [date for date in dates if date is not None]
        return (min(known), max(known)) if len(known) == len(dates) else None


@dataclass(frozen=True)
class Group:
    """The parts that are one trace, in order of time."""

    parts: tuple[Part, ...]

    def trace(self) -> Trace:
        """The trace; that of several parts is numbered through, and named with who has which numbers.

        Other clients may have used the endpoint meanwhile, but for cassettes of ours.
        """
        first = self.parts[0]
        if first.session is not None:
            kept = first.session
            exchanges = tuple(row.exchange for row in first.rows)
            return Trace(first.source, exchanges, kept.base_path, kept.live, kept.expectations, kept.absent)
        if len(self.parts) == 1:
            rows = [row.exchange for row in first.rows]
            if not all(one.number < other.number for one, other in pairwise(rows)):  # their numbers tell their order
                rows = [replace(exchange, number=at) for at, exchange in enumerate(rows, start=1)]
            context = frozenset(row.exchange.number for row in first.rows if row.context)
            readable = self._readable(rows)
            return Trace(first.source, readable, first.base_path, _is_timed(rows), context=context, shared=True)
        through = (row for part in self.parts for row in part.rows)
        context = frozenset(number for number, row in enumerate(through, start=1) if row.context)
        readable = self._readable(self._numbered_through())
        return Trace(self._name(), readable, first.base_path, context=context, shared=True)

    def ways(self, contract: Contract) -> list[Reading]:
        """How else than as it is stored the trace may be read; a cassette of ours is what it is."""
        first = self.parts[0]
        if first.session is not None:
            return []
        return ways(contract, self._hidden, first.base_path, slashed=any(part.slashed for part in self.parts))

    @property
    def _hidden(self) -> Placeholders:
        return Placeholders(word for part in self.parts for word in part.hidden.words)

    def _readable(self, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
        hidden = self._hidden
        return with_overlaps(tuple(without_lost_body(dated(exchange), hidden) for exchange in exchanges))

    def lines(self, trace: Trace) -> dict[int, int]:
        """The line of each exchange of its trace, by number, where the rows tell theirs."""
        rows = (row for part in self.parts for row in part.rows)
        return {one.number: row.line for one, row in zip(trace.exchanges, rows, strict=True) if row.line is not None}

    def numbers(self) -> list[range]:
        """The numbers that the exchanges of each part have in the trace, where there are several."""
        found, begin = [], 1
        for part in self.parts:
            found.append(range(begin, begin + len(part.rows)))
            begin += len(part.rows)
        return found

    def _numbered_through(self) -> Iterator[Exchange]:
        number = 0
        for part in self.parts:
            for row in part.rows:
                number += 1
                # Seconds are since the beginning of each part; those of another say nothing beside them.
                yield replace(row.exchange, number=number, started=None, ended=None)

    def _name(self) -> str:
        named = [
            f"{part.source} ({numbers[0]}–{numbers[-1]})" if len(numbers) > 1 else f"{part.source} ({numbers[0]})"
            for part, numbers in zip(self.parts, self.numbers(), strict=True)
        ]
        more = len(named) - _NAMED
        return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_timed(exchanges: Sequence[Exchange]) -> bool:
    """Whether there are streams, and all of the recording tells when its requests and the chunks of these came."""
    streams = [exchange.response for exchange in exchanges if exchange.response and exchange.response.is_stream]
    timed = all(exchange.started is not None for exchange in exchanges)
    return bool(streams) and timed and all(stream.arrivals or not stream.body for stream in streams)


def parts(
    selection: Selection, name: str, grouping: Grouping = Grouping.FOUND, *, of_feed: bool = False
) -> Iterator[Part]:
    """The parts of one file, in the order of the file, each as large as can be told; the file unless they are found.

    The rows of one portion `of_feed` are of one sitting, however far they lie apart.
    """
    recording, contract = selection.recording, selection.contract
    hidden, slashed = selection.placeholders, recording.format == azure_test_proxy.NAME
    judged = [selected for selected in selection.rows if selected.reason is None]
    if recording.session is not None or (judged and grouping is not Grouping.FOUND):
        base_path = judged[0].base_path if judged else None
        rows = tuple(selected.row for selected in judged)
        yield Part(name, name, rows, recording.session, base_path=base_path, hidden=hidden, slashed=slashed)
        return
    own = label_of(recording.path)
    unseen = frozenset(word for touches in selection.unseen.values() for touch in touches for word in touch.names)
    for label, base_path, rows, is_whole in _stretches(selection, judged, own if of_feed else None):
        ids = frozenset(name for row in rows for name in _ids(row.exchange, contract))
        ids = ids if is_whole and ids.isdisjoint(unseen) else frozenset()
        made = ids.intersection(name for row in rows if _creates(row, contract) for name in _answered(row.exchange))
        yield Part(name, name if label == own else label, rows, None, ids, made, base_path, hidden, slashed)


def _stretches(
    selection: Selection, judged: list[Selected], feed: str | None
) -> Iterator[tuple[str, str | None, tuple[Row, ...], bool]]:
    """(cassette, base path, rows, whether nothing was cut off) of what belongs together within one file.

    The cassette that is named `feed` is one sitting.
    """
    cassettes: dict[tuple[str, str | None], list[Selected]] = {}
    for selected in judged:
        cassettes.setdefault((selected.row.label, selected.base_path), []).append(selected)
    for (label, base_path), cassette in cassettes.items():
        known = {id(selected.row): selected for selected in cassette}
        for account in _accounts([selected.row for selected in cassette], selection.contract):
            for sitting in [account] if label == feed else _sittings(account):
                cuts = list(selection.cut([known[id(row)] for row in sitting]))
                for cut in cuts:
                    yield label, base_path, tuple(selected.row for selected in cut), len(cuts) == 1


def group(found: Sequence[Part], grouping: Grouping = Grouping.FOUND) -> list[Group]:
    """The parts as traces, in the order of their first parts; cassettes of ours are traces already."""
    if grouping is Grouping.FOUND:
        order = {id(part): at for at, part in enumerate(found)}
        groups = [Group(tuple(chain)) for cluster in _sharing_ids(found) for chain in _chains(cluster)]
        return sorted(groups, key=lambda one: min(order[id(part)] for part in one.parts))
    if grouping is Grouping.FILE:
        return [Group((part,)) for part in found]
    others = [part for part in found if part.session is None]
    if all(part.span is not None for part in others):
        others.sort(key=lambda part: part.span or ())
    ours = [Group((part,)) for part in found if part.session is not None]
    return ours + ([Group(tuple(others))] if others else [])


def _accounts(rows: list[Row], contract: Contract) -> list[list[Row]]:
    """The rows of each host, and of each project or organization there; none sees what another has.

    Rows that name none go with the objects that they are about.
    """
    hosts: dict[str, list[Row]] = {}
    for row in rows:
        hosts.setdefault(_host(row), []).append(row)
    found: list[list[Row]] = []
    for at_host in hosts.values():
        named = [_told(row, "openai-project") for row in at_host]
        if len({name for name in named if name}) < 2:
            named = [_organization(row) for row in at_host]
        if len({name for name in named if name}) < 2:
            found.append(at_host)
            continue
        accounts: dict[str, list[Row]] = {}
        owners: dict[str, str] = {}
        last = next(name for name in named if name)
        for row, name in zip(at_host, named, strict=True):
            ids = _ids(row.exchange, contract)
            account = name or next((owners[object_id] for object_id in ids if object_id in owners), last)
            owners |= dict.fromkeys(ids, account)
            accounts.setdefault(account, []).append(row)
            last = account
        found += accounts.values()
    return found


def _host(row: Row) -> str:
    parts = row.exchange.request.parts
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    return parts.netloc.rpartition("@")[2].lower().removesuffix(default)


def _organization(row: Row) -> str:
    return _told(row, "openai-organization")


def _told(row: Row, header: str) -> str:
    """What the answer, or else the request, has under a header; empty where neither has it."""
    response = row.exchange.response
    told = response.headers.get(header) if response else None
    return told or row.exchange.request.headers.get(header) or ""


def _sittings(rows: list[Row]) -> Iterator[list[Row]]:
    number = 0
    numbers: list[int] = []
    last = None
    for row in rows:
        date = row.exchange.date
        if date is not None:
            if last is not None and not -_STEP_BACK <= date - last <= EPISODE:
                number += 1
            last = date
        numbers.append(number)
    for _, sitting in groupby(zip(numbers, rows, strict=True), key=lambda pair: pair[0]):
        yield [row for _, row in sitting]


def _ids(exchange: Exchange, contract: Contract) -> list[str]:
    """The objects that an exchange is about: those that its path names, and the one it answers with."""
    route = contract.operations.match(exchange.request.method, exchange.request.path)
    names = [*(route.path_params.values() if route is not None else ()), *_answered(exchange)]
    return [name for name in names if is_id(name)]


def _answered(exchange: Exchange) -> list[str]:
    """The id of the object that answers a request, where there is one."""
    response = exchange.response
    if not exchange.ok or response is None or not response.headers.media_type.endswith("json"):
        return []
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return []
    return [answer["id"]] if isinstance(answer, dict) and isinstance(answer.get("id"), str) else []


def _creates(row: Row, contract: Contract) -> bool:
    route = contract.operations.match(row.exchange.request.method, row.exchange.request.path)
    answer = contract.objects.answers.get(route.operation.operation_id) if route is not None else None
    return answer is not None and answer.creates and not answer.kind.shared_ids


def _sharing_ids(found: Sequence[Part]) -> list[list[Part]]:
    """The parts that share an id with another at the same host, directly or through others."""
    leaders = list(range(len(found)))

    def leader(at: int) -> int:
        while leaders[at] != at:
            leaders[at] = leaders[leaders[at]]
            at = leaders[at]
        return at

    owners: dict[tuple[str, str, str], int] = {}
    for at, part in enumerate(found) if len(found) > 1 else ():
        host, organization = _host(part.rows[0]), next(filter(None, map(_organization, part.rows)), "")
        for name in part.ids:
            leaders[leader(at)] = leader(owners.setdefault((host, organization, name), at))
    clusters: dict[int, list[Part]] = {}
    for at, part in enumerate(found):
        clusters.setdefault(leader(at), []).append(part)
    return list(clusters.values())


def _chains(cluster: list[Part]) -> list[list[Part]]:
    """The parts that follow one another in time; each alone where that cannot be told of all."""
    alone = len({part.source for part in cluster}) < len(cluster)  # one cassette was split for a reason
    if len(cluster) == 1 or alone or any(part.span is None for part in cluster):
        return [[part] for part in cluster]
    ordered = sorted(cluster, key=lambda part: part.span or ())
    spans = [part.span for part in ordered if part.span is not None]
    if any(later[0] <= earlier[1] for earlier, later in pairwise(spans)) or _made_twice(ordered):
        return [[part] for part in cluster]
    chains = [[ordered[0]]]
    for (_, ended), part, (began, _) in zip(spans, ordered[1:], spans[1:], strict=False):
        if began - ended <= BETWEEN_FILES:
            chains[-1].append(part)
        else:
            chains.append([part])
    return chains


def _made_twice(ordered: list[Part]) -> bool:
    """Whether an object is created that was there before: ids that were made up, or hidden under one another's."""
    seen: set[str] = set()
    for part in ordered:
        if part.made & seen:
            return True
        seen |= part.ids
    return False
