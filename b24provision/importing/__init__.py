"""Live storages → a manifest that describes them, so that a plan by the same caller has nothing to change.

Owns the order of things: read the manifests, choose, read what is live, add it to the text of one file,
prove that this file now says what it said before and what was added, and only then write it. What a
manifest already says is never touched.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from b24provision.diff.diff import diff
from b24provision.diff.unmanaged import unmanaged_properties
from b24provision.errors import B24ProvisionError, InputError
from b24provision.importing.choice import Live, Wish, joined, read_live
from b24provision.importing.file import ManifestFile, read_file
from b24provision.importing.merge import Additions, merge
from b24provision.importing.outcome import FORMATS, Imported
from b24provision.importing.writable import writable_entity, writable_properties
from b24provision.intent import Intent
from b24provision.model import Entity, Manifest, Note, Portal, Property, fold

__all__ = ["FORMATS", "Imported", "Live", "Wish", "import_into", "joined", "read_here", "read_live"]

Load = Callable[[Path], Manifest]
"""Reads the manifest in one file. Raises InputError."""


def read_here(path: Path, load: Load) -> tuple[ManifestFile, Manifest]:
    """Read the file that is to be imported into. Raises InputError if it is there and no manifest."""
    file = read_file(path)
    if file.is_new:
        return file, Manifest()
    try:
        return file, load(path)
    except InputError as exc:
        raise InputError(f"Nothing is imported into {path}, which is no manifest: {exc}", exc.problems) from exc


def import_into(file: ManifestFile, wish: Wish, live: Live, portal: Portal, load: Load) -> Imported:
    """Add to a file what is live and described nowhere. A file to which nothing is added is not written.

    Raises InputError when the file cannot be written, B24ProvisionError when its new text does not say
    what it should; then nothing was written.
    """
    additions, notes = _missing(wish, live)
    merged = merge(file.text, wish.here, additions, file.newline)
    if merged.added:
        file.replaced_by(merged.text, lambda draft: _prove(draft, file.path, wish.here, merged.added, load))
    return Imported(
        file=str(file.path),
        portal=portal.seen_by(live.snapshot.caller),
        imported=tuple(_imported(merged.added)),
        unchanged=(*live.choice.unchanged, *_described(wish, live, portal)),
        skipped=(*live.choice.skipped, *notes, *merged.refused),
    )


def _missing(wish: Wish, live: Live) -> tuple[Additions, list[Note]]:
    """Find the storages, and the properties of described ones, that no manifest speaks of."""
    entities: dict[str, Entity] = {}
    properties: dict[str, dict[str, Property]] = {}
    notes: list[Note] = []
    for key, entity in live.snapshot.entities.items():
        described = wish.here.entities.get(key)
        unmanaged = unmanaged_properties(wish.known, described or entity, entity)
        if described is None:
            left = {fold(prop.code): prop for prop in unmanaged}
            entities[key], told = writable_entity(replace(entity, properties=left), live.snapshot.caller)
            notes += told
    return Additions(entities=entities, properties=properties), notes
