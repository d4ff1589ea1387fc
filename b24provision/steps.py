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
    name, deletes = change.id, change.action is Action.DELETE
    needs, waits, follows = roles.dependencies(change, name)
    last = len(change.calls) - 1
    for index, call in enumerate(change.calls):
        yield Step(name, call, needs, waits, follows, index == 0, index == last, deletes)


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Roles:
    """Which change creates, vacates or takes a code, or gives it rights: folded addresses → ids of changes."""

    created: dict[str, frozenset[str]]
    vacated: dict[str, str]
    taken: dict[str, str]
    entitled: dict[str, frozenset[str]]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> "_Roles":
        renames = [change for change in changes if change.action is Action.RENAME and change.calls]
        return cls(
            created={fold(row.address): frozenset({row.id}) for row in changes if _creates_entity(row)},
            vacated={fold(row.former_address): row.id for row in renames},
            taken={fold(row.address): row.id for row in renames},
            entitled={row.entity: frozenset({row.id}) for row in changes if _writes_rights(row)},
        )

    def dependencies(
        self, change: Change, name: str
    ) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Give what a change of this name needs, what it has to wait for, and what it follows however that ends.

        Whoever takes a code waits for whoever leaves it; what happens inside something renamed waits for
        the renaming.
        """
        entity = change.entity
        needs, follows = self.created.get(entity, _NONE), self.entitled.get(entity, _NONE)
        waits = _NONE
        if self.taken:
            places = {entity, fold(change.address)}
            waits = frozenset(
                role[row] for role in (self.vacated, self.taken) for row in places if row in role
            )
        return needs - {name}, waits - {name}, follows - {name}


def _writes_rights(change: Change) -> bool:
    return change.action is Action.UPDATE and any("ACCESS" in call.params for call in change.calls)


def _creates_entity(change: Change) -> bool:
    return change.kind is Kind.ENTITY and change.action is Action.CREATE
