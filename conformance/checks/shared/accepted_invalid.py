"""What came of requests that the contract rejects and the endpoint accepted: told once, under the bound, nowhere else.

An endpoint that takes an unknown tool shows it ever after, in the assistant, in its runs, in lists of both. That it was
taken is the one fault; whatever else is said of such an answer, of such an object or of what was made with it is not
told. An unknown member that the answer does not show was ignored, and nothing came of it: some clients always send one.
The objects of others on a shared endpoint are left out alike: who made them is asked about them.
"""

from collections.abc import Iterator
from functools import cached_property

from conformance.trace.calls import OperationCall
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.trace import Sighting, Where
from conformance.trace.validity import Validity

ACCOUNT_WIDE = frozenset({"listAssistants", "listFiles", "listVectorStores"})
"""Lists that also show what others made."""
_LOCKING = frozenset({*CREATING_RUNS, "submitToolOuputsToRun"})  # what they do is done to the thread, too
_OF_MESSAGES = frozenset({"createMessage", "modifyMessage", "deleteMessage", "modifyRun"})
_NAMING = ("id", "_ids")
_LISTED_ITEM = 3  # the steps of "/data/0" are "", "data" and "0"


class AcceptedInvalid:
    """Which places of a trace show what an endpoint made of requests that it should have refused.

    `exchanges` are the numbers of the answers to such requests, and to requests about what they made or changed.
    """

    def __init__(self, index: Index) -> None:
        self.exchanges: set[int] = set()
        self._index = index
        self._objects: dict[str, int] = {}  # by id, the exchange from which on nothing is told of it
        self._lists: dict[str, int] = {}  # by path, the same
        validity = index.view(Validity)
        for call in index.calls:
            rejected = not call.refused and validity.rejects(call) and not _was_ignored(call, validity)
            if rejected or (self._objects and self._concerns(call)):
                if call.ok or not rejected:
                    self.exchanges.add(call.number)
                if call.spec.method != "GET" and not call.refused:
                    self._follow(call)

    # ---- what is affected --------------------------------------------------------------------------------------------

    def _concerns(self, call: OperationCall) -> bool:
        """Whether a request names such an object, or its answer shows one, other than as an item of a list."""
        named = (*call.params.values(), *(value for values in call.exchange.request.query.values() for value in values))
        if any(value in self._objects for value in named) or self._mentions(call.sent, call.number):
            return True
        return "data" not in call.answer and self._mentions(call.answer, call.number)

    def _mentions(self, value: Json, number: int) -> bool:
        return any(self._objects.get(word, number + 1) <= number for word in _references(value))

    def _follow(self, call: OperationCall) -> None:
        """Take note of what a request made and changed."""
        changed = [sighting.id for sighting in self._index.sightings_in(call.number) if self._has_own_id(sighting.kind)]
        changed += [value for name, value in call.params.items() if not _is_spared(name, call)]
        if call.operation in _LOCKING:
            changed += filter(None, (text(seen.value.get("thread_id")) for seen in self._runs_in(call.number)))
        for named in filter(None, changed):  # an empty id names nothing
            self._objects.setdefault(named, call.number)
        self._lists.setdefault(call.exchange.request.path, call.number)

    def _has_own_id(self, constant: str) -> bool:
        kind = self._index.contract.objects.by_constant.get(constant)
        return kind is None or not kind.shared_ids

    def _runs_in(self, number: int) -> Iterator[Sighting]:
        return (sighting for sighting in self._index.sightings_in(number) if sighting.kind == "thread.run")

    # ---- questions ---------------------------------------------------------------------------------------------------

    def covers(self, where: Where) -> bool:
        """Whether a place shows what came of such a request."""
        if where.exchange in self.exchanges:
            return True
        call = self._index.call(where.exchange) if self._objects or self._lists else None
        if call is None:
            return False
        if where.event is not None and call.exchange.response is not None:
            return self._mentions(call.exchange.response.events[where.event - 1].json_or_none, call.number)
        if call.spec.method != "GET":
            return False
        items = sequence(call.answer.get("data"))
        if (item := _item_at(items, where)) is not None:
            return self._mentions(item, call.number)
        return self._lists.get(call.exchange.request.path, call.number + 1) <= call.number or (
            bool(items) and self._mentions(items, call.number)
        )

    def is_of_others(self, where: Where) -> bool:
        """Whether a place is in an object of a shared endpoint that this trace neither made nor asked for."""
        call = self._index.call(where.exchange) if self._index.trace.live else None
        if call is None or call.operation not in ACCOUNT_WIDE:
            return False
        item = _item_at(sequence(call.answer.get("data")), where)
        named = text(mapping(item).get("id"))
        return named is not None and named not in self._own

    @cached_property
    def _own(self) -> frozenset[str]:
        """The ids that the trace's own requests named, or that were shown otherwise than on a list."""
        shown = {sighting.id for sighting in self._index.trace.sightings if not sighting.listed}
        return frozenset(shown.union(*(call.params.values() for call in self._index.calls)))


def _was_ignored(call: OperationCall, validity: Validity) -> bool:
    """Whether all that is wrong with a request is one unknown member of its body, of which the answer shows nothing.

    What clients of version 1 send may have been heeded all the same.
    """
    return all(
        violation.keyword == "additionalProperties"
        and not violation.pointer
        and violation.member not in (None, "file_ids", *call.answer)
        for violation in validity.request(call) or ()
    ) and bool(validity.request(call))


def _is_spared(parameter: str, call: OperationCall) -> bool:
    """Whether a request leaves alone what its path names: a message its thread, what is done in a store the file."""
    if parameter == "file_id":
        return "vector_store_id" in call.params
    return parameter == "thread_id" and call.operation in _OF_MESSAGES and not call.sent.get("attachments")


def _item_at(items: list[Json], where: Where) -> Json:
    """The item of a list that a place is in; None where it is in none."""
    steps = where.pointer.split("/", _LISTED_ITEM)
    if len(steps) < _LISTED_ITEM or steps[1] != "data" or not steps[2].isdecimal() or int(steps[2]) >= len(items):
        return None
    return items[int(steps[2])]


def _references(value: Json) -> Iterator[str]:
    """The ids in a JSON value: only members that name objects are read, since any text may be somebody's id."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        for name, member in one.items() if isinstance(one, dict) else ():
            if not name.endswith(_NAMING):
                waiting.append(member)
            elif isinstance(member, str):
                yield member
            elif isinstance(member, list):
                yield from (item for item in member if isinstance(item, str))
