"""Sends batches side by side, each once everything it comes after was answered.

A batch in flight never raises, so that one failure cancels no other: what came of it goes into the ledger. When an
answer was lost, nothing further is sent, and what is in flight is awaited.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from b24provision.apply.ledger import Ledger
from b24provision.apply.pulse import Pulse, Watch
from b24provision.apply.window import Window
from b24provision.costs import Costs
from b24provision.errors import B24ProvisionError, OutcomeUnknownError
from b24provision.reading import Sender
from b24provision.stages import Batch
from b24provision.steps import Step
from b24provision.transient import TRIES, lost_race, pause_s


@dataclass(slots=True)
class Flights:
    """Batches under way to one portal. `stop` is asked before each request whether to end early.

    `retries` counts the requests that had to be sent again so far, whoever sent them.
    """

    send: Sender
    ledger: Ledger
    window: Window
    costs: Costs
    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]
    stop: Callable[[], bool]
    retries: Callable[[], int]
    watch: Watch
    failure: B24ProvisionError | None = field(default=None, init=False)
    """Why the portal cannot be worked with any more."""
    _stopped: bool = field(default=False, init=False)
    _lost_races: int = field(default=0, init=False)
    _flying: dict[int, Batch] = field(default_factory=dict, init=False)
    _waiting: dict[int, Batch] = field(default_factory=dict, init=False)

    async def fly(self, batches: Sequence[Batch]) -> None:
        """Send the batches; the ledger tells what became of them. Returns when none is in flight any more.

        Raises what the first request raises, if nothing was written.
        """
        self._waiting = dict(enumerate(batches))
        landings: asyncio.Queue[int] = asyncio.Queue()
        answered: set[int] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                while (ready := self._next(answered)) is not None:
                    batch = self._waiting.pop(ready)
                    if steps := self.ledger.runnable(batch.steps):
                        self._flying[ready] = batch
                        group.create_task(self._fly(ready, steps, landings))
                        self._tell()
                    else:
                        answered.add(ready)
                if not self._flying:
                    break
                landed = await landings.get()
                del self._flying[landed]
                answered.add(landed)
                self._tell()
        self._close()

    def _next(self, answered: set[int]) -> int | None:
        """Give a batch that may go out now."""
        if self._halted or len(self._flying) >= self.window.width:
            return None
        ready = next((place for place, batch in self._waiting.items() if batch.after <= answered), None)
        return None if ready is None or self._asked_to_stop() else ready

    @property
    def _halted(self) -> bool:
        return self._stopped or self.failure is not None or self.ledger.in_doubt

    def _asked_to_stop(self) -> bool:
        self._stopped = self._stopped or self.stop()
        return self._stopped

    async def _fly(self, place: int, steps: list[Step], landings: "asyncio.Queue[int]") -> None:
        left = steps
        try:
            failures = 0
            while left:
                again = await self._send(left, last_try=failures >= TRIES)
                failures = failures + 1 if len(again) == len(left) else 0
                left = again
                if left:
                    await self.sleep(pause_s(max(1, failures)))
                    if self._halted or self._asked_to_stop():
                        break
        except OutcomeUnknownError as exc:
            self.ledger.lose(left, str(exc))
        except B24ProvisionError as exc:
            self.failure = self.failure or exc
        finally:
            landings.put_nowait(place)

    async def _send(self, steps: list[Step], *, last_try: bool) -> list[Step]:
        began = self.clock()
        answers = await self.send([step.call for step in steps])
        errors = [answer.error for answer in answers if answer.error is not None]
        self._lost_races += any(map(lost_race, errors))
        self.window.landed(
            strain=self.retries() + self._lost_races,
            seconds=self.clock() - began,
            expected_s=sum(self.costs.of(step.call.method) for step in steps),
        )
        return self.ledger.record(steps, answers, last_try=last_try)

    def _close(self) -> None:
        if self.failure is not None:
            if not self.ledger.wrote:
                raise self.failure
            if not self.ledger.in_doubt:
                self.ledger.give_up(str(self.failure))
        elif self._stopped and not self.ledger.in_doubt:
            self.ledger.interrupt()

    def _tell(self) -> None:
        pending = [*self._flying.values(), *self._waiting.values()]
        self.watch(
            Pulse(
                done=len(self.ledger.outcomes),
                total=len(self.ledger.plan.changes),
                in_flight=len(self._flying),
                entity=_entity(next(iter(self._flying.values()), None)),
                seconds_left=sum(batch.seconds(self.costs) for batch in pending) / self.window.width,
            )
        )


def _entity(batch: Batch | None) -> str:
    return "" if batch is None else str(batch.steps[0].call.params.get("ENTITY", ""))
