"""Text → `Document`: the only place that knows the YAML library.

Reads events rather than nodes: with the C parser that is eight times as fast as composing, and what
is hostile is refused before it costs anything. Nothing is raised: whatever is wrong becomes a
problem of the document, with its line and column.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import yaml

from b24provision.manifest import scalars
from b24provision.manifest.document import Document
from b24provision.manifest.layout import AliasPiece, Layout, LayoutBuilder, MappingPiece, Piece, ScalarPiece
from b24provision.manifest.yamlerrors import Broken, Mark, explain
from b24provision.manifest.yamltree import TreeBuilder
from b24provision.problem import Problem, Source

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CORE_TAG = "tag:yaml.org,2002:"
_SCALAR_TYPES = {"int": int, "float": float, "bool": bool, "null": type(None)}
_START = Mark(1, 1)


def decode(data: bytes, name: str) -> Document:
    """Read the bytes of a file, which must be UTF-8, with or without a byte order mark."""
    if data.startswith(_UTF16_MARKS) or b"\0" in data[:64]:
        advice = (
            "the file is UTF-16; save it as UTF-8 (PowerShell's > writes UTF-16: use Out-File -Encoding utf8)"
        )
        return _document(name, (), TreeBuilder(), Broken(_START, advice))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        lines = _LINE_END.split(data[: exc.start].decode("utf-8"))
        advice = f"the byte 0x{data[exc.start]:02X} is not UTF-8; save the file as UTF-8"
        return _document(name, lines, TreeBuilder(), Broken(_end(lines), advice))
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """Read a YAML text. `name` is what problems call the file."""
    text = text.removeprefix("\ufeff")
    lines = _LINE_END.split(text)
    builder = TreeBuilder()
    try:
        _check_characters(text)
        _feed(builder, text, lines)
    except Broken as broken:
        return _document(name, lines, builder, broken)
    return _document(name, lines, builder)


def lay_out(text: str) -> Layout:
    """Tell where everything stands in a text, without byte order mark, that `parse` found valid."""
    builder = LayoutBuilder(text)
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        match event:
            case yaml.ScalarEvent():
                builder.leaf(_scalar_piece(event, text))
            case yaml.AliasEvent():
                builder.leaf(AliasPiece(**_span(event), name=str(event.anchor)))
            case yaml.MappingStartEvent():
                brace = _offset(event.end_mark) - 1 if event.flow_style else None
                piece = MappingPiece(**_span(event), entries=(), brace=brace, anchor=event.anchor)
                builder.begin(piece, is_flow=bool(event.flow_style))
            case yaml.SequenceStartEvent():
                builder.begin(Piece(**_span(event), anchor=event.anchor), is_flow=bool(event.flow_style))
            case yaml.CollectionEndEvent():
                builder.end(_offset(event.end_mark))
    return builder.layout


def _scalar_piece(event: yaml.ScalarEvent, text: str) -> ScalarPiece:
    plain = not (event.style or event.anchor or event.tag)
    piece = ScalarPiece(**_span(event), text=event.value, plain=plain, anchor=event.anchor)
    if event.style not in ("|", ">"):
        return piece
    # These end where the next thing begins, after empty lines that nobody takes for a part of them.
    return replace(piece, end=piece.start + len(text[piece.start : piece.end].rstrip()))


class _Span(TypedDict):
    start: int
    end: int
    line: int
    column: int


def _span(event: yaml.Event) -> _Span:
    line, column = _mark(event.start_mark)
    start, end = _offset(event.start_mark), _offset(event.end_mark)
    return {"start": start, "end": end, "line": line, "column": column}


def _offset(mark: Any) -> int:
    # Any, as for _mark; both parsers count characters.
    return int(mark.index)


def _check_characters(text: str) -> None:
    # The parsers look for themselves, but tell a place in bytes, or none.
    if wrong := _FORBIDDEN.search(text):
        mark = _end(_LINE_END.split(text[: wrong.start()]))
        raise Broken(mark, f"the character U+{ord(wrong[0]):04X} is not allowed in YAML")


def _feed(builder: TreeBuilder, text: str, lines: Sequence[str]) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            _take(builder, event)
    except yaml.MarkedYAMLError as exc:
        at, opened = _mark(exc.problem_mark), _mark(exc.context_mark)
        raise explain(exc.problem or "", exc.context or "", at, opened, lines) from exc
    except (yaml.YAMLError, ValueError, OverflowError) as exc:
        # The pure parser lets Python's own errors through for escapes beyond Unicode.
        raise Broken(_START, f"this is not valid YAML: {exc}") from exc
    if builder.is_empty:
        raise Broken(_START, "the file is empty; a manifest begins with the line b24provision: 1")


def _take(builder: TreeBuilder, event: yaml.Event) -> None:
    match event:
        case yaml.ScalarEvent():
            _take_scalar(builder, event)
        case yaml.MappingStartEvent():
            _check_tag(builder, event, "map")
            builder.begin(_mark(event.start_mark), event.anchor, is_mapping=True)
        case yaml.SequenceStartEvent():
            _check_tag(builder, event, "seq")
            builder.begin(_mark(event.start_mark), event.anchor, is_mapping=False)
        case yaml.CollectionEndEvent():
            builder.end()
        case yaml.AliasEvent():
            builder.alias(_mark(event.start_mark), str(event.anchor))
        case yaml.DocumentStartEvent() if builder.root is not None:
            raise Broken(_mark(event.start_mark), "a second document begins here; keep one per file")


def _take_scalar(builder: TreeBuilder, event: yaml.ScalarEvent) -> None:
    mark, text = _mark(event.start_mark), event.value
    # Only the escapes of "…" can make what the text of the file was already searched for.
    if event.style == '"' and (unstorable := _UNSTORABLE.search(text)):
        builder.complain(mark, f"no text may hold the character U+{ord(unstorable[0]):04X}")
    builder.scalar(mark, text, event.anchor, plain=_is_plain(builder, event))


def _is_plain(builder: TreeBuilder, event: yaml.ScalarEvent) -> bool:
    if event.tag is None:
        return not event.style
    kind = event.tag.removeprefix(_CORE_TAG)
    if kind in ("!", "str"):
        return False
    if kind not in _SCALAR_TYPES:
        _check_tag(builder, event, "str")
    elif type(scalars.resolve(event.value)) is not _SCALAR_TYPES[kind]:
        builder.complain(_mark(event.start_mark), f'"{event.value}" is not what its tag !!{kind} says')
    return True


def _check_tag(builder: TreeBuilder, event: yaml.CollectionStartEvent | yaml.ScalarEvent, core: str) -> None:
    if event.tag not in (None, "!", _CORE_TAG + core):
        tag = event.tag.replace(_CORE_TAG, "!!")
        builder.complain(_mark(event.start_mark), f"the tag {tag} is not supported; leave it out")


def _mark(mark: Any) -> Mark:
    # Any, since the two parsers have classes of their own, and both count from 0.
    return Mark(mark.line + 1, mark.column + 1) if mark else _START


def _end(lines: Sequence[str]) -> Mark:
    return Mark(len(lines), len(lines[-1]) + 1)


def _document(
    name: str, lines: Sequence[str], builder: TreeBuilder, broken: Broken | None = None
) -> Document:
    complaints = (*builder.complaints, broken) if broken else builder.complaints
    return Document(name, lines, None if broken else builder.root, _problems(name, lines, complaints))


def _problems(name: str, lines: Sequence[str], complaints: Iterable[Broken]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            Source(name, *complaint.mark),
            "",
            complaint.message,
            lines[complaint.mark.line - 1] if complaint.mark.line <= len(lines) else None,
        )
        for complaint in complaints
    )
