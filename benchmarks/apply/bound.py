"""The fewest requests and seconds of a job, as a program that is given it: `python -m benchmarks.apply.bound`.

Computed from what the project itself packs by, never measured. The requests are those of reading, of the batches of
the plan (`compile_stages`), and of verifying. Reading before is as verifying after (`Verification`): the list and what
rides along with it, then two reads for each other storage that is there. The seconds are those of the two readings and
of the writes, or of the bucket, if that takes longer:

- a reading is its first request, and then the longer of its largest request and all the others four at a time;
- the writes take as long as their longest chain of batches that wait for each other; as long as all of them do with
  as many in flight as there may ever be; and as long as the operating time of their busiest method makes them wait.
  The portal lets a method run a little beyond its limit, which ends nothing that has begun, and keeps account by the
  second, so that a window of 30 s can be a second short;
- what does not fit the bucket waits for it to drain.

A client's own time is no part of it, nor is that it begins with four in flight.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from math import ceil

from b24provision.apply.window import MOST
from b24provision.costs import READ_S, SEEN
from b24provision.diff.diff import diff
from b24provision.model import Caller, Entity, Level, Listed, Portal, Property, PropertyType, Snapshot
from b24provision.reading import AT_ONCE
from b24provision.rest import Limits
from b24provision.stages import Batch, Stages, Verification, compile_stages
from benchmarks.apply.job import PACE, Job
from benchmarks.apply.ours import intent

LIMITS = Limits.default()


def live(job: Job) -> Snapshot:
    """What is on the portal before the job."""
    properties = {
        code: Property(code=code, name=name, type=PropertyType.STRING, sort=500)
        for code, name in job.property_names().items()
    }
    access = {"U1": Level.FULL}
    codes = [] if job.phase == "create" else job.codes()
    return Snapshot(
        caller=Caller(user_id="1", is_admin=True),
        listed=tuple(Listed(code, "Storage") for code in codes),
        entities={
            code: Entity(code=code, name="Storage", access=access, properties=properties) for code in codes
        },
    )


def bound(job: Job) -> tuple[int, float]:
    """Give the fewest requests, and the fewest seconds at the pace of the cloud."""
    snapshot = live(job)
    plan = diff(intent(job), snapshot, Portal(target="benchmark", host="local"))
    stages = compile_stages(plan.changes)
    before = Verification(job.codes(), frozenset(job.codes()) - snapshot.entities.keys()).batches
    after = stages.verify.batches
    requests = len(before) + len(stages.writes) + len(after)
    seconds = reading_s(before) + writing_s(stages) + reading_s(after)
    return requests, max(seconds, (requests - (LIMITS.capacity or requests)) / LIMITS.drain_per_s)


def reading_s(batches: Sequence[int]) -> float:
    first, later = sum(batches[:1]), batches[1:]
    return READ_S * (first + max(max(later, default=0), sum(later) / AT_ONCE))


def writing_s(stages: Stages) -> float:
    writes = stages.writes
    width = min(MOST, max(1, len(writes)))
    work_s = sum(batch.seconds() for batch in writes)
    resting_s = max((operating_s(each, width) for each in busy_s(writes)), default=0.0)
    return max(work_s / width, chain_s(writes), resting_s)


def chain_s(writes: Sequence[Batch]) -> float:
    """The longest chain of batches of which each waits for the one before."""
    ends: list[float] = []
    for batch in writes:
        ends.append(batch.seconds() + max((ends[each] for each in batch.after), default=0.0))
    return max(ends, default=0.0)


def busy_s(writes: Sequence[Batch]) -> Sequence[float]:
    """How long each method runs in all."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for batch in writes:
        for step in batch.steps:
            seconds[step.call.method] += SEEN.of(step.call.method)
    return list(seconds.values())


def operating_s(seconds: float, width: int) -> float:
    """How long it takes to run a method for so long: so many whole windows, then what is left."""
    limit_s = LIMITS.operating_limit_s or seconds
    windows = max(0, ceil(seconds / limit_s) - 1)
    return windows * LIMITS.operating_window_s + (seconds - windows * limit_s) / width


def main() -> None:
    requests, seconds = bound(Job.given())
    print(json.dumps({"requests": requests, "seconds": seconds / PACE}))


if __name__ == "__main__":
    main()
