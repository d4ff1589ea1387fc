"""Changes → single calls, and what each of them depends on: creations, renames, rights. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from b24provision.model import fold
from b24provision.plan import Action, Change, Kind
from b24provision.rest.calls import Call


@dataclass(frozen=True, slots=True)
class Step:
    """One call and the change it belongs to.

    `needs` are changes without which it is pointless, but harmless: they may be in the same batch. `waits`
    are changes whose success must be known before it is sent, since without them it would do harm, or mean
    something else. What it `follows` only has to come first, however it ends: rights that are being replaced are
    gone for a moment. `first` and `last` tell its place among the calls of its change.
    """

    change_id: str
    call: Call
    needs: frozenset[str] = frozenset()
    waits: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()
    first: bool = True
    last: bool = True
    deletes: bool = False


def steps_of(changes: Sequence[Change], among: Sequence[Change]) -> list[Step]:
    """Give the calls of `changes` in order, each with what it depends on among all changes of the plan."""
    roles = _Roles.of(among)
    return [step for change in changes for step in _steps(change, roles)]


def _steps(change: Change, roles: "_Roles") -> Iterator[Step]:
    needs, waits = roles.dependencies(change)
    follows = roles.follows(change)
    last = len(change.calls) - 1
    for index, call in enumerate(change.calls):
        yield Step(
            change.id,
            call,
            needs,
            waits,
            follows,
            first=index == 0,
            last=index == last,
            deletes=change.action is Action.DELETE,
        )


@dataclass(frozen=True, slots=True)
class _Roles:
    """Which change creates, vacates or takes a code, or gives it rights: folded addresses → ids of changes."""

    created: dict[str, str]
    vacated: dict[str, str]
    taken: dict[str, str]
    entitled: dict[str, str]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> "_Roles":
        renames = [change for change in changes if change.action is Action.RENAME and change.calls]
        return cls(
            created={fold(change.address): change.id for change in changes if _creates_entity(change)},
            vacated={fold(change.former_address): change.id for change in renames},
            taken={fold(change.address): change.id for change in renames},
            entitled={change.entity: change.id for change in changes if _writes_rights(change)},
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

    def follows(self, change: Change) -> frozenset[str]:
        """Give what has to come before a change, whatever becomes of it."""
        return frozenset({self.entitled.get(change.entity, change.id)} - {change.id})


def _writes_rights(change: Change) -> bool:
    return change.action is Action.UPDATE and any("ACCESS" in call.params for call in change.calls)


def _creates_entity(change: Change) -> bool:
    return change.kind is Kind.ENTITY and change.action is Action.CREATE
