"""Requests out of the contract's schemas, made by schemathesis: positive ones keep a schema, negative ones break it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from conformance.contract import Contract, load
from conformance.contract.openapi import Operation, mapping
from conformance.contract.schemas import SchemaViolation
from conformance.scenarios.kit.multipart import Form
from conformance.trace.exchange import Exchange, Headers, Request
from conformance.trace.form import Part
from conformance.trace.json import NotJson
from conformance.trace.validity import request_violations

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from schemathesis import BaseSchema, Case

MODES = ("positive", "negative")
MAX_FREE_LENGTH = 512
"""The longest text that is made at random."""


class Nothing:
    """In the place of a body: none is sent."""


NOTHING = Nothing()


@dataclass(frozen=True, repr=False)
class GeneratedRequest:
    """A request before its ids are put in.

    `fabricated` are the path parameters with a value made up for them; the others name existing objects.
    """

    body: Any
    query: dict[str, Any]
    media_type: str | None
    fabricated: dict[str, str]

    @classmethod
    def of(
        cls, case: Case[Any], members: dict[str, Any] | None = None, fabricated: frozenset[str] = frozenset()
    ) -> GeneratedRequest:
        """A case of schemathesis, with some members of its body replaced."""
        from schemathesis.core import NOT_SET

        body: Any = NOTHING if isinstance(case.body, type(NOT_SET)) else case.body
        if members and isinstance(body, dict):
            body = {**body, **members}
        made_up = {name: unquote(_text(value)) for name, value in case.path_parameters.items() if name in fabricated}
        told = {
            name: [_text(item) for item in value] if isinstance(value, list) else _text(value)
            for name, value in case.query.items()
        }
        return cls(body, told, case.media_type, made_up)

    def content(self, body: Any) -> tuple[bytes | None, dict[str, str | None]]:
        """The bytes of a body, and the headers that go with them."""
        if isinstance(body, Nothing):
            return None, {}
        if self.media_type == "multipart/form-data":
            form = _form(body)
            return form.content, {"Content-Type": form.media_type}
        if isinstance(body, bytes):
            return body, {}
        return json.dumps(body, default=str).encode("utf-8", "surrogatepass"), {}

    def broken(self, body: Any, operation: Operation, contract: Contract) -> list[SchemaViolation] | None:
        """How the request breaks the contract with this body, whatever its ids are; None where the body is no JSON."""
        content, headers = self.content(body)
        fields = Headers(tuple((name, value or "") for name, value in headers.items()))
        query = urlencode(self.query, doseq=True, errors="replace")
        request = Request(operation.method, f"http://localhost{operation.path}?{query}", fields, content or b"")
        try:
            return list(request_violations(Exchange(1, request, None), operation, contract))
        except NotJson:
            return None

    def is_wrong(self, operation: Operation, contract: Contract) -> bool:
        """Whether the contract says that the request is to be refused."""
        return self.broken(self.body, operation, contract) != []


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
def schema() -> BaseSchema:
    """The contract's document as schemathesis makes requests of it."""
    from schemathesis.openapi import from_dict

    return from_dict(_documented(load().document.tree))


def _documented(node: Any) -> Any:
    """The document without the nulls that it leaves open: whether they are taken is not what a right request asks."""
    if isinstance(node, list):
        return [_documented(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("x-null") == "open":
        node = {
            word: [one for one in value if one not in (None, "null", {"type": "null"})]
            if word in ("type", "enum", "anyOf") and isinstance(value, list)
            else value
            for word, value in node.items()
        }
    return {key: _documented(value) for key, value in node.items()}


def random_requests(operation: Operation, mode: str, contract: Contract) -> SearchStrategy[GeneratedRequest] | None:
    """Requests for one operation, at random; None where the mode has none.

    Where only the path can be wrong, it names what is not there. By themselves texts seldom have ten characters, so one
    member of a right request may get a text of any length that its bound allows, the shortest first.
    """
    from hypothesis import strategies as st
    from schemathesis import GenerationMode

    described = schema()[operation.path][operation.method]
    right = described.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not has_members(operation):
        names = sorted(parameter.name for parameter in operation.parameters if parameter.location == "path")
        if mode == "positive":
            return st.just(GeneratedRequest(NOTHING, {}, None, {}))
        fabricated = st.sets(st.sampled_from(names or [""]), min_size=1).map(frozenset)
        return st.builds(GeneratedRequest.of, right, st.none(), fabricated) if names else None
    if mode == "positive":
        texts = [
            st.integers(1, bound).map(lambda length, name=name: {name: "x" * length})  # type: ignore[misc]
            for name, bound in _longest_texts(operation, contract)
        ]
        made = st.builds(GeneratedRequest.of, right, st.one_of(st.none(), *texts))
    else:
        try:
            broken = described.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        except Exception:  # schemathesis raises several kinds for an operation it can make nothing invalid of
            return None
        made = st.builds(GeneratedRequest.of, broken)
    return made.filter(lambda example: example.is_wrong(operation, contract) == (mode == "negative"))


def _longest_texts(operation: Operation, contract: Contract) -> Iterator[tuple[str, int]]:
    """The members of a body that are any text up to a bound, and the bound, which is cut at `MAX_FREE_LENGTH`."""
    wanted = operation.request
    if wanted is not None and wanted.media_type == "application/json":
        for name, node in mapping(contract.document.resolve(wanted.schema)).get("properties", {}).items():
            if (longest := mapping(contract.document.resolve(node)).get("maxLength")) is not None:
                yield name, min(longest, MAX_FREE_LENGTH)


def has_members(operation: Operation) -> bool:
    """Whether a request for the operation says anything besides its path."""
    return operation.request is not None or any(one.location == "query" for one in operation.parameters)
