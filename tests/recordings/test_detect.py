"""What is no recording is told apart and named; hostile files end in an error, soon."""

import gzip
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.recordings import UnreadableRecording, detect, read
from conformance.recordings.recording import Malformed
from tests.recordings.documents import as_json, as_yaml, azure, base64_of, line
from tests.recordings.samples import BODY, SAMPLES, STREAM


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b" \n\t", "empty file"),
        (b"\xef\xbb\xbf", "empty file"),
        (b"PNG\0\x01", "a binary file"),
        (b"caf\xe9: 1", "not UTF-8 text \\(from line 1 on\\)"),
        (b"PK\x03\x04", "looks like a zip archive, and is broken"),
        (b"SQLite format 3\0", "looks like an SQLite database: export its exchanges as JSON lines"),
        (b"version: 3\nservices: {}\n", "YAML, but no recording format we know: docs/recordings.md lists what is read"),
        (b'{"name": "package"}', "JSON, but no recording format we know: docs/recordings.md"),
        (b'{"a": 1}\n{"a": 2}\n', "broken JSON: Extra data"),
        (b'{"openapi": "3.1.0", "paths": {}}', "looks like an OpenAPI document, not a recording"),
        (b'{"info": {}, "item": []}', "looks like a Postman collection"),
        (b'{"error": {"message": "no"}}', "looks like the body of an error without its request"),
        (b'data: {"object": "chat.completion.chunk"}\n\n', "an event stream, but none of runs .chat.completion.chunk"),
        (b"Dear reader,\nthis is a letter.\n", "plain text, not a recording"),
        (b"42", "a number, not a recording"),
        (b"a: [1\n", "broken YAML: did not find expected"),
        (b"a: 1\n---\nb: 2\n", "broken YAML: another document begins at line 2"),
        (b'{"Entries": "', "broken JSON"),
        (b"? {a: b}\n: c\n", "a name that is no text at line 1"),
        (b"[" * 10_000, "broken JSON: nested too deeply"),
        (b"- " * 100_000, "YAML, but no recording format we know"),
        (b"interactions: 1\ninteractions: 2\n", "two members named interactions at line 2"),
        (b'{"interactions": 1, "interactions": 2}', "an object with two members named interactions"),
    ],
)
def test_the_reason_is_named(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UnreadableRecording, match=reason) as caught:
        read(tmp_path / "x")
    assert caught.value.path == tmp_path / "x"
    assert "\n" not in caught.value.reason


LAUGHS = ["&a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
LAUGHS += [f"&a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
BAD_YAML = {
    "a tag that constructs": ("!!python/object/apply:os.system [ls]", "apply:os.system, which is never executed"),
    "a tag of Ruby's": (
        "!ruby/object:Gem::Installer {}",
        "the tag !ruby/object:Gem::Installer, which is never executed",
    ),
    "a merge key": ("{<<: {b: 1}}", "a merge key"),
    "a duplicate key": ("{b: 1, b: 2}", "two members named b"),
    "a number without end": ("9" * 10_000, "a number of 10,000 characters"),
    "broken base64": ("!!binary 'abc'", "a binary that is not base64"),
    "an alias that contains itself": ("&a [*a]", "an alias that contains itself"),
    "an alias of nothing": ("[*nothing]", "an alias of nothing"),
    "a billion laughs": (f"[{', '.join(LAUGHS)}]", "aliases that stand for more than 64 MiB"),
    "a long text repeated": (f"[&t {'x' * 100_000}, {', '.join(['*t'] * 1000)}]", "aliases that stand for more"),
    "nesting": ("[" * 5000 + "]" * 5000, "nested deeper than 64 levels"),
    "a name that is no text": ("{[1]: 2}", "a name that is no text"),
    "NaN": (".nan", "what JSON cannot"),
}
"""Values that may not stand in a body, as YAML, with the reason."""

PARSED = """\
interactions:
- request: {method: POST, uri: "http://x/v1/threads", body: null}
  response: {status: 200, headers: {}, parsed_body: [1, %s]}
- request: {method: POST, uri: "http://x/v1/threads", body: null}
  response: {status: 200, headers: {}, parsed_body: [1]}
"""


@pytest.mark.parametrize("name", BAD_YAML)
def test_one_bad_value_in_yaml_costs_its_answer(name: str) -> None:
    value, reason = BAD_YAML[name]
    bad, good = detect.read_rows((PARSED % value).encode(), "x").rows
    assert bad.exchange.response is None
    assert bad.remark.startswith("interaction 1: response: the parsed body holds ")
    assert reason in bad.remark
    assert good.exchange.response is not None
    assert good.exchange.response.json == [1]


BAD_JSON = {
    "a duplicate key": ('{"b": 1, "b": 2}', "an object with two members named b"),
    "NaN": ("NaN", "NaN, which is not JSON"),
    "infinity": ("[-Infinity]", "-Infinity, which is not JSON"),
    "a number beyond all": ("1e999", "what JSON cannot"),
}


@pytest.mark.parametrize("name", BAD_JSON)
@pytest.mark.parametrize("shape", ["[%s,\n%s]", "%s\n%s"], ids=["document", "lines"])
def test_one_bad_value_in_json_costs_its_answer(name: str, shape: str) -> None:
    value, reason = BAD_JSON[name]
    row = '{"method": "GET", "url": "http://x/v1/threads/t", "status": 200, "response_body": [1, %s]}'
    bad, good = detect.read_rows((shape % (row % value, row % 2)).encode(), "x").rows
    assert (bad.exchange.response, reason in bad.remark) == (None, True)
    assert good.exchange.response is not None
    assert good.exchange.response.json == [1, 2]


@pytest.mark.parametrize("bad", ["[" * 20_000 + "]" * 20_000, "9" * 5_000, "tru", '"\\x"'])
@pytest.mark.parametrize("shape", ["[%s,\n%s,\n%s]", "%s\n%s\n%s"], ids=["document", "lines"])
def test_one_broken_entry_in_json_costs_itself(bad: str, shape: str) -> None:
    row = '{"method": "GET", "url": "http://x/v1/threads/t", "status": 200, "response_body": %s}'
    found = detect.read_rows((shape % (row % 1, row % bad, row % 3)).encode(), "x")
    assert [one.exchange.response and one.exchange.response.json for one in found.rows] == [1, 3]
    assert " 2: broken JSON: " in found.broken[0]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "Playwright"])
def test_bytes_that_are_not_utf8_cost_their_entry(name: str) -> None:
    content = SAMPLES[name][1]
    at = content.lower().find(b"post")
    broken = content[:at] + b"\xe9\xff" + content[at + 2 :]
    found = detect.read_rows(broken, "x")
    assert not found.rows
    assert "has bytes that are not UTF-8" in found.broken[0]


def test_what_all_bodies_of_a_file_come_to_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "MAX_CONTENT", 250_000)
    bomb = line(response_text=None, response_base64=base64_of(gzip.compress(b"0" * 100_000)))
    bomb["response_headers"] = {"content-encoding": "gzip"}
    found = detect.read_rows("\n".join([json.dumps(bomb)] * 9).encode(), "x")
    assert len(found.rows) == 2
    assert found.broken == ["line 3: the bodies of the file come to more than 0 MiB"]


def test_a_body_that_is_too_long_costs_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.recordings.fields.MAX_BODY", 2**20)
    found = detect.read_rows(json.dumps(line(response_text="x" * (2**20 + 1))).encode(), "x")
    assert found.rows[0].remark == "exchange 1: response: the body is longer than 1 MiB"


def test_aliases_as_dumpers_write_them_are_read() -> None:
    content = (
        "headers: &h {Content-Type: [application/json]}\n"
        "interactions:\n"
        "- request: {method: GET, uri: http://x/v1/threads/t, headers: *h}\n"
        "  response: {status: 200, headers: *h, body: {string: '{}'}}\n"
    )
    (row,) = detect.read_rows(content.encode(), "x").rows
    assert row.exchange.response is not None
    assert row.exchange.response.headers == row.exchange.request.headers


def test_a_yaml_text_that_breaks_off_keeps_what_is_before(tmp_path: Path) -> None:
    text = PARSED % 2
    found = detect.read_rows((text + "- request: {method: 'GE").encode(), "x")
    assert len(found.rows) == 2
    assert found.broken[-1] == "broken YAML: found unexpected end of stream at line 6"


def test_where_strings_are_cut_nothing_takes_long() -> None:
    text = '{"Entries": [{"RequestBody": "' + '\\"id\\": ' * 100_000
    found = detect.read_rows(text.encode(), "x")
    assert found.broken[0].startswith("entry 1: broken JSON: ")


def test_folders_devices_and_missing_files_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in ((tmp_path, "a folder"), (tmp_path / "no", "no such file"), (tmp_path / "pipe", "or device")):
        with pytest.raises(UnreadableRecording, match=reason):
            read(path)


def test_a_file_of_great_size_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.recordings.MAX_FILE", 2**20)
    with (tmp_path / "x").open("wb") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(UnreadableRecording, match="larger than 1 MiB"):
        read(tmp_path / "x")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
CONTENTS = [content for _, content in SAMPLES.values()] + [BODY, STREAM]
GOOD = [yaml.safe_load(SAMPLES[name][1]) for name in SAMPLES if name not in ("vcrpy aiohttp", "vcrpy 0", "Playwright")]


def places(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] + [deeper for key, inner in items for deeper in places(inner, (*at, key))]


def changed(document: object, place: tuple[object, ...], value: object) -> object:
    """A copy of the document with another value at one place."""
    if not place:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)  # type: ignore[call-overload]
    copy[place[0]] = changed(copy[place[0]], place[1:], value)
    return copy


def looked_at(found: detect.Found) -> None:
    """What is asked of every row: that it can be told, and that what is told of the rest is one line."""
    for row in found.rows:
        assert row.exchange.label
        assert row.exchange.request.query is not None
    assert not any("\n" in reason or len(reason) > 240 for reason in found.broken)


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_any_value_at_any_place_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(GOOD))
    place = data.draw(st.sampled_from(places(document)))
    broken = changed(document, place, data.draw(VALUES))
    with suppress(Malformed):
        looked_at(detect.read_rows(yaml.safe_dump(broken).encode("utf-8", "replace"), "x"))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_refused(content: bytes) -> None:
    with suppress(Malformed):
        assert not detect.read_rows(content, "x").rows


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(CONTENTS), st.integers(0, 3000), st.integers(0, 3000))
def test_a_file_that_was_cut_anywhere_is_read_or_refused(content: bytes, start: int, length: int) -> None:
    with suppress(Malformed):
        looked_at(detect.read_rows(content[:start] + content[start + length :], "x"))


HOSTILE = (
    b"\xff",
    b"NaN",
    b"[" * 3000,
    b"9" * 5000,
    b"&a [*a]",
    b"!!python/object/new:x {}",
    b"\0",
    b"<<: ",
    b'"a":1,"a":',
)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(CONTENTS), st.integers(0, 3000), st.sampled_from(HOSTILE), st.booleans())
def test_hostile_bytes_anywhere_are_read_or_refused(content: bytes, at: int, hostile: bytes, packed: bool) -> None:
    broken = content[:at] + hostile + content[at:]
    with suppress(Malformed):
        looked_at(detect.read_rows(gzip.compress(broken) if packed else broken, "x"))


def test_one_broken_file_does_not_stop_the_next(tmp_path: Path) -> None:
    as_yaml(tmp_path / "a", {"interactions": {}})
    good = as_json(tmp_path / "b", azure())
    with pytest.raises(UnreadableRecording):
        read(tmp_path / "a")
    assert len(read(good).rows) == 1


def test_what_a_crash_leaves_in_a_file_costs_the_entry_it_is_in() -> None:
    row = json.dumps(line(response_text="x" * 70_000)).encode()
    found = detect.read_rows(row + b"\n" + b"\0" * 4096 + b"\n" + row + b"\n", "x")
    assert len(found.rows) == 2
    assert found.broken[0].startswith("line 2: broken JSON")
    text = PARSED % "x" + PARSED.partition("\n")[2].replace("POST", "GE\x07T") % "x"
    found = detect.read_rows(text.encode(), "x")
    assert [row.exchange.number for row in found.rows] == [1, 2]
    assert found.broken[0] == "interaction 3: method has bytes that are not UTF-8 text"


def test_an_archive_in_a_zip_is_bounded_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SAMPLES["Playwright"][1]
    for broken in (whole[:-30], whole[:60] + b"\xff" * 9 + whole[69:]):
        with pytest.raises(Malformed, match="looks like a zip archive, and is broken"):
            detect.read_rows(broken, "x")
    monkeypatch.setattr("conformance.recordings.encodings.MAX_BODY", 50)
    with pytest.raises(Malformed, match="packed with zip, and unpacks to more than 0 MiB"):
        detect.read_rows(whole, "x")


def test_what_a_service_says_between_its_exchanges_costs_its_lines() -> None:
    row = json.dumps(line(source=None))
    found = detect.read_rows(f"starting up\n{row}\n[warning] slow\n{row}\n".encode(), "x")
    assert [one.exchange.number for one in found.rows] == [1, 2]
    assert [reason.partition(":")[0] for reason in found.broken] == ["line 1", "line 3"]
