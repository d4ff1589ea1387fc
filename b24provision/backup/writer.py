"""Writes an archive: under a name of its own until it is whole, then under the one that was asked for.

Rows come in waves and go out at once, so that memory holds a wave and the digests of the files, and nothing
that grows with the storages. Equal data gives an equal archive: members carry no times.
"""

import json
import os
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO

from b24provision.backup.archive import HEADER, file_name, rows_name
from b24provision.backup.header import Header, header_document
from b24provision.backup.records import Row
from b24provision.backup.seal import BLANK, seal
from b24provision.errors import InputError

_NO_TIME = (1980, 1, 1, 0, 0, 0)


class ArchiveWriter(AbstractContextManager["ArchiveWriter"]):
    """An archive in the making, readable by its owner only. Without `finish` nothing is left of it.

    Raises InputError for a path that is taken, or where no file can be made.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise InputError(
                f"{path} is there already. Nothing is written over an archive: name another file."
            )
        self._path = path
        self._parts: dict[tuple[str, str], int] = {}
        self._digests: set[bytes] = set()
        try:
            # mkstemp makes files that only their owner may read
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        except OSError as exc:
            raise InputError(f"{path} cannot be written: {exc.strerror}.") from exc
        self._unfinished = Path(name)
        self._file: IO[bytes] = os.fdopen(handle, "w+b")
        self._members = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    @property
    def files(self) -> int:
        """How many different files it holds."""
        return len(self._digests)

    def add_rows(self, code: str, kind: str, rows: Iterable[Row]) -> None:
        """Add some sections or items of a storage; `kind` is "sections" or "items"."""
        text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
        part = self._parts.get((code, kind), 0)
        self._parts[code, kind] = part + 1
        self._add(rows_name(code, kind, part), text.encode("utf-8", "surrogatepass"))

    def add_file(self, content: bytes) -> str:
        """Add a file unless it is there, and give its digest."""
        digest = sha256(content)
        if digest.digest() not in self._digests:
            self._digests.add(digest.digest())
            self._add(file_name(digest.hexdigest()), content)
        return digest.hexdigest()

    def finish(self, header: Header) -> int:
        """Write the header and the checksum, and give the archive its name; gives its size in bytes."""
        self._add(HEADER, json.dumps(header_document(header), ensure_ascii=False, indent=1).encode())
        self._members.comment = BLANK
        try:
            self._members.close()
            seal(self._file)
            size = self._file.tell()
            self._file.close()
            self._unfinished.replace(self._path)
        except OSError as exc:
            raise self._failed(exc) from exc
        return size

    def _add(self, name: str, content: bytes) -> None:
        member = zipfile.ZipInfo(name, _NO_TIME)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o600 << 16
        try:
            self._members.writestr(member, content)
        except OSError as exc:
            raise self._failed(exc) from exc

    def _failed(self, exc: OSError) -> InputError:
        return InputError(f"{self._path} cannot be written: {exc.strerror}.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self._members.close()
            self._file.close()
        self._unfinished.unlink(missing_ok=True)
