"""Conditions of files, vector stores and batches."""

from conformance.issues.conditions.condition import Condition
from conformance.issues.fixtures import POLL_SOON, SHELF, batch, run, store, store_file
from conformance.issues.plan import Json, listing, refusal
from conformance.proof.interception import Request

_ACTORS = {
    "POST /assistants": Json({"id": "asst_1", "object": "assistant", "model": "gpt-4o-mini", "temperature": 0.5}),
    "POST /threads/*/runs": Json(run("queued"), headers=POLL_SOON),
    "GET /threads/*/runs/*": Json(run("completed"), headers=POLL_SOON),
}
_UNSUPPORTED = store_file("failed", {"code": "unsupported_file", "message": "The file type is not supported."})
_WRONG_BATCH = "Invalid 'batch_id': 'vs_1'. Expected an ID that begins with 'vsfb_'."


def _reasoning(request: Request, _: int) -> Json:
    """The model refuses any temperature but none; absent means that the stored one stays."""
    body = request.body if isinstance(request.body, dict) else {}
    if body.get("temperature", 0.5) is not None:
        return refusal(
            400,
            "Unsupported parameter: 'temperature' is not supported with this model.",
            code="unsupported_parameter",
            param="model",
        )
    return Json({"id": "asst_1", "object": "assistant", "model": body.get("model"), "temperature": None})


CONDITIONS = {
    "KI-03": Condition(
        planted={
            "POST /vector_stores": Json(store("in_progress", in_progress=1, total=1)),
            "GET /vector_stores/*": [Json(store("in_progress", in_progress=1, total=1))] * 3
            + [Json(store(completed=1, total=1))],
        },
        given={**SHELF, **_ACTORS},
    ),
    "KI-04": Condition(
        planted={
            "GET /vector_stores/*/file_batches/*": Json(batch(completed=0, failed=1), headers=POLL_SOON),
            "GET /vector_stores/*/file_batches/*/files": listing(_UNSUPPORTED),
            "GET /vector_stores/*/files/*": Json(_UNSUPPORTED, headers=POLL_SOON),
        },
        given=SHELF,
    ),
    "KI-05": Condition(given=SHELF),
    "KI-06": Condition(
        planted={"POST /assistants/*": _reasoning},
        given={
            **_ACTORS,
            "POST /assistants/*": Json({"id": "asst_1", "object": "assistant", "model": "o3-mini", "temperature": 0.5}),
        },
    ),
    "KI-07": Condition(
        planted={
            "GET /vector_stores/*/file_batches/vs_1/files": refusal(400, _WRONG_BATCH, param="batch_id"),
            "GET /vector_stores/*/file_batches/*": Json(store(), headers=POLL_SOON),
        },
        given=SHELF,
    ),
    "KI-08": Condition(
        planted={
            "GET /vector_stores/vs_2/files/file-1": [
                Json(store_file(place="vs_2")),
                refusal(404, "No file found with id 'file-1' in vector store 'vs_2'."),
            ]
        },
        given=SHELF,
    ),
    "KI-09": Condition(given=SHELF),
}
