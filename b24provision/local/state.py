"""What one open portal holds: its database, its clock, its randomness, and the count of requests."""

from collections.abc import Callable
from dataclasses import dataclass

from b24provision.local.store import Store


@dataclass(slots=True)
class PortalState:
    store: Store
    clock: Callable[[], float]
    """Seconds since the epoch."""
    secret: Callable[[], str]
    """A fresh text that nobody can guess, 32 characters or more."""
    member_id: str
    request_count: int = 0
    """HTTP requests to /rest since the portal was opened, by this process."""
