"""How much a portal lets itself be asked, and the three presets: cloud, enterprise, box.

Values only. Source: settings/performance/limits.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one portal. Without arguments there are none."""

    bucket_capacity: float | None = None
    """Requests that the leaky bucket of one source address holds; None for no bucket."""
    bucket_drain_per_s: float = 2.0
    operating_limit_s: float | None = None
    """Seconds that one method of one application may run in `operating_window_s`; None for no limit."""
    operating_window_s: float = 600.0
    """The sliding window in which operating time is counted: ten minutes, less on a portal whose costs are scaled
    down. What was used is kept by the second, so a window should be many seconds long."""
    batch_is_billed: bool = False
    """Bill what a batch's commands take to `batch`, as users have measured it, instead of to each command's own
    method, as the documentation says."""
    cut_after_s: float | None = None
    """Seconds after which a request is ended, whatever it has done by then; None for never."""

    @classmethod
    def cloud(cls) -> Self:
        """What every cloud portal sets."""
        return cls(bucket_capacity=50.0, operating_limit_s=480.0, cut_after_s=60.0)

    @classmethod
    def enterprise(cls) -> Self:
        """The same for the Enterprise plan."""
        return cls(bucket_capacity=250.0, bucket_drain_per_s=5.0, operating_limit_s=480.0, cut_after_s=60.0)

    @classmethod
    def box(cls) -> Self:
        """A self-hosted portal whose administrator has switched the operating limit on: it is off at first."""
        return cls(operating_limit_s=420.0)

    @classmethod
    def named(cls, preset: str) -> Self:
        """The preset of that name. Raises `ValueError`."""
        presets = {"cloud": cls.cloud, "enterprise": cls.enterprise, "box": cls.box}
        if preset not in presets:
            raise ValueError(f"no limits are called {preset!r}: {', '.join(presets)}")
        return presets[preset]()
