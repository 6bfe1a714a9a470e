from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import FILE, IN, OTHER, STORE, counts, entry, shelf, store, take
from tests.checks.tables import Tables
from tests.traces import ASSISTANT, CREATED, THREAD, Call, assistant, call, error, message, run, stream, thread, trace

POLICY = {"anchor": "last_active_at", "days": 7}
ANOTHER = {"anchor": "last_active_at", "days": 1}
HELPER = {"file_search": {"vector_stores": [{"file_ids": [FILE]}]}}
HERE = {"file_search": {"vector_store_ids": [STORE]}}
BOTH_TOOLS = HERE | {"code_interpreter": {"file_ids": ["file-F2", FILE]}}
GET = f"GET /threads/{THREAD}"
ATTACHED = {"file_id": FILE, "tools": [{"type": "file_search"}]}
TO_CODE = {"file_id": "file-F2", "tools": [{"type": "code_interpreter"}]}
WEEKLY = store(1, expires_after=POLICY, expires_at=CREATED + 7 * 86_400)


TWO = {"file_search": {"vector_store_ids": [STORE, OTHER]}}


def made_thread(resources: object = None, sent: object = None) -> Call:
    answer = thread(tool_resources=HERE if resources is None else resources)
    return call("POST /threads", answer, sent={"tool_resources": HELPER if sent is None else sent})


def say(*attachments: object, told: object = None) -> Call:
    sent = {"role": "user", "content": "Hello.", "attachments": list(attachments)}
    answer = message(attachments=list(attachments) if told is None else told)
    return call(f"POST /threads/{THREAD}/messages", answer, sent=sent)


PLAIN = call("POST /threads", thread(), sent={})

GOOD = {
    "no store was named, and a message attaches a file": trace(
        call(
            "POST /threads",
            thread(tool_resources=HERE),
            sent={
                "tool_resources": {"file_search": {"vector_store_ids": []}},
                "messages": [{"role": "user", "content": "x", "attachments": [ATTACHED]}],
            },
        )
    ),
    "a store on the way": trace(
        made_thread(), call(f"GET {IN}", WEEKLY), shelf(entry()), call(GET, thread(tool_resources=HERE))
    ),
    "for an assistant": trace(
        call("POST /assistants", assistant(tool_resources=HERE), sent={"model": "gpt-4o", "tool_resources": HELPER}),
        call(f"GET {IN}", store(1)),
        shelf(entry()),
    ),
    "its policy was changed": trace(
        made_thread(),
        call(
            f"POST {IN}", store(1, expires_after=ANOTHER, expires_at=CREATED + 86_400), sent={"expires_after": ANOTHER}
        ),
        call(f"GET {IN}", store(1, expires_after=ANOTHER, expires_at=CREATED + 86_400)),
    ),
    "its file was taken out": trace(
        made_thread(), take(), shelf(), call(f"GET {IN}", WEEKLY | {"file_counts": counts(), "usage_bytes": 0})
    ),
    "named": trace(
        made_thread(
            BOTH_TOOLS, {"file_search": HERE["file_search"], "code_interpreter": {"file_ids": [FILE, "file-F2"]}}
        ),
        call(GET, thread(tool_resources=BOTH_TOOLS)),
        error(f"POST /threads/{THREAD}", 400, sent={"tool_resources": {}}),
        call(
            f"POST /threads/{THREAD}",
            thread(tool_resources={}),
            sent={"tool_resources": {"file_search": {"vector_store_ids": []}}},
        ),
        call(GET, thread(tool_resources={})),
    ),
    "attached": trace(PLAIN, say(ATTACHED, TO_CODE), call(GET, thread(tool_resources=HERE)), shelf(entry())),
    "attached to code only": trace(PLAIN, say(TO_CODE), call(GET, thread())),
    "attached with the thread": trace(
        call(
            "POST /threads", thread(), sent={"messages": [{"role": "user", "content": "x", "attachments": [ATTACHED]}]}
        ),
        call(GET, thread(tool_resources=HERE)),
        shelf(entry()),
    ),
    "attached, and then set otherwise": trace(
        PLAIN,
        say(ATTACHED),
        call(f"POST /threads/{THREAD}", thread(), sent={"tool_resources": {}}),
        call(GET, thread()),
    ),
    "a stream shows another form": trace(
        call("POST /assistants", assistant(tool_resources=HERE)),
        stream(f"POST /threads/{THREAD}/runs", ("thread.run.created", run(tool_resources={}))),
        call(f"GET /assistants/{ASSISTANT}", assistant(tool_resources=HERE)),
    ),
    "wrong types": trace(
        made_thread({"file_search": []}, {"file_search": {"vector_store_ids": [1]}}),
        call(GET, thread(tool_resources=[])),
        say(3, {"file_id": 1, "tools": 2}, told=[]),
    ),
    "two taken": trace(
        PLAIN,
        call(f"POST /threads/{THREAD}", thread(tool_resources=TWO), sent={"tool_resources": TWO}),
        call(GET, thread(tool_resources=TWO)),
    ),
    "deleted": trace(
        made_thread(HERE, HERE),
        call(f"DELETE {IN}", {"id": STORE, "object": "vector_store.deleted", "deleted": True}),
        call(GET, thread()),
    ),
    "another wrong type": trace(PLAIN, say(ATTACHED, told=3)),
}


BAD: list[tuple[str, str, Trace]] = [
    ("RESOURCE-STORE-01", "", trace(call(GET, thread(tool_resources=TWO)))),
    (
        "RESOURCE-STORE-02",
        "stores of a thread with its run",
        trace(
            call(
                "POST /threads/runs",
                run("queued"),
                sent={"assistant_id": ASSISTANT, "thread": {"tool_resources": HERE}},
            ),
            call(GET, thread(tool_resources={})),
        ),
    ),
    ("RESOURCE-STORE-02", "stores", trace(made_thread({}, HERE))),
    ("RESOURCE-STORE-02", "files", trace(made_thread(HERE, BOTH_TOOLS))),
    ("RESOURCE-HELPER-01", "", trace(made_thread({}))),
    ("RESOURCE-HELPER-02", "list", trace(made_thread(), shelf())),
    (
        "RESOURCE-HELPER-02",
        "counts",
        trace(
            made_thread(),
            call(f"GET {IN}", WEEKLY | store() | {"expires_after": POLICY, "expires_at": WEEKLY["expires_at"]}),
        ),
    ),
    ("RESOURCE-KEEP-01", "", trace(made_thread(HERE, HERE), call(GET, thread()))),
    ("ATTACH-ECHO-01", "", trace(PLAIN, say(TO_CODE, told=[]))),
    ("ATTACH-ECHO-01", "tools", trace(PLAIN, say(TO_CODE, told=[TO_CODE | {"tools": []}]))),
    ("ATTACH-THREAD-01", "", trace(PLAIN, say(ATTACHED), call(GET, thread()))),
    ("ATTACH-THREAD-02", "", trace(PLAIN, say(ATTACHED), call(GET, thread(tool_resources=HERE)), shelf())),
    (
        "LIMIT-VS-04",
        "attached",
        trace(PLAIN, say(ATTACHED), call(GET, thread(tool_resources=HERE)), call(f"GET {IN}", store(1))),
    ),
    ("LIMIT-VS-04", "never", trace(made_thread(), call(f"GET {IN}", store(1)))),
    (
        "LIMIT-VS-04",
        "a day",
        trace(made_thread(), call(f"GET {IN}", store(1, expires_after=ANOTHER, expires_at=CREATED + 86_400))),
    ),
]


OURS = judged_by("attachments") - judged_by("attachments.kept")  # test_message_texts.py


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, OURS
