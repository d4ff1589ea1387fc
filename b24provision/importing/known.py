"""The manifests there are already: the one that is imported into, and the others of the target."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from b24provision.errors import InputError
from b24provision.importing.file import ManifestFile, read_file
from b24provision.manifest import find_files
from b24provision.model import Entity, Manifest, Removal

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
        message = f"Nothing is imported into {path}, which is no valid manifest: {exc}"
        raise InputError(message, exc.problems) from exc


def read_elsewhere(
    paths: Iterable[Path], here: Path, load: Load, complain: Callable[[str, InputError], None]
) -> Manifest:
    """Put together what the files say that `paths` lead to, apart from the one that is imported into.

    A file that is no valid manifest is left out, with a complaint.
    """
    manifests: list[Manifest] = []
    for file in _files(paths):
        if file.resolve() == here.resolve():
            continue
        try:
            manifests.append(load(file))
        except InputError as exc:
            complain(f"{file} is left out, because it is no valid manifest", exc)
    return joined(manifests)


def is_reached(file: Path, paths: Iterable[Path]) -> bool:
    """Tell whether a file is among the manifests that paths lead to."""
    return file.resolve() in {found.resolve() for found in _files(paths)}


def joined(manifests: Iterable[Manifest]) -> Manifest:
    """Put manifests together. Where two describe the same storage, the first wins."""
    entities: dict[str, Entity] = {}
    removals: list[Removal] = []
    for manifest in manifests:
        entities = {**manifest.entities, **entities}
        removals += manifest.removals
    return Manifest(entities=entities, removals=removals)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """List the manifest files that paths lead to, as far as there are any."""
    for path in paths:
        try:
            yield from find_files([path])
        except InputError:
            continue
