"""Requests out of the contract's schemas, made by schemathesis: positive ones keep a schema, negative ones break it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from conformance import resources
from conformance.checks.limits import violations
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.fuzz.edges import Edge, edges, lengths
from conformance.scenarios.form import Form
from conformance.wire.exchange import Exchange, Headers, NotJson, Request
from conformance.wire.form import Part

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from schemathesis import BaseSchema, Case

MODES = ("positive", "negative")


@dataclass(frozen=True, repr=False)
class Generated:
    """A request before its ids are put in.

    `strangers` are the path parameters that keep the value made up for them; the others name existing objects.
    """

    case: Case[Any]
    strangers: frozenset[str]
    edge: Edge | None = None
    """A member that is at a bound, or beyond it."""

    @property
    def body(self) -> Any:
        """The body made up, with the edge in it."""
        body = self.case.body
        return self.edge.put(body) if self.edge and self.edge.location == "body" and isinstance(body, dict) else body

    @property
    def path_parameters(self) -> dict[str, str]:
        """The values made up for the path, as text."""
        return {name: unquote(_text(value)) for name, value in self.case.path_parameters.items()}

    @property
    def query(self) -> dict[str, Any]:
        """The query, values as they go into the URL."""
        query = dict(self.case.query)
        if self.edge and self.edge.location == "query":
            query = self.edge.put(query)
        return {
            name: [_text(item) for item in value] if isinstance(value, list) else _text(value)
            for name, value in query.items()
        }

    def content(self, body: Any) -> tuple[bytes | None, dict[str, str | None]]:
        """The bytes of a body, and the headers that go with them."""
        from schemathesis.core import NOT_SET

        if body is NOT_SET or isinstance(body, type(NOT_SET)):
            return None, {}
        if self.case.media_type == "multipart/form-data":
            form = _form(body)
            return form.content, {"Content-Type": form.media_type}
        if isinstance(body, bytes):
            return body, {}
        return json.dumps(body, default=str).encode("utf-8", "surrogatepass"), {}


def _form(body: Any) -> Form:
    """A multipart form with the members of an object, `a[b]` for those of one within; else a form without parts."""
    members = body.items() if isinstance(body, dict) else ()
    parts = []
    for name, value in members:
        within = {f"{name}[{key}]": item for key, item in value.items()} if isinstance(value, dict) else {}
        parts += [_part(str(key), item) for key, item in (within or {name: value}).items()]
    return Form(tuple(parts))


def _part(name: str, value: Any) -> Part:
    content = value if isinstance(value, bytes) else _text(value).encode("utf-8", "replace")
    return Part(name, content, "conformance.txt" if name == "file" else None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


@cache
def _document() -> dict[str, Any]:
    import yaml

    loaded = yaml.load((resources.specs() / "assistants-v2.openapi.yaml").read_bytes(), yaml.CSafeLoader)
    return dict(loaded)


@cache
def _schema() -> BaseSchema:
    from schemathesis.openapi import from_dict

    return from_dict(_closed(_document()))


def _closed(node: Any) -> Any:
    """The document with every object closed: whether an unknown member is refused is not what a right request asks."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if isinstance(closed.get("properties"), dict) and "object" in (closed.get("type") or ()):
        closed.setdefault("additionalProperties", False)
    return closed


def generated(operation: Operation, mode: str, contract: Contract) -> SearchStrategy[Generated] | None:
    """Requests for one operation; None where the mode has none (nothing of a request without parameters is invalid).

    What is wrong is made in two ways: by breaking a schema anywhere, and by taking a right request and putting one
    member beyond its bound. Where only the path can be wrong, it names what is not there.
    """
    from hypothesis import strategies as st
    from schemathesis import GenerationMode

    described = _schema()[operation.path][operation.method]
    right = described.as_strategy(generation_mode=GenerationMode.POSITIVE)
    names = sorted(parameter.name for parameter in operation.parameters if parameter.location == "path")
    strangers = st.sets(st.sampled_from(names), min_size=1) if names else st.just(set())
    told = [parameter for parameter in operation.parameters if parameter.location == "query"]
    if mode == "negative" and not told and operation.request is None:
        return st.builds(Generated, right, strangers.map(frozenset)) if names else None
    rarely = st.integers(0, 5).flatmap(lambda n: strangers if n == 0 else st.just(set())).map(frozenset)
    by_member: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges(operation, _document()):
        by_member.setdefault((edge.location, edge.name), []).append(edge)
    around = [st.sampled_from(those) for those in by_member.values()]
    if mode == "positive":
        around += [
            st.integers(1, bound).map(lambda length, name=name: Edge("body", name, "x" * length))  # type: ignore[misc]
            for name, bound in lengths(operation, _document())
        ]
        return st.builds(Generated, right, rarely, st.one_of(st.none(), *around)).filter(
            lambda example: not is_wrong(example, operation, contract)
        )
    wrong = [st.builds(Generated, right, rarely, st.one_of(*around))] if around else []
    try:
        broken = described.as_strategy(generation_mode=GenerationMode(mode))
        wrong += [] if broken.is_empty else [st.builds(Generated, broken, rarely)]
    except Exception:  # schemathesis raises several kinds for an operation it can make nothing invalid of
        wrong += []
    return st.one_of(*wrong).filter(lambda example: is_wrong(example, operation, contract)) if wrong else None


def is_wrong(example: Generated, operation: Operation, contract: Contract) -> bool:
    """Whether the contract says that a request is to be refused, whatever its ids are."""
    content, headers = example.content(example.body)
    fields = Headers(tuple((name, value or "") for name, value in headers.items()))
    query = urlencode(example.query, doseq=True, errors="replace")
    request = Request(operation.method, f"http://localhost{operation.path}?{query}", fields, content or b"")
    try:
        return any(True for _ in violations(Exchange(1, request, None), operation, contract))
    except NotJson:
        return True
