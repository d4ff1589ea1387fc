"""The nouns between the two sides: a change, a plan of changes, and the report of carrying it out.

Frozen values without IO. How a plan is found is `diff`'s business, how it is carried out `apply`'s,
how it looks `render`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from b24provision.exitcode import ExitCode
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


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs. `path` is dotted (`access.AU`); None stands for "not there"."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What a change puts at stake: `items` of `total` that hold something, and the date of the newest.

    None is unknown. `misfits` are the first values that are no numbers, with the id of their item;
    `misfit_count` counts all that were found, of at least so many when not all were looked at.
    """

    items: int | None = None
    total: int | None = None
    newest: str | None = None
    misfits: Sequence[tuple[str, str]] = ()
    misfit_count: int = 0
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between manifest and portal, and the calls that remove it, in order.

    `before` is what is live (None: nothing is there), `after` what the manifest wants (None: that
    nothing is there); both hold managed fields only. `differences` are the fields of an update that
    differ. `reason` says in words why the change is proposed. `live` is the address it has on the
    portal now, where a rename in the same plan will change it. `expects` are the raw rights an update
    of rights was planned from, the caller's own and those of others included.
    """

    action: Action
    kind: Kind
    address: str
    risk: Risk
    before: Fields | None
    after: Fields | None
    reason: str
    calls: Sequence[Call]
    differences: Sequence[Difference] = ()
    live: str = field(default="", compare=False)
    expects: Fields | None = field(default=None, compare=False)
    stake: Stake | None = field(default=None, compare=False)
    source: Source | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """A name that is unique in its plan and the same in every plan: `create entity dish`."""
        what = f"{self.action} {self.kind} {self.address}"
        return f"{what} from {self.former_address}" if self.is_conflict else what

    @property
    def former_address(self) -> str:
        """The address before a rename; any other change has had its address all along."""
        if self.action is not Action.RENAME or self.before is None:
            return self.address
        owner = self.address.rpartition(".")[0]
        return f"{owner}.{self.before['code']}" if owner else str(self.before["code"])

    @property
    def live_address(self) -> str:
        """Where it is live now, before any of the plan's renames."""
        return self.live or self.former_address

    @property
    def is_conflict(self) -> bool:
        """Whether it is a rename that cannot be made, because both codes are live."""
        return self.action is Action.RENAME and not self.calls

    @property
    def deletes_entity(self) -> bool:
        """Whether its storage is gone afterwards."""
        return self.action is Action.DELETE and self.kind is Kind.ENTITY

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


def summarise(changes: Sequence[Change]) -> Summary:
    """Count changes by what they do; a replacement is one added and one destroyed."""
    actions = [change.action for change in changes]
    replaced = actions.count(Action.REPLACE)
    return Summary(
        add=actions.count(Action.CREATE) + replaced,
        change=actions.count(Action.UPDATE) + actions.count(Action.RENAME),
        destroy=actions.count(Action.DELETE) + replaced,
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What carrying a plan out will take: requests, commands in them, seconds, with requests side by side.

    The shares are of what the portal's limits allow at once: of the bucket by the requests, and of the operating time
    by the busiest method. Above 1 there will be waiting, which the seconds count, too.
    """

    requests: int = 0
    commands: int = 0
    seconds: float = 0.0
    bucket_share: float = 0.0
    busiest_method: str = ""
    operating_share: float = 0.0

    @property
    def has_waiting(self) -> bool:
        """Whether a limit of the portal will be met."""
        return max(self.bucket_share, self.operating_share) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered changes, what forbids some of them, and what else should be known.

    `destroy` tells a plan to take the manifests' storages away from one to make them so. `waiting`
    are changes that were left out because they lose data. `manifests` are the digests of the files it
    was made from.
    """

    portal: Portal
    changes: Sequence[Change] = ()
    blocked: Sequence[Blocked] = ()
    notes: Sequence[Note] = ()
    cost: Cost = Cost()
    destroy: bool = False
    waiting: Sequence[Change] = ()
    manifests: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def summary(self) -> Summary:
        """Count the changes."""
        return summarise(self.changes)

    @property
    def data_loss(self) -> Sequence[Change]:
        """The changes that cannot be taken back."""
        return tuple(change for change in self.changes if change.risk is Risk.DATA_LOSS)

    def without_data_loss(self) -> "Plan":
        """Leave out what loses data; it waits."""
        ids = {change.id for change in self.data_loss}
        return replace(
            self,
            changes=tuple(change for change in self.changes if change.id not in ids),
            blocked=tuple(row for row in self.blocked if row.id not in ids),
            waiting=(*self.waiting, *self.data_loss),
        )


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
    changes that reading found still to be made although all went well, and `doubles` the storages it found more
    than once under one code. `problem` says why the report ends early, if it does.
    """

    plan: Plan
    outcomes: Sequence[ChangeOutcome] = ()
    verified: bool = False
    differences: Sequence[Change] = ()
    doubles: Sequence[Note] = ()
    interrupted: bool = False
    problem: str | None = None

    @property
    def summary(self) -> Summary:
        """Count the changes that were made."""
        done = {row.id for row in self.outcomes if row.outcome is Outcome.DONE}
        return summarise([change for change in self.plan.changes if change.id in done])

    @property
    def exit_code(self) -> ExitCode:
        """What the command line answers: only 0, 1, 7 and 130 once a write was sent."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.problem or any(row.outcome is not Outcome.DONE for row in self.outcomes):
            return ExitCode.PARTIAL
        nothing_to_do = not (self.plan.changes or self.differences)
        return ExitCode.DONE if self.verified or nothing_to_do else ExitCode.FAILURE
