"""What the tools that the endpoint hosts work on: the vector stores and the files of a run."""

from conformance.reference import file_objects, search
from conformance.reference.clock import Clock
from conformance.reference.ids import IdGenerator
from conformance.reference.indexing import Indexer
from conformance.reference.objects import Json
from conformance.reference.store import Run, Store, StoredFile, VectorStore

_FEW = "gpt-3.5"


class HostedTools:
    """File search and the code interpreter's files, for the runs of one endpoint."""

    def __init__(self, store: Store, clock: Clock, ids: IdGenerator, indexer: Indexer) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._indexer = indexer

    def stores(self, run: Run) -> list[VectorStore]:
        """The living vector stores that a run searches: the assistant's and the thread's."""
        named = [
            identifier
            for resources in (run.resources, run.thread.value["tool_resources"])
            for identifier in (resources.get("file_search") or {}).get("vector_store_ids") or []
        ]
        found = [self._store.vector_stores.get(identifier) for identifier in dict.fromkeys(named)]
        return [each for each in found if each is not None and not each.expired]

    def files(self, run: Run) -> list[StoredFile]:
        """The files that a run's programs can read."""
        named = [
            identifier
            for resources in (run.resources, run.thread.value["tool_resources"])
            for identifier in (resources.get("code_interpreter") or {}).get("file_ids") or []
        ]
        return [self._store.files[each] for each in dict.fromkeys(named) if each in self._store.files]

    def is_indexing(self, run: Run) -> bool:
        """Whether a vector store of the run still has files in progress."""
        return any(each.shown["status"] == "in_progress" for each in self.stores(run))

    def search(self, run: Run, tool: Json, query: str) -> list[Json]:
        """The results of a search as steps show them; `tool` is the run's file_search tool."""
        options = tool["file_search"]
        most = options.get("max_num_results") or (5 if run.value["model"].startswith(_FEW) else 20)
        names = {file.id: file.value["filename"] for file in self._store.files.values()}
        hits = []
        for each in self.stores(run):
            self._indexer.touch(each)
            threshold = options["ranking_options"]["score_threshold"]
            hits += search.search(each, names, [query], most=most, threshold=threshold)
        hits.sort(key=lambda hit: (-hit.score, hit.entry.sequence))
        return [
            {
                "file_id": hit.entry.id,
                "file_name": hit.filename,
                "score": hit.score,
                "attributes": hit.entry.value["attributes"],
                "content": [{"type": "text", "text": hit.text}],
            }
            for hit in hits[:most]
        ]

    def keep(self, filename: str, content: bytes) -> str:
        """Keep a file that a program wrote; returns its id."""
        value = file_objects.file(
            self._ids.file(), self._clock.now(), filename=filename, purpose="assistants_output", size=len(content)
        )
        return self._store.add_file(value, content).id
