"""Carrying out the plan of a restore, and reading everything again.

Storages and properties that are missing go through the engine; sections, items and values come after them,
storage by storage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from b24provision.backup.archive import Archive
from b24provision.backup.courier import Courier, Delivery
from b24provision.backup.files import Files
from b24provision.backup.header import Stored
from b24provision.backup.looking import Comparison, Missing
from b24provision.backup.shipments import Destination, Items, Sections, Values
from b24provision.backup.work import Bulk, RestorePlan, RestoreReport, altered, leftovers, work
from b24provision.errors import B24ProvisionError
from b24provision.model import Entity, fold
from b24provision.plan import Change, ChangeOutcome, Outcome, Report
from b24provision.targets.session import Tell, tell_nobody

if TYPE_CHECKING:
    from b24provision.engine import Provisioner


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
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    interrupted: bool = False

    async def go(self, defined: Report) -> RestoreReport:
        """Bring back the data of the storages whose definitions are there, then look."""
        self.outcomes = {row.id: row for row in defined.outcomes}
        self.interrupted = defined.interrupted
        client = self.portal.session.client
        courier = Courier(
            self.portal.session.send, self.portal.sleep, self.stop, lambda: client.stats().methods
        )
        files = Files.of(client, self.portal.sleep)
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
        if reason:
            self._put_off(bulks, reason)
        return not reason

    async def _bring_back(
        self, comparison: Comparison, courier: Courier, bulks: Sequence[Bulk]
    ) -> list[Change]:
        """Write what is missing in one storage, then see what still is."""
        stored = comparison.stored
        key = fold(stored.entity.code)
        entity = (await self.portal.read(self.plan.intent.touching({key}))).entities.get(key)
        if entity is None or not set(stored.shape.properties) <= set(entity.properties):
            self._put_off(bulks, "somebody removed the storage, or a property of it, meanwhile")
            return []
        await self._deliver(comparison, entity, await comparison.look(entity.code), courier)
        if self.interrupted:
            self._interrupt(bulks)
            return []
        now = await comparison.look(entity.code)
        still = {bulk.id: bulk for bulk in work(stored, now)}
        differences = []
        for bulk in bulks:
            left, delivery = still.pop(bulk.id, None), self.deliveries[bulk.id]
            if left is not None and delivery.delivered >= bulk.count and not delivery.errors:
                differences.append(altered(left))
                left = None
            self.outcomes[bulk.id] = _outcome(bulk, left, delivery)
        return [*differences, *still.values(), *leftovers(stored, now)]

    async def _deliver(
        self, comparison: Comparison, entity: Entity, missing: Missing, courier: Courier
    ) -> None:
        code = comparison.stored.entity.code
        destination = Destination(comparison, entity)
        sections, items, values = (
            self.deliveries.setdefault(f"{what} {code}", Delivery())
            for what in ("create section", "create item", "update item")
        )
        for level in missing.sections:
            await courier.deliver(Sections(destination, level, missing.section_ids), sections)
        told = self._progress(code, "items", len(missing.items.missing))
        await courier.deliver(Items(destination, missing, told), items)
        told = self._progress(code, "values", len(missing.items.fills))
        await courier.deliver(Values(destination, missing, told), values)
        self.interrupted |= any(row.interrupted for row in (sections, items, values))

    def _put_off(self, bulks: Sequence[Bulk], reason: str) -> None:
        for bulk in bulks:
            self.outcomes[bulk.id] = ChangeOutcome(bulk.id, Outcome.SKIPPED, reason)

    def _interrupt(self, bulks: Sequence[Bulk]) -> None:
        """Note how far it got when somebody asked to stop."""
        for bulk in bulks:
            made = self.deliveries[bulk.id].delivered
            if made == bulk.count:
                self.outcomes[bulk.id] = ChangeOutcome(bulk.id, Outcome.DONE)
            else:
                self._put_off([bulk], f"interrupted after {made} of {bulk.count}")

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
            made={name: row.delivered for name, row in self.deliveries.items()},
        )


def _outcome(bulk: Bulk, still: Bulk | None, delivery: Delivery) -> ChangeOutcome:
    if still is None:
        return ChangeOutcome(bulk.id, Outcome.DONE)
    said = f": {delivery.trouble}" if delivery.trouble else ""
    return ChangeOutcome(bulk.id, Outcome.FAILED, f"{still.count} of {bulk.count} are not there{said}")
