"""How many requests may be in flight together. Arithmetic only; who sends what is the flights' business.

It begins with four, grows by one with each request that is answered without strain, and is halved when the portal
shows strain: it turned a request away, or its database gave up on parallel writes. After the first strain
it grows slowly. A portal that takes twice as long as it did at its best is let off one request.
"""

from b24provision.packing import IN_FLIGHT

MOST = 16
_SLOW = 2.0
_NOTICEABLE_S = 1.0


class Window:
    """The number of requests in flight, as it follows from what the portal has shown."""

    def __init__(self, size: int = IN_FLIGHT) -> None:
        self._size = float(size)
        self._strain = 0
        self._has_shrunk = False
        self._best = float("inf")

    @property
    def width(self) -> int:
        """How many requests may be in flight at present; at least one."""
        return int(self._size)

    def landed(self, *, strain: int, seconds: float, expected_s: float) -> None:
        """Learn from an answer: `strain` counts all signs of it so far, `seconds` is what the commands took.

        Several requests in flight see the same sign; it counts once. No seconds mean that the portal does not tell.
        """
        pace = seconds / expected_s if expected_s > 0 else 0.0
        slow = pace > self._best * _SLOW and seconds > _NOTICEABLE_S
        if pace > 0:
            self._best = min(self._best, pace)
        if strain > self._strain:
            self._strain, self._has_shrunk = strain, True
            self._size = max(1.0, self._size / 2)
        elif slow:
            self._size = max(1.0, self._size - 1.0)
        else:
            self._size = min(float(MOST), self._size + (1.0 / self._size if self._has_shrunk else 1.0))
