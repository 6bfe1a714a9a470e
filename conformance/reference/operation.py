"""What stands before every operation, in the order in which the real service refuses.

Key, beta header, JSON, schema, id prefixes; then the operation itself looks for its objects (404) and judges their
state (400). Only the first mistake is reported.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.requests import Request

from conformance.reference import errors
from conformance.reference.multipart import upload
from conformance.reference.settings import Settings
from conformance.reference.streaming import Subscription
from conformance.reference.validation import INTEGER, Field, Integer, Rule

PREFIXES = {
    "assistant_id": "asst",
    "thread_id": "thread",
    "message_id": "msg",
    "run_id": "run",
    "step_id": "step",
    "vector_store_id": "vs_",
    "batch_id": "vsfb_",
}


@dataclass(frozen=True)
class Stream:
    """An answer that comes as events: a subscription, and how to end it early."""

    subscription: Subscription
    leave: Callable[[], None]


@dataclass(frozen=True)
class Download:
    """An answer that is a file."""

    filename: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """A request that passed the gate. `query` and `body` hold valid values only."""

    path: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


Answer: TypeAlias = dict[str, Any] | Stream | Download
Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One operation of the API: where it is served, what it takes, and who answers.

    `body` None means that a body is not looked at. `beta` tells whether the `OpenAI-Beta` header is needed, `upload`
    whether the body is a form with a file.
    """

    method: str
    path: str
    handler: Handler
    body: Rule | None = None
    query: Mapping[str, Field] = field(default_factory=dict)
    beta: bool = True
    upload: bool = False


def check_key(request: Request, api_key: str | None) -> None:
    """Refuse a request without a key, or with another than the endpoint's."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise errors.no_key()
    if api_key is not None and key != api_key:
        raise errors.wrong_key(key)


def check_beta(request: Request) -> None:
    """Refuse a request that does not ask for version 2 of the Assistants API."""
    asked = {part.strip() for line in request.headers.getlist("openai-beta") for part in line.split(",")}
    if "assistants=v2" in asked:
        return
    raise errors.old_beta() if "assistants=v1" in asked else errors.no_beta()


async def admit(request: Request, operation: Operation, settings: Settings) -> Call:
    """The request as its operation wants it; raises `ApiError` with the first mistake."""
    check_key(request, settings.api_key)
    if operation.beta:
        check_beta(request)
    if operation.upload:
        return Call(request.path_params, {}, await upload(request, settings.largest_file))
    body = await _body(request) if operation.body is not None else {}
    if operation.body is not None:
        operation.body.check(body, "")
    query = _query(request, operation.query)
    for param, value in request.path_params.items():
        if param in PREFIXES and not value.startswith(PREFIXES[param]):
            raise errors.wrong_prefix(param, value, PREFIXES[param])
    return Call(request.path_params, query, body)


async def _body(request: Request) -> Any:
    raw = await request.body()
    if not raw:
        return {}
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip()
    if media_type.lower() != "application/json":
        raise errors.wrong_content_type(media_type)
    try:
        value = json.loads(raw)
        # What cannot be written as JSON again is refused now: infinities, lone surrogates, bottomless nesting.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise errors.not_json() from None
    return value


def _query(request: Request, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The known parameters; unknown ones are ignored, as recorded (`timeout=120` and the like)."""
    values: dict[str, Any] = {}
    for name, known in fields.items():
        sent = request.query_params.getlist(name)
        if not sent:
            continue
        value: Any = sent if name.endswith("[]") else sent[-1]
        if isinstance(known.rule, Integer) and INTEGER.fullmatch(value):
            value = int(value)
        known.rule.check(value, name)
        values[name] = value
    return values
