"""What storages of an archive looked like → what the engine has to make so. Pure.

Only what is missing is made: a name, a type or rights that are other than archived are somebody's newer wish.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from b24provision.backup.header import Stored
from b24provision.backup.work import MISSING
from b24provision.diff.diff import diff
from b24provision.errors import BlockedError
from b24provision.forecast import forecast
from b24provision.intent import Intent
from b24provision.model import Entity, Manifest, Note, Portal, Property, PropertyType, Snapshot, fold
from b24provision.plan import Action, Blocked, Change, Kind, Plan


@dataclass(frozen=True, slots=True)
class Definitions:
    """The plan of what has to be made before data can be brought back, and the intent it was made for."""

    plan: Plan
    intent: Intent

    @property
    def blocked(self) -> set[str]:
        """Folded codes of the storages into which nothing can be brought back."""
        ids = {row.id for row in self.plan.blocked}
        return {change.entity for change in self.plan.changes if change.id in ids}


def definitions_intent(storages: Sequence[Stored]) -> Intent:
    """Ask for the storages and properties of an archive. Of one that lost values only: the properties of those."""
    entities = {fold(stored.entity.code): _wanted(stored) for stored in storages}
    return Intent(manifest=Manifest(entities=entities), partial=True)


def check_definitions(
    storages: Sequence[Stored], intent: Intent, snapshot: Snapshot, portal: Portal
) -> Definitions:
    """Find what is missing, note what differs, and block what cannot be brought back beside what is there."""
    there = {fold(row.code) for row in snapshot.listed} | snapshot.hidden
    hollow = {
        fold(row.entity.code)
        for row in storages
        if row.values_of is not None and fold(row.entity.code) not in there
    }
    intent = intent.touching(set(intent.manifest.entities) - hollow)
    gentle = replace(intent, manifest=_leaving_alone(intent.manifest, snapshot))
    plan = diff(gentle, snapshot, portal)
    changes = tuple(
        replace(change, reason=MISSING) if change.action is Action.CREATE else change
        for change in plan.changes
    )
    notes = [
        Note(row.entity.code, "is not there: the archive holds only values of it")
        for row in storages
        if fold(row.entity.code) in hollow
    ]
    notes += _other_definitions(diff(intent, snapshot, portal), {change.id for change in changes})
    plan = replace(
        plan,
        changes=changes,
        blocked=(*plan.blocked, *_irreconcilable(changes)),
        notes=tuple(notes),
        cost=forecast(changes),
    )
    return Definitions(plan, gentle)


def require_single(snapshot: Snapshot, codes: Sequence[str]) -> None:
    """Refuse a code that two storages have. Raises BlockedError."""
    count = Counter(fold(row.code) for row in snapshot.listed)
    for code in codes:
        if count[fold(code)] > 1:
            raise BlockedError(
                f"{count[fold(code)]} storages with the code {code} are live, and the portal decides which of them "
                "is meant: delete the empty ones by hand first."
            )


def _wanted(stored: Stored) -> Entity:
    if stored.values_of is None:
        return stored.entity
    properties = {key: prop for key, prop in stored.entity.properties.items() if key in stored.values_of}
    return replace(stored.entity, properties=properties)


def _leaving_alone(manifest: Manifest, snapshot: Snapshot) -> Manifest:
    entities = {}
    for key, entity in manifest.entities.items():
        live = snapshot.entities.get(key)
        properties = {
            code: replace(prop, ignore=_ignored(prop, live)) for code, prop in entity.properties.items()
        }
        entities[key] = replace(entity, properties=properties, ignore=frozenset({"name", "access"}))
    return replace(manifest, entities=entities)


def _ignored(prop: Property, live: Entity | None) -> frozenset[str]:
    """Leave every property as it is, but for one that cannot take the archived values: file or not."""
    now = live.properties.get(fold(prop.code)) if live else None
    if now is not None and PropertyType.FILE in (now.type, prop.type) and now.type is not prop.type:
        return frozenset({"name", "sort"})
    return frozenset({"name", "sort", "type"})


def _irreconcilable(changes: Sequence[Change]) -> Iterator[Blocked]:
    for change in changes:
        if change.action is not Action.CREATE:
            before, after = change.before or {}, change.after or {}
            yield Blocked(
                change.id,
                f"property {change.address} is a {before.get('type')} now and a {after.get('type')} in the archive: "
                "rename or remove it first",
            )


def _other_definitions(plan: Plan, known: set[str]) -> Iterator[Note]:
    for change in plan.changes:
        if change.action is not Action.CREATE and change.id not in known:
            fields = ", ".join(row.path for row in change.differences)
            what = "storage" if change.kind is Kind.ENTITY else "property"
            yield Note(change.address, f"the {what} differs from the archive in {fields}, and is left alone")
