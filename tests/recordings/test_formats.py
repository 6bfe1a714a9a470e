"""Each format gives the same exchange, with what its recorder does to bodies undone."""

import gzip
import json
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import brotlicffi
import pytest
import yaml
from backports import zstd

from conformance import contract
from conformance.recordings import Recording, UnreadableRecording, read
from conformance.recordings.audit import audit
from tests.recordings.documents import (
    THREAD,
    URL,
    as_json,
    as_lines,
    as_yaml,
    azure,
    base64_of,
    har,
    har_entry,
    line,
    ruby_vcr,
    vcrpy,
)
from tests.recordings.samples import BODY, SAMPLES, STREAM
from tests.recordings.samples import THREAD as ANSWER

SSE = "event: done\ndata: [DONE]\n\n"


def only(recording: Recording):  # type: ignore[no-untyped-def]
    (row,) = recording.rows
    return row.exchange


def told(recording: Recording) -> str:
    """What was told of what could not be read."""
    return "\n".join([*recording.broken, *(row.remark for row in recording.rows)])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_gives_the_same_exchange(name: str, tmp_path: Path) -> None:
    format_, content = SAMPLES[name]
    (tmp_path / "without-a-telling-name").write_bytes(content)
    recording = read(tmp_path / "without-a-telling-name")
    exchange = only(recording)
    assert recording.format == format_
    assert recording.broken == ()
    assert (exchange.number, exchange.request.method, exchange.request.path) == (1, "POST", "/v1/threads")
    assert exchange.request.headers.get("openai-beta") == "assistants=v2"
    assert exchange.request.headers.media_type == "application/json"
    assert exchange.request.json == {}
    assert exchange.response.status == 200
    assert exchange.response.headers.media_type == "application/json"
    assert exchange.response.json == json.loads(ANSWER)
    assert exchange.date == datetime(2024, 5, 21, 1, 9, 32, tzinfo=UTC)
    assert recording.rows[0].api_version == "v2"
    assert not recording.rows[0].handwritten
    assert recording.rows[0].remark == ""


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "pack", [gzip.compress, zstd.compress, lambda text: b"\xef\xbb\xbf" + text], ids=["gzip", "zstd", "mark"]
)
def test_files_may_be_packed(name: str, pack, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    if name == "Playwright":
        pack = gzip.compress
    (tmp_path / "x").write_bytes(pack(SAMPLES[name][1]))
    assert only(read(tmp_path / "x")).response.json == json.loads(ANSWER)


def test_what_windows_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(SAMPLES["JSON lines"][1].decode().encode("utf-16"))
    assert only(read(tmp_path / "x")).response.json == json.loads(ANSWER)


ENTRIES = {
    "vcrpy": "interactions",
    "Ruby VCR": "http_interactions",
    "PHP-VCR": None,
    "go-vcr 3": "interactions",
    "ExVCR": None,
    "nock": None,
    "WireMock mappings": "mappings",
    "WireMock journal": "requests",
    "HAR": "entries",
    "Azure test proxy": "Entries",
    "JSON list": None,
}
"""Where the exchanges of a format stand."""


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_is_broken_costs_itself(name: str, tmp_path: Path) -> None:
    document = yaml.safe_load(SAMPLES[name][1])
    inner = document["log"] if name == "HAR" else document
    entries = inner[ENTRIES[name]] if ENTRIES[name] else inner
    entries[:] = [*entries, {}, 7]
    recording = read(as_json(tmp_path / "x", document))
    assert only(recording).response.json == json.loads(ANSWER)
    assert len(recording.broken) == 2
    assert " 2: no " in recording.broken[0]
    assert recording.broken[1].endswith(" 3 is a number, not an object")


@pytest.mark.parametrize("name", ENTRIES)
def test_an_empty_recording_is_read(name: str, tmp_path: Path) -> None:
    document = yaml.safe_load(SAMPLES[name][1])
    inner = document["log"] if name == "HAR" else document
    (inner[ENTRIES[name]] if ENTRIES[name] else inner).clear()
    recording = read(as_json(tmp_path / "x", document))
    assert (recording.rows, recording.broken) == ((), ())


@pytest.mark.parametrize("name", ENTRIES)
def test_a_file_that_was_cut_keeps_its_first_entries(name: str, tmp_path: Path) -> None:
    document = yaml.safe_load(SAMPLES[name][1])
    inner = document["log"] if name == "HAR" else document
    entries = inner[ENTRIES[name]] if ENTRIES[name] else inner
    entries += [*entries, *entries]
    text = json.dumps(document, indent=1)
    (tmp_path / "x").write_text(text[: len(text) * 4 // 5])
    recording = read(tmp_path / "x")
    assert [row.exchange.response is not None for row in recording.rows[:2]] == [True, True]
    assert any("broken JSON" in reason for reason in recording.broken)


@pytest.mark.parametrize("packed", [gzip.compress(THREAD.encode()), THREAD.encode()], ids=["packed", "plain"])
def test_vcrpy_gzip_is_undone_where_the_body_is_packed(packed: bytes, tmp_path: Path) -> None:
    headers = {"Content-Encoding": ["gzip"], "Content-Type": ["application/json"]}
    document = vcrpy(body={"string": packed}, headers=headers)
    assert only(read(as_yaml(tmp_path / "x", document))).response.body.decode() == THREAD


def test_vcrpy_deflate_with_and_without_its_header(tmp_path: Path) -> None:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    for packed in (zlib.compress(THREAD.encode()), raw.compress(THREAD.encode()) + raw.flush()):
        document = vcrpy(body={"string": packed}, headers={"content-encoding": ["deflate"]})
        assert only(read(as_yaml(tmp_path / "x", document))).response.body.decode() == THREAD


def test_an_unknown_encoding_leaves_a_remark_and_the_file_readable(tmp_path: Path) -> None:
    document = vcrpy(body={"string": b"\x8b\x0f\x80\xff\x03"}, headers={"content-encoding": ["dcb"]})
    (row,) = read(as_yaml(tmp_path / "x", document)).rows
    assert row.remark == "interaction 1: response: the body is dcb-encoded, which this suite cannot undo"


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("br", brotlicffi.compress), ("zstd", zstd.compress)]
)
def test_packed_bodies_are_bounded_and_whole(  # type: ignore[no-untyped-def]
    encoding: str, pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remark(content: bytes) -> str:
        document = vcrpy(body={"string": content}, headers={"content-encoding": [encoding]})
        (row,) = read(as_yaml(tmp_path / "x", document)).rows
        assert row.exchange.response is None
        return row.remark

    whole = pack(THREAD.encode() * 50)
    assert remark(whole[:-4]).startswith(f"interaction 1: response: the body is {encoding}, and broken")
    assert remark(whole[:12] + b"\xff" * 9).startswith(f"interaction 1: response: the body is {encoding}, and broken")
    monkeypatch.setattr("conformance.recordings.encodings.MAX_BODY", 2**20)
    bomb = remark(pack(b"0" * 2**24))
    assert bomb == f"interaction 1: response: the body is {encoding}, and unpacks to more than 1 MiB"


def test_pydantic_ai_keeps_bodies_parsed(tmp_path: Path) -> None:
    document = vcrpy()
    (interaction,) = document["interactions"]
    del interaction["request"]["body"], interaction["response"]["body"]
    interaction["request"]["parsed_body"] = {"name": "2024-01-01"}
    interaction["response"]["parsed_body"] = {"id": "é", "n": None}
    path = as_yaml(tmp_path / "x", document)
    path.write_text(path.read_text().replace("'2024-01-01'", "2024-01-01"))  # a date only to YAML
    exchange = only(read(path))
    assert exchange.request.json == {"name": "2024-01-01"}
    assert exchange.response.body == '{"id":"é","n":null}'.encode()


def test_ruby_bodies_as_base64_and_as_binary(tmp_path: Path) -> None:
    picture = b"\x89PNG\x00\xff"
    by_key = as_yaml(tmp_path / "a", ruby_vcr({"encoding": "ASCII-8BIT", "base64_string": base64_of(picture)}))
    by_tag = tmp_path / "b"
    by_tag.write_text(as_yaml(tmp_path / "c", ruby_vcr({"string": picture})).read_text().replace("!!binary", "!binary"))
    assert only(read(by_key)).response.body == picture
    assert only(read(by_tag)).response.body == picture


def test_dates_come_from_the_recorder_else_from_the_answer(tmp_path: Path) -> None:
    recorded = read(as_yaml(tmp_path / "a", ruby_vcr(recorded_at="Tue, 14 Nov 2023 21:49:31 GMT")))
    answered = read(as_yaml(tmp_path / "b", vcrpy()))
    assert only(recorded).date == datetime(2023, 11, 14, 21, 49, 31, tzinfo=UTC)
    assert only(answered).date == datetime(2025, 10, 30, 22, 2, 20, tzinfo=UTC)
    assert only(read(as_yaml(tmp_path / "c", ruby_vcr(recorded_at="long ago")))).date.year == 2025


def test_azure_streams_are_lists_of_lines(tmp_path: Path) -> None:
    document = azure("text/event-stream; charset=utf-8", SSE.splitlines(keepends=True))
    exchange = only(read(as_json(tmp_path / "x", document)))
    assert exchange.response.body.decode() == SSE
    assert [event.name for event in exchange.response.events] == ["done"]


def test_azure_binary_is_base64_and_a_json_list_stays_one(tmp_path: Path) -> None:
    binary = azure("application/octet-stream", base64_of(b"\x00\x01"))
    assert only(read(as_json(tmp_path / "a", binary))).response.body == b"\x00\x01"
    assert only(read(as_json(tmp_path / "b", azure(body=["a", "b"])))).response.json == ["a", "b"]
    assert only(read(as_json(tmp_path / "c", azure("text/event-stream", SSE)))).response.body.decode() == SSE


def test_har_entries_are_ordered_by_their_start_and_have_times(tmp_path: Path) -> None:
    late = har_entry(url=f"{URL}/late", began="2025-10-30T22:02:25.000Z")
    first, second = (row.exchange for row in read(as_json(tmp_path / "x", har(late, har_entry()))).rows)
    assert (first.number, first.started, first.ended) == (2, 0.0, 0.25)
    assert (second.number, second.started, second.ended) == (1, 5.0, 5.25)
    assert first.request.headers.get(":method") is None


def test_har_base64_is_not_unpacked_again(tmp_path: Path) -> None:
    content = {"size": 2, "text": base64_of(b"\x1f\x8b"), "encoding": "base64"}
    entry = har_entry(content=content, headers=[{"name": "content-encoding", "value": "gzip"}])
    assert only(read(as_json(tmp_path / "x", har(entry)))).response.body == b"\x1f\x8b"


def test_har_without_answer_and_without_body(tmp_path: Path) -> None:
    aborted = har_entry(status=0, _error="net::ERR_ABORTED")
    bodiless = har_entry(content={"size": 5, "mimeType": "application/json"})
    first, second = read(as_json(tmp_path / "x", har(aborted, bodiless))).rows
    assert (first.exchange.response, first.exchange.failure) == (None, "net::ERR_ABORTED")
    assert second.remark == "the archive was exported without the body"


def test_jsonl_bodies_exact_parsed_and_base64(tmp_path: Path) -> None:
    spaced = '{ "id": "thread_1" }'
    rows = [
        line(response_text=spaced, response_body={"id": "thread_1"}),
        line(response_text=None),
        line(response_text=None, response_body=None, response_base64=base64_of(b"\xff")),
        line(response_text='{"cut": "of', response_body={"cut": "off"}),
        line(request_body="--b\r\n", response_text=SSE, response_body=SSE, is_stream=True),
        line(request_body=None, request_base64=base64_of(b"\xfe")),
    ]
    exchanges = [row.exchange for row in read(as_lines(tmp_path / "x", *rows)).rows]
    bodies = [exchange.response.body for exchange in exchanges if exchange.response]
    assert bodies[:5] == [spaced.encode(), THREAD.encode(), b"\xff", b'{"cut":"off"}', SSE.encode()]
    assert [exchange.request.body for exchange in exchanges[4:]] == [b"--b\r\n", b"\xfe"]


def test_jsonl_rows_know_their_cassette_and_what_the_collector_found(tmp_path: Path) -> None:
    other = {"path": "other.yml", "entry": 4}
    rows = read(
        as_lines(
            tmp_path / "x.jsonl",
            line(),
            line(source=other, suspect_handwritten=True),
            line(source=other, api_version="v2", api_version_effective="v1"),
            line(source=None),
        )
    ).rows
    assert [row.label for row in rows] == [
        "someone/something cassettes/threads.yml",
        "other.yml",
        "other.yml",
        "x.jsonl",
    ]
    assert [row.exchange.number for row in rows] == [1, 5, 6, 1]
    assert rows[1].handwritten
    assert rows[1].remark == "hand-written: the collector of the recordings says so"
    assert [row.api_version for row in rows] == ["v2", "v2", "v1", "v2"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["interactions"].append({}), "interaction 2: no request"),
        (lambda d: d["interactions"].append(7), "interaction 2 is a number, not an object"),
        (lambda d: d["interactions"][0].pop("response"), "interaction 1: no response"),
        (lambda d: d["interactions"][0]["response"].update(status=None), "interaction 1: the status is null"),
        (lambda d: d["interactions"][0]["response"].update(status={"code": 20}), "interaction 1: the status is 20"),
        (lambda d: d["interactions"][0]["response"].update(body={"string": [1]}), "response: the body is a list"),
        (lambda d: d["interactions"][0]["response"].update(headers=[1]), "response: headers is a list"),
        (lambda d: d["interactions"][0]["response"].update(headers={"a": {"b": 1}}), "a header is an object"),
        (lambda d: d["interactions"][0]["request"].update(uri="http://[x"), "interaction 1: uri is not a URL"),
        (lambda d: d["interactions"][0]["request"].update(method=5), "interaction 1: method is a number"),
    ],
)
def test_wrong_types_are_named_with_their_place(change, reason: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(json.dumps(vcrpy()))
    change(document)
    assert re.search(reason, told(read(as_json(tmp_path / "x", document))))


def test_a_list_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecording, match="interactions is a text, not a list"):
        read(as_json(tmp_path / "x", {"interactions": "x"}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{json.dumps(line())}\n{{broken\n", "line 2: broken JSON"),
        (f"{json.dumps(line())}\n[]\n", "line 2 is a list, not an object"),
        (f"{json.dumps(line())}\n{json.dumps(line(status=None))}\n", "line 2: no status"),
        (
            f"{json.dumps(line(response_text=None, response_base64='***'))}\n",
            "exchange 1: response: the body is not base64",
        ),
        (f"{json.dumps(line())[:-1]}\n{json.dumps(line())}\n", "line 1: broken JSON"),
    ],
)
def test_broken_lines_are_named(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    assert re.search(reason, told(read(tmp_path / "x")))


def test_entries_without_a_time_keep_the_order_of_the_file(tmp_path: Path) -> None:
    timeless = {**har_entry(), "startedDateTime": "then"}
    rows = read(as_json(tmp_path / "x", har(har_entry(), timeless))).rows
    assert [(row.exchange.number, row.exchange.started, row.exchange.ended) for row in rows] == [
        (1, None, None),
        (2, None, None),
    ]


def test_a_form_that_a_browser_keeps_in_parts_is_written_again(tmp_path: Path) -> None:
    entry = har_entry()
    params = [{"name": "purpose", "value": "a b"}]
    entry["request"]["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": params}
    assert only(read(as_json(tmp_path / "x", har(entry)))).request.body == b"purpose=a+b"


def test_bodies_in_other_files_are_told(tmp_path: Path) -> None:
    entry = har_entry(content={"size": 5, "mimeType": "application/json", "_file": "0c1d.json"})
    stub = {"request": {"method": "GET", "url": "/v1/threads/t"}, "response": {"status": 200, "bodyFileName": "t.json"}}
    first, second = (read(as_json(tmp_path / "x", document)).rows[0] for document in (har(entry), stub))
    assert first.remark.startswith("the archive keeps the body in another file")
    assert second.remark == "mapping 1: response: the body is kept in another file"


def test_each_mapping_is_a_cassette_of_its_own_and_patterns_are_none(tmp_path: Path) -> None:
    def stub(**request: str) -> dict[str, object]:
        return {"request": {"method": "GET", **request}, "response": {"status": 200, "jsonBody": {"id": "t"}}}

    mappings = {"mappings": [stub(url="/v1/threads/t"), stub(urlPath="/v1/threads/u"), stub(urlPattern="/v1/.*")]}
    recording = read(as_json(tmp_path / "x", mappings))
    assert [row.label for row in recording.rows] == ["x mapping 1", "x mapping 2"]
    assert recording.broken == ("mapping 3: a pattern in place of a URL",)


def test_the_journal_is_in_order_of_time(tmp_path: Path) -> None:
    def event(path: str, when: int) -> dict[str, object]:
        request = {"method": "GET", "absoluteUrl": f"http://x/v1/{path}", "url": f"/v1/{path}", "loggedDate": when}
        return {"request": request, "responseDefinition": {"status": 404, "body": "none"}}

    recording = read(as_json(tmp_path / "x", {"requests": [event("b", 1716253773500), event("a", 1716253772000)]}))
    told = [(row.exchange.request.path, row.exchange.started) for row in recording.rows]
    assert told == [("/v1/a", 0.0), ("/v1/b", 1.5)]


def test_an_error_of_the_client_is_no_answer(tmp_path: Path) -> None:
    cassette = [
        {
            "request": {"method": "get", "url": URL, "headers": {}, "request_body": ""},
            "response": {"type": "error", "body": "timeout", "status_code": None, "headers": []},
        }
    ]
    recording = read(as_json(tmp_path / "x", cassette))
    assert (recording.rows, recording.broken) == ((), ("interaction 1: no response was recorded",))


def test_natural_lines_keep_what_a_tap_knows(tmp_path: Path) -> None:
    told = {"started_at": "2024-05-21T01:09:32Z", "seconds": 0.5, "arrivals": [[0.1, 5], [0.4, 20]], "complete": False}
    late = line(response_text=SSE, response_body=None, response_headers={}, **{**told, "started_at": 1716253775.5})
    failed = {"method": "GET", "url": URL, "status": None, "failure": "reset", "started_at": "2024-05-21T01:09:32Z"}
    second, first = reversed(read(as_lines(tmp_path / "x", late, failed)).rows)
    assert (first.exchange.failure, first.exchange.started) == ("reset", 0.0)
    assert (second.exchange.started, second.exchange.ended) == (3.5, 4.0)
    response = second.exchange.response
    assert response is not None
    assert (response.arrivals, response.complete, response.is_stream) == (((0.1, 5), (0.4, 20)), False, True)


def test_a_body_alone_is_judged_as_the_answer_to_what_asks_for_it(tmp_path: Path) -> None:
    message = {"id": "msg_1", "object": "thread.message", "thread_id": "thread_2", "created_at": 1}
    page = {"object": "list", "data": [message, {**message, "created_at": 2}], "has_more": False}
    gone = {"id": "asst_1", "object": "assistant.deleted", "deleted": True}
    asked = [only(read(as_json(tmp_path / "x", body))).request for body in (json.loads(ANSWER), message, page, gone)]
    assert [(request.method, request.url) for request in asked] == [
        ("GET", "/v1/threads/thread_AAAAAAAAAAAAAAAAAAAAAAA1"),
        ("GET", "/v1/threads/thread_2/messages/msg_1"),
        ("GET", "/v1/threads/thread_2/messages?order=asc"),
        ("DELETE", "/v1/assistants/asst_1"),
    ]


@pytest.mark.parametrize(
    ("first", "path"),
    [
        ("thread.run.created", "/v1/threads/thread_AAAAAAAAAAAAAAAAAAAAAAA1/runs"),
        ("thread.created", "/v1/threads/runs"),
        ("thread.run.step.completed", "/v1/threads/thread_AAAAAAAAAAAAAAAAAAAAAAA1/runs/run_AAAAAAAAAAAAAAAAAAAAAAA1"),
    ],
)
def test_the_text_of_a_stream_is_the_answer_to_the_call_that_begins_so(first: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(STREAM.replace(b"thread.run.created", first.encode(), 1))
    exchange = only(read(tmp_path / "x.txt"))
    assert exchange.request.path.removesuffix("/submit_tool_outputs") == path
    assert exchange.request.json["stream"] is True
    assert [event.name for event in exchange.response.events] == [first, "error", "done"]


@pytest.mark.parametrize("content", [BODY, STREAM], ids=["body", "stream"])
def test_what_is_judged_without_its_request_is_accused_of_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    outcome = audit([tmp_path / "x"], contract.load())
    assert outcome.subjects > 10
    assert [finding for judgement in outcome.judgements for finding in judgement.findings] == []


def test_flow_files_need_mitmproxy_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "flows").write_bytes(b"1688:9:websocket;0:~8:response;228:6:reason;2:OK,")
    with pytest.raises(UnreadableRecording, match=r"looks like a mitmproxy flow file|flow 1: "):
        read(tmp_path / "flows")


def test_flow_files_are_read_where_mitmproxy_is(tmp_path: Path) -> None:
    io = pytest.importorskip("mitmproxy.io", reason="mitmproxy is not installed: pip install .[mitmproxy]")
    tflow = pytest.importorskip("mitmproxy.test.tflow")
    flow = tflow.tflow(resp=True)
    flow.request.url, flow.request.method, flow.request.text = URL, "POST", "{}"
    flow.response.headers["content-type"], flow.response.text = "application/json", ANSWER
    flow.response.encode("gzip")
    with (tmp_path / "flows").open("wb") as file:
        writer = io.FlowWriter(file)
        for one in (flow, tflow.ttcpflow(), tflow.tflow(err=True)):
            writer.add(one)
    content = (tmp_path / "flows").read_bytes()
    first, second = read(tmp_path / "flows").rows
    assert first.exchange.response is not None
    assert (first.exchange.request.url, first.exchange.response.json) == (URL, json.loads(ANSWER))
    assert (second.exchange.response, second.exchange.failure) == (None, "error")
    (tmp_path / "flows").write_bytes(content[:-30])
    recording = read(tmp_path / "flows")
    assert len(recording.rows) == 1
    assert recording.broken[0].startswith("flow 3: ")
