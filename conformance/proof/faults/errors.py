"""Faults of error answers: their envelope, their words, their status."""

from conformance.proof.faults.changes import (
    answer_body,
    answer_with,
    drop,
    drop_header,
    equals,
    has,
    missing,
    put,
    refuse,
    replace,
    says,
    set_header,
    succeed,
    then,
    update,
    when,
)
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answers, refusals, request_bodies, requests
from conformance.proof.interception import Answer, Request

READS = ("getRun", "getMessage", "getThread", "getAssistant")
on_refusal = refusals()
on_400, on_401, on_404 = refusals(status=(400,)), refusals(status=(401,)), refusals(status=(404,))
_VALUE_ERROR = then(answer_with(422), update(message="Value error.", code=None))

on_404("ERROR-ENVELOPE-01", "errors.detail")(
    "An unknown object is answered with `detail`, as a framework does on its own.",
    answer_body(lambda error: {"detail": error["message"]}),
)
on_400("ERROR-ENVELOPE-01", "errors.error_as_text")(
    "An error is a plain text under error.", answer_body(lambda error: {"error": error["message"]})
)
on_400("ERROR-ENVELOPE-02", "errors.numeric_type")("An error has its status as its type.", put("type", 400))
refusals("createRun", status=(400,))("ERROR-ENVELOPE-02", "errors.no_message_for_locks")(
    "A run that is refused for a lock is refused without words.", when(says("active run"), drop("message"))
)
on_refusal("ERROR-ENVELOPE-03", "errors.no_param")(
    "An error without a param has no such key.", when(equals("param", None), drop("param"))
)
on_404("ERROR-ENVELOPE-03", "errors.numeric_code")(
    "The code of an error about an unknown object is the number 404.", put("code", 404)
)
refusals(status=(404, 405))("ERROR-ENVELOPE-04", "errors.detail_of_the_framework")(
    "A path or method that is not there is answered with the page of a framework.",
    when(lambda error, context: not context.operation, answer_body(lambda error: {"detail": "Not Found"})),
)
on_refusal("ERROR-MEDIA-01", "errors.plain_text")(
    "An error is labelled text/plain.", set_header("content-type", "text/plain; charset=utf-8")
)
on_404("ERROR-TYPE-01", "errors.not_found_error")(
    "An unknown object is answered with the type not_found_error.", put("type", "not_found_error")
)
on_401("ERROR-TYPE-01", "errors.authentication_error")(
    "A refused key is answered with the type authentication_error.", put("type", "authentication_error")
)
on_404("ERROR-MISSING-01", "errors.code_not_found")(
    "That an object does not exist is answered with the code not_found.",
    when(lambda error, _: error["message"].startswith("No "), put("code", "not_found")),
)
on_400("ERROR-KNOWN-01", "errors.lock_is_a_conflict")(
    "A thread with an active run answers 409.", when(says("already has an active run"), answer_with(409))
)
on_404("ERROR-KNOWN-03", "errors.not_found_as_400")(
    "That an assistant does not exist is answered 400, in the right words.",
    when(says("No assistant"), answer_with(400)),
)
on_400("ERROR-KNOWN-03", "errors.param_of_the_body")(
    "A missing parameter is named as a path from the body.",
    when(equals("code", "missing_required_parameter"), replace("param", lambda name: f"body.{name}")),
)
on_400("ERROR-KNOWN-02", "errors.value_code_for_types")(
    "A wrong type is told with the code invalid_value.",
    when(equals("code", "invalid_type"), put("code", "invalid_value")),
)
refusals("submitToolOuputsToRun", status=(400,))("ERROR-5XX-02", "errors.broken_every_time")(
    "Tool outputs that a run does not want are answered 500, each time.",
    then(
        answer_with(500),
        update(message="'NoneType' object has no attribute 'submit_tool_outputs'", type="server_error"),
    ),
)
for _name, _words, _status, _about in (
    ("missing_ids_crash", ("No assistant found", "No thread found"), 500, "An id that no object has"),
    ("missing_ids_are_unavailable", ("No run found", "No message found"), 503, "An id that no object has"),
    ("wrong_types_crash", ("Invalid type for",), 500, "A value of the wrong type"),
    ("unknown_parameters_crash", ("Unknown parameter",), 502, "An unknown parameter"),
    ("missing_parameters_crash", ("Missing required parameter",), 500, "A missing parameter"),
    ("broken_json_crashes", ("could not parse the JSON body",), 500, "A body that is not JSON"),
    ("long_lists_crash", ("array too long",), 520, "A list that is too long"),
):
    refusals(status=(400, 404))("ERROR-DESERVED-01", f"errors.{_name}")(
        f"{_about} is answered {_status}, each time.",
        when(says(*_words), then(answer_with(_status), update(message="Internal error", type="server_error"))),
    )
on_400("ERROR-JSON-02", "errors.unprocessable_json")(
    "A body that is not JSON is refused with 422.", when(says("could not parse the JSON body"), answer_with(422))
)
refusals(status=(405,))("ERROR-METHOD-01", "errors.method_as_400")(
    "A method that a path does not have is answered 400.", answer_with(400)
)
refusals("createRun", "createThreadAndRun", status=(404,))("ERROR-UNKNOWN-02", "errors.unknown_assistant_as_400")(
    "A run for an assistant that does not exist is refused with 400.",
    when(says("No assistant"), then(answer_with(400), put("message", "Unknown assistant."))),
)
refusals(*READS, status=(400,))("ERROR-PREFIX-01", "errors.wrong_prefix_as_422")(
    "An id of the wrong kind in the path is refused with 422.", when(says("begins with"), _VALUE_ERROR)
)
refusals("createRun", status=(400,))("ERROR-PREFIX-02", "errors.wrong_assistant_prefix_as_422")(
    "An assistant_id of the wrong kind is refused with 422.", when(says("begins with"), _VALUE_ERROR)
)
on_refusal("ERROR-ID-01", "errors.no_request_id_on_errors")(
    "Refusals have no x-request-id.", drop_header("x-request-id")
)
on_401("ERROR-AUTH-01", "errors.key_refused_without_code")(
    "A refused key is answered without a code.", put("code", None)
)
on_400("ERROR-PARAM-01", "errors.last_name_only")(
    "A refusal names a parameter by its last name only.",
    when(
        has("param"), then(replace("param", lambda name: name.rpartition(".")[2]), put("message", "Invalid request."))
    ),
)
on_400("ERROR-PARAM-01", "errors.no_parameter_named")(
    "A refusal names no parameter.", when(has("param"), update(param=None, message="Invalid request."))
)
on_400("ERROR-CODE-01", "errors.one_code_for_all")(
    "Every malformed request is refused with the code invalid_request.",
    when(has("code"), update(code="invalid_request", message="Invalid request.")),
)
refusals(*READS, status=(404,))("ERROR-UNKNOWN-01", "errors.unknown_is_null")(
    "An object that does not exist is answered 200 and null.",
    then(answer_with(200), lambda error, context: setattr(context.answer, "content", b"null")),
)
refusals(status=(404,))("ERROR-PATH-01", "errors.welcome")(
    "A path that is not there is answered 200 with a word of welcome.",
    when(
        lambda error, context: not context.operation and error["message"].startswith("Invalid URL"),
        then(answer_with(200), answer_body(lambda error: {"message": "Welcome"})),
    ),
)
request_bodies("createAssistant", "createRun")("ERROR-UNKNOWN-03", "errors.any_model")(
    "Any name of a model is taken for a known one.",
    replace("model", lambda name: "gpt-4o-mini" if isinstance(name, str) else name),
)


@refusals("retrieveModel", status=(404,)).function("ERROR-UNKNOWN-03")
def made_up_model(error: Json, context: FaultContext) -> None:
    """Whatever model is asked for is there."""
    name = context.ids["model"]
    succeed(context.answer, {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "custom"})


@refusals("deleteAssistant", "deleteThread", status=(404,)).function("ERROR-UNKNOWN-01")
def unknown_is_deleted(error: Json, context: FaultContext) -> None:
    """Deleting what never existed is answered as if it had been there."""
    kind, name = next(iter(context.ids.items()))
    succeed(context.answer, {"id": name, "object": f"{kind.removesuffix('_id')}.deleted", "deleted": True})


@refusals("getRun", "getMessage", "getRunStep", status=(404,)).function("ERROR-FIRST-02")
def innermost_first(error: Json, context: FaultContext) -> None:
    """Of several objects in a path that do not exist, the answer speaks of the last."""
    kind, name = list(context.ids.items())[-1]
    missing(context.answer, f"No {kind.removesuffix('_id').replace('_', ' ')} found with id '{name}'.")


@requests("createThread").function("ERROR-5XX-01")
def fails_once(request: Request, context: FaultContext) -> None:
    """The second thread is answered 500, and made where it is asked for again."""
    if context.nth("thread") == 2:
        raise refuse("The server had an error.", status=500)


@request_bodies("createAssistant").function("ERROR-DESERVED-01")
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
        request.body = {"createAssistant": {"model": "gpt-4o"}, "createMessage": {"role": "user", "content": "?"}}.get(
            context.operation, {}
        )


@requests().function("ERROR-MEDIA-02")
def any_media_type(request: Request, context: FaultContext) -> None:
    """JSON is accepted under any content type."""
    if request.body is not None:
        request.headers["content-type"] = "application/json"


@requests("modifyRun").function("ERROR-FIRST-01")
def thread_before_parameters(request: Request, context: FaultContext) -> None:
    """That a thread does not exist is told before that the request is malformed."""
    if context.ids["thread_id"] not in context.store.threads:
        raise refuse(f"No thread found with id '{context.ids['thread_id']}'.", status=404)


@answers("createMessage").function("IDENTITY-REFUSED-02")
def refused_message_is_kept(answer: Answer, context: FaultContext) -> None:
    """A message that is refused for its metadata is in the thread all the same."""
    sent, thread = context.sent, context.thread
    if answer.status == 400 and thread and sent.get("role") == "user" and isinstance(sent.get("content"), str):
        value = context.new_message(thread.id, {"role": "user", "content": sent["content"]})
        context.store.add(value, thread.messages)
