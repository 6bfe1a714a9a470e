"""The operations of the API, one module for each kind of object."""

from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Operation
from conformance.reference.operations import (
    assistants,
    files,
    messages,
    models,
    runs,
    steps,
    store_files,
    threads,
    vector_stores,
)

# Runs come before threads: `/threads/runs` would be taken for a thread.
AREAS = (models, assistants, runs, threads, messages, steps, files, vector_stores, store_files)


def all_operations(endpoint: Endpoint) -> list[Operation]:
    """Every operation that the endpoint serves; where two paths fit a request, the first one counts."""
    return [operation for area in AREAS for operation in area.operations(endpoint)]
