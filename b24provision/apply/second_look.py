"""What another look at the portal tells about changes nobody knows the outcome of: made, still to be made, or neither.

Values only. A change goes out again only if what it was planned from is still there, and no more is at stake than was
agreed to.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from b24provision.model import fold
from b24provision.plan import Action, Change, Kind, Plan, Risk

Place = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What is still to be done, by id and by place; and what is not of the plan, because somebody else was there."""

    left: Mapping[str, Change]
    blocked: Mapping[str, str]
    others: Mapping[Place, Change]

    @classmethod
    def of(cls, now: Plan, planned: Collection[str]) -> "SecondLook":
        """Sort what a look found to be left of a plan whose changes have these ids."""
        return cls(
            left={change.id: change for change in now.changes},
            blocked={row.id: row.reason for row in now.blocked},
            others={_place(change): change for change in now.changes if change.id not in planned},
        )

    def is_done(self, change: Change) -> bool:
        """Whether nothing is left to be done there, by this change or another."""
        return change.id not in self.left and _place(change) not in self.others

    def obstacle(self, change: Change) -> str | None:
        """Say why a change that is not done must not be sent again; None if it may."""
        twin = self.left.get(change.id)
        if twin is None:
            return (
                None if self.is_half_done(change) else "done in part, or somebody else changed it; run again"
            )
        if change.id in self.blocked:
            return f"cannot be sent again: {self.blocked[change.id]}"
        if twin.before != change.before:
            return "somebody else changed it in between"
        if _held(twin) != _held(change):
            return "more or less is at stake than was agreed to; plan anew"
        return None

    def is_half_done(self, change: Change) -> bool:
        """Whether it is a replacement of which the deletion was done, and the creation is left."""
        return change.id not in self.left and self._second_half(change) is not None

    def again(self, change: Change) -> Change:
        """Give a change without an obstacle with its calls as they have to be now.

        Somebody may have got rights that must be carried along; of a replacement the first half may be done.
        """
        twin = self.left.get(change.id) or self._second_half(change)
        return replace(change, calls=twin.calls) if twin else change

    def _second_half(self, change: Change) -> Change | None:
        """Give the creation that is left of a replacement whose deletion was done."""
        other = self.others.get(_place(change))
        is_half = change.action is Action.REPLACE and other is not None and other.action is Action.CREATE
        return other if is_half else None


def _place(change: Change) -> Place:
    return change.kind, fold(change.address)


def _held(change: Change) -> int | None:
    """Give how much a change loses; None for one that loses nothing, or of which nobody knows."""
    if change.risk is not Risk.DATA_LOSS or change.stake is None:
        return None
    return change.stake.items
