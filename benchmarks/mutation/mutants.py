"""The mutants of one module: mutmut's operators applied to its syntax tree, and a sample of them by seed.

mutmut's own runner leaves out decorated functions, which all checks are; so its operators are used, and not its runner.
"""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

_LEFT_OUT = (cst.Decorator, cst.Annotation, cst.Import, cst.ImportFrom)
"""What is not changed, beside the words of findings: names of checks, annotations (never evaluated) and imports."""


@dataclass(frozen=True)
class Mutant:
    """One changed module. `before` and `after` are the changed code; `line` is where it began in the original."""

    module: str
    path: Path
    function: str
    line: int
    before: str
    after: str
    nth: int
    source: str

    @property
    def name(self) -> str:
        """The same for the same change, wherever in the module the function stands."""
        which = f" #{self.nth}" if self.nth else ""
        return f"{self.function}: {self.before} -> {self.after}{which}"


@dataclass(frozen=True)
class _Site:
    node: cst.CSTNode
    operator: str
    changes: tuple[cst.CSTNode, ...]
    function: str
    line: int


class _Finder(cst.CSTVisitor):
    """Collects every place at which an operator changes something."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.sites: list[_Site] = []
        self._inside: list[str] = []
        self._words: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _LEFT_OUT) or node in self._words or _exports(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._inside.append(node.name.value)
        self._words.update(_words(node))
        line = self.get_metadata(PositionProvider, node).start.line if _has_place(node) else 0
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                changes = tuple(change for change in operator(node) if not _only_words(node, change))
                if changes:
                    where = ".".join(self._inside) or "module"
                    self.sites.append(_Site(node, operator.__name__, changes, where, line))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._inside.pop()


def _has_place(node: cst.CSTNode) -> bool:
    return isinstance(
        node, cst.BaseExpression | cst.BaseSmallStatement | cst.BaseCompoundStatement | cst.ComparisonTarget
    )


def _exports(node: cst.CSTNode) -> bool:
    """Whether this is the list of what a star import would take, which nobody does here."""
    return isinstance(node, cst.Assign) and cst.ensure_type(node.targets[0].target, cst.BaseExpression).deep_equals(
        cst.Name("__all__")
    )


def _words(node: cst.CSTNode) -> tuple[cst.Arg, ...]:
    """What a finding tells a reader, if this makes one: what was expected, and what was there."""
    makes = isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "Finding"
    return tuple(node.args[2:]) if makes else ()


def _only_words(node: cst.CSTNode, change: cst.CSTNode) -> bool:
    words = _words(node)
    return bool(words) and isinstance(change, cst.Call) and change.args[:2] == node.args[:2]


def mutants(module: str, path: Path, seed: int, most: int | None) -> tuple[list[Mutant], int]:
    """A sample of the mutants of a module, and among how many places it was drawn.

    Of several changes at one place (a word in capitals, in small letters, …) the seed draws one. The draw depends on
    the change alone, so that an edit elsewhere in the module leaves the rest of the sample as it is.
    """
    source = path.read_text()
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = _Finder()
    wrapper.visit(finder)
    plain = _meaning(source)
    drawn: list[tuple[str, _Site, cst.CSTNode, int]] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for site in finder.sites:
        before = _code(wrapper, site.node)
        place = (site.function, site.operator, before)
        nth, seen[place] = seen[place], seen[place] + 1
        ranked = sorted(
            (_rank(seed, module, *place, _code(wrapper, change), nth), at) for at, change in enumerate(site.changes)
        )
        drawn.append((ranked[0][0], site, site.changes[ranked[0][1]], nth))
    drawn.sort(key=lambda row: row[0])
    made: list[Mutant] = []
    for _, site, change, nth in drawn:
        if most is not None and len(made) >= most:
            break
        changed = wrapper.module.deep_replace(site.node, change)
        assert isinstance(changed, cst.Module)
        if (meaning := _meaning(changed.code)) is None or meaning == plain:
            continue
        before, after = _code(wrapper, site.node), _code(wrapper, change)
        made.append(Mutant(module, path, site.function, site.line, *_narrow(before, after), nth, changed.code))
    return made, len(drawn)


def _code(wrapper: MetadataWrapper, node: cst.CSTNode) -> str:
    return " ".join(wrapper.module.code_for_node(node).split())


def _narrow(before: str, after: str, around: int = 24) -> tuple[str, str]:
    """The part of two texts in which they differ, with some of what stands around it."""
    start = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    end = next(
        (
            at
            for at, (one, other) in enumerate(zip(reversed(before[start:]), reversed(after[start:]), strict=False))
            if one != other
        ),
        min(len(before), len(after)) - start,
    )
    start, end = max(start - around, 0), max(end - around, 0)
    return before[start : len(before) - end], after[start : len(after) - end]


def _rank(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _meaning(source: str) -> str | None:
    """What is left of a module once annotations are taken out; None where it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Name("int")
    return ast.dump(tree)


def _nodes(tree: ast.AST) -> Iterator[Any]:
    return iter(list(ast.walk(tree)))
