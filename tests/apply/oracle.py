"""What a run may leave behind: everything is as it was or as it is to be, and nothing else.

Storages, properties and items are followed by the portal's ids, so a command that hits the wrong one shows.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from b24provision.local import LocalPortal

Row = tuple[Any, ...]


@dataclass
class State:
    """A portal's storages, properties, rights, items and values, by id."""

    storages: dict[int, Row] = field(default_factory=dict)
    properties: dict[int, Row] = field(default_factory=dict)
    rights: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    items: dict[int, int] = field(default_factory=dict)
    values: dict[Row, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, portal: LocalPortal) -> "State":
        tables = portal.export_state()["tables"]
        state = cls()
        for row in tables["storages"]:
            state.storages[row["id"]] = (row["code"], row["name"])
        for row in tables["properties"]:
            state.properties[row["id"]] = (
                row["storage_id"],
                row["code"],
                row["name"],
                row["type"],
                row["sort"],
            )
        for row in tables["rights"]:
            state.rights[row["storage_id"]][row["code"]] = row["level"]
        for row in tables["items"]:
            state.items[row["id"]] = row["storage_id"]
        for row in tables["item_values"]:
            state.values[row["item_id"], row["property_id"]] = row["value"]
        return state


def check(before: State, now: State, after: State, *, caller: str = "U1") -> None:
    """Assert that whatever is `now` is as `before` or as `after`, and that nothing else is gone."""
    _check_rows(before.storages, now.storages, after.storages, lambda _, row: row[0].lower(), now, after)

    def place(state: State, row: Row) -> Row:
        owner = row[0] if row[0] in before.storages else state.storages[row[0]][0].lower()
        return (owner, row[1].lower())

    _check_rows(before.properties, now.properties, after.properties, place, now, after)
    for storage in before.storages.keys() & now.storages.keys():
        _check_rights(before.rights[storage], now.rights[storage], after.rights[storage], caller)
    for item, storage in before.items.items():
        assert item in now.items or storage not in after.storages, f"item {item} is lost"
    for (item, prop), value in before.values.items():
        if item in now.items and prop in now.properties:
            assert now.values.get((item, prop)) == value, f"value of property {prop} in item {item}"


def _check_rows(
    before: dict[int, Row],
    now: dict[int, Row],
    after: dict[int, Row],
    place: Callable[[State, Row], Any],
    state: State,
    goal: State,
) -> None:
    """Compare rows by id; what is new is compared by the `place` it has."""
    for name, row in before.items():
        if name not in now:
            assert name not in after, f"{row} is gone"
            continue
        for was, has, wants in zip(row, now[name], after.get(name, row), strict=True):
            assert has in (was, wants), f"{row} became {now[name]}"
    made = [place(state, row) for name, row in now.items() if name not in before]
    wanted = {place(goal, row) for name, row in after.items() if name not in before}
    assert len(set(made)) == len(made), f"made twice: {made}"
    assert set(made) <= wanted, f"made, and not wanted: {set(made) - wanted}"


def _check_rights(before: dict[str, str], now: dict[str, str], after: dict[str, str], caller: str) -> None:
    for code in before.keys() | now.keys() | after.keys():
        allowed = {before.get(code), after.get(code)} | ({"X"} if code == caller else set())
        assert now.get(code) in allowed, f"rights of {code}"
