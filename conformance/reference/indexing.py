"""The indexer: brings the files of vector stores from `in_progress` to their end, at the endpoint's pace.

A file can tell how it is indexed, as a message tells how its run goes: `[script: slow]` anywhere in it keeps it in
progress (`slow:MS` for so many milliseconds), and `[script: fail]` or `[script: fail:CODE]` makes it fail with that
`last_error.code` (server_error, unsupported_file, invalid_file).
"""

import asyncio
import re
from pathlib import PurePosixPath

from conformance.reference import file_objects
from conformance.reference.clock import Clock
from conformance.reference.objects import Json
from conformance.reference.search import chunked, readable
from conformance.reference.settings import Settings
from conformance.reference.store import Batch, Store, StoredFile, VectorStore, VectorStoreFile

_SLOW = re.compile(rb"\[script:\s*slow(?::(\d{1,6}))?\s*\]")
_FAIL = re.compile(rb"\[script:\s*fail(?::(server_error|unsupported_file|invalid_file))?\s*\]")
SEARCHABLE = frozenset(
    [
        *(".c", ".cpp", ".cs", ".css", ".doc", ".docx", ".go", ".html", ".java", ".js", ".json", ".md", ".pdf", ".php"),
        *(".pptx", ".py", ".rb", ".sh", ".tex", ".ts", ".txt"),
    ]
)
"""The kinds of files that the vendor's guide lists for file search."""


class Indexer:
    """Works on the files of the vector stores of one endpoint; all on the event loop's thread."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._pace = settings.pace
        self._tasks: set[asyncio.Task[None]] = set()

    def add(
        self, store: VectorStore, file: StoredFile, *, attributes: Json | None, chunking: Json | None
    ) -> VectorStoreFile:
        """Put a file into a vector store; one that is in it already is indexed anew."""
        self.touch(store)
        value = file_objects.store_file(file.id, self._clock.now(), store.id, attributes=attributes, chunking=chunking)
        entry = VectorStoreFile(value, self._store.number())
        store.files[file.id] = entry
        task = asyncio.get_running_loop().create_task(self._index(entry, file))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return entry

    def touch(self, store: VectorStore) -> None:
        """Note that a vector store was used, which moves its expiry."""
        store.value["last_active_at"] = max(self._clock.now(), store.value["last_active_at"])
        store.value["expires_at"] = file_objects.expiry(store.value)

    def expire_due(self) -> None:
        """Expire what is due: vector stores and files."""
        now = self._clock.now()
        for store in self._store.vector_stores.values():
            if store.value["expires_at"] is not None and store.value["expires_at"] <= now:
                store.expired = True
        for file in list(self._store.files.values()):
            if file.value["expires_at"] is not None and file.value["expires_at"] <= now:
                self._store.remove_file(file)

    def cancel(self, batch: Batch) -> None:
        """Cancel what a batch still has in progress."""
        batch.cancelled |= any(entry.status == "in_progress" for entry in batch.entries)
        for entry in batch.entries:
            if entry.status == "in_progress":
                entry.value["status"] = "cancelled"

    def shut_down(self) -> None:
        """Stop all work."""
        for task in self._tasks:
            task.cancel()

    async def _index(self, entry: VectorStoreFile, file: StoredFile) -> None:
        slow = _SLOW.search(file.content)
        if slow and not slow.group(1):
            return
        await asyncio.sleep(int(slow.group(1)) / 1000 if slow else self._pace * 2)
        if entry.status != "in_progress":
            return
        code, text = _outcome(file)
        if code is not None:
            entry.value.update(status="failed", last_error={"code": code, "message": _MESSAGES[code]})
            return
        strategy = entry.value["chunking_strategy"]["static"]
        entry.chunks = chunked(text, strategy["max_chunk_size_tokens"], strategy["chunk_overlap_tokens"])
        entry.text = text
        entry.value.update(status="completed", usage_bytes=sum(len(chunk.encode()) for chunk in entry.chunks))


_MESSAGES = {
    "server_error": "An internal error occurred.",
    "unsupported_file": "The file type is not supported.",
    "invalid_file": "The file could not be parsed.",
}


def _outcome(file: StoredFile) -> tuple[str | None, str]:
    """Why a file cannot be indexed, or None and its text."""
    if directive := _FAIL.search(file.content):
        return (directive.group(1) or b"server_error").decode(), ""
    if PurePosixPath(file.value["filename"]).suffix.lower() not in SEARCHABLE:
        return "unsupported_file", ""
    text = readable(file.content, file.value["filename"])
    return ("invalid_file", "") if text is None else (None, text)
