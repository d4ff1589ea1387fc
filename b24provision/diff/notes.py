"""What a plan should mention although it is no difference."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from b24provision.diff.changes import entity_rights
from b24provision.diff.matching import Matches, formers
from b24provision.diff.pairing import pair
from b24provision.diff.rights import Standing, standing
from b24provision.diff.unmanaged import unmanaged_entities, unmanaged_properties
from b24provision.intent import Intent
from b24provision.model import Entity, Level, Note, Snapshot, fold

_SHOWN = 10


def notes(intent: Intent, matches: Matches, snapshot: Snapshot) -> Iterator[Note]:
    """Give the notes on every wanted storage that is live, then those on the portal as a whole."""
    count = Counter(fold(row.code) for row in snapshot.listed)
    kept = {key for key, live in matches.items() if live is not None and fold(live.code) == key}
    for key, wanted in intent.manifest.entities.items():
        live = matches[key]
        if count[key] > 1:
            yield Note(
                wanted.code, f"{count[key]} storages with this code are live; only one of them was looked at"
            )
        if not intent.destroy:
            yield from _caller_note(wanted, live, snapshot)
            yield from _wanted_former_notes(wanted, live, kept)
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


def _caller_note(wanted: Entity, live: Entity | None, snapshot: Snapshot) -> Iterator[Note]:
    own = snapshot.caller.access_code
    level = (wanted.access or {}).get(own)
    there = (live.access or {}).get(own) if live is not None else None
    if level not in (None, Level.FULL, there):
        yield Note(wanted.code, f"{own} is the caller, who has X after every write: {level} cannot be had")


def _wanted_former_notes(wanted: Entity, live: Entity | None, kept: Collection[str]) -> Iterator[Note]:
    """Tell of former codes that are themselves wanted where they are: nothing is renamed from those."""
    yield from _kept_note(wanted.code, wanted.renamed_from, kept)
    if live is None or not any(prop.renamed_from for prop in wanted.properties.values()):
        return
    now = pair(formers(wanted.properties), live.properties)
    inside = {name for name, code in now.items() if code == name}
    for prop in wanted.properties.values():
        yield from _kept_note(f"{wanted.code}.{prop.code}", prop.renamed_from, inside)


def _kept_note(address: str, former: Sequence[str], kept: Collection[str]) -> Iterator[Note]:
    for code in former:
        if fold(code) in kept:
            yield Note(
                address,
                f"its former code {code} is wanted too, so it keeps what it holds; nothing is renamed",
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
