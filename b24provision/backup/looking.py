"""Archive and portal → what of one archived storage is missing. Reads; writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from b24provision.backup.archive import Archive
from b24provision.backup.comparison import ItemJoin, ItemMatch, Section, levels, match_sections
from b24provision.backup.files import Files
from b24provision.backup.header import Stored
from b24provision.backup.records import SECTION, Record, Row
from b24provision.backup.walk import items_of, sections_of
from b24provision.reading import Sender


@dataclass(slots=True)
class Missing:
    """What of one archived storage is not on the portal, and what is there in its place.

    `section_ids` leads from archived sections to live ones. `sections` are the missing ones, by depth.
    """

    sections: list[list[Section]] = field(default_factory=list)
    section_ids: dict[int, int] = field(default_factory=dict)
    sections_changed: int = 0
    sections_live: int = 0
    items: ItemMatch = field(default_factory=ItemMatch)

    @property
    def section_count(self) -> int:
        """How many sections are missing."""
        return sum(map(len, self.sections))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares one archived storage with the portal."""

    send: Sender
    archive: Archive
    stored: Stored
    files: Files

    async def look(self, code: str | None) -> Missing:
        """Find what is missing in the live storage `code`; None if there is none.

        Raises what `send` raises, and BlockedError for a live file that cannot be fetched to be compared.
        """
        archived = self.archived_sections()
        live = await self.live_sections(code) if code and archived else []
        match = match_sections(archived, live)
        lacking = [section for section in archived if section.record.id not in match.ids]
        return Missing(
            sections=list(levels(lacking)),
            section_ids=match.ids,
            sections_changed=match.changed,
            sections_live=len(live),
            items=await self._items(code, match.ids),
        )

    def archived_sections(self) -> list[Section]:
        """Give the archived sections. One whose parent was not archived lies at the top."""
        found = [_section(row) for row in self.archive.sections(self.stored)]
        ids = {section.record.id for section in found}
        return [replace(row, parent=row.parent if row.parent in ids else 0) for row in found]

    async def live_sections(self, code: str) -> list[Section]:
        """Read the sections of the live storage."""
        rows = await sections_of(code).rest(self.send)
        read = await self.files.read(rows, SECTION, f"{code} section")
        return [_section(row) for row in read]

    def archived_items(self) -> Iterator[tuple[Row, Record]]:
        """Give the archived items, one at a time."""
        shape = self.stored.shape
        sections = {str(section.record.id) for section in self.archived_sections()}
        for row in self.archive.items(self.stored):
            section = str(row.get("SECTION") or "")
            yield row, Record.of(row, shape, section if section in sections else "")

    async def tail(self, code: str, after: int, section_ids: dict[int, int]) -> list[Record]:
        """Read the live items with ids above `after`, files and all."""
        rows = await items_of(code, after).rest(self.send)
        read = await self.files.read(rows, self.stored.shape, f"{code} item")
        return self._records(read, section_ids)

    async def _items(self, code: str | None, section_ids: dict[int, int]) -> ItemMatch:
        join = ItemJoin(record for _, record in self.archived_items())
        if code is None:
            return join.end()
        worth_fetching = self._worth_fetching()
        walk = items_of(code)
        while not walk.done:
            rows = await walk.wave(self.send)
            for record in self._records(
                await self._read(code, rows, worth_fetching, section_ids), section_ids
            ):
                join.meet(record)
        return join.end()

    async def _read(
        self, code: str, rows: Sequence[Row], worth_fetching: "_WorthFetching", section_ids: dict[int, int]
    ) -> list[Row]:
        """Fetch the files of those rows that may be in the archive; those of others do not matter."""
        records = self._records(rows, section_ids)
        chosen = [row for row, record in zip(rows, records, strict=True) if record in worth_fetching]
        found = iter(await self.files.read(chosen, self.stored.shape, f"{code} item"))
        return [
            next(found) if record in worth_fetching else row
            for row, record in zip(rows, records, strict=True)
        ]

    def _records(self, rows: Sequence[Row], section_ids: dict[int, int]) -> list[Record]:
        """Read live items, with their sections in the archive's ids where the archive has them."""
        if self.stored.values_of is not None:
            return [Record.of(row, self.stored.shape) for row in rows]
        names = {live: str(old) for old, live in section_ids.items()}
        sections = [int(row.get("SECTION") or 0) for row in rows]
        return [
            Record.of(row, self.stored.shape, names.get(section, f"live {section}" if section else ""))
            for row, section in zip(rows, sections, strict=True)
        ]

    def _worth_fetching(self) -> "_WorthFetching":
        with_files = (
            [record for _, record in self.archived_items() if record.files] if self.stored.files else []
        )
        return _WorthFetching(
            {record.id for record in with_files}, {record.outline() for record in with_files}
        )


@dataclass(frozen=True, slots=True)
class _WorthFetching:
    """Tells which live items have files that have to be compared."""

    ids: set[int]
    outlines: set[bytes]

    def __contains__(self, record: Record) -> bool:
        return bool(record.files) and (record.id in self.ids or record.outline() in self.outlines)


def _section(row: Row) -> Section:
    return Section(Record.of(row, SECTION), int(row.get("SECTION") or 0))
