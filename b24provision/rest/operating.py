"""The budget of operating time: how long a method must rest before it may run again.

Arithmetic only, by our own clock. A method may run for so long in a sliding window. The portal says in every answer how much of that is
used up, and when a first part becomes free; how the rest becomes free, second by second, follows from what was run
from here, and is kept by the second. What others have run is known as a sum only, and taken to be free at the
reset. What is in flight is set aside. `now` is Unix time in seconds, as is `operating_reset_at`.

The documentation says that a batch's commands are billed each to their own method; users measured that all are
billed to `batch`. Both accounts are kept, and the longer rest counts.

Source: settings/performance/limits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24provision.rest.answers import number
from b24provision.rest.limits import Limits

_UNKNOWN_REST_S = 10.0
"""How long a method rests that was refused without a word on when it may run again."""

Needs = Mapping[str, float]
"""Seconds that a request is expected to take, by method; 0 where nobody knows."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How many seconds something has to wait, and for what."""

    seconds: float = 0.0
    reason: str = ""


NO_WAIT = Wait()


@dataclass(slots=True)
class _Account:
    """What one method has used. `foreign_s` is what was not run from here, and counts until `reset_at`."""

    used_s: float | None = None
    """As the portal last said; None while it has said nothing, and then there is no limit."""
    told_at: float = float("-inf")
    foreign_s: float = 0.0
    reset_at: float = 0.0
    own: dict[int, float] = field(default_factory=dict)
    """Seconds run from here, by the second of Unix time in which they ended."""

    def own_s(self, oldest: float) -> float:
        """Sum up what was run from here in the window that begins after `oldest`, and forget the rest."""
        if self.own and min(self.own) <= oldest:
            self.own = {second: seconds for second, seconds in self.own.items() if second > oldest}
        return sum(self.own.values())

    def foreign_now_s(self, now: float) -> float:
        return self.foreign_s if self.reset_at > now else 0.0


class OperatingBudget:
    """What each method has used, as far as the portal has told, and what is under way."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._accounts: dict[str, _Account] = {}
        self._reserved: dict[int, tuple[float, Needs]] = {}

    def ran(self, method: str, seconds: Mapping[int, float]) -> None:
        """Learn how long commands of ours took, by the second in which they ended. `note` comes after it."""
        if self._limits.operating_limit_s is None:
            return
        account = self._account(method)
        for second, spent_s in seconds.items():
            account.own[second] = account.own.get(second, 0.0) + spent_s
            if second < account.told_at:  # the portal has told of it before its own answer came
                account.foreign_s = max(0.0, account.foreign_s - spent_s)

    def note(self, method: str, time: Mapping[str, Any], now: float, ahead_s: float = 0.0) -> None:
        """Take over a method's `operating` and `operating_reset_at` from an answer, if they are there.

        The portal's clock is `ahead_s` ahead of ours.
        """
        used_s, reset_at = number(time.get("operating")), number(time.get("operating_reset_at"))
        told_at = (number(time.get("finish")) or now + ahead_s) - ahead_s
        account = self._account(method)
        if used_s is None or told_at < account.told_at:
            return
        own_s = account.own_s(told_at - self._limits.operating_window_s)
        if own_s > used_s:  # billed less than it took, or not at all
            account.own = {second: row * used_s / own_s for second, row in account.own.items()}
        account.used_s, account.told_at = used_s, told_at
        account.reset_at = min((reset_at or ahead_s) - ahead_s, told_at + self._limits.operating_window_s)
        account.foreign_s = max(0.0, used_s - own_s)

    def refused(self, methods: Iterable[str], now: float) -> float:
        """Learn that OPERATION_TIME_LIMIT was answered; gives the seconds until the reset.

        Where the portal has never said when that is, a short rest is assumed.
        """
        resets = [self._refused(self._account(method), now) for method in methods]
        return max(resets, default=now) - now

    def wait(self, needs: Needs, now: float) -> Wait:
        """How long a request must wait until there is room for what it needs: the longest rest of any method."""
        return self._longest({method: self._rest_s(method, need_s, now) for method, need_s in needs.items()})

    def slow(self, needs: Needs, now: float) -> Wait:
        """How much later than it could a request should go, because a method has come near its limit."""
        return self._longest({method: self._delay_s(method, now) for method in needs})

    def _longest(self, seconds: Mapping[str, float]) -> Wait:
        method = max(seconds, key=seconds.__getitem__, default="")
        if not method or seconds[method] <= 0:
            return NO_WAIT
        return Wait(seconds[method], f"the operating time of {method}")

    def reserve(self, request: int, needs: Needs, now: float) -> None:
        """Set aside what a request that goes out now is going to use."""
        self._reserved[request] = (now, needs)

    def release(self, request: int) -> None:
        """Set nothing aside any more for a request, which was answered or given up."""
        self._reserved.pop(request, None)

    def used(self, now: float) -> dict[str, float]:
        """Seconds used by method, of those whose reset is still to come."""
        return {
            name: account.used_s
            for name, account in self._accounts.items()
            if account.used_s is not None and account.reset_at > now
        }

    def _account(self, method: str) -> _Account:
        return self._accounts.setdefault(method.lower(), _Account())

    def _refused(self, account: _Account, now: float) -> float:
        limit_s = self._limits.operating_limit_s
        if account.reset_at <= now:
            account.reset_at = now + _UNKNOWN_REST_S
        if limit_s is not None:
            own_s = account.own_s(now - self._limits.operating_window_s)
            account.foreign_s = max(account.foreign_s, limit_s - own_s)
        account.used_s = limit_s or account.used_s or 0.0
        return account.reset_at

    def _rest_s(self, method: str, need_s: float, now: float) -> float:
        account = self._accounts.get(method.lower())
        if self._limits.operating_limit_s is None or account is None or account.used_s is None:
            return 0.0
        own_s = account.own_s(now - self._limits.operating_window_s)
        told_s, untold_s = self._flying_s(method, account.told_at)
        most_s = self._most_s - min(need_s, self._most_s) - untold_s
        # What the portal tells of beyond our own is what is in flight, at least as long as nobody else calls.
        if self._fits(own_s + max(account.foreign_now_s(now), told_s), most_s):
            return 0.0
        for at, freed_s in self._becoming_free(account):
            own_s -= freed_s
            if at > now and self._fits(own_s + max(account.foreign_now_s(at), told_s), most_s):
                return min(at - now, self._limits.operating_window_s)
        return self._limits.operating_window_s

    @property
    def _most_s(self) -> float:
        return self._limits.operating_most_s or 0.0

    def _fits(self, used_s: float, most_s: float) -> bool:
        return used_s <= most_s and used_s < self._most_s

    def _becoming_free(self, account: _Account) -> list[tuple[float, float]]:
        """Give the moments at which something becomes free, each with how much of our own that is."""
        window_s = self._limits.operating_window_s
        own = [(second + window_s, seconds) for second, seconds in account.own.items()]
        return sorted([*own, (account.reset_at, 0.0)])

    def _flying_s(self, method: str, told_at: float) -> tuple[float, float]:
        """Sum up what is set aside for requests the portal may have told of already, and for later ones."""
        told_s = untold_s = 0.0
        for began_at, needs in self._reserved.values():
            need_s = needs.get(method, 0.0)
            if began_at < told_at:
                told_s += need_s
            else:
                untold_s += need_s
        return told_s, untold_s

    def _delay_s(self, method: str, now: float) -> float:
        limit_s, account = self._limits.operating_limit_s, self._accounts.get(method.lower())
        if limit_s is None or account is None or account.used_s is None or account.reset_at <= now:
            return 0.0
        used_s = account.own_s(now - self._limits.operating_window_s) + account.foreign_now_s(now)
        over = used_s / limit_s - self._limits.slow_above
        share = min(1.0, max(0.0, over / (1.0 - self._limits.slow_above)))
        return min(share * self._limits.slow_most_s, account.reset_at - now)
