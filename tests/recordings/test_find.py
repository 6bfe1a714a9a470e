"""Which files of a folder are taken, in which order, and under which names."""

from pathlib import Path

from conformance.recordings import find
from conformance.recordings.find import find_named
from tests.recordings.documents import as_json, as_yaml, azure, vcrpy


def test_folders_are_walked_in_order_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    for name in (
        "b/2.yaml",
        "b/1.yml",
        "a/z.har",
        "a/y.jsonl",
        "a/x.JSON",
        ".git/c.yml",
        "a/.hidden.yml",
        "a/notes.md",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("anything")
    as_yaml(tmp_path / "a" / "cassette", vcrpy())
    as_json(tmp_path / "a" / "record.txt", azure())
    (tmp_path / "a" / "picture").write_bytes(b"\0interactions:")
    assert [path.relative_to(tmp_path).as_posix() for path in find([tmp_path])] == [
        "a/cassette",
        "a/record.txt",
        "a/x.JSON",
        "a/y.jsonl",
        "a/z.har",
        "b/1.yml",
        "b/2.yaml",
    ]


def test_what_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    hidden = tmp_path / ".hidden.txt"
    hidden.write_text("x")
    assert list(find([hidden, tmp_path / "missing"])) == [hidden, tmp_path / "missing"]


def test_links_that_turn_in_a_circle_end(tmp_path: Path) -> None:
    as_yaml(tmp_path / "x.yml", vcrpy())
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.yml").symlink_to(tmp_path / "gone")
    assert [path.name for path in find([tmp_path])] == ["dangling.yml", "x.yml"]


def test_names_are_below_the_folder_and_tell_files_apart(tmp_path: Path) -> None:
    for name in ("one/sub/x.yml", "two/sub/x.yml"):
        (tmp_path / name).parent.mkdir(parents=True)
        as_yaml(tmp_path / name, vcrpy())
    paths = [tmp_path / "one", tmp_path / "two", tmp_path / "one" / "sub" / "x.yml"]
    assert [name for _, name in find_named(paths)] == ["sub/x.yml", "two/sub/x.yml"]
