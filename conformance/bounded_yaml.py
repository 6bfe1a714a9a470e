"""The one reader of YAML that others wrote: recordings, scripts, documents to compare with.

Nothing in a text is ever executed, and a small text cannot become a large document: aliases are counted at the size
they stand for, and nesting ends in an error instead of the C stack (`yaml.CSafeLoader` composes recursively in C and
crashes the process at some ten thousand levels, so only its parser is used here).

`load` refuses a text that has any of it. `load_parts` reads what a recorder wrote, in which one bad place may not cost
the rest: what cannot be read there stands in the document as `Unread`, with the reason and the line.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer, ComposerError
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

MAX_ALIASED = 64 * 1024 * 1024
"""Characters and values that the aliases of one document may stand for."""
MAX_DEPTH = 64
"""Levels of nesting that are read of a document that is broken elsewhere, or nested too deeply for the rest to be."""


class NotYaml(ValueError):
    """A text that is not YAML, or has what is refused; the text says what, and in which line."""


@dataclass(frozen=True)
class Unread:
    """Stands in a document where it could not be read; `reason` says why, and where."""

    reason: str


class _Bounded(Composer, CParser, SafeConstructor, Resolver):
    """libyaml's parser under PyYAML's own composer, for plain data only."""

    # A date inside a recorded body is text: JSON has no dates.
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML reads it from the class
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Resolver.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str | bytes) -> None:
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
            if self._aliased + stands_for > MAX_ALIASED:
                raise ComposerError(None, None, "aliases that stand for more than 64 MiB", event.start_mark)
            self._size += stands_for
            self._aliased += stands_for


_TAG = "tag:yaml.org,2002:"
_UNREAD = "!conformance/unread"
_TEXTS = re.compile(r"tag:yaml\.org,2002:python/(?:str|unicode|object/(?:apply|new):[\w.]*\bistr)")
"""Tags of texts: those of vcrpy of long ago, and aiohttp's names of headers, which are texts without case."""
_LISTS = re.compile(r"tag:yaml\.org,2002:(?:python/(?:tuple|list|object/(?:apply|new):[\w.]*\bfrozenset)|set)")
"""Tags of lists: what vcrpy before its version 1 wrote of headers."""
_MAPS = re.compile(r"tag:yaml\.org,2002:python/(?:dict|object:vcr\.request\.(?:Request|HeadersDict))|!ruby/hash:[\w:]+")
"""Tags of mappings: vcrpy's own requests before its version 1, and Ruby's kinds of hashes."""


class _Parts(_Bounded):
    """Reads on where a value cannot be read, and puts `Unread` in its place."""

    def construct_plain(self, node: Any) -> Any:
        """A value whose tag no recorder's plain data have: texts, lists and mappings under another name, or unread."""
        if node.tag == _UNREAD:
            return Unread(node.value)
        if isinstance(node, yaml.SequenceNode) and _TEXTS.fullmatch(node.tag) and len(node.value) == 1:
            node = node.value[0]
            return self.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else _unread(node, "a broken text")
        if isinstance(node, yaml.ScalarNode) and (_TEXTS.fullmatch(node.tag) or node.tag == "!ruby/string"):
            return self.construct_scalar(node)
        if isinstance(node, yaml.SequenceNode) and _LISTS.fullmatch(node.tag):
            return self.construct_yaml_seq(node)
        if isinstance(node, yaml.MappingNode) and _MAPS.fullmatch(node.tag):
            return self.construct_members(node)
        return _unread(node, f"the tag {node.tag[:80]}, which is never executed")

    def construct_members(self, node: Any) -> Any:
        """A mapping, whose names must differ."""
        names = set()
        for key, _ in node.value:
            if key.tag == f"{_TAG}merge":
                return _unread(key, "a merge key (<<), which no recording format has")
            if key.tag == f"{_TAG}value":
                key.tag = f"{_TAG}str"
            if not isinstance(key, yaml.ScalarNode):
                if not _TEXTS.fullmatch(key.tag):
                    return _unread(key, "a name that is no text")
                continue
            if key.value in names:
                return _unread(key, f"two members named {key.value[:80]}")
            names.add(key.value)
        return self.construct_yaml_map(node)

    def construct_number(self, node: Any) -> Any:
        """A whole number, of as many digits as Python converts."""
        try:
            return self.construct_yaml_int(node)
        except ValueError:
            return _unread(node, f"a number of {len(node.value):,} characters")

    def construct_bytes(self, node: Any) -> Any:
        """A binary value."""
        try:
            return self.construct_yaml_binary(node)
        except ConstructorError:
            return _unread(node, "a binary that is not base64")

    yaml_constructors = {  # noqa: RUF012 - PyYAML reads it from the class
        **SafeConstructor.yaml_constructors,
        f"{_TAG}map": construct_members,
        f"{_TAG}int": construct_number,
        f"{_TAG}binary": construct_bytes,
        "!binary": construct_bytes,  # what Ruby's Psych writes
        None: construct_plain,
    }


class _Salvage(_Parts):
    """Reads what can be read of a text that is broken, or nested too deeply, by closing what is open where it ends."""

    def __init__(self, text: str | bytes) -> None:
        super().__init__(text)
        self.failure: str | None = None
        self._open: list[list[Any]] = []  # of each open collection: the class of its end, and how many nodes it has
        self._next: Any = None

    def peek_event(self) -> Any:
        if self._next is None:
            self._next = self._closing() if self.failure else self._read()
        return self._next

    def get_event(self) -> Any:
        event, self._next = self.peek_event(), None
        return event

    def check_event(self, *choices: Any) -> bool:
        return not choices or isinstance(self.peek_event(), choices)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()
        if not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
            return super().compose_node(parent, index)
        self.get_event()
        name = event.anchor
        mark: Any = event.start_mark
        try:
            if name not in self.anchors:
                raise ComposerError(None, None, "an alias of nothing", mark)
            self._count_alias(event)
        except ComposerError as problem:
            return yaml.ScalarNode(_UNREAD, _in_words(problem), mark, mark)
        return self.anchors[name]

    def _read(self) -> Any:
        try:
            event = CParser.get_event(self)
            if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent) and len(self._open) >= MAX_DEPTH:
                event = self._skipped(event)
        except (yaml.YAMLError, ValueError) as problem:
            if not self._open:
                raise
            self.failure = _in_words(problem)
            return self._closing()
        return self._counted(event)

    def _counted(self, event: Any) -> Any:
        if isinstance(event, yaml.NodeEvent) and self._open:
            self._open[-1][1] += 1
        if isinstance(event, yaml.SequenceStartEvent):
            self._open.append([yaml.SequenceEndEvent, 0])
        elif isinstance(event, yaml.MappingStartEvent):
            self._open.append([yaml.MappingEndEvent, 0])
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._open.pop()
        return event

    def _skipped(self, start: Any) -> Any:
        depth = 1
        while depth:
            event = CParser.get_event(self)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        return _unread_event(f"nested deeper than {MAX_DEPTH} levels at line {start.start_mark.line + 1}", start)

    def _closing(self) -> Any:
        if not self._open:
            return yaml.DocumentEndEvent()
        end, nodes = self._open[-1]
        if end is yaml.MappingEndEvent and nodes % 2:
            return self._counted(_unread_event(self.failure or "", None))
        return self._counted(end())


def _unread_event(reason: str, at: Any) -> Any:
    mark = at.start_mark if at is not None else None
    return yaml.ScalarEvent(None, _UNREAD, (False, False), reason, mark, mark)


def _unread(node: Any, reason: str) -> Unread:
    return Unread(f"{reason} at line {node.start_mark.line + 1}" if node.start_mark else reason)


def load(text: str | bytes) -> Any:
    """The one document of a text as plain data; raises `NotYaml`."""
    with _without_collecting(), _in_our_words():
        return _Bounded(text).get_single_data()


def load_parts(text: str) -> tuple[Any, str | None]:
    """(what can be read of a text, why it was not read to its end); raises `NotYaml` where nothing can be."""
    with _without_collecting():
        try:
            return _parts(_Parts(text))
        except (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError):
            pass
        with _in_our_words():
            salvage = _Salvage(text)
            document, rest = _parts(salvage)
            return document, salvage.failure or rest


def _parts(loader: _Parts) -> tuple[Any, str | None]:
    loader.get_event()  # the start of the stream
    if loader.check_event(yaml.StreamEndEvent):
        return None, None
    document = loader.construct_document(loader.compose_document())
    if isinstance(loader, _Salvage) and loader.failure:
        return document, loader.failure
    if loader.check_event(yaml.StreamEndEvent):
        return document, None
    following: Any = loader.peek_event()
    return document, f"another document begins at line {following.start_mark.line + 1}"


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A tree of millions of small nodes makes the garbage collector take two thirds of the time, and not linear."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise NotYaml("nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as problem:
        raise NotYaml(_in_words(problem)) from None


def _in_words(problem: Exception) -> str:
    if isinstance(problem, yaml.MarkedYAMLError):
        place = f" at line {problem.problem_mark.line + 1}" if problem.problem_mark is not None else ""
        return f"{problem.problem or problem.context}{place}"
    text = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", str(problem).encode("utf-8", "backslashreplace").decode()).strip()
    return text if len(text) <= 160 else f"{text[:159]}…"
