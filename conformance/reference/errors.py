"""The error answers of the API: one class, and the wording of every mistake a client can make.

The wording is the real service's. A refusal is raised by its name, `raise errors.not_found("thread", id)`: the values
are put into the message in order.
"""

from collections.abc import Callable, Sequence
from typing import Any


class ApiError(Exception):
    """A request that is refused, with everything its answer says. `headers` are sent besides the usual ones."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The envelope; all four keys are always there."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def _error(status: int, message: str, **members: Any) -> Callable[..., ApiError]:
    """Makes errors of one kind: the arguments fill the braces of the message."""
    return lambda *values: ApiError(status, message.format(*values), **members)


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="OpenAI API"'}

# Keys and headers

no_key = _error(
    401,
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing "
    "the API from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys.",
    headers=_CHALLENGE,
)
no_beta = _error(
    400,
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the "
    "header 'OpenAI-Beta: assistants=v2'.",
    code="invalid_beta",
)
old_beta = _error(
    400,
    "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta: assistants=v2'. "
    "See the migration guide for more information: https://platform.openai.com/docs/assistants/migration.",
    code="invalid_beta",
)


def wrong_key(key: str) -> ApiError:
    """A key was sent that is not the endpoint's; the answer shows it masked."""
    masked = f"{key[:3]}{'*' * (len(key) - 7)}{key[-4:]}" if len(key) > 10 else "*" * len(key)
    return ApiError(
        401,
        f"Incorrect API key provided: {masked}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
        headers=_CHALLENGE,
    )


# Bodies and paths

not_json = _error(
    400,
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
    "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have "
    "trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
)
wrong_content_type = _error(
    400,
    "Unsupported content type: '{0}'. This API method only accepts 'application/json' requests, but you specified the "
    "header 'Content-Type: {0}'. Please try again with a supported content type.",
    code="unsupported_content_type",
)
not_a_form = _error(
    400,
    "Invalid Content-Type header ({}), expected multipart/form-data. (HINT: If you're using curl, you can pass "
    "-F 'file=@...')",
)
broken_form = _error(400, "Could not parse multipart form: {}")
file_too_large = _error(413, "File too large: it has {} bytes, and at most {} are accepted.")
unknown_url = _error(404, "Invalid URL ({} {})")


def wrong_method(method: str, path: str, allowed: str) -> ApiError:
    """The path is served, but not with this method."""
    return ApiError(
        405,
        f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
        headers={"Allow": allowed} if allowed else {},
    )


# Ids, and objects that do not exist


def wrong_prefix(param: str, value: str, prefix: str) -> ApiError:
    """An id that cannot be one of this kind."""
    message = f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'."
    return ApiError(400, message, param=param, code="invalid_value")


def files_not_found(identifiers: Sequence[str]) -> ApiError:
    """Files that were to be attached and do not exist."""
    return ApiError(404, f"Files [{', '.join(identifiers)}] were not found")


not_found = _error(404, "No {} found with id '{}'.")
no_such_file = _error(404, "No such File object: {}", param="id")
not_in_store = _error(404, "No file found with id '{}' in vector store '{}'.")
unknown_model = _error(404, "The model '{}' does not exist", param="model", code="model_not_found")

# What an object's state forbids

store_expired = _error(400, "Vector store '{}' has expired")
run_store_expired = _error(400, "Vector store {} is expired")
no_download = _error(400, "Not allowed to download files of purpose: {}")
wrong_image = _error(
    400,
    "Invalid message content: Expected file type to be a supported format: .jpeg, .jpg, .png, .gif, .webp but got {}.",
)
model_not_deletable = _error(403, "You have insufficient permissions for this operation. Missing scopes: api.delete.")
thread_locked_for_messages = _error(400, "Can't add messages to {} while a run {} is active.")
thread_locked_for_runs = _error(400, "Thread {} already has an active run {}.")
not_cancellable = _error(400, "Cannot cancel run with status '{}'.")
not_modifiable = _error(400, "Cannot update run with status '{}'.")
no_outputs_wanted = _error(400, 'Runs in status "{}" do not accept tool outputs.')
wrong_outputs = _error(400, "Expected tool outputs for call_ids {!r}, got {!r}")
nothing_to_run_on = _error(
    400, "Run creation requires a Thread with a user message or an assistant with instructions.", code="invalid_thread"
)
no_such_tool = _error(
    400, "Tool choice '{}' not found in 'tools' parameter.", param="tool_choice", code="invalid_value"
)
server_error = _error(
    500,
    "The server had an error processing your request. Sorry about that! You can retry your request, or contact us "
    "through our help center at help.openai.com if you keep seeing this error. (Please include the request ID {} in "
    "your email.)",
    kind="server_error",
)
