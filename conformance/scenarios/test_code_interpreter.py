"""Runs that execute code: their steps, their logs, their pictures and the files they write."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import TERMINAL, Driver
from conformance.scenarios.material import CODE_INTERPRETER, TABLE, assistant, file, place, thread

FORCED = {"tool_choice": CODE_INTERPRETER}
SUM = "Run Python code that prints the sum of the whole numbers from 1 to 100."

PLOT = "Run Python code to sum the whole numbers from 1 to 100, draw a plot of them, and write the sum to a csv file."


def _coder(api: Driver, *file_ids: str) -> dict[str, Any]:
    """An assistant that can execute code, and has these files for it."""
    resources = {"tool_resources": {"code_interpreter": {"file_ids": list(file_ids)}}} if file_ids else {}
    return assistant(api, tools=[CODE_INTERPRETER], **resources)


def _look_around(api: Driver, run: dict[str, Any]) -> None:
    """The steps of a run, the messages, and the files that came of it."""
    steps = api.walk("listRunSteps", query={"order": "asc"}, **place(run))
    for step in steps:
        api.call("getRunStep", step_id=step["id"], **place(run))
    messages = api.page("listMessages", thread_id=run["thread_id"])
    for file_id in sorted({*_named(steps), *_named([one for one in messages if one.get("role") == "assistant"])}):
        api.register_for_cleanup("createFile", file_id)
        api.send("retrieveFile", file_id=file_id)
        api.send("downloadFile", file_id=file_id)


def _named(value: Any) -> list[str]:
    """The files named anywhere in a value."""
    if isinstance(value, list):
        return [name for item in value for name in _named(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("file_id")
    return [*([own] if isinstance(own, str) else []), *_named(list(value.values()))]


def test_run(api: Driver) -> None:
    """Code that is forced to run, seen to its end."""
    run = api.call("createRun", {"assistant_id": _coder(api)["id"], **FORCED}, thread_id=thread(api, SUM)["id"])
    _look_around(api, api.wait(run, until=TERMINAL))


def test_written(api: Driver) -> None:
    """Code that draws a picture and writes a file: what was made is a file like any other."""
    run = api.call("createRun", {"assistant_id": _coder(api)["id"], **FORCED}, thread_id=thread(api, PLOT)["id"])
    _look_around(api, api.wait(run, until=TERMINAL))


def test_drawn_in_a_stream(api: Driver) -> None:
    """Code that draws a picture, as a stream: a message of a picture and a text."""
    api.stream("createRun", {"assistant_id": _coder(api)["id"], **FORCED}, thread_id=thread(api, PLOT)["id"])


def test_stream(api: Driver) -> None:
    """Code that is forced to run, as a stream."""
    coder, thread_id = _coder(api), thread(api, SUM)["id"]
    api.stream("createRun", {"assistant_id": coder["id"], **FORCED}, thread_id=thread_id)
    for run in api.page("listRuns", thread_id=thread_id):
        _look_around(api, run)


def test_with_file(api: Driver) -> None:
    """Code that reads a file of the assistant's."""
    coder = _coder(api, file(api, "crates.csv", TABLE))
    made = thread(api, "How many crates are there in the attached table? Run Python code that adds them up.")
    run = api.call("createRun", {"assistant_id": coder["id"], **FORCED}, thread_id=made["id"])
    _look_around(api, api.wait(run, until=TERMINAL))


def test_not_used(api: Driver) -> None:
    """A run that could execute code and is told not to."""
    coder = _coder(api)
    run = api.call("createRun", {"assistant_id": coder["id"], "tool_choice": "none"}, thread_id=thread(api, SUM)["id"])
    _look_around(api, api.wait(run, until=TERMINAL))
