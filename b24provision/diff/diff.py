"""(intent, snapshot) → Plan. Pure: no clock, no network, no order but that of the input.

Owns which resources are compared with which, and what is nobody's business. How one resource
differs is `changes`' business, whether a change may be carried out `guard`'s, how calls are packed
`stages`'.
"""

from collections.abc import Iterator

from b24provision.diff.changes import (
    create_entity,
    create_property,
    delete_entity,
    delete_property,
    update_entity,
    update_property,
)
from b24provision.diff.guard import blockages
from b24provision.diff.notes import notes
from b24provision.diff.unmanaged import unmanaged_entities, unmanaged_properties
from b24provision.intent import Intent
from b24provision.model import Entity, Manifest, Portal, Snapshot, fold
from b24provision.plan import Action, Change, Kind, Plan


def diff(intent: Intent, snapshot: Snapshot, portal: Portal) -> Plan:
    """Find the changes that make the portal what `intent` asks for.

    Creations and updates come first, storage by storage in manifest order; deletions last,
    properties before storages. What no manifest names becomes a note, never a change, unless
    `intent.prune` asks for it.
    """
    manifest = intent.manifest.for_caller(snapshot.caller.user_id)
    changes = sorted(_changes(intent, manifest, snapshot), key=_lateness)
    return Plan(
        portal=portal.seen_by(snapshot.caller),
        changes=tuple(changes),
        blocked=tuple(blockages(changes, intent, snapshot)),
        destroy=intent.destroy,
        notes=(*manifest.warnings, *notes(intent, manifest, snapshot)),
    )


def _changes(intent: Intent, manifest: Manifest, snapshot: Snapshot) -> Iterator[Change]:
    if intent.destroy:
        yield from _destruction(manifest, snapshot)
        return
    for key, wanted in manifest.entities.items():
        yield from _making(wanted, snapshot.entities.get(key), snapshot)
    yield from _removals(manifest, snapshot)
    if intent.prune:
        yield from _pruning(intent, manifest, snapshot)


def _lateness(change: Change) -> int:
    if change.action is not Action.DELETE:
        return 0
    return 2 if change.kind is Kind.ENTITY else 1


def _making(wanted: Entity, live: Entity | None, snapshot: Snapshot) -> Iterator[Change]:
    if live is None:
        yield create_entity(wanted, snapshot.caller)
        for prop in wanted.properties.values():
            yield create_property(wanted.code, prop)
        return
    if (update := update_entity(wanted, live, snapshot.caller)) is not None:
        yield update
    for key, prop in wanted.properties.items():
        there = live.properties.get(key)
        if there is None:
            yield create_property(live.code, prop)
        elif (change := update_property(live.code, prop, there)) is not None:
            yield change


def _destruction(manifest: Manifest, snapshot: Snapshot) -> Iterator[Change]:
    spelling = {fold(row.code): row for row in snapshot.listed}
    for key, wanted in manifest.entities.items():
        if key in spelling:
            yield delete_entity(spelling[key].code, spelling[key].name, "destroy", wanted.source)
        elif key in snapshot.hidden:
            yield delete_entity(wanted.code, wanted.name, "destroy", wanted.source)


def _removals(manifest: Manifest, snapshot: Snapshot) -> Iterator[Change]:
    reason = "listed under removed:"
    spelling = {fold(row.code): row for row in snapshot.listed}
    for row in manifest.removals:
        key = fold(row.entity_code)
        live = snapshot.entities.get(key)
        if row.property_code is None:
            if key in spelling:
                yield delete_entity(spelling[key].code, spelling[key].name, reason, row.source)
            elif key in snapshot.hidden:
                yield delete_entity(row.entity_code, "", reason, row.source)
        elif live is not None and (prop := live.properties.get(fold(row.property_code))) is not None:
            yield delete_property(live.code, prop, reason, row.source)


def _pruning(intent: Intent, manifest: Manifest, snapshot: Snapshot) -> Iterator[Change]:
    reason = "--prune: in no manifest"
    for key, wanted in manifest.entities.items():
        live = snapshot.entities.get(key)
        if live is not None:
            for prop in unmanaged_properties(manifest, live):
                yield delete_property(live.code, prop, reason, wanted.source)
    for row in unmanaged_entities(intent, snapshot):
        yield delete_entity(row.code, row.name, reason, None)
