"""Each format gives the same exchange, with what its recorder does to bodies undone."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.recordings import Recording, UnreadableRecording, read
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

SSE = "event: done\ndata: [DONE]\n\n"


def only(recording: Recording):  # type: ignore[no-untyped-def]
    (row,) = recording.rows
    return row.exchange


@pytest.mark.parametrize(
    ("write", "document", "format_"),
    [
        (as_yaml, vcrpy(), "vcrpy cassette"),
        (as_json, vcrpy(), "vcrpy cassette"),
        (as_yaml, ruby_vcr(), "Ruby VCR cassette"),
        (as_json, azure(), "Azure test proxy record"),
        (as_json, har(har_entry()), "HTTP Archive"),
        (as_lines, line(), "JSON lines of exchanges"),
    ],
)
def test_every_format_gives_the_same_exchange(write, document, format_: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    recording = read(write(tmp_path / "without-a-telling-name", document))
    exchange = only(recording)
    assert recording.format == format_
    assert (exchange.number, exchange.request.method, exchange.request.url) == (1, "POST", URL)
    assert exchange.request.headers.get("openai-beta") == "assistants=v2"
    assert exchange.request.json == {}
    assert exchange.response.status == 200
    assert exchange.response.headers.media_type == "application/json"
    assert exchange.response.body.decode() == THREAD
    assert recording.rows[0].api_version == "v2"
    assert not recording.rows[0].handwritten
    assert recording.rows[0].remark == ""


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


def test_a_brotli_body_leaves_a_remark_and_the_file_readable(tmp_path: Path) -> None:
    document = vcrpy(body={"string": b"\x8b\x0f\x80\xff\x03"}, headers={"content-encoding": ["br"]})
    (row,) = read(as_yaml(tmp_path / "x", document)).rows
    assert row.remark == "the body is br-encoded, which this suite cannot undo"


def test_a_body_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.recordings.fields.MAX_BODY", 2**20)
    document = vcrpy(body={"string": gzip.compress(b"0" * 2**21, mtime=0)}, headers={"content-encoding": ["gzip"]})
    with pytest.raises(UnreadableRecording, match="interaction 1: response: the body unpacks to more than 1 MiB"):
        read(as_yaml(tmp_path / "x", document))


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
        (lambda d: d.update(interactions="x"), "interactions is a text, not a list"),
        (lambda d: d.update(interactions=[]), "vcrpy cassette, but it holds no exchange"),
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
    with pytest.raises(UnreadableRecording, match=reason):
        read(as_json(tmp_path / "x", document))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{json.dumps(line())}\n{{broken\n", "line 2: broken JSON"),
        (f"{json.dumps(line())}\n[]\n", "line 2 is a list, not an object"),
        (f"{json.dumps(line())}\n{json.dumps(line(status=None))}\n", "line 2: the status is null"),
        (
            f"{json.dumps(line(response_text=None, response_base64='***'))}\n",
            "line 1: response: the body is not base64",
        ),
        (f"{json.dumps(line())[:-1]}\n{json.dumps(line())}\n", "line 1: broken JSON"),
    ],
)
def test_broken_lines_are_named(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(UnreadableRecording, match=reason):
        read(tmp_path / "x")
