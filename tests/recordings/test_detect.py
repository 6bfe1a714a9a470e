"""What is no recording is told apart and named; hostile files end in an error, soon."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.recordings import Row, UnreadableRecording, detect, read
from conformance.recordings.recording import Malformed
from tests.recordings.documents import as_json, as_yaml, azure, har, har_entry, line, ruby_vcr, vcrpy

EXPECTED = "expected one of vcrpy cassette, Ruby VCR cassette, Azure test proxy record, HTTP Archive, JSON lines of"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b" \n\t", "empty file"),
        (b"\xef\xbb\xbf", "empty file"),
        (b"PNG\0\x01", "a binary file"),
        (b"caf\xe9: 1", "not UTF-8 text \\(byte 0xe9 at 3\\)"),
        (gzip.compress(b"interactions: []", mtime=0), "packed with gzip; unpack it first"),
        (b"version: 3\nservices: {}\n", f"YAML, but no recording format we know: {EXPECTED}"),
        (b'{"name": "package"}', f"JSON, but no recording format we know: {EXPECTED}"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON lines, but no recording format we know"),
        (b"Dear reader,\nthis is a letter.\n", "plain text, expected one of"),
        (b"42", "a number, expected one of"),
        (b"a: [1\n", "broken YAML: did not find expected"),
        (b"a: 1\n---\nb: 2\n", "broken YAML: but found another document"),
        (b'{"Entries": [', "broken JSON"),
        (b"interactions: []\nx: !!python/object/apply:os.system [ls]\n", "which is never executed"),
        (b"interactions: []\nx: !ruby/object:Gem::Installer {}\n", "which is never executed"),
        (b"a: &a [1]\nb:\n  <<: *a\n", "a merge key"),
        (b"a: &a [*a]\n", "an alias that contains itself"),
        (b"? {a: b}\n: c\n", "broken YAML"),
        (b"[" * 10_000, "broken JSON: nested too deeply"),
        (b'{"Entries":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "broken JSON: nested too deeply"),
        (b"interactions: " + b"[" * 100_000, "broken YAML: nested too deeply"),
        (b"- " * 100_000, "broken YAML: nested too deeply"),
        (b"version: " + b"9" * 10_000, "broken YAML"),
    ],
)
def test_the_reason_is_named(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UnreadableRecording, match=reason) as caught:
        read(tmp_path / "x")
    assert caught.value.path == tmp_path / "x"
    assert "\n" not in caught.value.reason


def test_a_billion_laughs_are_refused_by_what_they_stand_for() -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(Malformed, match="aliases that stand for more than 64 MiB"):
        detect.read_rows("\n".join(lines).encode(), "x")


def test_a_long_text_repeated_by_aliases_is_refused() -> None:
    content = f"text: &t {'x' * 100_000}\nlist: [{', '.join(['*t'] * 1000)}]"
    with pytest.raises(Malformed, match="aliases that stand for more"):
        detect.read_rows(content.encode(), "x")


def test_aliases_as_dumpers_write_them_are_read() -> None:
    content = (
        "headers: &h {Content-Type: [application/json]}\n"
        "interactions:\n"
        "- request: {method: GET, uri: http://x/v1/threads/t, headers: *h}\n"
        "  response: {status: 200, headers: *h, body: {string: '{}'}}\n"
    )
    _, rows, _ = detect.read_rows(content.encode(), "x")
    assert rows[0].exchange.response is not None
    assert rows[0].exchange.response.headers == rows[0].exchange.request.headers


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
GOOD = [vcrpy(), ruby_vcr(), azure(), har(har_entry()), line()]


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


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_value_at_any_place_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(GOOD))
    place = data.draw(st.sampled_from(places(document)))
    broken = changed(document, place, data.draw(VALUES))
    rows: tuple[Row, ...] = ()
    with suppress(Malformed):
        _, rows, _ = detect.read_rows(yaml.safe_dump(broken).encode("utf-8", "replace"), "x")
    for row in rows:
        assert row.exchange.label
        assert row.exchange.request.query is not None


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        detect.read_rows(content, "x")


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(GOOD), st.integers(0, 2000), st.integers(0, 2000))
def test_a_file_that_was_cut_anywhere_is_read_or_refused(document: object, start: int, length: int) -> None:
    text = json.dumps(document).encode()
    with suppress(Malformed):
        name, rows, _ = detect.read_rows(text[:start] + text[start + length :], "x")
        assert name
        assert rows


def test_one_broken_file_does_not_stop_the_next(tmp_path: Path) -> None:
    as_yaml(tmp_path / "a", {"interactions": [{}]})
    good = as_json(tmp_path / "b", azure())
    with pytest.raises(UnreadableRecording):
        read(tmp_path / "a")
    assert len(read(good).rows) == 1
