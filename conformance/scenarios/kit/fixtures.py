"""The things scenarios send: kept in one place so that the same words mean the same everywhere."""

from collections.abc import Callable
from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Call, Driver, Inconclusive
from conformance.scenarios.kit.multipart import upload

GREETING = "Say hello in one short sentence. Grüße, 世界 🌍."
INSTRUCTIONS = "You are a terse assistant. Answer in one short sentence."

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK: dict[str, Any] = {"type": "function", "function": {"name": "get-Time_2"}}
"""A function that has nothing but a name, out of all that a name may hold."""
FILE_SEARCH: dict[str, Any] = {"type": "file_search"}
CODE_INTERPRETER: dict[str, Any] = {"type": "code_interpreter"}
FORCE_WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather"}}

NOTES = (
    "# Notes from the orchard\n\n"
    "The oldest pear tree of the orchard was planted in 1911 and carries the number 4711.\n\n"
    "Apples are picked in September, quinces (Quitten, 木瓜 🍐) in October, and the cider press runs until November.\n"
)
"""A text of a few hundred bytes, with words that stand nowhere else, and characters of one to four bytes."""
TABLE = "month,crates\nSeptember,42\nOctober,17\nNovember,5\n"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "08d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
"""A picture of one red pixel."""
QUESTION = "Which number does the oldest pear tree carry? Look it up in the notes."
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
"""The one thing that `include[]` asks for."""

SPREAD_SECONDS, SPREAD_PAUSE, MOST_SPREAD = 3, 0.6, 6
"""Different seconds in which the objects of a list are made, the pause between two of them, and how many at most."""

CLIENTS = 4
"""Clients that act at the same time, where more than two do."""


def user(text: str = GREETING) -> dict[str, Any]:
    """A message of the user's."""
    return {"role": "user", "content": text}


def assistant(api: Driver, **fields: Any) -> dict[str, Any]:
    """A fresh assistant with instructions, and what else is asked for."""
    return dict(api.call("createAssistant", {"model": api.model, "instructions": INSTRUCTIONS, **fields}))


def thread(api: Driver, *texts: str) -> dict[str, Any]:
    """A fresh thread that holds the given messages, or the greeting."""
    return dict(api.call("createThread", {"messages": [user(text) for text in texts or (GREETING,)]}))


def waiting_run(api: Driver, **fields: Any) -> dict[str, Any]:
    """A run that waits for the output of a function call, forced in the strongest way that the endpoint takes.

    Where naming the function is refused it is asked for any call, and then left to the prompt and the run's own tools.
    """
    made = assistant(api, tools=[WEATHER])
    forced: dict[str, Any]
    for forced in ({"tool_choice": FORCE_WEATHER}, {"tool_choice": "required"}, {"tools": [WEATHER]}):
        body = {"assistant_id": made["id"], **forced, **fields}
        exchange = api.send("createRun", body, thread_id=prompted(api, "tool")["id"])
        if exchange.response is None or exchange.response.status not in (400, 422):
            break
    return api.wait(api.object_of(exchange, "createRun"), until=frozenset({"requires_action"}))


def prompted(api: Driver, purpose: str) -> dict[str, Any]:
    """A fresh thread whose message is the profile's prompt for a purpose, or the greeting."""
    prompt = api.target.profile.prompts.get(purpose)
    return thread(api, *([prompt] if prompt else []))


def failing_run(api: Driver, script: str) -> dict[str, Any]:
    """A run that is going to fail: as the script says, or for the profile's prompt."""
    if "fail" not in api.target.profile.prompts:
        api.needs("script", "a failed run")
    request = {"assistant_id": assistant(api)["id"], **directed(api, script)}
    return dict(api.call("createRun", request, thread_id=prompted(api, "fail")["id"]))


def calls(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The tool calls that a run waits for; empty where its shape is not what it should be."""
    match run:
        case {"required_action": {"submit_tool_outputs": {"tool_calls": list(found)}}}:
            return [call for call in found if isinstance(call, dict) and isinstance(call.get("id"), str)]
        case _:
            return []


def outputs(run: dict[str, Any]) -> dict[str, Any]:
    """A complete answer to the tool calls of a waiting run, another one for each call."""
    return {
        "tool_outputs": [
            {"tool_call_id": call["id"], "output": f"{22 - number} °C, sunny"} for number, call in enumerate(calls(run))
        ]
    }


def submit(api: Driver, run: dict[str, Any], answers: dict[str, Any] | None = None) -> dict[str, Any]:
    """Submit right outputs, after wrong ones were refused; a refusal of these is followed by a look at the run.

    That look shows whether the run waits for them still.
    """
    exchange = api.send("submitToolOuputsToRun", answers or outputs(run), **place(run))
    if not exchange.ok:
        api.call("getRun", **place(run))
    return api.object_of(exchange, "submitToolOuputsToRun")


def spread(api: Driver, make: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Objects of several seconds, as their created_at tells: what decides on the order of a list is in the traffic."""
    made: list[dict[str, Any]] = []
    for number in range(MOST_SPREAD):
        made.append(make(number))
        if len({one.get("created_at") for one in made}) >= SPREAD_SECONDS:
            break
        api.let_time_pass(SPREAD_PAUSE)
    return made


def assistant_of(run: dict[str, Any]) -> str:
    """The id of the assistant that a run is of."""
    found = run.get("assistant_id")
    if not isinstance(found, str):
        raise Inconclusive("the run does not say its assistant_id")
    return found


def place(run: dict[str, Any]) -> dict[str, Any]:
    """The path parameters that address a run."""
    return {"thread_id": run["thread_id"], "run_id": run["id"]}


def ended_run(api: Driver, **fields: Any) -> dict[str, Any]:
    """A plain run, seen to its end."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"], **fields}, thread_id=thread(api)["id"])
    return api.wait(run, until=TERMINAL)


def directed(api: Driver, directives: str) -> dict[str, Any]:
    """Fields that direct the scripted model of an endpoint that has one; other models go by the words alone."""
    return {"metadata": {"script": directives}} if "script" in api.target.profile.capabilities else {}


def standing_run(api: Driver, status: str) -> dict[str, Any]:
    """A run that stays queued or in progress: by the script, or as long as the profile's slow prompt keeps it busy."""
    if status == "queued" or "slow" not in api.target.profile.prompts:
        api.needs("script", f"a run that stays {status}")
    script = {"queued": "queue", "in_progress": "slow"}[status]
    request = {"assistant_id": assistant(api)["id"], **directed(api, script)}
    run = api.call("createRun", request, thread_id=prompted(api, "slow")["id"])
    return api.wait(run, until=frozenset({status}))


def numbered(count: int) -> dict[str, str]:
    """Metadata with so many keys."""
    return {f"key_{number}": str(number) for number in range(count)}


def functions(count: int) -> list[dict[str, Any]]:
    """So many function tools with different names."""
    return [{"type": "function", "function": {"name": f"f{number}"}} for number in range(count)]


BOUNDED_METADATA: list[tuple[str, dict[str, Any] | None]] = [
    ("sixteen keys", numbered(16)),
    ("seventeen keys", numbered(17)),
    ("longest key", {"k" * 64: "v"}),
    ("key too long", {"k" * 65: "v"}),
    ("longest value", {"k": "v" * 512}),
    ("value too long", {"k": "v" * 513}),
    ("longest value, in emoji", {"k": "🌦" * 512}),
    ("number", {"k": 1}),
    ("null", None),
    ("empty", {}),
]
"""Metadata around every bound; a bound counts characters, whatever bytes they take."""


# ---- Files and vector stores -----------------------------------------------------------------------------------------


def file(api: Driver, name: str = "orchard.md", content: bytes | str = NOTES, purpose: str = "assistants") -> str:
    """The id of a freshly uploaded file."""
    return str(api.call("createFile", upload(name, content, purpose))["id"])


def files(api: Driver, count: int) -> list[str]:
    """The ids of so many small text files, each with a name and a text of its own."""
    return [file(api, f"note-{number}.txt", f"Note number {number}.\n") for number in range(1, count + 1)]


def directed_file(api: Driver, directives: str, purpose: str) -> str:
    """A text file that directs how an endpoint with a script indexes it: `slow` for ever, `fail` at the end."""
    api.needs("script", purpose)
    return file(api, "directed.txt", f"[script: {directives}]\n")


def store(api: Driver, *file_ids: str, **fields: Any) -> dict[str, Any]:
    """A fresh vector store with these files, when none of them is in progress any more."""
    holding = {"file_ids": list(file_ids)} if file_ids else {}
    made = api.call("createVectorStore", {"name": "Shelf", **holding, **fields})
    return api.wait_until_processed("getVectorStore", vector_store_id=made["id"]) if file_ids else dict(made)


def shelve(api: Driver, store_id: str, file_id: str, **fields: Any) -> dict[str, Any]:
    """Add a file to a vector store and wait until it is in progress no longer."""
    api.call("createVectorStoreFile", {"file_id": file_id, **fields}, vector_store_id=store_id)
    return api.wait_until_processed("getVectorStoreFile", vector_store_id=store_id, file_id=file_id)


def searching(*store_ids: str) -> dict[str, Any]:
    """Tool resources that name vector stores."""
    return {"file_search": {"vector_store_ids": list(store_ids)}}


def stores_of(holder: dict[str, Any]) -> list[str]:
    """The vector stores in the tool resources of an assistant or thread; empty where their shape is not known."""
    match holder:
        case {"tool_resources": {"file_search": {"vector_store_ids": list(found)}}}:
            return [name for name in found if isinstance(name, str)]
        case _:
            return []


def store_made_for(api: Driver, holder: dict[str, Any]) -> str:
    """The vector store that was made on the way for an assistant or thread; it is deleted in the end."""
    found = stores_of(holder)
    if not found:
        raise Inconclusive(f"no vector store is shown for the {holder.get('object')}")
    api.register_for_cleanup("createVectorStore", found[0])
    return found[0]


def accepted_concurrently(api: Driver, *calls: Call) -> list[dict[str, Any]]:
    """The objects of several requests that went out at once, all of which must be taken."""
    exchanges = api.concurrently(*calls)
    return [api.object_of(exchange, call.operation) for exchange, call in zip(exchanges, calls, strict=True)]
