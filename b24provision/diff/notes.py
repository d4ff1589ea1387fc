"""What a plan should mention although it is no difference."""

from collections.abc import Iterator, Sequence

from b24provision.diff.changes import entity_rights
from b24provision.diff.matching import Matches, formers
from b24provision.diff.pairing import pair
from b24provision.diff.rights import Standing, standing
from b24provision.diff.unmanaged import unmanaged_entities, unmanaged_properties
from b24provision.intent import Intent
from b24provision.model import Entity, Level, Manifest, Note, Snapshot, fold

_SHOWN = 10


def notes(intent: Intent, matches: Matches, snapshot: Snapshot) -> Iterator[Note]:
    """Give the notes on every wanted storage that is live, then those on the portal as a whole."""
    for key, wanted in intent.manifest.entities.items():
        live = matches[key]
        if not intent.destroy:
            yield from _caller_note(wanted, snapshot)
            yield from _vacated_notes(intent.manifest, matches, key)
        if live is None:
            continue
        yield from _standing_note(live, snapshot)
        if intent.destroy:
            continue
        yield from _foreign_note(wanted, live, snapshot)
        yield from _spelling_notes(wanted, live)
        if not intent.prune:
            codes = [prop.code for prop in unmanaged_properties(intent.manifest, wanted, live)]
            yield from _unmanaged_note(live.code, codes, "property", "properties")
    if not (intent.destroy or intent.prune or intent.partial):
        codes = [row.code for row in unmanaged_entities(intent, snapshot)]
        yield from _unmanaged_note("", codes, "storage", "storages")


def _caller_note(wanted: Entity, snapshot: Snapshot) -> Iterator[Note]:
    own = snapshot.caller.access_code
    level = (wanted.access or {}).get(own)
    if level is not None and level is not Level.FULL:
        yield Note(
            wanted.code, f"{own} is the caller, who has X after every write: {level.value} cannot be had"
        )


def _vacated_notes(manifest: Manifest, matches: Matches, key: str) -> Iterator[Note]:
    """Tell of codes that change hands: the old holder's data goes along, and a new one begins empty."""
    wanted, live = manifest.entities[key], matches[key]
    holders = {fold(there.code): manifest.entities[name].code for name, there in matches.items() if there}
    if live is None and key in holders:
        yield Note(
            wanted.code, f"the live {wanted.code} is renamed to {holders[key]}, and a new one begins empty"
        )
    if live is None:
        return
    now = pair(formers(wanted.properties), live.properties)
    takers = {code: name for name, code in now.items() if code is not None}
    for name, code in now.items():
        if code is None and name in takers:
            prop, taker = wanted.properties[name], wanted.properties[takers[name]]
            yield Note(
                f"{wanted.code}.{prop.code}",
                f"the live {prop.code} is renamed to {taker.code} with its values, and a new one begins empty",
            )


def _standing_note(live: Entity, snapshot: Snapshot) -> Iterator[Note]:
    if standing(live.access or {}, snapshot.caller) is Standing.UNSURE:
        yield Note(
            live.code, "whether the caller has full rights (X) is decided by groups: it may be refused"
        )


def _foreign_note(wanted: Entity, live: Entity, snapshot: Snapshot) -> Iterator[Note]:
    rights = entity_rights(wanted, live, snapshot.caller)
    if rights is not None and rights.foreign:
        codes = ", ".join(rights.foreign)
        yield Note(
            live.code, f"{codes} created or changed the storage and keeps X; `strict_access: true` removes it"
        )


def _spelling_notes(wanted: Entity, live: Entity) -> Iterator[Note]:
    for key, prop in wanted.properties.items():
        there = live.properties.get(key)
        if there is not None and there.code != prop.code:
            yield Note(
                f"{live.code}.{there.code}",
                f"the manifest spells it {prop.code}; items match values with case, so write {there.code}",
            )


def _unmanaged_note(address: str, codes: Sequence[str], one: str, many: str) -> Iterator[Note]:
    if codes:
        verb = f"{one} is" if len(codes) == 1 else f"{many} are"
        shown = ", ".join(codes[:_SHOWN]) + (", …" if len(codes) > _SHOWN else "")
        yield Note(address, f"{len(codes)} {verb} in no manifest and left alone: {shown}")
