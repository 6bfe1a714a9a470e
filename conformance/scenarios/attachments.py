"""Files and pictures in messages, and the tool resources of assistants and threads."""

from typing import Any

from conformance.scenarios.kit import store_boundary_values as stores
from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CODE_INTERPRETER,
    CONTENT,
    FILE_SEARCH,
    PIXEL,
    QUESTION,
    TABLE,
    assistant,
    file,
    files,
    place,
    searching,
    store,
    store_made_for,
    stores_of,
    thread,
    user,
)

PICTURE = "https://raw.githubusercontent.com/github/explore/main/topics/python/python.png"
UNKNOWN = "file-000000000000000000000000"


def _with(text: str, *attachments: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """A message of the user's that attaches files, each for some tools."""
    rows = [{"file_id": file_id, "tools": tools} for file_id, tools in attachments]
    return {**user(text), "attachments": rows}


def _filled(api: Driver, holder: dict[str, Any]) -> None:
    """Look at the vector store that was made on the way, when its files are in progress no longer."""
    store_id = store_made_for(api, holder)
    api.wait_until_processed("getVectorStore", vector_store_id=store_id)
    api.walk("listVectorStoreFiles", vector_store_id=store_id)


def test_message_for_search(api: Driver) -> None:
    """A file that a message attaches for file_search is in a vector store of the thread, and a run finds it."""
    thread_id = api.call("createThread", {})["id"]
    message = api.call("createMessage", _with(QUESTION, (file(api), [FILE_SEARCH])), thread_id=thread_id)
    api.call("getMessage", thread_id=thread_id, message_id=message["id"])
    _filled(api, api.call("getThread", thread_id=thread_id))
    reader = assistant(api, tools=[FILE_SEARCH])
    run = api.call("createRun", {"assistant_id": reader["id"], "tool_choice": FILE_SEARCH}, thread_id=thread_id)
    run = api.wait(run, until=TERMINAL)
    api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))
    second = file(api, "quinces.txt", "The quince carries the number 1234.\n")
    api.call("createMessage", _with("And the quince?", (second, [FILE_SEARCH])), thread_id=thread_id)
    _filled(api, api.call("getThread", thread_id=thread_id))
    api.call("listMessages", thread_id=thread_id)


def test_message_for_code(api: Driver) -> None:
    """A file that a message attaches for the code interpreter."""
    thread_id = api.call("createThread", {})["id"]
    table = file(api, "crates.csv", TABLE)
    api.call("createMessage", _with("How many crates are there?", (table, [CODE_INTERPRETER])), thread_id=thread_id)
    api.call("getThread", thread_id=thread_id)
    coder = assistant(api, tools=[CODE_INTERPRETER])
    run = api.call("createRun", {"assistant_id": coder["id"], "tool_choice": CODE_INTERPRETER}, thread_id=thread_id)
    api.walk("listRunSteps", **place(api.wait(run, until=TERMINAL)))
    api.call("listMessages", thread_id=thread_id)


def test_message_for_both(api: Driver) -> None:
    """Two files, one of them attached for both tools; into a thread that has a vector store, and by an assistant's."""
    first, second = files(api, 2)
    own = store(api)
    thread_id = api.call("createThread", {"tool_resources": searching(own["id"])})["id"]
    attachments = [(first, [FILE_SEARCH, CODE_INTERPRETER]), (second, [CODE_INTERPRETER])]
    api.call("createMessage", _with("Two files.", *attachments), thread_id=thread_id)
    api.call("createMessage", {**_with("Mine.", (second, [FILE_SEARCH])), "role": "assistant"}, thread_id=thread_id)
    _filled(api, api.call("getThread", thread_id=thread_id))
    api.call("listMessages", thread_id=thread_id)


def test_first_messages(api: Driver) -> None:
    """Messages with attachments that a thread is created with."""
    made = api.call("createThread", {"messages": [_with(QUESTION, (file(api), [FILE_SEARCH])), user("Please.")]})
    api.call("listMessages", thread_id=made["id"])
    _filled(api, api.call("getThread", thread_id=made["id"]))


def test_messages_of_a_run(api: Driver) -> None:
    """Attachments of the messages that a run brings along, to its thread and to a thread of its own."""
    file_id, reader = file(api), assistant(api, tools=[FILE_SEARCH])
    message = _with(QUESTION, (file_id, [FILE_SEARCH]))
    body = {"assistant_id": reader["id"], "tool_choice": FILE_SEARCH}
    thread_id = thread(api)["id"]
    for operation, more, ids in (
        ("createRun", {"additional_messages": [message]}, {"thread_id": thread_id}),
        ("createThreadAndRun", {"thread": {"messages": [message]}}, {}),
    ):
        run = api.wait(api.call(operation, {**body, **more}, **ids), until=TERMINAL)
        api.walk("listRunSteps", **place(run))
        api.call("listMessages", thread_id=run["thread_id"])
        _filled(api, api.call("getThread", thread_id=run["thread_id"]))


def test_refused(api: Driver) -> None:
    """Attachments of files that do not exist, and for tools that there are none of; nothing comes into the thread."""
    thread_id, file_id = api.call("createThread", {})["id"], file(api)
    for attachments in (
        [{"file_id": UNKNOWN, "tools": [FILE_SEARCH]}],
        [{"file_id": file_id, "tools": [{"type": "function"}]}],
        [{"file_id": file_id, "tools": [{"type": "retrieval"}]}],
        [{"file_id": file_id, "tools": "file_search"}],
        [{"file_id": file_id, "tools": ["file_search"]}],
        [{"file_id": file_id}],
        [{"tools": [FILE_SEARCH]}],
        {"file_id": file_id, "tools": [FILE_SEARCH]},
    ):
        api.send("createMessage", {**user("Refused"), "attachments": attachments}, thread_id=thread_id)
    api.send("createMessage", {**user("Refused"), "file_ids": [file_id]}, thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)
    api.call("getThread", thread_id=thread_id)


def _pictured(**picture: Any) -> dict[str, Any]:
    """A message of one picture and a question about it."""
    kind = next(iter(picture))
    return {"role": "user", "content": [{"type": "text", "text": "What is it?"}, {"type": kind, **picture}]}


def test_pictures(api: Driver) -> None:
    """Pictures by file and by address, with every detail, among texts, and on their own."""
    thread_id, picture = api.call("createThread", {})["id"], file(api, "pixel.png", PIXEL, "vision")
    for message in (
        _pictured(image_file={"file_id": picture}),
        *(_pictured(image_file={"file_id": picture, "detail": detail}) for detail in ("auto", "low", "high")),
        _pictured(image_url={"url": PICTURE}),
        _pictured(image_url={"url": PICTURE, "detail": "low"}),
        {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": picture}}]},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": PICTURE}},
                {"type": "text", "text": "Between two pictures. 🖼"},
                {"type": "image_file", "image_file": {"file_id": picture}},
            ],
        },
    ):
        api.send("createMessage", message, thread_id=thread_id)
    for message in (
        _pictured(image_file={"file_id": picture, "detail": "max"}),
        _pictured(image_file={}),
        _pictured(image_file={"file_id": UNKNOWN}),
        _pictured(image_file=picture),
        _pictured(image_url={"url": "https://example.org/document.pdf"}),
    ):
        api.send("createMessage", message, thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id, query={"order": "asc"})


def _described(**fields: Any) -> dict[str, Any]:
    """Tool resources with a vector store that is to be made on the way."""
    return {"tool_resources": {"file_search": {"vector_stores": [fields]}}}


def test_described_for_assistant(api: Driver) -> None:
    """A vector store that is made on the way for an assistant, with files, metadata and chunks."""
    described = {"file_ids": files(api, 2), "metadata": {"a": "1"}, "chunking_strategy": stores.static(200, 100)}
    made = assistant(api, tools=[FILE_SEARCH], **_described(**described))
    _filled(api, made)
    read = api.call("getAssistant", assistant_id=made["id"])
    api.send("modifyAssistant", {"name": "Reader"}, assistant_id=made["id"])
    api.send("modifyAssistant", _described(), assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
    for store_id in stores_of(read):
        api.call("deleteVectorStore", vector_store_id=store_id)


def test_described_for_thread(api: Driver) -> None:
    """A vector store that is made on the way for a thread, with files and without."""
    for described in (_described(file_ids=files(api, 2), metadata={"a": "1"}), _described()):
        made = api.call("createThread", {"messages": [user()], **described})
        _filled(api, made)
        api.call("getThread", thread_id=made["id"])


def test_described_for_run(api: Driver) -> None:
    """A vector store that is made on the way for the thread of a run, and one that is given to the run."""
    reader = assistant(api, tools=[FILE_SEARCH])
    body = {"assistant_id": reader["id"], "tool_choice": FILE_SEARCH}
    described = {"messages": [user(QUESTION)], **_described(file_ids=[file(api)])}
    run = api.wait(api.call("createThreadAndRun", {**body, "thread": described}), until=TERMINAL)
    _filled(api, api.call("getThread", thread_id=run["thread_id"]))
    given = {"tool_resources": searching(store(api, file(api))["id"])}
    run = api.wait(
        api.call("createThreadAndRun", {**body, **given, "thread": {"messages": [user(QUESTION)]}}), until=TERMINAL
    )
    api.walk("listRunSteps", query={"include[]": CONTENT}, **place(run))


def test_described_chunks(api: Driver) -> None:
    """Chunks of a vector store that is to be made on the way, in sizes that there are none of."""
    for strategy in stores.CHUNKS.broken:
        api.send("createThread", _described(chunking_strategy=strategy))
        api.send("createAssistant", {"model": api.model, **_described(chunking_strategy=strategy)})


def test_given_stores(api: Driver) -> None:
    """Vector stores given to an assistant and a thread, exchanged for others and taken away."""
    stores = [store(api)["id"] for _ in range(2)]
    made = assistant(api, tools=[FILE_SEARCH], tool_resources=searching(stores[0]))
    other = api.call("createThread", {"tool_resources": searching(stores[0])})
    for resources in (searching(stores[1]), searching(*stores), searching()):
        api.send("modifyAssistant", {"tool_resources": resources}, assistant_id=made["id"])
        api.send("getAssistant", assistant_id=made["id"])
        api.send("modifyThread", {"tool_resources": resources}, thread_id=other["id"])
        api.send("getThread", thread_id=other["id"])
    for resources in (searching("vs_000000000000000000000000"), {"code_interpreter": {"file_ids": [UNKNOWN]}}):
        api.send("createAssistant", {"model": api.model, "tool_resources": resources})
        api.send("createThread", {"tool_resources": resources})
    api.call("getVectorStore", vector_store_id=stores[0])


def test_kept(api: Driver) -> None:
    """Files of the code interpreter, as they are looked at again and again, and when something else is changed."""
    resources = {"code_interpreter": {"file_ids": files(api, 2)}}
    made = assistant(api, tools=[CODE_INTERPRETER], tool_resources=resources)
    other = api.call("createThread", {"tool_resources": resources})
    for _ in range(2):
        api.call("getAssistant", assistant_id=made["id"])
        api.call("getThread", thread_id=other["id"])
    api.call("modifyAssistant", {"name": "Changed"}, assistant_id=made["id"])
    api.call("modifyThread", {"metadata": {"state": "changed"}}, thread_id=other["id"])
    api.call("listAssistants", query={"limit": 5})


def test_given_files(api: Driver) -> None:
    """19, 20 and 21 files for the code interpreter, of an assistant and of a thread."""
    given = files(api, 21)
    made, other = assistant(api, tools=[CODE_INTERPRETER]), api.call("createThread", {})
    for count in (19, 20, 21):
        resources = {"code_interpreter": {"file_ids": given[:count]}}
        api.send("createAssistant", {"model": api.model, "tools": [CODE_INTERPRETER], "tool_resources": resources})
        api.send("modifyAssistant", {"tool_resources": resources}, assistant_id=made["id"])
        api.send("getAssistant", assistant_id=made["id"])
        api.send("createThread", {"tool_resources": resources})
        api.send("modifyThread", {"tool_resources": resources}, thread_id=other["id"])
        api.send("getThread", thread_id=other["id"])


def test_assistant_resources(api: Driver) -> None:
    """Tool resources without anything in them, on creation and on modification."""
    made = assistant(api, tools=[{"type": "code_interpreter"}], tool_resources={"code_interpreter": {"file_ids": []}})
    api.call("getAssistant", assistant_id=made["id"])
    api.send("modifyAssistant", {"tool_resources": {}}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
