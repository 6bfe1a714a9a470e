"""Runs that use the hosted tools: assistants that have them, and reading what such a run leaves behind."""

from typing import Any

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import (
    CODE_INTERPRETER,
    CONTENT,
    FILE_SEARCH,
    assistant,
    file,
    place,
    searching,
    store,
)
from conformance.scenarios.kit.readback import read_messages

FORCE_CODE = {"tool_choice": CODE_INTERPRETER}
SUM = "Run Python code that prints the sum of the whole numbers from 1 to 100."

PLOT = "Run Python code to sum the whole numbers from 1 to 100, draw a plot of them, and write the sum to a csv file."


def code_assistant(api: Driver, *file_ids: str) -> dict[str, Any]:
    """An assistant that can execute code, and has these files for it."""
    resources = {"tool_resources": {"code_interpreter": {"file_ids": list(file_ids)}}} if file_ids else {}
    return assistant(api, tools=[CODE_INTERPRETER], **resources)


def read_code_run(api: Driver, run: dict[str, Any]) -> None:
    """The steps of a run, the messages, and the files that came of it."""
    steps = api.walk("listRunSteps", query={"order": "asc"}, **place(run))
    for step in steps:
        api.call("getRunStep", step_id=step["id"], **place(run))
    read_messages(api, run, steps)
    messages = api.page("listMessages", thread_id=run["thread_id"])
    for file_id in sorted({*_file_ids(steps), *_file_ids([one for one in messages if one.get("role") == "assistant"])}):
        api.register_for_cleanup("createFile", file_id)
        api.send("retrieveFile", file_id=file_id)
        api.send("downloadFile", file_id=file_id)


def _file_ids(value: Any) -> list[str]:
    """The files named anywhere in a value."""
    if isinstance(value, list):
        return [name for item in value for name in _file_ids(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("file_id")
    return [*([own] if isinstance(own, str) else []), *_file_ids(list(value.values()))]


FORCE_SEARCH = {"tool_choice": FILE_SEARCH}


def search_assistant(api: Driver, **options: Any) -> dict[str, Any]:
    """An assistant that searches a vector store with one file; the options are those of its tool."""
    tool = {"type": "file_search", "file_search": options} if options else FILE_SEARCH
    return assistant(api, tools=[tool], tool_resources=searching(store(api, file(api))["id"]))


def read_search_run(api: Driver, run: dict[str, Any]) -> None:
    """The steps of a run, with contents and without, one by one; and the messages."""
    api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))
    steps = api.walk("listRunSteps", query={"order": "asc"}, **place(run))
    for step in steps:
        api.call("getRunStep", step_id=step["id"], **place(run))
        api.call("getRunStep", query={"include[]": CONTENT}, step_id=step["id"], **place(run))
    read_messages(api, run, steps)
    api.call("listMessages", thread_id=run["thread_id"])
