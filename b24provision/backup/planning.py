"""Archive and portal → the plan of a restore. What is there already is left alone. Writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from b24provision.backup.archive import Archive
from b24provision.backup.courier import SEEN_WRITES, requests_for
from b24provision.backup.definitions import check_definitions, definitions_intent, require_single
from b24provision.backup.files import Files
from b24provision.backup.header import Stored
from b24provision.backup.looking import Comparison, Missing
from b24provision.backup.work import Bulk, RestorePlan, leftovers, work
from b24provision.errors import InputError
from b24provision.intent import matches
from b24provision.model import Note, fold
from b24provision.plan import Cost, Kind, Plan

if TYPE_CHECKING:
    from b24provision.engine import Provisioner


async def plan_restore(portal: "Provisioner", archive: Archive, only: Sequence[str] = ()) -> RestorePlan:
    """Find what of an archive is missing on a portal. Writes nothing.

    `only` are glob patterns of storages. Raises InputError when none matches, BlockedError for a live file that
    cannot be fetched to be compared, and what the REST core raises.
    """
    chosen = [row for row in archive.header.storages if not only or matches(row.entity.code, only)]
    if not chosen:
        known = ", ".join(row.entity.code for row in archive.header.storages)
        raise InputError(f"--only {' '.join(only)} matches no storage. The archive holds: {known}.")
    intent = definitions_intent(chosen)
    snapshot = await portal.read(intent)
    found = check_definitions(chosen, intent, snapshot, portal.session.portal)
    require_single(snapshot, [stored.entity.code for stored in chosen])
    files = Files.of(portal.session.client, portal.sleep)
    looks: dict[str, Missing] = {}
    for stored in chosen:
        key = fold(stored.entity.code)
        if key in found.blocked:
            looks[key] = Missing()
            continue
        live = snapshot.entities.get(key)
        comparison = Comparison(portal.session.send, archive, stored, files)
        looks[key] = await comparison.look(live.code if live else None)
    bulks = [bulk for stored in chosen for bulk in work(stored, looks[fold(stored.entity.code)])]
    left = [note for stored in chosen for note in _left_notes(stored, looks[fold(stored.entity.code)])]
    return RestorePlan(
        portal=found.plan.portal,
        changes=(*found.plan.changes, *bulks),
        blocked=found.plan.blocked,
        notes=(_origin(archive, found.plan), *found.plan.notes, *left),
        cost=_cost(found.plan, bulks),
        definitions=found.plan,
        intent=found.intent,
        storages=tuple(chosen),
        looks=looks,
    )


def _origin(archive: Archive, plan: Plan) -> Note:
    header = archive.header
    elsewhere = "" if header.host == plan.portal.host else ", another portal"
    return Note("", f"the archive was made {header.made_at} from {header.host}{elsewhere}")


def _left_notes(stored: Stored, missing: Missing) -> Iterator[Note]:
    for change in leftovers(stored, missing):
        yield Note(stored.entity.code, change.reason)


def _cost(definitions: Plan, bulks: Sequence[Bulk]) -> Cost:
    """Tell what restoring takes, as far as it is known before files are packed."""
    methods = {Kind.SECTION: "entity.section.add", Kind.ITEM: "entity.item.add"}
    costs = {bulk.id: SEEN_WRITES.of(methods[bulk.kind]) for bulk in bulks}
    cost = definitions.cost
    return replace(
        cost,
        requests=cost.requests + sum(requests_for(bulk.count, costs[bulk.id]) for bulk in bulks),
        commands=cost.commands + sum(bulk.count for bulk in bulks),
        seconds=round(cost.seconds + sum(bulk.count * costs[bulk.id] for bulk in bulks), 2),
    )
