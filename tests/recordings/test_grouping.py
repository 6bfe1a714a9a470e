"""What belongs to one trace is found by hosts, accounts, ids and times; what cannot be told is not joined."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.recordings import read
from conformance.recordings.grouping import Grouping, group, parts
from conformance.recordings.selection import Selection
from conformance.trace.trace import Trace
from tests.recordings.documents import as_json, as_lines, azure, har, har_entry

START = datetime(2024, 9, 7, 12, 0, 0, tzinfo=UTC)
ONE, OTHER = "thread_0000000000000000000000A1", "thread_0000000000000000000000B2"


def asked(
    second: float | None,
    thread: str = ONE,
    host: str = "https://emulator.test",
    made: bool = False,
    org: str = "",
    project: str = "",
) -> dict[str, Any]:
    """A row about a thread, so many seconds after the start."""
    account = {"openai-organization": org, "openai-project": project}
    return {
        "method": "POST" if made else "GET",
        "url": f"{host}/v1/threads" if made else f"{host}/v1/threads/{thread}",
        "status": 200,
        "recorded_at": None if second is None else (START + timedelta(seconds=second)).isoformat(),
        "request_headers": {"OpenAI-Beta": "assistants=v2"},
        "response_headers": {"content-type": "application/json"}
        | {name: text for name, text in account.items() if text},
        "response_body": {"id": thread, "object": "thread"},
    }


def found(folder: Path, files: dict[str, list[dict[str, Any]]], grouping: Grouping = Grouping.FOUND) -> list[Trace]:
    """The traces of files of such rows."""
    loaded = contract.load()
    pieces = []
    for name, rows in files.items():
        recording = read(as_lines(folder / name, *rows))
        pieces += parts(Selection(recording, loaded), name, grouping)
    return [one.trace() for one in group(pieces, grouping)]


def told(traces: list[Trace]) -> list[tuple[str, list[int]]]:
    return [(trace.source, [exchange.number for exchange in trace.exchanges]) for trace in traces]


def test_files_that_follow_one_another_about_one_object_are_one_trace(tmp_path: Path) -> None:
    files = {"b": [asked(60), asked(61)], "a": [asked(10, made=True)], "c": [asked(62, OTHER)]}
    assert told(found(tmp_path, files)) == [("a (1), b (2–3)", [1, 2, 3]), ("c", [1])]


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ([asked(60, OTHER)], "another object"),
        ([asked(60, host="https://gateway.test")], "another host"),
        ([asked(60, host="https://emulator.test:8443")], "another port"),
        ([asked(None)], "no time"),
        ([asked(5), asked(60)], "times that overlap"),
        ([asked(10)], "the same second"),
        ([asked(11 * 60)], "too long after"),
        ([asked(60, made=True)], "made again"),
        ([asked(60, org="org-2")], "another account"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_may_not_belong_together_stays_apart(later: list[dict[str, Any]], why: str, tmp_path: Path) -> None:
    first = [asked(10, made=True, org="org-1" if why == "another account" else "")]
    assert [source for source, _ in told(found(tmp_path, {"a": first, "b": later}))] == ["a", "b"]


def test_what_is_not_judged_about_an_object_ends_its_story(tmp_path: Path) -> None:
    old = {**asked(12), "method": "POST", "request_headers": {"OpenAI-Beta": "assistants=v1"}, "api_version": "v1"}
    other = {**old, "url": old["url"].replace(ONE, OTHER), "response_body": {"id": OTHER}}
    for between, sources in ((other, ["a (1), b (2)"]), (old, ["a", "b"])):
        traces = found(tmp_path, {"a": [asked(10, made=True), between], "b": [asked(60)]})
        assert [source for source, _ in told(traces)] == sources


def test_sittings_of_one_cassette_are_not_joined_by_way_of_another(tmp_path: Path) -> None:
    files = {"a": [asked(0), asked(7200)], "b": [asked(60)]}
    assert [source for source, _ in told(found(tmp_path, files))] == ["a", "a", "b"]


def test_an_id_that_may_be_a_mask_joins_nothing(tmp_path: Path) -> None:
    files = {
        "a": [asked(1, "Sanitized")],
        "b": [asked(60, "Sanitized")],
        "c": [asked(90, "t_1")],
        "d": [asked(99, "t_1")],
    }
    assert [source for source, _ in told(found(tmp_path, files))] == ["a", "b", "c", "d"]


def test_the_port_that_goes_without_saying_is_the_same_host(tmp_path: Path) -> None:
    files = {
        "a": [asked(1)],
        "b": [asked(60, host="https://emulator.test:443"), asked(61, host="https://EMULATOR.test")],
    }
    assert told(found(tmp_path, files)) == [("a (1), b (2–3)", [1, 2, 3])]


def test_a_file_of_several_hosts_and_sittings_is_several_traces(tmp_path: Path) -> None:
    rows = [asked(0), asked(1, host="http://other.test"), asked(2), asked(7200), asked(7201, host="http://other.test")]
    assert told(found(tmp_path, {"a": rows})) == [("a", [1, 3]), ("a", [4]), ("a", [2]), ("a", [5])]


def test_accounts_at_one_host_are_told_apart_and_rows_without_one_follow_their_objects(tmp_path: Path) -> None:
    rows = [
        asked(0, ONE, org="org-1"),
        asked(1, OTHER, org="org-2"),
        asked(2, ONE),
        asked(3, OTHER),
        asked(4, "thread_0000000000000000000000C3"),
    ]
    assert told(found(tmp_path, {"a": rows})) == [("a", [1, 3]), ("a", [2, 4, 5])]


def test_one_trace_and_a_trace_per_file(tmp_path: Path) -> None:
    files = {"b": [asked(60), asked(5000, host="http://x.test")], "a": [asked(10, OTHER)]}
    assert told(found(tmp_path, files, Grouping.FILE)) == [("b", [1, 2]), ("a", [1])]
    assert told(found(tmp_path, files, Grouping.ONE)) == [("a (1), b (2–3)", [1, 2, 3])]
    undated = {"b": [asked(None)], "a": [asked(10)]}
    assert told(found(tmp_path, undated, Grouping.ONE)) == [("b (1), a (2)", [1, 2])]


def test_many_files_of_a_trace_are_counted(tmp_path: Path) -> None:
    files = {f"{number}": [asked(number * 5)] for number in range(5)}
    assert told(found(tmp_path, files)) == [("0 (1), 1 (2), 2 (3) and 2 more", [1, 2, 3, 4, 5])]


def test_times_since_the_beginning_of_one_file_are_not_those_of_another(tmp_path: Path) -> None:
    loaded = contract.load()
    pieces = []
    for name, at in (("a", "22:02:20"), ("b", "22:05:20")):
        entry = har_entry(url=f"https://emulator.test/v1/threads/{ONE}", began=f"2025-10-30T{at}.000Z")
        entry["request"]["method"] = "GET"
        recording = read(as_json(tmp_path / name, har(entry)))
        pieces += parts(Selection(recording, loaded), name)
    (trace,) = (one.trace() for one in group(pieces))
    assert [(exchange.number, exchange.started, exchange.ended) for exchange in trace.exchanges] == [
        (1, None, None),
        (2, None, None),
    ]


def test_empty_files_are_no_traces(tmp_path: Path) -> None:
    recording = read(as_json(tmp_path / "x", azure() | {"Entries": []}))
    for grouping in Grouping:
        assert list(parts(Selection(recording, contract.load()), "x", grouping)) == []


def test_projects_of_one_organization_do_not_see_each_others_objects(tmp_path: Path) -> None:
    rows = [
        asked(0, ONE, org="org", project="proj_1", made=True),
        asked(1, OTHER, org="org", project="proj_2", made=True),
        asked(2, ONE, org="org"),  # goes with its object
        asked(3, OTHER, org="org", project="proj_2"),
    ]
    assert [len(trace.exchanges) for trace in found(tmp_path, {"a": rows})] == [2, 2]


def test_other_clients_may_have_used_a_recorded_endpoint(tmp_path: Path) -> None:
    assert all(trace.shared for trace in found(tmp_path, {"a": [asked(0)], "b": [asked(1), asked(2)]}))
