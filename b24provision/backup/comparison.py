"""What of an archive is on a portal already. Pure: two sides as records, and the rule by which they meet.

1. The very same item (its id, and the moment it was made, which no portal gives out twice) is there. Where a
   property of it is empty now, the archived value is missing; where anything else differs, somebody changed it
   since, and it is left alone.
2. Any other item is there if an item that is nobody else says exactly the same. Of three equal ones in the
   archive and two on the portal, one is missing.

So nothing is there twice however often a restore is begun, and nothing newer is overwritten.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from b24provision.backup.records import Record, is_property


@dataclass(frozen=True, slots=True)
class Section:
    """A section, and the id of the one it lies in; 0 for none."""

    record: Record
    parent: int


@dataclass(slots=True)
class SectionMatch:
    """Archived sections → live ones. `changed` are those that are there and say something else now."""

    ids: dict[int, int] = field(default_factory=dict)
    changed: int = 0


def match_sections(
    archived: Sequence[Section], live: Sequence[Section], known: Mapping[int, int] | None = None
) -> SectionMatch:
    """Find the live section of each archived one; `known` are pairs that were found or made before."""
    match = SectionMatch(dict(known or {}))
    now = {section.record.id: section.record for section in live}
    for section in archived:
        twin = now.get(section.record.id)
        if section.record.id not in match.ids and twin is not None and twin.is_same_as(section.record):
            match.ids[section.record.id] = twin.id
            match.changed += twin.fingerprint() != section.record.fingerprint()
    taken = set(match.ids.values())
    free: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    for section in live:
        if section.record.id not in taken:
            free[section.parent, section.record.fingerprint()].append(section.record.id)
    for section in parents_first(archived):
        parent = match.ids.get(section.parent) if section.parent else 0
        if section.record.id in match.ids or parent is None:
            continue
        if equal := free[parent, section.record.fingerprint()]:
            match.ids[section.record.id] = equal.pop(0)
    return match


def parents_first(sections: Iterable[Section]) -> Iterator[Section]:
    """Give sections in an order in which they can be made."""
    for level in levels(sections):
        yield from level


def levels(sections: Iterable[Section]) -> Iterator[list[Section]]:
    """Give sections by their depth. One whose parent is nowhere lies at the top."""
    rest = list(sections)
    known = {section.record.id for section in rest}
    level = [section for section in rest if section.parent not in known]
    children: defaultdict[int, list[Section]] = defaultdict(list)
    for section in rest:
        children[section.parent].append(section)
    while level:
        yield level
        level = [child for section in level for child in children[section.record.id]]


@dataclass(slots=True)
class ItemMatch:
    """Which archived items are missing, which values are, and what cannot be brought back.

    `fills` has the places that are empty by the id of the item, which is the same on both sides. `changed` are
    items that say something else now. `same` counts those that are there as archived. The portal holds
    `live` items, the newest of id `newest`.
    """

    missing: set[int] = field(default_factory=set)
    fills: dict[int, tuple[str, ...]] = field(default_factory=dict)
    changed: int = 0
    same: int = 0
    live: int = 0
    newest: int = 0


class ItemJoin:
    """Walks along archived and live items at once, both in the order of their ids, and says what is missing.

    Holds a digest for each item that is on one side only, and no item.
    """

    def __init__(self, archived: Iterable[Record]) -> None:
        self._archived = iter(archived)
        self._next = next(self._archived, None)
        self._alone: list[tuple[int, bytes]] = []
        self._strangers: Counter[bytes] = Counter()
        self._match = ItemMatch()

    def meet(self, now: Record) -> None:
        """Take in the next live item."""
        self._match.live += 1
        self._match.newest = now.id
        while self._next is not None and self._next.id < now.id:
            self._pass()
        if self._next is not None and self._next.is_same_as(now):
            self._compare(self._next, now)
            self._next = next(self._archived, None)
        else:
            self._strangers[now.fingerprint()] += 1

    def end(self) -> ItemMatch:
        """Say what was found, after the last live item."""
        while self._next is not None:
            self._pass()
        for item_id, fingerprint in self._alone:
            if self._strangers[fingerprint] > 0:
                self._strangers[fingerprint] -= 1
                self._match.same += 1
            else:
                self._match.missing.add(item_id)
        return self._match

    def _pass(self) -> None:
        if self._next is not None:
            self._alone.append((self._next.id, self._next.fingerprint()))
            self._next = next(self._archived, None)

    def _compare(self, old: Record, now: Record) -> None:
        empty = tuple(place for place in old.data if is_property(place) and place not in now.data)
        others = {place: text for place, text in old.data.items() if place not in empty}
        differs = old.section != now.section or any(
            now.data.get(place) != text for place, text in others.items()
        )
        if empty:
            self._match.fills[old.id] = empty
        self._match.changed += differs
        self._match.same += not empty and not differs
