"""Adding entries to the mappings of a YAML text, by edits that leave every other character alone.

Works on positions, in block and in flow style, and takes the indentation from what is there. It knows
nothing of storages.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from b24provision.importing import style
from b24provision.importing.style import Data
from b24provision.manifest.layout import AliasPiece, Layout, MappingPiece, Piece, ScalarPiece

_DEFAULT_STEP = 2
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BETWEEN = re.compile(r"(?:\s|(?<=\s)\#[^\n\r]*)*(,?)")
"""What may stand between the last value of braces and their end: blanks, comments, a comma."""


class Unspliceable(Exception):  # noqa: N818 - it never leaves this package
    """Nothing can be added here without changing something else. The message says why."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of the characters from `start` to `end`. Its lines end with a line feed."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit], newline: str) -> str:
    """Carry edits out; of those at one place, the first comes first."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += text[done : edit.start], edit.text.replace("\n", newline)
        done = edit.end
    return "".join((*parts, text[done:]))


def indentation(layout: Layout) -> int:
    """Give the spaces by which the text indents a mapping within another; 2 where there is none."""
    return next(_steps(layout.root), _DEFAULT_STEP)


def is_spaced(layout: Layout, mapping: Piece) -> bool:
    """Tell whether the entries of a mapping have empty lines in between; so have those to come."""
    if not isinstance(mapping, MappingPiece) or mapping.brace is not None or len(mapping.entries) < 2:
        return True
    gaps = (layout.text[one.value.end : two.key.start] for one, two in pairwise(mapping.entries))
    return any(not line.strip() for gap in gaps for line in _LINE_END.split(gap)[1:-1])


def add(layout: Layout, mapping: MappingPiece, key: str, data: Data, *, spaced: bool = False) -> list[Edit]:
    """Add entries to the mapping that `key` of `mapping` holds, and the key if it is not there.

    Raises Unspliceable when what the key holds stands elsewhere, or is used elsewhere too.
    """
    require_own(layout, mapping)
    entry = mapping.entry(key)
    if entry is None:
        return grow(layout, mapping, {key: data})
    value = entry.value
    require_own(layout, value)
    if _is_unwritten(layout, value):
        if mapping.brace is None:
            return _begin_lines(layout, mapping, value, data, spaced=spaced)
        return [Edit(value.start, value.end, _after_key(layout, value) + style.braces(data))]
    match value:
        case MappingPiece():
            return grow(layout, value, data, spaced=spaced)
        case AliasPiece():
            # The entries of the alias stay what they are, and shared.
            return [
                Edit(value.start, value.start, "{<<: "),
                Edit(value.end, value.end, f", {style.pairs(data)}}}"),
            ]
        case _:
            raise Unspliceable(f"what stands at line {value.line} cannot be added to")


def grow(layout: Layout, mapping: MappingPiece, data: Data, *, spaced: bool = False) -> list[Edit]:
    """Add entries to a mapping, after those it has. `spaced` puts an empty line before each."""
    require_own(layout, mapping)
    if mapping.brace is not None:
        return list(_grow_braces(layout, mapping, mapping.brace, data))
    lines = style.lines(data, indentation(layout), spaced=spaced)
    return [_insert_lines(layout, mapping.end, mapping.indent, ["", *lines] if spaced else lines)]


def require_own(layout: Layout, piece: Piece) -> None:
    """Refuse what is used elsewhere, too. Raises Unspliceable."""
    if piece.anchor in layout.aliased:
        raise Unspliceable(f"the anchor &{piece.anchor} at line {piece.line} is used elsewhere, too")


def _steps(piece: Piece) -> Iterator[int]:
    """Find how far block mappings are indented within each other."""
    if not isinstance(piece, MappingPiece) or piece.brace is not None:
        return
    for entry in piece.entries:
        value = entry.value
        if isinstance(value, MappingPiece) and value.brace is None and value.indent > piece.indent:
            yield value.indent - piece.indent
        yield from _steps(value)


def _is_unwritten(layout: Layout, value: Piece) -> bool:
    """Whether nothing stands there yet: no value, a word for nothing, or bare empty braces."""
    match value:
        case ScalarPiece():
            return value.is_null
        case MappingPiece():
            return value.start == value.brace and not layout.text[value.start + 1 : value.end - 1].strip()
        case _:
            return False


def _begin_lines(
    layout: Layout, mapping: MappingPiece, value: Piece, data: Data, *, spaced: bool
) -> list[Edit]:
    """Write entries below a key that has none yet."""
    lines = style.lines(data, indentation(layout), spaced=spaced)
    indent = mapping.indent + indentation(layout)
    inserted = _insert_lines(layout, value.end, indent, lines, comments=mapping.indent + 1)
    if value.start == value.end:
        return [inserted]
    return [Edit(len(layout.text[: value.start].rstrip(" \t")), value.end, ""), inserted]


def _after_key(layout: Layout, value: Piece) -> str:
    if value.end > value.start:
        return ""
    return " " if layout.text[: value.start].endswith(":") else ": "


def _grow_braces(layout: Layout, mapping: MappingPiece, brace: int, data: Data) -> Iterator[Edit]:
    if not mapping.entries:
        yield Edit(brace + 1, brace + 1, style.pairs(data))
        return
    last = mapping.entries[-1]
    between = _BETWEEN.match(layout.text, last.value.end)
    comma = between.end() if between and between[1] else None
    if comma is None:
        yield Edit(last.value.end, last.value.end, ",")
    place = comma or last.value.end
    end = "," if comma else ""
    indent = _line_of_its_own(layout, last.key)
    if indent is None:
        yield Edit(place, place, f" {style.pairs(data)}{end}")
        return
    lines = [f"{style.pair(key, value)}," for key, value in data.items()]
    lines[-1] = lines[-1].removesuffix(",") + end
    if _line_end(layout.text, place) < mapping.end:
        yield _insert_lines(layout, place, indent, lines)
    else:
        yield Edit(place, place, "".join(f"\n{' ' * indent}{line}" for line in lines))


def _line_of_its_own(layout: Layout, key: Piece) -> int | None:
    """Give the indentation of a key that begins a line."""
    return key.column - 1 if not layout.text[key.start - key.column + 1 : key.start].strip() else None


def _insert_lines(
    layout: Layout, after: int, indent: int, lines: Iterable[str], comments: int | None = None
) -> Edit:
    """Insert lines below the one of `after`, and below comments that are indented as deep.

    Those at least belong to what stands above them. `comments` is the least indentation of such, by
    default that of the lines.
    """
    place = _below_comments(
        layout.text, _line_end(layout.text, after), indent if comments is None else comments
    )
    written = "".join(f"\n{' ' * indent}{line}" if line else "\n" for line in lines)
    return Edit(place, place, written)


def _below_comments(text: str, end: int, indent: int) -> int:
    """Give the end of the last comment, if there are any indented so deep below the line that ends at `end`."""
    place = end
    while end < len(text):
        start = _next_line(text, end)
        end = _line_end(text, start)
        line = text[start:end]
        if line.lstrip(" ").startswith("#") and len(line) - len(line.lstrip(" ")) >= indent:
            place = end
        elif line.strip():
            break
    return place


def _line_end(text: str, offset: int) -> int:
    found = _LINE_END.search(text, offset)
    return found.start() if found else len(text)


def _next_line(text: str, end: int) -> int:
    found = _LINE_END.match(text, end)
    return found.end() if found else len(text)
