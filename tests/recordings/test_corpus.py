"""The readers against the real recordings: everything is read, and both collections tell the same."""

from collections import Counter

from conformance.recordings import Row, find, read
from tests.recordings.corpus import folder


def rows(name: str) -> dict[tuple[str, int], Row]:
    """Every row of a folder, by cassette (file name) and number."""
    return {
        (row.label.rpartition("/")[2], row.exchange.number): row
        for path in find([folder(name)])
        for row in read(path).rows
    }


def test_every_raw_file_is_read_in_its_format() -> None:
    formats: Counter[str] = Counter()
    for path in find([folder("raw")]):
        recording = read(path)
        formats[path.suffix, recording.format] += 1
        assert recording.session is None
    assert set(formats) == {
        (".yml", "VCR cassette (Ruby or R)"),
        (".yaml", "vcrpy cassette"),
        (".json", "Azure test proxy record"),
    }
    assert formats.total() == sum(1 for path in folder("raw").rglob("*") if path.is_file())


def test_every_line_of_the_normalised_rows_is_read() -> None:
    for path in find([folder("exchanges")]):
        assert len(read(path).rows) == len(path.read_text().splitlines())


def test_both_collections_tell_the_same_of_each_exchange() -> None:
    raw, normalised = rows("raw"), rows("exchanges")
    assert not normalised.keys() - raw.keys()
    foreign = [raw[key].exchange.request.path for key in raw.keys() - normalised.keys()]
    assert set(foreign) == {"/v1/responses"}  # another API, which the collector left out
    for key, row in normalised.items():
        ours = raw[key]
        assert (ours.api_version, ours.handwritten, ours.exchange.date) == (
            row.api_version,
            row.handwritten,
            row.exchange.date,
        ), key
        assert ours.exchange.request.url == row.exchange.request.url
        assert ours.exchange.response is not None
        assert row.exchange.response is not None
        assert ours.exchange.response.status == row.exchange.response.status
        if ours.exchange.response.body != row.exchange.response.body:  # parsed by one of the two recorders
            assert ours.exchange.response.json == row.exchange.response.json


def test_exactly_the_hand_written_cassettes_are_seen_as_such() -> None:
    found = {cassette: row.remark for (cassette, _), row in rows("raw").items() if row.handwritten}
    assert set(found) == {"vector_stores_search.yml", "vector_stores_search_setup.yml"}
    assert set(found.values()) == {"hand-written: x-request-id has not the form that the service issues"}


def test_streams_come_whole() -> None:
    streams = [row.exchange.response for row in rows("raw").values() if row.exchange.response.is_stream]  # type: ignore[union-attr]
    assert len(streams) == 9
    for stream in streams:
        assert stream is not None
        assert all(event.closed for event in stream.events)
        assert stream.events[-1].is_done or stream.events[-1].name == "response.completed"
