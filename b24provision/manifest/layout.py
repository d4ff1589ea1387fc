"""A YAML text as it is written: which characters each value takes, for edits that keep all the others.

The counterpart of `Document`: that one knows what a text means, with aliases and merge keys resolved;
this one knows where everything stands, and follows neither. It knows no YAML library.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from b24provision.manifest import scalars

_COLON = re.compile(r"[ \t]*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A value as written: `text[start:end]` of the layout's text, with its anchor and tag.

    What follows it on its last line is not part of it. `line` and `column` count from 1, as in `Source`.
    A piece of no other class is a list.
    """

    start: int
    end: int
    line: int
    column: int
    anchor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarPiece(Piece):
    """A text. `plain` says that it has neither quotes nor anchor nor tag; nothing at all is plain, too."""

    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Whether nothing stands here, or a word for nothing."""
        return self.plain and scalars.resolve(self.text) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasPiece(Piece):
    """`*name`, instead of a value."""

    name: str


class Entry(NamedTuple):
    """One `key: value` that stands in a mapping itself, merge keys included."""

    key: Piece
    value: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingPiece(Piece):
    """A mapping. `brace` is where its `{` stands; None in block style."""

    entries: Sequence[Entry]
    brace: int | None = None

    @property
    def indent(self) -> int:
        """The spaces before its keys, in block style."""
        return (self.entries[0].key if self.entries else self).column - 1

    def entry(self, key: str) -> Entry | None:
        """Find what is written for a key."""
        return next(
            (row for row in self.entries if isinstance(row.key, ScalarPiece) and row.key.text == key), None
        )

    def entry_at(self, line: int, column: int) -> Entry | None:
        """Find the entry whose key stands at a place."""
        return next((row for row in self.entries if (row.key.line, row.key.column) == (line, column)), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """A text and what stands in it. `aliased` are the anchors that an alias refers to."""

    text: str
    root: Piece
    aliased: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Growing:
    """A list or mapping whose end has not come yet."""

    piece: Piece
    is_flow: bool
    children: list[Piece] = field(default_factory=list)


class LayoutBuilder:
    """Takes what a parser meets in a valid text, in order; `layout` is the whole once all has ended."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: Piece | None = None
        self._aliased: set[str] = set()
        self._open: list[_Growing] = []

    @property
    def layout(self) -> Layout:
        """What stands in the text."""
        if self._root is None:
            raise ValueError("nothing is written")
        return Layout(self._text, self._root, frozenset(self._aliased))

    def leaf(self, piece: Piece) -> None:
        """Take a scalar or an alias."""
        if isinstance(piece, AliasPiece):
            self._aliased.add(piece.name)
        self._add(self._placed(piece) if piece.start == piece.end else piece)

    def begin(self, piece: Piece, *, is_flow: bool) -> None:
        """Take the beginning of a list or mapping, whose end is not known yet."""
        self._open.append(_Growing(piece, is_flow))

    def end(self, end: int) -> None:
        """Take the end of the innermost list or mapping. In block style it ends with its last value."""
        done = self._open.pop()
        last = done.children[-1].end if done.children else done.piece.end
        piece = replace(done.piece, end=end if done.is_flow else last)
        if isinstance(piece, MappingPiece):
            pairs = zip(done.children[::2], done.children[1::2], strict=True)
            piece = replace(piece, entries=tuple(Entry(*pair) for pair in pairs))
        self._add(piece)

    def _add(self, piece: Piece) -> None:
        if self._open:
            self._open[-1].children.append(piece)
        else:
            self._root = piece

    def _placed(self, nothing: Piece) -> Piece:
        """Put a value that is not written behind its key; the parsers say somewhere before the next token."""
        if not self._open or not self._open[-1].children:
            return nothing
        key = self._open[-1].children[-1]
        colon = _COLON.match(self._text, key.end)
        place = colon.end() if colon else key.end
        return replace(nothing, start=place, end=place)
