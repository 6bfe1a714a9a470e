"""Faults of headers: the key, the beta header, and what every answer carries."""

from __future__ import annotations

from conformance.proof.faults.changes import refuse
from conformance.proof.faults.fault import answers, requests
from conformance.proof.faults.scene import Answer, Scene, Sent


@requests(trips="HDR-BETA-01")
def beta_not_needed(sent: Sent, scene: Scene) -> None:
    """The beta header is not needed."""
    sent.headers.setdefault("openai-beta", "assistants=v2")


@requests("createThread", "getThread", "createMessage", trips="HDR-BETA-01")
def beta_not_needed_for_threads(sent: Sent, scene: Scene) -> None:
    """The beta header is not needed for threads."""
    sent.headers.setdefault("openai-beta", "assistants=v2")


@requests(trips="HDR-BETA-02")
def version_1_is_open(sent: Sent, scene: Scene) -> None:
    """Version 1 is taken for version 2."""
    if "openai-beta" in sent.headers:
        sent.headers["openai-beta"] = sent.headers["openai-beta"].replace("assistants=v1", "assistants=v2")


@requests(trips="HDR-BETA-03")
def any_version(sent: Sent, scene: Scene) -> None:
    """Any beta header will do, except one for version 1."""
    if "openai-beta" in sent.headers and "v1" not in sent.headers["openai-beta"]:
        sent.headers["openai-beta"] = "assistants=v2"


@requests(trips="HDR-KEY-01")
def no_key_needed(sent: Sent, scene: Scene) -> None:
    """No key is needed."""
    key = scene.endpoint.settings.api_key
    if not sent.headers.get("authorization", "").removeprefix("Bearer").strip():
        sent.headers["authorization"] = f"Bearer {key or 'any'}"


@requests(trips="HDR-KEY-02")
def any_key(sent: Sent, scene: Scene) -> None:
    """Any key will do."""
    key = scene.endpoint.settings.api_key
    if (
        key
        and sent.headers.get("authorization", "").startswith("Bearer ")
        and sent.headers["authorization"][7:].strip()
    ):
        sent.headers["authorization"] = f"Bearer {key}"


@requests(trips="HDR-KEY-02")
def wrong_key_is_forbidden(sent: Sent, scene: Scene) -> None:
    """A wrong key is refused with 403."""
    key, told = scene.endpoint.settings.api_key, sent.headers.get("authorization", "").removeprefix("Bearer ")
    if key and told and told != key:
        raise refuse("Forbidden", status=403)


@answers("listMessages", trips="ERROR-ID-01")
def no_request_id_on_lists(answer: Answer, scene: Scene) -> None:
    """Lists have no x-request-id."""
    answer.headers.pop("x-request-id", None)
