"""Stages → text: what `plan --explain` adds to a plan, and what a plan costs when that is worth saying."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from b24provision.plan import Cost, Plan
from b24provision.render.words import duration
from b24provision.stages import Batch, Stages, compile_stages
from b24provision.steps import Step

_WORTH_SAYING_S = 300.0
_WORTH_SAYING_SHARE = 0.5


def explanation(plan: Plan) -> str:
    """Say which requests carry a plan out, what each waits for, and how the result is proved."""
    if not plan.changes:
        return ""
    stages = compile_stages(plan.changes)
    return "\n".join(["", "Stages:", *_writes(stages), *_verify(stages), "", f"{_sum(plan.cost)}."]) + "\n"


def cost_line(cost: Cost) -> str | None:
    """Say what a plan costs, if that is much: of time, of the rate limit or of the operating time."""
    said = []
    if cost.bucket_share > _WORTH_SAYING_SHARE:
        said.append(f"{cost.bucket_share:.0%} of the requests the portal takes at once")
    if cost.operating_share > _WORTH_SAYING_SHARE:
        said.append(f"{cost.operating_share:.0%} of the operating time of {cost.busiest_method}")
    if not said and cost.seconds < _WORTH_SAYING_S:
        return None
    waits = "; most of it is waiting" if cost.has_waiting else ""
    return ": ".join(filter(None, [_sum(cost), ", ".join(said)])) + f"{waits}."


def _sum(cost: Cost) -> str:
    return f"{cost.commands} commands in {_counted(cost.requests, 'request')}, about {duration(cost.seconds)}"


def _writes(stages: Stages) -> Iterator[str]:
    for number, batch in enumerate(stages.writes, start=1):
        what = "1 call by itself" if batch.is_alone else _counted(len(batch.steps), "command")
        yield f"  {number:>3}  {what}, about {duration(batch.seconds())}{_after(batch)}"
        for entity, steps in groupby(batch.steps, key=_entity):
            yield f"         {entity}: {_methods(list(steps))}"


def _verify(stages: Stages) -> Iterator[str]:
    first = len(stages.writes) + 1
    last = len(stages.writes) + len(stages.verify.batches)
    numbers = f"{first:>3}" if first == last else f"{first:>3} to {last}"
    yield f"  {numbers}  verify: {_counted(stages.verify.commands, 'read')} of {_storages(stages)}, after all writes"


def _storages(stages: Stages) -> str:
    return _counted(len(stages.verify.entities), "storage")


def _after(batch: Batch) -> str:
    if not batch.after:
        return ""
    return f", after {', '.join(str(before + 1) for before in sorted(batch.after))}"


def _entity(step: Step) -> str:
    return str(step.call.params.get("ENTITY", ""))


def _methods(steps: Sequence[Step]) -> str:
    counts = Counter(step.call.method for step in steps)
    return ", ".join(method if count == 1 else f"{count} × {method}" for method, count in counts.items())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
