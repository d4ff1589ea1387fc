"""What an archive says of itself: whose it is, and what each storage in it looks like. Pure; JSON and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b24provision.backup.records import Shape, item_shape, values_shape
from b24provision.errors import InputError
from b24provision.model import Entity, Level, Property, PropertyType, fold

FORMAT_VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A storage as it was archived, and how many sections, items and files with them.

    `values_of` are folded codes of properties if only their values were archived, with the items that had
    any; None if the storage was archived with all that was in it.
    """

    entity: Entity
    values_of: frozenset[str] | None = None
    sections: int = 0
    items: int = 0
    files: int = 0

    @property
    def shape(self) -> Shape:
        """What is data in its items."""
        if self.values_of is None:
            return item_shape(self.entity)
        return values_shape(self.entity, self.values_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an archive begins to be read with. `made_at` is a moment in UTC, ISO 8601."""

    made_at: str
    host: str
    member_id: str
    tool_version: str
    storages: Sequence[Stored]


def header_document(header: Header) -> dict[str, Any]:
    """Give a header as plain data."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": header.tool_version,
        "made_at": header.made_at,
        "portal": {"host": header.host, "member_id": header.member_id},
        "storages": [_storage_document(row) for row in header.storages],
    }


def read_header(document: Any) -> Header:
    """Read plain data as a header. Raises InputError for another format, ValueError and its like for nonsense."""
    version = document["format_version"]
    if version != FORMAT_VERSION:
        raise InputError(
            f"The archive has format {version}, this version reads {FORMAT_VERSION}: use a newer b24provision. "
            "Nothing was written."
        )
    return Header(
        made_at=document["made_at"],
        host=document["portal"]["host"],
        member_id=document["portal"]["member_id"],
        tool_version=document["tool_version"],
        storages=tuple(map(_stored, document["storages"])),
    )


def _storage_document(stored: Stored) -> dict[str, Any]:
    entity = stored.entity
    return {
        "code": entity.code,
        "name": entity.name,
        "access": {code: level.value for code, level in (entity.access or {}).items()},
        "properties": [
            {"code": prop.code, "name": prop.name, "type": prop.type, "sort": prop.sort}
            for prop in entity.properties.values()
        ],
        "values_of": None if stored.values_of is None else sorted(stored.values_of),
        "sections": stored.sections,
        "items": stored.items,
        "files": stored.files,
    }


def _stored(document: Mapping[str, Any]) -> Stored:
    properties = [
        Property(code=row["code"], name=row["name"], type=PropertyType(row["type"]), sort=row["sort"])
        for row in document["properties"]
    ]
    return Stored(
        entity=Entity(
            code=document["code"],
            name=document["name"],
            access={code: Level(level) for code, level in document["access"].items()},
            properties={fold(prop.code): prop for prop in properties},
        ),
        values_of=None if document["values_of"] is None else frozenset(document["values_of"]),
        sections=document["sections"],
        items=document["items"],
        files=document["files"],
    )
