"""References to variables in a document: `${NAME}`, `${NAME:-default}`, `${b24.user_id}`, `$$`.

A value comes from the variables the caller gives or from the environment variable
`B24P_VAR_<NAME>`, and from nothing else: a manifest of a stranger must not be able to put a secret of
the environment where the portal's people can read it. Works on the tree before its shape is
checked, in texts and in keys, and leaves alone what stands under a top-level `x-…` key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from b24provision.manifest.document import (
    Document,
    Entry,
    MappingNode,
    Node,
    Path,
    ScalarNode,
    SequenceNode,
    dotted,
)
from b24provision.model import CALLER_ID
from b24provision.problem import Problem, Source

ENVIRONMENT_PREFIX = "B24P_VAR_"

_CALLER = "${b24.user_id}"
_TOKEN = re.compile(r"\$\$|\$\{([^}]*)\}?")
_REFERENCE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>((?!\$\{).)*))?", re.DOTALL)
_WHOLE = re.compile(r"\$\{[^}]*\}")
_NOT_TEXT = frozenset({"b24provision", "sort", "protect", "strict_access"})
"""Keys whose value may be a number or truth value, so that `sort: ${SORT}` becomes one."""

_MALFORMED = "is no reference; write ${NAME}, ${NAME:-default} or ${b24.user_id}, and $$ for a dollar"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TOO_EARLY = "is known only once the portal was asked; use it in names and in the keys of access"


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """A reference has no value. The message is a sentence for the author."""


def as_written(text: str) -> str:
    """Put back what stands for the caller the way the author wrote it."""
    return text.replace(CALLER_ID, _CALLER)


def interpolate(document: Document, variables: Mapping[str, str], environ: Mapping[str, str]) -> Document:
    """Give the document with every reference replaced; what cannot be is added to its problems."""
    if document.root is None or not any("$" in line for line in document.lines):
        return document
    walk = _Walk(document, variables, environ)
    root = walk.node(document.root, ())
    return replace(document, root=root, problems=(*document.problems, *walk.problems))


@dataclass(slots=True)
class _Walk:
    """One way through a document."""

    document: Document
    variables: Mapping[str, str]
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def node(self, node: Node, path: Path) -> Node:
        match node:
            case ScalarNode():
                return self.scalar(node, path)
            case SequenceNode():
                items = tuple(self.node(item, (*path, index)) for index, item in enumerate(node.items))
                return SequenceNode(node.line, node.column, items)
            case MappingNode():
                return self.mapping(node, path)

    def mapping(self, node: MappingNode, path: Path) -> MappingNode:
        entries: dict[str, Entry] = {}
        for written, entry in node.entries.items():
            if not path and written.startswith("x-"):
                continue
            key = self.expand(entry.key, (*path, written), in_reach=_names_callers(path))
            if key.text in entries:
                first = entries[key.text].key
                self.complain(
                    key, key.column, (*path, written), f'"{key.text}" is already given at line {first.line}'
                )
                continue
            entries[key.text] = Entry(key, self.node(entry.value, (*path, key.text)))
        return MappingNode(node.line, node.column, entries)

    def scalar(self, node: ScalarNode, path: Path) -> ScalarNode:
        expanded = self.expand(node, path, in_reach=_is_name(path))
        # With quotes too: inside { } they are what YAML demands of a reference.
        if path and path[-1] in _NOT_TEXT and _WHOLE.fullmatch(node.text):
            return replace(expanded, plain=True)
        return expanded

    def expand(self, node: ScalarNode, path: Path, *, in_reach: bool) -> ScalarNode:
        """Replace every reference of a text, or none if one of them fails."""
        if "$" not in node.text:
            return node
        parts: list[str] = []
        end, failed = 0, False
        for found in _TOKEN.finditer(node.text):
            try:
                parts += node.text[end : found.start()], self.value(found, in_reach=in_reach)
            except _Refused as refused:
                self.complain(node, self.column(node, found), path, str(refused))
                failed = True
            end = found.end()
        text = node.text if failed else "".join((*parts, node.text[end:]))
        return ScalarNode(node.line, node.column, text)

    def value(self, found: re.Match[str], *, in_reach: bool) -> str:
        if found[0] == "$$":
            return "$"
        if found[0] == _CALLER:
            if not in_reach:
                raise _Refused(f"{_CALLER} {_TOO_EARLY}")
            return CALLER_ID
        if not found[0].endswith("}"):
            raise _Refused("this ${ is never closed; write ${NAME}, and $$ for a dollar")
        reference = _REFERENCE.fullmatch(found[1])
        if reference is None:
            raise _Refused(f"{found[0]} {_MALFORMED}")
        return self.variable(reference["name"], reference["default"])

    def variable(self, name: str, default: str | None) -> str:
        value = self.variables.get(name, self.environ.get(ENVIRONMENT_PREFIX + name))
        if default is not None:
            value = value or default.replace("$$", "$")
        if value is None:
            raise _Refused(
                f"the variable {name} has no value; give one with --var {name}=…, "
                f"{ENVIRONMENT_PREFIX}{name} in the environment, or a default: ${{{name}:-…}}"
            )
        if _UNSTORABLE.search(value):
            raise _Refused(f"the value of {name} is no text that can be stored")
        return value

    def column(self, node: ScalarNode, found: re.Match[str]) -> int:
        """Tell where a reference stands, or where its text begins if it goes over several lines."""
        line = self.document.excerpt(node.line) or ""
        column = node.column - 1
        for _ in range(node.text.count(found[0], 0, found.start()) + 1):
            column = line.find(found[0], column) + 1
            if column == 0:
                return node.column
        return column

    def complain(self, node: ScalarNode, column: int, path: Path, message: str) -> None:
        source = Source(self.document.name, node.line, column)
        self.problems.append(Problem(source, dotted(path), message, self.document.excerpt(node.line)))


def _is_name(path: Path) -> bool:
    return len(path) in (3, 5) and path[0] == "entities" and path[-1] == "name"


def _names_callers(path: Path) -> bool:
    return len(path) == 3 and path[0] == "entities" and path[-1] == "access"
