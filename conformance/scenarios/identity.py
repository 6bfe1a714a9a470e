"""What was written is what is read, here and in lists, and what is written to one object changes no other."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    CLOCK,
    FILE_SEARCH,
    WEATHER,
    assistant,
    assistant_of,
    ended_run,
    place,
    searching,
    store,
    thread,
    user,
)
from conformance.scenarios.kit.looks import Looks, conversation
from conformance.scenarios.kit.readback import last_run, look_back


def test_assistant_nulls(api: Driver) -> None:
    """Null asks for the default, on creation as on modification."""
    nulls = dict.fromkeys(
        ("name", "description", "instructions", "metadata", "temperature", "top_p", "response_format", "tool_resources")
    )
    api.send("createAssistant", {"model": api.model, **nulls})
    made = assistant(
        api,
        name="Named",
        description="Described",
        metadata={"suite": "conformance"},
        temperature=0.2,
        top_p=0.3,
        response_format={"type": "text"},
    )
    for field in nulls:
        api.send("modifyAssistant", {field: None}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_assistant_untouched(api: Driver) -> None:
    """A modification changes what it names and nothing else; an empty one changes nothing."""
    made = assistant(api, name="Named", tools=[WEATHER, CLOCK], metadata={"one": "1", "two": "2"}, temperature=0.2)
    api.send("modifyAssistant", {}, assistant_id=made["id"])
    api.send("modifyAssistant", {"metadata": {"two": "zwei"}}, assistant_id=made["id"])
    api.send("modifyAssistant", {"tools": []}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_instructions_survive(api: Driver) -> None:
    """Line ends, quotes, markup and characters of every length come back as they went."""
    made = assistant(api, instructions='line\nline\r\n\ttab "quoted" \\ <b>&amp;</b> é 世界 👩‍👩‍👧 \u2028 ', name=" x ")
    api.call("getAssistant", assistant_id=made["id"])


def test_function_parameters_survive(api: Driver) -> None:
    """A function's JSON Schema comes back as it went, however deep and with whatever names."""
    parameters = {
        "type": "object",
        "properties": {
            "größe": {"type": "number", "minimum": -1.5e-7, "enum": [1, 2.5, 1e21]},
            "nested": {"type": "array", "items": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/x"}]}},
        },
        "required": [],
        "additionalProperties": False,
        "$defs": {"x": {"const": "🌦", "description": ""}},
    }
    tool = {"type": "function", "function": {"name": "deep", "description": "", "parameters": parameters}}
    made = assistant(api, tools=[tool, CLOCK, tool | {"function": {"name": "again"}}])
    api.call("getAssistant", assistant_id=made["id"])
    api.call("modifyAssistant", {"tools": [CLOCK, tool]}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_twins(api: Driver) -> None:
    """Changing one of two alike objects leaves the other as it was."""
    twins: list[dict[str, Any]] = [assistant(api, name="Twin", metadata={"of": "two"}) for _ in range(2)]
    api.call("modifyAssistant", {"name": "Changed", "metadata": {"of": "one"}}, assistant_id=twins[0]["id"])
    api.call("getAssistant", assistant_id=twins[1]["id"])
    threads = [api.call("createThread", {"metadata": {"of": "two"}})["id"] for _ in range(2)]
    api.call("modifyThread", {"metadata": {"of": "one"}}, thread_id=threads[0])
    api.call("getThread", thread_id=threads[1])
    messages = [api.call("createMessage", user("Twin"), thread_id=threads[0])["id"] for _ in range(2)]
    api.call("modifyMessage", {"metadata": {"of": "one"}}, thread_id=threads[0], message_id=messages[0])
    api.call("getMessage", thread_id=threads[0], message_id=messages[1])
    api.call("listMessages", thread_id=threads[1])


def test_refused_changes(api: Driver) -> None:
    """A modification that is right in one member and wrong in another is refused, and leaves all as it was."""
    before, wrong = {"state": "before"}, {"state": "after", "long": "x" * 513}
    made = assistant(api, name="Before", tools=[WEATHER], metadata=before)
    for change in ({"name": "After", "metadata": wrong}, {"tools": [], "temperature": 2.5}, {"instructions": 1}):
        api.send("modifyAssistant", change, assistant_id=made["id"])
        api.call("getAssistant", assistant_id=made["id"])
    thread_id = api.call("createThread", {"messages": [user()], "metadata": before})["id"]
    api.send("modifyThread", {"metadata": wrong}, thread_id=thread_id)
    api.call("getThread", thread_id=thread_id)
    message = api.call("createMessage", {**user(), "metadata": before}, thread_id=thread_id)
    where = {"thread_id": thread_id, "message_id": message["id"]}
    api.send("modifyMessage", {"metadata": wrong}, **where)
    api.call("getMessage", **where)
    run = api.call(
        "createRun", {"assistant_id": made["id"], "tool_choice": "none", "metadata": before}, thread_id=thread_id
    )
    run = api.wait(run, until=TERMINAL)
    api.send("modifyRun", {"metadata": wrong}, **place(run))
    api.call("getRun", **place(run))
    api.call("listMessages", thread_id=thread_id)


def test_first_messages(api: Driver) -> None:
    """Messages of both roles, with metadata and in parts, stand in the thread as they were given."""
    parts = [{"type": "text", "text": "Three, "}, {"type": "text", "text": "in two parts \n"}]
    first = [
        {**user("One"), "metadata": {"number": "1", "first": "yes"}},
        {"role": "assistant", "content": "Two", "metadata": {"number": "2"}},
        {"role": "user", "content": parts},
    ]
    made = api.call("createThread", {"messages": first})
    for order in ("asc", "desc"):
        api.call("listMessages", thread_id=made["id"], query={"order": order})


def test_run_overrides(api: Driver) -> None:
    """What a run is given in place of its assistant's stays with the run: the assistant is as it was."""
    made = assistant(api, name="Named", temperature=0.2, metadata={"of": "assistant"})
    overrides = {"instructions": "Be brief.", "temperature": 0.7, "tools": [CLOCK], "metadata": {"of": "run"}}
    run = api.call("createRun", {"assistant_id": made["id"], **overrides}, thread_id=thread(api)["id"])
    api.wait(run)
    api.call("getAssistant", assistant_id=made["id"])
    api.call("listAssistants", query={"limit": 5})


def test_streamed_overrides(api: Driver) -> None:
    """A stream that is given everything in place of its assistant's, one that inherits it, and a thread that does."""
    made = assistant(api, temperature=0.25, top_p=0.5, tools=[CLOCK], response_format={"type": "text"})
    overrides = {"instructions": "Be brief.", "temperature": 0.75, "top_p": 0.9, "tools": [], "model": api.model}
    added = {
        "additional_instructions": "Use one word.",
        "additional_messages": [user("Two") | {"metadata": {"n": "2"}}],
    }
    bounds = {"max_prompt_tokens": 4000, "max_completion_tokens": 4000, "metadata": {"of": "run"}}
    shape = {"truncation_strategy": {"type": "last_messages", "last_messages": 3}, "response_format": "auto"}
    thread_id = thread(api, "One")["id"]
    for more in (overrides | bounds, added | shape, {}):
        look_back(api, api.stream("createRun", {"assistant_id": made["id"], **more}, thread_id=thread_id))
    for more in ({}, overrides | bounds | shape):
        look_back(
            api,
            api.stream("createThreadAndRun", {"assistant_id": made["id"], **more, "thread": {"messages": [user()]}}),
        )
    api.send("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [user()]}})


def test_run_inherits(api: Driver) -> None:
    """A run keeps what it had of its assistant, whatever becomes of the assistant afterwards."""
    run = ended_run(api)
    changes = {"instructions": "Changed.", "tools": [CLOCK], "temperature": 0.3}
    api.call("modifyAssistant", changes, assistant_id=run["assistant_id"])
    api.call("getRun", **place(run))
    api.call("listRuns", thread_id=run["thread_id"])


def test_model_changed(api: Driver) -> None:
    """An assistant is given another model that the endpoint has."""
    listed = [model["id"] for model in api.page("listModels")]
    others = [name for name in listed if name != api.model]
    if not others:
        raise Inconclusive("the endpoint lists no other model")
    made = assistant(api)
    alike = [name for name in others if name.startswith(api.model[:3])]
    api.send("modifyAssistant", {"model": (alike or others)[0]}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
    api.send("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"])
    api.send("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [user()]}})


def test_thread_of_a_run(api: Driver) -> None:
    """The metadata of a thread that is made with a run, and its messages, are read back."""
    rows = [user("One") | {"metadata": {"number": "1"}}, user("Two")]
    told = {"messages": rows, "metadata": {"of": "thread"}}
    request = {"assistant_id": assistant(api)["id"], "thread": told, "metadata": {"of": "run"}}
    run = api.wait(api.call("createThreadAndRun", request), until=TERMINAL)
    for made in (run, last_run(api.stream("createThreadAndRun", request))):
        api.call("getThread", thread_id=made["thread_id"])
        api.call("listMessages", thread_id=made["thread_id"], query={"order": "asc"})


def test_resources_of_a_run(api: Driver) -> None:
    """The vector store of a thread that is made with a run is read back, from a stream and over plain JSON."""
    given = {"messages": [user()], "tool_resources": searching(store(api)["id"])}
    request = {"assistant_id": assistant(api, tools=[FILE_SEARCH])["id"], "tool_choice": "none", "thread": given}
    run = api.wait(api.call("createThreadAndRun", request), until=TERMINAL)
    for made in (run, last_run(api.stream("createThreadAndRun", request))):
        api.call("getThread", thread_id=made["thread_id"])


def test_reasoning_effort(api: Driver) -> None:
    """An effort stays with its assistant and its run, whatever else is changed."""
    api.needs("script", "a model that takes an effort, and answers all the same")
    made = assistant(api, reasoning_effort="low")
    run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    for change in ({"name": "Named"}, {"reasoning_effort": "high"}, {"temperature": 3}):
        api.send("modifyAssistant", change, assistant_id=made["id"])
        api.call("getAssistant", assistant_id=made["id"])
    api.call("listAssistants", query={"limit": 5})
    api.call("getRun", **place(run))


def test_outer_spaces(api: Driver) -> None:
    """Texts, and keys and values of metadata, keep the spaces around them, and an empty line."""
    spaced = {" key ": " value ", "tab": "\tvalue\n", "blank": " "}
    texts = {"name": " Brief ", "description": "  Be  brief. ", "instructions": " Be\tbrief. \n\n"}
    made = api.call("createAssistant", {"model": api.model, "metadata": spaced, **texts})
    api.call("getAssistant", assistant_id=made["id"])
    api.call("modifyAssistant", dict.fromkeys(texts, " brief "), assistant_id=made["id"])
    run = {"assistant_id": made["id"], "instructions": " Be brief. \n", "metadata": spaced}
    api.wait(api.call("createRun", run, thread_id=thread(api)["id"]), until=TERMINAL)
    written = api.call("createThread", {"metadata": spaced})
    api.call("getThread", thread_id=written["id"])
    message = api.call("createMessage", user(" Hello. ") | {"metadata": spaced}, thread_id=written["id"])
    api.call("getMessage", thread_id=written["id"], message_id=message["id"])
    api.call("modifyThread", {"metadata": {"other": " value "}}, thread_id=written["id"])
    api.call("getThread", thread_id=written["id"])


def test_others_unchanged(api: Driver) -> None:
    """Of two conversations alike all is read, after each change to a part of one, taken or refused."""
    looks = Looks(api)
    run, _ = conversation(api, looks), conversation(api, looks)
    thread_id, made = run["thread_id"], assistant_of(run)
    after, wrong = {"metadata": {"state": "after"}}, {"metadata": {"state": "after", "long": "x" * 513}}
    first = api.page("listMessages", thread_id=thread_id, query={"order": "asc"})[:1]
    for change in (wrong, after):
        for message in first:
            api.send("modifyMessage", change, thread_id=thread_id, message_id=message["id"])
            looks.all()
        api.send("modifyThread", change, thread_id=thread_id)
        looks.all()
        api.send("modifyRun", change, **place(run))
        looks.all()
        api.send("modifyAssistant", change, assistant_id=made)
        looks.all()
    api.send("cancelRun", **place(run))  # it has ended
    looks.all()
    api.call("createMessage", user("Three") | {"metadata": {"of": "message"}}, thread_id=thread_id)
    looks.all()
    again = {"model": api.model, "instructions": "Be brief.", "tools": [CLOCK], "metadata": {"of": "run"}}
    api.wait(api.call("createRun", {"assistant_id": made, **again}, thread_id=thread_id), until=TERMINAL)
    looks.all()
