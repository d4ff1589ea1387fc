"""A leaky bucket: how long until one more request fits, by a given clock reading.

Arithmetic only. It mirrors the portal's own bucket, so that a client that asks it first is not refused;
who waits, and in which order, is the driver's business. `now` is a reading of any steady clock in
seconds that never goes back.
"""

from collections import deque

from b24provision.rest.limits import Limits

_REFUSALS = 5
_REFUSALS_WITHIN_S = 60.0
_SUCCESSES = 20
_STEP = 0.8
_SMALLEST = 0.1  # of the preset

# The portal does its own arithmetic. Draining a trifle slower than it does keeps rounding from deciding.
_PACE = 1.0 - 1e-6
_ROUNDING = 1e-9


class Bucket:
    """Counts requests in, and drains with time. Without a `capacity` it is bottomless.

    Five refusals in a minute make it 20 % smaller and slower; every twenty successes in a row undo one
    such step, up to the preset.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._preset = limits
        self._scale = 1.0
        self._level = 0.0
        self._at = now
        self._refusals: deque[float] = deque(maxlen=_REFUSALS)
        self._successes = 0

    @property
    def capacity(self) -> float | None:
        """How many requests it holds at present."""
        return None if self._preset.capacity is None else self._preset.capacity * self._scale

    @property
    def drain_per_s(self) -> float:
        """How many requests leave it in a second at present."""
        return self._preset.drain_per_s * self._scale

    def level(self, now: float) -> float:
        """How many requests are in it."""
        self._level = max(0.0, self._level - max(0.0, now - self._at) * self.drain_per_s * _PACE)
        self._at = max(self._at, now)
        return self._level

    def wait_s(self, now: float) -> float:
        """How long until one more request fits; 0 when it does now."""
        if self.capacity is None:
            return 0.0
        excess = self.level(now) + 1.0 - self.capacity
        return 0.0 if excess <= _ROUNDING else excess / (self.drain_per_s * _PACE)

    def take(self, now: float) -> None:
        """Put one request in."""
        self._level = self.level(now) + 1.0

    def refused(self, now: float) -> float:
        """Learn that the portal's bucket was full; gives the seconds until it has room for one again."""
        if self.capacity is None:
            return 0.0
        self._successes = 0
        self._level = max(self.level(now), self.capacity)
        self._refusals.append(now)
        if self._preset.adapt and self._too_many():
            self._scale = max(_SMALLEST, self._scale * _STEP)
            self._refusals.clear()
        return self.wait_s(now)

    def succeeded(self, now: float) -> None:
        """Learn that a request was let through."""
        self._successes += 1
        if self._scale < 1.0 and self._successes >= _SUCCESSES:
            self.level(now)  # settle at the old pace first
            self._scale = min(1.0, self._scale / _STEP)
            self._successes = 0

    def _too_many(self) -> bool:
        refusals = self._refusals
        return len(refusals) == _REFUSALS and refusals[-1] - refusals[0] <= _REFUSALS_WITHIN_S
