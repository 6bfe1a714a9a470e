"""The rules of the stateful model: what a client may do next. The checks say what must be true after it."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from conformance.fuzz.resource_kinds import KINDS, body_of, elsewhere, ids, listed_under
from conformance.fuzz.resource_pool import NOTE, UNREADABLE, ResourcePool
from conformance.fuzz.sequence import CallMode, Outputs, SequenceDriver, Step
from conformance.scenarios.kit import fixtures
from conformance.scenarios.kit.driver import TERMINAL

TEXTS = st.sampled_from(["Hello", "Grüße, 世界 🌍", "x" * 300])
METADATA = st.dictionaries(st.sampled_from(["a", "b", "ключ"]), st.sampled_from(["", "1", "é"]), max_size=3)
PICK = st.integers(0, 2)
"""Which of the resources of a kind, from the newest."""
MESSAGE = st.builds(fixtures.user, TEXTS)
CHANGE = st.fixed_dictionaries(
    {}, optional={"name": TEXTS | st.none(), "instructions": TEXTS, "metadata": METADATA}
).filter(bool)
CHANGED = [*(name for name, kind in KINDS.items() if kind.change), "store", "file_in_store"]
"""What is changed; of what has most to change, more often."""
DELETED = [*(name for name, kind in KINDS.items() if kind.delete), "thread", "message"]
"""What is deleted; of what conversations are made of, more often."""
INDEPENDENT = ["assistant", "thread", "file", "store"]
"""What lies in nothing else."""
LISTED = [name for name, kind in KINDS.items() if kind.listing]
BOTH = [fixtures.FILE_SEARCH, fixtures.WEATHER]
FOREIGN = [{"tool_call_id": "call_of_another", "output": "sunny"}]
RUNS = ["text", "function", "functions", "capped", "streamed", "unwaited", "twice"]
EXTENTS = ["all", "some", "some", "none", "foreign", "doubled", "twice", "two clients"]
"""For which calls there are outputs, and how they are submitted."""
WAITING = st.sampled_from(["function", "functions"])
POPULATED = st.sampled_from([None, "text", "function"])
"""With what kind of run something is before it is changed or deleted: none, one that has ended, or one that waits."""


class Client(RuleBasedStateMachine):
    """A client, or two of them at a time, that does anything in any order.

    Each rule makes what it needs and does not find, so that every one can be the first, and hypothesis may leave any of
    them out of a sequence: few kinds of rules in long sequences reach what all kinds together do not. For the same
    reason only some kinds of resources are deleted in one sequence: what is gone hides what else went. After a change
    what belongs to it is looked at again, and in the end everything is. What must then be true (locks, contents, order,
    cursors, deletions) is not modelled a second time: the checks keep the shadow of every object.
    """

    def __init__(self) -> None:
        super().__init__()
        self.session = self.begin()
        self.pool = ResourcePool(self.session)

    def begin(self) -> SequenceDriver:
        """A fresh session; a subclass says with whom."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Look at everything again; a subclass judges it before the session is closed."""
        self.pool.look_at_all()

    @initialize(kinds=st.lists(st.sampled_from(DELETED), min_size=2, max_size=4))
    def choose_what_is_deleted(self, kinds: list[str]) -> None:
        """The kinds of resources that are deleted in this sequence."""
        self.deleted = kinds

    # Making -----------------------------------------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(INDEPENDENT),
        metadata=METADATA,
        tools=st.sampled_from([[], [fixtures.WEATHER], BOTH]),
        first=st.lists(MESSAGE, max_size=3),
        count=st.integers(0, 3),
        days=st.sampled_from([None, None, 1, 30]),
    )
    def create(
        self, kind: str, metadata: dict[str, str], tools: list[Any], first: list[Any], count: int, days: int | None
    ) -> None:
        """Make an assistant with tools or without, a thread with some messages, a vector store with some files."""
        match kind:
            case "assistant":
                self.pool.make_assistant(metadata, tools)
            case "thread":
                self.pool.make_thread(first, metadata)
            case "store":
                self.pool.make_store(count, metadata, days)
            case _:
                self.pool.make_file(str(first[0]["content"]) if first else "Hello", UNREADABLE if days else NOTE)

    @rule(pick=PICK, texts=st.lists(MESSAGE, min_size=1, max_size=4), attached=st.integers(0, 3))
    def add_messages(self, pick: int, texts: list[Any], attached: int) -> None:
        """Add messages, the first perhaps with a file for search; while a run is active they must be refused."""
        thread = self.pool.pick("thread", pick)
        if thread is None:
            return
        files = [self.pool.pick("file", 0)] if attached == 0 else []
        for number, message in enumerate(texts):
            store_file = [{"file_id": file, "tools": [fixtures.FILE_SEARCH]} for file in files if file and number == 0]
            self.pool.create("createMessage", ids(thread), {**message, "attachments": store_file}, "message", thread)
        if files:
            store = self.session.call("getThread", ids(thread), makes="store")
            if store is not None:
                self.pool.settle(store)
                self.session.call("listVectorStoreFiles", ids(store))
        self.session.call("listMessages", ids(thread), query={"order": "asc"})

    @rule(pick=PICK, which=PICK, attributes=METADATA, deleted=st.booleans())
    def add_to_store(self, pick: int, which: int, attributes: dict[str, str], deleted: bool) -> None:
        """Add a file to a vector store, which then counts it; one that was deleted must be refused."""
        store = self.pool.pick("store", pick)
        gone = [one for one in self.pool.gone if deleted and one.kind == "file"]
        store_file = self.pool.add(store, gone[-1] if gone else self.pool.pick("file", which), attributes)
        if store:
            self.pool.settle(store_file or store)
            self.pool.look_around(store)

    @rule(pick=PICK, count=st.integers(1, 3), cancel=st.sampled_from([None, "at once", "at its end"]))
    def create_batch(self, pick: int, count: int, cancel: str | None) -> None:
        """Add several files to a vector store at once, and perhaps cancel that, at once or too late."""
        store, files = self.pool.pick("store", pick), self.pool.pick_several("file", count)
        batch = store and self.pool.create(
            "createVectorStoreFileBatch", ids(store), {"file_ids": files}, "batch", store
        )
        if batch:
            if cancel == "at once":
                self.session.call("cancelVectorStoreFileBatch", ids(batch))
            self.pool.settle(batch)
            if cancel == "at its end":
                self.session.call("cancelVectorStoreFileBatch", ids(batch))
            self.session.call("listFilesInVectorStoreBatch", ids(batch))
            self.pool.look(batch)
            self.pool.look_around(batch)

    # Runs -------------------------------------------------------------------------------------------------------------

    @rule(pick=PICK, which=PICK, kind=st.sampled_from(RUNS))
    def start_run(self, pick: int, which: int, kind: str) -> None:
        """Start a run, of text, with a function that is forced, or cut short; one active run shuts out the next."""
        thread, assistant = self.pool.pick("thread", pick), self.pool.pick("assistant", which)
        if thread is None or assistant is None:
            return
        run = self.pool.start(thread, assistant, kind)
        if kind == "twice":
            self.pool.start(thread, assistant, "text")
        if run and kind != "unwaited":
            self.pool.settle(run)
            self.pool.use_thread_of(run)
            self.session.call("listMessages", ids(thread), query={"order": "asc"})
            self.session.call("listMessages", ids(thread), query={"run_id": run})

    @rule(pick=PICK, which=st.sampled_from(["there", "text", "function"]), repeat=st.booleans())
    def cancel_run(self, pick: int, which: str, repeat: bool) -> None:
        """Cancel a run that is there, has just started, or waits; perhaps again at its end. Its thread is free then."""
        run = self.pool.pick("run", pick) if which == "there" else self.pool.fresh_run(which)
        if run is None:
            return
        if which == "function":
            self.pool.settle(run)
        self.session.call("cancelRun", ids(run))
        self.pool.settle(run)
        if repeat:
            self.session.call("cancelRun", ids(run))
        self.pool.look_around(run)
        self.pool.use_thread_of(run)
        self.pool.look(run)

    @rule(pick=PICK, kind=WAITING, extent=st.sampled_from(EXTENTS))
    def submit_outputs(self, pick: int, kind: str, extent: str) -> None:
        """Submit outputs for what a run waits for, perhaps wrong ones first, twice, or by two clients; then again."""
        waiting = [run for run in self.pool.alive["run"] if self.session.seen(run).get("status") not in TERMINAL]
        run = waiting[-1] if waiting and pick else self.pool.fresh_run(kind)
        if run is None:
            return
        self.pool.settle(run)
        wrong: dict[str, Any] = {
            "some": Outputs(run, few=1),
            "doubled": Outputs(run, 2),
            "none": [],
            "foreign": FOREIGN,
        }
        step = Step("submitToolOuputsToRun", ids(run), {"tool_outputs": Outputs(run)})
        if extent in wrong:
            self.session.do(replace(step, body={"tool_outputs": wrong[extent]}))
            self.pool.look(run)
            self.session.call("listRunSteps", ids(run))
        if extent == "two clients":
            self.session.together(step, step)
        else:
            self.session.do(step)
        if extent == "twice":
            self.session.do(step)
        self.pool.look(run)
        self.pool.settle(run)
        self.session.do(step)
        self.session.call("listRunSteps", ids(run))

    @rule(pick=PICK, which=PICK, message=MESSAGE, what=st.sampled_from(["runs", "messages", "cancel"]))
    def two_at_once(self, pick: int, which: int, message: dict[str, Any], what: str) -> None:
        """Two clients at the same time: two runs or two messages on one thread, or a message while one cancels."""
        thread, assistant = self.pool.pick("thread", pick), self.pool.pick("assistant", which)
        if thread is None or assistant is None:
            return
        add = Step("createMessage", ids(thread), message)
        runs = [run for run in self.pool.alive["run"] if run.parent == thread]
        match what:
            case "runs":
                self.session.together(*(Step("createRun", ids(thread), {"assistant_id": assistant}) for _ in range(2)))
            case "cancel" if runs:
                self.session.together(Step("cancelRun", ids(runs[-1])), add)
            case _:
                self.session.together(add, add)
        newest = self.pool.create("listRuns", ids(thread), None, "run", thread) if what == "runs" else None
        if newest:
            self.pool.settle(newest)

    # Changing and deleting, of all kinds ------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(CHANGED), pick=PICK, change=CHANGE, populated=POPULATED)
    def change(self, kind: str, pick: int, change: dict[str, Any], populated: str | None) -> None:
        """Change something, read it, and look at what belongs to it and is not to follow."""
        operation = KINDS[kind].change
        if operation is None or (ref := self.pool.pick(kind, pick)) is None:
            return
        if populated:
            self.pool.populate(ref, populated)
        self.pool.look_around(ref)
        self.session.call(operation, ids(ref), body_of(kind, change))
        self.pool.look(ref)
        self.pool.look_around(ref)

    @rule(which=st.integers(0, 3), pick=PICK, populated=POPULATED, repeat=st.booleans(), beside=st.booleans())
    def delete(self, which: int, pick: int, populated: str | None, repeat: bool, beside: bool) -> None:
        """Delete something, perhaps twice, or where there is one of each kind; look for it, and for what is to stay."""
        kind = self.deleted[which % len(self.deleted)]
        others = [self.pool.pick(other) for other in INDEPENDENT if other != kind] if beside else []
        ref, operation = self.pool.pick(kind, pick), KINDS[kind].delete
        if operation is None or ref is None:
            return
        if populated or beside:
            self.pool.populate(ref, populated or "text")
        self.pool.look_around(ref)
        for _ in range(1 + repeat):
            self.session.call(operation, ids(ref))
        self.pool.look(ref)
        self.pool.look_around(ref)
        self.pool.forget(ref)
        for other in filter(None, others):
            self.pool.look(other)

    @rule(kind=st.sampled_from(sorted(KINDS)), pick=PICK)
    def look(self, kind: str, pick: int) -> None:
        """Look at something until it rests, and at what belongs to it."""
        if ref := self.pool.pick(kind, pick):
            self.pool.settle(ref)
            self.pool.look(ref)
            self.pool.look_around(ref)

    # Where resources are and are not----------------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(["message", "message", "run", "file_in_store", "batch"]), pick=PICK, deleting=st.booleans()
    )
    def look_elsewhere(self, kind: str, pick: int, deleting: bool) -> None:
        """Look for something under a parent that it is not in, or delete it there; then look where it is."""
        ref = self.pool.pick(kind, pick)
        if ref is None or ref.parent is None:
            return
        others = [one for one in self.pool.alive[ref.parent.kind] if one != ref.parent]
        other = others[-1] if others else self.pool.make(ref.parent.kind)
        operation = KINDS[kind].delete if deleting and kind == "message" else KINDS[kind].read
        if other and operation:
            self.session.call(operation, elsewhere(ref, other))
            self.pool.look(ref)

    @rule(
        kind=st.sampled_from(LISTED),
        pick=PICK,
        limit=st.integers(1, 3),
        order=st.sampled_from(["asc", "desc"]),
        count=st.integers(1, 4),
        cursor=st.sampled_from([None, "after", "before", "gone", "filter"]),
    )
    def pages(self, kind: str, pick: int, limit: int, order: str, count: int, cursor: str | None) -> None:
        """Go through a list page by page, perhaps from a cursor on, which may be of something deleted, or filtered."""
        ref = self.pool.pick(kind, pick)
        listing = KINDS[kind].listing
        if ref is None or listing is None:
            return
        self.pool.fill_list(ref, count)
        under = listed_under(ref)
        at = ref
        if cursor == "gone":
            at = next((one for one in reversed(self.pool.gone) if one.kind == kind and listed_under(one) == under), ref)
        query: dict[str, Any] = {"limit": limit, "order": order}
        if cursor == "filter":
            self.session.call(listing, under, query={**query, **self.pool.filter_of(ref)}, how=CallMode.ALL_PAGES)
            return
        back = cursor == "before" and kind != "file"  # the list of files has no such parameter
        if cursor and kind != "batch":
            query["before" if back else "after"] = at
        self.session.call(listing, under, query=query, how=CallMode.ONCE if back else CallMode.ALL_PAGES)
        if not cursor:
            self.session.call(listing, under, query={"order": order})

    @rule(pick=PICK, taking=st.booleans())
    def search(self, pick: int, taking: bool) -> None:
        """Search a vector store, perhaps after the file that was found has been taken out of it."""
        store_file = self.pool.pick("file_in_store", pick)
        if store_file is None or store_file.parent is None:
            return
        self.pool.settle(store_file)
        self.session.call("searchVectorStore", ids(store_file.parent), {"query": "Hello"})
        self.session.call("retrieveVectorStoreFileContent", ids(store_file))
        if taking and not {"file_in_store", "store"}.isdisjoint(self.deleted):
            self.session.call("deleteVectorStoreFile", ids(store_file))
            self.session.call("searchVectorStore", ids(store_file.parent), {"query": "Hello"})
            self.pool.look_around(store_file)
            self.pool.forget(store_file)
