"""Archive → portal: a plan like any other, and carrying it out.

What is there already is left alone. Storages and properties that are missing go through the engine; sections,
items and values come after them, storage by storage, and everything is read again at the end.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from b24provision.backup.archive import Archive
from b24provision.backup.courier import Courier, Delivery
from b24provision.backup.definitions import check_definitions, definitions_intent
from b24provision.backup.files import Files
from b24provision.backup.header import Stored
from b24provision.backup.looking import Comparison, Missing
from b24provision.backup.shipments import Destination, Items, Sections, Values
from b24provision.backup.work import Bulk, RestorePlan, RestoreReport, leftovers, work
from b24provision.errors import B24ProvisionError, InputError
from b24provision.intent import matches
from b24provision.model import Note, fold
from b24provision.plan import Change, ChangeOutcome, Cost, Kind, Outcome, Plan, Report
from b24provision.targets.session import Tell, tell_nobody

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
    files = Files.of(portal.session.client, portal.sleep)
    looks: dict[str, Missing] = {}
    for stored in chosen:
        key = fold(stored.entity.code)
        live = snapshot.entities.get(key)
        looks[key] = await Comparison(portal.session.send, archive, stored, files).look(
            live.code if live else None
        )
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


async def restore(
    portal: "Provisioner",
    archive: Archive,
    plan: RestorePlan,
    *,
    stop: Callable[[], bool] = lambda: False,
    tell: Tell = tell_nobody,
) -> RestoreReport:
    """Carry out `plan`, which was made of `archive`, and read everything again.

    Raises BlockedError for a plan that is blocked, and whatever keeps the first write from going out; later
    failures are told by the report. Verified means that everything of the archive is there.
    """
    run = _Run(portal, archive, plan, stop, tell)
    defined = await portal.apply(plan.intent, plan.definitions, stop=stop)
    return await run.go(defined)


@dataclass(slots=True)
class _Run:
    """One restore under way."""

    portal: "Provisioner"
    archive: Archive
    plan: RestorePlan
    stop: Callable[[], bool]
    tell: Tell
    outcomes: dict[str, ChangeOutcome] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False

    async def go(self, defined: Report) -> RestoreReport:
        """Bring back the data of the storages whose definitions are there, then look."""
        self.outcomes = {row.id: row for row in defined.outcomes}
        self.interrupted = defined.interrupted
        courier = Courier(self.portal.session.send, self.portal.sleep, self.stop)
        files = Files.of(self.portal.session.client, self.portal.sleep)
        differences: list[Change] = list(defined.differences)
        try:
            for stored in self.plan.storages:
                bulks = [row for row in self.plan.bulks if row.entity == fold(stored.entity.code)]
                comparison = Comparison(self.portal.session.send, self.archive, stored, files)
                if bulks and self._may_go(stored, bulks, defined):
                    differences += await self._bring_back(comparison, courier, bulks)
                elif not bulks:
                    differences += leftovers(stored, self.plan.looks[fold(stored.entity.code)])
        except B24ProvisionError as exc:
            if not (courier.wrote or defined.outcomes):
                raise
            return self._report(defined, differences, problem=str(exc))
        return self._report(defined, differences, problem=defined.problem)

    def _may_go(self, stored: Stored, bulks: Sequence[Bulk], defined: Report) -> bool:
        """Put off a storage whose definition is not as it has to be: values of missing properties would be lost."""
        key = fold(stored.entity.code)
        changes = {change.id for change in self.plan.definitions.changes if change.entity == key}
        failed = [row.id for row in defined.outcomes if row.id in changes and row.outcome is not Outcome.DONE]
        failed += [row.id for row in defined.differences if row.entity == key]
        reason = (
            f"needs “{failed[0]}”" if failed else "interrupted before it was sent" if self.interrupted else ""
        )
        for bulk in bulks if reason else ():
            self.outcomes[bulk.id] = ChangeOutcome(bulk.id, Outcome.SKIPPED, reason)
        return not reason

    async def _bring_back(
        self, comparison: Comparison, courier: Courier, bulks: Sequence[Bulk]
    ) -> list[Change]:
        """Write what is missing in one storage, then see what still is."""
        key = fold(comparison.stored.entity.code)
        entity = (await self.portal.read(self.plan.intent.touching({key}))).entities[key]
        missing = await comparison.look(entity.code)
        deliveries = await self._deliver(Destination(comparison, entity), missing, courier)
        self.made.update({name: row.delivered for name, row in deliveries.items()})
        if any(row.interrupted for row in deliveries.values()):
            self._interrupt(bulks)
            return []
        now = await comparison.look(entity.code)
        still = {bulk.id: bulk for bulk in work(comparison.stored, now)}
        for bulk in bulks:
            delivery = deliveries.get(bulk.id, Delivery())
            self.outcomes[bulk.id] = _outcome(bulk, still.pop(bulk.id, None), delivery)
        return [*still.values(), *leftovers(comparison.stored, now)]

    def _interrupt(self, bulks: Sequence[Bulk]) -> None:
        """Note how far it got when somebody asked to stop."""
        self.interrupted = True
        for bulk in bulks:
            made = self.made[bulk.id]
            said = f"interrupted after {made} of {bulk.count}"
            whole = made == bulk.count
            self.outcomes[bulk.id] = ChangeOutcome(
                bulk.id, Outcome.DONE if whole else Outcome.SKIPPED, None if whole else said
            )

    async def _deliver(
        self, destination: Destination, missing: Missing, courier: Courier
    ) -> Mapping[str, Delivery]:
        code = destination.comparison.stored.entity.code
        sections = Delivery()
        for level in missing.sections:
            one = await courier.deliver(Sections(destination, level, missing.section_ids))
            sections.delivered += one.delivered
            sections.errors += one.errors
            sections.interrupted |= one.interrupted
        items = Items(destination, missing, self._progress(code, "items", len(missing.items.missing)))
        values = Values(destination, missing, self._progress(code, "values", len(missing.items.fills)))
        return {
            f"create section {code}": sections,
            f"create item {code}": await courier.deliver(items),
            f"update item {code}": await courier.deliver(values),
        }

    def _progress(self, code: str, what: str, total: int) -> Callable[[int], None]:
        """Tell now and then how far it is."""
        step = max(500, total // 10)

        def told(done: int) -> None:
            if done % step == 0 and done < total:
                self.tell(f"{code}: {done} of {total} {what}")

        return told

    def _report(self, defined: Report, differences: Sequence[Change], problem: str | None) -> RestoreReport:
        changes = self.plan.changes
        outcomes = tuple(
            self.outcomes.get(change.id) or ChangeOutcome(change.id, Outcome.SKIPPED, problem)
            for change in changes
        )
        done = all(row.outcome is Outcome.DONE for row in outcomes)
        return RestoreReport(
            plan=self.plan,
            outcomes=outcomes,
            verified=done and defined.verified and not (differences or problem or self.interrupted),
            differences=tuple(differences),
            interrupted=self.interrupted,
            problem=problem,
            made=dict(self.made),
        )


def _outcome(bulk: Bulk, still: Bulk | None, delivery: Delivery) -> ChangeOutcome:
    if still is None:
        return ChangeOutcome(bulk.id, Outcome.DONE)
    said = f": {delivery.trouble}" if delivery.trouble else ""
    return ChangeOutcome(bulk.id, Outcome.FAILED, f"{still.count} of {bulk.count} are not there{said}")


def _origin(archive: Archive, plan: Plan) -> Note:
    header = archive.header
    elsewhere = "" if header.host == plan.portal.host else ", another portal"
    return Note("", f"the archive was made {header.made_at} from {header.host}{elsewhere}")


def _left_notes(stored: Stored, missing: Missing) -> Iterator[Note]:
    for change in leftovers(stored, missing):
        yield Note(stored.entity.code, change.reason)


def _cost(definitions: Plan, bulks: Sequence[Bulk]) -> Cost:
    """Tell what restoring takes, as far as it is known before files are packed."""
    per_request = {Kind.SECTION: 50, Kind.ITEM: 46}
    seconds = {Kind.SECTION: 0.4, Kind.ITEM: 0.64}
    cost = definitions.cost
    return Cost(
        requests=cost.requests + sum(-(-bulk.count // per_request[bulk.kind]) for bulk in bulks),
        commands=cost.commands + sum(bulk.count for bulk in bulks),
        seconds=round(cost.seconds + sum(bulk.count * seconds[bulk.kind] for bulk in bulks), 2),
    )
