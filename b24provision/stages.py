"""Changes → the requests that carry them out. Pure: a list that can be printed or walked.

A batch goes on after a failed command, so it may hold a creation, additions inside what it creates,
and calls of other storages: none of them does harm when an earlier one failed. What a batch cannot
carry unharmed goes out alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from b24provision.model import fold
from b24provision.plan import Action, Change, Cost, Kind
from b24provision.rest.calls import MAX_COMMANDS, Call
from b24provision.rest.fits import fits_batch

_SEEN_SECONDS = {
    "entity.add": 0.4,
    "entity.update": 0.55,
    "entity.delete": 0.4,
    "entity.item.property.add": 0.56,
    "entity.item.property.update": 0.15,
    "entity.item.property.delete": 0.54,
}
"""What a command was seen to cost a real portal."""
_SECONDS_PER_READ = 0.08
_READS_PER_ENTITY = 2
_READS_PER_PORTAL = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One call and the change it belongs to.

    `needs` are changes without which it is pointless, but harmless: they may be in the same batch. `waits`
    are changes whose success must be known before it is sent, since without them it would do harm, or mean
    something else. `first` and `last` tell its place among the calls of its change.
    """

    change_id: str
    call: Call
    needs: frozenset[str] = frozenset()
    waits: frozenset[str] = frozenset()
    first: bool = True
    last: bool = True


@dataclass(slots=True)
class Batch:
    """Steps that go out as one request, in order. A single step that is `alone` is no batch at all."""

    steps: list[Step]
    alone: bool = False

    @property
    def calls(self) -> list[Call]:
        """The calls of the steps, in order."""
        return [step.call for step in self.steps]

    def takes(self, step: Step) -> bool:
        """Tell whether there is room for one more."""
        return not self.alone and len(self.steps) < MAX_COMMANDS and fits_batch(step.call)


def compile_batches(changes: Sequence[Change], among: Sequence[Change] = ()) -> list[Batch]:
    """Pack the calls of `changes` into as few requests as their dependencies allow.

    Each step goes into the first batch that has room and comes after everything it waits for. Deletions
    go no earlier than the last of everything else, so that they come last whatever happens. `among`
    are all the changes of the plan, when `changes` are what is left of it: they go on depending on each
    other.
    """
    batches: list[Batch] = []
    placed: dict[str, int] = {}
    roles = _Roles.of(among or changes)
    for change in changes:
        deletes = change.action is Action.DELETE
        floor = max(len(batches) - 1, 0) if deletes else 0
        for step in _steps(change, roles):
            earliest = max(
                [
                    floor,
                    *(placed.get(name, 0) for name in step.needs),
                    *(placed.get(name, -1) + 1 for name in step.waits),
                ]
            )
            if not step.first:
                earliest = max(earliest, placed[change.id] + 1)
            placed[change.id] = _place(batches, step, earliest)
    return batches


def _place(batches: list[Batch], step: Step, earliest: int) -> int:
    for position in range(earliest, len(batches)):
        if batches[position].takes(step):
            batches[position].steps.append(step)
            return position
    batches.append(Batch([step], alone=not fits_batch(step.call)))
    return len(batches) - 1


def _steps(change: Change, roles: "_Roles") -> Iterator[Step]:
    needs, waits = roles.dependencies(change)
    last = len(change.calls) - 1
    for index, call in enumerate(change.calls):
        yield Step(change.id, call, needs, waits, first=index == 0, last=index == last)


@dataclass(frozen=True, slots=True)
class _Roles:
    """Which change creates, vacates or takes a code: folded addresses → ids of changes."""

    created: dict[str, str]
    vacated: dict[str, str]
    taken: dict[str, str]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> "_Roles":
        renames = [change for change in changes if change.action is Action.RENAME and change.calls]
        return cls(
            created={fold(change.address): change.id for change in changes if _creates_entity(change)},
            vacated={fold(change.former_address): change.id for change in renames},
            taken={fold(change.address): change.id for change in renames},
        )

    def dependencies(self, change: Change) -> tuple[frozenset[str], frozenset[str]]:
        """Give what a change needs, and what it has to wait for.

        Whoever takes a code waits for whoever leaves it; what happens inside something renamed waits for
        the renaming.
        """
        places = {change.entity, fold(change.address)}
        needs = {self.created[change.entity]} if change.entity in self.created else set()
        waits = {role[place] for role in (self.vacated, self.taken) for place in places if place in role}
        return frozenset(needs - {change.id}), frozenset(waits - {change.id})


def _creates_entity(change: Change) -> bool:
    return change.kind is Kind.ENTITY and change.action is Action.CREATE


def forecast(changes: Sequence[Change]) -> Cost:
    """Tell what applying takes after planning: the writes, and the reads that verify them."""
    if not changes:
        return Cost()
    writes = [call for change in changes for call in change.calls]
    reads = _READS_PER_PORTAL + _READS_PER_ENTITY * len({change.entity for change in changes})
    seconds = sum(_SEEN_SECONDS.get(call.method, 0.0) for call in writes) + reads * _SECONDS_PER_READ
    return Cost(
        requests=len(compile_batches(changes)) + -(-reads // MAX_COMMANDS),
        commands=len(writes) + reads,
        seconds=round(seconds, 2),
    )
