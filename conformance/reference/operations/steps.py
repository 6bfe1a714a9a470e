"""Steps of a run."""

from functools import partial

from conformance.reference import objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Answer, Call, Operation
from conformance.reference.pagination import page
from conformance.reference.request_schemas import INCLUDE, PAGE


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on run steps."""
    store = endpoint.store

    def listed(call: Call) -> Answer:
        run = store.run(call.path["thread_id"], call.path["run_id"])
        look = partial(objects.plain, contents="include[]" in call.query)
        return page(run.steps.values(), call.query, store, "run step", look)

    def retrieve(call: Call) -> Answer:
        step = store.step(call.path["thread_id"], call.path["run_id"], call.path["step_id"])
        return objects.plain(step.value, contents="include[]" in call.query)

    return [
        Operation("GET", "/threads/{thread_id}/runs/{run_id}/steps", listed, query={**PAGE, **INCLUDE}),
        Operation("GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}", retrieve, query=INCLUDE),
    ]
