"""What a planted fault is given beside the value that it changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.reference import objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.store import Record, Run, Store, StoredFile, Thread, VectorStore, VectorStoreFile

Json: TypeAlias = dict[str, Any]

_NAMED = frozenset({"assistant", "thread", "message", "run", "file", "vector_store", "store_file"})
OF_THE_REFERENCE = _NAMED | {"endpoint", "store", "new_message", "add_assistant"}
"""The members of a context that only the reference endpoint can fill."""


@dataclass
class FaultContext:
    """The exchange in which a fault works.

    `operation` is the operation's id (empty where there is none), `ids` its path parameters, `request_body` the JSON
    body as the client sent it, `request_headers` its headers in lower case. `answer` is the answer whose body or error
    is changed. `event` is the name of the event that carries the object, `listed` tells that it is an item of a list.
    `endpoint` is None around an endpoint that is not the reference; a fault that asks for it is not planted there.
    `memory` is the fault's own and lasts as long as the endpoint; `stream` lasts as long as one answer.
    """

    operation: str
    ids: dict[str, str]
    query: dict[str, list[str]]
    request_body: Any
    endpoint: Endpoint
    memory: dict[Any, Any] = field(default_factory=dict)
    stream: dict[Any, Any] = field(default_factory=dict)
    event: str | None = None
    listed: bool = False
    answer: Any = None
    request_headers: dict[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> Json:
        """The JSON object that the request sends; an empty one where it sends none."""
        return self.request_body if isinstance(self.request_body, dict) else {}

    @property
    def store(self) -> Store:
        """What the endpoint holds."""
        return self.endpoint.store

    @property
    def assistant(self) -> Record | None:
        """The assistant that the path names; None where there is none."""
        return self.store.assistants.get(self.ids.get("assistant_id", ""))

    @property
    def thread(self) -> Thread | None:
        """The thread that the path names."""
        return self.store.threads.get(self.ids.get("thread_id", ""))

    @property
    def message(self) -> Record | None:
        """The message that the path names."""
        return self.thread.messages.get(self.ids.get("message_id", "")) if self.thread else None

    @property
    def run(self) -> Run | None:
        """The run that the path names."""
        return self.thread.runs.get(self.ids.get("run_id", "")) if self.thread else None

    @property
    def file(self) -> StoredFile | None:
        """The uploaded file that the path names."""
        return self.store.files.get(self.ids.get("file_id", ""))

    @property
    def vector_store(self) -> VectorStore | None:
        """The vector store that the path names."""
        return self.store.vector_stores.get(self.ids.get("vector_store_id", ""))

    @property
    def store_file(self) -> VectorStoreFile | None:
        """The file in a vector store that the path names."""
        return self.vector_store.files.get(self.ids.get("file_id", "")) if self.vector_store else None

    def add_assistant(self, sent: Json) -> Record:
        """Keep an assistant that the endpoint makes out of a request."""
        made = objects.assistant(self.endpoint.ids.make("asst"), self.endpoint.clock.now(), sent)
        return self.store.add(made, self.store.assistants)

    def new_message(self, thread_id: str, sent: Json, identifier: str = "") -> Json:
        """A message as the endpoint makes it out of a request; it is in no thread yet."""
        return objects.message(identifier or self.endpoint.ids.make("msg"), self.endpoint.clock.now(), thread_id, sent)

    def nth(self, *key: Any) -> int:
        """How often the fault has called this with the key, this time included."""
        self.memory[key] = self.memory.get(key, 0) + 1
        return int(self.memory[key])

    def first(self, key: Any, value: Any) -> Any:
        """The value that was first given for this key."""
        return self.memory.setdefault(key, value)


def replace_method(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a method of one object by what `make` returns for it."""
    setattr(owner, name, make(getattr(owner, name)))
