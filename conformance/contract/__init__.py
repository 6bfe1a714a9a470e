"""Typed access to the contract: what every part of the suite knows about the API, loaded once from specs/."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path

from conformance.contract import resources
from conformance.contract.errors import KnownError, load_errors
from conformance.contract.grammar import Grammar
from conformance.contract.lifecycles import Lifecycles, load_lifecycles
from conformance.contract.objects import Objects, load_objects
from conformance.contract.openapi import Document, Operations
from conformance.contract.requirements import Evidence, Level, Requirement, Source, load_requirements
from conformance.contract.schemas import Schemas
from conformance.contract.yaml_files import BrokenContract

__all__ = ["BrokenContract", "Contract", "Evidence", "Level", "Requirement", "Source", "load"]


class Contract:
    """The contract under one folder of data files; each part is read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def document(self) -> Document:
        """The OpenAPI document."""
        return Document.load(self.folder / "assistants-v2.openapi.yaml")

    @cached_property
    def operations(self) -> Operations:
        """The operations of the surface, and the routing of requests to them."""
        return Operations(self.document)

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas of requests, responses and stream events."""
        return Schemas(self.document)

    @cached_property
    def requirements(self) -> dict[str, Requirement]:
        """The registry, by requirement id."""
        return load_requirements(self.folder / "requirements")

    @cached_property
    def lifecycles(self) -> Lifecycles:
        """The state machines of the objects that have a status."""
        return load_lifecycles(self.folder / "lifecycles.yaml")

    @cached_property
    def grammar(self) -> Grammar:
        """The events of streams, and their order."""
        return Grammar(self.folder / "streams.yaml")

    @cached_property
    def objects(self) -> Objects:
        """The kinds of objects, by constant and by operation."""
        return load_objects(self.folder / "objects.yaml")

    @cached_property
    def errors(self) -> tuple[KnownError, ...]:
        """The error answers the API is known to give, in the order in which they are recognised."""
        return load_errors(self.folder / "errors.yaml")


@cache
def load() -> Contract:
    """The contract that ships with the suite."""
    return Contract(resources.specs())
