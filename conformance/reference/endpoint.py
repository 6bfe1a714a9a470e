"""One reference endpoint: what it holds, what time it is there, and who works on its runs."""

from conformance.reference.clock import Clock
from conformance.reference.engine import Engine
from conformance.reference.hosted_tools import HostedTools
from conformance.reference.ids import CountedIds, IdGenerator
from conformance.reference.indexing import Indexer
from conformance.reference.lifecycle import Lifecycle
from conformance.reference.settings import Settings
from conformance.reference.store import Store


class Endpoint:
    """The parts of one endpoint, put together; endpoints share nothing."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.ids = CountedIds() if settings.counted_ids else IdGenerator(settings.seed)
        self.store = Store()
        self.indexer = Indexer(self.store, self.clock, settings)
        hosted = HostedTools(self.store, self.clock, self.ids, self.indexer)
        self.engine = Engine(Lifecycle(self.store, self.clock, self.ids), hosted, self.clock, settings)
        self.scripts = iter(settings.script)

    def expire(self, kind: str, name: str) -> bool:
        """Let the time of one run, vector store or file be over; returns whether there is such a one under way."""
        if kind == "runs":
            return self.engine.expire_now(name)
        if kind == "vector_stores" and name in self.store.vector_stores:
            self.store.vector_stores[name].expired = True
            return True
        if kind == "files" and name in self.store.files:
            self.store.remove_file(self.store.files[name])
            return True
        return False
