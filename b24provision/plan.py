"""The nouns between the two sides: a change, a plan of changes, and the report of carrying it out.

Frozen values without IO. How a plan is found is `diff`'s business, how it is carried out `apply`'s,
how it looks `render`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from b24provision.model import Note, Portal, fold
from b24provision.problem import Source
from b24provision.rest.calls import Call


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    REPLACE = "replace"
    DELETE = "delete"


class Kind(StrEnum):
    """What a change does it to."""

    ENTITY = "entity"
    PROPERTY = "property"
    SECTION = "section"
    ITEM = "item"


class Risk(StrEnum):
    """What a change may cost. `DATA_LOSS` cannot be taken back."""

    SAFE = "safe"
    CAUTION = "caution"
    DATA_LOSS = "data_loss"


Fields = Mapping[str, Any]
"""Managed fields of one resource in the manifest's words: `{"name": "Price", "type": "number"}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between manifest and portal, and the calls that remove it, in order.

    `before` is what is live (None: nothing is there), `after` what the manifest wants (None: that
    nothing is there). `reason` says in words why the change is proposed.
    """

    action: Action
    kind: Kind
    address: str
    risk: Risk
    before: Fields | None
    after: Fields | None
    reason: str
    calls: Sequence[Call]
    source: Source | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """A name that is unique in its plan and the same in every plan: `create entity dish`."""
        return f"{self.action} {self.kind} {self.address}"

    @property
    def entity(self) -> str:
        """Folded code of the storage it happens in."""
        return fold(self.address.split(".", 1)[0])


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a change of the plan must not be carried out, and where that is said."""

    id: str
    reason: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of entities, properties, sections and items alike."""

    add: int = 0
    change: int = 0
    destroy: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What carrying a plan out will take: requests, commands in them, seconds of the portal's work."""

    requests: int = 0
    commands: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered changes, what forbids some of them, and what else should be known."""

    portal: Portal
    changes: Sequence[Change] = ()
    blocked: Sequence[Blocked] = ()
    notes: Sequence[Note] = ()
    cost: Cost = Cost()

    @property
    def summary(self) -> Summary:
        """Count the changes; a replacement is one added and one destroyed."""
        actions = [change.action for change in self.changes]
        replaced = actions.count(Action.REPLACE)
        return Summary(
            add=actions.count(Action.CREATE) + replaced,
            change=actions.count(Action.UPDATE) + actions.count(Action.RENAME),
            destroy=actions.count(Action.DELETE) + replaced,
        )

    @property
    def data_loss(self) -> Sequence[Change]:
        """The changes that cannot be taken back."""
        return tuple(change for change in self.changes if change.risk is Risk.DATA_LOSS)

    def calls(self) -> Iterator[Call]:
        """Every call of every change, in order."""
        for change in self.changes:
            yield from change.calls


class Outcome(StrEnum):
    """What became of one change."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChangeOutcome:
    """What became of the change `id`; `error` says why when it is not done."""

    id: str
    outcome: Outcome
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What apply did: an outcome for every change of the plan, in its order.

    `verified` is True only if the portal was read again and is as wanted. `differences` are the
    changes that reading found still to be made.
    """

    plan: Plan
    outcomes: Sequence[ChangeOutcome] = ()
    verified: bool = False
    differences: Sequence[Change] = ()
    interrupted: bool = False
