"""Batches that have not gone yet: which may go next, what stands in the way of the others, how much work is left.

Values only. A batch waits for the batches it comes after; then, where the portal's limits leave no room for it,
for these. In the meantime one of other methods may go first.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from b24provision.costs import Costs
from b24provision.rest.calls import Call
from b24provision.rest.operating import NO_WAIT, Wait
from b24provision.stages import Batch
from b24provision.steps import Step


@dataclass(slots=True)
class Departure:
    """A batch on its way: the steps still to be sent, and how often in a row none of them got through."""

    place: int
    steps: list[Step]
    seconds: float
    failures: int = 0

    @property
    def methods(self) -> frozenset[str]:
        """The methods it runs."""
        return frozenset(step.call.method for step in self.steps)


class Departures:
    """The batches of one flight plan, in order of their places."""

    def __init__(self, batches: Sequence[Batch], costs: Costs) -> None:
        self._waiting = {
            place: Departure(place, list(batch.steps), batch.seconds(costs))
            for place, batch in enumerate(batches)
        }
        self._blockers = [len(batch.after) for batch in batches]
        self._blocked_by: dict[int, list[int]] = defaultdict(list)
        for place, batch in enumerate(batches):
            for before in batch.after:
                self._blocked_by[before].append(place)
        self._ready = [place for place, blockers in enumerate(self._blockers) if not blockers]
        heapify(self._ready)
        self.seconds = sum(departure.seconds for departure in self._waiting.values())
        """What everything that is not answered yet takes the portal, waits for limits aside."""

    def next(self, expected_wait: Callable[[Sequence[Call]], Wait]) -> tuple[Departure | None, Wait]:
        """Take the first that may go now; if there is none, tell the shortest wait for the portal's limits."""
        shortest, full, held = NO_WAIT, set[frozenset[str]](), []
        found = None
        while self._ready and found is None:
            place = heappop(self._ready)
            departure = self._waiting[place]
            methods = departure.methods
            wait = shortest if methods in full else expected_wait([step.call for step in departure.steps])
            if wait.seconds > 0:
                full.add(methods)
                shortest = min(filter(_is_wait, (shortest, wait)), key=_seconds)
                held.append(place)
            else:
                found = self._waiting.pop(place)
        for place in held:
            heappush(self._ready, place)
        return found, NO_WAIT if found else shortest

    def landed(self, departure: Departure) -> None:
        """Take back one of which something is left to be sent; of any other, let go what comes after it."""
        if departure.steps:
            self._waiting[departure.place] = departure
            heappush(self._ready, departure.place)
            return
        self.seconds = max(0.0, self.seconds - departure.seconds)
        for place in self._blocked_by.pop(departure.place, ()):
            self._blockers[place] -= 1
            if not self._blockers[place]:
                heappush(self._ready, place)


def _is_wait(wait: Wait) -> bool:
    return wait.seconds > 0


def _seconds(wait: Wait) -> float:
    return wait.seconds
