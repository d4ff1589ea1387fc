"""The YAML parser's complaints, said so that the author of a manifest knows what to mend.

Owns the sentences. It knows the words of libyaml and of PyYAML's own parser, which differ, and
nothing of their classes.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Mark(NamedTuple):
    """A place in a text, counted from 1."""

    line: int
    column: int


class Broken(Exception):  # noqa: N818 - it never leaves the reading of a file
    """The text cannot be read on from here, or should not be."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message


_TAB = "a tab cannot indent YAML; use spaces"
_UNQUOTED_REFERENCE = 'inside { } and [ ] a reference needs quotes: "${NAME}"'
_UNEXPECTED_COLON = (
    "a ':' is not expected here: check the indentation and the space after the ':' above, "
    "and put quotes around a text that holds ': '"
)
_UNCLOSED = re.compile("unexpected (end of stream|document)|flow (mapping|sequence)")

_SENTENCES = {
    "mapping values are not allowed": _UNEXPECTED_COLON,
    "could not find expected ':'": "this key has no ':' after it",
    "tab character": _TAB,
    "that cannot start any token": "a text that begins with this character needs quotes",
    "unexpected end of stream": "this quote is never closed",
    "unexpected document": "this quote is never closed",
    "',' or '}'": "this { is not closed, or a ',' is missing between its parts",
    "',' or ']'": "this [ is not closed, or a ',' is missing between its parts",
    "unknown escape character": "in \"…\" a backslash begins an escape; write \\\\ for a backslash, or use '…'",
    "escape": "this escape does not stand for a character",
    "expected key": "this line does not fit the lines above it: check the indentation and the quotes",
    "<block end>": "this line does not fit the lines above it: check the indentation and the quotes",
    "'-' indicator": "a list goes on here with '- ', or the indentation is wrong",
    "<document start>": "this line is indented less than the beginning of the file",
    "tag handle": "tags are not supported; put quotes around a text that begins with '!'",
    "block scalar": "after | or > only an indentation indicator and a comment may follow",
    "expected alphabetic or numeric": "& and * begin the name of an anchor; put quotes around the text",
    "incompatible YAML": "this YAML version is not supported; leave out the %YAML line",
    "directive": "a line that begins with % is a directive; put quotes around the text",
    "sequence entries": "a list begins on a line of its own; put quotes around a text that begins with '-'",
    "node content": "a value is expected here",
}


def explain(problem: str, context: str, at: Mark, opened: Mark, lines: Sequence[str]) -> Broken:
    """Turn a parser's complaint into ours.

    `at` is where it stumbled, `opened` where the thing it was reading began.
    """
    if at.line > len(lines):
        # libyaml counts a line more than there is when the last one does not end.
        at = Mark(len(lines), len(lines[-1]) + 1)
    line = lines[at.line - 1]
    if line[at.column - 1 : at.column] == "\t":
        return Broken(at, _TAB)
    if "flow" in context and line[at.column - 2 : at.column] == "${":
        return Broken(Mark(at.line, at.column - 1), _UNQUOTED_REFERENCE)
    message = _sentence(f"{problem} {context}") or f"this is not valid YAML: {problem}"
    if _UNCLOSED.search(f"{problem} {context}"):
        return Broken(opened, message)
    return Broken(at, message)


def _sentence(complaint: str) -> str | None:
    return next((sentence for words, sentence in _SENTENCES.items() if words in complaint), None)
