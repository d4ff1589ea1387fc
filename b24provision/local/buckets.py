"""Leaky buckets: whether one more request from a source address is let in.

Arithmetic over a clock's readings, in seconds; it reads no clock.
"""

from b24provision.local.limits import Limits

_ROUNDING = 1e-6
"""A client that waited exactly long enough is not refused for a rounding error."""


class Buckets:
    """One bucket for each source address. A request that is refused does not fill it."""

    def __init__(self, limits: Limits) -> None:
        self._capacity = limits.bucket_capacity
        self._drain_per_s = limits.bucket_drain_per_s
        self._levels: dict[str, tuple[float, float]] = {}  # how full, and when that was so

    def admits(self, source: str, now: float) -> bool:
        """Count a request in, if there is room for it."""
        if self._capacity is None:
            return True
        level, at = self._levels.get(source, (0.0, now))
        level = max(0.0, level - max(0.0, now - at) * self._drain_per_s)
        admitted = level + 1.0 <= self._capacity + _ROUNDING
        self._levels[source] = (level + admitted, now)
        return admitted
