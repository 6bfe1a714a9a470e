"""The rules of the stateful model: what a client may do next. The checks say what must be true after it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule

from conformance.fuzz.session import Session, Step, Thing
from conformance.scenarios import material
from conformance.scenarios.form import upload

TEXTS = st.sampled_from(["Hello", "Grüße, 世界 🌍", "x" * 300])
METADATA = st.dictionaries(st.sampled_from(["a", "b", "ключ"]), st.sampled_from(["", "1", "é"]), max_size=3)
LOOKS = 30
"""How often a run is looked at in one step; one that takes longer is looked at again by another."""
PAGES = st.fixed_dictionaries({}, optional={"limit": st.integers(1, 4), "order": st.sampled_from(["asc", "desc"])})
USER = st.builds(lambda text: {"role": "user", "content": text}, TEXTS)


def one_or_none(thing: Thing | None) -> Any:
    """What a rule hands to its bundle: the thing, or nothing where none was made."""
    return multiple() if thing is None else thing


class Client(RuleBasedStateMachine):
    """A client, or two of them at a time, that does anything in any order.

    What must be true afterwards (locks, contents, order, cursors, deletions) is not modelled a second time: the checks
    keep the shadow of every object, and judge the whole trace after each step.
    """

    assistants = Bundle("assistants")
    threads = Bundle("threads")
    messages = Bundle("messages")
    runs = Bundle("runs")
    files = Bundle("files")
    stores = Bundle("stores")
    store_files = Bundle("store_files")

    def __init__(self) -> None:
        super().__init__()
        self.session = self.begin()

    def begin(self) -> Session:
        """A fresh session; a subclass says with whom."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Tidy up after each sequence."""
        self.session.close()

    # Assistants -------------------------------------------------------------------------------------------------------

    @rule(target=assistants, metadata=METADATA, tools=st.sampled_from([[], [material.WEATHER]]))
    def create_assistant(self, metadata: dict[str, str], tools: list[Any]) -> Any:
        """Make an assistant, with a function or without."""
        body = {"model": self.session.driver.model, "instructions": "Be brief.", "metadata": metadata, "tools": tools}
        return one_or_none(self.session.call("createAssistant", {}, body, makes="assistant")[1])

    @rule(assistant=assistants, name=TEXTS)
    def modify_assistant(self, assistant: Thing, name: str) -> None:
        """Change one field of an assistant."""
        self.session.call("modifyAssistant", {"assistant_id": assistant}, {"name": name[:256]})

    @rule(assistant=assistants)
    def read_assistant(self, assistant: Thing) -> None:
        """Read an assistant."""
        self.session.call("getAssistant", {"assistant_id": assistant})

    @rule(assistant=consumes(assistants))
    def delete_assistant(self, assistant: Thing) -> None:
        """Delete an assistant, and look for it."""
        self.session.call("deleteAssistant", {"assistant_id": assistant})
        self.session.call("getAssistant", {"assistant_id": assistant})

    # Threads and messages ---------------------------------------------------------------------------------------------

    @rule(target=threads, first=st.lists(USER, max_size=3), metadata=METADATA)
    def create_thread(self, first: list[Any], metadata: dict[str, str]) -> Any:
        """Make a thread with some messages."""
        return one_or_none(
            self.session.call("createThread", {}, {"messages": first, "metadata": metadata}, makes="thread")[1]
        )

    @rule(thread=threads, metadata=METADATA)
    def modify_thread(self, thread: Thing, metadata: dict[str, str]) -> None:
        """Change a thread's metadata, and read it."""
        self.session.call("modifyThread", {"thread_id": thread}, {"metadata": metadata})
        self.session.call("getThread", {"thread_id": thread})

    @rule(thread=consumes(threads))
    def delete_thread(self, thread: Thing) -> None:
        """Delete a thread, and look for it and what it held."""
        self.session.call("deleteThread", {"thread_id": thread})
        self.session.call("getThread", {"thread_id": thread})
        self.session.call("listMessages", {"thread_id": thread})

    @rule(target=messages, thread=threads, message=USER)
    def add_message(self, thread: Thing, message: dict[str, Any]) -> Any:
        """Add a message; while a run is active it must be refused."""
        return one_or_none(self.session.call("createMessage", {"thread_id": thread}, message, makes="message")[1])

    @rule(message=messages, metadata=METADATA)
    def modify_message(self, message: Thing, metadata: dict[str, str]) -> None:
        """Change a message's metadata, and read it."""
        ids = _ids(message, "message_id")
        self.session.call("modifyMessage", ids, {"metadata": metadata})
        self.session.call("getMessage", ids)

    @rule(message=consumes(messages))
    def delete_message(self, message: Thing) -> None:
        """Delete a message, and look for it."""
        ids = _ids(message, "message_id")
        self.session.call("deleteMessage", ids)
        self.session.call("getMessage", ids)

    @rule(message=messages, thread=threads)
    def read_message_elsewhere(self, message: Thing, thread: Thing) -> None:
        """Read a message, perhaps under a thread that it is not in."""
        self.session.call("getMessage", {"thread_id": thread, "message_id": message})

    @rule(thread=threads, page=PAGES)
    def list_messages(self, thread: Thing, page: dict[str, Any]) -> None:
        """Read one page of messages, and the next."""
        self._pages("listMessages", page, thread)

    # Runs -------------------------------------------------------------------------------------------------------------

    @rule(target=runs, thread=threads, assistant=assistants, forced=st.booleans())
    def start_run(self, thread: Thing, assistant: Thing, forced: bool) -> Any:
        """Start a run, of text or with a function that is forced; one active run shuts out the next."""
        body: dict[str, Any] = {"assistant_id": assistant}
        if forced:
            body |= {"tools": [material.WEATHER], "tool_choice": material.FORCE_WEATHER}
        return one_or_none(self.session.call("createRun", {"thread_id": thread}, body, makes="run")[1])

    @rule(thread=threads, assistant=assistants)
    def stream_run(self, thread: Thing, assistant: Thing) -> None:
        """Start a run and read its stream to the end."""
        self.session.call("createRun", {"thread_id": thread}, {"assistant_id": assistant, "stream": True})

    @rule(run=runs)
    def look_at_run(self, run: Thing) -> None:
        """Look at a run once."""
        self.session.call("getRun", _ids(run, "run_id"))

    @rule(run=runs)
    def wait_for_run(self, run: Thing) -> None:
        """Look at a run until it rests, then at its steps and messages."""
        ids = _ids(run, "run_id")
        for _ in range(LOOKS):
            status = _value(self.session.call("getRun", ids)[0]).get("status")
            if status not in ("queued", "in_progress", "cancelling"):
                break
            self.session.pause()
        self.session.call("listRunSteps", ids)
        self.session.call("listMessages", {"thread_id": ids["thread_id"]}, query={"order": "asc"})

    @rule(run=runs)
    def cancel_run(self, run: Thing) -> None:
        """Cancel a run, whatever it is doing."""
        self.session.call("cancelRun", _ids(run, "run_id"))

    @rule(run=runs, extent=st.sampled_from(["all", "none", "foreign"]))
    def submit_outputs(self, run: Thing, extent: str) -> None:
        """Submit outputs: for all calls that a run waits for, for none, or for a call that is not the run's."""
        ids = _ids(run, "run_id")
        waiting = material.calls(_value(self.session.call("getRun", ids)[0]))
        outputs = [{"tool_call_id": call["id"], "output": "sunny"} for call in waiting] if extent == "all" else []
        if extent == "foreign":
            outputs = [{"tool_call_id": "call_of_another", "output": "sunny"}]
        self.session.call("submitToolOuputsToRun", ids, {"tool_outputs": outputs})

    @rule(thread=threads, page=PAGES)
    def list_runs(self, thread: Thing, page: dict[str, Any]) -> None:
        """Read one page of runs, and the next."""
        self._pages("listRuns", page, thread)

    # Two clients at the same time -------------------------------------------------------------------------------------

    @rule(thread=threads, assistant=assistants)
    def two_runs_at_once(self, thread: Thing, assistant: Thing) -> None:
        """Two clients start a run on one thread."""
        body = {"assistant_id": assistant}
        self.session.together(*(Step("createRun", {"thread_id": thread}, body) for _ in range(2)))

    @rule(thread=threads, message=USER)
    def two_messages_at_once(self, thread: Thing, message: dict[str, Any]) -> None:
        """Two clients add a message to one thread."""
        self.session.together(*(Step("createMessage", {"thread_id": thread}, message) for _ in range(2)))

    @rule(run=runs, message=USER)
    def cancel_and_message_at_once(self, run: Thing, message: dict[str, Any]) -> None:
        """One client cancels a run while another adds a message."""
        ids = _ids(run, "run_id")
        add = Step("createMessage", {"thread_id": ids["thread_id"]}, message)
        self.session.together(Step("cancelRun", ids), add)

    # Files and vector stores ------------------------------------------------------------------------------------------

    @rule(target=files, text=TEXTS)
    def upload_file(self, text: str) -> Any:
        """Upload a small file."""
        return one_or_none(self.session.call("createFile", {}, upload("note.txt", text), makes="file")[1])

    @rule(file=files)
    def read_file(self, file: Thing) -> None:
        """Read a file's object."""
        self.session.call("retrieveFile", {"file_id": file})

    @rule(file=consumes(files))
    def delete_file(self, file: Thing) -> None:
        """Delete a file, and look for it."""
        self.session.call("deleteFile", {"file_id": file})
        self.session.call("retrieveFile", {"file_id": file})

    @rule(target=stores, held=st.lists(files, max_size=2), metadata=METADATA)
    def create_store(self, held: list[Thing], metadata: dict[str, str]) -> Any:
        """Make a vector store with some files."""
        body = {"name": "s", "file_ids": list({file.id: file for file in held}.values()), "metadata": metadata}
        return one_or_none(self.session.call("createVectorStore", {}, body, makes="store")[1])

    @rule(target=store_files, store=stores, file=files)
    def add_to_store(self, store: Thing, file: Thing) -> Any:
        """Add a file to a vector store."""
        made = self.session.call("createVectorStoreFile", {"vector_store_id": store}, {"file_id": file})[0]
        return Thing("file", file.number, file.id, store) if made.ok else multiple()

    @rule(held=consumes(store_files))
    def take_from_store(self, held: Thing) -> None:
        """Take a file out of a vector store, look for it there and for the file itself."""
        ids = _ids(held, "file_id")
        self.session.call("deleteVectorStoreFile", ids)
        self.session.call("getVectorStoreFile", ids)
        self.session.call("listVectorStoreFiles", {"vector_store_id": ids["vector_store_id"]})
        self.session.call("retrieveFile", {"file_id": ids["file_id"]})

    @rule(store=stores)
    def read_store(self, store: Thing) -> None:
        """Read a vector store and list its files."""
        self.session.call("getVectorStore", {"vector_store_id": store})
        self.session.call("listVectorStoreFiles", {"vector_store_id": store})

    @rule(store=consumes(stores))
    def delete_store(self, store: Thing) -> None:
        """Delete a vector store, and look for it."""
        self.session.call("deleteVectorStore", {"vector_store_id": store})
        self.session.call("getVectorStore", {"vector_store_id": store})

    def _pages(self, operation: str, page: dict[str, Any], thread: Thing) -> None:
        ids = {"thread_id": thread}
        first = _value(self.session.call(operation, ids, query=page)[0])
        last = first.get("last_id")
        if first.get("has_more") is True and isinstance(last, str):
            self.session.call(operation, ids, query={**page, "after": last})


def _ids(thing: Thing, parameter: str) -> dict[str, Thing]:
    """The path of a thing that lies under another."""
    assert thing.parent is not None
    above = "vector_store_id" if thing.parent.kind == "store" else "thread_id"
    return {above: thing.parent, parameter: thing}


def _value(exchange: Any) -> dict[str, Any]:
    value = exchange.response.json_or_none if exchange.response else None
    return value if isinstance(value, dict) else {}
