"""Steps of a run."""

from __future__ import annotations

from conformance.reference import objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.fields import PAGE
from conformance.reference.gate import Answer, Call, Operation
from conformance.reference.listing import page
from conformance.reference.requests import INCLUDE


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on run steps."""
    store = endpoint.store

    def listed(call: Call) -> Answer:
        run = store.run(call.path["thread_id"], call.path["run_id"])
        return page(run.steps.values(), call.query, store, "run step")

    def retrieve(call: Call) -> Answer:
        return objects.plain(store.step(call.path["thread_id"], call.path["run_id"], call.path["step_id"]).value)

    return [
        Operation("GET", "/threads/{thread_id}/runs/{run_id}/steps", listed, query={**PAGE, **INCLUDE}),
        Operation("GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}", retrieve, query=INCLUDE),
    ]
