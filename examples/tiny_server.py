"""A small emulator: assistants, threads, messages and runs in memory, with a model that repeats what it was told.

python examples/tiny_server.py 8000
"""

import sys
import time
import uuid
from functools import partial
from pathlib import Path

import jsonschema_rs
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

DOCUMENT = yaml.safe_load((Path(__file__).parents[1] / "specs" / "assistants-v2.openapi.yaml").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
STORE = {}  # every object by its id, in order of creation
PREFIXES = {"assistant": "asst", "thread": "thread", "thread.message": "msg", "thread.run": "run"}
ENDED = ("completed", "cancelled")


def make(kind, **members):
    made = {"id": f"{PREFIXES[kind]}_{uuid.uuid4().hex[:24]}", "object": kind, "created_at": int(time.time())}
    STORE[made["id"]] = members | made
    return STORE[made["id"]]


def find(kind, identifier, thread_id=None):
    found = STORE.get(identifier)
    if found is None or found["object"] != kind or found.get("thread_id") != thread_id:
        raise HTTPException(404, f"No {kind} found with id '{identifier}'.")
    return found


def all_of(kind, **of):
    return [each for each in STORE.values() if each["object"] == kind and of.items() <= each.items()]


# ---- assistants, threads and messages ----


def assistant_of(body):
    made = {"name": None, "description": None, "instructions": None, "tools": [], "tool_resources": {}, "metadata": {}}
    made |= {"temperature": 1.0, "top_p": 1.0, "response_format": "auto"}
    return made | {name: value for name, value in body.items() if value is not None}


def create_assistant(body):
    return make("assistant", **assistant_of(body))


def modify_assistant(body, assistant_id):
    found = find("assistant", assistant_id)
    found.update(assistant_of({"model": found["model"]} | body))
    return found


def create_thread(body):
    made = make("thread", metadata=body.get("metadata") or {}, tool_resources={})
    for message in body.get("messages", []):
        add_message(made["id"], **message)
    return made


def create_message(body, thread_id):
    find("thread", thread_id)
    return add_message(thread_id, **body)


def add_message(thread_id, role, content, metadata=None, attachments=None, assistant_id=None, run_id=None):
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    parts = [{**part, "text": {"value": part["text"]}} if "text" in part else part for part in parts]
    members = {"content": parts, "attachments": attachments or [], "metadata": metadata or {}}
    return make("thread.message", thread_id=thread_id, role=role, assistant_id=assistant_id, run_id=run_id, **members)


# ---- runs ----


def require_no_active_run(thread_id):
    for run in all_of("thread.run", thread_id=thread_id):
        if run["status"] not in ENDED:
            raise HTTPException(400, f"Thread {thread_id} already has an active run {run['id']}.")


def create_run(body, thread_id):
    assistant = find("assistant", body["assistant_id"])
    find("thread", thread_id)
    require_no_active_run(thread_id)
    if body.get("stream"):
        raise HTTPException(400, "This server does not stream.")
    given = {name: value for name, value in body.items() if value and name != "stream"}
    for message in given.pop("additional_messages", []):
        add_message(thread_id, **message)
    if not assistant["instructions"] and not all_of("thread.message", thread_id=thread_id):
        raise HTTPException(400, f"Thread {thread_id} has no messages.")
    added = given.pop("additional_instructions", None)
    run = dict.fromkeys(SCHEMAS["RunObject"]["required"])
    run |= {name: value for name, value in assistant.items() if name in SCHEMAS["CreateRunRequest"]["properties"]}
    run |= {"tool_choice": "auto", "parallel_tool_calls": True, "truncation_strategy": {"type": "auto"}, "metadata": {}}
    run |= {"status": "queued", "expires_at": int(time.time()) + 600, **given, "thread_id": thread_id}
    run["instructions"] = "\n".join(filter(None, (run["instructions"], added))) or None
    return make("thread.run", **run)


def create_thread_and_run(body):
    return create_run(body, create_thread(body.pop("thread", {}))["id"])


def get_run(body, thread_id, run_id):  # the model: a run is one status further whenever it was looked at
    run = find("thread.run", run_id, thread_id)
    shown = dict(run)
    if run["status"] == "queued":
        run.update(status="in_progress", started_at=int(time.time()))
    elif run["status"] == "in_progress":
        said = [each for each in all_of("thread.message", thread_id=run["thread_id"]) if each["role"] == "user"]
        text = said[-1]["content"][0]["text"]["value"] if said else "nothing"
        add_message(run["thread_id"], "assistant", "You said: " + text, None, None, run["assistant_id"], run["id"])
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        run.update(status="completed", completed_at=int(time.time()), expires_at=None, usage=usage)
    return shown


def cancel_run(body, thread_id, run_id):
    run = find("thread.run", run_id, thread_id)
    run.update(status="cancelled", cancelled_at=int(time.time()), expires_at=None)
    return run


# ---- what all kinds have in common ----


def named(kind, ids):
    *thread, identifier = ids.values()
    return find(kind, identifier, *thread)


def read(kind, body, **ids):
    return named(kind, ids)


def modify(kind, body, **ids):
    found = named(kind, ids)
    found.update({member: value or {} for member, value in body.items()})
    return found


def delete(kind, body, **ids):
    gone = named(kind, ids)["id"]
    for identifier in [each["id"] for each in STORE.values() if gone in (each["id"], each.get("thread_id"))]:
        del STORE[identifier]
    return {"id": gone, "object": f"{kind}.deleted", "deleted": True}


def listed(kind, query, **of):
    limit, order = query.get("limit", "20"), query.get("order", "desc")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100 or order not in ("asc", "desc"):
        raise HTTPException(400, "limit is 1 to 100, and order is asc or desc.")
    thread = [find("thread", identifier)["id"] for identifier in of.values()]
    of |= {"run_id": query["run_id"]} if "run_id" in query else {}
    rows = all_of(kind, **of)[:: 1 if order == "asc" else -1]
    if after := query.get("after"):
        rows = rows[rows.index(find(kind, after, *thread)) + 1 :]
    if before := query.get("before"):
        rows = rows[: rows.index(find(kind, before, *thread))]
    data = rows[: int(limit)]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, **ends, "has_more": False}


THREAD, MESSAGE, RUN = "/threads/{thread_id}", "/threads/{thread_id}/messages", "/threads/{thread_id}/runs"
OPERATIONS = [
    ("GET", "/assistants", partial(listed, "assistant")),
    ("POST", "/assistants", create_assistant, "CreateAssistantRequest"),
    ("GET", "/assistants/{assistant_id}", partial(read, "assistant")),
    ("POST", "/assistants/{assistant_id}", modify_assistant, "ModifyAssistantRequest"),
    ("DELETE", "/assistants/{assistant_id}", partial(delete, "assistant")),
    ("POST", "/threads", create_thread, "CreateThreadRequest"),
    ("POST", "/threads/runs", create_thread_and_run, "CreateThreadAndRunRequest"),
    ("GET", THREAD, partial(read, "thread")),
    ("POST", THREAD, partial(modify, "thread")),
    ("DELETE", THREAD, partial(delete, "thread")),
    ("GET", MESSAGE, partial(listed, "thread.message")),
    ("POST", MESSAGE, create_message, "CreateMessageRequest"),
    ("GET", MESSAGE + "/{message_id}", partial(read, "thread.message")),
    ("POST", MESSAGE + "/{message_id}", partial(modify, "thread.message")),
    ("DELETE", MESSAGE + "/{message_id}", partial(delete, "thread.message")),
    ("GET", RUN, partial(listed, "thread.run")),
    ("POST", RUN, create_run, "CreateRunRequest"),
    ("GET", RUN + "/{run_id}", get_run),
    ("POST", RUN + "/{run_id}", partial(modify, "thread.run")),
    ("POST", RUN + "/{run_id}/cancel", cancel_run),
]


def route(method, path, operation, schema=None):
    wanted = {"$ref": f"#/components/schemas/{schema}"} if schema else {}
    validator = jsonschema_rs.validator_for({**wanted, "components": DOCUMENT["components"]})

    async def answer(request):
        body = await request.json() if method == "POST" else {}
        for problem in validator.iter_errors(body):
            raise HTTPException(400, problem.message)
        if any((body.get("tool_resources") or {}).values()):
            raise HTTPException(400, "This server has no files and no vector stores.")
        given = request.query_params if method == "GET" else body
        return JSONResponse(operation(given, **request.path_params))

    return Route("/v1" + path, answer, methods=[method])


async def refuse(request, problem):
    return JSONResponse({"detail": problem.detail}, problem.status_code)


app = Starlette(routes=[route(*operation) for operation in OPERATIONS], exception_handlers={HTTPException: refuse})

if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: python examples/tiny_server.py PORT")
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
