"""What a deletion takes with it, what it leaves, and what cannot be reached through another thread."""

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CODE_INTERPRETER,
    FILE_SEARCH,
    assistant,
    assistant_of,
    ended_run,
    file,
    place,
    searching,
    thread,
    user,
)
from conformance.scenarios.kit.looks import Looks, conversation, shelf


def test_assistant(api: Driver) -> None:
    """An assistant goes; its thread, run and messages stay and are readable, but no new run starts."""
    run = ended_run(api)
    api.call("deleteAssistant", assistant_id=assistant_of(run))
    api.call("getThread", thread_id=run["thread_id"])
    api.call("getRun", **place(run))
    api.call("listRunSteps", **place(run))
    api.call("listMessages", thread_id=run["thread_id"])
    api.send("createRun", {"assistant_id": assistant_of(run)}, thread_id=run["thread_id"])
    api.send("modifyAssistant", {"name": "Revenant"}, assistant_id=assistant_of(run))


def test_first_assistant(api: Driver) -> None:
    """A thread goes on with another assistant when its first one is gone."""
    run = ended_run(api)
    api.call("deleteAssistant", assistant_id=assistant_of(run))
    again = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=run["thread_id"])
    api.wait(again, until=TERMINAL)
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})


def test_thread(api: Driver) -> None:
    """A thread takes its messages, runs and steps with it."""
    run = ended_run(api)
    steps = api.page("listRunSteps", **place(run))
    messages = api.page("listMessages", thread_id=run["thread_id"])
    api.call("deleteThread", thread_id=run["thread_id"])
    api.send("getThread", thread_id=run["thread_id"])
    api.send("modifyThread", {"metadata": {}}, thread_id=run["thread_id"])
    api.send("listMessages", thread_id=run["thread_id"])
    api.send("listRuns", thread_id=run["thread_id"])
    api.send("getRun", **place(run))
    api.send("listRunSteps", **place(run))
    api.send("createMessage", user(), thread_id=run["thread_id"])
    api.send("createRun", {"assistant_id": assistant_of(run)}, thread_id=run["thread_id"])
    for message in messages[:1]:
        api.send("getMessage", thread_id=run["thread_id"], message_id=message["id"])
    for step in steps[:1]:
        api.send("getRunStep", step_id=step["id"], **place(run))


def test_message(api: Driver) -> None:
    """A message goes out of the list; its neighbours stay."""
    thread_id = thread(api, "One", "Two", "Three")["id"]
    found = api.page("listMessages", thread_id=thread_id, query={"order": "asc"})
    for message in found[1:2]:
        api.call("deleteMessage", thread_id=thread_id, message_id=message["id"])
        api.send("getMessage", thread_id=thread_id, message_id=message["id"])
        api.send("modifyMessage", {"metadata": {}}, thread_id=thread_id, message_id=message["id"])
    api.call("listMessages", thread_id=thread_id, query={"order": "asc"})


def test_twice(api: Driver) -> None:
    """Nothing can be deleted twice."""
    made, thread_id = assistant(api), thread(api)["id"]
    for message in api.page("listMessages", thread_id=thread_id):
        for _ in range(2):
            api.send("deleteMessage", thread_id=thread_id, message_id=message["id"])
    for _ in range(2):
        api.send("deleteThread", thread_id=thread_id)
    for _ in range(2):
        api.send("deleteAssistant", assistant_id=made["id"])


def test_foreign_ids(api: Driver) -> None:
    """A message, a run and a step are not found under somebody else's thread or run, for reading or for changing."""
    run, other = ended_run(api), ended_run(api)
    message = api.page("listMessages", thread_id=run["thread_id"])[:1]
    step = api.page("listRunSteps", **place(run))[:1]
    for found in message:
        elsewhere = {"thread_id": other["thread_id"], "message_id": found["id"]}
        api.send("getMessage", **elsewhere)
        api.send("modifyMessage", {"metadata": {"by": "a stranger"}}, **elsewhere)
        api.send("deleteMessage", **elsewhere)
        api.call("getMessage", thread_id=run["thread_id"], message_id=found["id"])
    elsewhere = {"thread_id": other["thread_id"], "run_id": run["id"]}
    api.send("getRun", **elsewhere)
    api.send("modifyRun", {"metadata": {"by": "a stranger"}}, **elsewhere)
    api.send("cancelRun", **elsewhere)
    api.send("listRunSteps", **elsewhere)
    for found in step:
        api.send("getRunStep", step_id=found["id"], **place(other))
        api.send("getRunStep", step_id=found["id"], **elsewhere)
    api.call("getRun", **place(run))


def test_other_threads_stay(api: Driver) -> None:
    """Deleting a thread and a message leaves the other threads and messages of the same assistant alone."""
    run = ended_run(api)
    again = api.call("createRun", {"assistant_id": assistant_of(run)}, thread_id=thread(api, "One", "Two")["id"])
    again = api.wait(again)
    for message in api.page("listMessages", thread_id=again["thread_id"])[:1]:
        api.call("deleteMessage", thread_id=again["thread_id"], message_id=message["id"])
    api.call("deleteThread", thread_id=run["thread_id"])
    api.call("getRun", **place(again))
    api.call("listRunSteps", **place(again))
    api.call("listMessages", thread_id=again["thread_id"], query={"order": "asc"})
    api.call("getAssistant", assistant_id=assistant_of(run))


def test_others_stay(api: Driver) -> None:
    """Of two conversations alike all is read, after a message, a thread and an assistant of one were deleted."""
    looks = Looks(api)
    kept, other = conversation(api, looks), conversation(api, looks)
    first = api.page("listMessages", thread_id=kept["thread_id"], query={"order": "asc"})[:1]
    for message in first:
        for _ in range(2):  # the second time it is refused
            api.send("deleteMessage", thread_id=kept["thread_id"], message_id=message["id"])
            looks.all()
    api.call("deleteThread", thread_id=other["thread_id"])
    looks.all(without=other["thread_id"])
    api.call("deleteAssistant", assistant_id=assistant_of(other))
    looks.all(without=assistant_of(other))
    api.call("deleteAssistant", assistant_id=assistant_of(kept))
    looks.all(without=assistant_of(kept))


def test_files_stay(api: Driver) -> None:
    """Of two vector stores alike, and a conversation that has one, all is read after each deletion of a part."""
    looks = Looks(api)
    kept, other = shelf(api, looks), shelf(api, looks)
    run = conversation(api, looks, tools=[FILE_SEARCH], tool_resources=searching(kept["vector_store_id"]))
    attached, spare = file(api, "attached.md"), file(api, "spare.md")
    for file_id in (attached, spare):
        looks.add("retrieveFile", file_id=file_id)
    message = user("Three") | {"attachments": [{"file_id": attached, "tools": [CODE_INTERPRETER]}]}
    apart = api.call("createThread", {"messages": [message]})["id"]
    api.call("deleteThread", thread_id=apart)
    looks.all()
    api.call("deleteFile", file_id=spare)
    looks.all(without=spare)
    for entry in api.page("listFilesInVectorStoreBatch", **other)[:1]:
        at = {"vector_store_id": other["vector_store_id"], "file_id": entry["id"]}
        api.call("deleteVectorStoreFile", **at)
        looks.all()
    api.call("deleteVectorStore", vector_store_id=other["vector_store_id"])
    looks.all(without=other["vector_store_id"])
    api.call("deleteAssistant", assistant_id=assistant_of(run))
    looks.all(without=assistant_of(run))
