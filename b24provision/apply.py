"""Plan → portal → Report: send the calls, find out what became of each, prove the result.

Owns the rules of writing. A failed command skips what depends on it and nothing else. A write
whose answer was lost is never repeated blindly: the portal is read until two reads agree, and only
changes that are still to be made go out again. Nothing counts as verified that was not read back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from b24provision.errors import B24ProvisionError, OutcomeUnknownError
from b24provision.model import fold
from b24provision.plan import Action, Change, ChangeOutcome, Outcome, Plan, Report
from b24provision.reading import Answer, Sender
from b24provision.rest.envelope import NO_ANSWER
from b24provision.stages import Batch, Step, compile_batches

Look = Callable[[], Awaitable[Plan]]
"""Reads what a plan touches again and gives what is still to be done there."""

_ROUNDS = 3
_SETTLE_SECONDS = 60.0
_GONE = {"ERROR_ENTITY_NOT_FOUND", "ERROR_PROPERTY_NOT_FOUND"}


@dataclass(slots=True)
class Applier:
    """Carries out one plan. `stop` is asked before each request whether to end early."""

    send: Sender
    look: Look
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stop: Callable[[], bool] = lambda: False

    async def apply(self, plan: Plan, *, done: Collection[str] = ()) -> Report:
        """Make the changes of `plan`, and read back what they touched. Those in `done` are made already.

        A plan without changes is verified by the read it came from. Raises what `send` raises if
        that happens before anything was written; afterwards every failure ends in the report.
        """
        run = _Run(plan)
        run.begin_with(done)
        if not plan.changes:
            return run.report(verified=True)
        try:
            await self._write(run)
            return await self._verify(run)
        except B24ProvisionError as exc:
            if not run.wrote:
                raise
            return run.report(problem=str(exc))

    async def _write(self, run: "_Run") -> None:
        pending: Sequence[Change] = [row for row in run.plan.changes if row.id not in run.outcomes]
        for _ in range(_ROUNDS):
            if not await self._send_all(run, compile_batches(pending, run.plan.changes)):
                return
            pending = run.reconcile(await self._settled())
            if not pending:
                return
        run.abandon(pending)

    async def _send_all(self, run: "_Run", batches: Sequence[Batch]) -> bool:
        """Send the batches in order; True if an answer was lost, and with it the rest put off."""
        for position, batch in enumerate(batches):
            steps = run.runnable(batch.steps)
            if not steps:
                continue
            if self.stop():
                run.interrupt(batches[position:])
                return False
            try:
                answers = await self.send([step.call for step in steps])
            except OutcomeUnknownError as exc:
                run.lose(steps, str(exc))
                return True
            except B24ProvisionError as exc:
                if not run.wrote:
                    raise
                run.give_up(batches[position:], str(exc))
                return False
            if not run.record(steps, answers):
                return True
        return False

    async def _settled(self) -> Plan:
        """Look until two looks agree: the portal may still be executing what it was sent."""
        before = await self.look()
        waited, delay = 0.0, 1.0
        while waited < _SETTLE_SECONDS:
            await self.sleep(delay)
            waited, delay = waited + delay, min(delay * 2, 8.0)
            now = await self.look()
            if now.changes == before.changes:
                return now
            before = now
        return before

    async def _verify(self, run: "_Run") -> Report:
        now = await self.look()
        explained = {row.id for row in run.outcomes.values() if row.outcome is not Outcome.DONE}
        differences = tuple(change for change in now.changes if change.id not in explained)
        return run.report(verified=not differences and not explained, differences=differences)


@dataclass(slots=True)
class _Run:
    """What is known so far about every change of the plan."""

    plan: Plan
    outcomes: dict[str, ChangeOutcome] = field(default_factory=dict)
    wrote: bool = False
    interrupted: bool = False

    def begin_with(self, done: Collection[str]) -> None:
        """Note what was done before this run."""
        for name in done:
            self._set(name, Outcome.DONE)

    def runnable(self, steps: Sequence[Step]) -> list[Step]:
        """Leave out steps that depend on a change which was not made, and say so."""
        return [step for step in steps if self._may_go(step)]

    def _may_go(self, step: Step) -> bool:
        if not step.first and step.change_id in self.outcomes:
            return False  # the call before it failed
        missing = sorted(name for name in step.needs | step.waits if self._is_missing(name))
        if missing:
            self._set(step.change_id, Outcome.SKIPPED, f"needs “{missing[0]}”")
        return not missing

    def _is_missing(self, name: str) -> bool:
        return name in self.outcomes and self.outcomes[name].outcome is not Outcome.DONE

    def record(self, steps: Sequence[Step], answers: Sequence[Answer]) -> bool:
        """Note what the portal answered to each step; False if it left one without any answer."""
        self.wrote = True
        actions = {change.id: change.action for change in self.plan.changes}
        for step, answer in zip(steps, answers, strict=True):
            error = answer.error
            missing = sorted(name for name in step.needs if self._is_missing(name))
            if error is None or (actions[step.change_id] is Action.DELETE and error.code in _GONE):
                if step.last:
                    self._set(step.change_id, Outcome.DONE)
            elif error.code == NO_ANSWER:
                self._set(step.change_id, Outcome.UNKNOWN, str(error))
            elif missing:
                self._set(step.change_id, Outcome.SKIPPED, f"needs “{missing[0]}”")
            else:
                self._set(step.change_id, Outcome.FAILED, str(error))
        return not any(self._is_unknown(step.change_id) for step in steps)

    def _is_unknown(self, name: str) -> bool:
        return name in self.outcomes and self.outcomes[name].outcome is Outcome.UNKNOWN

    def lose(self, steps: Sequence[Step], why: str) -> None:
        """Note that the answer to these steps was lost."""
        self.wrote = True
        for step in steps:
            self._set(step.change_id, Outcome.UNKNOWN, why)

    def give_up(self, batches: Sequence[Batch], why: str) -> None:
        """Note that these batches were not sent, because the portal cannot be worked with any more."""
        for batch in batches:
            for step in batch.steps:
                self._set(step.change_id, Outcome.SKIPPED, why)

    def interrupt(self, batches: Sequence[Batch]) -> None:
        """Note that these batches were not sent, because somebody asked to stop."""
        self.interrupted = True
        self.give_up(batches, "interrupted before it was sent")

    def abandon(self, changes: Sequence[Change]) -> None:
        """Note that these were not made, because answers went on getting lost."""
        for change in changes:
            self._set(
                change.id, Outcome.SKIPPED, "not there when last looked, and answers went on getting lost"
            )

    def reconcile(self, now: Plan) -> list[Change]:
        """Compare what is still to be done with what has no outcome; give what may be sent again."""
        still = {change.id: change for change in now.changes}
        touched = {(change.kind, fold(change.address)) for change in now.changes}
        again = []
        for change in self.plan.changes:
            known = self.outcomes.get(change.id)
            if known is not None and known.outcome is not Outcome.UNKNOWN:
                continue
            twin = still.get(change.id)
            if twin is None and (change.kind, fold(change.address)) in touched:
                self._set(change.id, Outcome.UNKNOWN, "done in part, or somebody else changed it; run again")
            elif twin is None:
                self._set(change.id, Outcome.DONE)
            elif twin.before == change.before:
                self.outcomes.pop(change.id, None)
                again.append(change)
            else:
                self._set(change.id, Outcome.UNKNOWN, "somebody else changed it in between")
        return again

    def report(
        self, *, verified: bool = False, differences: Sequence[Change] = (), problem: str | None = None
    ) -> Report:
        """Give the outcome of every change, in the order of the plan."""
        return Report(
            plan=self.plan,
            outcomes=tuple(
                self.outcomes.get(change.id) or ChangeOutcome(change.id, Outcome.SKIPPED, problem)
                for change in self.plan.changes
            ),
            verified=verified and not self.interrupted,
            differences=tuple(differences),
            interrupted=self.interrupted,
            problem=problem,
        )

    def _set(self, change_id: str, outcome: Outcome, error: str | None = None) -> None:
        self.outcomes[change_id] = ChangeOutcome(change_id, outcome, error)
