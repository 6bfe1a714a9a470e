"""Runs that execute code or search files: their steps, logs, results and the files they write."""

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CONTENT,
    FILE_SEARCH,
    QUESTION,
    TABLE,
    assistant,
    file,
    place,
    searching,
    store,
    thread,
)
from conformance.scenarios.kit.hosted_tools import (
    FORCE_CODE,
    FORCE_SEARCH,
    PLOT,
    SUM,
    code_assistant,
    read_code_run,
    search_assistant,
)


def test_code_run(api: Driver) -> None:
    """Code that is forced to run, seen to its end."""
    run = api.call(
        "createRun", {"assistant_id": code_assistant(api)["id"], **FORCE_CODE}, thread_id=thread(api, SUM)["id"]
    )
    read_code_run(api, api.wait(run, until=TERMINAL))


def test_code_writes_a_file(api: Driver) -> None:
    """Code that draws a picture and writes a file: what was made is a file like any other."""
    run = api.call(
        "createRun", {"assistant_id": code_assistant(api)["id"], **FORCE_CODE}, thread_id=thread(api, PLOT)["id"]
    )
    read_code_run(api, api.wait(run, until=TERMINAL))


def test_code_reads_a_file(api: Driver) -> None:
    """Code that reads a file of the assistant's."""
    coder = code_assistant(api, file(api, "crates.csv", TABLE))
    made = thread(api, "How many crates are there in the attached table? Run Python code that adds them up.")
    run = api.call("createRun", {"assistant_id": coder["id"], **FORCE_CODE}, thread_id=made["id"])
    read_code_run(api, api.wait(run, until=TERMINAL))


def test_code_not_used(api: Driver) -> None:
    """A run that could execute code and is told not to."""
    coder = code_assistant(api)
    run = api.call("createRun", {"assistant_id": coder["id"], "tool_choice": "none"}, thread_id=thread(api, SUM)["id"])
    read_code_run(api, api.wait(run, until=TERMINAL))


def test_search_included_otherwise(api: Driver) -> None:
    """What cannot be included, on a run, its steps and each of them."""
    reader, thread_id = search_assistant(api), thread(api, QUESTION)["id"]
    body = {"assistant_id": reader["id"], **FORCE_SEARCH}
    for wrong in ("everything", "file_search.results", ""):
        api.send("createRun", body, query={"include[]": wrong}, thread_id=thread_id)
    runs = api.page("listRuns", thread_id=thread_id)
    run = runs[0] if runs else api.call("createRun", body, thread_id=thread_id)
    run = api.wait(run, until=TERMINAL)
    api.send("listRunSteps", query={"include[]": "everything"}, **place(run))
    for step in api.page("listRunSteps", **place(run)):
        api.send("getRunStep", query={"include[]": "everything"}, step_id=step["id"], **place(run))


def test_search_options(api: Driver) -> None:
    """Few results, a threshold and a ranker of one's own choice."""
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.1}
    for options in ({"max_num_results": 1}, {"ranking_options": ranking}, {"max_num_results": 50}):
        reader, thread_id = search_assistant(api, **options), thread(api, QUESTION)["id"]
        run = api.call("createRun", {"assistant_id": reader["id"], **FORCE_SEARCH}, thread_id=thread_id)
        run = api.wait(run, until=TERMINAL)
        api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))


def test_search_many_results(api: Driver) -> None:
    """More files than a search gives unasked."""
    added = [file(api, f"pear-{number}.txt", f"Pear tree number {number}.\n") for number in range(21)]
    made = store(api, *added)
    reader = assistant(api, tools=[FILE_SEARCH], tool_resources=searching(made["id"]))
    run = api.call(
        "createRun", {"assistant_id": reader["id"], **FORCE_SEARCH}, thread_id=thread(api, "Pear tree number")["id"]
    )
    api.walk("listRunSteps", **place(api.wait(run, until=TERMINAL)))


def test_search_nothing(api: Driver) -> None:
    """A forced search where there is no vector store, and in an empty one."""
    for resources in ({}, {"tool_resources": searching(store(api)["id"])}):
        reader = assistant(api, tools=[FILE_SEARCH], **resources)
        started = api.send("createRun", {"assistant_id": reader["id"], **FORCE_SEARCH}, thread_id=thread(api)["id"])
        if started.ok:
            run = api.wait(api.object_of(started, "createRun"), until=TERMINAL)
            api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))


def test_search_deleted_store(api: Driver) -> None:
    """A run of an assistant whose vector store was deleted."""
    made = store(api, file(api))
    reader = assistant(api, tools=[FILE_SEARCH], tool_resources=searching(made["id"]))
    api.call("deleteVectorStore", vector_store_id=made["id"])
    api.call("getAssistant", assistant_id=reader["id"])
    started = api.send("createRun", {"assistant_id": reader["id"], **FORCE_SEARCH}, thread_id=thread(api)["id"])
    if started.ok:
        api.wait(api.object_of(started, "createRun"), until=TERMINAL)
