"""(intent, snapshot) → Plan. Pure: no clock, no network, no order but that of the input.

Owns which resources are compared with which, and what is nobody's business. How one resource
differs is `changes`' business, whether a change may be carried out `guard`'s, how calls are packed
`stages`'.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from b24provision.diff.changes import (
    create_entity,
    create_property,
    delete_entity,
    delete_property,
    former_still_live,
    rename_entity,
    rename_property,
    update_entity,
    update_property,
)
from b24provision.diff.guard import blockages
from b24provision.diff.hints import rename_hints
from b24provision.diff.matching import Matches, formers, is_renamed, match_entities
from b24provision.diff.notes import notes
from b24provision.diff.pairing import pair
from b24provision.diff.unmanaged import unmanaged_entities, unmanaged_properties
from b24provision.intent import Intent
from b24provision.model import Caller, Entity, Manifest, Portal, Property, Removal, Snapshot, fold
from b24provision.plan import Action, Change, Kind, Plan


def diff(intent: Intent, snapshot: Snapshot, portal: Portal) -> Plan:
    """Find the changes that make the portal what `intent` asks for.

    Creations, renames and updates come first, storage by storage in manifest order, except that a code
    is vacated before it is taken; deletions last, properties before storages. What no manifest names
    becomes a note, never a change, unless `intent.prune` asks for it.
    """
    intent = replace(intent, manifest=intent.manifest.for_caller(snapshot.caller.user_id))
    matches = match_entities(intent.manifest, snapshot)
    changes = sorted(_changes(intent, matches, snapshot), key=_lateness)
    return Plan(
        portal=portal.seen_by(snapshot.caller),
        changes=tuple(changes),
        blocked=tuple(blockages(changes, intent, matches, snapshot)),
        destroy=intent.destroy,
        manifests=intent.manifest.digests,
        notes=(
            *intent.manifest.warnings,
            *rename_hints(changes, intent, matches, snapshot),
            *notes(intent, matches, snapshot),
        ),
    )


def _changes(intent: Intent, matches: Matches, snapshot: Snapshot) -> Iterator[Change]:
    manifest = intent.manifest
    if intent.destroy:
        yield from _destruction(manifest, snapshot)
        return
    spelling = {fold(row.code): row.code for row in snapshot.listed}
    for key, live in matches.items():
        yield from _making(manifest.entities[key], live, manifest, snapshot.caller, spelling)
    for removal in manifest.removals:
        yield from _removal(removal, matches, snapshot)
    if intent.prune:
        yield from _pruning(intent, matches, snapshot)


def _lateness(change: Change) -> int:
    if change.action is not Action.DELETE:
        return 0
    return 2 if change.kind is Kind.ENTITY else 1


def _making(
    wanted: Entity, live: Entity | None, manifest: Manifest, caller: Caller, spelling: Mapping[str, str]
) -> Iterator[Change]:
    """Make one storage what is wanted. `spelling` has the folded codes of all that are live, as they are spelt."""
    if live is None:
        yield create_entity(wanted, caller)
        for prop in wanted.properties.values():
            yield create_property(wanted.code, prop)
        return
    if wanted.renamed_from:
        beside = {code: spelling[code] for code in map(fold, wanted.renamed_from) if code in spelling}
        beside.pop(fold(live.code), None)
        yield from _leftovers(Kind.ENTITY, "", wanted, manifest.entities, beside)
    if is_renamed(wanted, live):
        yield rename_entity(wanted, live)
        renamed = replace(live, code=wanted.code)
        for change in _inside(wanted, renamed, caller):
            where = change.live_address.partition(".")[2]
            yield replace(change, live=f"{live.code}.{where}" if where else live.code)
        return
    yield from _inside(wanted, live, caller)


def _inside(wanted: Entity, live: Entity, caller: Caller) -> Iterator[Change]:
    if (update := update_entity(wanted, live, caller)) is not None:
        yield update
    yield from _properties(wanted, live)


def _leftovers(
    kind: Kind, owner: str, wanted: Entity | Property, others: Collection[str], there: Mapping[str, str]
) -> Iterator[Change]:
    """Find former codes that are live beside the thing itself, and that nobody else wants."""
    for code in wanted.renamed_from:
        if fold(code) in there and fold(code) not in others:
            codes = (there[fold(code)], wanted.code)
            yield former_still_live(kind, owner + wanted.code, codes, wanted.source)


def _properties(wanted: Entity, live: Entity) -> Iterator[Change]:
    for key, now in pair(formers(wanted.properties), live.properties).items():
        prop = wanted.properties[key]
        if now is None:
            yield create_property(live.code, prop)
            continue
        found = live.properties[now]
        if prop.renamed_from:
            beside = {code: other.code for code, other in live.properties.items() if code != now}
            yield from _leftovers(Kind.PROPERTY, f"{live.code}.", prop, wanted.properties, beside)
            if is_renamed(prop, found):
                yield from _renamed_property(live.code, prop, found)
                continue
        if not prop.is_met_by(found) and (change := update_property(live.code, prop, found)) is not None:
            yield change


def _renamed_property(entity_code: str, wanted: Property, live: Property) -> Iterator[Change]:
    yield rename_property(entity_code, wanted, live)
    change = update_property(entity_code, wanted, replace(live, code=wanted.code))
    if change is not None:
        yield replace(change, live=f"{entity_code}.{live.code}")


def _destruction(manifest: Manifest, snapshot: Snapshot) -> Iterator[Change]:
    """Delete what goes by a wanted code. What still goes by a former code is not known to be the same thing."""
    for key, wanted in manifest.entities.items():
        live = snapshot.entities.get(key)
        if live is not None:
            yield delete_entity(live.code, live.name, "destroy", wanted.source)
        elif key in snapshot.hidden:
            yield delete_entity(wanted.code, wanted.name, "destroy", wanted.source)


def _removal(removal: Removal, matches: Matches, snapshot: Snapshot) -> Iterator[Change]:
    reason = "listed under removed:"
    key = fold(removal.entity_code)
    live = matches.get(key) or snapshot.entities.get(key)
    if removal.property_code is None:
        if live is not None:
            yield delete_entity(live.code, live.name, reason, removal.source)
        elif key in snapshot.hidden:
            yield delete_entity(removal.entity_code, "", reason, removal.source)
    elif key in snapshot.hidden:
        unseen = Property(code=removal.property_code, name="")
        yield delete_property(removal.entity_code, unseen, reason, removal.source)
    elif live is not None and (prop := live.properties.get(fold(removal.property_code))) is not None:
        code = removal.entity_code if key in matches else live.code
        yield _located(delete_property(code, prop, reason, removal.source), live.code, prop.code)


def _pruning(intent: Intent, matches: Matches, snapshot: Snapshot) -> Iterator[Change]:
    reason = "--prune: in no manifest"
    for key, live in matches.items():
        if live is not None:
            wanted = intent.manifest.entities[key]
            for prop in unmanaged_properties(intent.manifest, wanted, live):
                change = delete_property(_code(wanted, live), prop, reason, wanted.source)
                yield _located(change, live.code, prop.code)
    for row in unmanaged_entities(intent, snapshot):
        yield delete_entity(row.code, row.name, reason, None)


def _located(change: Change, entity_code: str, property_code: str) -> Change:
    """Say where a change's property is live now, if a rename will move its storage."""
    return replace(change, live=f"{entity_code}.{property_code}")


def _code(wanted: Entity, live: Entity) -> str:
    """Give the code a storage goes by once renames are done; the live spelling wins."""
    return wanted.code if is_renamed(wanted, live) else live.code
