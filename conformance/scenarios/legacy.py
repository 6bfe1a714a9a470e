"""What clients of version 1 send, and a version 2 endpoint does not take."""

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import assistant, thread, user

FILE = "file-000000000000000000000000"
RETRIEVAL = [{"type": "retrieval"}]


def test_files_of_assistants(api: Driver) -> None:
    """The operations on an assistant's files."""
    path = f"/assistants/{assistant(api)['id']}/files"
    api.request("GET", path)
    api.request("POST", path, {"file_id": FILE})
    api.request("GET", f"{path}/{FILE}")
    api.request("DELETE", f"{path}/{FILE}")


def test_files_of_messages(api: Driver) -> None:
    """The operations on a message's files."""
    thread_id = thread(api)["id"]
    for message in api.page("listMessages", thread_id=thread_id):
        path = f"/threads/{thread_id}/messages/{message['id']}/files"
        api.request("GET", path)
        api.request("GET", f"{path}/{FILE}")


def test_file_ids(api: Driver) -> None:
    """File ids on assistants, messages and runs, with a file and without one; what is refused leaves nothing."""
    made, thread_id = assistant(api), thread(api)["id"]
    for file_ids in ([], [FILE]):
        api.send("createAssistant", {"model": api.model, "file_ids": file_ids, "metadata": {"refused": "file_ids"}})
        api.send("modifyAssistant", {"file_ids": file_ids}, assistant_id=made["id"])
        message = {**user("With the files of version 1"), "file_ids": file_ids}
        api.send("createMessage", message, thread_id=thread_id)
        api.send("createThread", {"messages": [message]})
        api.send("createRun", {"assistant_id": made["id"], "additional_messages": [message]}, thread_id=thread_id)
        api.send("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [message]}})
    api.call("listMessages", thread_id=thread_id)
    api.call("listRuns", thread_id=thread_id)
    api.call("listAssistants", query={"order": "asc", "after": made["id"]})


def test_retrieval(api: Driver) -> None:
    """The retrieval tool, wherever tools are named."""
    made, thread_id = assistant(api), thread(api)["id"]
    api.send("createAssistant", {"model": api.model, "tools": RETRIEVAL, "metadata": {"refused": "retrieval"}})
    api.send("modifyAssistant", {"tools": RETRIEVAL}, assistant_id=made["id"])
    api.send("createRun", {"assistant_id": made["id"], "tools": RETRIEVAL}, thread_id=thread_id)
    api.send("createThreadAndRun", {"assistant_id": made["id"], "tools": RETRIEVAL})
    for tool_choice in ({"type": "retrieval"}, "retrieval"):
        api.send("createRun", {"assistant_id": made["id"], "tool_choice": tool_choice}, thread_id=thread_id)
    api.call("getAssistant", assistant_id=made["id"])
    api.call("listAssistants", query={"order": "asc", "after": made["id"]})
