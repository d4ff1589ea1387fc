"""Sending many writes: packed into requests that end in time, each done once.

Requests go out one after another. Side by side would gain nothing: a method may run for 480 s in ten minutes,
and adding items one after another takes more of that than there is.
"""

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from b24provision.backup.records import Record
from b24provision.costs import SEEN, Costs
from b24provision.errors import ApiError, OutcomeUnknownError
from b24provision.reading import Answer, Sender
from b24provision.rest.calls import MAX_COMMANDS, Call
from b24provision.rest.envelope import NO_ANSWER
from b24provision.rest.fits import fits_batch
from b24provision.rest.stats import MethodStats

SEEN_WRITES = Costs({**SEEN.seconds, "entity.item.update": 0.64, "entity.section.add": 0.4})
"""What nobody measured is taken from its like: updating an item from adding one, sections from storages."""
_MOST_SECONDS = 30.0
"""Half of the 60 s after which the cloud cuts a request: files, and a busy portal, take longer."""
_MOST_CHARACTERS = 2_000_000
_HOPELESS = {"ACCESS_DENIED", "insufficient_scope", "ERROR_ENTITY_NOT_FOUND"}
_ROUNDS = 4
_SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One write: the archived section or item it brings back, its call, and how many characters that has."""

    record: Record
    call: Call
    size: int

    @property
    def is_alone(self) -> bool:
        """Whether it takes a request of its own."""
        return self.size > _MOST_CHARACTERS or not fits_batch(self.call)


class Shipment(Protocol):
    """What is to be written, and how to tell that it was."""

    def parcels(self) -> Iterator[Parcel]:
        """Give what is to be sent; asked for one after another, so that files do not pile up."""
        ...

    def sending(self) -> None:
        """Be told that a request is about to go out."""
        ...

    def done(self, parcel: Parcel, live_id: int) -> None:
        """Be told that a parcel has arrived."""
        ...

    async def find(self, parcels: Sequence[Parcel]) -> Mapping[int, int]:
        """Look which of these have arrived: archived id → live id."""
        ...


@dataclass(slots=True)
class Delivery:
    """What came of a shipment. `errors` counts refusals by what the portal said; after some nothing more is sent."""

    delivered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    hopeless: bool = False

    @property
    def trouble(self) -> str:
        """The commonest refusal, in words."""
        return self.errors.most_common(1)[0][0] if self.errors else ""


@dataclass(slots=True)
class Courier:
    """Sends shipments. `stop` is asked before each request whether to end early.

    `measured` tells what commands have cost this portal so far. `wrote` is True once anything was sent.
    """

    send: Sender
    sleep: Callable[[float], Awaitable[None]]
    stop: Callable[[], bool] = lambda: False
    measured: Callable[[], Mapping[str, MethodStats]] = dict
    wrote: bool = field(default=False, init=False)

    async def deliver(self, shipment: Shipment, delivery: Delivery) -> None:
        """Send everything of a shipment once, and note in `delivery` what comes of it.

        What the portal says it could not do just now is sent again, and so is what was in a request without
        an answer and is not there when looked for. Other refusals are counted; one that concerns the caller or
        the storage ends the shipment. Raises what `send` raises, but for OutcomeUnknownError.
        """
        load = _Load(shipment.parcels())
        while not delivery.hopeless and (parcels := load.take(SEEN_WRITES.corrected(self.measured()))):
            if self.stop():
                delivery.interrupted = True
                break
            shipment.sending()
            self.wrote = True
            try:
                answers = await self.send([parcel.call for parcel in parcels])
            except OutcomeUnknownError as exc:
                await self._look_for(parcels, shipment, load, delivery, str(exc))
                continue
            lost = _sorted_out(parcels, answers, shipment, load, delivery)
            if lost:
                await self._look_for(lost, shipment, load, delivery, "the portal said nothing of it")
            elif load.has_repeats:
                await self.sleep(1.0)

    async def _look_for(
        self, lost: Sequence[Parcel], shipment: Shipment, load: "_Load", delivery: Delivery, trouble: str
    ) -> None:
        there = await self._settled(lost, shipment)
        for parcel in lost:
            live_id = there.get(parcel.record.id)
            if live_id is not None:
                shipment.done(parcel, live_id)
                delivery.delivered += 1
            elif not load.again(parcel):
                delivery.errors[trouble] += 1

    async def _settled(self, lost: Sequence[Parcel], shipment: Shipment) -> Mapping[int, int]:
        """Look until two looks agree: the portal may still be executing what it was sent."""
        before = await shipment.find(lost)
        waited, delay = 0.0, 2.0
        while waited < _SETTLE_SECONDS:
            await self.sleep(delay)
            waited, delay = waited + delay, min(delay * 2, 16.0)
            now = await shipment.find(lost)
            if now == before:
                return now
            before = now
        return before


@dataclass(slots=True)
class _Load:
    """Packs parcels into requests, in order, those to be sent again first."""

    source: Iterator[Parcel]
    _waiting: deque[Parcel] = field(default_factory=deque)
    _rounds: Counter[int] = field(default_factory=Counter)

    def take(self, costs: Costs) -> list[Parcel]:
        """Give what goes into the next request; nothing when all is sent."""
        taken: list[Parcel] = []
        seconds, size = 0.0, 0
        while len(taken) < MAX_COMMANDS and (parcel := self._next()) is not None:
            alone = parcel.is_alone
            seconds += costs.of(parcel.call.method)
            size += parcel.size
            if taken and (alone or seconds > _MOST_SECONDS or size > _MOST_CHARACTERS):
                self._waiting.appendleft(parcel)
                break
            taken.append(parcel)
            if alone:
                break
        return taken

    def again(self, parcel: Parcel) -> bool:
        """Send a parcel again; False when it was sent often enough."""
        self._rounds[parcel.record.id] += 1
        if self._rounds[parcel.record.id] >= _ROUNDS:
            return False
        self._waiting.append(parcel)
        return True

    @property
    def has_repeats(self) -> bool:
        """Whether something waits to be sent again."""
        return any(self._rounds[parcel.record.id] for parcel in self._waiting)

    def _next(self) -> Parcel | None:
        return self._waiting.popleft() if self._waiting else next(self.source, None)


def _sorted_out(
    parcels: Sequence[Parcel],
    answers: Sequence[Answer],
    shipment: Shipment,
    load: "_Load",
    delivery: Delivery,
) -> list[Parcel]:
    """Take in the answers to a request; gives the parcels of which nothing was said."""
    lost: list[Parcel] = []
    for parcel, answer in zip(parcels, answers, strict=True):
        if answer.error is None:
            shipment.done(parcel, _id(answer.data))
            delivery.delivered += 1
        elif answer.error.code == NO_ANSWER:
            lost.append(parcel)
        elif not _is_passing(answer.error) or not load.again(parcel):
            delivery.errors[str(answer.error)] += 1
            delivery.hopeless |= answer.error.code in _HOPELESS
    return lost


def _is_passing(error: ApiError) -> bool:
    """Tell a refusal after which nothing was done, and trying again is right."""
    return error.code == "OPERATION_TIME_LIMIT" or (
        error.code == "ERROR_CORE" and "again" in error.description.lower()
    )


def _id(data: Any) -> int:
    return data if isinstance(data, int) else int(data) if str(data).isdecimal() else 0


def requests_for(count: int, seconds_each: float) -> int:
    """Tell how many requests so many writes take, if none of them has to go alone."""
    return -(-count // min(MAX_COMMANDS, int(_MOST_SECONDS / seconds_each)))
