"""One run of apply: write, look after what is in doubt, verify.

Owns the rules of writing. A failed command skips what depends on it and nothing else. A write
whose answer was lost is never repeated blindly: the portal is read until two reads agree, and only
changes that are still to be made go out again. Nothing counts as verified that was not read back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from b24provision.apply.flights import Flights
from b24provision.apply.ledger import Ledger
from b24provision.apply.pulse import Watch, nobody
from b24provision.apply.window import Window
from b24provision.costs import SEEN
from b24provision.errors import B24ProvisionError
from b24provision.model import Note
from b24provision.plan import Outcome, Plan, Report
from b24provision.reading import Sender
from b24provision.rest.calls import Call
from b24provision.rest.operating import NO_WAIT, Wait
from b24provision.rest.stats import MethodStats
from b24provision.stages import compile_stages


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at what a plan touches finds: what is still to be done there, and storages that are there twice."""

    left: Plan
    doubles: Sequence[Note] = ()


Look = Callable[[], Awaitable[Found]]
"""Reads what a plan touches again."""

_ROUNDS = 5
_SETTLE_SECONDS = 60.0
_FIRST_LOOK_S = 2.0
"""Longer than any one command was seen to take: a batch that is still being executed shows in between."""
_NOTHING_MEASURED: Mapping[str, MethodStats] = MappingProxyType({})


@dataclass(slots=True)
class Applier:
    """Carries out one plan. `stop` is asked before each request whether to end early.

    `expected_wait` tells how long calls would wait for the portal's limits. `retries` and `measured` tell what the
    client has seen so far: requests sent again, and what methods took.
    `watch` is told how far the run is.
    """

    send: Sender
    look: Look
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stop: Callable[[], bool] = lambda: False
    expected_wait: Callable[[Sequence[Call]], Wait] = lambda _: NO_WAIT
    retries: Callable[[], int] = lambda: 0
    measured: Callable[[], Mapping[str, MethodStats]] = lambda: _NOTHING_MEASURED
    watch: Watch = nobody
    _window: Window = field(default_factory=Window, init=False)

    async def apply(self, plan: Plan, *, done: Collection[str] = ()) -> Report:
        """Make the changes of `plan`, and read back what they touched. Those in `done` are made already.

        A plan without changes is verified by the read it came from. Raises what `send` raises if
        that happens before anything was written; afterwards every failure ends in the report.
        """
        ledger = Ledger(plan)
        ledger.begin_with(done)
        if not plan.changes:
            return ledger.report(verified=True)
        try:
            await self._write(ledger)
            return ledger.report() if ledger.interrupted else await self._verify(ledger)
        except B24ProvisionError as exc:
            if not ledger.wrote:
                raise
            return ledger.report(problem=str(exc))

    async def _write(self, ledger: Ledger) -> None:
        pending = ledger.pending
        for _ in range(_ROUNDS):
            costs = SEEN.corrected(self.measured())
            stages = compile_stages(pending, among=ledger.plan.changes, costs=costs)
            cost, work_s = ledger.plan.cost, sum(batch.seconds(costs) for batch in stages.writes)
            flights = Flights(
                send=self.send,
                ledger=ledger,
                window=self._window,
                costs=costs,
                sleep=self.sleep,
                stop=self.stop,
                expected_wait=self.expected_wait,
                retries=self.retries,
                watch=self.watch,
                pace=cost.seconds / work_s if cost.has_waiting and work_s else 0.0,
            )
            await flights.fly(stages.writes)
            if not ledger.in_doubt:
                return
            pending = ledger.reconcile(await self._settled())
            if not pending:
                return
        ledger.abandon(pending)

    async def _settled(self) -> Plan:
        """Look until two looks agree: the portal may still be executing what it was sent."""
        before = (await self.look()).left
        waited, delay = 0.0, _FIRST_LOOK_S
        while waited < _SETTLE_SECONDS:
            await self.sleep(delay)
            waited, delay = waited + delay, min(delay * 2, 8.0)
            now = (await self.look()).left
            if now.changes == before.changes:
                return now
            before = now
        return before

    async def _verify(self, ledger: Ledger) -> Report:
        now = await self.look()
        explained = {row.id for row in ledger.outcomes.values() if row.outcome is not Outcome.DONE}
        differences = tuple(change for change in now.left.changes if change.id not in explained)
        return ledger.report(
            verified=not (differences or explained or now.doubles),
            differences=differences,
            doubles=now.doubles,
        )
