"""How far a portal is along a plan: each change not begun, done, or overtaken by somebody else. Pure.

A saved plan may be old, half applied or wholly applied. Each of its changes is looked at by itself: if
what is live equals what it was planned from, it can be made; if it equals what it leads to, it is done;
anything else means that somebody else was there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from b24provision.diff.rights import compare_rights, letters
from b24provision.model import Entity, Level, Property, PropertyType, Snapshot, fold
from b24provision.plan import Action, Change, Fields, Kind, Plan


class State(Enum):
    """Where a change stands."""

    TO_DO = "to do"
    DONE = "done"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a change stands, and what is live in its place now (None: nothing is there)."""

    change: Change
    state: State
    now: Fields | None


def progress(plan: Plan, snapshot: Snapshot) -> list[Standing]:
    """Say of every change of `plan` where it stands on the portal of `snapshot`."""
    live = _Live(plan, snapshot)
    return [live.standing(change) for change in plan.changes]


def codes_to_read(plan: Plan) -> list[str]:
    """Give the codes of the storages that `progress` has to see."""
    codes: dict[str, str] = {}
    for change in plan.changes:
        for address in (change.address, change.live_address, change.former_address):
            code = address.partition(".")[0]
            codes.setdefault(fold(code), code)
    return list(codes.values())


def doomed_codes(plan: Plan) -> set[str]:
    """Give the folded codes of the storages that the plan deletes."""
    return {change.entity for change in plan.changes if change.deletes_entity}


class _Live:
    """What is live, looked up by address the way a plan with renames has to."""

    def __init__(self, plan: Plan, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        renames = [change for change in plan.changes if change.action is Action.RENAME]
        self._leaving = {fold(change.former_address): change for change in renames}
        self._taking = {fold(change.address): change for change in renames}
        self._listed = {fold(row.code) for row in snapshot.listed}
        self._rename_states: dict[str, State] = {}
        for kind in (Kind.ENTITY, Kind.PROPERTY):  # where a property is, depends on where its storage is
            self._rename_states |= self._judge_renames(kind)

    def standing(self, change: Change) -> Standing:
        if self._is_unseen(change):
            return Standing(change, State.OVERTAKEN, {"hidden": "the caller may not read it"})
        found = self._standing(change)
        return replace(found, change=self._located(found.change))

    def _is_unseen(self, change: Change) -> bool:
        addresses = (change.address, change.live_address, change.former_address)
        return any(fold(row.partition(".")[0]) in self._snapshot.hidden for row in addresses)

    def _located(self, change: Change) -> Change:
        """Say where the change's place is now, since a rename of the same plan may be done already."""
        if change.action is Action.RENAME:
            return change
        entity, prop = self._codes(change)
        return replace(change, live=f"{entity}.{prop}" if prop else entity)

    def _standing(self, change: Change) -> Standing:
        if change.action is Action.RENAME:
            return self._renamed(change)
        now = self._fields(change)
        if change.kind is Kind.ENTITY and change.action is not Action.DELETE:
            return _judged(change, now, self._entity_state(change, now))
        if now is None and change.action is Action.REPLACE:
            # deleted and not added again: what is left is the second half
            return Standing(replace(change, calls=tuple(change.calls)[1:]), State.TO_DO, change.before)
        return _judged(change, now, _state(change, now))

    def _codes(self, change: Change) -> tuple[str, str]:
        """Give the codes of the storage and the property as they are now: former ones until a rename is done."""
        entity, _, prop = change.address.partition(".")
        live_entity, _, live_prop = change.live_address.partition(".")
        if self._is_still_former(Kind.ENTITY, entity):
            entity = live_entity
        if prop and self._is_still_former(Kind.PROPERTY, change.address):
            prop = live_prop
        return entity, prop

    def _is_still_former(self, kind: Kind, address: str) -> bool:
        """Tell whether what is to have this address by a rename has not got it yet."""
        taker = self._taking.get(fold(address))
        return taker is not None and taker.kind is kind and self._renamed(taker).state is not State.DONE

    def _renamed(self, change: Change) -> Standing:
        state = self._rename_states[fold(change.address)]
        code, former = self._is_live(change.address), self._is_live(change.former_address)
        now = {"code": change.address if code else change.former_address} if code or former else None
        return Standing(change, state, change.before if state is State.TO_DO else now)

    def _judge_renames(self, kind: Kind) -> dict[str, State]:
        """Say of every rename of one kind, by the folded address it leads to, where it stands.

        Where only one of its codes is live, that tells. Where both are, one of them belongs to somebody else: in a
        chain to a neighbour, whose state then tells. Else somebody who is no part of the plan was there.
        """
        states: dict[str, State] = {}
        renames = {address: change for address, change in self._taking.items() if change.kind is kind}
        for address, change in renames.items():
            code, former = self._is_live(change.address), self._is_live(change.former_address)
            if code != former:
                states[address] = State.DONE if code else State.TO_DO
            elif not code:
                states[address] = State.OVERTAKEN
        told = dict(states)
        for address, state in told.items():
            if state is State.TO_DO:
                self._pass_on(states, state, address, lambda row: self._taking.get(fold(row.former_address)))
        for address, state in told.items():
            if state is State.DONE:
                self._pass_on(states, state, address, lambda row: self._leaving.get(fold(row.address)))
        return {address: states.get(address, State.OVERTAKEN) for address in renames}

    def _pass_on(
        self,
        states: dict[str, State],
        state: State,
        address: str,
        neighbour: Callable[[Change], Change | None],
    ) -> None:
        """Give a state to one neighbour in the chain after the other, until one has its own."""
        after = neighbour(self._taking[address])
        while after is not None and fold(after.address) not in states:
            states[fold(after.address)] = state
            after = neighbour(after)

    def _entity_state(self, change: Change, now: Fields | None) -> State:
        """Rights are compared as they are to be found, since who else has some is part of what was planned."""
        if now is None or change.after is None or "access" not in change.after:
            return _state(change, now)
        entity = self._entity(change)
        raw = entity.access if entity is not None and entity.access is not None else {}
        wanted = {code: Level(level) for code, level in change.after["access"].items()}
        expected = change.expects.get("access") if change.expects else None
        if change.before is not None and now == {**change.before, "access": expected}:
            return State.TO_DO
        strict = bool(change.expects and change.expects.get("strict"))
        comparison = compare_rights(wanted, raw, self._snapshot.caller, strict=strict)
        done = {**now, "access": letters(comparison.before)} == change.after
        return State.DONE if done else State.OVERTAKEN

    def _fields(self, change: Change) -> Fields | None:
        entity = self._entity(change)
        if entity is None:
            return None
        wanted = change.before if change.after is None else change.after
        if change.kind is Kind.ENTITY:
            return _chosen(_entity_fields(entity), wanted)
        prop = self._property(change, entity)
        return None if prop is None else _chosen(_property_fields(prop), wanted)

    def _entity(self, change: Change) -> Entity | None:
        return self._snapshot.entities.get(fold(self._codes(change)[0]))

    def _property(self, change: Change, entity: Entity) -> Property | None:
        return entity.properties.get(fold(self._codes(change)[1]))

    def _is_live(self, address: str) -> bool:
        code, _, prop = fold(address).partition(".")
        if not prop:
            return code in self._listed
        taker = self._taking.get(code)
        if taker is not None and self._rename_states[code] is not State.DONE:
            code = fold(taker.former_address)  # what goes by the code now is another storage, or none
        entity = self._snapshot.entities.get(code)
        return entity is not None and prop in entity.properties


def _state(change: Change, now: Fields | None) -> State:
    if now == change.before:
        return State.TO_DO
    return State.DONE if now == change.after else State.OVERTAKEN


def _judged(change: Change, now: Fields | None, state: State) -> Standing:
    return Standing(change, state, change.before if state is State.TO_DO else now)


def _chosen(fields: Fields, wanted: Fields | None) -> Fields:
    return {name: fields[name] for name in wanted or {} if name in fields}


def _entity_fields(entity: Entity) -> Fields:
    return {"name": entity.name, "access": letters(entity.access or {})}


def _property_fields(prop: Property) -> Fields:
    return {"name": prop.name, "type": (prop.type or PropertyType.STRING).word, "sort": prop.sort}
