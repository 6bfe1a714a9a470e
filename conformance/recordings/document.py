"""From the bytes of a file to a document, for files that nobody vouches for.

Nothing in a file is ever executed, and a small file cannot become a large document: aliases are counted at the size
they stand for, merge keys are refused, and nesting ends in an error instead of the C stack (`yaml.CSafeLoader` composes
recursively in C and crashes the process at some ten thousand levels, so only its parser is used here).
"""

from __future__ import annotations

import gc
import re
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer, ComposerError
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

from conformance.recordings.recording import Malformed
from conformance.trace.json import NotJson, parse_json

MAX_ALIASED = 64 * 1024 * 1024
"""Characters and values that the aliases of one document may stand for."""


def _plain(loader: Any, node: yaml.Node) -> Any:
    return loader.construct_scalar(node)


def _refuse(loader: Any, node: yaml.Node) -> Any:
    raise ConstructorError(None, None, f"the tag {node.tag}, which is never executed", node.start_mark)


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """libyaml's parser under PyYAML's own composer, for plain data only."""

    # A date inside a recorded body is text: JSON has no dates.
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML reads it from the class
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Resolver.yaml_implicit_resolvers.items()
    }

    yaml_constructors = {  # noqa: RUF012 - the same
        **SafeConstructor.yaml_constructors,
        "!binary": SafeConstructor.construct_yaml_binary,  # what Ruby's Psych writes
        "tag:yaml.org,2002:python/str": _plain,  # both from vcrpy of long ago
        "tag:yaml.org,2002:python/unicode": _plain,
        None: _refuse,
    }

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._size = 0
        self._aliased = 0
        self._anchored: dict[str, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            self._count_alias(event)
            return super().compose_node(parent, index)
        before = self._size
        self._size += 1 + (len(event.value) if isinstance(event, yaml.ScalarEvent) else 0)
        node = super().compose_node(parent, index)
        if event.anchor is not None:
            self._anchored[event.anchor] = self._size - before
        return node

    def _count_alias(self, event: Any) -> None:
        if event.anchor in self.anchors:
            stands_for = self._anchored.get(event.anchor)
            if stands_for is None:
                raise ComposerError(None, None, "an alias that contains itself", event.start_mark)
            self._size += stands_for
            self._aliased += stands_for
            if self._aliased > MAX_ALIASED:
                raise ComposerError(None, None, "aliases that stand for more than 64 MiB", event.start_mark)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise ConstructorError(None, None, "a merge key (<<), which no recording format has", key.start_mark)
            if key.tag == "tag:yaml.org,2002:value":
                key.tag = "tag:yaml.org,2002:str"


def load_yaml(text: str) -> Any:
    """The one document of a YAML text as plain data; raises `Malformed`."""
    # A tree of millions of small nodes makes the garbage collector take two thirds of the time and more than linear.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _load(text)
    finally:
        if collecting:
            gc.enable()


def _load(text: str) -> Any:
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        place = f" at line {mark.line + 1}" if mark is not None else ""
        raise Malformed(f"broken YAML: {problem.problem or problem.context}{place}") from None
    except RecursionError:
        raise Malformed("broken YAML: nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as problem:
        raise Malformed(f"broken YAML: {one_line(str(problem))}") from None


def load_json(text: bytes) -> Any:
    """The JSON value of a text; raises `Malformed`."""
    try:
        return parse_json(text)
    except NotJson as problem:
        raise Malformed(f"broken JSON: {one_line(str(problem))}") from None


def one_line(text: str, limit: int = 160) -> str:
    """A text shortened to one line that is safe to show."""
    flat = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text.encode("utf-8", "backslashreplace").decode()).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
