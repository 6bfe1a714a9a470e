"""What a recorder hid, left out or rewrote is held against nobody; what stands whatever it was, is."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.recordings.audit import AuditOutcome, audit
from tests.recordings.documents import as_json, as_lines, as_yaml, azure, line
from tests.traces import assistant, deleted, run, thread

Json = Any
BASE = "https://emulator.test/v1"
AZURE = "https://Sanitized.openai.azure.com/openai"
TYPES = {"Content-Type": "application/json"}
BETA = {"OpenAI-Beta": "assistants=v2"}
REAL = {f"{kind}{number}": f"{kind}_{number:024d}" for kind in ("asst", "thread", "run") for number in (1, 2)}


def row(label: str, answer: Json, sent: Json = None, **changes: Json) -> Json:
    """A row of a file of lines: `row("GET /threads/x", {...})`."""
    method, _, path = label.partition(" ")
    return line(
        **{
            "source": None,
            "recorded_at": "Thu, 30 Oct 2025 22:02:20 GMT",
            "method": method,
            "url": path if path.startswith("http") else f"{BASE}{path}",
            "request_headers": TYPES | BETA,
            "request_body": sent,
            "response_headers": TYPES,
            "response_body": answer,
            "response_text": None,
            **changes,
        }
    )


def told(outcome: AuditOutcome) -> list[str]:
    return [finding.requirement for judgement in outcome.judgements for finding in judgement.findings]


def lines(folder: Path, *rows: Json) -> AuditOutcome:
    return audit([as_lines(folder / "x.jsonl", *rows)], contract.load())


# ---- placeholders ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mask", ["Sanitized", "<ASSISTANT_ID>", "REDACTED", "***", "asst_xxxxxxxx", "{{id}}", "hidden"]
)
def test_objects_whose_ids_are_hidden_are_not_taken_for_one(mask: str, tmp_path: Path) -> None:
    one, other = assistant(id=mask, name="One"), assistant(id=mask, name="Other", created_at=1_735_689_700)
    outcome = lines(
        tmp_path,
        row("POST /assistants", one, {"model": "gpt-4o", "name": "One"}),
        row("POST /assistants", other, {"model": "gpt-4o", "name": "Other"}),
        row(f"GET /assistants/{REAL['asst1']}", one),
        row(f"GET /assistants/{REAL['asst2']}", other),
        row(f"DELETE /assistants/{mask}", deleted(mask, "assistant.deleted")),
        row(f"DELETE /assistants/{mask}", deleted(mask, "assistant.deleted")),
    )
    assert told(outcome) == []
    assert outcome.exchanges == 6


def test_an_id_that_was_given_twice_is_no_placeholder(tmp_path: Path) -> None:
    one, other = assistant(id=REAL["asst1"]), assistant(id=REAL["asst1"], created_at=1_735_689_700)
    made = [row("POST /assistants", answer, {"model": "gpt-4o"}) for answer in (one, other)]
    assert "OBJECT-ID-03" in told(lines(tmp_path, *made))


def test_what_is_wrong_beside_a_hidden_value_is_told(tmp_path: Path) -> None:
    wrong = run("completed", id="Sanitized", thread_id="Sanitized", assistant_id="Sanitized") | {"completed_at": None}
    outcome = lines(tmp_path, row("GET /threads/Sanitized/runs/Sanitized", wrong))
    assert any(requirement.startswith("RUN-FIELD") for requirement in told(outcome))


def test_a_hidden_value_proves_nothing(tmp_path: Path) -> None:
    sent, answer = {"model": "gpt-4o", "name": "Ada"}, assistant(id=REAL["asst1"], name="REDACTED")
    outcome = lines(tmp_path, row("POST /assistants", answer, sent))
    assert told(outcome) == []
    examined = outcome.judgements[0].examined
    shown = lines(tmp_path, row("POST /assistants", answer | {"name": "Ada"}, sent)).judgements[0].examined
    assert shown - examined


def test_hidden_names_in_tools_equal_anything(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": f"weather_{n}", "parameters": {}}} for n in range(20)]
    hidden = json.loads(json.dumps(tools).replace("weather_7", "Sanitized"))
    shown = [{"type": "function", "function": tool["function"] | {"strict": False}} for tool in tools]
    answer = assistant(id=REAL["asst1"], tools=shown)
    assert told(lines(tmp_path, row("POST /assistants", answer, {"model": "gpt-4o", "tools": hidden}))) == []


# ---- bodies and forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [None, "null", "{}", "<REDACTED>"])
def test_a_request_whose_body_is_gone_is_not_judged_and_its_answer_is(stored: str | None, tmp_path: Path) -> None:
    names = {"id": REAL["run1"], "thread_id": REAL["thread1"], "assistant_id": REAL["asst1"]}
    answer = run("queued", **names, metadata={"for": "Ada"}, instructions="Count.")
    headers = TYPES | BETA | {"Content-Length": "93"}
    asked = row(f"POST /threads/{REAL['thread1']}/runs", answer, stored, request_headers=headers)
    assert told(lines(tmp_path, asked)) == []
    wrong = row(f"POST /threads/{REAL['thread1']}/runs", answer | {"status": "asleep"}, stored, request_headers=headers)
    assert "SCHEMA-RunObject" in told(lines(tmp_path, wrong))


def test_a_request_without_body_or_length_may_be_one_whose_body_nobody_kept(tmp_path: Path) -> None:
    path, ids = f"/threads/{REAL['thread1']}/runs", {"id": REAL["run1"], "thread_id": REAL["thread1"]}
    answer = run("queued", **ids, assistant_id=REAL["asst1"])
    assert told(lines(tmp_path, row(f"POST {path}", answer, request_headers=TYPES | BETA))) == []
    empty = row(f"POST {path}", answer, request_headers=TYPES | BETA | {"Content-Length": "0"})
    assert "LIMIT-SHAPE-01" in told(lines(tmp_path, empty))


def test_what_a_request_did_whose_body_is_gone_nobody_knows(tmp_path: Path) -> None:
    path, headers = f"/assistants/{REAL['asst1']}", TYPES | BETA | {"Content-Length": "40"}
    before, after = assistant(id=REAL["asst1"], name="One"), assistant(id=REAL["asst1"], name="Other")
    changed = row(f"POST {path}", after, None, request_headers=headers)
    assert told(lines(tmp_path, row(f"GET {path}", before), changed, row(f"GET {path}", after))) == []


def test_an_answer_whose_body_is_gone_is_not_judged(tmp_path: Path) -> None:
    headers = TYPES | {"Content-Length": "412"}
    outcome = lines(tmp_path, row("GET /assistants", None, response_headers=headers))
    assert outcome.reasons == {"recorded without the body of the answer": 1}


def form(*content: str, name: str = 'filename="notes.txt"') -> list[str]:
    """A form as the test proxy keeps it: a list of lines."""
    head = f"Content-Disposition: form-data; name=file; {name}\r\n"
    purpose = ["--B\r\n", "Content-Disposition: form-data; name=purpose\r\n", "\r\n", "assistants\r\n"]
    return ["--B\r\n", head, "\r\n", *content, *purpose, "--B--\r\n"]


@pytest.mark.parametrize(
    ("sent", "changes", "findings"),
    [
        (form("b64:SGVsbG8gQWRhIQ==\r\n"), {}, []),
        (form("b64:SGVsbG8gQWRhIQ==\r\n"), {"bytes": 11}, ["FILE-ECHO-03"]),
        (form("Hello Ada!\r\n", name='filename="a/b.txt"'), {"filename": "a\\b.txt"}, []),
        (form("Hello Ada!\r\n", name='filename="a/b.txt"'), {"filename": "c.txt"}, ["FILE-ECHO-02"]),
    ],
)
def test_forms_as_the_test_proxy_keeps_them(
    sent: list[str], changes: Json, findings: list[str], tmp_path: Path
) -> None:
    file = {"id": "file-000000000000000000000001", "object": "file", "purpose": "assistants", "filename": "notes.txt"}
    file |= {"bytes": 10, "created_at": 1_761_861_740, "expires_at": None, "status": "processed", **changes}
    record = azure(body=file, sent=sent)
    record["Entries"][0] |= {
        "RequestUri": f"{BASE}/files",
        "RequestHeaders": {"Content-Type": 'multipart/form-data; boundary="B"'},
    }
    assert told(audit([as_json(tmp_path / "x.json", record)], contract.load())) == findings


# ---- headers ---------------------------------------------------------------------------------------------------------


def test_rows_without_headers_are_judged_for_what_they_show(tmp_path: Path) -> None:
    answer = thread(id=REAL["thread1"])
    bare = {"request_headers": {}, "response_headers": {}}
    asked = row(f"GET https://api.openai.com/v1/threads/{REAL['thread1']}", answer, **bare)
    assert (told(lines(tmp_path, asked)), lines(tmp_path, asked).exchanges) == ([], 1)
    wrong = row(f"GET https://api.openai.com/v1/threads/{REAL['thread1']}", answer | {"created_at": "now"}, **bare)
    assert "SCHEMA-ThreadObject" in told(lines(tmp_path, wrong))


def test_a_stream_that_was_kept_without_headers_is_still_a_stream(tmp_path: Path) -> None:
    sse = "event: thread.run.created\ndata: {}\n\nevent: done\ndata: [DONE]\n\n"
    asked = row(f"POST /threads/{REAL['thread1']}/runs", None, {"assistant_id": REAL["asst1"], "stream": True})
    outcome = lines(tmp_path, asked | {"response_headers": {}, "response_text": sse})
    assert outcome.streams == 1


@pytest.mark.parametrize(("end", "findings"), [("cancelled", []), ("completed", ["CANCEL-REFUSE-01", "RUN-STATE-01"])])
def test_a_stream_that_tells_of_a_cancellation_was_open_when_it_was_asked_for(
    end: str, findings: list[str], tmp_path: Path
) -> None:
    names = {"id": REAL["run1"], "thread_id": REAL["thread1"], "assistant_id": REAL["asst1"]}
    told_of = [("created", run(**names)), ("queued", run(**names)), ("in_progress", run("in_progress", **names))]
    shown = [(f"thread.run.{name}", json.dumps(value)) for name, value in (*told_of, (end, run(end, **names)))]
    sse = "".join(f"event: {name}\ndata: {data}\n\n" for name, data in (*shown, ("done", "[DONE]")))
    path = f"/threads/{REAL['thread1']}/runs"
    asked = row(f"POST {path}", None, {"assistant_id": REAL["asst1"], "stream": True})
    asked |= {"response_headers": {"Content-Type": "text/event-stream"}, "response_text": sse}
    cancelled = row(f"POST {path}/{REAL['run1']}/cancel", run("cancelling", **names))
    assert sorted(told(lines(tmp_path, asked, cancelled))) == findings


def test_a_hidden_header_is_one_that_was_left_out(tmp_path: Path) -> None:
    headers = {"OpenAI-Beta": "REDACTED", "Content-Type": "***"}
    asked = row("POST /threads", thread(id=REAL["thread1"]), {}, request_headers=headers)
    assert told(lines(tmp_path, asked)) == []


# ---- whose API, and when ---------------------------------------------------------------------------------------------

FOREIGN = {"type": "file", "id": "file_01A", "size_bytes": 3, "created_at": "2026-06-25T16:16:09Z", "filename": "a.csv"}
ANTHROPIC = "https://api.anthropic.com/v1"
EMPTY_LIST = {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None}
NO_BETA = {"request_headers": {"Content-Type": "application/json"}}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            row("GET https://api.anthropic.com/v1/files/file_01A", FOREIGN, **NO_BETA),
            "another vendor's API (Anthropic)",
        ),
        (
            row("GET /files/file_01A", FOREIGN, request_headers={"anthropic-version": "2023-06-01"}),
            "another vendor's API (Anthropic)",
        ),
        (
            row("GET /files/file_01A", FOREIGN, **NO_BETA),
            "another API: nothing in its answers is an object of this one",
        ),
    ],
)
def test_another_api_is_not_judged_and_said_so(asked: Json, reason: str, tmp_path: Path) -> None:
    assert lines(tmp_path, asked).reasons == {reason: 1}


def test_who_asks_for_this_api_by_name_is_judged(tmp_path: Path) -> None:
    outcome = lines(tmp_path, row("GET https://api.mistral.ai/v1/assistants/x1", {"name": "Ada"}))
    assert outcome.exchanges == 1
    assert "SCHEMA-AssistantObject" in told(outcome)


@pytest.mark.parametrize(
    ("base", "given", "exchanges"),
    [
        ("https://gateway.test/llm/proxy/openai/v1", None, 2),
        ("https://gateway.test/aiapi", None, 2),
        ("https://gateway.test/a/b/c/d/e/f/g/h", None, 2),
        ("https://gateway.test/threads/inside", "/threads/inside", 2),
        ("https://gateway.test/aiapi", "/elsewhere", 0),
    ],
)
def test_a_base_path_is_found_by_the_routes_or_given(
    base: str, given: str | None, exchanges: int, tmp_path: Path
) -> None:
    rows = [row(f"GET {base}/threads/{REAL['thread1']}", thread(id=REAL["thread1"]))]
    rows += [
        row(f"GET {base}/files", {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None})
    ]
    outcome = audit([as_lines(tmp_path / "x.jsonl", *rows)], contract.load(), base_path=given)
    assert (told(outcome), outcome.exchanges) == ([], exchanges)


def test_the_files_of_something_else_are_on_no_base_path(tmp_path: Path) -> None:
    container = {"object": "list", "data": [{"id": "cfile_1", "object": "container.file"}], "has_more": False}
    outcome = lines(tmp_path, row("GET /containers/c1/files", container, **NO_BETA))
    assert outcome.reasons == {"not an operation of the Assistants API": 1}


@pytest.mark.parametrize(
    ("version", "findings"), [("2024-08-01-preview", []), ("2025-01-01-preview", ["SCHEMA-RunObject"])]
)
def test_azure_is_dated_by_its_api_version(version: str, findings: list[str], tmp_path: Path) -> None:
    answer = run("queued", id=REAL["run1"], thread_id=REAL["thread1"], assistant_id=REAL["asst1"])
    del answer["parallel_tool_calls"]
    url = f"{AZURE}/threads/{REAL['thread1']}/runs/{REAL['run1']}?api-version={version}"
    outcome = lines(tmp_path, row(f"GET {url}", answer, request_headers={"api-key": "Sanitized"}))
    assert told(outcome) == findings


def test_purposes_of_another_day_were_taken_then(tmp_path: Path) -> None:
    answer = {"id": "file-000000000000000000000001", "object": "file", "purpose": "answers", "filename": "a.jsonl"}
    answer |= {"bytes": 3, "created_at": 1_629_712_800, "status": "uploaded", "status_details": None}
    body = (
        '--B\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\n\r\n'
        '--B\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nanswers\r\n--B--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    for day in ("Mon, 23 Aug 2021 10:00:00 GMT", None):
        asked = row("POST /files", answer, request_headers=headers, request_body=body, recorded_at=day)
        assert told(lines(tmp_path, asked)) == []


# ---- what was skipped ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "between",
    [
        row(
            f"POST /assistants/{REAL['asst1']}/files",
            {"id": "file-1", "object": "assistant.file"},
            {"file_id": "file-1"},
        ),
        row(f"POST /assistants/{REAL['asst1']}", assistant(id=REAL["asst1"]), {"name": "Other"}, api_version="v1"),
        row("POST /agents/import", {"done": True}, {"from": [REAL["asst1"]]}),
        row(f"POST /assistants/{REAL['asst1']}", None, {"name": "Other"}, response_headers={"Content-Length": "300"}),
    ],
    ids=["unknown operation", "version 1", "named in a body", "broken"],
)
def test_what_was_skipped_still_happened(between: Json, tmp_path: Path) -> None:
    path = f"/assistants/{REAL['asst1']}"
    first, last = (row(f"GET {path}", assistant(id=REAL["asst1"], name=name)) for name in ("One", "Other"))
    assert told(lines(tmp_path, first, between, last)) == []
    assert told(lines(tmp_path, first, last)) == ["IDENTITY-READ-01"]
    other = row("POST /assistants/asst_of_somebody_else/files", {"id": "file-1", "object": "assistant.file"}, {})
    assert told(lines(tmp_path, first, other, last)) == ["IDENTITY-READ-01"]


def test_vcrpy_cassettes_without_what_was_sent(tmp_path: Path) -> None:
    names = {"id": REAL["run1"], "thread_id": REAL["thread1"], "assistant_id": REAL["asst1"]}
    headers = {"content-length": ["48"], "content-type": ["application/json"], "openai-beta": ["assistants=v2"]}
    asked = {"body": None, "headers": headers, "method": "POST", "uri": f"{BASE}/threads/{REAL['thread1']}/runs"}
    answer = {
        "body": {"string": json.dumps(run("queued", **names))},
        "headers": {"Content-Type": ["application/json"]},
        "status": {"code": 200, "message": "OK"},
    }
    cassette = {"version": 1, "interactions": [{"request": asked, "response": answer}]}
    assert told(audit([as_yaml(tmp_path / "x.yaml", cassette)], contract.load())) == []


def test_a_request_that_is_nested_too_deeply_to_be_read_again_is_left_as_it_is(tmp_path: Path) -> None:
    """The audit of a whole folder ended in a traceback."""
    deep = 500 * "[" + 500 * "]"
    sent = f'{{"metadata": {{"for": "Sanitized"}}, "x": {deep}}}'
    answer = {"id": REAL["thread1"], "object": "thread", "created_at": 1, "metadata": {}}
    assert isinstance(told(lines(tmp_path, row("POST /threads", answer, sent))), list)


@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_a_body_that_a_row_does_not_tell_is_unknown(shape: str, tmp_path: Path) -> None:
    """Logs without bodies: neither is an answer empty nor was nothing sent; null and an empty text say so."""
    made, read = row("POST /assistants", assistant(), {"model": "gpt-4o"}), row(f"GET /assistants/{REAL['asst1']}", "")
    del made["request_body"], made["response_body"], read["response_body"]
    if shape == "nested":
        made, read = nested(made), nested(read)
    outcome = lines(tmp_path, made, read)
    assert outcome.reasons == {"recorded without the body of the answer": 2}
    assert not any(judgement.findings for judgement in outcome.judgements)


def test_a_request_whose_body_is_not_told_is_held_against_nobody(tmp_path: Path) -> None:
    made = row("POST /assistants", assistant(), {"model": "gpt-4o"})
    del made["request_body"]
    outcome = lines(tmp_path, made, row("GET /assistants/asst_A1", assistant()))
    assert not any(judgement.findings for judgement in outcome.judgements)


def nested(flat: Json) -> Json:
    sides = {
        side: {name.removeprefix(f"{side}_"): value for name, value in flat.items() if name.startswith(side)}
        for side in ("request", "response")
    }
    request = {"method": flat["method"], "url": flat["url"], **sides["request"]}
    return {"request": request, "response": {"status": flat["status"], **sides["response"]}}
