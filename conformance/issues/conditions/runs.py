"""Conditions of runs and messages, and of statuses that a polling loop meets."""

from typing import Any

from conformance.issues.conditions.condition import Condition
from conformance.issues.fixtures import (
    MESSAGE,
    POLL_SOON,
    SHELF,
    batch,
    delta,
    ended,
    message,
    opened,
    piece,
    run,
    step,
    store,
    store_file,
    stream,
    text,
    without,
    writing,
)
from conformance.issues.plan import Json, Plan, listing

_RUN = "GET /threads/*/runs/*"
_QUEUED: Plan = {"POST /threads/*/runs": Json(run("queued"), headers=POLL_SOON)}
_COMPLETED: Plan = {
    **_QUEUED,
    _RUN: [Json(run("in_progress"), headers=POLL_SOON), Json(run("completed"), headers=POLL_SOON)],
}


def _then(status: str) -> Condition:
    last = Json(run(status), headers=POLL_SOON)
    return Condition(planted={_RUN: [Json(run("in_progress"), headers=POLL_SOON), last]}, given=_COMPLETED)


def _step_with(output: dict[str, Any]) -> Plan:
    function = {"name": "f", "arguments": "{}", **output}
    made = {"id": "call_1", "type": "function", "function": function}
    return {"GET /threads/*/runs/*/steps": listing(step({"type": "tool_calls", "tool_calls": [made]}))}


_ASKED = {**message(MESSAGE, "completed", text("Hello")), "role": "user", "run_id": None, "assistant_id": None}


def _read(**answers: dict[str, Any]) -> Plan:
    return {
        "GET /threads/*/runs/*": Json(answers["run"]),
        "GET /threads/*/messages/*": Json(answers["message"]),
        "GET /vector_stores/*": Json(answers["store"]),
        "GET /vector_stores/*/files/*": Json(answers["store_file"]),
        "GET /vector_stores/*/file_batches/*": Json(answers["batch"]),
    }


CONDITIONS = {
    "KI-01": Condition(scripts=("queue",), pace=0.5),
    "KI-02": Condition(
        planted={
            "POST /threads/*/runs": stream(
                opened(),
                writing(delta([piece("Hello", annotations=[])]), complete=[text("Hello")], status="incomplete"),
                ended("incomplete"),
            ),
            "GET /threads/*/runs/run_1": Json(run("incomplete")),
        }
    ),
    "KI-10": Condition(scripts=("say:Hello", "fail"), control_scripts=("queue", "queue")),
    "KI-11": _then("incomplete"),
    "KI-12": _then("paused"),
    "KI-13": _then("in_progress"),
    "KI-40": Condition(
        planted={"GET /vector_stores/*/files/*": Json(store_file("cancelled"), headers=POLL_SOON)}, given=SHELF
    ),
    "KI-41": Condition(
        planted={"GET /vector_stores/*/files/*": Json(store_file("in_progress"), headers=POLL_SOON)}, given=SHELF
    ),
    "KI-42": Condition(given=SHELF),
    "KI-43": Condition(
        planted={
            "GET /vector_stores/*/file_batches/*": [
                Json(batch("in_progress", in_progress=1, completed=0)),
                Json(batch()),
            ]
        },
        given={**SHELF, "GET /vector_stores/*/file_batches/*": Json(batch())},
    ),
    "KI-44": Condition(given=SHELF),
    "KI-57": Condition(planted=_step_with({}), given=_step_with({"output": None})),
    "KI-60": Condition(
        planted=_read(
            run=run("completed", instructions=None),
            message=without(_ASKED, "status"),
            store=without(store(), "name"),
            store_file=without(store_file(), "usage_bytes"),
            batch={**batch(), "object": "vector_store.file_batch"},
        ),
        given=_read(
            run=run("completed"),
            message=_ASKED,
            store=store(),
            store_file=store_file(),
            batch={**batch(), "object": "vector_store.files_batch"},
        ),
    ),
}
