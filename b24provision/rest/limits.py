"""How fast a portal may be asked: presets of the two limits the cloud sets.

Pure values. Source: settings/performance/limits.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The rate (a leaky bucket) and the operating time of one portal.

    The bucket holds `capacity` requests and drains `drain_per_s`; None for no bucket. With `adapt` it
    shrinks when the portal refuses all the same, because others fill it too.

    A method may run for `operating_limit_s` in `operating_window_s`, which slides; None for no limit. A request
    that would come within `operating_margin_s` of it waits until enough of the window has become free; from
    `slow_above` (a share of the limit) on, requests are delayed by more and more, at most `slow_most_s`. A refused
    call waits for a reset that is at most `patience_s` away.
    """

    capacity: float | None = 50.0
    drain_per_s: float = 2.0
    adapt: bool = True
    operating_limit_s: float | None = 480.0
    operating_window_s: float = 600.0
    operating_margin_s: float = 5.0
    slow_above: float = 0.8
    slow_most_s: float = 7.0
    patience_s: float = 600.0

    @property
    def operating_most_s(self) -> float | None:
        """How much of the operating time is used up before waiting; a margin that would leave nothing is cut."""
        limit_s = self.operating_limit_s
        return None if limit_s is None else limit_s - min(self.operating_margin_s, limit_s / 10)

    @classmethod
    def default(cls) -> "Limits":
        """What every cloud portal grants."""
        return cls()

    @classmethod
    def enterprise(cls) -> "Limits":
        """What the Enterprise plan grants."""
        return cls(capacity=250.0, drain_per_s=5.0)

    @classmethod
    def gentle(cls) -> "Limits":
        """Leave room for others: long jobs on a portal people are working in."""
        return cls(capacity=30.0, drain_per_s=1.0, slow_above=0.5, slow_most_s=10.0)

    @classmethod
    def unlimited(cls) -> "Limits":
        """No limit at all, for a portal in this process or one that sets none."""
        return cls(capacity=None, operating_limit_s=None)
