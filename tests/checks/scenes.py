"""Small pieces of traffic that are in order, one for each kind of object: made, read, listed, changed, read again."""

from collections.abc import Iterator
from typing import Any

from tests.checks.judging import ALL
from tests.checks.shelf import BATCH, FILE, IN, batch, entry, file, result, results, store
from tests.traces import (
    ASSISTANT,
    CREATED,
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    listing,
    message,
    run,
    step,
    stream,
    thread,
    tool_call,
    trace,
)

Json = Any

FUNCTION = {"type": "function", "function": {"name": "weather"}}
TOOLS = [{"type": "code_interpreter"}, {"type": "file_search"}, FUNCTION]
SHOWN = [
    {"type": "code_interpreter"},
    {
        "type": "file_search",
        "file_search": {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0}},
    },
    {"type": "function", "function": {"name": "weather", "strict": False}},
]
CITED = {"type": "file_citation", "text": "Hello", "start_index": 0, "end_index": 5, "file_citation": {"file_id": FILE}}
ANSWER = [{"type": "text", "text": {"value": "Hello.", "annotations": [CITED]}}]
USES = [
    {"id": "call_C2", "type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": []}},
    {"id": "call_C3", "type": "file_search", "file_search": {"results": []}},
]
RUNS, MESSAGES = f"/threads/{THREAD}/runs", f"/threads/{THREAD}/messages"
HELLO = {"role": "user", "content": "Hello."}
BY_RUN = {"run_id": RUN, "assistant_id": ASSISTANT, "role": "assistant", "id": "msg_M1"}

# What is read, and read again: (label, answer, what was sent), or (label, events, what was sent) for a stream.
Answer = tuple[str, Json, Json]
SCENES: dict[str, list[Answer]] = {
    "assistant": [
        ("POST /assistants", assistant(tools=SHOWN), {"model": "gpt-4o", "tools": TOOLS}),
        (f"GET /assistants/{ASSISTANT}", assistant(tools=SHOWN), None),
        ("GET /assistants", listing(assistant(tools=SHOWN)), None),
        (f"POST /assistants/{ASSISTANT}", assistant(tools=SHOWN, metadata={"a": "1"}), {"metadata": {"a": "1"}}),
        (f"GET /assistants/{ASSISTANT}", assistant(tools=SHOWN, metadata={"a": "1"}), None),
        (f"POST {RUNS}", run(tools=SHOWN), {"assistant_id": ASSISTANT}),
    ],
    "thread": [
        ("POST /threads", thread(), {}),
        (f"GET /threads/{THREAD}", thread(), None),
        (f"POST /threads/{THREAD}", thread(metadata={"a": "1"}), {"metadata": {"a": "1"}}),
        (f"GET /threads/{THREAD}", thread(metadata={"a": "1"}), None),
    ],
    "thread.message": [
        (f"POST {MESSAGES}", message(), HELLO),
        (f"GET {MESSAGES}/msg_U1", message(), None),
        (f"POST {MESSAGES}/msg_U1", message(metadata={"a": "1"}), {"metadata": {"a": "1"}}),
        (f"GET {MESSAGES}", listing(message(metadata={"a": "1"})), None),
    ],
    "thread.message of a run": [
        (
            f"POST {RUNS}",
            [
                ("thread.run.created", run(tools=SHOWN)),
                ("thread.run.queued", run(tools=SHOWN)),
                ("thread.run.in_progress", run("in_progress", tools=SHOWN)),
                ("thread.run.step.created", step("in_progress")),
                ("thread.run.step.in_progress", step("in_progress")),
                ("thread.message.created", message("in_progress")),
                ("thread.message.in_progress", message("in_progress")),
                (
                    "thread.message.delta",
                    delta := {
                        "id": "msg_M1",
                        "object": "thread.message.delta",
                        "delta": {
                            "content": [
                                {
                                    "index": 0,
                                    "type": "text",
                                    "text": {"value": "Hello.", "annotations": [{"index": 0, **CITED}]},
                                }
                            ]
                        },
                    },
                ),
                ("thread.message.completed", message("completed", content=ANSWER)),
                ("thread.run.step.completed", step()),
                ("thread.run.completed", run("completed", tools=SHOWN)),
            ],
            {"assistant_id": ASSISTANT, "stream": True},
        ),
        (f"GET {MESSAGES}/msg_M1", message(content=ANSWER, **BY_RUN), None),
        (f"GET {MESSAGES}", listing(message(content=ANSWER, **BY_RUN)), None),
        (f"GET {RUNS}/{RUN}", run("completed", tools=SHOWN), None),
        (f"GET {RUNS}/{RUN}/steps/step_S1", step(), None),
        (f"GET {RUNS}/{RUN}/steps", listing(step()), None),
    ],
    "thread.run": [
        (f"POST {RUNS}", run(tools=SHOWN), {"assistant_id": ASSISTANT, "tools": TOOLS}),
        (f"GET {RUNS}/{RUN}", run("in_progress", tools=SHOWN), None),
        (f"GET {RUNS}/{RUN}", run("requires_action", tools=SHOWN), None),
        (f"GET {RUNS}/{RUN}", run("requires_action", tools=SHOWN), None),
        (f"GET {RUNS}", listing(run("requires_action", tools=SHOWN)), None),
        (f"POST {RUNS}/{RUN}/cancel", run("cancelled", tools=SHOWN), None),
        (f"GET {RUNS}/{RUN}", run("cancelled", tools=SHOWN), None),
        (f"GET {RUNS}", listing(run("cancelled", tools=SHOWN)), None),
    ],
    "thread.run.step": [
        (f"GET {RUNS}/{RUN}/steps/step_S1", step("in_progress", *USES, tool_call(output=None)), None),
        (f"GET {RUNS}/{RUN}/steps", listing(step("in_progress", *USES, tool_call(output=None))), None),
        (f"GET {RUNS}/{RUN}/steps/step_S1", step("completed", *USES, tool_call(output="sunny")), None),
        (f"GET {RUNS}/{RUN}/steps", listing(step("completed", *USES, tool_call(output="sunny"))), None),
        (f"GET {RUNS}/{RUN}/steps/step_S1", step("completed", *USES, tool_call(output="sunny")), None),
    ],
    "vector_store": [
        ("POST /vector_stores", store(), {}),
        (f"GET {IN}", store(), None),
        ("GET /vector_stores", listing(store()), None),
        (f"POST {IN}", store(name="Pears"), {"name": "Pears"}),
        (f"GET {IN}", store(name="Pears"), None),
    ],
    "vector_store.file": [
        ("POST /vector_stores", store(), {}),
        (f"POST {IN}/files", entry("in_progress"), {"file_id": FILE}),
        (f"GET {IN}/files/{FILE}", entry(), None),
        (f"GET {IN}/files", listing(entry()), None),
        (f"GET {IN}/files/{FILE}", entry(), None),
    ],
    "vector_store.file_batch": [
        ("POST /vector_stores", store(), {}),
        (f"POST {IN}/file_batches", batch("in_progress"), {"file_ids": [FILE]}),
        (f"GET {IN}/file_batches/{BATCH}", batch(), None),
        (f"GET {IN}/file_batches/{BATCH}/files", listing(entry()), None),
    ],
    "file": [
        (f"GET /files/{FILE}", file(), None),
        ("GET /files", listing(file()), None),
        (f"GET /files/{FILE}", file(), None),
    ],
    "vector_store.search_results.page": [
        (f"POST {IN}/search", results(result()), {"query": "pear"}),
        (f"POST {IN}/search", results(result()), {"query": "pear"}),
    ],
    "model": [
        ("GET /models", listing({"id": "gpt-4o", "object": "model", "created": CREATED, "owned_by": "openai"}), None),
        ("GET /models/gpt-4o", {"id": "gpt-4o", "object": "model", "created": CREATED, "owned_by": "openai"}, None),
    ],
}


def calls(answers: list[Answer]) -> list[Call]:
    return [
        stream(label, *answer, sent=sent) if isinstance(answer, list) else call(label, answer, sent=sent)
        for label, answer, sent in answers
    ]


def objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects with a constant in what a scene answers, in order."""
    if isinstance(value, dict):
        if value.get("object") not in (None, "list"):
            yield value
        else:
            yield from objects(list(value.values()))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from objects(inner)


def findings(answers: list[Answer]) -> list[str]:
    judgement = ALL.judged(trace(*calls(answers)))
    return [
        f"{found.requirement} {found.where.pointer}: {found.expected}, {found.actual}" for found in judgement.findings
    ]
