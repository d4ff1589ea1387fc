"""Sections and items as data: which fields of a row are somebody's, and when two rows say the same. Pure.

A row is what the portal answers. Its ids, dates and authors are the server's own, so they never count in a
comparison. A file stands in a row as an address when it was just read, and as a `FileRef` in an archive.
Empty and unset are one: nothing.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, TypedDict

from b24provision.model import Entity, PropertyType, fold

Row = Mapping[str, Any]

VALUES = "PROPERTY_VALUES"
_PROPERTY = "PROPERTY_"
_DATES = {"DATE_ACTIVE_FROM", "DATE_ACTIVE_TO"}


class FileRef(TypedDict):
    """A file by its content. `name` is what it was called, which is for people and for uploading it again."""

    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Which parts of a row are data. `properties` tells by folded code whether values are files."""

    texts: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    properties: Mapping[str, bool] = field(default_factory=dict)


SECTION = Shape(("NAME", "CODE", "ACTIVE", "SORT", "DESCRIPTION"), ("PICTURE", "DETAIL_PICTURE"))
"""Source: api-reference/entity/sections (entity.section.add)."""

_ITEM_TEXTS = ("NAME", "CODE", "ACTIVE", "SORT", "PREVIEW_TEXT", "DETAIL_TEXT", *sorted(_DATES))
_ITEM_PICTURES = ("PREVIEW_PICTURE", "DETAIL_PICTURE")


def item_shape(entity: Entity) -> Shape:
    """Give what is data in an item. Source: api-reference/entity/items (entity.item.add)."""
    return Shape(_ITEM_TEXTS, _ITEM_PICTURES, values_shape(entity, entity.properties).properties)


def values_shape(entity: Entity, codes: Collection[str]) -> Shape:
    """Give the shape in which the values of these properties (folded codes) are all the data there is."""
    found = entity.properties.items()
    return Shape(properties={key: prop.type is PropertyType.FILE for key, prop in found if key in codes})


def is_property(place: str) -> bool:
    """Tell whether a place is a property's value, and not a field."""
    return place.startswith(_PROPERTY)


def property_key(place: str) -> str:
    """Give the folded code of the property whose value stands at a place."""
    return place.removeprefix(_PROPERTY)


@dataclass(frozen=True, slots=True)
class Record:
    """The data of one section or item, in the form in which two of them are compared.

    `id` and `created` tell which one it is on its own portal, where no id is given out twice. `section` is
    the section it lies in, in whatever name makes the two sides comparable. `data` is by place: a field's
    name, or `PROPERTY_` and a folded code; files by the digests of their content.
    """

    id: int
    created: str
    section: str
    data: Mapping[str, str]
    files: frozenset[str] = frozenset()

    @classmethod
    def of(cls, row: Row, shape: Shape, section: str = "") -> "Record":
        """Read a row. A file of which only the address is known counts as one of unknown content."""
        files = files_of(row, shape)
        data = _texts(row, shape) | {place: _digest(value) for place, value in files.items()}
        created = _moment(str(row.get("DATE_CREATE") or ""))
        return cls(int(row["ID"]), created, section, data, frozenset(files))

    def is_same_as(self, other: "Record") -> bool:
        """Tell whether it is the very same section or item, whatever has become of its data."""
        return self.id == other.id and bool(self.created) and self.created == other.created

    def fingerprint(self) -> bytes:
        """Give what two records share exactly if they say the same."""
        return _hashed([self.section, sorted(self.data.items())])

    def outline(self) -> bytes:
        """Give the fingerprint it would have if all files were alike."""
        data = {place: "" if place in self.files else text for place, text in self.data.items()}
        return _hashed([self.section, sorted(data.items())])


def files_of(row: Row, shape: Shape) -> dict[str, Any]:
    """Give what stands in a row where files are: addresses or `FileRef`s, by place."""
    found = {name: row.get(name) for name in shape.pictures}
    found |= {place: value for place, value in _values(row, shape).items() if _is_file(place, shape)}
    return {place: value for place, value in found.items() if value}


def with_files(row: Row, shape: Shape, refs: Mapping[str, FileRef]) -> Row:
    """Put files by content in place of their addresses. A file without one is left out."""
    changed: dict[str, Any] = {name: refs.get(name) for name in shape.pictures if name in row}
    values = row.get(VALUES)
    if isinstance(values, Mapping):
        changed[VALUES] = {
            code: refs.get(_PROPERTY + fold(code)) if shape.properties.get(fold(code)) else value
            for code, value in values.items()
        }
    return {**row, **changed}


def values_only(row: Row, shape: Shape) -> Row | None:
    """Keep of an item who it is and its values of the shape's properties; None if it has none of them."""
    if not _values(row, shape):
        return None
    values = {code: value for code, value in row[VALUES].items() if fold(code) in shape.properties}
    return {name: row.get(name) for name in ("ID", "DATE_CREATE", "NAME")} | {VALUES: values}


def _is_file(place: str, shape: Shape) -> bool:
    return shape.properties.get(property_key(place), False)


def _values(row: Row, shape: Shape) -> dict[str, Any]:
    """Give the values that are set, by place; those of properties the shape does not know are left out."""
    values = row.get(VALUES)
    given = values.items() if isinstance(values, Mapping) else ()
    return {
        _PROPERTY + fold(code): value for code, value in given if value and fold(code) in shape.properties
    }


def _texts(row: Row, shape: Shape) -> dict[str, str]:
    texts = {name: row.get(name) for name in shape.texts}
    texts |= {place: value for place, value in _values(row, shape).items() if not _is_file(place, shape)}
    return {place: _canonical(place, value) for place, value in texts.items() if value not in (None, "")}


def _canonical(place: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return _moment(text) if place in _DATES else text


def _moment(text: str) -> str:
    """Write a moment in UTC: portals tell it in their own zones."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC).isoformat() if moment.tzinfo else text


def _digest(value: Any) -> str:
    return str(value.get("sha256")) if isinstance(value, Mapping) else ""


def _hashed(value: Any) -> bytes:
    return blake2b(json.dumps(value).encode(), digest_size=16).digest()
