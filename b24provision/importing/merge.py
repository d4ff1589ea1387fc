"""Storages and properties → the text of a manifest that has them, too, and is otherwise as it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from b24provision.importing.splice import (
    Edit,
    Unspliceable,
    add,
    edited,
    grow,
    is_spaced,
    require_own,
)
from b24provision.importing.writable import entity_data, properties_data
from b24provision.manifest.layout import Layout, MappingPiece, Piece
from b24provision.manifest.yamlfile import lay_out
from b24provision.model import Entity, Manifest, Note, Property

_ENTITIES, _PROPERTIES = "entities", "properties"


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What is to be added: whole storages by folded code, and properties by that of their storage."""

    entities: Mapping[str, Entity] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, Property]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entities or self.properties)

    def added_to(self, manifest: Manifest) -> Mapping[str, Entity]:
        """Give the storages of a manifest that has them, too."""
        grown = {
            key: replace(entity, properties={**entity.properties, **self.properties.get(key, {})})
            for key, entity in manifest.entities.items()
        }
        return {**grown, **self.entities}


@dataclass(frozen=True, slots=True)
class Merged:
    """A new text, what was added to the old one, and what could not be."""

    text: str
    added: Additions
    refused: Sequence[Note] = ()


def merge(text: str, here: Manifest, additions: Additions, newline: str = "\n") -> Merged:
    """Add to the text of the manifest `here`. What cannot be added without changing more is refused."""
    if additions.entities:
        text = _with_entities(text, newline)
    layout = lay_out(text)
    edits: list[Edit] = []
    refused: list[Note] = []
    properties: dict[str, Mapping[str, Property]] = {}
    for key, missing in additions.properties.items():
        try:
            edits += _properties_edits(layout, here.entities[key], list(missing.values()))
        except Unspliceable as exc:
            refused += _refusals((f"{here.entities[key].code}.{prop.code}" for prop in missing.values()), exc)
        else:
            properties[key] = missing
    entities = additions.entities
    try:
        edits += _entities_edits(layout, list(entities.values()))
    except Unspliceable as exc:
        refused += _refusals((entity.code for entity in entities.values()), exc)
        entities = {}
    added = Additions(entities=entities, properties=properties)
    return Merged(edited(text, edits, newline), added, refused)


def _with_entities(text: str, newline: str) -> str:
    """Make sure that there is a key `entities`."""
    layout = lay_out(text)
    root = _mapping(layout.root)
    if root.entry(_ENTITIES) is not None:
        return text
    return edited(text, grow(layout, root, {_ENTITIES: None}, spaced=True), newline)


def _entities_edits(layout: Layout, entities: Sequence[Entity]) -> list[Edit]:
    if not entities:
        return []
    root = _mapping(layout.root)
    entry = root.entry(_ENTITIES)
    spaced = entry is None or is_spaced(layout, entry.value)
    return add(layout, root, _ENTITIES, {row.code: entity_data(row) for row in entities}, spaced=spaced)


def _properties_edits(layout: Layout, entity: Entity, missing: Sequence[Property]) -> list[Edit]:
    mapping = _entity_mapping(layout, entity)
    if entity.properties and mapping.entry(_PROPERTIES) is None:
        raise Unspliceable("the properties of its storage come from a merge key")
    return add(layout, mapping, _PROPERTIES, properties_data(missing))


def _entity_mapping(layout: Layout, entity: Entity) -> MappingPiece:
    """Find what is written of a storage. Raises Unspliceable when it stands somewhere else, too."""
    root = _mapping(layout.root)
    entities = root.entry(_ENTITIES)
    source = entity.source
    if source is not None and entities is not None and isinstance(entities.value, MappingPiece):
        require_own(layout, entities.value)
        entry = entities.value.entry_at(source.line, source.column)
        if entry is not None and isinstance(entry.value, MappingPiece):
            return entry.value
    raise Unspliceable("its storage comes from an alias or a merge key")


def _mapping(piece: Piece) -> MappingPiece:
    if isinstance(piece, MappingPiece):
        return piece
    raise Unspliceable(f"an alias stands at line {piece.line}")


def _refusals(addresses: Iterator[str], exc: Unspliceable) -> Iterator[Note]:
    for address in addresses:
        yield Note(address, f"add it by hand, since {exc}")
