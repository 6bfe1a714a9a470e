"""What is written is read back the same, by us and by vcrpy, and holds no secret."""

import gzip
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from conformance import contract
from conformance.evidence.safe_files import NotWritten, SecretsLeft
from conformance.recordings import Recording, UnreadableRecording, encodings, find, read
from conformance.recordings.cassette import redacted, write
from conformance.recordings.grouping import group, parts
from conformance.recordings.persister import Cassettes
from conformance.recordings.selection import Selection
from conformance.trace.exchange import Headers, Response
from conformance.trace.trace import Trace
from tests.limits import HANG
from tests.recordings.corpus import folder
from tests.recordings.exchanges import URL, exchange, traces

KEY = "sk-proj-Abcdefgh1234567890"
SSE = b"event: thread.created\ndata: {}\n\nevent: do"
EVENTS = Headers([("content-type", "text/event-stream")])


def whole(recording: Recording) -> Trace:
    """The one trace of a cassette of ours."""
    (one,) = group(list(parts(Selection(recording, contract.load()), "scenario")))
    return one.trace()


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(traces())
def test_a_trace_comes_back_as_it_was(tmp_path: Path, trace: Trace) -> None:
    write(trace, tmp_path / "c.yaml")
    assert whole(read(tmp_path / "c.yaml")) == redacted(trace)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(traces())
def test_vcrpy_reads_the_same(tmp_path: Path, trace: Trace) -> None:
    write(trace, tmp_path / "c.yaml")
    requests, responses = deserialize((tmp_path / "c.yaml").read_bytes().decode(), yamlserializer)
    answered = [one for one in redacted(trace).exchanges if one.response is not None]
    assert [(r.method, r.uri, r.body or b"") for r in requests] == [
        (one.request.method, one.request.url, one.request.body) for one in answered
    ]
    assert [(r["status"]["code"], r["body"]["string"]) for r in responses] == [
        (one.response.status, one.response.body) for one in answered if one.response
    ]


def test_what_has_no_secret_and_no_encoding_is_not_changed() -> None:
    trace = Trace("scenario", (exchange(),), base_path="/v1")
    assert redacted(trace) == trace


def test_real_recordings_come_back_too(tmp_path: Path) -> None:
    for path in sorted(folder("raw").rglob("*.y*ml"))[::10]:
        trace = Trace("scenario", tuple(row.exchange for row in read(path).rows))
        write(trace, tmp_path / "c.yaml")
        assert whole(read(tmp_path / "c.yaml")) == redacted(trace), path.name


def test_a_stream_that_broke_off_is_kept_with_its_times(tmp_path: Path) -> None:
    response = Response(200, EVENTS, SSE, ((0.25, 33), (0.5, len(SSE))), complete=False)
    broken = replace(exchange(), response=response, started=0.0, ended=0.75, failure="the connection was closed")
    write(Trace("scenario", (broken,), live=True), tmp_path / "c.yaml")
    (row,) = read(tmp_path / "c.yaml").rows
    assert row.exchange == broken
    assert "        event: thread.created\n        data: {}\n" in (tmp_path / "c.yaml").read_text()


LONG = b'{"instructions": "' + b"\xf0\x9f\x8c\xa6" * 20_000 + b'"}'


def test_a_cassette_with_long_bodies_is_packed_and_read_the_same(tmp_path: Path) -> None:
    path, file = tmp_path / "c.yaml", tmp_path / "c.yaml.gz"
    trace = Trace("scenario", (exchange(1, LONG), exchange(2, LONG)), base_path="/v1")
    write(trace, path)
    assert list(tmp_path.iterdir()) == [file]
    assert file.stat().st_size < 10_000
    assert whole(read(file)) == redacted(trace)
    assert list(find([tmp_path])) == [file]
    before = file.read_bytes()
    write(trace, path)
    assert file.read_bytes() == before


def test_the_packed_one_and_the_plain_one_take_each_others_place(tmp_path: Path) -> None:
    for body, name in ((LONG, "c.yaml.gz"), (b"{}", "c.yaml"), (LONG, "c.yaml.gz")):
        write(Trace("scenario", (exchange(1, body),)), tmp_path / "c.yaml")
        assert [file.name for file in tmp_path.iterdir()] == [name]


def test_vcrpy_finds_a_cassette_packed_or_not(tmp_path: Path) -> None:
    for body in (LONG, b"{}"):
        write(Trace("scenario", (exchange(1, body),)), tmp_path / "c.yaml")
        (request,), (response,) = Cassettes.load_cassette(str(tmp_path / "c.yaml"), yamlserializer)
        assert response["body"]["string"] == body
        assert request.method == exchange().request.method
    with pytest.raises(CassetteNotFoundError):
        Cassettes.load_cassette(str(tmp_path / "d.yaml"), yamlserializer)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b"interactions: []" * 100)[:-20], "packed with gzip, and broken off"),
        (gzip.compress(b"#" * 2000), "unpacks to more than 0 MiB"),
    ],
    ids=["broken off", "too much"],
)
def test_a_packed_file_that_is_none_has_a_reason(
    content: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "MAX_UNPACKED", 1800)
    (tmp_path / "c.yaml.gz").write_bytes(content)
    with pytest.raises(UnreadableRecording, match=reason):
        read(tmp_path / "c.yaml.gz")


def test_bodies_are_readable_or_base64_and_identity_encoded(tmp_path: Path) -> None:
    packed = Headers([("Content-Encoding", "gzip"), ("content-type", "application/json")])
    write(Trace("scenario", (exchange(1, b'{"a": 1}', packed), exchange(2, b"\xff\xfe"))), tmp_path / "c.yaml")
    text = (tmp_path / "c.yaml").read_text()
    assert "string: '{\"a\": 1}'" in text
    assert "string: !!binary |\n        //4=" in text
    assert "gzip" not in text


def test_no_secret_reaches_the_file(tmp_path: Path) -> None:
    headers = Headers([("Authorization", f"Bearer {KEY}"), ("Set-Cookie", "__cf_bm=abc.def-123; path=/")])
    write(Trace("scenario", (exchange(body=f"Incorrect API key: {KEY}".encode(), headers=headers),)), tmp_path / "c")
    text = (tmp_path / "c").read_text()
    assert KEY not in text
    assert "abc.def" not in text
    assert "Bearer redacted" in text


@pytest.mark.parametrize("body", [KEY.encode(), b"\xff " + KEY.encode()])
def test_a_secret_that_the_redaction_missed_is_not_written(
    body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.recordings.cassette.redact_trace", lambda trace, known: trace)
    with pytest.raises(SecretsLeft, match=r"an API key of 26 characters in line \d+") as caught:
        write(Trace("scenario", (exchange(body=body),)), tmp_path / "c.yaml")
    assert KEY not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_trouble_with_the_disk_has_a_name_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.yaml"
    write(Trace("scenario", (exchange(),)), path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match="No space left on device") as caught:
        write(Trace("scenario", (exchange(body=b"other"),)), path)
    assert caught.value.path == path
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["c.yaml"]


def test_a_folder_that_cannot_be_made_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match="file is not a folder; name a folder that can be written to"):
        write(Trace("scenario", (exchange(),)), tmp_path / "file" / "sub" / "c.yaml")


def test_pytest_recording_replays_a_cassette(tmp_path: Path) -> None:
    stream = replace(exchange(2), response=Response(200, EVENTS, SSE))
    unanswered = replace(exchange(3), response=None, failure="refused")
    write(Trace("scenario", (exchange(1, b'{"id": "thread_1"}'), stream, unanswered)), tmp_path / "c" / "x.yaml")
    (tmp_path / "test_replay.py").write_text(
        f"""
import httpx, pytest
@pytest.mark.vcr("{tmp_path}/c/x.yaml")
@pytest.mark.default_cassette("none.yaml")
def test_replay():
    assert httpx.post({URL!r}, content=b"{{}}").json() == {{"id": "thread_1"}}
    assert httpx.post({URL!r}, content=b"{{}}").content == {SSE!r}
    with pytest.raises(Exception):
        httpx.post({URL!r}, content=b"{{}}")
"""
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--record-mode=none", "-p", "no:assistants_conformance", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=HANG,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


UNSEEN = "\u202e\u2066\u200b\u200d\u00ad\ufeff\u2028\u0085\x1b\x7f\U000e0041"


@pytest.mark.parametrize("around", ["", "\n", "\\", '"', "'", "two\nlines: [", "# é🙂 %s"])
def test_letters_that_nobody_sees_are_escapes_in_the_file_and_come_back(around: str, tmp_path: Path) -> None:
    said = f"{around}{UNSEEN}{around}"
    told = Headers([("content-type", "text/plain"), ("x-said", UNSEEN.replace("\x1b", "")), ("x-said", "twice")])
    trace = Trace("scenario", (exchange(1, said.encode(), told), exchange(2, f"line\n{said}\nline".encode(), told)))
    write(trace, tmp_path / "c.yaml")
    text = (tmp_path / "c.yaml").read_bytes().decode()
    assert text.replace("\n", "").isprintable()
    assert "\\u202E" in text
    assert whole(read(tmp_path / "c.yaml")) == trace
    _, responses = deserialize(text, yamlserializer)
    assert [one["body"]["string"] for one in responses] == [
        one.response.body for one in trace.exchanges if one.response
    ]
