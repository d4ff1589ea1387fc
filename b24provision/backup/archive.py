"""The archive: a zip that holds storages with their data, and its reader.

    archive.json                          the header
    storages/<code>/sections-00000.jsonl  a section a line, as the portal told it
    storages/<code>/items-00000.jsonl     items, in the order of their ids
    files/<sha256>                        each content once

A zip and not a tar: items refer to files by their content, so restoring jumps to them, which a compressed tar
cannot without being unpacked somewhere; and people can open a zip on any computer to see what is in it. Its
comment is the checksum of all the rest.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from b24provision.backup.header import Header, Stored, read_header
from b24provision.backup.records import Row
from b24provision.backup.seal import require_sealed
from b24provision.errors import InputError

HEADER = "archive.json"


def rows_name(code: str, kind: str, part: int) -> str:
    """Give the name under which some of a storage's sections or items stand."""
    return f"storages/{code}/{kind}-{part:05}.jsonl"


def file_name(digest: str) -> str:
    """Give the name under which a file's content stands."""
    return f"files/{digest}"


class Archive(AbstractContextManager["Archive"]):
    """An archive that was found whole. Made by `open`; a context manager."""

    def __init__(self, file: IO[bytes], members: zipfile.ZipFile, header: Header) -> None:
        """Use `Archive.open`."""
        self._file = file
        self._members = members
        self.header = header

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an archive. Raises InputError when it cannot be read, is cut short, altered or of another format."""
        try:
            file = path.open("rb")
        except OSError as exc:
            raise InputError(f"{path} cannot be read: {exc.strerror}.") from exc
        try:
            require_sealed(file, str(path))
            members = zipfile.ZipFile(file)
            return cls(file, members, read_header(json.loads(members.read(HEADER))))
        except (OSError, zipfile.BadZipFile, LookupError, ValueError, TypeError, AttributeError) as exc:
            file.close()
            raise InputError(f"{path} is no archive of b24provision. Nothing was written.") from exc
        except BaseException:
            file.close()
            raise

    def sections(self, stored: Stored) -> Iterator[Row]:
        """Give the sections of a storage, in the order of their ids."""
        return self._rows(stored.entity.code, "sections")

    def items(self, stored: Stored) -> Iterator[Row]:
        """Give the items of a storage, in the order of their ids, one at a time."""
        return self._rows(stored.entity.code, "items")

    def file(self, digest: str) -> bytes:
        """Give a file's content."""
        try:
            content = self._members.read(file_name(digest))
        except (KeyError, zipfile.BadZipFile, zlib.error) as exc:
            raise InputError(f"The archive refers to a file it does not hold: {digest}.") from exc
        if sha256(content).hexdigest() != digest:
            raise InputError(f"A file in the archive is not what its name says: {digest}.")
        return content

    def _rows(self, code: str, kind: str) -> Iterator[Row]:
        part = 0
        names = set(self._members.namelist())
        while (name := rows_name(code, kind, part)) in names:
            try:
                with self._members.open(name) as member:
                    yield from map(json.loads, TextIOWrapper(member, "utf-8", "surrogatepass", newline="\n"))
            except (ValueError, zipfile.BadZipFile, zlib.error) as exc:
                raise InputError(f"{name} in the archive cannot be read.") from exc
            part += 1

    def close(self) -> None:
        """Let go of the file."""
        self._members.close()
        self._file.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
