"""When objects were created, as far as they say so."""

from conformance.trace.json import Json, is_integer

ADDED_FILE = "vector_store.file"


def is_unset(value: dict[str, Json]) -> bool:
    """Whether a file on its way into a vector store says 0: the service itself does so while the file is in progress.

    Under VSF-SINCE-01 it is told; until it says a time nothing can be said of its order, or of whether that changes.
    """
    on_its_way = value.get("object") == ADDED_FILE and value.get("status") == "in_progress"
    return on_its_way and is_integer(value.get("created_at")) and value["created_at"] == 0


def creation_time(value: dict[str, Json]) -> int | None:
    """When an object was created; None where it does not say."""
    created = value.get("created_at")
    return created if is_integer(created) and not is_unset(value) else None
