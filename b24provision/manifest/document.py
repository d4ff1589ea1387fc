"""One YAML file as a tree that remembers where everything stands.

Owns the nodes and the way from a path (`("entities", "dish", "name")`) to a line and column. It
knows neither how YAML is read nor what the tree means. Keys are text, whatever they look like:
each one names something, and `1:` names it "1".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b24provision.manifest import scalars
from b24provision.problem import Problem, Source

Path = tuple[str | int, ...]
"""Keys and list indices from the root of a document to a value."""


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A text as written. A `plain` one, without quotes, may stand for a number, truth value or null."""

    line: int
    column: int
    text: str
    plain: bool = False

    @property
    def value(self) -> scalars.Value:
        """The text, or what it stands for."""
        return scalars.resolve(self.text) if self.plain else self.text


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    line: int
    column: int
    items: Sequence["Node"]


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values, in file order, merge keys resolved."""

    line: int
    column: int
    entries: Mapping[str, "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: ScalarNode
    value: "Node"


Node = ScalarNode | SequenceNode | MappingNode


def plain_data(node: Node) -> Any:
    """Give the node as dicts, lists and scalars."""
    match node:
        case ScalarNode():
            return node.value
        case SequenceNode():
            return [plain_data(item) for item in node.items]
        case MappingNode():
            return {key: plain_data(entry.value) for key, entry in node.entries.items()}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's tree, or the problems that kept it from becoming one, or both.

    `root` is None when the text cannot be read at all. `lines` are those of the text as written.
    """

    name: str
    lines: Sequence[str]
    root: Node | None
    problems: Sequence[Problem] = ()

    def source(self, path: Path) -> Source:
        """Tell where a value begins: at its key if nothing is written, at its parent if it is missing."""
        key, value = self._find(path)
        if key is not None and isinstance(value, ScalarNode) and value.plain and not value.text:
            return self._at(key)
        return self._at(value)

    def key_source(self, path: Path) -> Source:
        """Tell where the key of a value stands, or the value itself when it is an item of a list."""
        key, value = self._find(path)
        return self._at(value if key is None else key)

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """Make a problem of the value at `path`, or of its key."""
        source = self.key_source(path) if at_key else self.source(path)
        return Problem(source, dotted(path), message, self.excerpt(source.line))

    def excerpt(self, line: int) -> str | None:
        """Give a line as written, without its end. Lines count from 1."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else None

    def _find(self, path: Path) -> tuple[ScalarNode | None, Node | None]:
        key: ScalarNode | None = None
        node = self.root
        for step in path:
            if isinstance(node, MappingNode) and step in node.entries:
                entry = node.entries[str(step)]
                key, node = entry.key, entry.value
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
                key, node = None, node.items[step]
            else:
                break
        return key, node

    def _at(self, node: Node | None) -> Source:
        return Source(self.name, node.line, node.column) if node else Source(self.name, 1, 1)


def dotted(path: Path) -> str:
    """Write a path for people: `removed.properties[0]`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".")
