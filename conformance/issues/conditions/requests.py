"""Conditions of lists, refusals, uploads, and of calls that are mistaken before anything is sent."""

import re

from conformance.issues.conditions.condition import Condition
from conformance.issues.fixtures import NOW, POLL_SOON, SHELF, ended, file, message, opened, run, stream, text
from conformance.issues.plan import Json, Plan, Reply, listing, refusal
from conformance.proof.interception import Request

_MESSAGES = "GET /threads/*/messages"
_ITEMS = [message(f"msg_{number}", "completed", text(str(number))) for number in range(1, 4)]
_SPEECH = stream(opened(), ended())


def _run(request: Request, _: int = 1) -> Reply:
    streamed = isinstance(request.body, dict) and request.body.get("stream")
    return _SPEECH if streamed else Json(run("completed"), headers=POLL_SOON)


_RUNS: Plan = {
    "POST /threads/*/runs": _run,
    "POST /threads/runs": _run,
    "GET /threads/thread_1/runs/run_1": Json(run("completed"), headers=POLL_SOON),
}


def _page(request: Request, _: int = 1) -> Json:
    """One message a page, from the one after `after`."""
    after = request.query.get("after", [None])[-1]
    start = next((number for number, item in enumerate(_ITEMS, 1) if item["id"] == after), 0)
    found = _ITEMS[start : start + 1]
    return listing(*found, more=start + 1 < len(_ITEMS))


def _page_and_an_empty_one(request: Request, _: int = 1) -> Json:
    page = _page(request)
    if request.query.get("after", [None])[-1] == "msg_2":
        return listing()
    return Json({**page.body, "has_more": True})


def _page_without_more(request: Request, _: int = 1) -> Json:
    body = dict(_page(request).body)
    del body["has_more"]
    return Json(body)


def _named(request: Request, _: int = 1) -> Json:
    """The name that came in the form, without its quotes."""
    found = re.search(rb'filename="?([^"\r\n;]*)', request.content)
    return Json(file(filename=found[1].decode() if found else None))


_UPLOAD = {
    "id": "upload_1",
    "object": "upload",
    "bytes": 5,
    "created_at": NOW,
    "expires_at": NOW + 3600,
    "filename": "notes.txt",
    "purpose": "assistants",
    "status": "pending",
    "file": None,
}
_PART = {"id": "part_1", "object": "upload.part", "created_at": NOW, "upload_id": "upload_1"}
_EXPIRED = 'Runs in status "expired" do not accept tool outputs.'

CONDITIONS = {
    "KI-23": Condition(given=_RUNS),
    "KI-24": Condition(given=_RUNS),
    "KI-32": Condition(given=_RUNS),
    "KI-33": Condition(given=_RUNS),
    "KI-34": Condition(given=_RUNS),
    "KI-35": Condition(given=_RUNS),
    "KI-36": Condition(given=_RUNS),
    "KI-37": Condition(given=_RUNS),
    "KI-38": Condition(given=_RUNS),
    "KI-39": Condition(given=SHELF),
    "KI-45": Condition(planted={_MESSAGES: _page}, given={_MESSAGES: _page_and_an_empty_one}),
    "KI-46": Condition(given={_MESSAGES: _page}),
    "KI-47": Condition(planted={_MESSAGES: listing(_ITEMS[0], more=True)}, given={_MESSAGES: _page}),
    "KI-48": Condition(planted={_MESSAGES: _page_without_more}, given={_MESSAGES: _page}),
    "KI-49": Condition(given={"POST /files": _named}),
    "KI-53": Condition(
        given={
            "POST /uploads": Json(_UPLOAD),
            "POST /uploads/*/parts": Json(_PART),
            "POST /uploads/*/complete": Json({**_UPLOAD, "status": "completed", "file": file()}),
        }
    ),
    "KI-55": Condition(given=SHELF),
    "KI-56": Condition(given={"GET /openai/assistants": listing()}),
    "KI-58": Condition(given=SHELF),
    "KI-59": Condition(given={"GET /files/*/content": Json({"kept": True})}),
    "CE-05": Condition(
        planted={"GET /files/*/content": refusal(404, "No such File object: file-1", param="id")},
        given={"GET /files/*/content": Json({"kept": True})},
    ),
    "CE-07": Condition(
        planted={"POST /threads/*/runs/*/submit_tool_outputs": refusal(400, _EXPIRED)},
        given={"POST /threads/*/runs/*/submit_tool_outputs": Json(run("queued"))},
    ),
    "CE-09": Condition(
        planted={"GET /models": refusal(429, "Rate limit reached.", code="rate_limit_exceeded")}, given={}
    ),
    "CE-10": Condition(
        planted={
            "POST /vector_stores/*/files": refusal(400, "Files with extensions [none] are not supported for retrieval.")
        },
        given=SHELF,
    ),
    "CE-11": Condition(),
}
