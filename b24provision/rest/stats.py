"""What a client has done so far, counted.

`Tally` counts, `Stats` is a reading of it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MethodStats:
    """One REST method: how often it ran, alone or in a batch, and for how long by the portal's account."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """A reading of a client's counters since it was made.

    `requests` counts HTTP requests, repeated ones too; `retries` those sent again after a failure; `waits`
    and `waited_s` every wait for a limit or a retry, before it ended. `bucket_level` is what the bucket holds now of
    `bucket_capacity` (None: no bucket). `operating` is the seconds used by method, as the portal last said.
    """

    requests: int
    retries: int
    renewals: int
    moves: int
    waits: int
    waited_s: float
    methods: Mapping[str, MethodStats]
    bucket_level: float
    bucket_capacity: float | None
    operating: Mapping[str, float]


@dataclass(slots=True)
class Tally:
    """The counters behind `Stats`."""

    requests: int = 0
    retries: int = 0
    moves: int = 0
    waits: int = 0
    waited_s: float = 0.0
    _counts: Counter[str] = field(default_factory=Counter)
    _seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def ran(self, method: str, seconds: float) -> None:
        """Count one run of a method."""
        self._counts[method] += 1
        self._seconds[method] += seconds

    def mean_s(self, method: str) -> float:
        """What one run of a method took on average; 0 before the first."""
        count = self._counts[method]
        return self._seconds[method] / count if count else 0.0

    def methods(self) -> dict[str, MethodStats]:
        """Read the counts by method."""
        return {name: MethodStats(count, self._seconds[name]) for name, count in self._counts.items()}

    def waited(self, seconds: float) -> None:
        """Count one wait."""
        self.waits += 1
        self.waited_s += seconds
