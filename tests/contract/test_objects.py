from pathlib import Path

import pytest

from conformance import contract
from conformance.contract import BrokenContract
from conformance.contract.objects import load_objects

OBJECTS = contract.load().objects


def test_every_operation_that_is_named_is_one_of_the_contract() -> None:
    operations = contract.load().operations.by_id
    assert OBJECTS.answers.keys() <= operations.keys()


def test_every_operation_about_one_object_is_named() -> None:
    operations = contract.load().operations.by_id
    others = {"searchVectorStore", "downloadFile", "retrieveVectorStoreFileContent", "retrieveModel", "deleteModel"}
    about_one = {name for name in operations if not name.startswith("list")} - others
    assert about_one == OBJECTS.answers.keys()


def test_an_object_that_is_read_is_named_by_the_path() -> None:
    operations = contract.load().operations.by_id
    for name, answer in OBJECTS.answers.items():
        named = f"{{{answer.kind.parameter}}}" in operations[name].path
        assert named is not answer.creates or answer.kind.shared_ids, name


def test_what_a_deletion_answers_is_its_own_constant_except_for_files() -> None:
    assert OBJECTS.answers["deleteThread"].constants == ("thread.deleted",)
    assert OBJECTS.answers["deleteFile"].constants == ("file",)


@pytest.mark.parametrize("content", ["objects: {x: {colour: red}}", "objects: 1", "{}"])
def test_a_broken_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "objects.yaml"
    path.write_text(content)
    with pytest.raises(BrokenContract, match=r"objects\.yaml"):
        load_objects(path)
