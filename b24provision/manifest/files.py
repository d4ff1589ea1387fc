"""Paths → documents: which files are manifests, and what is in them.

Owns the file system's part of loading. Files that cannot be read become documents that say so, like
those that cannot be parsed, so that one broken file hides nothing in the others.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from b24provision.errors import InputError
from b24provision.manifest import yamlfile
from b24provision.manifest.document import Document
from b24provision.problem import Problem, Source

_SUFFIXES = frozenset({".yaml", ".yml"})


def find_files(paths: Sequence[Path | str]) -> list[Path]:
    """List the manifest files that paths name: files as they are, directories with all below them.

    In a directory those are `*.yaml` and `*.yml`, in order of their names, hidden files and directories
    left out. A file that is reached twice is listed once. Raises `InputError` for a path that does not
    exist, for a directory without manifests, and for no paths at all.
    """
    if not paths:
        raise InputError("no manifest file or directory is named")
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        for file in _files_of(path):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def read(file: Path) -> Document:
    """Read one file, called by its path as given."""
    name = file.as_posix()
    try:
        return yamlfile.decode(file.read_bytes(), name)
    except OSError as exc:
        problem = Problem(Source(name, 1, 1), "", f"the file cannot be read: {exc.strerror}")
        return Document(name, (), None, (problem,))


def digest(file: Path) -> str:
    """Tell the content of a file apart from any other: SHA-256 of its bytes, "" if it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _files_of(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(
            f"there is no file or directory {path.as_posix()}: write a manifest there, or name your manifests"
        )
    if not path.is_dir():
        return [path]
    files = [
        file for file in sorted(path.rglob("*")) if _is_manifest(file.relative_to(path)) and file.is_file()
    ]
    if not files:
        raise InputError(f"the directory {path.as_posix()} holds no manifests (*.yaml, *.yml)")
    return files


def _is_manifest(path: Path) -> bool:
    return path.suffix in _SUFFIXES and not any(part.startswith(".") for part in path.parts)
