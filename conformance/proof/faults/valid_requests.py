"""Faults that refuse, or fail on, what keeps the contract; they belong to the area `limits`."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import refuse
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import requests
from conformance.proof.faults.operations import ASSISTANT, LISTS_WITH_STORES, RUN
from conformance.proof.interception import Request
from conformance.reference.errors import ApiError

Holds = Callable[[dict[str, Any]], Any]


def _messages(body: dict[str, Any]) -> list[Any]:
    return [body, *(body.get("messages") or []), *(body.get("additional_messages") or [])]


def _functions(body: dict[str, Any]) -> list[Any]:
    return [tool["function"] for tool in body.get("tools") or [] if isinstance(tool, dict) and "function" in tool]


def _in_parts(body: dict[str, Any]) -> bool:
    return any(isinstance(row, dict) and isinstance(row.get("content"), list) for row in _messages(body))


def _is_bare(body: dict[str, Any]) -> bool:
    return any(isinstance(found, dict) and "parameters" not in found for found in _functions(body))


def _has(name: str) -> Holds:
    return lambda body: body.get(name)


def _fail(holds: Holds, failure: Callable[[], ApiError]) -> Callable[[Request, FaultContext], None]:
    """Fail requests whose body is like that."""

    def change(request: Request, context: FaultContext) -> None:
        if isinstance(request.body, dict) and holds(request.body):
            raise failure()

    return change


def _unwanted() -> ApiError:
    return refuse("That will not do.")


def _refusing(condition: Callable[[Request, FaultContext], object]) -> Callable[[Request, FaultContext], None]:
    def change(request: Request, context: FaultContext) -> None:
        if condition(request, context):
            raise _unwanted()

    return change


_REFUSED: tuple[tuple[str, tuple[str, ...], str, Holds], ...] = (
    ("parts_of_messages", ("createMessage",), "A message in parts is refused.", _in_parts),
    ("parts_in_threads", ("createThread",), "A thread with a message in parts is refused.", _in_parts),
    ("parts_in_runs", ("createRun",), "A run with a message in parts is refused.", _in_parts),
    ("attachments", ("createMessage",), "A message with an attachment is refused.", _has("attachments")),
    ("bare_functions_of_assistants", ASSISTANT, "An assistant's function without parameters is refused.", _is_bare),
    ("bare_functions_of_runs", ("createRun",), "A run's function without parameters is refused.", _is_bare),
    ("tools_of_changes", ("modifyAssistant",), "Tools are refused when an assistant is changed.", _has("tools")),
    ("metadata_of_runs", RUN, "Metadata of a run is refused.", _has("metadata")),
    ("instructions_of_runs", ("createThreadAndRun",), "Instructions of a run are refused.", _has("instructions")),
    ("resources_of_threads", ("createThread",), "Files of a thread are refused.", _has("tool_resources")),
    ("expiry_of_stores", ("createVectorStore",), "A vector store that expires is refused.", _has("expires_after")),
    ("attributes", ("createVectorStoreFile",), "Attributes of a file in a store are refused.", _has("attributes")),
    (
        "largest_chunks",
        ("createVectorStoreFile",),
        "Chunks of 4096 tokens are refused.",
        lambda body: "4096" in str(body.get("chunking_strategy")),
    ),
    ("long_searches", ("searchVectorStore",), "Fifty results are too many.", lambda b: b.get("max_num_results") == 50),
    (
        "several_queries",
        ("searchVectorStore",),
        "A list of queries is refused.",
        lambda b: isinstance(b.get("query"), list),
    ),
    ("no_tools_chosen", ("createRun",), "No tool at all is no choice.", lambda b: b.get("tool_choice") == "none"),
    ("plain_format", ASSISTANT, "Plain text is no format.", lambda b: b.get("response_format") == {"type": "text"}),
    (
        "empty_changes",
        ("modifyThread",),
        "A change of a thread that changes nothing is refused.",
        lambda body: not body,
    ),
)
for _name, _operations, _about, _holds in _REFUSED:
    requests(*_operations)("LIMIT-VALID-02", f"limits.refused_{_name}")(_about, _fail(_holds, _unwanted))


# No scenario reads a thread again whose deletion was refused, which would be its neighbour.
@requests("deleteThread").function("LIMIT-PLAIN-01", area="limits")
def refused_deleteThread(request: Request, context: FaultContext) -> None:  # noqa: N802
    """deleteThread is refused with 409, whatever it is asked of."""
    raise refuse("That cannot be done.", status=409)


for _operation, _status in (
    ("deleteAssistant", 400),
    ("deleteMessage", 400),
    ("deleteVectorStore", 400),
    ("deleteFile", 400),
    ("getVectorStore", 400),
):

    def _refused(request: Request, context: FaultContext, status: int = _status) -> None:
        raise refuse("That cannot be done.", status=status)

    requests(_operation)("LIMIT-VALID-02", f"limits.refused_{_operation}")(
        f"{_operation} is refused with {_status}, whatever it is asked of.", _refused
    )


@requests("listMessages", "listAssistants").function("LIMIT-VALID-02", area="limits")
def refused_ascending(request: Request, context: FaultContext) -> None:
    """The oldest first is no order that lists take."""
    if request.query.get("order") == ["asc"]:
        raise _unwanted()


@requests("listFiles").function("LIMIT-VALID-02", area="limits")
def refused_purposes(request: Request, context: FaultContext) -> None:
    """The files of one purpose are refused."""
    if "purpose" in request.query:
        raise _unwanted()


requests("createVectorStore")("LIMIT-PLAIN-01", "limits.refused_stores")(
    "No vector store is ever made, in words that blame nothing.", _fail(lambda body: True, _unwanted)
)
requests("createRun")("LIMIT-CRASH-01", "limits.failing_bare_functions")(
    "A run's function without parameters makes the endpoint fail.",
    _fail(_is_bare, lambda: ApiError(500, "Internal error", kind="server_error")),
)


# ---- what is there, and is not served --------------------------------------------------------------------------------


def _asked(*parameters: str) -> Callable[[Request, FaultContext], object]:
    return lambda request, context: any(name in request.query for name in parameters)


def _holds_messages_of_runs(request: Request, context: FaultContext) -> bool:
    return context.thread is not None and bool(context.thread.runs)


_UNSERVED: tuple[tuple[str, tuple[str, ...], str, Callable[[Request, FaultContext], object]], ...] = (
    ("paged_backwards", LISTS_WITH_STORES, "A list that is paged backwards is refused.", _asked("before")),
    ("paged", ("listMessages", "listRunSteps"), "A list is refused from its second page on.", _asked("after")),
    ("listed_by_run", ("listMessages",), "The messages of a run are refused.", _asked("run_id")),
    ("listed_by_status", ("listVectorStoreFiles",), "Files of one status are refused.", _asked("filter")),
    (
        "deleted_with_runs",
        ("deleteThread", "deleteMessage"),
        "A thread that had a run is not deleted, nor are its messages.",
        _holds_messages_of_runs,
    ),
    ("modified_with_runs", ("modifyThread",), "A thread that had a run is not modified.", _holds_messages_of_runs),
    (
        "described_with_numbers",
        ("updateVectorStoreFileAttributes",),
        "Attributes are not changed to numbers.",
        lambda request, context: "2023" in str(request.body),
    ),
    (
        "modified_once",
        ("modifyRun", "modifyThread", "modifyMessage"),
        "What has been modified is not modified again.",
        lambda request, context: request.body and context.nth(*context.ids.values()) > 1,
    ),
)
for _name, _operations, _about, _condition in _UNSERVED:
    requests(*_operations)("OBJECT-SERVED-01", f"objects.not_{_name}")(_about, _refusing(_condition))


@requests("getThread", "listMessages").function("OBJECT-SERVED-01", area="objects")
def not_read_while_locked(request: Request, context: FaultContext) -> None:
    """A thread is not read while a run of it is active."""
    thread = context.endpoint.store.threads.get(context.ids["thread_id"])
    if thread is not None and thread.active_run:
        raise refuse("The thread is busy.")
