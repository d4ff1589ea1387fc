"""The storages and properties that manifest files speak of, found in whatever the files hold.

Walks documents before anybody knows that they are of the right shape, and passes over what is not:
the shape's own mistakes are told elsewhere, and must not keep the rest from being looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24provision.manifest import shape
from b24provision.manifest.document import Document, Path
from b24provision.model import fold
from b24provision.problem import Problem, Source


@dataclass(frozen=True, slots=True)
class Written:
    """A storage or property where a file names it, to be there or to be removed.

    `path` leads to it in the document. `data` is what the file says of it: nothing for a removal.
    """

    document: Document
    path: Path
    entity_code: str
    property_code: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Its own code."""
        return self.entity_code if self.property_code is None else self.property_code

    @property
    def noun(self) -> str:
        """What it is, for people."""
        return "storage" if self.property_code is None else "property"

    @property
    def address(self) -> str:
        """`dish`, or `dish.price`."""
        return self.entity_code if self.property_code is None else f"{self.entity_code}.{self.property_code}"

    @property
    def identity(self) -> str:
        """Its address as the portal compares it."""
        return fold(self.address)

    @property
    def source(self) -> Source:
        """Where its code stands."""
        return self.document.key_source(self.path)

    def problem(self, message: str, *below: str) -> Problem:
        """Make a problem of its code, or of a key below it."""
        return self.document.problem((*self.path, *below), message, at_key=True)


def entities(document: Document, data: Any) -> Iterator[Written]:
    """Find the storages a document wants. `data` is its content as plain data."""
    for code, said in _mapping(_ours(data).get("entities")).items():
        yield Written(document, ("entities", code), code, None, _mapping(said))


def properties(entity: Written) -> Iterator[Written]:
    """Find the properties that are wanted of a storage."""
    for code, said in _mapping(entity.data.get("properties")).items():
        yield Written(
            entity.document, (*entity.path, "properties", code), entity.entity_code, code, _mapping(said)
        )


def removals(document: Document, data: Any) -> Iterator[Written]:
    """Find what a document wants removed; a property's code is "" where it is not written as it should."""
    removed = _mapping(_ours(data).get("removed"))
    for index, code in _texts(removed.get("entities")):
        yield Written(document, ("removed", "entities", index), code)
    for index, address in _texts(removed.get("properties")):
        entity_code, _, property_code = address.partition(".")
        yield Written(document, ("removed", "properties", index), entity_code, property_code)


def former_codes(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the codes a storage or property had before, the newest first."""
    said = data.get("renamed_from")
    if isinstance(said, str):
        return (said,)
    return tuple(code for _, code in _texts(said))


def _ours(data: Any) -> Mapping[str, Any]:
    return {} if shape.foreign_version(data) is not None else _mapping(data)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> Iterator[tuple[int, str]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield index, item
