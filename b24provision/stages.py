"""Changes → the requests that carry them out. Pure: a list that can be printed or walked.

A batch goes on after a failed command, so it may hold a creation, additions inside what it creates,
and calls of other storages: none of them does harm when an earlier one failed. What a batch cannot
carry unharmed goes out alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    """One call and the change it belongs to. `needs` names a change without which it is pointless."""

    change_id: str
    call: Call
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Steps that go out as one request, in order. A single step that is `alone` is no batch at all."""

    steps: tuple[Step, ...]
    alone: bool = False

    @property
    def calls(self) -> list[Call]:
        """The calls of the steps, in order."""
        return [step.call for step in self.steps]


def compile_batches(changes: Sequence[Change]) -> list[Batch]:
    """Pack the calls of `changes` into as few requests as their order allows."""
    batches: list[Batch] = []
    for step in _steps(changes):
        alone = not fits_batch(step.call)
        last = batches[-1] if batches else None
        if last is None or alone or last.alone or len(last.steps) == MAX_COMMANDS:
            batches.append(Batch((step,), alone))
        else:
            batches[-1] = Batch((*last.steps, step))
    return batches


def _steps(changes: Sequence[Change]) -> Iterator[Step]:
    created = {change.entity: change.id for change in changes if _creates_entity(change)}
    for change in changes:
        needs = None if _creates_entity(change) else created.get(change.entity)
        for call in change.calls:
            yield Step(change.id, call, needs)


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
