"""The OpenAPI document of the contract for its tests: read once, and walked."""

from collections.abc import Iterator
from typing import Any

from conformance.contract import resources
from conformance.contract.openapi import Document, Operations, mapping
from conformance.contract.schemas import Schemas

DOCUMENT = Document.load(resources.specs() / "assistants-v2.openapi.yaml")
OPERATIONS = Operations(DOCUMENT)
SCHEMAS = Schemas(DOCUMENT)


def nodes(node: Any, at: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping of the document with its place."""
    if isinstance(node, dict):
        yield at, node
        for key, value in node.items():
            yield from nodes(value, f"{at}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{at}/{index}")


def ids(node: dict[str, Any]) -> set[str]:
    """The requirement ids at a node; `properties` may hold a property of any name, so only texts and mappings count."""
    named = node.get("x-requirement")
    return {named} if isinstance(named, str) else set(mapping(named).values())
