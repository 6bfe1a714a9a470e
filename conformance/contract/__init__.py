"""Typed access to the contract: what every part of the suite knows about the API, loaded once from specs/."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.contract import resources
from conformance.contract.requirements import Evidence, Level, Requirement, Source, load_requirements
from conformance.contract.yaml_files import BrokenContract

if TYPE_CHECKING:
    from conformance.contract.errors import KnownErrors
    from conformance.contract.grammar import Grammar
    from conformance.contract.lifecycles import Lifecycles
    from conformance.contract.objects import Objects
    from conformance.contract.openapi import Document, Operations
    from conformance.contract.schemas import Schemas
    from conformance.contract.values import Values

__all__ = ["BrokenContract", "Contract", "Evidence", "Level", "Requirement", "Source", "load"]


class Contract:
    """The contract under one folder of data files; each part is imported and read when it is first used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def document(self) -> Document:
        """The OpenAPI document."""
        from conformance.contract.openapi import Document

        return Document.load(self.folder / "assistants-v2.openapi.yaml")

    @cached_property
    def operations(self) -> Operations:
        """The operations of the API, and the routing of requests to them."""
        from conformance.contract.openapi import Operations

        return Operations(self.document)

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas of requests, responses and stream events."""
        from conformance.contract.schemas import Schemas

        return Schemas(self.document)

    @cached_property
    def values(self) -> Values:
        """When two values say the same, by the schemas of what they are."""
        from conformance.contract.values import Values

        return Values(self.document)

    @cached_property
    def requirements(self) -> dict[str, Requirement]:
        """The registry, by requirement id."""
        return load_requirements(self.folder / "requirements")

    @cached_property
    def lifecycles(self) -> Lifecycles:
        """The state machines of the objects that have a status."""
        from conformance.contract.lifecycles import load_lifecycles

        return load_lifecycles(self.folder / "lifecycles.yaml")

    @cached_property
    def grammar(self) -> Grammar:
        """The events of streams, and their order."""
        from conformance.contract.grammar import Grammar

        return Grammar(self.folder / "streams.yaml")

    @cached_property
    def objects(self) -> Objects:
        """The kinds of objects, by constant and by operation."""
        from conformance.contract.objects import load_objects

        return load_objects(self.folder / "objects.yaml")

    @cached_property
    def errors(self) -> KnownErrors:
        """The error answers the API is known to give, recognised by their message."""
        from conformance.contract.errors import load_errors

        return load_errors(self.folder / "errors.yaml")


@cache
def load() -> Contract:
    """The contract that ships with the suite."""
    return Contract(resources.specs())
