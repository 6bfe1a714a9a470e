"""Clean traffic, recorded as badly as recorders do: whatever they hide, leave out or skip, nobody is accused."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from conformance import contract
from conformance.contract import resources
from conformance.recordings import Recording, Row, find, read
from conformance.recordings.audit import audit_recording
from conformance.recordings.authenticity import make_row
from conformance.trace.exchange import Exchange, Headers, Request, Response

Json = Any
Change = Callable[[Exchange], Exchange]

CASSETTES = 8
MARKS = ("Sanitized", "<THREAD_ID>", "REDACTED", "***", "asst_xxxxxxxx", "{{ID}}")
ID = re.compile(r"\b(asst|thread|msg|run|step|vs|vsfb|file|call)[_-](?=[A-Za-z]*[0-9])[A-Za-z0-9]{10,}")
MEMBERS = (
    *(["id"], ["name"], ["id", "name"], ["instructions", "value", "content"], ["arguments", "output"]),
    *(["thread_id", "run_id"], ["assistant_id"], ["filename"], ["description", "model"], ["first_id", "last_id"]),
    *(["file_id", "file_ids", "vector_store_id", "vector_store_ids"], ["message"], ["status"]),
)


@cache
def recorded() -> tuple[Recording, ...]:
    """The cassettes of the reference, as somebody else's recordings."""
    paths = [path for path in find([resources.cassettes()]) if path.name != "coverage.json"]
    return tuple(
        Recording(path, "vcrpy cassette", tuple(make_row(row.exchange, path.name) for row in read(path).rows))
        for path in paths
    )


def accused(recording: Recording) -> set[str]:
    """The ids of the requirements that a recording violates."""
    judged = audit_recording(recording, recording.path.name, contract.load()).judged
    assert all(one.judgement.crashed == {} for one in judged)
    return {finding.requirement for one in judged for finding in one.judgement.findings}


def changed(recording: Recording, change: Change) -> Recording:
    rows = (replace(row, exchange=change(row.exchange)) for row in recording.rows)
    return replace(recording, rows=tuple(rows))


def hold(random: Random, make: Callable[[Recording], Iterator[Recording]]) -> None:
    for recording in random.sample(recorded(), CASSETTES):
        known = accused(recording)
        for other in make(recording):
            assert accused(other) <= known, recording.path.name


# ---- what is done to them --------------------------------------------------------------------------------------------


def written(change: Callable[[str], str], *, everywhere: bool) -> Change:
    """A change of everything that is written, or of the plain bodies only."""

    def apply(exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        request = replace(request, body=change(request.body.decode("latin-1")).encode("latin-1"))
        if everywhere:
            request = replace(request, url=change(request.url))
        if response is not None and (everywhere or not response.is_stream):
            body = change(response.body.decode("latin-1")).encode("latin-1")
            response = replace(response, body=body, arrivals=())
        return replace(exchange, request=request, response=response)

    return apply


def masked(value: Json, names: list[str], mark: str, chosen: Callable[[], bool], name: str = "") -> Json:
    if isinstance(value, dict):
        return {key: masked(item, names, mark, chosen, key) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, names, mark, chosen, name) for item in value]
    return mark if name in names and isinstance(value, str) and chosen() else value


def without_members(names: list[str], mark: str, chosen: Callable[[], bool], *, streams: bool) -> Change:
    """Members of these names masked in JSON bodies, and in streams."""

    def body(content: bytes) -> bytes:
        try:
            value = json.loads(content)
        except ValueError:
            return content
        other = masked(value, names, mark, chosen)
        return content if other == value else json.dumps(other).encode()

    def apply(exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        if response is not None and response.is_stream and streams:
            lines = response.body.split(b"\n")
            lines = [b"data: " + body(line[6:]) if line.startswith(b"data: {") else line for line in lines]
            response = replace(response, body=b"\n".join(lines), arrivals=())
        elif response is not None and not response.is_stream:
            response = replace(response, body=body(response.body))
        return replace(exchange, request=replace(request, body=body(request.body)), response=response)

    return apply


def without_headers(kept: Callable[[], bool]) -> Change:
    def some(headers: Headers) -> Headers:
        return Headers(field for field in headers if kept())

    def apply(exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        response = replace(response, headers=some(response.headers)) if response is not None else None
        return replace(exchange, request=replace(request, headers=some(request.headers)), response=response)

    return apply


def without_body(message: Request | Response) -> Any:
    fields = [field for field in message.headers if field[0].lower() != "content-length"]
    return replace(message, body=b"", headers=Headers((*fields, ("content-length", str(len(message.body))))))


# ---- the properties --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_hidden_values_accuse_nobody(seed: int) -> None:
    random = Random(seed)

    def make(recording: Recording) -> Iterator[Recording]:
        mark = random.choice(MARKS)
        kinds = random.sample(["asst", "thread", "msg", "run", "step", "vs", "vsfb", "file", "call"], 3)
        for everywhere in (True, False):
            hide = written(
                lambda text: ID.sub(lambda found: mark if found[1] in kinds else found[0], text), everywhere=everywhere
            )
            yield changed(recording, hide)
        for names in random.sample(MEMBERS, 4):
            share, streams = random.choice((0.5, 1)), random.choice((False, True))
            yield changed(recording, without_members(names, mark, lambda: random.random() < share, streams=streams))  # noqa: B023

    hold(random, make)


@pytest.mark.parametrize("seed", range(2))
def test_what_was_left_out_accuses_nobody(seed: int) -> None:
    random = Random(seed)

    def make(recording: Recording) -> Iterator[Recording]:
        yield changed(recording, without_headers(lambda: False))
        yield changed(recording, without_headers(lambda: random.random() < 0.5))
        lost = {row.exchange.number for row in recording.rows if row.exchange.request.body and random.random() < 0.5}
        yield changed(recording, lambda e: replace(e, request=without_body(e.request)) if e.number in lost else e)
        gone = {row.exchange.number for row in recording.rows if row.exchange.response and random.random() < 0.3}
        yield changed(recording, lambda e: replace(e, response=without_body(e.response)) if e.number in gone else e)

    hold(random, make)


@pytest.mark.parametrize("seed", range(2))
def test_what_was_skipped_accuses_nobody(seed: int) -> None:
    random = Random(seed)

    def skipped(recording: Recording) -> Recording:
        chosen = random.sample(range(len(recording.rows)), random.randint(1, 1 + len(recording.rows) // 4))
        rows: list[Row] = list(recording.rows)
        for position in chosen:
            rows[position] = replace(rows[position], api_version="v1")
        return replace(recording, rows=tuple(rows))

    def make(recording: Recording) -> Iterator[Recording]:
        yield from (skipped(recording) for _ in range(4))
        untimed = changed(recording, lambda exchange: replace(exchange, started=None, ended=None))
        if not accused(untimed):
            yield from (skipped(untimed) for _ in range(4))

    hold(random, make)


def test_a_recording_that_begins_in_the_middle_accuses_nobody() -> None:
    random = Random(0)

    def make(recording: Recording) -> Iterator[Recording]:
        for position in random.sample(range(len(recording.rows)), min(3, len(recording.rows))):
            yield replace(recording, rows=recording.rows[position:])

    hold(random, make)


def test_the_cassettes_are_there() -> None:
    assert len(recorded()) > 100
