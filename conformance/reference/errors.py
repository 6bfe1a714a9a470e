"""The error answers of the API: one class, and the wording of every mistake a client can make."""

from __future__ import annotations

from collections.abc import Sequence
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


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="OpenAI API"'}
_MIGRATION = "https://platform.openai.com/docs/assistants/migration"


def no_key() -> ApiError:
    """No API key was sent."""
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing "
        "the API from your browser and are prompted for a username and password. You can obtain an API key from "
        "https://platform.openai.com/account/api-keys.",
        headers=_CHALLENGE,
    )


def wrong_key(key: str) -> ApiError:
    """A key was sent that is not the endpoint's; the answer shows it masked."""
    shown = f"{key[:3]}{'*' * (len(key) - 7)}{key[-4:]}" if len(key) > 10 else "*" * len(key)
    return ApiError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
        headers=_CHALLENGE,
    )


def no_beta() -> ApiError:
    """The `OpenAI-Beta` header is missing."""
    return ApiError(
        400,
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the "
        "header 'OpenAI-Beta: assistants=v2'.",
        code="invalid_beta",
    )


def old_beta() -> ApiError:
    """The `OpenAI-Beta` header asks for version 1."""
    return ApiError(
        400,
        "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta: "
        f"assistants=v2'. See the migration guide for more information: {_MIGRATION}.",
        code="invalid_beta",
    )


def not_json() -> ApiError:
    """The body is not JSON."""
    return ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
        "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have "
        "trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    )


def wrong_content_type(media_type: str) -> ApiError:
    """The body is labelled as something other than JSON."""
    return ApiError(
        400,
        f"Unsupported content type: '{media_type}'. This API method only accepts 'application/json' requests, but you "
        f"specified the header 'Content-Type: {media_type}'. Please try again with a supported content type.",
        code="unsupported_content_type",
    )


def unknown_url(method: str, path: str) -> ApiError:
    """Nothing is served under this path."""
    return ApiError(404, f"Invalid URL ({method} {path})")


def wrong_method(method: str, path: str, allowed: str) -> ApiError:
    """The path is served, but not with this method."""
    return ApiError(
        405,
        f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
        headers={"Allow": allowed} if allowed else {},
    )


def wrong_prefix(param: str, value: str, prefix: str) -> ApiError:
    """An id that cannot be one of this kind."""
    return ApiError(
        400,
        f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.",
        param=param,
        code="invalid_value",
    )


def not_found(noun: str, identifier: str) -> ApiError:
    """A well-formed id that names nothing."""
    return ApiError(404, f"No {noun} found with id '{identifier}'.")


def files_not_found(identifiers: Sequence[str]) -> ApiError:
    """Files that were to be attached and do not exist."""
    return ApiError(404, f"Files [{', '.join(identifiers)}] were not found")


def no_such_file(identifier: str) -> ApiError:
    """A file that does not exist, asked for as such."""
    return ApiError(404, f"No such File object: {identifier}", param="id")


def not_in_store(identifier: str, store_id: str) -> ApiError:
    """A file that is not in that vector store."""
    return ApiError(404, f"No file found with id '{identifier}' in vector store '{store_id}'.")


def store_expired(store_id: str) -> ApiError:
    """A vector store whose days have passed takes nothing more."""
    return ApiError(400, f"Vector store '{store_id}' has expired")


def run_store_expired(store_id: str) -> ApiError:
    """A run would search a vector store whose days have passed."""
    return ApiError(400, f"Vector store {store_id} is expired")


def no_download(purpose: str) -> ApiError:
    """The content of a file that is not handed out."""
    return ApiError(400, f"Not allowed to download files of purpose: {purpose}")


def not_a_form(media_type: str) -> ApiError:
    """An upload that is no multipart form."""
    return ApiError(
        400,
        f"Invalid Content-Type header ({media_type or 'none'}), expected multipart/form-data. (HINT: If you're using "
        "curl, you can pass -F 'file=@...')",
    )


def broken_form(problem: str) -> ApiError:
    """An upload whose form cannot be taken apart."""
    return ApiError(400, f"Could not parse multipart form: {problem}")


def file_too_large(size: int, largest: int) -> ApiError:
    """An upload of more bytes than one file may have."""
    return ApiError(413, f"File too large: it has {size} bytes, and at most {largest} are accepted.")


def wrong_image(extension: str) -> ApiError:
    """An image in a format that models cannot look at."""
    return ApiError(
        400,
        "Invalid message content: Expected file type to be a supported format: .jpeg, .jpg, .png, .gif, .webp but got "
        f"{extension}.",
    )


def unknown_model(model: str) -> ApiError:
    """A model that is not served here."""
    return ApiError(404, f"The model '{model}' does not exist", param="model", code="model_not_found")


def not_yours() -> ApiError:
    """A model is to be deleted that is not the client's own: none is."""
    return ApiError(403, "You have insufficient permissions for this operation. Missing scopes: api.delete.")


def thread_locked_for_messages(thread_id: str, run_id: str) -> ApiError:
    """A message cannot be added while a run is active."""
    return ApiError(400, f"Can't add messages to {thread_id} while a run {run_id} is active.")


def thread_locked_for_runs(thread_id: str, run_id: str) -> ApiError:
    """A second run cannot be started while one is active."""
    return ApiError(400, f"Thread {thread_id} already has an active run {run_id}.")


def not_cancellable(status: str) -> ApiError:
    """The run is over, or already being cancelled."""
    return ApiError(400, f"Cannot cancel run with status '{status}'.")


def not_modifiable(status: str) -> ApiError:
    """The run is being worked on."""
    return ApiError(400, f"Cannot update run with status '{status}'.")


def no_outputs_wanted(status: str) -> ApiError:
    """The run does not wait for tool outputs."""
    return ApiError(400, f'Runs in status "{status}" do not accept tool outputs.')


def wrong_outputs(expected: Sequence[str], got: Sequence[str]) -> ApiError:
    """The outputs are not for exactly the calls the run waits for."""
    return ApiError(400, f"Expected tool outputs for call_ids {list(expected)!r}, got {list(got)!r}")


def nothing_to_run_on() -> ApiError:
    """Neither a user message nor instructions."""
    return ApiError(
        400,
        "Run creation requires a Thread with a user message or an assistant with instructions.",
        code="invalid_thread",
    )


def no_such_tool(kind: str) -> ApiError:
    """A tool is forced that the run does not have."""
    return ApiError(
        400, f"Tool choice '{kind}' not found in 'tools' parameter.", param="tool_choice", code="invalid_value"
    )


def server_error(request_id: str) -> ApiError:
    """The endpoint itself broke."""
    return ApiError(
        500,
        "The server had an error processing your request. Sorry about that! You can retry your request, or contact us "
        "through our help center at help.openai.com if you keep seeing this error. (Please include the request ID "
        f"{request_id} in your email.)",
        kind="server_error",
    )
