"""What each method costs in time, as seen on a real portal.

With costs a portal takes its time, so that a client can be timed against it. The figures are of the cloud;
a method without one is taken for reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_READ_S = 0.08
_SEEN_S: Mapping[str, float] = MappingProxyType(
    {
        "entity.add": 0.4,
        "entity.update": 0.55,
        "entity.delete": 0.4,
        "entity.rights": 0.08,
        "entity.item.property.add": 0.56,
        "entity.item.property.update": 0.15,
        "entity.item.property.delete": 0.54,
        "entity.item.add": 0.64,
        "entity.item.update": 0.47,  # this and sections: as in the documentation's examples
        "entity.item.delete": 1.3,
        "entity.section.add": 0.58,
        "entity.section.update": 0.47,
        "entity.section.delete": 0.38,
    }
)


@dataclass(frozen=True, slots=True)
class Costs:
    """The seen costs, times `scale`: 1.0 for a portal's own pace, 0.0 for no costs."""

    scale: float = 1.0

    def of(self, method: str) -> float:
        """The seconds that a method takes; reading, for one that is not known better."""
        return _SEEN_S.get(method, _READ_S) * self.scale
