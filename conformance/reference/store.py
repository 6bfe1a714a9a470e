"""What the endpoint holds, in memory. Values are the objects as a stream shows them, in the wire's key order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeVar

from conformance.reference.errors import files_not_found, no_such_file, not_found, not_in_store, store_expired
from conformance.reference.file_objects import counts
from conformance.reference.objects import Json
from conformance.reference.script import Script
from conformance.reference.streaming import Channel
from conformance.reference.tool_results import ToolResults

Kind = TypeVar("Kind", bound="Record")


@dataclass
class Record:
    """One stored object. `sequence` counts creations over the whole endpoint: it orders objects of one second."""

    value: Json
    sequence: int

    @property
    def id(self) -> str:
        """The object's id."""
        identifier: str = self.value["id"]
        return identifier

    @property
    def place(self) -> tuple[int, int]:
        """Where the object stands in a list."""
        return self.value["created_at"], self.sequence


@dataclass
class Draft:
    """A message that a run is writing, and what it holds so far: pictures, then the pieces of its text."""

    message: Record
    pictures: list[Json] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    annotations: list[Json] = field(default_factory=list)


@dataclass
class Run(Record):
    """A run, its steps, and how far the engine is with it.

    `resources` are the assistant's tool resources as they were at its creation, `contents` tells whether its streams
    show the content of what a search found. `rounds` counts the rounds of function calls that were asked for,
    `tool_results` keeps what the hosted tools found. `step` and `draft` are the parts being worked on. `task` is the
    work under way and `timer` the coming expiry.
    """

    thread: Thread = field(repr=False)
    script: Script
    resources: Json = field(default_factory=dict)
    contents: bool = False
    channel: Channel = field(default_factory=Channel)
    steps: dict[str, Record] = field(default_factory=dict)
    rounds: int = 0
    tool_results: ToolResults = field(default_factory=ToolResults)
    step: Record | None = None
    draft: Draft | None = None
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None

    @property
    def status(self) -> str:
        """The run's status."""
        status: str = self.value["status"]
        return status

    @property
    def is_over(self) -> bool:
        """Whether the status is terminal."""
        return self.status in ("completed", "incomplete", "failed", "cancelled", "expired")

    @property
    def outputs(self) -> list[str]:
        """The outputs of the last round of function calls."""
        for step in reversed(self.steps.values()):
            calls = step.value["step_details"].get("tool_calls") or []
            if calls and calls[0]["type"] == "function":
                return [call["function"]["output"] or "" for call in calls]
        return []


@dataclass
class Thread(Record):
    """A thread with its messages and runs, each in order of creation."""

    messages: dict[str, Record] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread."""
        return next((run for run in reversed(self.runs.values()) if not run.is_over), None)


@dataclass
class StoredFile(Record):
    """A file and its bytes."""

    content: bytes = b""


@dataclass
class VectorStoreFile(Record):
    """A file in a vector store, with what was indexed of it."""

    text: str = ""
    chunks: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """How far the indexing is."""
        status: str = self.value["status"]
        return status


@dataclass
class Batch(Record):
    """Files that were added to a vector store together."""

    entries: list[VectorStoreFile] = field(default_factory=list)
    cancelled: bool = False

    @property
    def shown(self) -> Json:
        """The batch as it is now."""
        entries = [entry.value for entry in self.entries]
        counted = counts(entries)
        status = "in_progress" if counted["in_progress"] else "cancelled" if self.cancelled else "completed"
        return {**self.value, "status": status, "file_counts": counted}


@dataclass
class VectorStore(Record):
    """A vector store with its files and batches."""

    files: dict[str, VectorStoreFile] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    expired: bool = False

    @property
    def shown(self) -> Json:
        """The vector store as it is now."""
        counted = counts([entry.value for entry in self.files.values()])
        status = "expired" if self.expired else "in_progress" if counted["in_progress"] else "completed"
        used = sum(entry.value["usage_bytes"] for entry in self.files.values())
        return {**self.value, "status": status, "usage_bytes": used, "file_counts": counted}


class Store:
    """Everything that was created and not deleted. Look-ups raise the 404 of what they do not find."""

    def __init__(self) -> None:
        self.assistants: dict[str, Record] = {}
        self.threads: dict[str, Thread] = {}
        self.files: dict[str, StoredFile] = {}
        self.vector_stores: dict[str, VectorStore] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._sequence = 0

    def number(self) -> int:
        """The sequence number of a new object."""
        self._sequence += 1
        return self._sequence

    def add(self, value: Json, collection: dict[str, Record]) -> Record:
        """Keep a new object."""
        record = Record(value, self.number())
        collection[record.id] = record
        return record

    def add_file(self, value: Json, content: bytes) -> StoredFile:
        """Keep a file that was uploaded, or that a tool made."""
        file = StoredFile(value, self.number(), content)
        self.files[file.id] = file
        return file

    def remember_position(self, record: Record) -> None:
        """Remember where a deleted object stood: a client pages on from the last id it saw, deleted or not."""
        self._places[record.id] = record.place

    def deleted_position(self, identifier: str) -> tuple[int, int] | None:
        """Where a deleted object stood in its list."""
        return self._places.get(identifier)

    def assistant(self, identifier: str) -> Record:
        """The assistant with this id."""
        return _find(self.assistants, identifier, "assistant")

    def thread(self, identifier: str) -> Thread:
        """The thread with this id."""
        return _find(self.threads, identifier, "thread")

    def message(self, thread_id: str, identifier: str) -> Record:
        """The message with this id in that thread."""
        return _find(self.thread(thread_id).messages, identifier, "message")

    def run(self, thread_id: str, identifier: str) -> Run:
        """The run with this id on that thread."""
        return _find(self.thread(thread_id).runs, identifier, "run")

    def step(self, thread_id: str, run_id: str, identifier: str) -> Record:
        """The step with this id of that run."""
        return _find(self.run(thread_id, run_id).steps, identifier, "run step")

    def file(self, identifier: str) -> StoredFile:
        """The file with this id."""
        if identifier not in self.files:
            raise no_such_file(identifier)
        return self.files[identifier]

    def vector_store(self, identifier: str, *, alive: bool = False) -> VectorStore:
        """The vector store with this id; `alive` refuses one that has expired."""
        found = _find(self.vector_stores, identifier, "vector store")
        if alive and found.expired:
            raise store_expired(identifier)
        return found

    def store_file(self, store_id: str, identifier: str) -> VectorStoreFile:
        """The file with this id in that vector store."""
        store = self.vector_store(store_id)
        if identifier not in store.files:
            raise not_in_store(identifier, store_id)
        return store.files[identifier]

    def batch(self, store_id: str, identifier: str) -> Batch:
        """The batch with this id of that vector store."""
        return _find(self.vector_store(store_id).batches, identifier, "file batch")

    def remove_file(self, file: StoredFile) -> None:
        """Take a file away, and out of every vector store."""
        self.remember_position(file)
        del self.files[file.id]
        for store in self.vector_stores.values():
            self.take_out(store, file.id)

    def take_out(self, store: VectorStore, identifier: str) -> None:
        """Take a file out of a vector store."""
        entry = store.files.pop(identifier, None)
        if entry is not None:
            self.remember_position(entry)
            for batch in store.batches.values():
                if entry in batch.entries:
                    batch.entries.remove(entry)

    def require_files(self, identifiers: list[str]) -> None:
        """Refuse files that do not exist."""
        if absent := [identifier for identifier in identifiers if identifier not in self.files]:
            raise files_not_found(absent)

    def require_resources(self, resources: Json | None) -> None:
        """Refuse tool resources that name files or vector stores that do not exist."""
        self.require_files(((resources or {}).get("code_interpreter") or {}).get("file_ids") or [])
        search = (resources or {}).get("file_search") or {}
        for identifier in search.get("vector_store_ids") or []:
            _find(self.vector_stores, identifier, "vector store")
        for described in search.get("vector_stores") or []:
            self.require_files(described.get("file_ids") or [])


def _find(collection: dict[str, Kind], identifier: str, noun: str) -> Kind:
    if identifier not in collection:
        raise not_found(noun, identifier)
    return collection[identifier]
