"""Which live storage is which wanted one."""

from collections.abc import Mapping, Sequence

from b24provision.diff.pairing import pair
from b24provision.model import Entity, Manifest, Property, Snapshot, fold

Matches = Mapping[str, Entity | None]
"""Folded code of a wanted storage → the storage as it is live, under whatever code; None if it is not."""

_NONE: Sequence[str] = ()


def match_entities(manifest: Manifest, snapshot: Snapshot) -> Matches:
    """Match storages by code, then by former codes; in an order in which renames can be carried out."""
    live = {fold(row.code) for row in snapshot.listed}
    pairs = pair(formers(manifest.entities), live)
    return {key: None if now is None else snapshot.entities[now] for key, now in pairs.items()}


def formers(wanted: Mapping[str, Entity] | Mapping[str, Property]) -> dict[str, Sequence[str]]:
    """Give for every wanted thing the folded codes it had before."""
    return {
        key: [*map(fold, thing.renamed_from)] if thing.renamed_from else _NONE
        for key, thing in wanted.items()
    }


def is_renamed(wanted: Entity | Property, live: Entity | Property) -> bool:
    """Tell whether the live thing still goes by a former code."""
    return fold(wanted.code) != fold(live.code)
