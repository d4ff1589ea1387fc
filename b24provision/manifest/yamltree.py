"""Parse events → nodes: anchors, merge keys and duplicate keys, and what is refused for safety.

Knows YAML's data model and no YAML library. Works without recursion, bottom up, so that each node's
size with all its aliases written out is known when it ends: a file of ten lines can stand for
billions of nodes, and must be refused before anybody walks them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from b24provision.manifest.document import Entry, MappingNode, Node, ScalarNode, SequenceNode
from b24provision.manifest.yamlerrors import Broken, Mark

MAX_DEPTH = 64
MAX_REPEATED = 500_000
"""Nodes that all aliases of a file together may stand for."""

_MERGE = "<<"


class _Grown(NamedTuple):
    """A node with what it costs to walk: nodes in all, and levels."""

    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Growing:
    """A list or mapping whose end has not come yet."""

    mark: Mark
    anchor: str | None
    is_mapping: bool
    children: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1


class TreeBuilder:
    """Takes what a parser meets, in order; `root` is the tree once everything has ended.

    `complaints` collects mistakes that still leave a tree. Raises `Broken` where none is left.
    """

    def __init__(self) -> None:
        self.root: Node | None = None
        self.complaints: list[Broken] = []
        self._open: list[_Growing] = []
        self._anchors: dict[str, _Grown | None] = {}
        self._repeated = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written at all, or nothing but `---`."""
        return self.root is None or (isinstance(self.root, ScalarNode) and not self.root.text)

    def scalar(self, mark: Mark, text: str, anchor: str | None, *, plain: bool) -> None:
        """Take a scalar."""
        self._add(ScalarNode(mark.line, mark.column, text, plain), 1, 1, anchor)

    def begin(self, mark: Mark, anchor: str | None, *, is_mapping: bool) -> None:
        """Take the beginning of a list or mapping."""
        if len(self._open) >= MAX_DEPTH:
            raise Broken(mark, f"lists and mappings are nested more than {MAX_DEPTH} levels deep")
        if anchor:
            self._anchors[anchor] = None
        self._open.append(_Growing(mark, anchor, is_mapping))

    def end(self) -> None:
        """Take the end of the innermost list or mapping."""
        done = self._open.pop()
        node = self._mapping(done) if done.is_mapping else SequenceNode(*done.mark, tuple(done.children))
        self._add(node, done.size, done.height, done.anchor)

    def alias(self, mark: Mark, name: str) -> None:
        """Take an alias: the node of that anchor once more."""
        if name not in self._anchors:
            raise Broken(mark, f"no anchor &{name} stands before this alias")
        grown = self._anchors[name]
        if grown is None:
            raise Broken(mark, f"the alias *{name} stands inside its own anchor")
        self._repeated += grown.size
        if self._repeated > MAX_REPEATED or len(self._open) + grown.height > MAX_DEPTH:
            raise Broken(mark, "the aliases of this file stand for too much: it cannot be read safely")
        self._add(*grown, None)

    def _add(self, node: Node, size: int, height: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = _Grown(node, size, height)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.children.append(node)
        parent.size += size
        if height >= parent.height:
            parent.height = height + 1

    def _mapping(self, done: _Growing) -> MappingNode:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                self.complain(_mark(key), "a key must be a text, not a list or a mapping")
            elif key.plain and key.text == _MERGE:
                for other in self._merged_by(value):
                    merged = {**other.entries, **merged}
            elif not key.text:
                self.complain(_mark(key), "the key is empty")
            elif key.text in own:
                self.complain(_mark(key), f'"{key.text}" is already given at line {own[key.text].key.line}')
            else:
                own[key.text] = Entry(key, value)
        return MappingNode(*done.mark, {**merged, **own})

    def _merged_by(self, value: Node) -> Iterator[MappingNode]:
        for node in value.items if isinstance(value, SequenceNode) else (value,):
            if isinstance(node, MappingNode):
                yield node
            else:
                self.complain(_mark(node), "<< takes an alias of a mapping, or a list of such aliases")

    def complain(self, mark: Mark, message: str) -> None:
        """Note a mistake and go on."""
        self.complaints.append(Broken(mark, message))


def _mark(node: Node) -> Mark:
    return Mark(node.line, node.column)
