"""Which rows of a recording are judged, as which traces, and that real traffic is found to keep the contract."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import contract
from conformance.checks import Finding
from conformance.checks.judge import Judgement
from conformance.contract import Level
from conformance.recordings import read
from conformance.recordings.audit import AuditedFile, audit
from conformance.recordings.cassette import write
from conformance.trace.trace import Expectation, Trace, Where
from tests.recordings.corpus import folder
from tests.recordings.documents import as_json, as_lines, as_yaml, azure, har, har_entry, line, ruby_vcr, vcrpy
from tests.recordings.exchanges import exchange

V1 = {"OpenAI-Beta": "assistants=v1"}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Trace]:
    """The traces that were judged, by a judge that only counts."""
    judged: list[Trace] = []

    def count(trace: Trace, _: object) -> Judgement:
        judged.append(trace)
        return Judgement(trace.source, len(trace.exchanges), len(list(trace.streams)), Counter({"RUN-1": 2}))

    monkeypatch.setattr("conformance.recordings.audit.judge", count)
    return judged


def numbers(traces: list[Trace]) -> list[tuple[str, list[int]]]:
    return [(trace.source, [one.number for one in trace.exchanges]) for trace in traces]


def test_a_cassette_is_a_trace_and_rows_are_grouped_by_theirs(tmp_path: Path, seen: list[Trace]) -> None:
    as_yaml(tmp_path / "a.yaml", vcrpy())
    rows = [line(source={"path": f"{name}.yml", "entry": n}) for name, n in (("x", 0), ("y", 0), ("x", 1))]
    as_lines(tmp_path / "b.jsonl", *rows, line(source=None))
    outcome = audit([tmp_path], contract.load())
    assert numbers(seen) == [("a.yaml", [1]), ("x.yml", [1, 2]), ("y.yml", [1]), ("b.jsonl", [1])]
    assert (outcome.exchanges, outcome.subjects, outcome.streams, len(outcome.judgements)) == (5, 8, 0, 4)


def test_rows_are_left_out_with_their_reason(tmp_path: Path, seen: list[Trace]) -> None:
    other_api = "https://emulator.test/v1/chat/completions"
    as_lines(
        tmp_path / "x.jsonl",
        line(),
        line(api_version="v1"),
        line(request_headers=V1, api_version=None),
        line(suspect_handwritten=True),
        line(url=other_api),
        line(url="https://emulator.test/v1/containers/c/files"),
        line(request_headers={}, api_version=None),
        line(method="OPTIONS"),
    )
    told: list[AuditedFile] = []
    outcome = audit([tmp_path], contract.load(), told.append)
    assert [len(trace.exchanges) for trace in seen] == [1, 1]  # what is not judged touched the thread in between
    assert outcome.reasons == {
        "a request for version 1 of the API": 2,
        "hand-written: the collector of the recordings says so": 1,
        "not an operation of the Assistants API": 3,
    }
    (file,) = told
    assert (file.name, file.rows, file.exchanges, file.subjects, file.findings) == ("x.jsonl", 8, 2, 4, 0)
    assert sum(skipped.count for skipped in file.skipped) + file.exchanges == file.rows
    assert {skipped.source for skipped in file.skipped} == {"x.jsonl"}


def test_azure_paths_are_on_the_surface(tmp_path: Path, seen: list[Trace]) -> None:
    url = "https://x.openai.azure.com/openai/threads/thread_1/runs?api-version=2024-05-01-preview"
    as_json(tmp_path / "x.har", har(har_entry(url=url)))
    assert audit([tmp_path], contract.load()).exchanges == 1


def test_unreadable_files_do_not_stop_the_others(tmp_path: Path, seen: list[Trace]) -> None:
    (tmp_path / "a.yml").write_text("")
    as_json(tmp_path / "b.json", azure())
    told: list[AuditedFile] = []
    outcome = audit([tmp_path, tmp_path / "missing"], contract.load(), told.append)
    assert [(problem.path.name, problem.reason) for problem in outcome.unreadable] == [
        ("a.yml", "empty file"),
        ("missing", "no such file"),
    ]
    assert [(file.name, file.unreadable) for file in told] == [
        ("a.yml", "empty file"),
        ("b.json", None),
        ("missing", "no such file"),
    ]
    assert len(seen) == 1


def test_a_cassette_that_was_added_to_later_is_one_trace_a_sitting(tmp_path: Path, seen: list[Trace]) -> None:
    document = ruby_vcr()
    (first,) = document["http_interactions"]
    dates = ["Mon, 29 Apr 2024 23:28:43 GMT", "Mon, 29 Apr 2024 23:30:00 GMT", "Tue, 15 Oct 2024 08:00:00 GMT"]
    dates += ["not a date", "Mon, 14 Oct 2024 08:00:00 GMT"]
    document["http_interactions"] = [first | {"recorded_at": date} for date in dates]
    for interaction in document["http_interactions"]:
        interaction["response"] = interaction["response"] | {"headers": {"content-type": ["application/json"]}}
    as_yaml(tmp_path / "x.yml", document)
    audit([tmp_path], contract.load())
    assert numbers(seen) == [("x.yml", [1, 2]), ("x.yml", [3, 4]), ("x.yml", [5])]


def test_our_own_cassette_is_judged_whole_as_the_trace_it_was(tmp_path: Path, seen: list[Trace]) -> None:
    wrong = replace(exchange(2), request=replace(exchange().request, url="http://endpoint.test/v1/nowhere"))
    met = Expectation("RUN-1", Where(1), "a tool call", None)
    trace = Trace("x.yaml", (exchange(), wrong), "/v1", live=True, expectations=(met,), absent=frozenset({2}))
    write(trace, tmp_path / "x.yaml")
    outcome = audit([tmp_path], contract.load())
    assert seen == [trace]
    assert outcome.skipped == []


def test_only_traces_with_findings_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("RUN-1", Where(1), "good", "bad")

    def accuse(trace: Trace, _: object) -> Judgement:
        found = (finding,) if trace.source == "bad.yaml" else ()
        return Judgement(trace.source, len(trace.exchanges), 0, Counter(), found)

    monkeypatch.setattr("conformance.recordings.audit.judge", accuse)
    for name in ("bad.yaml", "good.yaml"):
        as_yaml(tmp_path / name, vcrpy())
    outcome = audit([tmp_path], contract.load())
    assert [(judged.trace.source, len(judged.trace.exchanges)) for judged in outcome.judged] == [
        ("bad.yaml", 1),
        ("good.yaml", 0),
    ]
    assert [file.findings for file in outcome.files] == [1, 0]


@pytest.mark.parametrize(("name", "foreign"), [("raw", 5), ("exchanges", 0)])
def test_real_traffic_keeps_every_must(name: str, foreign: int) -> None:
    loaded = contract.load()
    outcome = audit([folder(name)], loaded)
    accused = [
        f"{finding.requirement} in {judged.trace.source}, exchange {finding.where.exchange}: "
        f"expected {finding.expected}; got {finding.actual}"
        for judged in outcome.judged
        for finding in judged.judgement.findings
        if loaded.requirements[finding.requirement].level is Level.MUST
    ]
    assert accused == []
    assert {check for judged in outcome.judged for check in judged.judgement.crashed} == set()
    assert outcome.unreadable == []
    assert (outcome.exchanges, outcome.streams) == (340, 7)
    assert outcome.subjects > 5000
    assert outcome.reasons["a request for version 1 of the API"] == 91
    assert outcome.reasons["not an operation of the Assistants API"] == foreign
    assert sum(count for reason, count in outcome.reasons.items() if reason.startswith("hand-written")) == 2


def test_both_collections_are_judged_alike() -> None:
    def told(name: str) -> dict[tuple[str, str, int], int]:
        counted: Counter[tuple[str, str, int]] = Counter()
        for judged in audit([folder(name)], contract.load()).judged:
            cassette = judged.trace.source.rpartition("/")[2]
            for finding in judged.judgement.findings:
                counted[finding.requirement, cassette, finding.where.exchange] += 1
        return counted

    assert told("raw") == told("exchanges")


def test_what_is_broken_or_empty_is_told_and_the_rest_judged(tmp_path: Path, seen: list[Trace]) -> None:
    as_json(tmp_path / "empty.json", azure() | {"Entries": []})
    foreign = har_entry(url="https://example.test/logo.png", content={"encoding": "base64", "text": "***"})
    as_json(tmp_path / "mixed.har", har(har_entry(), foreign, *({} for _ in range(30))))
    outcome = audit([tmp_path], contract.load())
    assert [len(trace.exchanges) for trace in seen] == [1]
    assert outcome.unreadable == []
    assert [(file.name, file.rows, file.traces, file.exchanges) for file in outcome.files] == [
        ("empty.json", 0, 0, 0),
        ("mixed.har", 2, 1, 1),
    ]
    assert outcome.reasons["it holds no exchange"] == 1
    assert outcome.reasons["not an operation of the Assistants API"] == 1
    assert outcome.reasons["broken: entry 3: no request"] == 1
    assert outcome.reasons["broken: more entries of the file"] == 10


def test_a_trace_of_several_files_is_counted_in_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def accuse(trace: Trace, _: object) -> Judgement:
        found = tuple(Finding("RUN-1", Where(number), "good", "bad") for number in (2, 3, 3))
        return Judgement(trace.source, len(trace.exchanges), 0, Counter({"RUN-1": 5}), found)

    monkeypatch.setattr("conformance.recordings.audit.judge", accuse)
    thread = "thread_0000000000000000000000A1"
    url, answer = f"https://emulator.test/v1/threads/{thread}", {"id": thread, "object": "thread"}
    for name, seconds in (("a", (0, 1)), ("b", (5,))):
        rows = [
            line(source=None, method="GET", url=url, response_text=None, response_body=answer, recorded_at=1.7e9 + at)
            for at in seconds
        ]
        as_lines(tmp_path / f"{name}.jsonl", *rows)
    told: list[AuditedFile] = []
    outcome = audit([tmp_path], contract.load(), told.append)
    assert [judged.trace.source for judged in outcome.judged] == ["a.jsonl (1–2), b.jsonl (3)"]
    assert [(file.name, file.traces, file.exchanges, file.subjects, file.findings) for file in told] == [
        ("a.jsonl", 1, 2, 5, 1),
        ("b.jsonl", 1, 1, 0, 2),
    ]


def test_files_beyond_the_window_are_judged_before_more_are_read(
    tmp_path: Path, seen: list[Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.recordings.audit.WINDOW", 5000)
    for name in "abc":
        as_yaml(tmp_path / f"{name}.yaml", vcrpy())
    judged: list[int] = []
    reading = "conformance.recordings.audit.opened"
    monkeypatch.setattr(reading, lambda path, **_: judged.append(len(seen)) or read(path))
    assert audit([tmp_path], contract.load()).exchanges == 3
    assert judged == [0, 0, 1]
