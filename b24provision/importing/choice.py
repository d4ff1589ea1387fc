"""Which live storages to import: what the manifests already speak of is left to them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from b24provision.errors import InputError
from b24provision.importing.known import joined
from b24provision.intent import matches
from b24provision.model import Entity, Listed, Manifest, Note, Property, Removal, Snapshot, fold
from b24provision.reading import Reader
from b24provision.snapshot import read_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants imported: everything, or what matches the glob patterns of `only`.

    `here` is what the file already says that it goes into, `elsewhere` what the other manifests say.
    """

    here: Manifest = field(default_factory=Manifest)
    elsewhere: Manifest = field(default_factory=Manifest)
    only: Sequence[str] = ()

    @property
    def known(self) -> Manifest:
        """What all manifests say together."""
        return joined([self.here, self.elsewhere])


@dataclass(slots=True)
class Choice:
    """The codes of the storages to look at, in the portal's order, and the others with the reason why not."""

    codes: list[str] = field(default_factory=list)
    unchanged: list[Note] = field(default_factory=list)
    skipped: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Live:
    """What is live as far as it may be imported."""

    snapshot: Snapshot
    choice: Choice


def read_live(wish: Wish) -> Reader[Live]:
    """Read the list of storages, then properties and rights of those that are to be looked at.

    That is two requests for up to 24 storages. Raises what `read_snapshot` raises, and InputError when
    `only` matches nothing.
    """
    overview = yield from read_snapshot(())
    choice = choose(overview.listed, wish)
    snapshot = (yield from read_snapshot(choice.codes)) if choice.codes else overview
    return Live(snapshot, choice)


def choose(listed: Sequence[Listed], wish: Wish) -> Choice:
    """Say which storages to look at. Raises InputError when `only` matches none of them."""
    codes = {fold(row.code): row.code for row in listed if not wish.only or matches(row.code, wish.only)}
    if wish.only and not codes:
        there = ", ".join(row.code for row in listed) or "none"
        raise InputError(f"--only {' '.join(wish.only)} matches no live storage. The portal shows: {there}.")
    count = Counter(fold(row.code) for row in listed)
    removed = {fold(row.entity_code): row for row in wish.known.removals if row.property_code is None}
    heirs = {fold(former): heir for heir in wish.known.entities.values() for former in heir.renamed_from}
    choice = Choice()
    for key, code in codes.items():
        if removal := removed.get(key):
            choice.skipped.append(Note(code, _removed(removal)))
        elif key in wish.elsewhere.entities and key not in wish.here.entities:
            choice.unchanged.append(Note(code, f"described at {wish.elsewhere.entities[key].source}"))
        elif count[key] > 1:
            choice.skipped.append(Note(code, _ambiguous(count[key])))
        elif key in heirs and key not in wish.here.entities:
            choice.skipped.append(Note(code, _inherited(heirs[key])))
        else:
            choice.codes.append(code)
    return choice


def choose_properties(wish: Wish, live: Entity) -> tuple[dict[str, Property], list[Note]]:
    """Say which properties of a live storage no manifest speaks of, and why others stay out."""
    described = wish.here.entities.get(fold(live.code))
    wanted = described.properties if described else {}
    owner = fold(live.code)
    removed = {
        fold(row.property_code): row
        for row in wish.known.removals
        if row.property_code is not None and fold(row.entity_code) == owner
    }
    heirs = {fold(former): heir for heir in wanted.values() for former in heir.renamed_from}
    missing: dict[str, Property] = {}
    notes: list[Note] = []
    for key, prop in live.properties.items():
        address = f"{live.code}.{prop.code}"
        if key in wanted:
            continue
        if removal := removed.get(key):
            notes.append(Note(address, _removed(removal)))
        elif heir := heirs.get(key):
            notes.append(Note(address, _inherited(heir)))
        else:
            missing[key] = prop
    return missing, notes


def _ambiguous(count: int) -> str:
    return (
        f"{count} storages have this code, and the portal decides which of them a call meets: delete the "
        "empty ones by hand, then import again"
    )


def _removed(removal: Removal) -> str:
    return f"listed under removed: at {removal.source}"


def _inherited(heir: Entity | Property) -> str:
    return f"{heir.code} used to be called so ({heir.source}): apply renames it"
