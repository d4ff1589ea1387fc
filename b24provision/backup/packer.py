"""One storage → archive: a wave of rows after the other, files by content."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from b24provision.backup.files import Files
from b24provision.backup.header import Stored
from b24provision.backup.records import SECTION, Row, files_of, values_only
from b24provision.backup.walk import Walk, items_of, sections_of
from b24provision.backup.writer import ArchiveWriter
from b24provision.errors import PortalError
from b24provision.reading import Sender
from b24provision.snapshot import newest_items


@dataclass(frozen=True, slots=True)
class Packer:
    """Puts storages into an archive, a wave of rows after the other."""

    send: Sender
    writer: ArchiveWriter
    files: Files

    async def pack(self, stored: Stored) -> Stored:
        """Archive one storage; gives it with what was found in it."""
        code, shape = stored.entity.code, stored.shape
        if stored.values_of is None:
            walk = sections_of(code)
            while not walk.done:
                rows = await walk.wave(self.send)
                found = await self.files.read(rows, SECTION, f"{code} section", self.writer.add_file)
                stored = self._put(
                    stored, "sections", found, sum(len(files_of(row, SECTION)) for row in rows)
                )
        walk = items_of(code)
        while not walk.done:
            rows = await walk.wave(self.send)
            if stored.values_of is not None:
                # Chosen here: how a portal's filter takes an empty value is not a thing to stake data on.
                rows = [kept for row in rows if (kept := values_only(row, shape)) is not None]
            found = await self.files.read(rows, shape, f"{code} item", self.writer.add_file)
            stored = self._put(stored, "items", found, sum(len(files_of(row, shape)) for row in rows))
        await self._require_all(walk)
        return stored

    def _put(self, stored: Stored, kind: str, rows: Sequence[Row], files: int) -> Stored:
        if rows:
            self.writer.add_rows(stored.entity.code, kind, rows)
        count = stored.sections if kind == "sections" else stored.items
        return replace(stored, files=stored.files + files, **{kind: count + len(rows)})  # type: ignore[arg-type]

    async def _require_all(self, walk: Walk) -> None:
        """Make sure that the portal gave as many items as it counts, if not all were there at first."""
        if walk.seen >= (walk.total or 0):
            return
        [answer] = await self.send([newest_items(walk.code)])
        total = answer.total or 0
        if walk.seen < total:
            raise PortalError(
                f"The portal counts {total} items in storage {walk.code}, but gave {walk.seen}: try again."
            )
