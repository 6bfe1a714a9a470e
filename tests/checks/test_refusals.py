"""Refusals: what they name, which bodies they are for, and that nothing comes of what was refused."""

from datetime import UTC, datetime
from typing import Any

from conformance.trace.trace import Trace
from tests.checks.judging import Checks, judged_by
from tests.checks.tables import Tables
from tests.traces import THREAD, Call, assistant, call, error, listing, trace

CREATE, RUNS = "POST /assistants", f"POST /threads/{THREAD}/runs"
MARK = {"refused": "name 1"}
PLAIN = (("authorization", "Bearer key"), ("content-type", "text/plain"), ("openai-beta", "assistants=v2"))
AS_JSON = (("authorization", "Bearer key"), ("content-type", "application/json"))
CHECKS = ("errors.naming", "errors.bodies", "identity.nothing_made")
BROKEN = b'{"model": '


judged = Checks(*CHECKS).judged


def refused(code: str | None, param: str | None, **sent: Any) -> Call:
    return error(CREATE, 400, code=code, param=param, sent={"model": "gpt-4o", **sent})


def unread(body: bytes, status: int) -> Call:
    return error(CREATE, status, sent=body, request_headers=AS_JSON)


LONG = "x" * 257
OVERLAPPING = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 2049}
TOOL = {"type": "function", "function": {"name": "a b"}}
FIRST = call(CREATE, assistant(), sent={"model": "gpt-4o"})
NO_ASSISTANT = refused("string_above_max_length", "name", name=LONG, metadata=MARK)
LIKE_IT = assistant(id="asst_B", metadata=MARK)

GOOD = {
    "named": trace(refused("string_above_max_length", "name", name=LONG)),
    "named in full": trace(refused("invalid_value", "tools[0].function.name", tools=[TOOL])),
    "named on the way": trace(refused("invalid_value", "tools", tools=[TOOL])),
    "a key of metadata": trace(refused("property_name_above_max_length", "metadata", metadata={"k" * 65: ""})),
    "a query parameter": trace(
        error("GET /assistants?limit=101", 400, param="limit", code="integer_above_max_value"),
        error(f"GET /threads/{THREAD}/runs/run_R1/steps?include[]=x", 400, param="include[]", code="invalid_value"),
    ),
    "chunks that are too large and overlap, either of which may be told": trace(
        error(
            "POST /vector_stores",
            400,
            param="chunking_strategy.static",
            code="invalid_value",
            sent={"chunking_strategy": {"type": "static", "static": OVERLAPPING}},
        )
    ),
    "a very large body, of which not every mistake is known": trace(
        error(
            "POST /vector_stores",
            400,
            param="file_ids",
            code="array_above_max_length",
            sent={"file_ids": ["file-1"] * 501, "chunking_strategy": {"type": "static", "static": OVERLAPPING}},
        )
    ),
    "two mistakes, either of which may be told": trace(refused("invalid_type", "name", name=LONG, temperature=3)),
    "what lacks a parameter names it": trace(
        error(CREATE, 400, code="missing_required_parameter", param="model", sent={})
    ),
    "no body at all": trace(error(CREATE, 400, code="missing_required_parameter")),
    "an unknown parameter, which need not be refused": trace(refused("invalid_thread", None, colour="blue")),
    "broken JSON": trace(unread(BROKEN, 400)),
    "broken JSON and no key": trace(unread(BROKEN, 401)),
    "another label": trace(error(CREATE, 415, sent={"model": "x"}, request_headers=PLAIN)),
    "a charset": trace(
        call(
            CREATE,
            assistant(),
            sent={"model": "gpt-4o"},
            request_headers=(("content-type", "application/json; charset=utf-8"),),
        )
    ),
    "assistants of others": trace(
        FIRST,
        NO_ASSISTANT,
        call("GET /assistants", listing(assistant(id="asst_B"), assistant(id="asst_C", metadata={"a": "b"}))),
    ),
    "one from before": trace(FIRST, NO_ASSISTANT, call("GET /assistants", listing(LIKE_IT | {"created_at": 1}))),
    "one that was created too": trace(
        FIRST,
        NO_ASSISTANT,
        call(CREATE, LIKE_IT, sent={"model": "gpt-4o", "metadata": MARK}),
        call("GET /assistants", listing(LIKE_IT)),
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    ("ERROR-PARAM-01", "none", trace(refused("string_above_max_length", None, name=LONG))),
    ("ERROR-PARAM-01", "another", trace(refused("string_above_max_length", "description", name=LONG))),
    ("ERROR-PARAM-01", "another tool", trace(refused("invalid_value", "tools[1].function", tools=[TOOL]))),
    ("ERROR-PARAM-01", "missing", trace(error(CREATE, 400, code="missing_required_parameter", sent={}))),
    ("ERROR-CODE-01", "none", trace(refused(None, "name", name=LONG))),
    ("ERROR-CODE-01", "another", trace(refused("invalid_type", "name", name=LONG))),
    ("ERROR-JSON-01", "", trace(call(CREATE, assistant(), sent=BROKEN, request_headers=AS_JSON))),
    ("ERROR-JSON-02", "", trace(unread(BROKEN, 422))),
    ("ERROR-MEDIA-02", "", trace(call(CREATE, assistant(), sent={"model": "x"}, request_headers=PLAIN))),
    ("IDENTITY-REFUSED-03", "an assistant", trace(FIRST, NO_ASSISTANT, call("GET /assistants", listing(LIKE_IT)))),
]


def test_what_was_taken_in_its_time_is_no_mistake() -> None:
    """max_completion_tokens 16 was taken, the thread was not (alexrudall/ruby-openai runs_create.yml, 2024-04-29)."""
    sent = {"assistant_id": "asst_A1", "max_completion_tokens": 16}
    then = error(RUNS, 400, code="invalid_thread", sent=sent, date=datetime(2024, 4, 29, tzinfo=UTC))
    assert judged(trace(then)).subjects == 0


def test_a_finding_tells_the_way_to_the_mistake() -> None:
    (finding,) = judged(trace(refused("invalid_value", None, tools=[TOOL]))).findings
    assert (finding.expected, finding.actual) == (
        'param "tools[0].function.name", which is wrong in the request',
        "param null",
    )


class TestTables(Tables):
    checks, good, bad, judges = Checks(*CHECKS), GOOD, BAD, judged_by(*CHECKS)
