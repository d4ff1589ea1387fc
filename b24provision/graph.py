"""Which steps share a batch, and which batches wait for which others. Pure.

Steps are sorted into levels by how many answers they have to wait for one after another, and each level is
packed by itself; batches of one level mostly go out side by side.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from b24provision.costs import Costs
from b24provision.packing import Packer
from b24provision.rest.calls import MAX_COMMANDS
from b24provision.rest.fits import fits_batch
from b24provision.steps import Step


class Graph:
    """Steps by position, and what each has to come after."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._fit = [fits_batch(step.call) for step in steps]
        self._waits: list[Sequence[int]] = []
        """Steps whose answer is awaited."""
        self._needs: list[Sequence[int]] = []
        """Steps that come before, in the same batch or one that was answered."""
        self._needed_by: dict[int, set[int]] = defaultdict(set)
        self._waited_by: dict[int, set[int]] = defaultdict(set)
        last: dict[str, int] = {}
        for position, step in enumerate(self._steps):
            waits = tuple([last[name] for name in step.waits if name in last])
            self._waits.append(waits if step.first else (*waits, position - 1))
            self._needs.append(tuple([last[name] for name in step.needs | step.follows if name in last]))
            for before in self._needs[position]:
                self._needed_by[before].add(position)
            for before in self._waits[position]:
                self._waited_by[before].add(position)
            last[step.change_id] = position

    def batches(self, costs: Costs) -> Iterator[tuple[list[int], frozenset[int]]]:
        """Pack level after level; gives the steps of every batch, and which earlier batches it comes after."""
        heads = {step: head for head, steps in self._needed_by.items() for step in steps}
        packer = Packer(heads, lambda step: costs.of(self._steps[step].call.method))
        packed: list[list[int]] = []
        for steps in self._levels():
            alone = [step for step in steps if not self._fit[step]]
            packed += [[step] for step in alone if step in self._needed_by]
            packed += packer.pack(list(filter(self._fit.__getitem__, steps)), in_order=self._deletes(steps))
            packed += [[step] for step in alone if step not in self._needed_by]
        place = {step: position for position, batch in enumerate(packed) for step in batch}
        making: list[int] = []
        for position, batch in enumerate(packed):
            after = {place[before] for step in batch for before in (*self._waits[step], *self._needs[step])}
            if self._deletes(batch):
                after.update(making)
            if not self._only_deletes(batch):
                making.append(position)
            yield batch, frozenset(after - {position})

    def _levels(self) -> list[list[int]]:
        """Sort steps by how many answers they wait for in a row; deletions wait for all."""
        level: list[int] = []
        for position in range(len(self._steps)):
            after_answers = (level[before] + 1 for before in self._waits[position])
            level.append(max([0, *after_answers, *(level[before] for before in self._needs[position])]))
        made = [level[position] for position, step in enumerate(self._steps) if not step.deletes]
        final = max(made, default=-1) + 1
        level = [final if step.deletes else own for step, own in zip(self._steps, level, strict=True)]
        self._fill_up(level)
        found: dict[int, list[int]] = defaultdict(list)
        for position, own in enumerate(level):
            found[own].append(position)
        return [found[own] for own in sorted(found)]

    def _fill_up(self, level: list[int]) -> None:
        """Let what would begin a batch for itself ride along in a later one that has room, if nothing waits for it."""
        members: dict[int, list[int]] = defaultdict(list)
        for position in filter(self._fit.__getitem__, range(len(level))):
            members[level[position]].append(position)
        for early in sorted(members):
            excess = len(members[early]) % MAX_COMMANDS
            latest = self._latest(level, sorted(members[early])) if excess else {}
            for late in sorted(
                other for other in members if early < other <= max(latest.values(), default=0)
            ):
                movers = [step for step, most in latest.items() if most >= late][:excess]
                if len(movers) == excess <= -len(members[late]) % MAX_COMMANDS:
                    for step in movers:
                        level[step] = late
                    members[late] += movers
                    break

    def _latest(self, level: Sequence[int], steps: Sequence[int]) -> dict[int, int]:
        """Say for steps of one level how late they may come instead, the last of them first.

        That is before whatever waits for them, and with whatever needs them, which may come later, too.
        """
        latest: dict[int, int] = {}
        for step in reversed(steps):
            before = [level[other] - 1 for other in self._waited_by.get(step, ())]
            beside = [latest.get(other, level[other]) for other in self._needed_by.get(step, ())]
            latest[step] = min([*before, *beside], default=len(level))
        return latest

    def _deletes(self, steps: Sequence[int]) -> bool:
        return any(self._steps[step].deletes for step in steps)

    def _only_deletes(self, steps: Sequence[int]) -> bool:
        return all(self._steps[step].deletes for step in steps)
