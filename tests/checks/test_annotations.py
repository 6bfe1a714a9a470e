from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import FILE, MADE, OTHER, STORE, TEXT, add, upload
from tests.checks.tables import Tables
from tests.traces import Call, assistant, call, message, run, stream, thread, trace

IN = "/threads/thread_T1"
VALUE = "Bäume 🌳 stehen dort【4:0†pears.txt】."
MARK = "【4:0†pears.txt】"
AT = VALUE.index(MARK)
SEARCHING, CODE = {"type": "file_search"}, {"type": "code_interpreter"}
RESOURCES = {"file_search": {"vector_store_ids": [STORE]}}


def cite(**changes: object) -> dict[str, object]:
    whole = {
        "type": "file_citation",
        "text": MARK,
        "start_index": AT,
        "end_index": AT + len(MARK),
        "file_citation": {"file_id": FILE},
    }
    return whole | changes


def path(**changes: object) -> dict[str, object]:
    return cite(type="file_path", file_path={"file_id": "file-OUT"}, **changes)


def written(*annotations: object, value: str = VALUE, **changes: object) -> dict[str, object]:
    content = [{"type": "text", "text": {"value": value, "annotations": list(annotations)}}]
    whole: dict[str, object] = message("completed", content=content, **changes)
    return whole


def said(*annotations: object, **changes: object) -> Call:
    return call(f"GET {IN}/messages/msg_M1", written(*annotations, **changes))


def begun(*tools: object) -> tuple[Call, ...]:
    return (
        upload(),
        MADE,
        add(),
        call("POST /assistants", assistant(tools=list(tools), tool_resources=RESOURCES)),
        call("POST /threads", thread()),
        call(f"POST {IN}/runs", run(tools=list(tools))),
    )


ASKED = call(f"POST {IN}/messages", message(), sent={"role": "user", "content": "Hello."})
GOOD = {
    "a citation": trace(*begun(SEARCHING), ASKED, said(cite())),
    "a quote": trace(*begun(SEARCHING), said(cite(file_citation={"file_id": FILE, "quote": TEXT[4:12]}))),
    "a file": trace(*begun(CODE), said(path())),
    "in a stream, counted otherwise": trace(
        *begun(SEARCHING),
        stream(f"POST {IN}/runs", ("thread.message.completed", written(cite(start_index=AT + 1, end_index=AT + 3)))),
    ),
    "attached": trace(
        *begun(SEARCHING),
        call(
            f"POST {IN}/messages",
            message(attachments=[{"file_id": "file-F2", "tools": [SEARCHING]}]),
            sent={"role": "user", "content": "Hello.", "attachments": [{"file_id": "file-F2", "tools": [SEARCHING]}]},
        ),
        said(cite(file_citation={"file_id": "file-F2"})),
    ),
    "a thread that was never shown": trace(call(f"GET {IN}/messages/msg_M1", written(cite()))),
    "wrong types": trace(
        *begun(SEARCHING), said(3, {}, cite(start_index="1", file_citation=[]), cite(type=[]), cite(text=None))
    ),
    "of a type to come": trace(*begun(), said(cite(type="url_citation"))),
}


BAD: list[tuple[str, str, Trace]] = [
    ("ANNOTATION-PLACE-01", "backwards", trace(*begun(SEARCHING), said(cite(start_index=9, end_index=3)))),
    ("ANNOTATION-PLACE-01", "outside", trace(*begun(SEARCHING), said(cite(end_index=999)))),
    ("ANNOTATION-PLACE-01", "huge", trace(*begun(SEARCHING), said(cite(start_index=-(10**400), end_index=10**400)))),
    # Twice as many for the tree: units of UTF-16.
    ("ANNOTATION-TEXT-01", "", trace(*begun(SEARCHING), said(cite(start_index=AT + 1, end_index=AT + 1 + len(MARK))))),
    (
        "ANNOTATION-FILE-01",
        "",
        trace(
            *begun(SEARCHING), add(store_id=OTHER, file_id="file-F2"), said(cite(file_citation={"file_id": "file-F2"}))
        ),
    ),
    ("ANNOTATION-TOOL-01", "citation", trace(*begun(CODE), said(cite()))),
    ("ANNOTATION-TOOL-01", "path", trace(*begun(SEARCHING), said(path()))),
    (
        "ANNOTATION-QUOTE-01",
        "",
        trace(*begun(SEARCHING), said(cite(file_citation={"file_id": FILE, "quote": "An apple."}))),
    ),
    (
        "ANNOTATION-USER-01",
        "",
        trace(call(f"POST {IN}/messages", written(cite(), run_id=None, assistant_id=None, role="user"))),
    ),
]


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, judged_by("annotations")
