"""The kinds of objects: what identifies them, and which operations answer with one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.contract.yaml_files import BrokenContract, load_yaml


@dataclass(frozen=True)
class ObjectKind:
    """One kind of object.

    `constants` is what `object` may say, `parameter` the path parameter that names one. `created_by` and `answered_by`
    are operation ids; `deleted_by` maps them to what `object` says in the answer to a deletion. `references` are the
    members that hold ids of other objects. `created_at_drift` is in seconds. With `shared_ids` the id is another
    object's.
    """

    name: str
    constants: tuple[str, ...]
    prefixes: tuple[str, ...]
    parameter: str
    created_by: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()
    deleted_by: tuple[tuple[str, str], ...] = ()
    references: tuple[str, ...] = ()
    created_at_drift: int = 0
    shared_ids: bool = False


@dataclass(frozen=True)
class Answer:
    """What an operation answers with: an object of this kind, under one of these constants."""

    kind: ObjectKind
    constants: tuple[str, ...]
    creates: bool = False


class Objects:
    """Every kind of object, by the constant it carries and by the operations that answer with it."""

    def __init__(self, kinds: tuple[ObjectKind, ...]) -> None:
        self.kinds = kinds
        self.by_constant = {constant: kind for kind in kinds for constant in kind.constants}
        self.answers: dict[str, Answer] = {}
        for kind in kinds:
            self.answers |= {operation: Answer(kind, kind.constants, creates=True) for operation in kind.created_by}
            self.answers |= {operation: Answer(kind, kind.constants) for operation in kind.answered_by}
            self.answers |= {operation: Answer(kind, (constant,)) for operation, constant in kind.deleted_by}


def load_objects(path: Path) -> Objects:
    """The kinds of a file; raises `BrokenContract`."""
    document = load_yaml(path)
    try:
        return Objects(tuple(_kind(name, row) for name, row in document["objects"].items()))
    except (KeyError, TypeError, AttributeError) as problem:
        raise BrokenContract(path, f"{type(problem).__name__}: {problem}") from problem


def _kind(name: str, row: dict[str, Any]) -> ObjectKind:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    values["deleted_by"] = tuple(row.get("deleted_by", {}).items())
    return ObjectKind(name=name, **values)
