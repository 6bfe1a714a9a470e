"""Requests out of the contract's schemas, made by schemathesis: positive ones keep a schema, negative ones break it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance import resources
from conformance.contract.openapi import Operation
from conformance.scenarios.form import Form
from conformance.wire.form import Part

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from schemathesis import BaseSchema, Case

MODES = ("positive", "negative")
LONG = 512
"""The longest text that is put in on purpose; by themselves, texts seldom have ten characters."""


@dataclass(frozen=True)
class Generated:
    """A request before its ids are put in.

    `strangers` are the path parameters that keep the value made up for them; the others name existing objects.
    """

    case: Case[Any]
    strangers: frozenset[str]
    text: tuple[str, int] | None = None
    """A member of the body that is to be a text of so many characters."""

    @property
    def body(self) -> Any:
        """The body made up, with the long text in it."""
        body = self.case.body
        return {**body, self.text[0]: "x" * self.text[1]} if self.text and isinstance(body, dict) else body

    @property
    def path_parameters(self) -> dict[str, str]:
        """The values made up for the path, as text."""
        return {name: _text(value) for name, value in self.case.path_parameters.items()}

    @property
    def query(self) -> dict[str, Any]:
        """The query, values as they go into the URL."""
        return {
            name: [_text(item) for item in value] if isinstance(value, list) else _text(value)
            for name, value in self.case.query.items()
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


def _bounded_texts(operation: Operation) -> list[tuple[str, int]]:
    """The members of a JSON body that are any text up to a bound, and the bound."""
    request = operation.request
    if request is None or request.name is None or request.media_type != "application/json":
        return []
    members = _document()["components"]["schemas"].get(request.name, {}).get("properties", {})
    free = {name: one for name, one in members.items() if not one.keys() & {"enum", "format", "pattern"}}
    return [(name, min(one["maxLength"], LONG)) for name, one in free.items() if "maxLength" in one]


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


def generated(operation: Operation, mode: str) -> SearchStrategy[Generated] | None:
    """Requests for one operation; None where the mode has none (nothing of a request without parameters is invalid)."""
    from hypothesis import strategies as st
    from schemathesis import GenerationMode

    described = _schema()[operation.path][operation.method]
    names = sorted(parameter.name for parameter in operation.parameters if parameter.location == "path")
    try:
        cases = described.as_strategy(generation_mode=GenerationMode(mode))
        if cases.is_empty:
            return None
    except Exception:  # schemathesis raises several kinds for an operation it can make nothing invalid of
        return None
    strangers = st.sets(st.sampled_from(names)) if names else st.just(set())
    rarely = st.integers(0, 5).flatmap(lambda n: strangers if n == 0 else st.just(set()))
    bounded = _bounded_texts(operation) if mode == "positive" else []
    long = [st.tuples(st.just(name), st.integers(1, bound)) for name, bound in bounded]
    return st.builds(Generated, cases, rarely.map(frozenset), st.one_of(st.none(), *long))
