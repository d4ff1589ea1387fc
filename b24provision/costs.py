"""What a command costs a portal, in seconds: as seen on a real one, or as this one was measured.

Pure. Commands of one batch run one after another, so their costs add up; a request is cut after 60 s.

Source: settings/performance/limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from b24provision.rest.stats import MethodStats

READ_S = 0.08
_SEEN_S: Mapping[str, float] = MappingProxyType(
    {
        "entity.add": 0.4,
        "entity.update": 0.55,
        "entity.delete": 0.4,
        "entity.item.property.add": 0.56,
        "entity.item.property.update": 0.15,
        "entity.item.property.delete": 0.54,
        "entity.item.add": 0.64,
        "entity.item.delete": 1.3,
    }
)
_ENOUGH = 5
"""So many runs of a method make a measurement."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds by method; a method without any is taken for reading."""

    seconds: Mapping[str, float] = field(default_factory=lambda: _SEEN_S)

    def of(self, method: str) -> float:
        """Give the seconds one call takes."""
        return self.seconds.get(method, READ_S)

    def corrected(self, measured: Mapping[str, MethodStats]) -> "Costs":
        """Believe a portal that was measured to be slower; a faster one gains nothing by larger batches."""
        means = {
            method: stats.seconds / stats.count
            for method, stats in measured.items()
            if stats.count >= _ENOUGH
        }
        slower = {method: mean for method, mean in means.items() if mean > self.of(method)}
        return Costs({**self.seconds, **slower}) if slower else self


SEEN = Costs()
