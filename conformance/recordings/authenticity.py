"""What the recorded requests asked for, and whether a service answered them at all."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from conformance.recordings.endpoints import shown
from conformance.recordings.recording import ApiVersion, Row
from conformance.trace.exchange import Exchange, Request, Response, header_date
from conformance.trace.json import Json, is_integer, text

V2_LAUNCH = datetime(2024, 4, 17, tzinfo=UTC)

_BETA = re.compile(r"assistants=(v\d+)")


# Members that objects of version 1 have, and those that they have since version 2.
_OLD, _NEW = "file_ids", frozenset({"attachments", "tool_resources", "max_prompt_tokens"})
_KINDS = frozenset({"assistant", "thread", "thread.message", "thread.run"})


def make_row(exchange: Exchange, label: str, remark: str = "") -> Row:
    """A row of an exchange, with what its headers and ids tell about it."""
    invented = invention(exchange)
    return Row(
        exchange=exchange,
        api_version=api_version(exchange),
        handwritten=invented is not None,
        label=label,
        remark=f"hand-written: {invented}" if invented else remark,
    )


def api_version(exchange: Exchange) -> ApiVersion | None:
    """The API version a request asked for; None where it named none, and its answer is not of version 1 either.

    An answer whose own `Date` lies before the launch of v2 came from v1, whatever the request says now: ruby-openai's
    messages_delete.yml and messages_delete_message_setup.yml say v2 on answers of November 2023, in the shape of v1.
    """
    versions = {found for value in exchange.request.headers.all("openai-beta") for found in _BETA.findall(value)}
    if "v2" not in versions:
        return "v1" if "v1" in versions or (not versions and shows_version_1(shown(exchange))) else None
    answered = header_date(exchange.response.headers) if exchange.response else None
    return "v1" if answered is not None and answered < V2_LAUNCH else "v2"


def shows_version_1(objects: Iterable[dict[str, Json]]) -> bool:
    """Whether answered objects are those of version 1: by a member of it, or all older than version 2 and without its.

    For answers whose request is not known, or said nothing.
    """
    found = [value for value in objects if text(value.get("object")) in _KINDS]
    if any(not _NEW.isdisjoint(value) for value in found):
        return False
    if any(_OLD in value for value in found):
        return True
    times = [value["created_at"] for value in found if is_integer(value.get("created_at"))]
    return bool(times) and max(times) < V2_LAUNCH.timestamp()


_MARKS = (
    "openai-version",
    "openai-processing-ms",
    "openai-organization",
    "x-request-id",
    "cf-ray",
    "cf-cache-status",
    "strict-transport-security",
    "alt-svc",
    "date",
)
_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})
_REQUEST_ID = re.compile(r"req_[0-9a-f]{32}")
_RAY = re.compile(r"[0-9a-f]{16}(-[A-Z]{3})?")
_ID = re.compile(r"(?:asst|thread|msg|run|step|vs|vsfb|file)[_-]([A-Za-z0-9]+)")
_SHORTEST_ID = 16


def invention(exchange: Exchange) -> str | None:
    """Why this exchange with api.openai.com cannot have happened, in words; None where nothing speaks against it.

    Only what claims to come from api.openai.com is doubted: any other endpoint may name things as it likes. Each of
    these is enough, and none of them is met by a recording that is known to be real:

    * `x-request-id` is `req_` and something with digits that is not 32 hex digits, or `CF-RAY` has digits and is not 16
      hex digits and an airport. Real answers have 32 hex digits to January 2024, `req_` and 32 hex digits since;
      recorders that hide ids write a word ("Sanitized"), which has no digits.
    * a successful answer is about an id shorter than 16 characters after its prefix (`vs_abc123`, as the reference
      documentation writes them). Real ids have 22, 24 or 32.
    * the answer has headers of its own, and not one that the service or the network before it sends. Every real answer
      has most of them, the one real 500 too (ruby-openai vector_store_file_batches_list.yml); pydantic-ai's recorder
      drops `Date` and the ids and keeps the rest. Without any, or with what describes the body alone, it says nothing:
      a recorder may keep just these.

    Known cases: ruby-openai vector_stores_search.yml and vector_stores_search_setup.yml.
    """
    response = exchange.response
    if response is None or exchange.request.parts.hostname != "api.openai.com":
        return None
    return _false_mark(response) or _placeholder(exchange.request, response) or _no_marks(response)


def _false_mark(response: Response) -> str | None:
    for name, form in (("x-request-id", _REQUEST_ID), ("cf-ray", _RAY)):
        value = response.headers.get(name) or ""
        claims = name == "cf-ray" or value.startswith("req_")
        if claims and re.search(r"\d", value) and not form.fullmatch(value):
            return f"{name} has not the form that the service issues"
    return None


def _placeholder(request: Request, response: Response) -> str | None:
    if not 200 <= response.status < 300:
        return None
    named = request.path.split("/") + _ids(None if response.is_stream else response.json_or_none)
    for name in named:
        match = _ID.fullmatch(name)
        if match and re.search(r"\d", name) and len(match[1]) < _SHORTEST_ID:
            return f"{match[0]} is a placeholder, not an id of the service"
    return None


def _ids(value: Json) -> list[str]:
    return [value["id"]] if isinstance(value, dict) and isinstance(value.get("id"), str) else []


def _no_marks(response: Response) -> str | None:
    told = {name.lower() for name, _ in response.headers} - _OF_THE_BODY
    if told and not any(response.headers.get(name) is not None for name in _MARKS):
        return "none of the headers that the service sends"
    return None
