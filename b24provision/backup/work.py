"""The nouns of a restore: a plan in which one change stands for thousands, and its report. Pure.

A change for each item would be a plan nobody reads, so there is one for all missing items of a storage. It
counts as what it stands for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from b24provision.backup.header import Stored
from b24provision.backup.looking import Missing
from b24provision.backup.records import property_key
from b24provision.intent import Intent
from b24provision.plan import (
    Action,
    Change,
    Difference,
    Kind,
    Outcome,
    Plan,
    Report,
    Risk,
    Summary,
    summarise,
)

MISSING = "in the archive, not on the portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk(Change):
    """So many sections or items of one storage that are added or changed."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan(Plan):
    """A plan to bring back what an archive holds.

    `definitions` is the part that the engine carries out, made for `intent`. `looks` are what is missing of
    each of `storages`, by folded code.
    """

    definitions: Plan
    intent: Intent
    storages: Sequence[Stored] = ()
    looks: Mapping[str, Missing] = field(default_factory=dict, compare=False)

    @property
    def bulks(self) -> Sequence[Bulk]:
        """The changes that stand for many."""
        return tuple(change for change in self.changes if isinstance(change, Bulk))

    @property
    def summary(self) -> Summary:
        """Count the changes, bulks as what they stand for."""
        return _summary(self.definitions.changes, {bulk.id: bulk.count for bulk in self.bulks}, self.bulks)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport(Report):
    """What a restore did. `made` is how many sections or items each bulk brought back."""

    plan: RestorePlan
    made: Mapping[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> Summary:
        """Count what was made."""
        done = {row.id for row in self.outcomes if row.outcome is Outcome.DONE}
        changes = [change for change in self.plan.definitions.changes if change.id in done]
        return _summary(changes, self.made, self.plan.bulks)


def _summary(changes: Sequence[Change], counts: Mapping[str, int], bulks: Sequence[Bulk]) -> Summary:
    single = summarise(changes)
    many: Counter[Action] = Counter()
    for bulk in bulks:
        many[bulk.action] += counts.get(bulk.id, 0)
    return Summary(single.add + many[Action.CREATE], single.change + many[Action.UPDATE], single.destroy)


def work(stored: Stored, missing: Missing) -> Iterator[Bulk]:
    """Give what has to be done to bring back what is missing of a storage."""
    items = missing.items
    if missing.section_count:
        yield _bulk(
            stored, Action.CREATE, Kind.SECTION, "sections", missing.sections_live, missing.section_count
        )
    if stored.values_of is None and items.missing:
        yield _bulk(stored, Action.CREATE, Kind.ITEM, "items", items.live, len(items.missing))
    if items.fills:
        yield _fill(stored, missing)


def leftovers(stored: Stored, missing: Missing) -> Iterator[Change]:
    """Give what differs from the archive and is left alone, as differences that a restore does not remove."""
    items = missing.items
    if missing.sections_changed:
        yield _left(stored, Kind.SECTION, missing.sections_changed, "changed since, and left alone")
    if items.changed:
        yield _left(stored, Kind.ITEM, items.changed, "changed since, and left alone")
    if stored.values_of is not None and items.missing:
        said = "gone since: the archive holds only values, and nothing to put them into"
        yield _left(stored, Kind.ITEM, len(items.missing), said, Action.CREATE)


def altered(bulk: Bulk) -> Change:
    """Give what was brought back and is not found again: the portal made something else of it."""
    said = "brought back, and not as archived: look at them first, since running again adds them anew"
    return _difference(bulk.address, bulk.kind, bulk.count, said, bulk.action)


def _bulk(stored: Stored, action: Action, kind: Kind, what: str, live: int, count: int) -> Bulk:
    return Bulk(
        action=action,
        kind=kind,
        address=stored.entity.code,
        risk=Risk.SAFE,
        before={what: live},
        after={what: live + count},
        reason=MISSING,
        calls=(),
        differences=(Difference(what, live, live + count),),
        count=count,
    )


def _fill(stored: Stored, missing: Missing) -> Bulk:
    properties = stored.entity.properties
    empty = Counter(property_key(place) for places in missing.items.fills.values() for place in places)
    rows = [Difference(f"empty {properties[key].code}", count, 0) for key, count in sorted(empty.items())]
    count = len(missing.items.fills)
    return Bulk(
        action=Action.UPDATE,
        kind=Kind.ITEM,
        address=stored.entity.code,
        risk=Risk.SAFE,
        before={row.path: row.before for row in rows},
        after={row.path: row.after for row in rows},
        reason=f"values in the archive, empty in {count} items on the portal",
        calls=(),
        differences=tuple(rows),
        count=count,
    )


def _left(stored: Stored, kind: Kind, count: int, said: str, action: Action = Action.UPDATE) -> Change:
    return _difference(stored.entity.code, kind, count, said, action)


def _difference(address: str, kind: Kind, count: int, said: str, action: Action) -> Change:
    return Change(
        action=action,
        kind=kind,
        address=address,
        risk=Risk.SAFE,
        before=None,
        after=None,
        reason=f"{count} {kind}{'' if count == 1 else 's'} {said}",
        calls=(),
        differences=(Difference(f"{kind}s {said}", 0, count),),
    )
