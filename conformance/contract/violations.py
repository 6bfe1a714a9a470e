"""Turns the validator's errors about a value into readable violations, one for each broken keyword."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from conformance.contract import json_pointer
from conformance.contract.formatting import (
    expected_and_actual,
    join_choices,
    join_types,
    json_literal,
    json_type,
    typed_literal,
)
from conformance.contract.openapi import Document, Node, constants, mapping, sequence
from conformance.contract.truncation import MAX_DEPTH

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

MAX_VIOLATIONS = 1000

_MAX_ALTERNATIVES = 4
_DISCRIMINATORS = ("event", "type", "object", "role")
# Steps of an evaluation path that lead to another schema for the same value.
_SAME_VALUE = ("$ref", "allOf", "anyOf", "oneOf", "then", "else")


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One broken keyword: where in the value, which keyword, what it expected, what was there.

    `requirement` is the id that the document names for that keyword, None where it names none. `member` is the member
    of the value that is missing, or the one that is too many.
    """

    pointer: str
    keyword: str
    expected: str
    actual: str
    requirement: str | None
    member: str | None = None


class ErrorTranslator:
    """Turns the validator's errors about one value into violations."""

    def __init__(self, document: Document, root: Node, value: Any, on: date | None) -> None:
        self._document = document
        self._root = root
        self._value = value
        self._on = on

    def all(self, errors: Iterator[ValidationError]) -> Iterator[SchemaViolation]:
        """The violations that errors stand for, at most `MAX_VIOLATIONS`.

        A value of the wrong type is not reported a second time for what else it is not.
        """
        found = list(islice((violation for error in errors for violation in self.of(error)), MAX_VIOLATIONS))
        mistyped = {violation.pointer for violation in found if violation.keyword == "type"}
        return (violation for violation in found if violation.keyword == "type" or violation.pointer not in mistyped)

    def of(self, error: ValidationError) -> Iterator[SchemaViolation]:
        """The violations that an error stands for: none where the day excuses it, several for a union's branch."""
        path, at = list(error.evaluation_path), list(error.instance_path)
        if path[-1:] == ["pattern"] and "x-id" in mapping(self._node(path[:-1])):
            return  # how an id looks is the affair of the endpoint that made it
        match error.kind.as_dict():
            case {"property": str(name)} if error.kind.name == "required":
                if not self._excused(path, name):
                    yield self._violation(
                        path, at, f"an object with {json_literal(name)}", f"no {json_literal(name)}", name
                    )
            case {"unexpected": list(names)}:
                shown = ", ".join(json_literal(name) for name in names[:5])
                only = names[0] if len(names) == 1 else None
                yield self._violation(path, at, "only the properties the contract knows", f"also {shown}", only)
            case {"context": list()} if error.kind.name in ("anyOf", "oneOf"):
                yield from self._union(error, path, at)
            case _ if error.kind.name == "propertyNames":
                yield self._name(error, path, at)
            case _:
                yield self._violation(path, at, *self._words(path, at))

    def _name(self, error: ValidationError, path: list[str | int], at: list[str | int]) -> SchemaViolation:
        inner: Any = getattr(error.kind, "error", None)
        inner_path = list(inner.evaluation_path) if inner is not None else path
        key = inner.instance if inner is not None else None
        expected, actual = expected_and_actual(str(inner_path[-1]), self._node(inner_path), key)
        return self._violation(inner_path, at, f"keys of {expected}", f"the key {json_literal(key)}: {actual}")

    def _words(self, path: list[str | int], at: list[str | int]) -> tuple[str, str]:
        return expected_and_actual(str(path[-1]) if path else "schema", self._node(path), self._instance(at))

    def _violation(
        self, path: list[str | int], at: list[str | int], expected: str, actual: str, member: str | None = None
    ) -> SchemaViolation:
        word = str(path[-1]) if path else "schema"
        return SchemaViolation(
            json_pointer.join(_walk(self._value, at)[0]), word, expected, actual, self._requirement(path, word), member
        )

    # ---- unions ------------------------------------------------------------------------------------------------------

    def _union(self, error: ValidationError, path: list[str | int], at: list[str | int]) -> Iterator[SchemaViolation]:
        """One readable account of a union that fits nowhere: the errors of the branch that was meant."""
        context: list[list[ValidationError]] = getattr(error.kind, "context", [])
        nodes = [self._document.resolve(branch) for branch in sequence(self._node(path))]
        value = self._instance(at)
        if any(not errors for errors in context):
            yield self._violation(path, at, "a value of exactly one form", f"{json_literal(value)}, which has several")
            return
        kind = json_type(value)
        fitting = [i for i, node in enumerate(nodes) if self._takes(node, kind) and i < len(context)]
        if not fitting:
            accepted = list(dict.fromkeys(name for node in nodes for name in self._kinds(node)))
            yield self._violation(path, at, join_types(accepted), typed_literal(value))
            return
        if len(fitting) > 1 and isinstance(value, dict):
            branches = self._discriminated(self._discriminator(path, nodes, fitting), nodes, fitting, value)
            if isinstance(branches, _Unknown):
                where = [*at, branches.name] if branches.name in value else at
                yield self._violation(path, where, branches.expected, branches.actual)
                return
            fitting = branches
        accounts = [[v for e in context[i] for v in self.of(e)] for i in fitting]
        shortest = min(accounts, key=len)
        alike = {(v.pointer, v.keyword) for account in accounts for v in account}
        if len(alike) == 1 and all(len(account) == 1 for account in accounts):
            expected = dict.fromkeys(account[0].expected for account in accounts[:_MAX_ALTERNATIVES])
            member = shortest[0].member if len(accounts) == 1 else None
            yield replace(shortest[0], expected=" or ".join(expected), member=member)
        else:
            yield from shortest

    def _discriminator(self, path: list[str | int], nodes: list[Node], fitting: list[int]) -> str | None:
        """The property that tells the branches of a union apart."""
        parent = mapping(self._node(path[:-1]))
        name = mapping(parent.get("discriminator")).get("propertyName")
        if isinstance(name, str):
            return name
        return next(
            (
                word
                for word in _DISCRIMINATORS
                if all(constants(mapping(mapping(nodes[i]).get("properties")).get(word)) for i in fitting)
            ),
            None,
        )

    def _discriminated(
        self, name: str | None, nodes: list[Node], fitting: list[int], value: dict[str, Any]
    ) -> list[int] | _Unknown:
        if name is None:
            return fitting
        words = {i: constants(mapping(mapping(nodes[i]).get("properties")).get(name)) for i in fitting}
        meant = [i for i in fitting if isinstance(value.get(name), str) and value[name] in words[i]]
        if meant:
            return meant
        known = join_choices(list(dict.fromkeys(word for group in words.values() for word in group)))
        if name not in value:
            return _Unknown(name, f"an object whose {json_literal(name)} is {known}", f"no {json_literal(name)}")
        return _Unknown(name, known, json_literal(value[name]))

    def _kinds(self, node: Node, depth: int = 0) -> list[str]:
        """The JSON types a branch takes; empty where it names none."""
        node = mapping(self._document.resolve(node))
        if "type" in node:
            named = node["type"]
            return [named] if isinstance(named, str) else [str(name) for name in sequence(named)]
        if "enum" in node or "const" in node:
            values = [*sequence(node.get("enum")), *([node["const"]] if "const" in node else [])]
            return list(dict.fromkeys(json_type(value) for value in values))
        if depth > MAX_DEPTH:
            return []
        branches = sequence(node.get("oneOf")) + sequence(node.get("anyOf")) + sequence(node.get("allOf"))
        return list(dict.fromkeys(kind for branch in branches for kind in self._kinds(branch, depth + 1)))

    def _takes(self, node: Node, kind: str) -> bool:
        kinds = self._kinds(node)
        return not kinds or kind in kinds or (kind == "integer" and "number" in kinds)

    # ---- the document along an error's path --------------------------------------------------------------------------

    def _steps(self, path: list[str | int]) -> Iterator[tuple[str | int, Node]]:
        """Each step of an evaluation path with the node it leads to; the root comes first, under an empty step."""
        node = self._root
        yield "", node
        for step in path:
            if step == "$ref":
                node = self._document.lookup(mapping(node).get("$ref"))
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                node = mapping(node).get(str(step))
            yield step, node

    def _node(self, path: list[str | int]) -> Node:
        *_, (_, node) = self._steps(path)
        return node

    def _requirement(self, path: list[str | int], keyword: str) -> str | None:
        """The id named for a keyword, or for all others (`*`), by its schema or by one around it for the same value."""
        nodes = [node for _, node in self._steps(path)]
        position = len(path) - 1
        while position >= 0:
            named = mapping(nodes[position]).get("x-requirement")
            found = mapping(named).get(keyword, mapping(named).get("*", named))
            if isinstance(found, str):
                return found
            position -= 1
            while position >= 0 and isinstance(path[position], int):
                position -= 1
            if position < 0 or path[position] not in _SAME_VALUE:
                return None
        return None

    def _excused(self, path: list[str | int], name: str) -> bool:
        """Whether a missing property was not yet sent on the day of the exchange."""
        node = mapping(mapping(self._node(path[:-1])).get("properties")).get(name)
        while isinstance(node, dict):
            since = node.get("x-since")
            if since is not None:
                return self._on is None or self._on < date.fromisoformat(str(since))
            node = self._document.lookup(node["$ref"]) if "$ref" in node else None
        return False

    def _instance(self, at: list[str | int]) -> Any:
        return _walk(self._value, at)[1]


def _walk(value: Any, at: list[str | int]) -> tuple[list[str], Any]:
    """The steps to the value at an error's path, and the value.

    The validator's paths lose something: a key of digits comes as a number (`007` as 7), an empty key not at all.
    """
    steps: list[str] = []
    for step in at:
        while isinstance(value, dict) and (key := _key(value, step)) is None and "" in value:
            steps.append("")
            value = value[""]
        if isinstance(value, dict):
            key = _key(value, step)
            steps.append(str(step) if key is None else key)
            value = None if key is None else value[key]
        elif isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value):
            steps.append(str(step))
            value = value[step]
        else:
            steps.append(str(step))
            value = None
    return steps, value


def _key(value: dict[str, Any], step: str | int) -> str | None:
    if str(step) in value:
        return str(step)
    digits = (key for key in value if key.removeprefix("+").lstrip("0") == str(step).lstrip("0"))
    return next(digits, None) if isinstance(step, int) else None


@dataclass(frozen=True)
class _Unknown:
    """No branch of a union is meant: the property that should tell, what it may say, what it says."""

    name: str
    expected: str
    actual: str
