"""Spreads steps that wait for nothing over the fewest batches, so that most of these can go out side by side.

Pure, and about numbers only: a step is a position. Some belong to a *head*, the creation of what they go
into: they may share its batch, after it, or come in a batch that begins when the head's was answered.

The fewest batches come first, except that what would keep one request busy for long is spread over a few, which go
out side by side: requests are dear, but a handful of them are not. Cutting the steps every fifty would make a chain
of batches, each waiting for the one before because of the one group that straddles their border. So heads are spread
over a few opening batches, with as many of their own steps as there is room for, and what is left over fills further
ones, each of which then waits for one or two opening batches only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from b24provision.rest.calls import MAX_COMMANDS

IN_FLIGHT = 4
"""How many requests go out side by side, until the portal has shown how many it bears."""
BUDGET_S = 40.0
"""What a batch may take: well under the 60 s after which the cloud cuts a request."""
WORTH_A_REQUEST_S = 5.0
"""So much work is worth a request of its own, as long as fewer are needed than may be in flight."""
_UNEVEN = 1.5
"""How much longer than its share a batch may take before its steps are rather made to wait for a first batch."""

Batches = list[list[int]]


@dataclass(frozen=True, slots=True)
class Packer:
    """Packs steps: `heads` gives the head a step belongs to, `cost_s` what a step takes."""

    heads: Mapping[int, int]
    cost_s: Callable[[int], float]

    def pack(self, steps: Sequence[int], *, in_order: bool = False) -> Batches:
        """Give batches of `steps`, each after those it depends on. `in_order` keeps those at the end last."""
        fewest = self._fewest(steps)
        worth = min(IN_FLIGHT, int(round(self._seconds(steps), 6) / WORTH_A_REQUEST_S))
        if worth > fewest:
            return self._side_by_side(steps, worth, in_order=in_order)
        if fewest <= 1:
            return [list(steps)] if steps else []
        if not in_order:
            groups = self._groups(steps)
            heads = sum(group.head is not None for group in groups)
            share = -(-len(steps) // fewest)
            widest = min(fewest, max(IN_FLIGHT, -(-2 * heads // share)))
            for opening in range(widest, 1, -1):
                batches = _spread(groups, opening, fewest, share)
                if batches is not None and self._fit(batches):
                    return batches
        return self._cut(steps, fewest)

    def _side_by_side(self, steps: Sequence[int], parts: int, *, in_order: bool) -> Batches:
        """Spread steps over a few batches that wait for none; if they cannot be, over some that wait for a small one."""
        if not in_order:
            chunks = _chunks(self._groups(steps), parts)
            batches = [[step for group in chunk for step in group.steps] for chunk in chunks]
            longest_s = max(map(self._seconds, batches))
            if self._fit(batches) and longest_s <= _UNEVEN * self._seconds(steps) / parts:
                return batches
        return self._cut(steps, parts)

    def _seconds(self, steps: Sequence[int]) -> float:
        return sum(map(self.cost_s, steps))

    def _fewest(self, steps: Sequence[int]) -> int:
        return max(-(-len(steps) // MAX_COMMANDS), int(-(-self._seconds(steps) // BUDGET_S)))

    def _fit(self, batches: Batches) -> bool:
        return all(self._fewest(batch) <= 1 for batch in batches)

    def _groups(self, steps: Sequence[int]) -> "list[_Group]":
        """Put what belongs to one head together; a step that belongs to none is by itself."""
        here = set(steps)
        heading = {head for step in steps if (head := self.heads.get(step)) in here}
        groups: dict[int, _Group] = {}
        for step in steps:
            head = self.heads.get(step, step)
            if step in heading:
                groups[step] = _Group(step)
            elif head in groups:
                groups[head].members.append(step)
            else:
                groups[step] = _Group(None, [step])
        return list(groups.values())

    def _cut(self, steps: Sequence[int], fewest: int) -> Batches:
        """Cut a row of steps, heads first, into even parts; or wherever a batch is full, if that is too much.

        When all wait for a single first batch, it is as small as can be.
        """
        heading = {head for step in steps if (head := self.heads.get(step)) is not None}
        row = sorted(steps, key=lambda step: step not in heading)
        heads = sum(step in heading for step in steps)
        first = max(heads, len(row) - MAX_COMMANDS * (fewest - 1)) if heads else 0
        batches = list(_evenly(row, fewest))
        if 0 < first < len(batches[0]):
            batches = [row[:first], *_evenly(row[first:], fewest - 1)]
        return batches if self._fit(batches) else list(self._greedily(row))

    def _greedily(self, row: Sequence[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        for step in row:
            if batch and self._fewest([*batch, step]) > 1:
                yield batch
                batch = []
            batch.append(step)
        yield batch


@dataclass(slots=True)
class _Group:
    head: int | None
    members: list[int] = field(default_factory=list)

    @property
    def steps(self) -> list[int]:
        return self.members if self.head is None else [self.head, *self.members]

    @property
    def size(self) -> int:
        return len(self.members) + (self.head is not None)


def _spread(groups: Sequence[_Group], opening: int, fewest: int, share: int) -> Batches | None:
    """Open with `opening` batches of `share` steps and fill the others with what is left; None if it does not fit."""
    batches: Batches = []
    left: list[int] = []
    chunks = _chunks(groups, opening)
    if len(chunks) == 1:
        return None
    for chunk in chunks:
        heads = sum(group.head is not None for group in chunk)
        if heads > share:
            return None
        room = share - heads
        batch: list[int] = []
        for group in chunk:
            batch += [] if group.head is None else [group.head]
            batch += group.members[:room]
            left += group.members[room:]
            room = max(0, room - len(group.members))
        batches.append(batch)
    further = fewest - len(batches)
    if further < 0 or (left and not further):
        return None
    return batches + list(_evenly(left, further))


def _chunks(groups: Sequence[_Group], count: int) -> list[list[_Group]]:
    """Divide groups in their order into at most `count` parts of about the same number of steps."""
    total, before = sum(group.size for group in groups), 0
    parts: dict[int, list[_Group]] = {}
    for group in groups:
        parts.setdefault(before * count // total, []).append(group)
        before += group.size
    return list(parts.values())


def _evenly(row: Sequence[int], parts: int) -> Iterator[list[int]]:
    """Cut a row into `parts` whose lengths differ by one at most, and fewer where there is not enough for all."""
    steps = iter(row)
    for part in range(min(parts, len(row))):
        yield list(islice(steps, (len(row) + parts - 1 - part) // parts))
