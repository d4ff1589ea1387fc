"""The use cases on an open portal: read, plan, apply. One pipeline with other arguments."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from b24provision.apply import Applier, Found, Look, Watch, nobody
from b24provision.backup import back_up_stakes
from b24provision.diff.diff import diff
from b24provision.diff.guard import doubles
from b24provision.errors import BlockedError
from b24provision.forecast import forecast
from b24provision.holdings import read_holdings
from b24provision.intent import Intent
from b24provision.journal import Journal
from b24provision.model import Snapshot
from b24provision.plan import Action, Change, Plan, Report
from b24provision.progress import Standing, State, codes_to_read, doomed_codes, progress
from b24provision.reading import Reader, drive
from b24provision.saved import remainder, require_same_portal, require_same_stakes, require_unambiguous
from b24provision.snapshot import read_snapshot
from b24provision.stakes import read_stakes
from b24provision.targets.session import Session, Tell, tell_nobody
from b24provision.targets.state import keep_private

T = TypeVar("T")

_PATIENCE_S = 10.0
"""How long a write waits for a limit while it counts as in flight. Longer waits are the scheduler's, who can be stopped."""


@dataclass(frozen=True, slots=True)
class Provisioner:
    """Brings the portal behind `session` in line with manifests.

    What a plan would lose is archived in the directory `backups` before anything is written, unless that is
    None. `tell` is told where.
    """

    session: Session
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    journal: Journal | None = None
    backups: Path | None = None
    tell: Tell = tell_nobody
    watch: Watch = nobody

    async def read(self, intent: Intent) -> Snapshot:
        """Read from the portal what `intent` names, and the list of everything else."""
        reader = read_snapshot(intent.codes(), former=intent.former_codes(), doomed=intent.doomed())
        return await self._drive(reader)

    async def plan(self, intent: Intent, *, in_detail: bool = False) -> Plan:
        """Find what has to be done to make the portal what `intent` asks for. Writes nothing.

        `in_detail` also asks what unmanaged storages and properties hold, and notes it.

        Raises AuthError, UnreachableError and the other errors of the REST core.
        """
        snapshot = await self.read(intent)
        found = diff(intent, snapshot, self.session.portal)
        weighed = await self._drive(read_stakes(found, snapshot.held))
        if in_detail:
            holdings = await self._drive(read_holdings(intent, snapshot))
            weighed = replace(weighed, notes=(*weighed.notes, *holdings))
        return replace(weighed, cost=forecast(weighed.changes))

    async def apply(
        self,
        intent: Intent,
        plan: Plan | None = None,
        *,
        allow_data_loss: bool = False,
        skip_data_loss: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> Report:
        """Carry out `plan`, which was made for `intent` (by default a new one), and read back what it touched.

        `skip_data_loss` does everything else; what waits is noted in the report's plan. `stop` is
        asked before each request whether to end early.

        Raises BlockedError, before anything is written, when a change is blocked or data would be
        lost without `allow_data_loss`. Raises what the REST core raises when the first write does
        not go out; later failures are told by the report.
        """
        plan = await self.plan(intent) if plan is None else plan
        if skip_data_loss:
            plan = plan.without_data_loss()
        require_consent(plan, allow_data_loss=allow_data_loss)
        look = self._look(intent, plan, skip_data_loss=skip_data_loss)
        return await self._carry_out(plan, look, stop)

    async def apply_saved(
        self, plan: Plan, *, allow_data_loss: bool = False, stop: Callable[[], bool] = lambda: False
    ) -> Report:
        """Carry out a plan that was saved, as far as it is not done already.

        Raises StaleError, before anything is written, when the plan was made for another portal, when
        something it touches was changed by somebody else, or when more or less is at stake than it
        said. Otherwise like `apply`.
        """
        require_consent(plan, allow_data_loss=allow_data_loss)
        if not plan.changes:
            return Report(plan=plan)  # nothing to carry out, and nothing that could be verified
        snapshot = await self._read_planned(plan)
        require_same_portal(plan.portal, self.session.portal, snapshot.caller)
        require_unambiguous(plan, snapshot)
        left = remainder(plan, progress(plan, snapshot))
        weighed = await self._drive(read_stakes(left, snapshot.held))
        require_same_stakes(left.changes, {change.id: change for change in weighed.changes})
        done = {change.id for change in plan.changes} - {change.id for change in left.changes}

        async def look() -> Found:
            found = await self._read_planned(plan)
            rows = [row for row in progress(plan, found) if row.state is not State.DONE]
            now = replace(plan, changes=tuple(map(_as_found, rows)))
            weighed = await self._drive(read_stakes(now, found.held))
            return Found(weighed, tuple(doubles(_made(plan), found)))

        halves = {change.id: change for change in left.changes}
        resumed = replace(plan, changes=tuple(halves.get(change.id, change) for change in plan.changes))
        return await self._carry_out(resumed, look, stop, done=done)

    async def _drive(self, reader: Reader[T]) -> T:
        return await drive(self.session.send, reader, sleep=self.sleep)

    async def _read_planned(self, plan: Plan) -> Snapshot:
        return await self._drive(read_snapshot(codes_to_read(plan), doomed=doomed_codes(plan)))

    async def _carry_out(
        self, plan: Plan, look: Look, stop: Callable[[], bool], *, done: Collection[str] = ()
    ) -> Report:
        await self._back_up(plan, done)
        stats, send = self.session.client.stats, partial(self.session.send, patience_s=_PATIENCE_S)
        applier = Applier(
            send,
            look,
            self.sleep,
            stop,
            expected_wait=self.session.client.expected_wait,
            retries=lambda: stats().retries,
            measured=lambda: stats().methods,
            watch=self.watch,
        )
        if self.journal is None:
            return await applier.apply(plan, done=done)
        with self.journal.run(plan) as journal:
            applier.send = journal.watched(send)
            report = await applier.apply(plan, done=done)
            journal.reported(report)
        return report

    async def _back_up(self, plan: Plan, done: Collection[str]) -> None:
        """Archive what is at stake. What is known to be empty needs no archive."""
        held = [
            row
            for row in plan.data_loss
            if row.id not in done and (row.stake is None or row.stake.items != 0)
        ]
        if self.backups is None or not held:
            return
        keep_private(self.backups.parent)
        path = await back_up_stakes(
            self.session, replace(plan, changes=tuple(held)), self.backups, sleep=self.sleep, tell=self.tell
        )
        if path is not None:
            self.tell(f"What will be lost is kept in {path}; `b24provision restore` brings it back.")

    def _look(self, intent: Intent, plan: Plan, *, skip_data_loss: bool) -> Look:
        touched = {change.entity for change in plan.changes}
        part = intent.touching(touched)

        async def look() -> Found:
            snapshot = await self.read(part)
            now = diff(part, snapshot, self.session.portal)
            if skip_data_loss:
                now = now.without_data_loss()
            ours = tuple(change for change in now.changes if change.entity in touched)
            weighed = await self._drive(read_stakes(replace(now, changes=ours), snapshot.held))
            changes = (*weighed.changes, *_unproved_renames(plan, weighed, snapshot))
            return Found(replace(weighed, changes=changes), tuple(doubles(_made(plan), snapshot)))

        return look


def _made(plan: Plan) -> set[str]:
    """Give the folded codes under which the plan leaves a storage."""
    return {change.entity for change in plan.changes if not change.deletes_entity}


def _as_found(row: Standing) -> Change:
    """Give a change that is not done with what is live now, so that what others did shows."""
    return replace(row.change, before=row.now)


def _unproved_renames(plan: Plan, now: Plan, snapshot: Snapshot) -> list[Change]:
    """Give the renames of `plan` that nothing shows to be done, though nothing is left to do about them.

    A new code that is live proves nothing: somebody else may have taken it.
    """
    renames = replace(plan, changes=tuple(row for row in plan.changes if row.action is Action.RENAME))
    left = {change.id for change in now.changes}
    rows = progress(renames, snapshot) if renames.changes else []
    return [_as_found(row) for row in rows if row.state is State.OVERTAKEN and row.change.id not in left]


def require_unblocked(plan: Plan) -> None:
    """Refuse a plan as a whole while any part of it may not be carried out. Raises BlockedError."""
    if plan.blocked:
        reasons = "; ".join(f"{row.id}: {row.reason}" for row in plan.blocked)
        raise BlockedError(f"Nothing was written, because the plan is blocked. {reasons}.")


def require_consent(plan: Plan, *, allow_data_loss: bool) -> None:
    """Refuse a plan that is blocked, or that loses data without consent. Raises BlockedError."""
    require_unblocked(plan)
    if plan.data_loss and not allow_data_loss:
        ids = ", ".join(change.id for change in plan.data_loss)
        raise BlockedError(
            f"Nothing was written, because data would be lost for good: {ids}. Allow it with "
            "--allow-data-loss, or leave it out with --skip-data-loss."
        )
