"""The cleanup ledger: what it remembers, also when it was cut short."""

from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import contract
from conformance.client.cleanup import address
from conformance.client.ledger import DELETIONS, Ledger, compact, read


def test_every_deletion_is_an_operation_with_that_parameter() -> None:
    operations = contract.load().operations.by_id
    for made, (deletion, parameter, _) in DELETIONS.items():
        assert made in operations
        assert operations[deletion].method == "DELETE"
        assert f"{{{parameter}}}" in operations[deletion].path


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "leftovers.jsonl"
    book = Ledger("http://one.invalid/v1", path)
    book.made("createThread", {"id": "thread_1"})
    book.made("createAssistant", {"id": "asst_1"})
    book.made("createThreadAndRun", {"id": "run_1", "thread_id": "thread_2"})
    assert [left.id for left in book.leftovers] == ["thread_2", "asst_1", "thread_1"]
    for left in book.leftovers[:2]:
        book.gone(left)
    assert [left.id for left in read(path)] == ["thread_1"]
    book.gone(book.leftovers[0])
    assert compact(path) == []
    assert not path.exists()


@pytest.mark.parametrize("value", [None, [], "x", {}, {"id": None}, {"id": 3}, {"id": ""}, {"thread_id": "thread_1"}])
def test_answers_without_an_id_are_not_remembered(value: Any) -> None:
    book = Ledger("http://one.invalid/v1")
    book.made("createThread", value)
    assert book.leftovers == []


@given(names=st.lists(st.text(min_size=1, max_size=8), max_size=6, unique=True), cut=st.integers(0, 400))
def test_a_ledger_cut_anywhere_is_read_up_to_there(
    names: list[str], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "leftovers.jsonl"
    book = Ledger("http://one.invalid/v1", path)
    for name in names:
        book.made("createThread", {"id": name})
    whole = path.read_bytes() if names else b""
    path.write_bytes(whole[:cut])
    ends = accumulate(len(line) for line in whole.splitlines(keepends=True))
    assert [left.id for left in read(path)] == names[: sum(end - 1 <= cut for end in ends)]


@given(st.text(min_size=1, max_size=12))
def test_an_id_never_leaves_its_place_in_the_path(name: str) -> None:
    _, path = address(contract.load(), "deleteThread", {"thread_id": name})
    assert path.startswith("/threads/")
    assert path.count("/") == 2
    assert unquote(path.removeprefix("/threads/")) == name
    assert path.removeprefix("/threads/") not in (".", "..")


def test_half_a_character_in_an_id_is_remembered_and_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "leftovers.jsonl"
    Ledger("http://one.invalid/v1", path).made("createThread", {"id": "thread_\ud83d"})
    (left,) = read(path)
    assert left.id == "thread_\ud83d"
    assert address(contract.load(), left.deletion, {left.parameter: left.id})[1] == "/threads/thread_%ED%A0%BD"
