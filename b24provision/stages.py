"""Changes → the requests that carry them out, and the reads that prove it. Pure: a list to print or to walk.

A batch goes on after a failed command, so it may hold a creation, additions inside what it creates,
and calls of other storages: none of them does harm when an earlier one failed. What follows a rename, or the
deletion in a replacement, waits for its answer, in a later batch. Deletions come last. What a batch cannot carry
unharmed goes out alone. Batches that do not depend on each other may be in flight together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from b24provision.costs import SEEN, Costs
from b24provision.graph import Graph
from b24provision.plan import Change
from b24provision.reading import ride_along
from b24provision.rest.calls import MAX_COMMANDS
from b24provision.rest.fits import fits_batch
from b24provision.steps import Step, steps_of

_READS_PER_ENTITY = 2
_READS_PER_PORTAL = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Steps that go out as one request, in order, once every batch in `after` was answered.

    `after` holds positions in the list of batches, all smaller than its own. A single step that no batch
    could carry is no batch at all.
    """

    steps: Sequence[Step]
    after: frozenset[int] = frozenset()

    @property
    def is_alone(self) -> bool:
        """Whether it is a call by itself, which a batch would alter."""
        return len(self.steps) == 1 and not fits_batch(self.steps[0].call)

    def seconds(self, costs: Costs = SEEN) -> float:
        """Give what it takes the portal, which runs the calls one after another."""
        return sum(costs.of(step.call.method) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Verification:
    """The reads after the last write: who calls, the list of storages, and what these `entities` are now.

    Those that are `gone` by then are not looked at once the list was read.
    """

    entities: Sequence[str]
    gone: frozenset[str] = frozenset()

    @property
    def commands(self) -> int:
        """How many reads that takes."""
        return sum(self.batches)

    @property
    def batches(self) -> Sequence[int]:
        """How many reads go into each request: first the list and what rides along, then the others side by side."""
        if not self.entities:
            return []
        at_once = ride_along(_READS_PER_ENTITY * len(self.entities), _READS_PER_PORTAL)
        later = [code for code in self.entities[at_once // _READS_PER_ENTITY :] if code not in self.gone]
        full, rest = divmod(_READS_PER_ENTITY * len(later), MAX_COMMANDS)
        return [_READS_PER_PORTAL + at_once, *[MAX_COMMANDS] * full, *[rest] * (rest > 0)]


@dataclass(frozen=True, slots=True)
class Stages:
    """Everything a plan sends: batches of writes, then the reads that verify."""

    writes: Sequence[Batch]
    verify: Verification


def compile_stages(changes: Sequence[Change], *, among: Sequence[Change] = (), costs: Costs = SEEN) -> Stages:
    """Pack the calls of `changes` into as few requests as their dependencies allow, and many of these side by side.

    `among` are all the changes of the plan, when `changes` are what is left of it: they go on depending on
    each other.
    """
    steps = steps_of(changes, among or changes)
    return Stages(
        writes=tuple(
            Batch(tuple(steps[position] for position in batch), after)
            for batch, after in Graph(steps).batches(costs)
        ),
        verify=Verification(
            tuple(dict.fromkeys(change.entity for change in changes)),
            frozenset(change.entity for change in changes if change.deletes_entity),
        ),
    )
