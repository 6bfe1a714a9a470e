"""Faults of headers: the key, the beta header, and what every answer carries."""

from conformance.proof.faults.changes import refuse
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answers, requests
from conformance.proof.interception import Answer, Request


def _send_beta(request: Request, context: FaultContext) -> None:
    request.headers.setdefault("openai-beta", "assistants=v2")


requests()("HDR-BETA-01", "headers.beta_not_needed")("The beta header is not needed.", _send_beta)
requests("createThread", "getThread", "createMessage")("HDR-BETA-01", "headers.beta_not_needed_for_threads")(
    "The beta header is not needed for threads.", _send_beta
)


@requests().function("HDR-BETA-02")
def version_1_is_open(request: Request, context: FaultContext) -> None:
    """Version 1 is taken for version 2."""
    if "openai-beta" in request.headers:
        request.headers["openai-beta"] = request.headers["openai-beta"].replace("assistants=v1", "assistants=v2")


@requests().function("HDR-BETA-03")
def any_version(request: Request, context: FaultContext) -> None:
    """Any beta header will do, except one for version 1."""
    if "openai-beta" in request.headers and "v1" not in request.headers["openai-beta"]:
        request.headers["openai-beta"] = "assistants=v2"


@requests().function("HDR-KEY-01")
def no_key_needed(request: Request, context: FaultContext) -> None:
    """No key is needed."""
    key = context.endpoint.settings.api_key
    if not request.headers.get("authorization", "").removeprefix("Bearer").strip():
        request.headers["authorization"] = f"Bearer {key or 'any'}"


@requests().function("HDR-KEY-02")
def any_key(request: Request, context: FaultContext) -> None:
    """Any key will do."""
    key = context.endpoint.settings.api_key
    if (
        key
        and request.headers.get("authorization", "").startswith("Bearer ")
        and request.headers["authorization"][7:].strip()
    ):
        request.headers["authorization"] = f"Bearer {key}"


@requests().function("HDR-KEY-02")
def wrong_key_is_forbidden(request: Request, context: FaultContext) -> None:
    """A wrong key is refused with 403."""
    key, value = context.endpoint.settings.api_key, request.headers.get("authorization", "").removeprefix("Bearer ")
    if key and value and value != key:
        raise refuse("Forbidden", status=403)


@answers("listMessages").function("ERROR-ID-01")
def no_request_id_on_lists(answer: Answer, context: FaultContext) -> None:
    """Lists have no x-request-id."""
    del answer.headers["x-request-id"]
