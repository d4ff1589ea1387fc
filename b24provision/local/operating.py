"""Operating time: how long each method of each application has run in a sliding window, of ten minutes as a rule.

Arithmetic over a clock's readings; it reads no clock. What was used is kept by the second.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil

from b24provision.local.limits import Limits


@dataclass(frozen=True, slots=True)
class Account:
    """Who is billed: an application, or "" for all webhooks, and a method."""

    client_id: str
    method: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer tells of an account."""

    used_s: float
    reset_at: int
    """When a part of it has become free again, in whole seconds since the epoch."""


class OperatingTime:
    """The accounts of one portal. Without a limit they are kept all the same, for answers tell of them."""

    def __init__(self, limits: Limits) -> None:
        self._limit_s = limits.operating_limit_s
        self._window_s = limits.operating_window_s
        self._used: dict[Account, deque[tuple[int, float]]] = {}

    def is_over(self, account: Account, now: float) -> bool:
        return self._limit_s is not None and self.read(account, now).used_s >= self._limit_s

    def bill(self, account: Account, seconds: float, now: float) -> Reading:
        used, second = self._recent(account, now), int(now)
        if used and used[-1][0] == second:
            seconds += used.pop()[1]
        used.append((second, seconds))
        return self.read(account, now)

    def read(self, account: Account, now: float) -> Reading:
        used = self._recent(account, now)
        first = used[0][0] if used else int(now)
        return Reading(sum(seconds for _, seconds in used), ceil(first + self._window_s))

    def _recent(self, account: Account, now: float) -> deque[tuple[int, float]]:
        used = self._used.setdefault(account, deque())
        while used and used[0][0] + self._window_s <= now:
            used.popleft()
        return used
