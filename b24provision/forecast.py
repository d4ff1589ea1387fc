"""What carrying a plan out takes: requests, commands, seconds, and how much of the portal's limits. Pure.

The batches are played through as they will be sent, so many side by side; where a limit takes longer than the work,
that counts.
"""

from collections import defaultdict
from collections.abc import Sequence
from heapq import heappop, heappush

from b24provision.costs import READ_S, SEEN, Costs
from b24provision.packing import IN_FLIGHT
from b24provision.plan import Change, Cost
from b24provision.rest.limits import Limits
from b24provision.stages import Batch, Stages, compile_stages


def forecast(changes: Sequence[Change], *, limits: Limits | None = None, costs: Costs = SEEN) -> Cost:
    """Tell what applying takes after planning: the writes, and the reads that verify them."""
    if not changes:
        return Cost()
    stages = compile_stages(changes, costs=costs)
    limits = limits or Limits.default()
    reads = stages.verify.batches
    requests = len(stages.writes) + len(reads)
    method, operating_s = _busiest(stages, costs)
    work_s = _writing_s(stages.writes, costs) + _reading_s(reads)
    return Cost(
        requests=requests,
        commands=sum(len(batch.steps) for batch in stages.writes) + stages.verify.commands,
        seconds=round(max(work_s, _bucket_s(requests, limits), _operating_s(operating_s, limits)), 2),
        bucket_share=_share(requests, limits.capacity),
        busiest_method=method,
        operating_share=_share(operating_s, limits.operating_limit_s),
    )


def _bucket_s(requests: int, limits: Limits) -> float:
    """Give the seconds until the last of so many requests is let through."""
    return 0.0 if limits.capacity is None else max(0.0, requests - limits.capacity) / limits.drain_per_s


def _operating_s(seconds: float, limits: Limits) -> float:
    """Give what it takes to run a method for so long: what the limit allows, again with every window."""
    if not limits.operating_most_s:
        return 0.0
    windows, rest_s = divmod(seconds, limits.operating_most_s)
    return windows * limits.operating_window_s + rest_s / IN_FLIGHT


def _share(amount: float, limit: float | None) -> float:
    return round(amount / limit, 3) if limit else 0.0


def _busiest(stages: Stages, costs: Costs) -> tuple[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for batch in stages.writes:
        for step in batch.steps:
            seconds[step.call.method] += costs.of(step.call.method)
    return max(seconds.items(), key=lambda row: row[1], default=("", 0.0))


def _writing_s(batches: Sequence[Batch], costs: Costs) -> float:
    """Play the batches through, so many side by side; gives when the last was answered."""
    ends: dict[int, float] = {}
    flying: list[tuple[float, int]] = []
    waiting = list(range(len(batches)))
    now = 0.0
    while waiting or flying:
        ready = next((each for each in waiting if batches[each].after <= ends.keys()), None)
        if ready is not None and len(flying) < IN_FLIGHT:
            waiting.remove(ready)
            heappush(flying, (now + batches[ready].seconds(costs), ready))
        else:
            now, landed = heappop(flying)
            ends[landed] = now
    return now


def _reading_s(batches: Sequence[int]) -> float:
    rounds = (batches[first] for first in range(1, len(batches), IN_FLIGHT))
    return sum(commands * READ_S for commands in (*batches[:1], *rounds))
