"""What is written → the model: names trimmed, words and letters turned into enums.

Runs after everything was found to be right, and therefore trusts what it reads.
"""

from collections.abc import Mapping
from typing import Any

from b24provision.manifest import written
from b24provision.manifest.written import Written, former_codes
from b24provision.model import Entity, Level, Property, PropertyType, Removal, fold, trim

_TYPES = {spelling: kind for kind in PropertyType for spelling in (kind.word, kind.value, kind.value.lower())}


def build_entity(entity: Written) -> Entity:
    """Make a storage, with its properties, of what a file says of it."""
    data = entity.data
    access = data.get("access")
    return Entity(
        code=entity.code,
        name=trim(data["name"]),
        access=None if access is None else {code: Level(level) for code, level in access.items()},
        properties={fold(prop.code): _property(prop) for prop in written.properties(entity)},
        protect=data.get("protect", False),
        strict_access=data.get("strict_access", False),
        renamed_from=former_codes(data),
        ignore=_ignored(data),
        source=entity.source,
    )


def build_removal(removal: Written) -> Removal:
    """Make an entry of `removed`."""
    return Removal(removal.entity_code, removal.property_code, removal.source)


def _property(prop: Written) -> Property:
    data = prop.data
    sort = data.get("sort")
    return Property(
        code=prop.code,
        name=trim(data.get("name", prop.code)),
        type=_TYPES[data["type"]] if "type" in data else None,
        sort=None if sort is None else int(sort),
        renamed_from=former_codes(data),
        ignore=_ignored(data),
        source=prop.source,
    )


def _ignored(data: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(data.get("ignore") or ())
