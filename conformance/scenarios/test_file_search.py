"""Runs that search files: their steps, what is included in them, and what they cite."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CONTENT,
    FILE_SEARCH,
    QUESTION,
    assistant,
    file,
    place,
    searching,
    store,
    thread,
    user,
)

FORCED = {"tool_choice": FILE_SEARCH}


def _reader(api: Driver, **options: Any) -> dict[str, Any]:
    """An assistant that searches a vector store with one file; the options are those of its tool."""
    tool = {"type": "file_search", "file_search": options} if options else FILE_SEARCH
    return assistant(api, tools=[tool], tool_resources=searching(store(api, file(api))["id"]))


def _look_around(api: Driver, run: dict[str, Any]) -> None:
    """The steps of a run, with contents and without, one by one; and the messages."""
    api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))
    for step in api.walk("listRunSteps", query={"order": "asc"}, **place(run)):
        api.call("getRunStep", step_id=step["id"], **place(run))
        api.call("getRunStep", query={"include[]": CONTENT}, step_id=step["id"], **place(run))
    api.call("listMessages", thread_id=run["thread_id"])


def test_run(api: Driver) -> None:
    """A forced search in the assistant's vector store, seen to its end."""
    run = api.call("createRun", {"assistant_id": _reader(api)["id"], **FORCED}, thread_id=thread(api, QUESTION)["id"])
    _look_around(api, api.wait(run, until=TERMINAL))


def test_stream(api: Driver) -> None:
    """A forced search as a stream, without contents."""
    reader, thread_id = _reader(api), thread(api, QUESTION)["id"]
    api.stream("createRun", {"assistant_id": reader["id"], **FORCED}, thread_id=thread_id)
    for run in api.page("listRuns", thread_id=thread_id):
        _look_around(api, run)


def test_stream_with_contents(api: Driver) -> None:
    """A forced search as a stream, with contents included."""
    reader, thread_id = _reader(api), thread(api, QUESTION)["id"]
    body = {"assistant_id": reader["id"], **FORCED}
    api.stream("createRun", body, query={"include[]": CONTENT}, thread_id=thread_id)
    for run in api.page("listRuns", thread_id=thread_id):
        api.walk("listRunSteps", **place(run))


def test_included_otherwise(api: Driver) -> None:
    """What cannot be included, on a run, its steps and each of them."""
    reader, thread_id = _reader(api), thread(api, QUESTION)["id"]
    body = {"assistant_id": reader["id"], **FORCED}
    for wrong in ("everything", "file_search.results", ""):
        api.send("createRun", body, query={"include[]": wrong}, thread_id=thread_id)
    runs = api.page("listRuns", thread_id=thread_id)
    run = runs[0] if runs else api.call("createRun", body, thread_id=thread_id)
    run = api.wait(run, until=TERMINAL)
    api.send("listRunSteps", query={"include[]": "everything"}, **place(run))
    for step in api.page("listRunSteps", **place(run)):
        api.send("getRunStep", query={"include[]": "everything"}, step_id=step["id"], **place(run))


def test_options(api: Driver) -> None:
    """Few results, a threshold and a ranker of one's own choice."""
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.1}
    for options in ({"max_num_results": 1}, {"ranking_options": ranking}, {"max_num_results": 50}):
        reader, thread_id = _reader(api, **options), thread(api, QUESTION)["id"]
        run = api.call("createRun", {"assistant_id": reader["id"], **FORCED}, thread_id=thread_id)
        run = api.wait(run, until=TERMINAL)
        api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))


def test_many_results(api: Driver) -> None:
    """More files than a search gives unasked."""
    added = [file(api, f"pear-{number}.txt", f"Pear tree number {number}.\n") for number in range(21)]
    made = store(api, *added)
    reader = assistant(api, tools=[FILE_SEARCH], tool_resources=searching(made["id"]))
    run = api.call(
        "createRun", {"assistant_id": reader["id"], **FORCED}, thread_id=thread(api, "Pear tree number")["id"]
    )
    api.walk("listRunSteps", **place(api.wait(run, until=TERMINAL)))


def test_store_of_the_thread(api: Driver) -> None:
    """A search in the vector stores of the assistant and the thread alike."""
    reader = _reader(api)
    own = store(api, file(api, "quinces.txt", "The quince carries the number 1234.\n"))
    made = api.call("createThread", {"messages": [user(QUESTION)], "tool_resources": searching(own["id"])})
    run = api.call("createRun", {"assistant_id": reader["id"], **FORCED}, thread_id=made["id"])
    _look_around(api, api.wait(run, until=TERMINAL))


def test_nothing_to_search(api: Driver) -> None:
    """A forced search where there is no vector store, and in an empty one."""
    for resources in ({}, {"tool_resources": searching(store(api)["id"])}):
        reader = assistant(api, tools=[FILE_SEARCH], **resources)
        started = api.send("createRun", {"assistant_id": reader["id"], **FORCED}, thread_id=thread(api)["id"])
        if started.ok:
            run = api.wait(api.needed(started, "createRun"), until=TERMINAL)
            api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))


def test_deleted_store(api: Driver) -> None:
    """A run of an assistant whose vector store was deleted."""
    made = store(api, file(api))
    reader = assistant(api, tools=[FILE_SEARCH], tool_resources=searching(made["id"]))
    api.call("deleteVectorStore", vector_store_id=made["id"])
    api.call("getAssistant", assistant_id=reader["id"])
    started = api.send("createRun", {"assistant_id": reader["id"], **FORCED}, thread_id=thread(api)["id"])
    if started.ok:
        api.wait(api.needed(started, "createRun"), until=TERMINAL)
