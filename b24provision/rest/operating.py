"""The budget of operating time: how long a method must rest before it may run again.

Arithmetic only, over what the portal says of itself in every answer. `now` is Unix time in seconds, as is
`operating_reset_at`. The documentation says that a batch's commands are billed each to their own method;
users measured that all are billed to `batch`. Both accounts are kept, and the longer rest counts.

Source: settings/performance/limits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.rest.answers import number
from b24provision.rest.limits import Limits

_UNKNOWN_REST_S = 10.0
"""How long a method rests that was refused without a word on when it may run again."""


@dataclass(frozen=True, slots=True)
class _Account:
    used_s: float
    reset_at: float


class OperatingBudget:
    """What each method has used, as far as the portal has told."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._accounts: dict[str, _Account] = {}

    def note(self, method: str, time: Mapping[str, Any]) -> None:
        """Take over a method's `operating` and `operating_reset_at` from an answer, if they are there."""
        used_s, reset_at = number(time.get("operating")), number(time.get("operating_reset_at"))
        if used_s is not None:
            self._accounts[method.lower()] = _Account(used_s, reset_at or 0.0)

    def refused(self, methods: Iterable[str], now: float) -> float:
        """Learn that OPERATION_TIME_LIMIT was answered; gives the seconds until the reset.

        Where the portal has never said when that is, a short rest is assumed.
        """
        resets = [self._refused(method.lower(), now) for method in methods]
        return max(resets, default=now) - now

    def wait_s(self, methods: Iterable[str], now: float) -> float:
        """How long a request of these methods must wait: the longest rest any of them needs."""
        return max((self._rest_s(method.lower(), now) for method in methods), default=0.0)

    def used(self, now: float) -> dict[str, float]:
        """Seconds used by method, of those whose reset is still to come."""
        return {name: account.used_s for name, account in self._accounts.items() if account.reset_at > now}

    def _refused(self, method: str, now: float) -> float:
        account = self._accounts.get(method)
        reset_at = account.reset_at if account and account.reset_at > now else now + _UNKNOWN_REST_S
        used_s = self._limits.operating_limit_s or (account.used_s if account else 0.0)
        self._accounts[method] = _Account(used_s, reset_at)
        return reset_at

    def _rest_s(self, method: str, now: float) -> float:
        limit_s, account = self._limits.operating_limit_s, self._accounts.get(method)
        if limit_s is None or account is None or account.reset_at <= now:
            return 0.0
        until_reset_s = account.reset_at - now
        if account.used_s >= limit_s - self._limits.operating_margin_s:
            return until_reset_s
        over = account.used_s / limit_s - self._limits.slow_above
        share = max(0.0, over / (1.0 - self._limits.slow_above))
        return min(share * self._limits.slow_most_s, until_reset_s)
