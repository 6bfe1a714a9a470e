"""What a sequence has made so far: rules take from it what they need, and have it made where it is not there."""

from __future__ import annotations

from typing import Any

from conformance.fuzz.resource_kinds import KINDS, MOVES, ids, listed_under
from conformance.fuzz.sequence import CallMode, ResourceRef, SequenceDriver
from conformance.scenarios import material
from conformance.scenarios.form import upload

RELATED = 3
"""How many related resources are looked at after a change."""
LOOKED_AT_LAST = 24
"""How many resources are looked at again in the end."""
CAP = 256
"""The fewest tokens that a run can be told to stop at."""
NOTE, UNREADABLE = "note.txt", "clip.mp4"
"""Names of files: one that can be searched, and one of a kind that cannot."""
FILTERS = {
    "held": {"filter": "completed"},
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
"""The lists of what lies in a thing."""
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

    def one(self, kind: str, pick: int = 0) -> ResourceRef | None:
        """The one that is `pick` before the newest of a kind; made where there is none, None where that fails."""
        found = self.alive[kind]
        return found[-1 - pick % len(found)] if found else self.make(kind)

    def some(self, kind: str, count: int) -> list[ResourceRef]:
        """The newest few of a kind; what is missing is made."""
        while len(self.alive[kind]) < count and self.make(kind):
            pass
        return self.alive[kind][-count:] if count else []

    def lose(self, thing: ResourceRef) -> None:
        """Note that a thing was deleted, and with a thread or vector store what is in it."""
        self.gone.append(thing)
        for kind, found in self.alive.items():
            self.alive[kind] = [one for one in found if one != thing and thing not in (one.parent, _above(one))]

    # Making -----------------------------------------------------------------------------------------------------------

    def made(
        self, operation: str, path: dict[str, ResourceRef], body: Any, kind: str, parent: ResourceRef | None = None
    ) -> ResourceRef | None:
        """Make something by an operation, or find the first on a list, and keep it."""
        thing = self.session.call(operation, path, body, makes=kind, parent=parent)
        if thing:
            self.alive[kind].append(thing)
        return thing

    def make(self, kind: str) -> ResourceRef | None:
        """Make something plain of a kind, with what it has to lie in."""
        match kind:
            case "assistant":
                return self.make_assistant({}, [material.WEATHER])
            case "thread":
                return self.make_thread([material.user("Hello")], {"a": "1"})
            case "message":
                thread = self.one("thread")
                return thread and self.made("createMessage", ids(thread), material.user("Hi"), "message", thread)
            case "run":
                thread, assistant = self.one("thread"), self.one("assistant")
                return self.start(thread, assistant, "text") if thread and assistant else None
            case "step":
                run = self.one("run")
                if run is None:
                    return None
                self.settle(run)
                return self.made("listRunSteps", ids(run), None, "step", run)
            case "file":
                return self.make_file("Hello")
            case "store":
                return self.make_store(1, {"a": "1"})
            case "held":
                return self.add(self.one("store"), self.one("file"), {"a": "1"})
            case _:
                store, files = self.one("store"), self.some("file", 2)
                body = {"file_ids": files}
                return store and self.made("createVectorStoreFileBatch", ids(store), body, "batch", store)

    def make_assistant(self, metadata: dict[str, str], tools: list[Any]) -> ResourceRef | None:
        """An assistant with these tools."""
        model = self.session.driver.model
        body = {"model": model, "instructions": "Be brief.", "name": "A", "metadata": metadata, "tools": tools}
        return self.made("createAssistant", {}, body, "assistant")

    def make_thread(self, first: list[Any], metadata: dict[str, str]) -> ResourceRef | None:
        """A thread with these messages."""
        return self.made("createThread", {}, {"messages": first, "metadata": metadata}, "thread")

    def make_file(self, text: str, name: str = NOTE) -> ResourceRef | None:
        """An uploaded text file."""
        return self.made("createFile", {}, upload(name, text), "file")

    def make_store(self, count: int, metadata: dict[str, str], days: int | None = None) -> ResourceRef | None:
        """A vector store with so many files; of nothing at all where nothing is asked for."""
        body: dict[str, Any] = {"name": "s", "metadata": metadata} if metadata else {}
        if count:
            body["file_ids"] = self.some("file", count)
        if days:
            body["expires_after"] = {"anchor": "last_active_at", "days": days}
        store = self.made("createVectorStore", {}, body, "store")
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
        return self.made("createVectorStoreFile", ids(store), body, "held", store)

    def filter_of(self, thing: ResourceRef) -> dict[str, Any]:
        """What the list that a thing is on can be filtered by; nothing where there is no filter."""
        if thing.kind == "message":
            run = next((one for one in reversed(self.alive["run"]) if one.parent == thing.parent), None)
            return {"run_id": run} if run else {}
        return FILTERS.get(thing.kind, {})

    def start(self, thread: ResourceRef, assistant: ResourceRef, kind: str) -> ResourceRef | None:
        """A run: plain, with a function that is forced, streamed, or capped so that it ends incomplete."""
        body: dict[str, Any] = {"assistant_id": assistant}
        match kind:
            case "function":
                body |= {"tools": [material.CLOCK, material.WEATHER], "tool_choice": material.FORCE_WEATHER}
            case "capped":
                body |= {"max_prompt_tokens": CAP, "additional_messages": [material.user(LONG)]}
            case "streamed":
                self.session.call("createRun", ids(thread), {**body, "stream": True})
                return self.made("listRuns", ids(thread), None, "run", thread)
        run = self.made("createRun", ids(thread), body, "run", thread)
        if run:
            self._assistants[run] = assistant
        return run

    def lade(self, thing: ResourceRef) -> None:
        """Give a thing something that belongs to it: a run, a message, a file, a vector store."""
        match thing.kind:
            case "assistant" | "thread":
                thread = thing if thing.kind == "thread" else self.one("thread")
                assistant = thing if thing.kind == "assistant" else self.one("assistant")
                if thread and assistant and (run := self.start(thread, assistant, "text")):
                    self.settle(run)
            case "store" | "file":
                store = thing if thing.kind == "store" else self.one("store")
                held = self.add(store, thing if thing.kind == "file" else self.one("file"), {"a": "1"})
                if held:
                    self.settle(held)

    def beside(self, thing: ResourceRef, count: int) -> None:
        """See to it that so many resources are on the list that a thing is on, where one can be made by itself."""
        there = [one for one in self.alive[thing.kind] if one.parent == thing.parent]
        for _ in range(count - len(there)):
            if thing.kind == "message" and thing.parent:
                self.made("createMessage", ids(thing.parent), material.user("Hi"), "message", thing.parent)
            elif thing.kind == "held" and thing.parent:
                self.add(thing.parent, self.make_file("Hi"), {})
            elif thing.kind == "run" and thing.parent and (run := self._plain_run(thing.parent)):
                self.settle(run)
            elif thing.parent is None:
                self.make(thing.kind)

    def _plain_run(self, thread: ResourceRef) -> ResourceRef | None:
        assistant = self.one("assistant")
        return self.start(thread, assistant, "text") if assistant else None

    def fresh_run(self, waiting: bool) -> ResourceRef | None:
        """A run that has just begun on a thread of its own, and may come to wait for outputs."""
        thread, assistant = self.make("thread"), self.one("assistant")
        return self.start(thread, assistant, "function" if waiting else "text") if thread and assistant else None

    def use_thread_of(self, run: ResourceRef) -> None:
        """Add a message to a run's thread and start another run there: both must go where the run has ended."""
        if run.parent:
            self.made("createMessage", ids(run.parent), material.user("Thanks."), "message", run.parent)
            another = self._plain_run(run.parent)
            if another:
                self.settle(another)

    # Looking ----------------------------------------------------------------------------------------------------------

    def look(self, thing: ResourceRef) -> None:
        """Look at a thing once."""
        self.session.call(KINDS[thing.kind].read, ids(thing))

    def settle(self, thing: ResourceRef) -> None:
        """Look at what moves by itself until it rests."""
        if thing.kind in MOVES:
            self.session.call(KINDS[thing.kind].read, ids(thing), how=CallMode.REST)

    def related(self, thing: ResourceRef) -> None:
        """Look at what belongs to a thing: what lies in it and what it lies in, its runs or its assistant, its file."""
        near = [one for found in self.alive.values() for one in found if one.parent == thing]
        near += [run for run, assistant in self._assistants.items() if assistant == thing and run in self.alive["run"]]
        around = [thing.parent] if thing.parent in self._all() else []
        if thing in self._assistants:
            around.append(self._assistants[thing])
        if thing.kind in ("thread", "store", "held"):
            around += self.alive["file" if thing.kind != "thread" else "assistant"][-1:]
        for one in [*near[-RELATED:], *around]:
            if one:
                self.look(one)
        within = [(listing, ids(thing)) for listing in WITHIN.get(thing.kind, ())]
        for listing, path in [*within, *(one for one in _lists([*near[-RELATED:], thing]) if one not in within)]:
            self.session.call(listing, path)

    def look_at_everything(self) -> None:
        """Look at what is there and what is gone, and at the lists that it is on."""
        there = self._all()[-LOOKED_AT_LAST:]
        for thing in [*there, *self.gone[-RELATED:]]:
            self.look(thing)
        for listing, path in _lists(there):
            self.session.call(listing, path)

    def _all(self) -> list[ResourceRef]:
        return [one for found in self.alive.values() for one in found]


def _above(thing: ResourceRef) -> ResourceRef | None:
    return thing.parent.parent if thing.parent else None


def _lists(refs: list[ResourceRef]) -> list[tuple[str, dict[str, ResourceRef]]]:
    """The lists that resources are on, each once."""
    found: list[tuple[str, dict[str, ResourceRef]]] = []
    for thing in refs:
        listing, path = KINDS[thing.kind].listing, listed_under(thing)
        if listing and (listing, path) not in found:
            found.append((listing, path))
    return found
