"""Sends batches side by side, each once everything it comes after was answered, and the portal has room for it.

A batch in flight never raises, so that one failure cancels no other: what came of it goes into the ledger. When an
answer was lost, nothing further is sent, and what is in flight is awaited. What is refused for the moment goes
back among the waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from b24provision.apply.departures import Departure, Departures
from b24provision.apply.ledger import Ledger
from b24provision.apply.pulse import Pulse, Watch
from b24provision.apply.window import Window
from b24provision.costs import Costs
from b24provision.errors import ApiError, B24ProvisionError, OutcomeUnknownError
from b24provision.reading import Answer, Sender
from b24provision.rest.calls import Call
from b24provision.rest.operating import NO_WAIT, Wait
from b24provision.stages import Batch
from b24provision.steps import Step
from b24provision.transient import TRIES, is_transient, lost_race, pause_s

_NAP_S = 1.0
"""How long to wait at most before looking whether somebody asked to stop."""


@dataclass(slots=True)
class Flights:
    """Batches under way to one portal. `stop` is asked before each request whether to end early.

    `expected_wait` tells how long calls would wait for the portal's limits; until then they are not sent, and others
    go first. `retries` counts the requests that had to be sent again so far, whoever sent them. `pace` is how many
    seconds go by for one of work where waiting for the limits takes longer than the work itself; 0 where it does not.
    """

    send: Sender
    ledger: Ledger
    window: Window
    costs: Costs
    sleep: Callable[[float], Awaitable[None]]
    stop: Callable[[], bool]
    expected_wait: Callable[[Sequence[Call]], Wait]
    retries: Callable[[], int]
    watch: Watch
    pace: float = 0.0
    failure: B24ProvisionError | None = field(default=None, init=False)
    """Why the portal cannot be worked with any more."""
    _stopped: bool = field(default=False, init=False)
    _lost_races: int = field(default=0, init=False)
    _flying: dict[int, Departure] = field(default_factory=dict, init=False)
    _napping: bool = field(default=False, init=False)
    _departures: Departures = field(init=False)
    _landings: "asyncio.Queue[Departure | None]" = field(default_factory=asyncio.Queue, init=False)
    """What was answered; None when it is time to look again."""

    async def fly(self, batches: Sequence[Batch]) -> None:
        """Send the batches; the ledger tells what became of them. Returns when none is in flight any more.

        Raises what the first request raises, if nothing was written.
        """
        self._departures = Departures(batches, self.costs)
        async with asyncio.TaskGroup() as group:
            while True:
                wait = await self._launch(group)
                if wait.seconds > 0 and not self._napping:
                    self._napping = True
                    self._tell(wait)
                    group.create_task(self._nap(wait.seconds))
                if not (self._flying or self._napping):
                    break
                await self._land()
        self._close()

    async def _launch(self, group: asyncio.TaskGroup) -> Wait:
        """Send what may go; gives what the next one waits for, if that is the portal's limits."""
        while len(self._flying) < self.window.width and not self._halted:
            departure, wait = self._departures.next(self.expected_wait)
            if departure is None:
                return wait
            if self._asked_to_stop():
                break
            departure.steps = self.ledger.runnable(departure.steps)
            if departure.steps:
                self._flying[departure.place] = departure
                group.create_task(self._fly(departure))
                self._tell()
                await asyncio.sleep(0)  # lets it set aside what it needs before the next one asks for room
            else:
                self._departures.landed(departure)
        return NO_WAIT

    async def _land(self) -> None:
        """Wait until something was answered, or it is time to look again."""
        landed = await self._landings.get()
        if landed is None:
            self._napping = False
            self._asked_to_stop()
        else:
            del self._flying[landed.place]
            self._departures.landed(landed)
            self._tell()

    async def _nap(self, seconds: float) -> None:
        await self.sleep(min(seconds, _NAP_S))
        self._landings.put_nowait(None)

    @property
    def _halted(self) -> bool:
        return self._stopped or self.failure is not None or self.ledger.in_doubt

    def _asked_to_stop(self) -> bool:
        self._stopped = self._stopped or self.stop()
        return self._stopped

    async def _fly(self, departure: Departure) -> None:
        try:
            await self._send(departure)
            if departure.steps:
                await self.sleep(pause_s(max(1, departure.failures)))
        except OutcomeUnknownError as exc:
            self.ledger.lose(departure.steps, str(exc))
            departure.steps = []
        except B24ProvisionError as exc:
            self.failure = self.failure or exc
        finally:
            self._landings.put_nowait(departure)

    async def _send(self, departure: Departure) -> None:
        """Send once; what is to be sent again stays in the departure."""
        steps = departure.steps
        try:
            answers = await self.send([step.call for step in steps])
        except ApiError as refused:
            if not is_transient(refused) or departure.failures >= TRIES:
                raise
            departure.failures += 1
            return
        self._learn(steps, answers)
        departure.steps = self.ledger.record(steps, answers, last_try=departure.failures >= TRIES)
        departure.failures = departure.failures + 1 if len(departure.steps) == len(steps) else 0

    def _learn(self, steps: Sequence[Step], answers: Sequence[Answer]) -> None:
        """Let the window know how the portal bore this."""
        errors = [answer.error for answer in answers if answer.error is not None]
        self._lost_races += any(map(lost_race, errors))
        self.window.landed(
            strain=self.retries() + self._lost_races,
            seconds=sum(map(_duration_s, answers)),
            expected_s=sum(self.costs.of(step.call.method) for step in steps),
        )

    def _close(self) -> None:
        if self.failure is not None:
            if not self.ledger.wrote:
                raise self.failure
            if not self.ledger.in_doubt:
                self.ledger.give_up(str(self.failure))
        elif self._stopped and not self.ledger.in_doubt:
            self.ledger.interrupt()

    def _tell(self, wait: Wait = NO_WAIT) -> None:
        flying, work_s = next(iter(self._flying.values()), None), self._departures.seconds
        self.watch(
            Pulse(
                done=len(self.ledger.outcomes),
                total=len(self.ledger.plan.changes),
                in_flight=len(self._flying),
                entity=_entity(flying),
                seconds_left=max(work_s / self.window.width + wait.seconds, work_s * self.pace),
                waits_for=wait.reason,
            )
        )


def _entity(departure: Departure | None) -> str:
    return str(departure.steps[0].call.params.get("ENTITY", "")) if departure and departure.steps else ""


def _duration_s(answer: Answer) -> float:
    """What a command took by the portal's own account; waiting for limits is no part of it."""
    duration = (answer.time or {}).get("duration")
    return float(duration) if isinstance(duration, int | float) else 0.0
