"""What is live → what a manifest says of it, so that a plan by the same caller finds no difference.

Everything live is written down, so that whatever changes later is seen:

- The caller's own `X` is left out, since whoever writes has it anyway; with nothing else to say that is
  `access: {}`. Every other right is named, the `X` of other people too: unnamed they would be noted in
  every plan, and lost where the storage is made anew.
- `sort` is written even if it is the portal's default, because it is managed only when written.
- A property's name is left out when it is the code: to a manifest that is the same.

What no manifest can hold is left out, as not managed, and told.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from b24provision.importing.style import Data, Value
from b24provision.manifest.rules import is_access_code
from b24provision.model import Access, Caller, Entity, Level, Note, Property

_LONGEST_NAME = 255
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NAME = frozenset({"name"})


def writable_entity(live: Entity, caller: Caller) -> tuple[Entity, list[Note]]:
    """Make of a live storage one that a manifest can describe, and notes on what it cannot hold."""
    properties, notes = writable_properties(live.code, live.properties)
    entity = replace(live, access=_access(live, caller, notes), properties=properties)
    if not _is_name(live.name):
        notes.append(Note(f"{live.code}.name", "no manifest can hold this name: it is ignored"))
        entity = replace(entity, name=live.code, ignore=_NAME)
    return entity, notes


def writable_properties(
    owner: str, live: Mapping[str, Property]
) -> tuple[Mapping[str, Property], list[Note]]:
    """Make of live properties of a storage those that a manifest can describe, by their sort."""
    notes: list[Note] = []
    ordered = sorted(live.items(), key=lambda row: row[1].sort or 0)
    return {key: _property(owner, prop, notes) for key, prop in ordered}, notes


def entity_data(entity: Entity) -> Data:
    """Say of a storage what stands below its code."""
    data: dict[str, Value] = {"name": entity.name}
    if entity.ignore:
        data["ignore"] = sorted(entity.ignore)
    if entity.access is not None:
        data["access"] = {code: level.value for code, level in entity.access.items()}
    if entity.properties:
        data["properties"] = properties_data(entity.properties.values())
    return data


def properties_data(properties: Iterable[Property]) -> Data:
    """Say of properties what stands below `properties`."""
    return {prop.code: _property_data(prop) for prop in properties}


def _property_data(prop: Property) -> Data:
    data: dict[str, Value] = {}
    if prop.name != prop.code:
        data["name"] = prop.name
    if prop.type is not None:
        data["type"] = prop.type.word
    if prop.sort is not None:
        data["sort"] = prop.sort
    if prop.ignore:
        data["ignore"] = sorted(prop.ignore)
    return data


def _access(live: Entity, caller: Caller, notes: list[Note]) -> Access | None:
    others = {
        code: level
        for code, level in (live.access or {}).items()
        if (code, level) != (caller.access_code, Level.FULL)
    }
    strange = [code for code in others if not is_access_code(code)]
    if not strange:
        return others
    codes = ", ".join(map(repr, strange))
    message = f"no manifest can name {codes}: rights are left out, and so not managed"
    notes.append(Note(f"{live.code}.access", message))
    return None


def _property(owner: str, live: Property, notes: list[Note]) -> Property:
    address = f"{owner}.{live.code}"
    prop = live
    if not _is_name(live.name):
        notes.append(Note(f"{address}.name", "no manifest can hold this name: it is ignored"))
        prop = replace(prop, name=live.code, ignore=_NAME)
    if live.sort is not None and live.sort < 1:
        notes.append(Note(f"{address}.sort", f"no manifest can hold {live.sort}: it is left out"))
        prop = replace(prop, sort=None)
    return prop


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and not _UNSTORABLE.search(name)
