"""Renames that somebody may have meant: a thing that goes, or is left over, beside one that comes.

A renamed property is new to a tool that was not told, and its values stay behind under the old code. A
hint names the line that keeps them. It never changes the plan.
"""

from collections.abc import Collection, Iterable, Iterator
from difflib import SequenceMatcher

from b24provision.diff.matching import Matches
from b24provision.diff.unmanaged import unmanaged_entities, unmanaged_properties
from b24provision.intent import Intent
from b24provision.model import Entity, Listed, Note, Property, PropertyType, Snapshot, fold
from b24provision.plan import Action, Change, Kind

_ALIKE = 0.6
"""How much of two codes or names has to be the same, as difflib measures it."""
_MOST_PAIRS = 20_000
"""More are not compared: nobody renames hundreds of storages by hand, and comparing texts takes its time."""


def rename_hints(
    changes: Iterable[Change], intent: Intent, matches: Matches, snapshot: Snapshot
) -> Iterator[Note]:
    """Give a hint for each creation that looks like something live under another code."""
    if intent.destroy:
        return
    made = {change.address for change in changes if change.action is Action.CREATE}
    owners = {fold(address.partition(".")[0]) for address in made}
    going = {fold(change.address) for change in changes if change.action is Action.DELETE}
    new = [key for key, live in matches.items() if live is None]
    left_over = [*_going(going, snapshot), *unmanaged_entities(intent, snapshot)] if new else []
    for key, live in matches.items():
        wanted = intent.manifest.entities[key]
        if live is None:
            if len(new) * len(left_over) <= _MOST_PAIRS:
                yield from _entity_hint(wanted, left_over)
        elif key in owners or fold(live.code) in owners:
            yield from _inside(wanted, live, intent, made, going)


def _going(addresses: Collection[str], snapshot: Snapshot) -> list[Listed]:
    return [row for row in snapshot.listed if fold(row.code) in addresses]


def _inside(
    wanted: Entity, live: Entity, intent: Intent, made: Collection[str], going: Collection[str]
) -> Iterator[Note]:
    left_over = [
        *unmanaged_properties(intent.manifest, wanted, live),
        *(prop for prop in live.properties.values() if fold(f"{live.code}.{prop.code}") in going),
    ]
    for prop in wanted.properties.values():
        if f"{live.code}.{prop.code}" in made:
            yield from _property_hint(live.code, prop, left_over)


def _property_hint(entity_code: str, wanted: Property, leftovers: Iterable[Property]) -> Iterator[Note]:
    kind = wanted.type or PropertyType.STRING
    for prop in leftovers:
        if prop.type is kind and _alike(wanted.code, wanted.name, prop.code, prop.name):
            yield _hint(Kind.PROPERTY, f"{entity_code}.{wanted.code}", prop.code)
            return


def _entity_hint(wanted: Entity, leftovers: Iterable[Listed]) -> Iterator[Note]:
    for row in leftovers:
        if _alike(wanted.code, wanted.name, row.code, row.name):
            yield _hint(Kind.ENTITY, wanted.code, row.code)
            return


def _hint(kind: Kind, address: str, code: str) -> Note:
    what = "items" if kind is Kind.ENTITY else "values"
    return Note(address, f"looks like {code} renamed: to keep its {what}, write `renamed_from: {code}`")


def _alike(code: str, name: str, other_code: str, other_name: str) -> bool:
    return _ratio(code, other_code) >= _ALIKE or _ratio(name, other_name) >= _ALIKE


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, fold(one), fold(other)).ratio()
