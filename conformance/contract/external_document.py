"""Reads OpenAPI documents written by others, which may be broken in any way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from conformance.contract.openapi import Document


class UnreadableDocument(Exception):
    """A file that cannot be compared with: which one, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """libyaml's parser under PyYAML's own composer, which ends deep nesting in an error; libyaml's ends the process."""

    def __init__(self, content: bytes) -> None:
        CParser.__init__(self, content)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)


def read_document(path: Path) -> Document:
    """The OpenAPI 3.x document in a JSON or YAML file; raises `UnreadableDocument`."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UnreadableDocument(path, problem.strerror or "cannot be read") from None
    tree = _parsed(content, path)
    if not isinstance(tree, dict):
        raise UnreadableDocument(path, "not an OpenAPI document: its root is no mapping")
    if "swagger" in tree:
        raise UnreadableDocument(path, "Swagger 2, not OpenAPI 3: convert it first")
    if not str(tree.get("openapi", "")).startswith("3."):
        raise UnreadableDocument(path, "not an OpenAPI 3 document: it has no `openapi: 3.x`")
    if not isinstance(tree.get("paths"), dict):
        raise UnreadableDocument(path, "it has no mapping `paths`")
    return Document(tree, path)


def _parsed(content: bytes, path: Path) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass  # YAML, or broken: the reader of YAML, which takes all JSON too, says what is wrong with it
    try:
        return _Loader(content).get_single_data()
    except RecursionError:
        raise UnreadableDocument(path, "nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as problem:
        raise UnreadableDocument(path, f"neither JSON nor YAML: {' '.join(str(problem).split())}") from None
