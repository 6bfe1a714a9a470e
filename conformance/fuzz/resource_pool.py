"""What a sequence has made so far: rules take from it what they need, and have it made where it is not there."""

from typing import Any

from conformance.fuzz.resource_kinds import ASYNCHRONOUS, KINDS, ids, listed_under
from conformance.fuzz.sequence import CallMode, ResourceRef, SequenceDriver
from conformance.scenarios.kit import fixtures
from conformance.scenarios.kit.multipart import upload

RELATED = 3
"""How many related resources are looked at after a change."""
LOOKED_AT_LAST = 24
"""How many resources are looked at again in the end."""
CAP = 256
"""The fewest tokens that a run can be told to stop at."""
NOTE, UNREADABLE = "note.txt", "clip.mp4"
"""Names of files: one that can be searched, and one of a kind that cannot."""
FILTERS = {
    "file_in_store": {"filter": "completed"},
    "batch": {"filter": "failed"},
    "file": {"purpose": "batch"},  # which none of them has
}
"""What a list is filtered by."""
WITHIN = {
    "thread": ("listMessages", "listRuns"),
    "run": ("listRunSteps",),
    "store": ("listVectorStoreFiles",),
    "batch": ("listFilesInVectorStoreBatch",),
}
"""The lists of what lies in a resource."""
CITIES = fixtures.user("How is the weather in Oslo and in Paris?")
"""What makes a model call a function twice."""
LONG = "The oldest pear tree of the orchard carries a number. " * 60
"""More tokens than the cap lets a model read."""


class ResourcePool:
    """The resources of one sequence that are there, by kind and oldest first, and those that were deleted."""

    def __init__(self, session: SequenceDriver) -> None:
        self.session = session
        self.alive: dict[str, list[ResourceRef]] = {kind: [] for kind in KINDS}
        self.gone: list[ResourceRef] = []
        self._assistants: dict[ResourceRef, ResourceRef] = {}

    # Taking -----------------------------------------------------------------------------------------------------------

    def pick(self, kind: str, pick: int = 0) -> ResourceRef | None:
        """The one that is `pick` before the newest of a kind; made where there is none, None where that fails."""
        found = self.alive[kind]
        return found[-1 - pick % len(found)] if found else self.make(kind)

    def pick_several(self, kind: str, count: int) -> list[ResourceRef]:
        """The newest few of a kind; what is missing is made."""
        while len(self.alive[kind]) < count and self.make(kind):
            pass
        return self.alive[kind][-count:] if count else []

    def forget(self, ref: ResourceRef) -> None:
        """Note that a resource was deleted, and with a thread or vector store what is in it."""
        self.gone.append(ref)
        for kind, found in self.alive.items():
            self.alive[kind] = [one for one in found if one != ref and ref not in (one.parent, _above(one))]

    # Making -----------------------------------------------------------------------------------------------------------

    def create(
        self, operation: str, path: dict[str, ResourceRef], body: Any, kind: str, parent: ResourceRef | None = None
    ) -> ResourceRef | None:
        """Make something by an operation, or find the first on a list, and keep it."""
        ref = self.session.call(operation, path, body, makes=kind, parent=parent)
        if ref:
            self.alive[kind].append(ref)
        return ref

    def make(self, kind: str) -> ResourceRef | None:
        """Make something plain of a kind, with what it has to lie in."""
        match kind:
            case "assistant":
                return self.make_assistant({}, [fixtures.WEATHER])
            case "thread":
                return self.make_thread([fixtures.user("Hello")], {"a": "1"})
            case "message":
                thread = self.pick("thread")
                return thread and self.create("createMessage", ids(thread), fixtures.user("Hi"), "message", thread)
            case "run":
                thread, assistant = self.pick("thread"), self.pick("assistant")
                return self.start(thread, assistant, "text") if thread and assistant else None
            case "step":
                run = self.pick("run")
                if run is None:
                    return None
                self.settle(run)
                return self.create("listRunSteps", ids(run), None, "step", run)
            case "file":
                return self.make_file("Hello")
            case "store":
                return self.make_store(1, {"a": "1"})
            case "file_in_store":
                return self.add(self.pick("store"), self.pick("file"), {"a": "1"})
            case _:
                store, files = self.pick("store"), self.pick_several("file", 2)
                body = {"file_ids": files}
                return store and self.create("createVectorStoreFileBatch", ids(store), body, "batch", store)

    def make_assistant(self, metadata: dict[str, str], tools: list[Any]) -> ResourceRef | None:
        """An assistant with these tools."""
        model = self.session.driver.model
        body = {"model": model, "instructions": "Be brief.", "name": "A", "metadata": metadata, "tools": tools}
        return self.create("createAssistant", {}, body, "assistant")

    def make_thread(self, first: list[Any], metadata: dict[str, str]) -> ResourceRef | None:
        """A thread with these messages."""
        return self.create("createThread", {}, {"messages": first, "metadata": metadata}, "thread")

    def make_file(self, text: str, name: str = NOTE) -> ResourceRef | None:
        """An uploaded text file."""
        return self.create("createFile", {}, upload(name, text), "file")

    def make_store(self, count: int, metadata: dict[str, str], days: int | None = None) -> ResourceRef | None:
        """A vector store with so many files; of nothing at all where nothing is asked for."""
        body: dict[str, Any] = {"name": "s", "metadata": metadata} if metadata else {}
        if count:
            body["file_ids"] = self.pick_several("file", count)
        if days:
            body["expires_after"] = {"anchor": "last_active_at", "days": days}
        store = self.create("createVectorStore", {}, body, "store")
        if store:
            self.settle(store)
        return store

    def add(
        self, store: ResourceRef | None, file: ResourceRef | None, attributes: dict[str, str]
    ) -> ResourceRef | None:
        """A file in a vector store; the one that is there where it is added again."""
        if store is None or file is None:
            return None
        body = {"file_id": file, "attributes": attributes}
        return self.create("createVectorStoreFile", ids(store), body, "file_in_store", store)

    def filter_of(self, ref: ResourceRef) -> dict[str, Any]:
        """What the list that a resource is on can be filtered by; nothing where there is no filter."""
        if ref.kind == "message":
            run = next((one for one in reversed(self.alive["run"]) if one.parent == ref.parent), None)
            return {"run_id": run} if run else {}
        return FILTERS.get(ref.kind, {})

    def start(self, thread: ResourceRef, assistant: ResourceRef, kind: str) -> ResourceRef | None:
        """A run: plain, waiting for a function that is forced or for two, streamed, or capped to end incomplete."""
        body: dict[str, Any] = {"assistant_id": assistant}
        match kind:
            case "function":
                body |= {"tools": [fixtures.CLOCK, fixtures.WEATHER], "tool_choice": fixtures.FORCE_WEATHER}
            case "functions":
                body |= {"tools": [fixtures.WEATHER], "tool_choice": "required", "additional_messages": [CITIES]}
                body |= fixtures.directed(self.session.driver, "call:2")
            case "capped":
                body |= {"max_prompt_tokens": CAP, "additional_messages": [fixtures.user(LONG)]}
            case "streamed":
                self.session.call("createRun", ids(thread), {**body, "stream": True})
                return self.create("listRuns", ids(thread), None, "run", thread)
        run = self.create("createRun", ids(thread), body, "run", thread)
        if run:
            self._assistants[run] = assistant
        return run

    def populate(self, ref: ResourceRef, kind: str = "text") -> None:
        """Give a resource something that belongs to it: a run of a kind, which rests, or a file in a vector store."""
        match ref.kind:
            case "assistant" | "thread":
                thread = ref if ref.kind == "thread" else self.pick("thread")
                assistant = ref if ref.kind == "assistant" else self.pick("assistant")
                if thread and assistant and (run := self.start(thread, assistant, kind)):
                    self.settle(run)
            case "store" | "file":
                store = ref if ref.kind == "store" else self.pick("store")
                store_file = self.add(store, ref if ref.kind == "file" else self.pick("file"), {"a": "1"})
                if store_file:
                    self.settle(store_file)

    def fill_list(self, ref: ResourceRef, count: int) -> None:
        """See to it that so many resources are on the list that a resource is on, where one can be made by itself."""
        there = [one for one in self.alive[ref.kind] if one.parent == ref.parent]
        for _ in range(count - len(there)):
            if ref.kind == "message" and ref.parent:
                self.create("createMessage", ids(ref.parent), fixtures.user("Hi"), "message", ref.parent)
            elif ref.kind == "file_in_store" and ref.parent:
                self.add(ref.parent, self.make_file("Hi"), {})
            elif ref.kind == "run" and ref.parent and (run := self._plain_run(ref.parent)):
                self.settle(run)
            elif ref.parent is None:
                self.make(ref.kind)

    def _plain_run(self, thread: ResourceRef) -> ResourceRef | None:
        assistant = self.pick("assistant")
        return self.start(thread, assistant, "text") if assistant else None

    def fresh_run(self, kind: str) -> ResourceRef | None:
        """A run that has just started on a thread of its own."""
        thread, assistant = self.make("thread"), self.pick("assistant")
        return self.start(thread, assistant, kind) if thread and assistant else None

    def use_thread_of(self, run: ResourceRef) -> None:
        """Add a message to a run's thread and start another run there: both must go where the run has ended."""
        if run.parent:
            self.create("createMessage", ids(run.parent), fixtures.user("Thanks."), "message", run.parent)
            another = self._plain_run(run.parent)
            if another:
                self.settle(another)

    # Looking ----------------------------------------------------------------------------------------------------------

    def look(self, ref: ResourceRef) -> None:
        """Look at a resource once."""
        self.session.call(KINDS[ref.kind].read, ids(ref))

    def settle(self, ref: ResourceRef) -> None:
        """Look at what moves by itself until it rests."""
        if ref.kind in ASYNCHRONOUS:
            self.session.call(KINDS[ref.kind].read, ids(ref), how=CallMode.POLL)

    def look_around(self, ref: ResourceRef) -> None:
        """Read what belongs to a resource: its parts and its parent, its runs or its assistant, its file."""
        near = [one for found in self.alive.values() for one in found if one.parent == ref]
        near += [run for run, assistant in self._assistants.items() if assistant == ref and run in self.alive["run"]]
        around = [ref.parent] if ref.parent in self._all() else []
        if ref in self._assistants:
            around.append(self._assistants[ref])
        if ref.kind in ("thread", "store", "file_in_store"):
            around += self.alive["file" if ref.kind != "thread" else "assistant"][-1:]
        for one in [*near[-RELATED:], *around]:
            if one:
                self.look(one)
        within = [(listing, ids(ref)) for listing in WITHIN.get(ref.kind, ())]
        for listing, path in [*within, *(one for one in _lists([*near[-RELATED:], ref]) if one not in within)]:
            self.session.call(listing, path)

    def look_at_all(self) -> None:
        """Look at what is there and what is gone, at what lies in it, and at the lists that it is on."""
        there = self._all()[-LOOKED_AT_LAST:]
        for ref in [*there, *self.gone[-RELATED:]]:
            self.look(ref)
        within = [(listing, ids(ref)) for ref in reversed(there) for listing in WITHIN.get(ref.kind, ())]
        for listing, path in [*within, *(one for one in _lists(there) if one not in within)]:
            self.session.call(listing, path)

    def _all(self) -> list[ResourceRef]:
        return [one for found in self.alive.values() for one in found]


def _above(ref: ResourceRef) -> ResourceRef | None:
    return ref.parent.parent if ref.parent else None


def _lists(refs: list[ResourceRef]) -> list[tuple[str, dict[str, ResourceRef]]]:
    """The lists that resources are on, each once."""
    found: list[tuple[str, dict[str, ResourceRef]]] = []
    for ref in refs:
        listing, path = KINDS[ref.kind].listing, listed_under(ref)
        if listing and (listing, path) not in found:
            found.append((listing, path))
    return found
