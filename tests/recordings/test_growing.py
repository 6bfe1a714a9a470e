"""A recording that grows is whole after each exchange, holds what was added, and no secret."""

import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from conformance.evidence.safe_files import NotWritten, SecretsLeft
from conformance.recordings import read
from conformance.recordings.growing import MOST_UNANSWERED, GrowingRecording, without_secrets
from conformance.trace.exchange import NOT_KEPT, Exchange, Headers, Request
from tests.recordings.exchanges import exchange, exchanges

NAMES = ("x.jsonl", "x.har", "x.yaml")
DAY = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)


@st.composite
def live(draw: st.DrawFn, number: int) -> Exchange:
    """An exchange as a proxy sees it: it knows when it began, and what has no answer has a reason."""
    one = without_secrets(replace(draw(exchanges(number)), date=DAY, started=float(number), ended=number + 0.5))
    kept = Headers((name, value) for name, value in one.request.headers)
    failure = one.failure or (None if one.response else "no answer")
    return replace(one, request=replace(one.request, headers=kept), failure=failure)


def facts(one: Exchange) -> tuple[Any, ...]:
    answer = one.response and (
        one.response.status, one.response.body, one.response.arrivals, one.response.complete, one.response.headers
    )  # fmt: skip
    return one.number, one.request.method, one.request.url, one.request.body, one.request.headers, answer, one.date


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 10**6), max_size=4).flatmap(lambda n: st.tuples(*(live(i + 1) for i in range(len(n))))))
@pytest.mark.parametrize("name", NAMES)
def test_it_is_whole_after_each_exchange(name: str, added: tuple[Exchange, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with closing(GrowingRecording(path, "/v1")) as recording:
            for count, one in enumerate(added, start=1):
                recording.add(one)
                found = read(path)
                assert found.broken == ()
                back = sorted((row.exchange for row in found.rows), key=lambda row: row.number)
                assert list(map(facts, back)) == list(map(facts, added[:count]))


@pytest.mark.parametrize("name", NAMES)
def test_one_without_exchanges_is_empty_and_not_unreadable(name: str, tmp_path: Path) -> None:
    GrowingRecording(tmp_path / name).close()
    if name == "x.jsonl":
        assert (tmp_path / name).read_bytes() == b""
    else:
        assert read(tmp_path / name).rows == ()


def test_vcrpy_reads_the_cassette(tmp_path: Path) -> None:
    with closing(GrowingRecording(tmp_path / "x.yaml", "/v1")) as recording:
        recording.add(replace(exchange(1, b"...\n"), date=DAY))
        recording.add(replace(exchange(2), response=None, failure="no answer"))
        recording.add(exchange(3, b"\x00\xff"))
        _, responses = deserialize((tmp_path / "x.yaml").read_text(), yamlserializer)
        assert [response["body"]["string"] for response in responses] == [b"...\n", b"\x00\xff"]


def test_a_cassette_keeps_so_many_unanswered_exchanges(tmp_path: Path) -> None:
    with closing(GrowingRecording(tmp_path / "x.yaml")) as recording:
        for number in range(1, MOST_UNANSWERED + 10):
            recording.add(replace(exchange(number), response=None, failure="no answer"))
        assert len(read(tmp_path / "x.yaml").rows) == MOST_UNANSWERED


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_refused_and_nothing_of_it_written(name: str, tmp_path: Path) -> None:
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    with closing(GrowingRecording(tmp_path / name)) as recording:
        recording.add(replace(exchange(1), date=DAY))
        before = (tmp_path / name).read_bytes()
        for body in (secret.encode(), b"\xff" + secret.encode()):
            asked = replace(exchange(2), request=Request("POST", "http://h/v1/x", body=body))
            for leaking in (exchange(2, body), asked, replace(asked, response=None, failure="no answer")):
                with pytest.raises(SecretsLeft):
                    recording.add(leaking)
        assert (tmp_path / name).read_bytes() == before
        recording.add(replace(exchange(2), date=DAY, response=None, failure=f"{NOT_KEPT}: too large"))
        assert [row.exchange.number for row in read(tmp_path / name).rows] == [1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_there_stays_whole_where_the_disk_is_full(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, full = tmp_path / name, False

    class Disk(FileIO):
        def write(self, data: Any) -> int:
            room = path.stat().st_size - self.tell() if full else len(data)
            if room <= 0:
                raise OSError(28, "No space left on device")
            return super().write(memoryview(data)[:room])

    monkeypatch.setattr("conformance.recordings.growing.FileIO", Disk)
    with closing(GrowingRecording(path)) as recording:
        recording.add(replace(exchange(1), date=DAY))
        before, full = path.read_bytes(), True
        with pytest.raises(NotWritten, match="No space left"):
            recording.add(replace(exchange(2), date=DAY))
        assert path.read_bytes() == before
        full = False
        recording.add(replace(exchange(2), date=DAY))
        assert [row.exchange.number for row in read(path).rows] == [1, 2]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "x.har").write_text("mine")
    with pytest.raises(NotWritten, match="there is such a file"):
        GrowingRecording(tmp_path / "x.har")
    assert (tmp_path / "x.har").read_text() == "mine"
