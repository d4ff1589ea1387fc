"""What one open portal holds: its database, its clock, its randomness, its limits, and what is under way."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from b24provision.local.buckets import Buckets
from b24provision.local.calls import CallRecord
from b24provision.local.costs import Costs
from b24provision.local.faults import Faults
from b24provision.local.limits import Limits
from b24provision.local.operating import OperatingTime
from b24provision.local.store import Store

NO_COSTS = Costs(0.0)
NO_LIMITS = Limits()


def tell_nobody(_: CallRecord) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class PortalState:
    store: Store
    clock: Callable[[], float]
    """Seconds since the epoch."""
    secret: Callable[[], str]
    """A fresh text that nobody can guess, 32 characters or more."""
    member_id: str
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    limits: Limits = NO_LIMITS
    costs: Costs = NO_COSTS
    has_control: bool = False
    """Whether requests to /control are served."""
    on_call: Callable[[CallRecord], None] = tell_nobody
    """Is told of each command that was carried out."""
    faults: Faults = field(default_factory=Faults)
    buckets: Buckets = field(init=False)
    operating: OperatingTime = field(init=False)
    running: "set[asyncio.Task[object]]" = field(default_factory=set)
    """Requests being executed, whether or not their clients still wait."""
    request_count: int = 0
    """HTTP requests to /rest since the portal was opened, by this process."""

    def __post_init__(self) -> None:
        self.buckets = Buckets(self.limits)
        self.operating = OperatingTime(self.limits)

    @property
    def is_instant(self) -> bool:
        """Whether nothing makes a request wait, so that none is ever caught in the middle."""
        return not self.costs.scale and not self.faults.waiting()
