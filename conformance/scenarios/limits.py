"""Values at the limits of what a request may hold: up to each and just beyond it, on creation and on modification."""

from typing import Any

from conformance.scenarios.kit import boundary_values as values
from conformance.scenarios.kit.boundary_values import Around
from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CODE_INTERPRETER,
    assistant,
    calls,
    ended_run,
    file,
    place,
    shelve,
    store,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.multipart import upload
from conformance.scenarios.kit.schema_mistakes import mistakes, send_mistakes
from conformance.scenarios.kit.valid_requests import BARE_FUNCTION, PARTS, TOOLS, send_deletion, send_one_by_one

MAX_ACCEPTED_RUNS = 8
"""Runs that an endpoint may start out of malformed requests before a scenario has seen enough: each costs its model."""


def _marked(api: Driver, field: str, value: Any, number: int) -> dict[str, Any]:
    """The body of a new assistant that is to be refused, with metadata to know it by should it be there after all."""
    marker = {} if field == "metadata" else {"metadata": {"refused": f"{field} {number}"}}
    return {"model": api.model, **marker, field: value}


def _modified(api: Driver, field: str, around: Around) -> None:
    """Modify a field to what it may be, reading each back, then to what it may not be, and read once more."""
    made, taken = assistant(api), True
    for value in around.kept:
        taken &= api.send("modifyAssistant", {field: value}, assistant_id=made["id"]).ok
        api.send("getAssistant", assistant_id=made["id"])
    for value in around.broken:
        api.send("modifyAssistant", {field: value}, assistant_id=made["id"])
    if not taken:
        api.send("modifyAssistant", {"name": "Named"}, assistant_id=made["id"])  # a neighbour of what was refused
    api.call("getAssistant", assistant_id=made["id"])


def _created(api: Driver, field: str, around: Around) -> None:
    """Create assistants with what the field may be and with what it may not be, and list what came of it."""
    first, taken = assistant(api), True
    for value in around.kept:
        taken &= api.send("createAssistant", {"model": api.model, field: value}).ok
    if not taken:
        assistant(api)  # a neighbour of what was refused
    for number, value in enumerate(around.broken, start=1):
        api.send("createAssistant", _marked(api, field, value, number))
    api.call("listAssistants", query={"order": "asc", "after": first["id"], "limit": 100})


def _both(api: Driver, field: str, around: Around) -> None:
    _modified(api, field, around)
    _created(api, field, around)


def test_assistant_name(api: Driver) -> None:
    """Names around 256 characters of one, two and four bytes."""
    _both(api, "name", values.NAME)


def test_assistant_description(api: Driver) -> None:
    """Descriptions around 512 characters of one, two and four bytes."""
    _both(api, "description", values.DESCRIPTION)


def test_assistant_instructions_modified(api: Driver) -> None:
    """Instructions around 256,000 characters of one, two and four bytes, on modification."""
    _modified(api, "instructions", values.INSTRUCTIONS)


def test_assistant_instructions_created(api: Driver) -> None:
    """Instructions around 256,000 characters, on creation."""
    kept, broken = values.INSTRUCTIONS.kept, values.INSTRUCTIONS.broken
    _created(api, "instructions", Around((kept[1], kept[3]), (broken[0], broken[-1])))


def test_assistant_tools(api: Driver) -> None:
    """127 and 128 tools, one more, and none."""
    _both(api, "tools", values.TOOL_COUNT)


def test_tool_kinds(api: Driver) -> None:
    """Every kind of tool, and such as are none."""
    _both(api, "tools", values.TOOL_KINDS)


def test_function_names(api: Driver) -> None:
    """Names that a function may have, and such as it may not."""
    _both(api, "tools", values.FUNCTION_NAMES)


def test_functions(api: Driver) -> None:
    """Function tools that lack a part, or have parameters that are no JSON Schema."""
    _both(api, "tools", values.FUNCTIONS)


def test_file_search_options(api: Driver) -> None:
    """The options of a file search tool around their bounds."""
    _both(api, "tools", values.FILE_SEARCH)


def test_tool_resources(api: Driver) -> None:
    """Too many files and vector stores, on assistants and threads, wherever they can be named."""
    _both(api, "tool_resources", values.RESOURCES)
    thread_id = thread(api)["id"]
    helpers = values.RESOURCES.broken + values.HELPERS.broken
    for resources in values.HELPERS.broken:
        api.send("createAssistant", {"model": api.model, "tool_resources": resources})
    for resources in values.RESOURCES.kept + values.RESOURCES.broken:
        api.send("modifyThread", {"tool_resources": resources}, thread_id=thread_id)
    api.call("getThread", thread_id=thread_id)
    for resources in helpers:
        api.send("createThread", {"tool_resources": resources})
        api.send("createThreadAndRun", {"assistant_id": assistant(api)["id"], "thread": {"tool_resources": resources}})


def test_temperature(api: Driver) -> None:
    """Temperatures from 0 to 2, and beyond."""
    _both(api, "temperature", values.TEMPERATURE)


def test_top_p(api: Driver) -> None:
    """A top_p from 0 to 1, and beyond."""
    _both(api, "top_p", values.TOP_P)


def test_response_format(api: Driver) -> None:
    """Every form of a response format, and such as are none."""
    _both(api, "response_format", values.RESPONSE_FORMAT)


def test_reasoning_effort(api: Driver) -> None:
    """A reasoning effort that there is none of."""
    _both(api, "reasoning_effort", values.REASONING_EFFORT)


def test_metadata_of_assistants(api: Driver) -> None:
    """Metadata of assistants around its bounds."""
    _both(api, "metadata", values.METADATA)


def test_metadata_of_threads(api: Driver) -> None:
    """Metadata of threads around its bounds, on creation and on modification."""
    thread_id = api.call("createThread", {})["id"]
    for value in values.METADATA.kept + values.METADATA.broken:
        api.send("modifyThread", {"metadata": value}, thread_id=thread_id)
    api.call("getThread", thread_id=thread_id)
    for value in values.METADATA.kept + values.METADATA.broken:
        api.send("createThread", {"metadata": value})


def test_metadata_of_messages(api: Driver) -> None:
    """Metadata of messages around its bounds, on creation and on modification."""
    thread_id = api.call("createThread", {})["id"]
    made = api.call("createMessage", user("First"), thread_id=thread_id)
    for value in values.METADATA.kept + values.METADATA.broken:
        api.send("modifyMessage", {"metadata": value}, thread_id=thread_id, message_id=made["id"])
    api.call("getMessage", thread_id=thread_id, message_id=made["id"])
    for value in values.METADATA.kept:
        api.send("createMessage", {**user("Taken"), "metadata": value}, thread_id=thread_id)
    for value in values.METADATA.broken:
        api.send("createMessage", {**user("Refused"), "metadata": value}, thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id, query={"order": "asc", "limit": 100})


def test_metadata_of_runs(api: Driver) -> None:
    """Metadata of an ended run around its bounds, on modification."""
    run = ended_run(api)
    for value in values.METADATA.kept + values.METADATA.broken:
        api.send("modifyRun", {"metadata": value}, **place(run))
    api.call("getRun", **place(run))


def test_messages_of_a_thread(api: Driver) -> None:
    """Messages that may be in a new thread, all together, and each that may not be."""
    made = api.call("createThread", {"messages": list(values.MESSAGE.kept)})
    api.call("listMessages", thread_id=made["id"], query={"order": "asc"})
    for message in values.MESSAGE.broken + values.MESSAGE_METADATA.broken:
        api.send("createThread", {"messages": [user(), message]})
    made = api.call("createThread", {"messages": list(values.MESSAGE_METADATA.kept)})
    api.call("listMessages", thread_id=made["id"], query={"order": "asc", "limit": 100})


def test_messages_of_a_run(api: Driver) -> None:
    """Messages that may come with a run, all together, and each that may not; a refused run leaves nothing."""
    made, thread_id = assistant(api), thread(api)["id"]
    for message in values.MESSAGE.broken + values.MESSAGE_METADATA.broken:
        api.send("createRun", {"assistant_id": made["id"], "additional_messages": [message]}, thread_id=thread_id)
    api.call("listRuns", thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)
    more = [*values.MESSAGE.kept, *values.MESSAGE_METADATA.kept[:2]]
    run = api.call("createRun", {"assistant_id": made["id"], "additional_messages": more}, thread_id=thread_id)
    api.wait(run, until=TERMINAL)
    api.call("listMessages", thread_id=thread_id, query={"order": "asc"})


def test_messages_of_a_thread_and_run(api: Driver) -> None:
    """Messages that may come with a thread and its run, all together, and each that may not."""
    made = assistant(api)
    for message in values.MESSAGE.broken + values.MESSAGE_METADATA.broken:
        api.send("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [message]}})
    request = {"assistant_id": made["id"], "thread": {"messages": [*values.MESSAGE.kept, user()]}}
    run = api.wait(api.call("createThreadAndRun", request), until=TERMINAL)
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})


def _broken_fields(fields: dict[str, Around]) -> list[dict[str, Any]]:
    return [{name: value} for name, around in fields.items() for value in around.broken]


def _within(fields: dict[str, Around], index: int) -> dict[str, Any]:
    """The values of that index within the bounds of every field, which go together."""
    return {name: around.kept[index] for name, around in fields.items() if len(around.kept) > index}


def test_run_fields(api: Driver) -> None:
    """Every field of a run beyond its bounds, then all of them within; a refused run is not there."""
    made, thread_id = assistant(api), thread(api)["id"]
    fields = {**values.RUN, **values.RUN_ALONE}
    for field in _broken_fields(fields):
        api.send("createRun", {"assistant_id": made["id"], **field}, thread_id=thread_id)
    api.call("listRuns", thread_id=thread_id)
    for index in range(3):
        request = {"assistant_id": made["id"], **_within(fields, index)}
        exchange = api.send("createRun", request, thread_id=thread_id)
        if exchange.ok:
            api.wait(api.object_of(exchange, "createRun"), until=TERMINAL)
    api.call("listRuns", thread_id=thread_id)


def test_thread_and_run_fields(api: Driver) -> None:
    """The same for a thread with a run, and what only a run on an existing thread may hold."""
    made = assistant(api)
    refused = [*_broken_fields(values.RUN), {"thread": "x"}, {"thread": {"colour": "blue"}}]
    refused += [{"thread": {"metadata": value}} for value in values.METADATA.broken]
    refused += [{"additional_instructions": "x"}, {"additional_messages": [user()]}, {"tool_resources": []}]
    refused += [{"tool_resources": {"file_search": {"vector_stores": [{}]}}}]
    refused += [{"tool_resources": resources} for resources in values.RESOURCES.broken]
    for field in refused:
        api.send("createThreadAndRun", {"assistant_id": made["id"], **field})
    for index in range(3):
        request = {"assistant_id": made["id"], **_within(values.RUN, index), "thread": {"messages": [user()]}}
        exchange = api.send("createThreadAndRun", request)
        if exchange.ok:
            api.wait(api.object_of(exchange, "createThreadAndRun"), until=TERMINAL)


def test_run_modified(api: Driver) -> None:
    """Whatever else than metadata is sent to change a run, a message or a thread is refused, and changes nothing."""
    run = ended_run(api, metadata={"suite": "conformance"})
    for field in ("status", "instructions", "expires_at", "assistant_id", "model", "tools"):
        api.send("modifyRun", {field: run.get(field), "metadata": {"suite": "changed"}}, **place(run))
    api.call("getRun", **place(run))
    for message in api.page("listMessages", thread_id=run["thread_id"], query={"limit": 1}):
        for field in ("role", "content", "attachments", "status"):
            api.send(
                "modifyMessage",
                {field: message.get(field), "metadata": {"suite": "changed"}},
                thread_id=run["thread_id"],
                message_id=message["id"],
            )
        api.call("getMessage", thread_id=run["thread_id"], message_id=message["id"])
    for field in ("messages", "created_at", "object"):
        api.send("modifyThread", {field: [], "metadata": {"suite": "changed"}}, thread_id=run["thread_id"])
    api.call("getThread", thread_id=run["thread_id"])


def test_tool_outputs(api: Driver) -> None:
    """Submissions without outputs, and outputs that lack a part."""
    run = ended_run(api)
    for body in ({}, {"tool_outputs": None}, {"tool_outputs": "x"}, {"tool_outputs": [{"output": "x"}]}):
        api.send("submitToolOuputsToRun", body, **place(run))
    for output in ({"tool_call_id": "call_1"}, {"tool_call_id": "call_1", "output": 7}, {"tool_call_id": 7}, "x"):
        api.send("submitToolOuputsToRun", {"tool_outputs": [output]}, **place(run))
    api.call("getRun", **place(run))


def test_assistant_defaults(api: Driver) -> None:
    """An assistant made from nothing but a model shows what the rest defaults to."""
    made = api.call("createAssistant", {"model": api.model})
    api.call("getAssistant", assistant_id=made["id"])


def test_assistant_model(api: Driver) -> None:
    """No model, one of the wrong type, and one that nobody has."""
    for model in ({}, {"model": None}, {"model": 4}, {"model": "no-such-model-0000"}):
        api.send("createAssistant", model)


def test_thread_modified(api: Driver) -> None:
    """Only metadata and tool resources of a thread can be changed."""
    made = api.call("createThread", {"metadata": {"suite": "conformance"}})
    changes: list[dict[str, Any]] = [{}, {"tool_resources": {}}, {"messages": [user()]}, {"id": "x"}, {"created_at": 0}]
    for change in changes:
        api.send("modifyThread", change, thread_id=made["id"])
    api.call("getThread", thread_id=made["id"])


def test_nulls(api: Driver) -> None:
    """Members sent as null count as not sent: clients whose types have every member send them so."""
    tools = [{"type": "function", "function": {"name": "weather", "description": None, "parameters": None}}]
    resources = {"code_interpreter": None, "file_search": None}
    made = assistant(api, name="Nulls", tools=tools)
    api.send("modifyAssistant", {"model": None, "tools": None, "tool_resources": resources}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
    where = {"thread_id": api.call("createThread", {"messages": [user()], "tool_resources": resources})["id"]}
    api.send("createThread", {"messages": None, "tool_resources": None, "metadata": None})
    api.send("createMessage", {**user(), "attachments": None, "metadata": None}, **where)
    api.send("modifyThread", {"tool_resources": resources, "metadata": None}, **where)
    api.call("listMessages", **where)


# ---- One mistake at a time, at every depth of the contract's schemas -------------------------------------------------


def test_mistakes_in_assistants(api: Driver) -> None:
    """Assistants with one mistake at every depth, made and modified; a refusal changes nothing."""
    made = assistant(api)
    known: dict[str, Any] = {"file_ids": [], "vector_store_ids": []}
    send_mistakes(api, "createAssistant", known)
    send_mistakes(api, "modifyAssistant", known, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_mistakes_in_threads(api: Driver) -> None:
    """Threads with one mistake at every depth, made and modified."""
    known = {"file_id": file(api), "file_ids": [], "vector_store_ids": []}
    made = thread(api)
    send_mistakes(api, "createThread", known)
    send_mistakes(api, "modifyThread", known, thread_id=made["id"])
    api.call("getThread", thread_id=made["id"])


def test_mistakes_in_messages(api: Driver) -> None:
    """Messages with one mistake at every depth; none of them is left behind."""
    thread_id = thread(api)["id"]
    made = api.call("createMessage", user("Second"), thread_id=thread_id)
    send_mistakes(api, "createMessage", {"file_id": file(api)}, thread_id=thread_id)
    send_mistakes(api, "modifyMessage", thread_id=thread_id, message_id=made["id"])
    api.call("listMessages", thread_id=thread_id, query={"order": "asc", "limit": 100})


def test_mistakes_in_runs(api: Driver) -> None:
    """Runs with one mistake at every depth, on a fresh thread where one is taken; a refused one is not there."""
    made, thread_id = assistant(api), thread(api)["id"]
    known = {"assistant_id": made["id"], "file_id": file(api)}
    accepted = 0
    for broken in mistakes(api.contract, "createRun", known):
        if api.send("createRun", broken, thread_id=thread_id).ok:
            accepted, thread_id = accepted + 1, thread(api)["id"]
        if accepted == MAX_ACCEPTED_RUNS:
            break
    api.call("listRuns", thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)


def test_mistakes_in_threads_and_runs(api: Driver) -> None:
    """Threads with a run, and one mistake at every depth of either."""
    known = {"assistant_id": assistant(api)["id"], "file_id": file(api), "file_ids": [], "vector_store_ids": []}
    accepted = 0
    for broken in mistakes(api.contract, "createThreadAndRun", known):
        accepted += api.send("createThreadAndRun", broken).ok
        if accepted == MAX_ACCEPTED_RUNS:
            break


def test_mistakes_in_changes_of_runs(api: Driver) -> None:
    """Changes of a run and outputs of its calls with one mistake at every depth; the run waits for them still."""
    run = ended_run(api)
    send_mistakes(api, "modifyRun", **place(run))
    api.call("getRun", **place(run))
    run = waiting_run(api)
    call_id = calls(run)[0]["id"] if calls(run) else "call_1"
    send_mistakes(api, "submitToolOuputsToRun", {"tool_call_id": call_id}, **place(run))
    api.call("getRun", **place(run))


def test_mistakes_in_stores(api: Driver) -> None:
    """Vector stores with one mistake at every depth, made, modified and searched."""
    made = store(api, file(api))
    send_mistakes(api, "createVectorStore", {"file_ids": []})
    send_mistakes(api, "modifyVectorStore", vector_store_id=made["id"])
    send_mistakes(api, "searchVectorStore", vector_store_id=made["id"])
    api.call("getVectorStore", vector_store_id=made["id"])


def test_mistakes_in_store_files(api: Driver) -> None:
    """Files added to a vector store, one and many, and their attributes, with one mistake at every depth."""
    store_id, first, second = store(api)["id"], file(api), file(api, "second.md")
    shelve(api, store_id, first)
    known = {"file_id": second, "file_ids": [second]}
    send_mistakes(api, "createVectorStoreFile", known, vector_store_id=store_id)
    send_mistakes(api, "createVectorStoreFileBatch", known, vector_store_id=store_id)
    send_mistakes(api, "updateVectorStoreFileAttributes", vector_store_id=store_id, file_id=first)
    api.call("listVectorStoreFiles", vector_store_id=store_id)


# ---- Valid requests between two plain ones ---------------------------------------------------------------------------


def test_valid_assistants(api: Driver) -> None:
    """Assistants with each member alone and with all, made, modified and deleted."""
    texts = {"name": "Ada", "description": "Counts.", "instructions": "Count.", "metadata": {"a": "b"}}
    settings = {"temperature": 0.5, "top_p": 0.5, "response_format": {"type": "text"}}
    send_one_by_one(api, "createAssistant", {"model": api.model}, texts | settings)
    made = assistant(api)
    send_one_by_one(api, "modifyAssistant", {}, texts | settings, assistant_id=made["id"])
    for tools in TOOLS:
        api.send("createAssistant", {"model": api.model, "tools": tools})
        api.send("modifyAssistant", {"tools": tools}, assistant_id=made["id"])
        api.send("createRun", {"assistant_id": made["id"], "tools": tools}, thread_id=thread(api)["id"])
    api.send("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"])
    api.send("modifyAssistant", {}, assistant_id=made["id"])
    api.send("createAssistant", {"model": api.model})
    send_deletion(api, "deleteAssistant", "getAssistant", assistant_id=made["id"])
    send_deletion(api, "deleteAssistant", "getAssistant", assistant_id=assistant(api, tools=[BARE_FUNCTION])["id"])


def test_valid_threads(api: Driver) -> None:
    """Threads and their messages with each member alone and with all, and both deleted."""
    note = file(api)
    attached = {"attachments": [{"file_id": note, "tools": [CODE_INTERPRETER]}]}
    resources = {"tool_resources": {"code_interpreter": {"file_ids": [note]}}}
    rows = [user(), user() | {"content": PARTS}, user() | {"role": "assistant"}, user() | attached]
    send_one_by_one(api, "createThread", {}, {"messages": rows, "metadata": {"a": "b"}, **resources})
    api.send("createAssistant", {"model": api.model, "tools": [CODE_INTERPRETER]})
    made = thread(api)
    send_one_by_one(api, "modifyThread", {}, {"metadata": {"a": "b"}, **resources}, thread_id=made["id"])
    for row in (*rows, user() | {"metadata": {"a": "b"}}, user()):
        api.send("createMessage", row, thread_id=made["id"])
    message = api.call("createMessage", user(), thread_id=made["id"])
    of_message = {"thread_id": made["id"], "message_id": message["id"]}
    send_one_by_one(api, "modifyMessage", {}, {"metadata": {"a": "b"}}, **of_message)
    send_deletion(api, "deleteMessage", "getMessage", **of_message)
    send_deletion(api, "deleteThread", "getThread", thread_id=made["id"])


def test_valid_runs(api: Driver) -> None:
    """Runs on threads of their own, with each member that no model can mind; streamed too."""
    made = assistant(api)
    told = {"instructions": "Be brief.", "additional_instructions": "Use one word.", "metadata": {"a": "b"}}
    members = {"model": api.model, **told, "additional_messages": [user() | {"content": PARTS}], "stream": True}
    for more in ({}, *({name: value} for name, value in members.items()), members, {}):
        run = api.send("createRun", {"assistant_id": made["id"], **more}, thread_id=thread(api)["id"])
        if run.ok and run.response is not None and not run.response.is_stream:
            api.wait(api.object_of(run, "createRun"))
    changes: list[dict[str, Any]] = [{}, {"metadata": {"a": "b"}}, {"instructions": "Be brief."}, {}]
    for more in changes:
        for rows in ([user()], [user() | {"content": PARTS}]):
            api.send("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": rows}, **more})


def test_valid_stores(api: Driver) -> None:
    """Files and vector stores with each member alone and with all, and both deleted."""
    note, other = file(api), file(api, "other.txt")
    expiry = {"expires_after": {"anchor": "last_active_at", "days": 7}}
    texts: dict[str, Any] = {"name": "Shelf", "metadata": {"a": "b"}, **expiry}
    send_one_by_one(api, "createVectorStore", {}, {**texts, "file_ids": [note]})
    made = store(api)
    send_one_by_one(api, "modifyVectorStore", {}, texts, vector_store_id=made["id"])
    for body in ({"file_id": note, "attributes": {"a": "b", "n": 1, "t": True}}, {"file_id": other}):
        api.send("createVectorStoreFile", body, vector_store_id=made["id"])
    for name in ("a.txt", "b.md", "c.json"):
        api.send("createFile", upload(name, "{}"))
        api.send("createFile", upload(name, "{}", anchor="created_at", seconds=3600))
    api.send("createFile", upload("d.txt", "{}"))
    send_deletion(api, "deleteVectorStore", "getVectorStore", vector_store_id=made["id"])
    send_deletion(api, "deleteFile", "retrieveFile", file_id=note)


def test_valid_pages(api: Driver) -> None:
    """Pages of every list of the account and of a thread, by limit, by order and behind a cursor."""
    thread_id = thread(api, "One", "Two")["id"]
    made = {"listAssistants": assistant(api)["id"], "listVectorStores": store(api)["id"], "listFiles": file(api)}
    messages = [one["id"] for one in api.page("listMessages", thread_id=thread_id)]
    for operation, first, ids in (
        *((name, first, {}) for name, first in made.items()),
        *(("listMessages", first, {"thread_id": thread_id}) for first in messages[:1]),
    ):
        for query in (
            {},
            {"limit": 5},
            {"limit": 100},
            {"order": "asc"},
            {"order": "desc", "limit": 1},
            {"after": first},
            {},
        ):
            api.send(operation, query=query, **ids)
