"""Reports as runs make them, small enough to read."""

import json
from dataclasses import replace
from typing import Any

from conformance.evidence.curl import curl
from conformance.evidence.excerpt import excerpt
from conformance.report.model import (
    Cause,
    CauseExample,
    EvidenceLine,
    Exhibit,
    Header,
    Report,
    Result,
    ScenarioLine,
    Skipped,
    SourceLine,
    WireLine,
)
from conformance.report.verdict import Verdict
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Trace, Where

URL = "http://localhost:8000/v1"
RUN: dict[str, Any] = {
    "id": "run_abc123",
    "object": "thread.run",
    "created_at": 1710000000,
    "assistant_id": "asst_abc123",
    "thread_id": "thread_abc123",
    "status": "queued",
    "started_at": None,
    "expires_at": 1710000600,
    "model": "gpt-4o",
    "instructions": "You are a helpful assistant.",
    "tools": [{"type": "code_interpreter"}],
    "metadata": {},
}
SENT = Headers(
    (
        ("Authorization", "Bearer sk-proj-never-to-be-seen"),
        ("OpenAI-Beta", "assistants=v2"),
        ("Content-Type", "application/json"),
    )
)
JSON = Headers((("Content-Type", "application/json"),))


def json_exchange(
    number: int, method: str, path: str, answer: object, body: object = None, status: int = 200
) -> Exchange:
    request = Request(method, URL + path, SENT, json.dumps(body).encode() if body is not None else b"")
    return Exchange(number, request, Response(status, JSON, json.dumps(answer).encode()))


def stream_exchange(number: int, path: str, frames: list[tuple[str, object]], body: object) -> Exchange:
    wire, arrivals = b"", []
    for index, (name, data) in enumerate(frames):
        wire += f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
        arrivals.append((0.113 + 0.05 * index, len(wire)))
    return Exchange(
        number,
        Request("POST", URL + path, SENT, json.dumps(body).encode()),
        Response(200, Headers((("Content-Type", "text/event-stream; charset=utf-8"),)), wire, tuple(arrivals)),
    )


def runs_trace() -> Trace:
    """A run that is streamed, and says `queued` when it is completed; then it is polled with a wrong expiry."""
    step = {"id": "step_abc123", "object": "thread.run.step", "type": "message_creation", "status": "in_progress"}
    delta = {"id": "msg_abc123", "object": "thread.message.delta", "delta": {"content": [{"index": 0, "type": "text"}]}}
    frames: list[tuple[str, object]] = [
        ("thread.run.created", RUN),
        ("thread.run.queued", RUN),
        ("thread.run.in_progress", RUN | {"status": "in_progress"}),
        ("thread.run.step.created", step),
        ("thread.message.delta", delta),
        ("thread.run.completed", RUN),
        ("done", "[DONE]"),
    ]
    return Trace(
        "runs.stream",
        (
            json_exchange(1, "POST", "/threads", {"id": "thread_abc123", "object": "thread"}, {}),
            stream_exchange(2, "/threads/thread_abc123/runs", frames, {"assistant_id": "asst_abc123", "stream": True}),
            json_exchange(3, "GET", "/threads/thread_abc123/runs/run_abc123", RUN | {"status": "done"}),
        ),
    )


def exhibit(trace: Trace, where: Where, expected: str, actual: str, **more: Any) -> Exhibit:
    return Exhibit(
        source=trace.source,
        exchange=where.exchange,
        event=where.event,
        pointer=where.pointer,
        expected=expected,
        actual=actual,
        wire=tuple(WireLine(line.text, line.marked) for line in excerpt(trace, where)),
        curl=curl(trace.exchange(where.exchange), URL),
        rerun=f"assistants-conformance run {URL} --only {trace.source}",
        **more,
    )


def result(requirement: str, verdict: Verdict, rule: str = "A rule.", **more: Any) -> Result:
    area = {"RUN": "runs", "STREAM": "streams", "MSG": "messages", "VS": "vector_stores"}[requirement.split("-")[0]]
    given = {
        "level": "MUST",
        "evidence": (EvidenceLine("recorded", "alexrudall/ruby-openai runs_create.yml (2023-11)"),),
        "examined": 0 if verdict in (Verdict.NOT_EXERCISED, Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE) else 4,
    } | more
    return Result(requirement=requirement, area=area, rule=rule, verdict=verdict, **given)


HEADER = Header(
    version="0.1.0",
    mode="live",
    target=URL,
    started="2025-01-02T03:04:05+00:00",
    seconds=12.345,
    exchanges=412,
    accepted=371,
    streams=38,
    subjects=9321,
    command=f"assistants-conformance run {URL}",
)


def conformant() -> Report:
    return Report(
        replace(HEADER, mode="replay", target="cassettes reference", seconds=1.2),
        (
            result("RUN-STATE-01", Verdict.PASS, "A run never leaves a terminal status."),
            result("RUN-STATE-02", Verdict.PASS, "A run moves only along the documented transitions."),
            result("STREAM-DONE-01", Verdict.PASS, "A stream ends with exactly one done event."),
            result(
                "STREAM-TIME-01",
                Verdict.NOT_EXERCISED,
                "Events arrive as they happen, not in one piece at the end.",
                reason="only real arrival or overlap times can show it: run against a live endpoint",
            ),
        ),
        (ScenarioLine("runs.stream", "completed", None, 3, 1, 0.2),),
    )


def broken() -> Report:
    """One finding in a stream, one in a JSON body, and one of every other verdict."""
    trace = runs_trace()
    streamed = exhibit(
        trace,
        Where(2, 6, "/status"),
        'status "completed" in a thread.run.completed event',
        'status "queued"',
        seen=2,
        repeats=3,
    )
    polled = exhibit(
        trace,
        Where(3, None, "/status"),
        "one of queued, in_progress, requires_action, cancelling, cancelled, failed, completed, incomplete, expired",
        '"done"',
    )
    documented = EvidenceLine("documented", "Assistants deep dive, run lifecycle diagram")
    recorded = EvidenceLine("recorded", "alexrudall/ruby-openai runs_cancel.yml (2023-11)")
    return Report(
        replace(HEADER, notes=("model gpt-4o-mini stood in for every model that a scenario asks for",)),
        (
            result("MSG-LIST-01", Verdict.PASS, "A list names its first and last id."),
            result(
                "RUN-CREATE-01",
                Verdict.ERROR,
                "A new run starts queued.",
                reason="the check runs.created broke in runs.create: KeyError: 'status'",
            ),
            result(
                "RUN-SHAPE-01",
                Verdict.FAIL,
                "A run has one of the documented statuses.",
                evidence=(recorded, documented),
                exhibits=(polled, *(replace(polled, source=f"runs.cancel_{n}") for n in range(5))),
                findings_total=9,
            ),
            result(
                "RUN-TIME-01",
                Verdict.WARN,
                "A run expires ten minutes after its creation.",
                level="SHOULD",
                exhibits=(
                    replace(
                        polled, pointer="/expires_at", expected="1710000600 (created_at + 600)", actual="1710003600"
                    ),
                ),
                findings_total=4,
            ),
            result("STREAM-NAME-01", Verdict.PASS, level="MAY"),
            result(
                "STREAM-STATE-01",
                Verdict.FAIL,
                "The status in a run event is the one that the event's name tells.",
                evidence=(documented,),
                exhibits=(streamed,),
                findings_total=1,
            ),
            *(
                result(f"VS-FILE-0{n}", Verdict.UNSUPPORTED, reason="vector_stores.files: POST /v1/vector_stores → 404")
                for n in range(1, 4)
            ),
            result(
                "VS-SEARCH-01",
                Verdict.INCONCLUSIVE,
                reason="vector_stores.search: the model called no tool, though it was forced to",
            ),
            result("VS-SEARCH-02", Verdict.NOT_EXERCISED, reason="its scenarios were not run"),
        ),
        (
            ScenarioLine("runs.stream", "completed", None, 3, 1, 0.2),
            ScenarioLine("vector_stores.files", "unsupported", "POST /v1/vector_stores → 404", 1, 0, 0.1),
            ScenarioLine("runs.expiry", "unanswered", "no answer within 30 s to POST /v1/threads/runs", 1, 0, 30.0),
        ),
        causes=(
            Cause(
                "absent:vector_stores",
                "Not there: createVectorStore",
                "MUST",
                ("createVectorStore",),
                (),
                (),
                ("VS-FILE-01", "VS-FILE-02", "VS-FILE-03"),
                0,
                "Serve createVectorStore, or leave it",
            ),
            cause(polled, "RUN-SHAPE-01", key="member:runs:thread.run:status", findings=9, issues=("KI-02",)),
            cause(streamed, "STREAM-STATE-01", key="event:streams:thread.run.completed"),
            replace(
                cause(polled, "RUN-TIME-01", key="member:runs:thread.run:expires_at", findings=4),
                level="SHOULD",
                failed=(),
                warned=("RUN-TIME-01",),
            ),
        ),
    )


def cause(shown: Exhibit, *failed: str, key: str, findings: int = 1, issues: tuple[str, ...] = ()) -> Cause:
    example = CauseExample(
        failed[0], shown.source, shown.exchange, shown.event, shown.pointer, shown.expected, shown.actual, shown.rerun
    )
    title, advice = f"{key.rpartition(':')[2]} is wrong", "Mend it where it is written"
    return Cause(key, title, "MUST", ("getRun",), failed, (), (), findings, advice, issues, example)


def troubled() -> Report:
    """80 failures of 30 causes, over more areas than a summary has room for."""
    shown = exhibit(
        runs_trace(), Where(3, None, "/status"), "one of queued, in_progress, requires_action", "a status " * 40
    )
    names = [f"RUN-{chr(65 + number % 26)}{number // 26}-01" for number in range(80)]
    results = tuple(
        replace(
            result(name, Verdict.FAIL, "A rule that takes some words to say what must be so. " * 3, exhibits=(shown,)),
            area=f"area_{number % 25}",
            findings_total=1,
        )
        for number, name in enumerate(names)
    )
    causes = tuple(
        replace(cause(shown, *names[number::30], key=f"member:runs:thread.run:{'x' * number}"), title="A cause " * 20)
        for number in range(30)
    )
    notes = tuple(f"note {number}: {'words ' * 60}" for number in range(6))
    return Report(replace(HEADER, notes=notes), results, (), (Skipped("a", "b"),), causes=causes)


def unreachable() -> Report:
    problem = (
        "http://localhost:8000/v1 cannot be reached: connection refused. Is the server running, and is the port right?"
    )
    return Report(
        replace(HEADER, problem=problem, seconds=0.3, exchanges=0, accepted=0, streams=0, subjects=0),
        (
            result("RUN-STATE-01", Verdict.NOT_EXERCISED, reason="its scenarios were not run"),
            result("STREAM-DONE-01", Verdict.NOT_EXERCISED, reason="its scenarios were not run"),
        ),
    )


def audit() -> Report:
    return Report(
        replace(
            HEADER,
            mode="audit",
            target="recordings/ (12 files)",
            command="assistants-conformance audit recordings/",
            notes=("3 recordings have no date; they were judged by the loosest rule",),
        ),
        (
            result("RUN-STATE-01", Verdict.PASS, "A run never leaves a terminal status."),
            result("STREAM-DONE-01", Verdict.PASS, "A stream ends with exactly one done event."),
            result("VS-FILE-01", Verdict.NOT_EXERCISED, reason="the recordings have nothing to examine"),
        ),
        (
            ScenarioLine("recordings/runs.yml", "completed", None, 12, 2, None),
            ScenarioLine("recordings/broken.har", "unreadable", "line 3: not JSON", 0, 0, None),
        ),
        (
            Skipped("recordings/runs.yml", "not the Assistants API", 31),
            Skipped("recordings/chat.har", "not the Assistants API", 7),
            Skipped("recordings/old.yml", "Assistants API v1 (OpenAI-Beta: assistants=v1)", 18),
            Skipped("recordings/mock.yml", "looks written by hand: ids are no real ids", 2),
        ),
        (
            SourceLine("recordings/broken.har", "", 0, 0, 0, 0, 0, 0, "line 3: not JSON"),
            SourceLine("recordings/runs.yml", "VCR cassette (Ruby or R)", 1264, 3, 1233, 2, 4, 31),
        ),
    )


HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]markup[/bold red] <script>&\r\n\u202egnp.exe\u200b\ud800\x9b1m" + "A" * 5000


def hostile() -> Report:
    """An endpoint that writes whatever it likes wherever it can."""
    shown = Exhibit(
        source=f"runs.{HOSTILE}",
        exchange=1,
        event=2,
        pointer=f"/{HOSTILE}",
        expected="a status",
        actual=HOSTILE,
        wire=(WireLine(HOSTILE), WireLine(HOSTILE, marked=True), WireLine("e\u0301\u4f60\u597d" * 60, marked=True)),
        curl="curl -sS 'http://localhost/" + HOSTILE[:80] + "'",
        rerun="assistants-conformance run --only 'runs.stream'",
    )
    return Report(
        replace(HEADER, target=HOSTILE, notes=(HOSTILE,), problem=HOSTILE),
        (
            result("RUN-STATE-01", Verdict.FAIL, exhibits=(shown,), findings_total=1),
            result("RUN-STATE-02", Verdict.WARN, level="SHOULD", exhibits=(shown,), findings_total=2),
            result("VS-FILE-01", Verdict.UNSUPPORTED, reason=HOSTILE),
        ),
        (ScenarioLine(HOSTILE, "error", HOSTILE, 1, 1, None),),
        (Skipped(HOSTILE, HOSTILE),),
        (SourceLine(HOSTILE, HOSTILE, 1, 1, 1, 0, 0, 0), SourceLine(HOSTILE, "", 0, 0, 0, 0, 0, 0, HOSTILE)),
    )
