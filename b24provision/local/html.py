"""HTML as values: text is escaped because text and markup are different types, and there is no way round it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

_VOID = frozenset({"input", "link", "meta", "img", "br"})


@dataclass(frozen=True, slots=True)
class Tag:
    """An element. Its name and its attributes' names come from the program, everything else may come from anywhere."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple["Node", ...] = ()


Node: TypeAlias = str | Tag | None


def tag(name: str, /, *children: Node | Iterable[Node], **attributes: str) -> Tag:
    """Make an element; a `_` at the end of an attribute's name is dropped, one in it becomes a `-`."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    return Tag(name, named, tuple(_flat(children)))


def link(address: str, text: str) -> Tag:
    """A link to an address, which must be of this portal or of the web: `javascript:` and the like lead nowhere."""
    safe = address.startswith(("/", "http://", "https://"))
    return tag("a", text, href=address if safe else "#")


def render(node: Node) -> str:
    match node:
        case None:
            return ""
        case str():
            return escape(node)
        case Tag(name, attributes, children):
            opening = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
            inside = "".join(render(child) for child in children)
            return f"<{name}{opening}>" if name in _VOID else f"<{name}{opening}>{inside}</{name}>"


def _flat(children: Iterable[Node | Iterable[Node]]) -> Iterable[Node]:
    for child in children:
        if child is None or isinstance(child, str | Tag):
            yield child
        else:
            yield from child
