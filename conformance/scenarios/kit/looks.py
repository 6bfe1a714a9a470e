"""Objects that are looked at again and again, to see that what is done to one leaves the others as they were."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import assistant, file, place, store, user

BEFORE = {"state": "before"}


class Looks:
    """Requests that read objects, each by its operation and path parameters; `all` sends them."""

    def __init__(self, api: Driver) -> None:
        self._api = api
        self._looks: list[tuple[str, dict[str, Any]]] = []

    def add(self, *operations: str, **ids: Any) -> None:
        """Read an object, or a list, from now on."""
        self._looks += [(operation, ids) for operation in operations]

    def all(self, *, without: str | None = None) -> None:
        """Read everything; what is in or under the object `without` is left out from now on."""
        self._looks = [look for look in self._looks if without not in look[1].values()]
        for operation, ids in self._looks:
            self._api.send(operation, **ids)


def conversation(api: Driver, looks: Looks, **tools: Any) -> dict[str, Any]:
    """An assistant with what else is asked for, a thread of two messages, and a run of both, which is returned."""
    made = assistant(api, name="Named", metadata=BEFORE, **tools)
    thread_id = api.call("createThread", {"messages": [user("One"), user("Two")], "metadata": BEFORE})["id"]
    request = {"assistant_id": made["id"], "metadata": BEFORE}
    run = api.wait(api.call("createRun", request, thread_id=thread_id), until=TERMINAL)
    looks.add("getAssistant", assistant_id=made["id"])
    looks.add("getThread", "listMessages", "listRuns", thread_id=thread_id)
    looks.add("getRun", "listRunSteps", **place(run))
    return run


def shelf(api: Driver, looks: Looks) -> dict[str, Any]:
    """A vector store of two files, one by itself and one in a batch; the path parameters of the batch."""
    single, batched = file(api, "single.md"), file(api, "batched.md")
    store_id = store(api, single, metadata=BEFORE)["id"]
    made = api.call("createVectorStoreFileBatch", {"file_ids": [batched]}, vector_store_id=store_id)
    ids = {"vector_store_id": store_id, "batch_id": str(made["id"])}
    api.wait_until_processed("getVectorStoreFileBatch", **ids)
    for file_id in (single, batched):
        looks.add("retrieveFile", file_id=file_id)
        looks.add("getVectorStoreFile", vector_store_id=store_id, file_id=file_id)
    looks.add("getVectorStore", "listVectorStoreFiles", vector_store_id=store_id)
    looks.add("getVectorStoreFileBatch", "listFilesInVectorStoreBatch", **ids)
    return ids
