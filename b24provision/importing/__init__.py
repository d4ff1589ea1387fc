"""Live storages → a manifest that describes them, so that a plan by the same caller has nothing to change.

Owns the order of things: read the manifests, choose, read what is live, add it to the text of one file,
prove that this file now says what it said before and what was added, and only then write it. What a
manifest already says is never touched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from b24provision.diff.diff import diff
from b24provision.errors import B24ProvisionError, InputError
from b24provision.importing.choice import Live, Wish, choose_properties, read_live
from b24provision.importing.file import ManifestFile
from b24provision.importing.known import Load, is_reached, read_elsewhere, read_here
from b24provision.importing.merge import Additions, merge
from b24provision.importing.outcome import FORMATS, Imported
from b24provision.importing.writable import writable_entity, writable_properties
from b24provision.intent import Intent
from b24provision.model import Entity, Manifest, Note, Portal, Property

__all__ = [
    "FORMATS",
    "Imported",
    "Live",
    "Wish",
    "import_into",
    "is_reached",
    "read_elsewhere",
    "read_here",
    "read_live",
]

_UNPROVEN = "Nothing was written"
_ADVICE = "Import into a new file, and move over by hand what is wanted."


def import_into(file: ManifestFile, wish: Wish, live: Live, portal: Portal, load: Load) -> Imported:
    """Add to a file what is live and described nowhere. A file to which nothing is added is not written.

    Raises InputError when the file cannot be written, B24ProvisionError when its new text does not say
    what it should; then nothing was written.
    """
    additions, notes = _missing(wish, live)
    merged = merge(file.text, wish.here, additions, file.newline)
    if merged.added:
        file.replaced_by(merged.text, lambda draft: _prove(draft, wish, merged.added, load))
    return Imported(
        file=str(file.path),
        portal=portal.seen_by(live.snapshot.caller),
        imported=tuple(_imported(merged.added, live)),
        unchanged=(*live.choice.unchanged, *_described(wish, live, portal)),
        skipped=(*live.choice.skipped, *notes, *merged.refused),
    )


def _missing(wish: Wish, live: Live) -> tuple[Additions, list[Note]]:
    """Find the storages, and the properties of described ones, that no manifest speaks of."""
    entities: dict[str, Entity] = {}
    properties: dict[str, Mapping[str, Property]] = {}
    notes: list[Note] = []
    for key, entity in live.snapshot.entities.items():
        missing, left_out = choose_properties(wish, entity)
        notes += left_out
        if key not in wish.here.entities:
            whole = replace(entity, properties=missing)
            entities[key], told = writable_entity(whole, live.snapshot.caller)
            notes += told
        elif missing:
            properties[key], told = writable_properties(entity.code, missing)
            notes += told
    return Additions(entities=entities, properties=properties), notes


def _prove(draft: Path, wish: Wish, added: Additions, load: Load) -> None:
    """Make sure that a file says what it said before, and what was added, and nothing else."""
    try:
        now = load(draft)
    except InputError as exc:
        reasons = "; ".join(problem.message for problem in exc.problems) or str(exc)
        raise B24ProvisionError(f"{_UNPROVEN}: it would no longer load ({reasons}). {_ADVICE}") from exc
    expected = added.added_to(wish.here)
    strange = [code for code in {**expected, **now.entities} if expected.get(code) != now.entities.get(code)]
    if strange or _removals(now) != _removals(wish.here):
        what = ", ".join(strange) or "removed:"
        raise B24ProvisionError(f"{_UNPROVEN}: more would change than was to be added ({what}). {_ADVICE}")


def _removals(manifest: Manifest) -> list[str]:
    return [removal.address for removal in manifest.removals]


def _described(wish: Wish, live: Live, portal: Portal) -> Iterator[Note]:
    """Say of the storages that the file already describes whether they are live as described."""
    keys = [key for key in live.snapshot.entities if key in wish.here.entities]
    plan = diff(Intent(manifest=wish.here).touching(keys), live.snapshot, portal)
    differing = {change.entity for change in plan.changes}
    for key in keys:
        code, source = live.snapshot.entities[key].code, wish.here.entities[key].source
        how = f", and differs from it: see `b24provision plan --only {code}`" if key in differing else ""
        yield Note(code, f"described at {source}{how}")


def _imported(added: Additions, live: Live) -> Iterator[Note]:
    for key, entity in live.snapshot.entities.items():
        if key in added.entities:
            count = len(added.entities[key].properties)
            yield Note(entity.code, "1 property" if count == 1 else f"{count} properties")
        for prop in added.properties.get(key, {}).values():
            yield Note(f"{entity.code}.{prop.code}", prop.type.word if prop.type else "")
