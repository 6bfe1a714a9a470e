"""The OpenAPI document of the contract: its operations, and which of them a request is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from conformance.contract import json_pointer
from conformance.contract.yaml_files import BrokenContract, load_yaml

Node: TypeAlias = Any  # a node of the document: whatever YAML or JSON can hold

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EVENT_STREAM = "text/event-stream"
BETA_HEADER = "openai-beta"

_SCHEMAS = "#/components/schemas/"
_MAX_REF_CHAIN = 32
# What servers put before the surface: versions, product words, and Azure's deployment or project with its name.
_PREFIX_WORD = re.compile(
    r"/(?:v\d+(?:\.\d+)?(?:alpha|beta)?\d*|openai|api|beta|proxy|(?:deployments|projects)/[^/]+)(?=/)"
)
_MAX_PREFIX_WORDS = 6


class Beta(StrEnum):
    """Whether an operation wants the header `OpenAI-Beta: assistants=v2`."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    UNUSED = "unused"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation; `location` is `path`, `query` or `header`, `schema` a node of the document."""

    name: str
    location: str
    required: bool
    schema: Node


@dataclass(frozen=True)
class Body:
    """A request or response body: its media type, the schema, and the schema's name where it is a component."""

    media_type: str
    schema: Node
    name: str | None


@dataclass(frozen=True)
class Operation:
    """One operation of the surface.

    `path` is the template, without any base path. `request` and `response` (of status 200) are None where there is no
    body; for an operation that can also stream, `response` is the plain JSON one and `streams` is True. `paged_since`
    is the day before which a list had no pages and no order, None where it always had them. `request_open` is True
    where nothing tells whether a request without a body is taken as one that says nothing or is refused.
    """

    operation_id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    request: Body | None
    request_required: bool
    request_open: bool
    response: Body | None
    streams: bool
    beta: Beta
    paged_since: date | None = None

    @property
    def label(self) -> str:
        """Method and path template, as a reader would name the operation."""
        return f"{self.method} {self.path}"


class Route(NamedTuple):
    """The operation that a request is for, with the decoded values of its path parameters."""

    operation: Operation
    path_params: dict[str, str]


class Document:
    """A parsed OpenAPI 3.x document; references are followed within it."""

    def __init__(self, tree: dict[str, Node], path: Path) -> None:
        self.tree = tree
        self.path = path

    @classmethod
    def load(cls, path: Path) -> Document:
        """The document in a YAML file; raises `BrokenContract`."""
        tree = load_yaml(path)
        if not isinstance(tree, dict) or not isinstance(tree.get("paths"), dict):
            raise BrokenContract(path, "not an OpenAPI document: it has no mapping `paths`")
        return cls(tree, path)

    @cached_property
    def schemas(self) -> dict[str, Node]:
        """The component schemas by name."""
        found = mapping(mapping(self.tree.get("components")).get("schemas"))
        return {name: node for name, node in found.items() if isinstance(name, str)}

    def lookup(self, reference: object) -> Node:
        """What a reference within the document points at; None where it points at nothing."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        return json_pointer.resolve(self.tree, unquote(reference[1:]))

    def resolve(self, node: Node) -> Node:
        """The node itself, or what its chain of `$ref` ends at; None where that dangles or turns in a circle."""
        for _ in range(_MAX_REF_CHAIN):
            if not isinstance(node, dict) or "$ref" not in node:
                return node
            node = self.lookup(node["$ref"])
        return None

    def raw_operations(self) -> Iterator[tuple[str, str, dict[str, Node], dict[str, Node]]]:
        """(METHOD, path template, operation, path item) of every operation, in document order."""
        for template, item in mapping(self.tree.get("paths")).items():
            item = self.resolve(item)
            for method in METHODS:
                operation = mapping(item).get(method)
                if isinstance(template, str) and isinstance(operation, dict):
                    yield method.upper(), template, operation, item


def mapping(node: Node) -> dict[str, Node]:
    """The node where it is a mapping, else an empty one."""
    return node if isinstance(node, dict) else {}


def sequence(node: Node) -> list[Node]:
    """The node where it is a list, else an empty one."""
    return node if isinstance(node, list) else []


def ref_name(node: Node) -> str | None:
    """The name of the component schema that a `$ref` node points at, None for any other node."""
    reference = mapping(node).get("$ref")
    if isinstance(reference, str) and reference.startswith(_SCHEMAS):
        return reference.removeprefix(_SCHEMAS)
    return None


def constants(node: Node) -> list[str]:
    """The texts that a schema node's `const` or `enum` allows; empty where it has neither."""
    row = mapping(node)
    values = [row["const"]] if "const" in row else sequence(row.get("enum"))
    return [value for value in values if isinstance(value, str)]


class Operations:
    """The operations of the contract, and the routing of requests to them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # A poller asks for the same few URLs again and again; a hostile endpoint must not fill the memory.
        self._matched = lru_cache(maxsize=1024)(self._match)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    @cached_property
    def by_id(self) -> dict[str, Operation]:
        """Every operation by its operation id, in document order."""
        found: dict[str, Operation] = {}
        for method, template, operation, item in self._document.raw_operations():
            typed = self._operation(method, template, operation, item)
            if typed.operation_id in found:
                raise BrokenContract(self._document.path, f"operationId {typed.operation_id} stands there twice")
            found[typed.operation_id] = typed
        return found

    def match(self, method: str, path: str, base_path: str | None = None) -> Route | None:
        """The operation that a request is for; None where it is for none.

        `base_path` is the path under which the endpoint serves the surface (`/v1`). Where it is None, the surface is
        looked for behind any prefix made of version-like and product words: `/openai/threads` is on it, while
        `/v1/containers/x/files` is not.
        """
        return self._matched(method, path, base_path)

    def _match(self, method: str, path: str, base_path: str | None) -> Route | None:
        routers = self._routers.get(method.upper(), {})
        for rest in _surface_paths(path, base_path):
            router = routers.get(rest.count("/"))
            if router is not None and (route := router.match(rest)) is not None:
                return route
        return None

    def surface(self, path: str, base_path: str | None = None) -> bool:
        """Whether some operation, of whatever method, is served under this path."""
        return any(self.match(method, path, base_path) is not None for method in self._routers)

    @cached_property
    def _routers(self) -> dict[str, dict[int, _Router]]:
        """For each method, one router for each number of segments."""
        grouped: dict[str, dict[int, list[Operation]]] = {}
        for operation in self:
            grouped.setdefault(operation.method, {}).setdefault(operation.path.count("/"), []).append(operation)
        return {
            method: {length: _Router(operations) for length, operations in lengths.items()}
            for method, lengths in grouped.items()
        }

    def _operation(self, method: str, template: str, operation: Node, item: Node) -> Operation:
        document = self._document
        identifier = operation.get("operationId")
        if not isinstance(identifier, str):
            raise BrokenContract(document.path, f"{method} {template} has no operationId")
        parameters = tuple(self._parameters(operation, item))
        request = mapping(document.resolve(operation.get("requestBody")))
        responses = mapping(operation.get("responses"))
        content = mapping(mapping(document.resolve(responses.get("200"))).get("content"))
        beta = next((p for p in parameters if p.location == "header" and p.name.lower() == BETA_HEADER), None)
        return Operation(
            operation_id=identifier,
            method=method,
            path=template,
            parameters=parameters,
            request=_body(mapping(request.get("content"))),
            request_required=request.get("required") is True,
            request_open=request.get("x-absent") == "open",
            response=_body({kind: node for kind, node in content.items() if kind != EVENT_STREAM}),
            streams=EVENT_STREAM in content,
            beta=Beta.UNUSED if beta is None else Beta.REQUIRED if beta.required else Beta.OPTIONAL,
            paged_since=date.fromisoformat(operation["x-paged-since"]) if "x-paged-since" in operation else None,
        )

    def _parameters(self, operation: Node, item: Node) -> Iterator[Parameter]:
        """The parameters of an operation; its own ones replace those of its path."""
        found: dict[tuple[str, str], Parameter] = {}
        for node in sequence(item.get("parameters")) + sequence(operation.get("parameters")):
            row = mapping(self._document.resolve(node))
            name, location = str(row.get("name")), str(row.get("in"))
            found[location, name] = Parameter(name, location, row.get("required") is True, row.get("schema"))
        return iter(found.values())


class _Router:
    """Routes paths with the same number of segments; templates with fewer parameters come first.

    All templates are one pattern, in which an empty group at the end of each tells which one it was: `/threads/runs`
    must not be taken for the thread `runs`.
    """

    def __init__(self, operations: list[Operation]) -> None:
        patterns = []
        self._by_group: dict[int | None, tuple[Operation, tuple[tuple[str, int], ...]]] = {}
        groups = 0
        for operation in sorted(operations, key=lambda operation: operation.path.count("{")):
            parts = operation.path.split("/")
            names = tuple(part[1:-1] for part in parts if part.startswith("{"))
            patterns.append("/".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in parts) + "()")
            numbered = tuple(zip(names, range(groups + 1, groups + 1 + len(names)), strict=True))
            groups += len(names) + 1
            self._by_group[groups] = (operation, numbered)
        self._pattern = re.compile("|".join(patterns))

    def match(self, path: str) -> Route | None:
        """The operation whose template fits the path, and the values of its parameters."""
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        operation, parameters = self._by_group[found.lastindex]
        if "%" in path:
            return Route(operation, {name: unquote(found[group]) for name, group in parameters})
        return Route(operation, {name: found[group] for name, group in parameters})


def _surface_paths(path: str, base_path: str | None) -> Iterable[str]:
    """The parts of a path that may be a path of the API, without what servers put before it; the longest first."""
    if base_path is not None:
        base = base_path.rstrip("/")
        return (path[len(base) :],) if path.startswith(f"{base}/") else ()
    return _without_prefixes(path)


def _without_prefixes(path: str) -> Iterator[str]:
    cut = 0
    for _ in range(_MAX_PREFIX_WORDS + 1):
        yield path[cut:]
        word = _PREFIX_WORD.match(path, cut)
        if word is None:
            return
        cut = word.end()


def _body(content: dict[str, Node]) -> Body | None:
    for media_type, node in content.items():
        schema = mapping(node).get("schema")
        return Body(media_type, schema, ref_name(schema))
    return None
