from typing import Any

from conformance.trace.trace import Trace, Where
from tests.checks.judging import HISTORIES, judged_by
from tests.checks.tables import Tables
from tests.traces import (
    ASSISTANT,
    CREATED,
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    error,
    failed,
    listing,
    message,
    run,
    stream,
    thread,
    trace,
)

judged = HISTORIES.judged

RUNS, MESSAGES = f"/threads/{THREAD}/runs", f"/threads/{THREAD}/messages"
MODIFY, READ = f"POST /assistants/{ASSISTANT}", f"GET /assistants/{ASSISTANT}"
GREETING = "Grüße,\u2028\n 世界 🌍  "
FEE = {"name": "Wetterfee 🌦", "description": "", "instructions": GREETING, "metadata": {"a": "1", "": ""}}
FUNCTION = {"type": "function", "function": {"name": "weather"}}
WHOLE = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": False},
}
SEARCH = {
    "type": "file_search",
    "file_search": {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0}},
}
RESOURCES = {"code_interpreter": {"file_ids": ["file-F1"]}}
ATTACHED = {"file_id": "file-F1", "tools": [{"type": "file_search"}]}
HELLO = {"role": "user", "content": "Hello."}


def text(*values: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"value": value, "annotations": []}} for value in values]


def make(sent: dict[str, Any] = FEE, **shown: Any) -> Call:
    return call("POST /assistants", assistant(**{**sent, **shown}), sent={"model": "gpt-4o", **sent})


WITH_ITS_RUN = call(
    "POST /threads/runs", run("queued"), sent={"assistant_id": ASSISTANT, "thread": {"metadata": {"of": "thread"}}}
)


def start(sent: dict[str, Any] | None = None, **shown: Any) -> Call:
    return call(f"POST {RUNS}", run(**{**(sent or {}), **shown}), sent={"assistant_id": ASSISTANT, **(sent or {})})


SETTINGS = {
    "max_prompt_tokens": 256,
    "truncation_strategy": {"type": "auto"},
    "tool_choice": {"type": "function", "function": {"name": "weather"}},
    "tools": [FUNCTION],
    "parallel_tool_calls": False,
    "metadata": {"of": "run"},
    "instructions": "Speak.",
}
AS_SHOWN = {"truncation_strategy": {"type": "auto", "last_messages": None}, "tools": [WHOLE]}

MADE = call("POST /threads", thread())

MODEL = {"id": "gpt-4o", "object": "model", "created": CREATED, "owned_by": "system"}
LISTED = call("GET /models", {"object": "list", "data": [MODEL]})

GOOD = {
    "a model as it is listed": trace(LISTED, call("GET /models/gpt-4o", MODEL)),
    "an effort of a model that does not reason": trace(make({"reasoning_effort": "low"}, reasoning_effort=None)),
    "a thread whose store is made of what its messages attach, and one that nobody saw asked for": trace(
        call(
            "POST /threads",
            thread(tool_resources={"file_search": {"vector_store_ids": ["vs_1"]}}),
            sent={"messages": [HELLO | {"attachments": [ATTACHED]}]},
        ),
        call("POST /threads", thread(id="thread_T2", metadata={"a": "b"})),
    ),
    "a thread that was modified since it was made with its run": trace(
        WITH_ITS_RUN,
        call(f"POST /threads/{THREAD}", thread(metadata={"a": "b"}), sent={"metadata": {"a": "b"}}),
        call(f"GET /threads/{THREAD}", thread(metadata={"a": "b"})),
    ),
    "a refused message that was in a thread before anybody looked": trace(
        error(f"POST {MESSAGES}", 400, sent=HELLO), call(f"GET {MESSAGES}", listing(message()))
    ),
    "the same message by itself, and with two runs one after the other": trace(
        call(f"POST {MESSAGES}", message(created_at=CREATED + 30), sent=HELLO),
        start({"additional_messages": [HELLO]}),
        start({"additional_messages": [HELLO]}, id="run_R2"),
        call(
            f"GET {MESSAGES}",
            listing(
                message(created_at=CREATED + 30),
                message("completed", created_at=CREATED + 20, run_id="run_R2", id="msg_M2"),
                message(created_at=CREATED + 19, id="msg_U3"),
                message("completed", created_at=CREATED + 10),
                message(created_at=CREATED + 9, id="msg_U2"),
            ),
        ),
    ),
    "a modification whose answer never came": trace(
        make({"instructions": "Listen."}), failed(MODIFY, sent={"instructions": "Speak."}), start(instructions="Speak.")
    ),
    "an assistant as it was sent, read and listed": trace(
        make(), call(READ, assistant(**FEE)), call("GET /assistants", listing(assistant(**FEE)))
    ),
    "somebody else's, listed while it is modified": trace(
        call("GET /assistants", listing(assistant(name="Fee"))), call("GET /assistants", listing(assistant(name="Fay")))
    ),
    "tools with defaults, temperature in another form": trace(
        make(
            {
                "tools": [FUNCTION, {"type": "file_search"}],
                "temperature": 1,
                "top_p": 0.2,
                "response_format": {"type": "text"},
            },
            tools=[WHOLE, SEARCH],
            temperature=1.0,
        )
    ),
    "modified": trace(
        make(),
        call(MODIFY, assistant(**FEE | {"name": "Frosch"}), sent={"name": "Frosch"}),
        call(MODIFY, assistant(**FEE | {"name": None}), sent={"name": None}),
        call(
            MODIFY, assistant(**FEE | {"name": None, "metadata": {"a": "1", "b": "2"}}), sent={"metadata": {"b": "2"}}
        ),
        call(READ, assistant(**FEE | {"name": None, "metadata": {"a": "1", "b": "2"}})),
    ),
    "sampling taken away": trace(
        make({"temperature": 0.5, "top_p": 0.5}),
        call(MODIFY, assistant(temperature=None, top_p=1), sent={"temperature": None, "top_p": None}),
    ),
    "another model": trace(
        make({"temperature": 0.5}),
        call(MODIFY, assistant(temperature=None, model="o3-mini"), sent={"model": "o3-mini"}),
    ),
    "a modification without an answer": trace(
        make(), failed(MODIFY, sent={"name": "Frosch"}), call(READ, assistant(**FEE | {"name": "Frosch"}))
    ),
    "two modifications at once": trace(
        make(),
        call(MODIFY, assistant(**FEE | {"name": "B"}), sent={"name": "B"}, times=(1.0, 3.0)),
        call(MODIFY, assistant(**FEE | {"name": "B", "description": "C"}), sent={"description": "C"}, times=(2.0, 4.0)),
    ),
    "refused": trace(make(), error(MODIFY, 400, sent={"name": 1}), call(READ, assistant(**FEE))),
    "unknown members that change": trace(make(seen=1), call(READ, assistant(**FEE, seen=2))),
    "members that the answer lacks": trace(
        call("POST /threads", {"id": THREAD, "object": "thread"}, sent={"metadata": {"a": "b"}})
    ),
    "messages": trace(
        call(f"POST {MESSAGES}", message(content=text(GREETING)), sent={"role": "user", "content": GREETING}),
        call(
            f"POST {MESSAGES}",
            message(
                id="msg_2",
                content=[
                    *text("One", "Two"),
                    {"type": "image_file", "image_file": {"file_id": "file-1", "detail": "auto"}},
                ],
            ),
            sent={
                "role": "user",
                "content": [
                    {"type": "text", "text": "One"},
                    {"type": "text", "text": "Two"},
                    {"type": "image_file", "image_file": {"file_id": "file-1"}},
                ],
            },
        ),
    ),
    "a run with its own settings": trace(
        make({"instructions": "Listen."}),
        start(SETTINGS, **AS_SHOWN),
        call(MODIFY, assistant(instructions="Be silent."), sent={"instructions": "Be silent."}),
        call(f"GET {RUNS}/{RUN}", run("completed", **SETTINGS | AS_SHOWN)),
    ),
    "a run with the assistant's, and streamed": trace(
        make({"instructions": "Listen.", "tools": [WHOLE]}),
        stream(
            f"POST {RUNS}",
            ("thread.run.created", run(instructions="Listen.", tools=[WHOLE])),
            sent={"assistant_id": ASSISTANT},
        ),
    ),
    "additional instructions": trace(
        make({"instructions": "Listen."}),
        start({"additional_instructions": "Then speak."}, instructions="Listen.\n\nThen speak."),
    ),
    "an assistant that changes while the run is created": trace(
        make({"instructions": "Listen."}),
        call(MODIFY, assistant(instructions="Hear."), sent={"instructions": "Hear."}, times=(1.0, 3.0)),
        call(f"POST {RUNS}", run(instructions="Listen."), sent={"assistant_id": ASSISTANT}, times=(2.0, 4.0)),
    ),
    "only a model": trace(call("POST /assistants", assistant(), sent={"model": "gpt-4o"})),
    "a thread with messages, and more of them": trace(
        call("POST /threads", thread(), sent={"messages": [HELLO, HELLO | {"content": "Again."}]}),
        start({"additional_messages": [HELLO | {"content": "Also."}]}),
        error(f"POST {MESSAGES}", 400, sent=HELLO | {"content": "Now?"}),
        error(f"POST {MESSAGES}", 400, sent=HELLO),
        call(
            f"GET {MESSAGES}?order=asc",
            listing(
                message(),
                message(id="msg_2", content=text("Again.")),
                message(id="msg_3", content=text("Also.")),
                message("completed", id="msg_4"),
            ),
        ),
    ),
    "a message that was refused and then taken": trace(
        MADE,
        error(f"POST {MESSAGES}", 400, sent=HELLO),
        call(f"POST {MESSAGES}", message(), sent=HELLO),
        call(f"GET {MESSAGES}", listing(message())),
    ),
    "a thread whose messages were deleted": trace(
        call("POST /threads", thread(), sent={"messages": [HELLO]}),
        error(f"DELETE {MESSAGES}/msg_U1", 500),
        call(f"GET {MESSAGES}", listing()),
    ),
    "the first page of many": trace(
        call("POST /threads", thread(), sent={"messages": [HELLO, HELLO]}),
        call(f"GET {MESSAGES}?limit=1", listing(message(), has_more=True)),
    ),
}


def said(sent: Any, shown: Any) -> Trace:
    return trace(call(f"POST {MESSAGES}", message(content=shown), sent={"role": "user", "content": sent}))


LEFT_OUT = ("name", "description", "tools")
BAD: list[tuple[str, str, Trace]] = [
    ("IDENTITY-ECHO-01", "trimmed", trace(make(instructions=GREETING.strip()))),
    ("IDENTITY-ECHO-01", "normalised", trace(make(name="Wetterfee"))),
    ("IDENTITY-ECHO-01", "lost, and later too", trace(make(name=None), call(READ, assistant(**FEE)))),
    ("IDENTITY-ECHO-01", "modified", trace(make(), call(MODIFY, assistant(**FEE), sent={"name": "Frosch"}))),
    ("IDENTITY-ECHO-02", "", trace(make({"temperature": 0.5}, temperature=1.0))),
    ("IDENTITY-ECHO-02", "an effort", trace(make({"reasoning_effort": "low"}, reasoning_effort="medium"))),
    (
        "IDENTITY-READ-01",
        "an effort",
        trace(make(FEE | {"reasoning_effort": "low"}), call(READ, assistant(reasoning_effort=None))),
    ),
    ("IDENTITY-ECHO-04", "a thread's with its run", trace(WITH_ITS_RUN, call(f"GET /threads/{THREAD}", thread()))),
    ("IDENTITY-ECHO-02", "a boolean", trace(make({"temperature": 1}, temperature=True))),
    ("IDENTITY-ECHO-03", "fewer", trace(make({"tools": [FUNCTION, FUNCTION]}, tools=[WHOLE]))),
    (
        "IDENTITY-ECHO-03",
        "in another order",
        trace(make({"tools": [FUNCTION, {"type": "file_search"}]}, tools=[SEARCH, WHOLE])),
    ),
    ("IDENTITY-ECHO-04", "more", trace(make(metadata=FEE["metadata"] | {"b": "2"}))),
    ("IDENTITY-ECHO-04", "lost", trace(call("POST /threads", thread(), sent={"metadata": {"a": "b"}}))),
    ("IDENTITY-ECHO-04", "a run's", trace(start({"metadata": {"a": "b"}}, metadata={"a": "B"}))),
    ("IDENTITY-ECHO-05", "text", said(GREETING, text(GREETING.strip()))),
    (
        "IDENTITY-ECHO-05",
        "one part of two",
        said([{"type": "text", "text": "A"}, {"type": "text", "text": "B"}], text("A")),
    ),
    (
        "IDENTITY-ECHO-05",
        "role",
        trace(call(f"POST {MESSAGES}", message(), sent={"role": "assistant", "content": "Hello."})),
    ),
    ("IDENTITY-ECHO-06", "", trace(start({"max_completion_tokens": 300}, max_completion_tokens=None))),
    ("IDENTITY-ECHO-06", "instructions", trace(start({"instructions": "Speak."}, instructions="Listen."))),
    ("IDENTITY-ECHO-07", "", trace(call("POST /assistants", assistant(), sent={"model": "gpt-4o-mini", "name": None}))),
    ("IDENTITY-CLEAR-01", "name", trace(make(), call(MODIFY, assistant(**FEE), sent={"name": None}))),
    (
        "IDENTITY-CLEAR-01",
        "temperature",
        trace(make({"temperature": 0.5}), call(MODIFY, assistant(temperature=0.5), sent={"temperature": None})),
    ),
    (
        "IDENTITY-MODIFY-01",
        "",
        trace(make(), call(MODIFY, assistant(**FEE | {"name": "B", "description": "x"}), sent={"name": "B"})),
    ),
    (
        "IDENTITY-MODIFY-01",
        "metadata",
        trace(make(), call(MODIFY, assistant(**FEE | {"name": "B", "metadata": {}}), sent={"name": "B"})),
    ),
    ("IDENTITY-READ-01", "", trace(make(), call(READ, assistant(**FEE | {"name": "B"})))),
    (
        "IDENTITY-READ-01",
        "listed",
        trace(make(), call("GET /assistants", listing(assistant(**FEE | {"metadata": {}})))),
    ),
    (
        "IDENTITY-READ-01",
        "a run's metadata",
        trace(start(), call(f"GET {RUNS}/{RUN}", run("in_progress", metadata={"a": "b"}))),
    ),
    (
        "IDENTITY-READ-01",
        "of an ended run",
        trace(
            call(f"GET {RUNS}/{RUN}", run("completed")),
            call(f"GET {RUNS}/{RUN}", run("completed", metadata={"a": "b"})),
        ),
    ),
    (
        "IDENTITY-REFUSED-01",
        "",
        trace(make(), error(MODIFY, 400, sent={"name": "B", "x": 1}), call(READ, assistant(**FEE | {"name": "B"}))),
    ),
    (
        "IDENTITY-REFUSED-02",
        "",
        trace(MADE, error(f"POST {MESSAGES}", 400, sent=HELLO), call(f"GET {MESSAGES}", listing(message()))),
    ),
    (
        "IDENTITY-REFUSED-02",
        "behind one that cannot be told apart",
        trace(
            MADE,
            error(f"POST {MESSAGES}", 400, sent={"role": "user", "content": []}),
            error(f"POST {MESSAGES}", 400, sent=HELLO),
            call(f"GET {MESSAGES}", listing(message())),
        ),
    ),
    ("IDENTITY-RUN-01", "", trace(make({"instructions": "Listen."}), start(instructions="Speak."))),
    ("IDENTITY-RUN-01", "tools", trace(make({"tools": [WHOLE]}), start())),
    (
        "IDENTITY-RUN-02",
        "",
        trace(
            make({"instructions": "Listen."}),
            start(instructions="Listen."),
            call(MODIFY, assistant(instructions="Speak."), sent={"instructions": "Speak."}),
            call(f"GET {RUNS}/{RUN}", run("in_progress", instructions="Speak.")),
        ),
    ),
    (
        "LIMIT-APPEND-01",
        "replaced",
        trace(make({"instructions": "Listen."}), start({"additional_instructions": "Speak."}, instructions="Speak.")),
    ),
    (
        "LIMIT-RUN-14",
        "left out",
        trace(make({"instructions": "Listen."}), start({"additional_instructions": "Speak."}, instructions="Listen.")),
    ),
    *(
        ("IDENTITY-DEFAULT-01", name, trace(one))
        for name, one in {
            "metadata": call("POST /threads", thread(metadata={"a": "b"}), sent={"messages": [HELLO]}),
            "resources": call("POST /threads", thread(tool_resources=RESOURCES), sent={}),
            "null": call("POST /threads", thread(metadata={"a": "b"}), sent={"metadata": None}),
            "metadata of a message": call(f"POST {MESSAGES}", message(metadata={"a": "b"}), sent=HELLO),
            "attachments": call(f"POST {MESSAGES}", message(attachments=[ATTACHED]), sent=HELLO),
        }.items()
    ),
    (
        "IDENTITY-DEFAULT-01",
        "a thread with its run",
        trace(
            call("POST /threads/runs", run(), sent={"assistant_id": ASSISTANT, "thread": {"messages": [HELLO]}}),
            call(f"GET /threads/{THREAD}", thread(metadata={"a": "b"})),
        ),
    ),
    ("IDENTITY-MODEL-01", "another", trace(call("GET /models/gpt-4o", MODEL | {"id": "gpt-4"}))),
    ("IDENTITY-MODEL-01", "owner", trace(LISTED, call("GET /models/gpt-4o", MODEL | {"owned_by": "me"}))),
    ("IDENTITY-MODEL-01", "time", trace(LISTED, call("GET /models/gpt-4o", MODEL | {"created": CREATED + 1}))),
    ("LIMIT-ASST-09", "resources", trace(make(tool_resources=RESOURCES))),
    (
        "LIMIT-ASST-09",
        "where others are left out",
        trace(
            call("POST /assistants", assistant(name="A"), sent={"model": "gpt-4o", "name": "A"}),
            call(
                "POST /assistants",
                {k: v for k, v in assistant(id="asst_A2", response_format="text").items() if k not in LEFT_OUT},
                sent={"model": "gpt-4o"},
            ),
        ),
    ),
    *(
        ("LIMIT-ASST-09", name, trace(call("POST /assistants", assistant(**{name: value}), sent={"model": "gpt-4o"})))
        for name, value in {
            "name": "Fee",
            "tools": [FUNCTION],
            "temperature": 0.7,
            "response_format": {"type": "text"},
            "metadata": {"a": "1"},
        }.items()
    ),
    (
        "IDENTITY-THREAD-01",
        "",
        trace(
            call("POST /threads", thread(), sent={"messages": [HELLO, HELLO]}),
            call(f"GET {MESSAGES}", listing(message())),
        ),
    ),
    (
        "IDENTITY-THREAD-01",
        "with a run",
        trace(
            call("POST /threads/runs", run(), sent={"assistant_id": ASSISTANT, "thread": {"messages": [HELLO]}}),
            call(f"GET {MESSAGES}", listing()),
        ),
    ),
    (
        "IDENTITY-THREAD-01",
        "though the same was sent by itself",
        trace(
            call("POST /threads", thread(), sent={"messages": [HELLO]}),
            call(f"POST {MESSAGES}", message(), sent=HELLO),
            call(f"GET {MESSAGES}", listing(message())),
        ),
    ),
    ("LIMIT-RUN-13", "lost", trace(start({"additional_messages": [HELLO]}), call(f"GET {MESSAGES}", listing()))),
    (
        "LIMIT-RUN-13",
        "behind the run's own",
        trace(
            start({"additional_messages": [HELLO]}),
            call(f"GET {MESSAGES}", listing(message(created_at=CREATED + 9), message("completed"))),
        ),
    ),
]


CHECKS = (
    *("identity.echo", "identity.cleared", "identity.stays", "identity.inherited", "identity.messages"),
    *("identity.unsent", "identity.models", "limits.assistant_defaults"),
)
OURS = judged_by(*CHECKS) - {"IDENTITY-ORDER-01", "ATTACH-ECHO-01"}  # test_unasked.py


def test_a_finding_tells_what_was_sent_and_what_is_shown() -> None:
    (finding,) = judged(trace(make({"name": "Fee"}, name="Ghost"))).findings
    assert (finding.where, finding.expected, finding.actual) == (
        Where(1, pointer="/name"),
        'name as sent: "Fee"',
        'name "Ghost"',
    )


class TestTables(Tables):
    checks, good, bad, judges = HISTORIES, GOOD, BAD, OURS
