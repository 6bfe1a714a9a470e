"""Reads OpenAPI documents written by others, which may be broken in any way."""

from pathlib import Path
from typing import Any

import orjson

from conformance import bounded_yaml
from conformance.contract.openapi import Document


class UnreadableDocument(Exception):
    """A file that cannot be compared with: which one, and why."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def read_document(path: Path) -> Document:
    """The OpenAPI 3.x document in a JSON or YAML file; raises `UnreadableDocument`."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UnreadableDocument(path, problem.strerror or "cannot be read") from None
    return document_of(content, path)


def document_of(content: bytes, path: Path | str) -> Document:
    """The OpenAPI 3.x document in the content of a file or an answer; raises `UnreadableDocument`."""
    tree = _parsed(content, path)
    if not isinstance(tree, dict):
        raise UnreadableDocument(path, "not an OpenAPI document: its root is no mapping")
    if "swagger" in tree:
        raise UnreadableDocument(path, "Swagger 2, not OpenAPI 3: convert it first")
    if not str(tree.get("openapi", "")).startswith("3."):
        raise UnreadableDocument(path, "not an OpenAPI 3 document: it has no `openapi: 3.x`")
    if not isinstance(tree.get("paths"), dict):
        raise UnreadableDocument(path, "it has no mapping `paths`")
    return Document(tree, Path(path))


def _parsed(content: bytes, path: Path | str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass  # YAML, or broken: the reader of YAML, which takes all JSON too, says what is wrong with it
    try:
        return bounded_yaml.load(content)
    except bounded_yaml.NotYaml as problem:
        raise UnreadableDocument(path, f"neither JSON nor YAML: {problem}") from None
