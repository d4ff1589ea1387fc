"""What a restore writes into one storage: sections, items, values. Each knows its calls, and how to look for them."""

import base64
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24provision.backup.comparison import Section, match_sections
from b24provision.backup.courier import Parcel
from b24provision.backup.looking import Comparison, Missing
from b24provision.backup.records import (
    SECTION,
    VALUES,
    Record,
    Row,
    Shape,
    is_property,
    property_key,
)
from b24provision.model import Entity, fold
from b24provision.rest.calls import Call

_ID_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Destination:
    """Where things go: the live storage, with the spelling of its code and properties, which counts."""

    comparison: Comparison
    entity: Entity

    @property
    def code(self) -> str:
        """The code of the live storage."""
        return self.entity.code

    def values(self, row: Row, places: Sequence[str]) -> dict[str, Any]:
        """Give the archived values of these properties as they are written."""
        archived = {fold(code): value for code, value in (row.get(VALUES) or {}).items()}
        keys = map(property_key, places)
        return {self.entity.properties[key].code: self.written(archived[key]) for key in keys}

    def written(self, value: Any) -> Any:
        """Give a value as it is written; a file as its name and its content."""
        if not (isinstance(value, Mapping) and "sha256" in value):
            return value
        content = self.comparison.archive.file(value["sha256"])
        return [value["name"], base64.b64encode(content).decode()]

    def fields(self, row: Row, record: Record, shape: Shape) -> dict[str, Any]:
        """Give the fields that are set, as they are written."""
        return {
            name: self.written(row[name]) for name in (*shape.texts, *shape.pictures) if name in record.data
        }


@dataclass(slots=True)
class Sections:
    """The missing sections of one depth. `ids` leads from archived sections to live ones, and grows."""

    destination: Destination
    level: Sequence[Section]
    ids: dict[int, int]

    def parcels(self) -> Iterator[Parcel]:
        """Add each inside its parent, if that is there."""
        comparison = self.destination.comparison
        rows = {int(row["ID"]): row for row in comparison.archive.sections(comparison.stored)}
        for section in self.level:
            if section.parent in self.ids or not section.parent:
                fields = self.destination.fields(rows[section.record.id], section.record, SECTION)
                where = {"SECTION": self.ids[section.parent]} if section.parent else {}
                yield _parcel(
                    section.record, "entity.section.add", {"ENTITY": self.destination.code, **fields, **where}
                )

    def sending(self) -> None:
        """Nothing has to be known before."""

    def done(self, parcel: Parcel, live_id: int) -> None:
        """Remember where it went."""
        self.ids[parcel.record.id] = live_id

    async def find(self, parcels: Sequence[Parcel]) -> Mapping[int, int]:
        """Look for sections that say the same, in the same parent, and are nobody else."""
        comparison = self.destination.comparison
        live = await comparison.live_sections(self.destination.code)
        match = match_sections(comparison.archived_sections(), live, self.ids)
        wanted = {parcel.record.id for parcel in parcels}
        return {old: now for old, now in match.ids.items() if old in wanted}


@dataclass(slots=True)
class Items:
    """The missing items. Each goes out whole, files included, in one call.

    Half an item could not be told from somebody's own when the restore is run again.
    """

    destination: Destination
    missing: Missing
    tell: Callable[[int], None] = lambda _: None
    _newest: int = field(default=0, init=False)
    _before: int = field(default=0, init=False)
    _own: set[int] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._newest = self.missing.items.newest

    def parcels(self) -> Iterator[Parcel]:
        """Add each to its section; one whose section could not be made is left out."""
        comparison, ids = self.destination.comparison, self.missing.section_ids
        shape = comparison.stored.shape
        for row, record in comparison.archived_items():
            section = int(record.section or 0)
            if record.id in self.missing.items.missing and (not section or section in ids):
                params = {"ENTITY": self.destination.code, **self.destination.fields(row, record, shape)}
                if section:
                    params["SECTION"] = ids[section]
                if values := self.destination.values(
                    row, [name for name in record.data if is_property(name)]
                ):
                    params[VALUES] = values
                yield _parcel(record, "entity.item.add", params)

    def sending(self) -> None:
        """Remember up to which id items are known: what the request adds comes after."""
        self._before = self._newest

    def done(self, parcel: Parcel, live_id: int) -> None:  # noqa: ARG002 - one of ours is all that counts
        """Remember which items are ours."""
        self._own.add(live_id)
        self._newest = max(self._newest, live_id)
        self.tell(len(self._own))

    async def find(self, parcels: Sequence[Parcel]) -> Mapping[int, int]:
        """Look among the items added since for ones that say the same."""
        ids = self.missing.section_ids
        tail = await self.destination.comparison.tail(self.destination.code, self._before, ids)
        free: defaultdict[bytes, list[int]] = defaultdict(list)
        for record in tail:
            if record.id not in self._own:
                free[record.fingerprint()].append(record.id)
        found: dict[int, int] = {}
        for parcel in parcels:
            if equal := free[parcel.record.fingerprint()]:
                found[parcel.record.id] = equal.pop(0)
        return found


@dataclass(slots=True)
class Values:
    """The missing values of items that are there."""

    destination: Destination
    missing: Missing
    tell: Callable[[int], None] = lambda _: None
    _done: int = field(default=0, init=False)

    def parcels(self) -> Iterator[Parcel]:
        """Write into each item what is empty in it, and nothing else."""
        for row, record in self.destination.comparison.archived_items():
            if places := self.missing.items.fills.get(record.id):
                values = self.destination.values(row, places)
                params = {"ENTITY": self.destination.code, "ID": record.id, VALUES: values}
                yield _parcel(record, "entity.item.update", params)

    def sending(self) -> None:
        """Nothing has to be known before."""

    def done(self, parcel: Parcel, live_id: int) -> None:  # noqa: ARG002 - the id is the same
        """Count."""
        self._done += 1
        self.tell(self._done)

    async def find(self, parcels: Sequence[Parcel]) -> Mapping[int, int]:
        """Look which of the items have their values now."""
        comparison = self.destination.comparison
        ids = [parcel.record.id for parcel in parcels]
        rows: list[Row] = []
        for start in range(0, len(ids), _ID_CHUNK):
            wanted = {
                "ENTITY": self.destination.code,
                "FILTER": {"ID": ids[start : start + _ID_CHUNK]},
                "start": -1,
            }
            [answer] = await comparison.send([Call("entity.item.get", wanted)])
            if answer.error is not None:
                raise answer.error
            rows += answer.data
        shape = comparison.stored.shape
        now = {int(row["ID"]): Record.of(row, shape).data for row in rows}
        fills = self.missing.items.fills
        return {key: key for key in ids if key in now and all(place in now[key] for place in fills[key])}


def _parcel(record: Record, method: str, params: Mapping[str, Any]) -> Parcel:
    return Parcel(record, Call(method, params), _characters(params))


def _characters(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(len(str(name)) + _characters(member) for name, member in value.items())
    if isinstance(value, list):
        return sum(map(_characters, value))
    return len(str(value))
