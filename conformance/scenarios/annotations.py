"""Messages that cite files."""

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import CONTENT, QUESTION, file, place, searching, store, thread, user
from conformance.scenarios.kit.hosted_tools import FORCE_SEARCH, read_search_run, search_assistant
from conformance.scenarios.kit.readback import read_messages


def test_citations(api: Driver) -> None:
    """A forced search in the assistant's vector store, seen to its end."""
    run = api.call(
        "createRun",
        {"assistant_id": search_assistant(api)["id"], **FORCE_SEARCH},
        thread_id=thread(api, QUESTION)["id"],
    )
    read_search_run(api, api.wait(run, until=TERMINAL))


def test_citations_in_a_stream(api: Driver) -> None:
    """A forced search as a stream, with contents included."""
    reader, thread_id = search_assistant(api), thread(api, QUESTION)["id"]
    body = {"assistant_id": reader["id"], **FORCE_SEARCH}
    api.stream("createRun", body, query={"include[]": CONTENT}, thread_id=thread_id)
    for run in api.page("listRuns", thread_id=thread_id):
        read_messages(api, run, api.walk("listRunSteps", query={"order": "asc"}, **place(run)))
    api.call("listMessages", thread_id=thread_id)


def test_citations_of_two_stores(api: Driver) -> None:
    """A search in the vector stores of the assistant and the thread alike."""
    reader = search_assistant(api)
    own = store(api, file(api, "quinces.txt", "The quince carries the number 1234.\n"))
    made = api.call("createThread", {"messages": [user(QUESTION)], "tool_resources": searching(own["id"])})
    run = api.call("createRun", {"assistant_id": reader["id"], **FORCE_SEARCH}, thread_id=made["id"])
    read_search_run(api, api.wait(run, until=TERMINAL))
