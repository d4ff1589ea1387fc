"""What counts as a difference, what blocks a change and what is only worth a note."""

import pytest

from b24provision.local import LocalPortal
from b24provision.model import Note
from b24provision.plan import Plan
from tests.support import intent, provisioner

pytestmark = pytest.mark.anyio

Call = tuple[str, dict[str, object]]


async def live(portal: LocalPortal, *calls: Call, user_id: int = 1) -> None:
    """Let a user make the portal what it is before the plan."""
    async with provisioner(portal, user_id=user_id) as opened:
        for method, params in calls:
            answer = await opened.session.client.call.make(method, params)
            assert answer.is_success, answer.error


def entity(code: str, name: str = "Name", **access: str) -> Call:
    return ("entity.add", {"ENTITY": code, "NAME": name, "ACCESS": access})


def prop(entity_code: str, code: str, **fields: object) -> Call:
    return ("entity.item.property.add", {"ENTITY": entity_code, "PROPERTY": code, "NAME": code, **fields})


async def plan(portal: LocalPortal, text: str, *, user_id: int = 1, **settings: object) -> Plan:
    async with provisioner(portal, user_id=user_id) as opened:
        return await opened.plan(intent(text, **settings))


def ids(found: Plan) -> list[str]:
    return [change.id for change in found.changes]


async def test_what_is_as_wanted_needs_nothing(portal: LocalPortal):
    await live(portal, entity("dish", "Dishes", AU="R"), prop("dish", "price", TYPE="N", SORT=10))
    found = await plan(
        portal,
        """
        entities:
          dish:
            name: " Dishes "
            access: {AU: R}
            properties: {price: {type: number, sort: 10}}
        """,
    )
    assert (ids(found), found.notes, found.blocked) == ([], (), ())


async def test_what_the_manifest_does_not_say_is_not_compared(portal: LocalPortal):
    await live(portal, entity("dish", "Dishes", AU="W"), prop("dish", "price", TYPE="N", SORT=10))
    assert ids(await plan(portal, "entities: {dish: {name: Dishes, properties: {price: }}}")) == []


async def test_codes_compare_without_case_and_the_live_spelling_wins(portal: LocalPortal):
    await live(portal, entity("Dish", "Dishes"), prop("Dish", "Price"))
    found = await plan(portal, "entities: {dish: {name: Menu, properties: {price: {name: Cost}}}}")
    assert [dict(call.params) for change in found.changes for call in change.calls] == [
        {"ENTITY": "Dish", "NAME": "Menu"},
        {"ENTITY": "Dish", "PROPERTY": "Price", "NAME": "Cost"},
    ]
    (note,) = found.notes
    assert (note.address, "write Price" in note.message) == ("Dish.Price", True)


async def test_what_nobody_named_is_a_note(portal: LocalPortal):
    await live(portal, entity("dish"), prop("dish", "colour"), entity("strange"))
    found = await plan(portal, "entities: {dish: {name: Name}}")
    assert ids(found) == []
    assert [*found.notes] == [
        Note("dish", "1 property is in no manifest and left alone: colour"),
        Note("", "1 storage is in no manifest and left alone: strange"),
    ]


async def test_prune_deletes_what_nobody_named_and_nothing_else(portal: LocalPortal):
    await live(portal, entity("dish"), prop("dish", "colour"), prop("dish", "size"), entity("strange"))
    text = "entities: {dish: {name: Name, properties: {size: }}}"
    assert ids(await plan(portal, text, prune=True)) == [
        "delete property dish.colour",
        "delete entity strange",
    ]


async def test_removed_is_deleted_once_it_is_there(portal: LocalPortal):
    text = "removed: {entities: [old], properties: [dish.colour, nowhere.x]}"
    assert ids(await plan(portal, text)) == []
    await live(portal, entity("old"), entity("dish"), prop("dish", "colour"), prop("dish", "size"))
    found = await plan(portal, text)
    assert ids(found) == ["delete property dish.colour", "delete entity old"]
    assert {change.risk for change in found.changes} == {"data_loss"}


@pytest.mark.parametrize(
    ("live_type", "wanted", "expected"),
    [
        ("N", "string", ("update", "safe", True)),
        ("S", "number", ("update", "caution", True)),
        ("F", "string", ("update", "data_loss", True)),
        ("F", "number", ("update", "data_loss", True)),
        ("S", "file", ("replace", "data_loss", True)),
        ("N", "file", ("replace", "data_loss", True)),
    ],
)
async def test_changes_of_type(
    portal: LocalPortal, live_type: str, wanted: str, expected: tuple[str, str, bool]
):
    await live(portal, entity("dish"), prop("dish", "x", TYPE=live_type))
    found = await plan(portal, f"entities: {{dish: {{name: Name, properties: {{x: {{type: {wanted}}}}}}}}}")
    (change,) = found.changes
    assert (change.action.value, change.risk.value, bool(change.calls)) == expected
    assert bool(found.blocked) == (not expected[2])


async def test_the_callers_own_right_is_no_difference(portal: LocalPortal):
    await live(portal, entity("dish", AU="R"))
    for access in ("{AU: R}", "{AU: R, U1: X}", "{AU: R, U1: R}"):
        assert ids(await plan(portal, f"entities: {{dish: {{name: Name, access: {access}}}}}")) == []


async def test_an_empty_set_of_rights_means_only_the_caller(portal: LocalPortal):
    await live(portal, entity("dish", AU="R"))
    text = "entities: {dish: {name: Name, access: {}}}"
    found = await plan(portal, text)
    assert found.changes[0].calls[0].params == {"ENTITY": "dish", "ACCESS": {"U1": "X"}}
    async with provisioner(portal) as opened:
        assert (await opened.apply(intent(text))).verified


async def test_a_former_callers_right_is_a_note_and_carried_along(portal: LocalPortal):
    portal.add_user(7, admin=True)
    await live(portal, entity("dish", AU="R"), user_id=7)
    same = "entities: {dish: {name: Name, access: {AU: R}}}"
    found = await plan(portal, same)
    assert ids(found) == []
    assert "U7" in found.notes[0].message
    more = await plan(portal, "entities: {dish: {name: Name, access: {AU: W}}}")
    assert more.changes[0].calls[0].params["ACCESS"] == {"AU": "W", "U7": "X"}
    strict = await plan(portal, "entities: {dish: {name: Name, strict_access: true, access: {AU: R}}}")
    assert strict.changes[0].calls[0].params["ACCESS"] == {"AU": "R"}
    assert strict.changes[0].risk == "caution"


async def test_the_callers_id_can_be_named(portal: LocalPortal):
    portal.add_user(42, admin=True)
    text = "entities: {dish: {name: 'By ${b24.user_id}', access: {'U${b24.user_id}': X, AU: R}}}"
    found = await plan(portal, text, user_id=42)
    assert found.changes[0].calls[0].params == {
        "ENTITY": "dish",
        "NAME": "By 42",
        "ACCESS": {"U42": "X", "AU": "R"},
    }


async def test_ignored_fields_are_the_peoples(portal: LocalPortal):
    await live(portal, entity("dish", "Renamed", AU="W"), prop("dish", "x", SORT=7))
    text = """
        entities:
          dish:
            name: Dishes
            access: {AU: R}
            ignore: [name, access]
            properties: {x: {name: X, sort: 1, ignore: [sort, name]}}
    """
    assert ids(await plan(portal, text)) == []


async def test_protection_blocks_whatever_loses_data(portal: LocalPortal):
    await live(portal, entity("dish"), prop("dish", "x", TYPE="F"), entity("orders"), prop("dish", "colour"))
    text = """
        entities: {dish: {name: Name, protect: true, properties: {x: {type: string}}}}
        removed: {properties: [dish.colour], entities: [orders]}
    """
    found = await plan(portal, text, protected=["order*"])
    assert ids(found) == [row.id for row in found.blocked]
    assert len(found.blocked) == 3
    assert all(row.source is not None for row in found.blocked)
    assert len((await plan(portal, text, destroy=True)).blocked) == 1


async def test_a_storage_the_caller_may_not_read_blocks_its_creation(portal: LocalPortal):
    portal.add_user(5)
    await live(portal, entity("dish"))
    found = await plan(portal, "entities: {dish: {name: Name}, menu: {name: Menu}}", user_id=5)
    assert ids(found) == ["create entity dish", "create entity menu"]
    assert [row.id for row in found.blocked] == ["create entity dish"]
    assert "may not read" in found.blocked[0].reason


async def test_a_caller_without_full_rights_is_told_before(portal: LocalPortal):
    portal.add_user(5, groups=[12])
    await live(portal, entity("reads", AU="R"), entity("groups", AU="R", G12="X"), entity("may", AU="X"))
    text = "entities: {reads: {name: A}, groups: {name: A}, may: {name: A}}"
    found = await plan(portal, text, user_id=5)
    assert [row.id for row in found.blocked] == ["update entity reads"]
    assert [note.address for note in found.notes] == ["groups"]


async def test_two_storages_of_one_code_block_every_change(portal: LocalPortal):
    portal.add_user(5)
    await live(portal, entity("dish"))
    await live(portal, entity("dish"), user_id=5)
    found = await plan(portal, "entities: {dish: {name: Other}}")
    assert len(found.blocked) == 1
    assert "2 storages" in found.blocked[0].reason


async def test_destroy_deletes_the_manifests_storages_only(portal: LocalPortal):
    await live(portal, entity("dish"), entity("strange"))
    found = await plan(portal, "entities: {dish: {name: Name}, gone: {name: Gone}}", destroy=True)
    assert (ids(found), found.notes) == (["delete entity dish"], ())


async def test_only_sees_a_part_and_says_nothing_of_the_rest(portal: LocalPortal):
    await live(portal, entity("strange"))
    async with provisioner(portal) as opened:
        wanted = intent("entities: {dish: {name: D}, menu: {name: M}, drink: {name: D}}").narrowed(["D*"])
        found = await opened.plan(wanted)
    assert ids(found) == ["create entity dish", "create entity drink"]
    assert found.notes == ()


async def test_the_cost_is_what_apply_then_takes(portal: LocalPortal):
    text = "\n".join(f"  s{n}: {{name: S, properties: {{a: , b: }}}}" for n in range(20))
    wanted = intent(f"entities:\n{text}")
    async with provisioner(portal) as opened:
        found = await opened.plan(wanted)
        portal.forget_calls()
        await opened.apply(wanted, found)
    assert found.cost.requests == portal.request_count
    assert found.cost.commands == len(portal.calls())


async def test_a_drop_and_an_add_that_look_like_a_rename_get_a_hint(portal: LocalPortal):
    await live(
        portal,
        entity("dishes", "Dishes"),
        entity("menu", "Menu"),
        prop("menu", "colour"),
        prop("menu", "weight", TYPE="N"),
        prop("menu", "kept"),
    )
    found = await plan(
        portal,
        """
        entities:
          dish: {name: Dishes}
          menu: {name: Menu, properties: {color: , weigth: {type: string}, kepd: , kept: }}
        removed: {properties: [menu.colour]}
        """,
    )
    hints = [note for note in found.notes if "renamed_from" in note.message]
    assert hints == [
        Note("dish", "looks like dishes renamed: to keep its items, write `renamed_from: dishes`"),
        Note("menu.color", "looks like colour renamed: to keep its values, write `renamed_from: colour`"),
    ]


async def test_old_and_new_both_live_is_a_note_when_the_old_is_empty(portal: LocalPortal):
    await live(portal, entity("dishes"), entity("dish"), prop("dish", "old"), prop("dish", "new"))
    text = "entities: {dish: {name: Name, renamed_from: dishes, properties: {new: {name: new, renamed_from: old}}}}"
    found = await plan(portal, text)
    assert (ids(found), found.blocked) == ([], ())
    assert [note.address for note in found.notes] == ["dish", "dish.new"]
    await live(
        portal,
        ("entity.item.add", {"ENTITY": "dishes", "NAME": "Item"}),
        ("entity.item.add", {"ENTITY": "dish", "NAME": "Item", "PROPERTY_VALUES": {"old": "x"}}),
    )
    found = await plan(portal, text)
    assert [row.id for row in found.blocked] == [
        "rename entity dish from dishes",
        "rename property dish.new from dish.old",
    ]
    assert all("removed:" in row.reason and "renamed_from" in row.reason for row in found.blocked)


async def test_stakes_are_counted(portal: LocalPortal):
    await live(portal, entity("dish"), prop("dish", "color"), prop("dish", "size"), entity("old"))
    for number in range(70):
        values = {"color": "red"} if number % 2 else {"size": "n/a" if number % 10 == 0 else str(number)}
        await live(portal, ("entity.item.add", {"ENTITY": "dish", "NAME": "I", "PROPERTY_VALUES": values}))
    found = await plan(
        portal,
        """
        entities: {dish: {name: Name, properties: {size: {name: size, type: number}}}}
        removed: {entities: [old], properties: [dish.color]}
        """,
    )
    stakes = {change.id: change.stake for change in found.changes}
    size, color, old = stakes.values()
    assert size is not None
    assert color is not None
    assert old is not None
    assert (size.items, size.total, size.misfit_count, size.misfits[0]) == (35, 70, 7, ("1", "n/a"))
    assert (color.items, color.total, bool(color.newest)) == (35, 70, True)
    assert (old.items, old.total, old.newest) == (0, 0, None)


async def test_what_is_unmanaged_is_told_in_detail_when_asked(portal: LocalPortal):
    await live(portal, entity("dish"), prop("dish", "color"), entity("strange"))
    await live(
        portal, ("entity.item.add", {"ENTITY": "dish", "NAME": "I", "PROPERTY_VALUES": {"color": "red"}})
    )
    async with provisioner(portal) as opened:
        found = await opened.plan(intent("entities: {dish: {name: Name}}"), in_detail=True)
    told = {note.address: note.message for note in found.notes if "holds" in note.message}
    assert told["strange"] == "in no manifest; holds 0 items"
    assert told["dish.color"].startswith("in no manifest; holds 1 item, the newest of 20")
