"""Faults of error answers: their envelope, their words, their status."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import missing, put, refuse, succeed, when
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answers, request_bodies, requests
from conformance.proof.interception import Answer, Request
from conformance.reference import objects as reference_objects

Json = dict[str, Any]


def _refused(answer: Answer, *statuses: int) -> dict[str, Any] | None:
    """The error of a refusal with one of these statuses (any, where none is told)."""
    if answer.status < 400 or (statuses and answer.status not in statuses) or not isinstance(answer.body, dict):
        return None
    error = answer.body.get("error")
    return error if isinstance(error, dict) else None


@answers().function("ERROR-ENVELOPE-01")
def detail(answer: Answer, context: FaultContext) -> None:
    """An unknown object is answered with `detail`, as a framework does on its own."""
    if error := _refused(answer, 404):
        answer.body = {"detail": error["message"]}


@answers().function("ERROR-ENVELOPE-01")
def error_as_text(answer: Answer, context: FaultContext) -> None:
    """An error is a plain text under error."""
    if error := _refused(answer, 400):
        answer.body = {"error": error["message"]}


@answers().function("ERROR-ENVELOPE-02")
def numeric_type(answer: Answer, context: FaultContext) -> None:
    """An error has its status as its type."""
    if error := _refused(answer, 400):
        error["type"] = 400


@answers("createRun").function("ERROR-ENVELOPE-02")
def no_message_for_locks(answer: Answer, context: FaultContext) -> None:
    """A run that is refused for a lock is refused without words."""
    if (error := _refused(answer, 400)) and "active run" in error["message"]:
        del error["message"]


@answers().function("ERROR-ENVELOPE-03")
def no_param(answer: Answer, context: FaultContext) -> None:
    """An error without a param has no such key."""
    if (error := _refused(answer)) and error["param"] is None:
        del error["param"]


@answers().function("ERROR-ENVELOPE-03")
def numeric_code(answer: Answer, context: FaultContext) -> None:
    """The code of an error about an unknown object is the number 404."""
    if error := _refused(answer, 404):
        error["code"] = 404


@answers().function("ERROR-ENVELOPE-04")
def detail_of_the_framework(answer: Answer, context: FaultContext) -> None:
    """A path or method that is not there is answered with the page of a framework."""
    if not context.operation and _refused(answer, 404, 405):
        answer.body = {"detail": "Not Found"}


@answers().function("ERROR-MEDIA-01")
def plain_text(answer: Answer, context: FaultContext) -> None:
    """An error is labelled text/plain."""
    if _refused(answer):
        answer.headers["content-type"] = "text/plain; charset=utf-8"


@answers().function("ERROR-TYPE-01")
def not_found_error(answer: Answer, context: FaultContext) -> None:
    """An unknown object is answered with the type not_found_error."""
    if error := _refused(answer, 404):
        error["type"] = "not_found_error"


@answers().function("ERROR-TYPE-01")
def authentication_error(answer: Answer, context: FaultContext) -> None:
    """A refused key is answered with the type authentication_error."""
    if error := _refused(answer, 401):
        error["type"] = "authentication_error"


@answers().function("ERROR-MISSING-01")
def code_not_found(answer: Answer, context: FaultContext) -> None:
    """That an object does not exist is answered with the code not_found."""
    if (error := _refused(answer, 404)) and error["message"].startswith("No "):
        error["code"] = "not_found"


@answers().function("ERROR-KNOWN-01")
def lock_is_a_conflict(answer: Answer, context: FaultContext) -> None:
    """A thread with an active run answers 409."""
    if (error := _refused(answer, 400)) and "already has an active run" in error["message"]:
        answer.status = 409


@answers().function("ERROR-KNOWN-03")
def not_found_as_400(answer: Answer, context: FaultContext) -> None:
    """That an assistant does not exist is answered 400, in the right words."""
    if (error := _refused(answer, 404)) and error["message"].startswith("No assistant"):
        answer.status = 400


@answers().function("ERROR-KNOWN-03")
def param_of_the_body(answer: Answer, context: FaultContext) -> None:
    """A missing parameter is named as a path from the body."""
    if (error := _refused(answer, 400)) and error["code"] == "missing_required_parameter":
        error["param"] = f"body.{error['param']}"


@answers().function("ERROR-KNOWN-02")
def value_code_for_types(answer: Answer, context: FaultContext) -> None:
    """A wrong type is told with the code invalid_value."""
    if (error := _refused(answer, 400)) and error["code"] == "invalid_type":
        error["code"] = "invalid_value"


@answers("submitToolOuputsToRun").function("ERROR-5XX-02")
def broken_every_time(answer: Answer, context: FaultContext) -> None:
    """Tool outputs that a run does not want are answered 500, each time."""
    if error := _refused(answer, 400):
        answer.status = 500
        error.update(message="'NoneType' object has no attribute 'submit_tool_outputs'", type="server_error")


@request_bodies("createAssistant").function("ERROR-5XX-01")
def broken_by_wrong_types(body: Json, context: FaultContext) -> None:
    """A wrong type is answered 500."""
    if not isinstance(body.get("name"), str | None):
        raise refuse("'int' object has no attribute 'strip'", status=500)


@request_bodies("createAssistant").function("ERROR-TYPE-02")
def server_error_by_another_name(body: Json, context: FaultContext) -> None:
    """A server error is of type internal_error."""
    if not isinstance(body.get("name"), str | None):
        problem = refuse("'int' object has no attribute 'strip'", status=500)
        problem.kind = "internal_error"
        raise problem


@requests("createAssistant", "createThread", "createMessage", "createRun").function("ERROR-JSON-01")
def broken_json_is_empty(request: Request, context: FaultContext) -> None:
    """A body that is not JSON counts as an empty object with the defaults of a demonstration."""
    if request.content and request.body is None and request.content.strip() != b"null":
        request.body = {
            "createAssistant": {"model": "gpt-4o"},
            "createMessage": {"role": "user", "content": "?"},
        }.get(context.operation, {})


@answers().function("ERROR-JSON-02")
def unprocessable_json(answer: Answer, context: FaultContext) -> None:
    """A body that is not JSON is refused with 422."""
    if (error := _refused(answer, 400)) and "could not parse the JSON body" in error["message"]:
        answer.status = 422


@requests().function("ERROR-MEDIA-02")
def any_media_type(request: Request, context: FaultContext) -> None:
    """JSON is accepted under any content type."""
    if request.body is not None:
        request.headers["content-type"] = "application/json"


@answers().function("ERROR-PATH-01")
def welcome(answer: Answer, context: FaultContext) -> None:
    """A path that is not there is answered 200 with a word of welcome."""
    if not context.operation and (error := _refused(answer, 404)) and error["message"].startswith("Invalid URL"):
        succeed(answer, {"message": "Welcome"})


@answers().function("ERROR-METHOD-01")
def method_as_400(answer: Answer, context: FaultContext) -> None:
    """A method that a path does not have is answered 400."""
    if _refused(answer, 405):
        answer.status = 400


@answers("getRun", "getMessage", "getThread", "getAssistant").function("ERROR-UNKNOWN-01")
def unknown_is_null(answer: Answer, context: FaultContext) -> None:
    """An object that does not exist is answered 200 and null."""
    if _refused(answer, 404):
        answer.status, answer.content = 200, b"null"


@answers("deleteAssistant", "deleteThread").function("ERROR-UNKNOWN-01")
def unknown_is_deleted(answer: Answer, context: FaultContext) -> None:
    """Deleting what never existed is answered as if it had been there."""
    if _refused(answer, 404):
        kind, name = next(iter(context.ids.items()))
        succeed(answer, {"id": name, "object": f"{kind.removesuffix('_id')}.deleted", "deleted": True})


@answers("createRun", "createThreadAndRun").function("ERROR-UNKNOWN-02")
def unknown_assistant_as_400(answer: Answer, context: FaultContext) -> None:
    """A run for an assistant that does not exist is refused with 400."""
    if (error := _refused(answer, 404)) and error["message"].startswith("No assistant"):
        answer.status, error["message"] = 400, "Unknown assistant."


request_bodies("createAssistant", "createRun")("ERROR-UNKNOWN-03", "errors.any_model")(
    "Any name of a model is taken for a known one.",
    when(lambda body, _: isinstance(body.get("model"), str), put("model", "gpt-4o-mini")),
)


@answers("getRun", "getMessage", "getThread", "getAssistant").function("ERROR-PREFIX-01")
def wrong_prefix_as_422(answer: Answer, context: FaultContext) -> None:
    """An id of the wrong kind in the path is refused with 422."""
    if (error := _refused(answer, 400)) and "begins with" in error["message"]:
        answer.status, error["message"], error["code"] = 422, "Value error.", None


@answers("createRun").function("ERROR-PREFIX-02")
def wrong_assistant_prefix_as_422(answer: Answer, context: FaultContext) -> None:
    """An assistant_id of the wrong kind is refused with 422."""
    if (error := _refused(answer, 400)) and "begins with" in error["message"]:
        answer.status, error["message"], error["code"] = 422, "Value error.", None


@requests("modifyRun").function("ERROR-FIRST-01")
def thread_before_parameters(request: Request, context: FaultContext) -> None:
    """That a thread does not exist is told before that the request is malformed."""
    if context.ids["thread_id"] not in context.endpoint.store.threads:
        raise refuse(f"No thread found with id '{context.ids['thread_id']}'.", status=404)


@answers("getRun", "getMessage", "getRunStep").function("ERROR-FIRST-02")
def innermost_first(answer: Answer, context: FaultContext) -> None:
    """Of several objects in a path that do not exist, the answer speaks of the last."""
    if _refused(answer, 404):
        kind, name = list(context.ids.items())[-1]
        missing(answer, f"No {kind.removesuffix('_id').replace('_', ' ')} found with id '{name}'.")


@answers().function("ERROR-ID-01")
def no_request_id_on_errors(answer: Answer, context: FaultContext) -> None:
    """Refusals have no x-request-id."""
    if _refused(answer):
        del answer.headers["x-request-id"]


@answers().function("ERROR-AUTH-01")
def key_refused_without_code(answer: Answer, context: FaultContext) -> None:
    """A refused key is answered without a code."""
    if error := _refused(answer, 401):
        error["code"] = None


@answers().function("ERROR-PARAM-01")
def last_name_only(answer: Answer, context: FaultContext) -> None:
    """A refusal names a parameter by its last name only."""
    if (error := _refused(answer, 400)) and error["param"]:
        error["param"] = error["param"].rpartition(".")[2]
        error["message"] = "Invalid request."


@answers().function("ERROR-PARAM-01")
def no_parameter_named(answer: Answer, context: FaultContext) -> None:
    """A refusal names no parameter."""
    if (error := _refused(answer, 400)) and error["param"]:
        error["param"], error["message"] = None, "Invalid request."


@answers().function("ERROR-CODE-01")
def one_code_for_all(answer: Answer, context: FaultContext) -> None:
    """Every malformed request is refused with the code invalid_request."""
    if (error := _refused(answer, 400)) and error["code"]:
        error["code"], error["message"] = "invalid_request", "Invalid request."


@answers("createMessage").function("IDENTITY-REFUSED-02")
def refused_message_is_kept(answer: Answer, context: FaultContext) -> None:
    """A message that is refused for its metadata is in the thread all the same."""
    request, thread = context.request_body, context.endpoint.store.threads.get(context.ids["thread_id"])
    if answer.status != 400 or not isinstance(request, dict) or thread is None:
        return
    if request.get("role") == "user" and isinstance(request.get("content"), str):
        value = reference_objects.message(
            context.endpoint.ids.make("msg"),
            context.endpoint.clock.now(),
            thread.id,
            {"role": "user", "content": request["content"]},
        )
        context.endpoint.store.add(value, thread.messages)
