"""Calls of the hosted tools, file search and the code interpreter, as run steps show them."""

from dataclasses import dataclass

from conformance.trace.index import Index
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.store_contents import StoreContents, store_ids
from conformance.trace.trace import Sighting, Where

HOSTED = ("file_search", "code_interpreter")


@dataclass(frozen=True)
class HostedCall:
    """One call of a hosted tool in one sighting of a step: its place, what it shows, the run as it was last shown."""

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


def hosted_calls(index: Index) -> tuple[HostedCall, ...]:
    """Every call of a hosted tool, in every sighting of a step."""
    found = []
    for step in index.sightings("thread.run.step"):
        details = step.value.get("step_details")
        for position, call in enumerate(sequence(details.get("tool_calls")) if isinstance(details, dict) else ()):
            kind = mapping(call).get("type")
            if isinstance(kind, str) and kind in HOSTED:
                place = step.where.below("step_details", "tool_calls", position)
                found.append(HostedCall(kind, mapping(call.get(kind)), place, step, last_shown_run(index, step)))
    return tuple(found)


def last_shown_run(index: Index, sighting: Sighting) -> dict[str, Json]:
    """The run of a step or a message, as it was last shown; empty where it never was."""
    seen = index.history("thread.run", text(sighting.value.get("run_id")))
    return seen[-1].value if seen else {}


class SearchedStores:
    """The vector stores that a run could search, at any time: its own, and those of its assistant and thread.

    A run that is created with its thread may be given a store of its own, which nothing has to show: the stores that
    such requests name count for every run.
    """

    def __init__(self, contents: StoreContents, own: list[str], of_holders: list[str]) -> None:
        self._contents = contents
        self._own = own
        self._of_holders = of_holders

    def __bool__(self) -> bool:
        return bool(self._own or self._of_holders or self._contents.named_with_runs)

    @property
    def all_created(self) -> bool:
        """Whether the trace itself created all of them."""
        known = self._contents.created
        return self._contents.created_with_runs and all(i in known for i in (*self._own, *self._of_holders))

    def may_hold(self, file_id: str) -> bool:
        """Whether a file may have been in one of them at any time."""
        if not self.all_created or file_id in self._contents.attached:
            return bool(self)
        holding = self._contents.stores_with(file_id)
        return any(not holding.isdisjoint(stores) for stores in (self._own, self._of_holders)) or not (
            holding.isdisjoint(self._contents.named_with_runs.keys())
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(dict.fromkeys([*self._own, *self._contents.named_with_runs, *self._of_holders]))


def searched_stores(index: Index, run: dict[str, Json]) -> SearchedStores | None:
    """The vector stores that a run could search; None where its assistant or thread was never shown."""
    contents, found = index.view(StoreContents), list[str]()
    for kind, name in (("assistant", "assistant_id"), ("thread", "thread_id")):
        stores = contents.stores_shown(kind, text(run.get(name)) or "")
        if stores is None:
            return None
        found += stores
    return SearchedStores(contents, store_ids(run), found)
