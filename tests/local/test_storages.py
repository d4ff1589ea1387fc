"""Storages as an administrator finds them. portal-behaviour §3."""

from collections.abc import Callable
from typing import Any

import pytest

from b24provision.local import LocalPortal

from .conftest import Caller

pytestmark = pytest.mark.anyio


@pytest.fixture
async def dish(admin: Caller) -> Caller:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    return admin


async def test_what_is_added_is_told(admin: Caller) -> None:
    assert await admin.call("entity.get") == []
    assert await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS={"U1": "W", "AU": "R"}) is True
    shown = {"ID": "1", "IBLOCK_TYPE_ID": "rest_entity", "ENTITY": "dish", "NAME": "Dishes"}
    assert await admin.call("entity.get") == [shown]
    assert await admin.call("entity.get", ENTITY="dish") == shown


async def test_the_list_is_not_paged(admin: Caller) -> None:
    for half in range(2):
        await admin.batch([f"entity.add?ENTITY=e{half}_{number}&NAME=E" for number in range(40)])
    body = await admin.send("entity.get", {"start": 50})
    assert len(body["result"]) == 80
    assert set(body) == {"result", "time"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("di sh!", "dish"),
        ("блюдо_1", "_1"),
        ("a-b.c", "abc"),
        ("<Dish>", "Dish"),
        (12, "12"),
        ("9lives", "9lives"),
    ],
)
async def test_codes_are_cleaned(admin: Caller, sent: Any, kept: str) -> None:
    await admin.call("entity.add", ENTITY=sent, NAME="N")
    assert [each["ENTITY"] for each in await admin.call("entity.get")] == [kept]
    assert (await admin.call("entity.get", ENTITY=f" {kept}-"))["ENTITY"] == kept


@pytest.mark.parametrize("method", ["entity.add", "entity.update", "entity.delete", "entity.rights"])
@pytest.mark.parametrize("params", [{}, {"ENTITY": ""}, {"ENTITY": None}, {"ENTITY": "блюдо"}])
async def test_an_empty_code(admin: Caller, method: str, params: dict[str, Any]) -> None:
    assert await admin.refused(method, **params) == {
        "error": "ERROR_ARGUMENT",
        "error_description": "Argument 'ENTITY' is null or empty",
        "argument": "ENTITY",
    }


async def test_an_empty_code_asks_for_no_list(admin: Caller) -> None:
    assert (await admin.refused("entity.get", ENTITY=""))["argument"] == "ENTITY"
    assert await admin.call("entity.get", ENTITY=None) == []


@pytest.mark.parametrize(
    "method",
    ["entity.add", "entity.get", "entity.update", "entity.delete", "entity.rights", "entity.item.get"],
)
async def test_the_longest_code_depends_on_the_client_id(
    portal: LocalPortal, signed_in: Callable[..., Caller], method: str
) -> None:
    assert len(portal.client_id) == 27
    for client_id, longest in ((portal.client_id, 18), ("local." + "0" * 26, 13)):
        if client_id != portal.client_id:
            portal.add_application(client_id, "secret")
        caller = signed_in(client_id=client_id)
        body = await caller.refused(method, ENTITY="x" * (longest + 1), NAME="N")
        assert body["error"] == "ERROR_ARGUMENT"
        assert body["error_description"] == f"Entity code is too long. Max length is {longest} characters."
        assert await caller.code("entity.add", ENTITY="x" * longest, NAME="N") == ""


async def test_codes_are_compared_without_case(dish: Caller) -> None:
    assert (await dish.call("entity.get", ENTITY="DISH"))["ENTITY"] == "dish"
    assert await dish.code("entity.add", ENTITY="Dish", NAME="N") == "ERROR_ENTITY_ALREADY_EXISTS"
    await dish.call("entity.delete", ENTITY="dIsH")


async def test_an_unknown_storage(admin: Caller) -> None:
    for method in (
        "entity.get",
        "entity.update",
        "entity.delete",
        "entity.item.get",
        "entity.item.property.get",
    ):
        assert await admin.refused(method, ENTITY="no") == {
            "error": "ERROR_ENTITY_NOT_FOUND",
            "error_description": "Entity not found",
        }
    assert await admin.call("entity.rights", ENTITY="no") is None
    assert await admin.call("entity.rights", ENTITY="no", ACCESS={"AU": "R"}) is None


@pytest.mark.parametrize("name", [None, "", "  \n\t", False])
async def test_a_name_must_not_be_empty(dish: Caller, name: Any) -> None:
    assert await dish.code("entity.add", ENTITY="other", NAME=name) == "ERROR_CORE"
    assert len(await dish.call("entity.get")) == 1


async def test_names_are_trimmed(admin: Caller) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="  Two words \n")
    assert (await admin.call("entity.get", ENTITY="dish"))["NAME"] == "Two words"
    await admin.call("entity.update", ENTITY="dish", NAME=" Other\t")
    assert (await admin.call("entity.get", ENTITY="dish"))["NAME"] == "Other"
    assert await admin.code("entity.update", ENTITY="dish", NAME=" ") == "ERROR_CORE"


@pytest.mark.parametrize(
    ("access", "rights"),
    [
        (None, {"U1": "X"}),
        ({}, {"U1": "X"}),
        ([], {"U1": "X"}),
        ("AU", {"U1": "X"}),
        ({"AU": "R"}, {"AU": "R", "U1": "X"}),
        ({"U1": "W", "AU": "R"}, {"U1": "X", "AU": "R"}),
        (
            {"AU": "r", "G2": "RW", "U5": "", "U6": "D", "U8": ["R"], "U9": 1, "U7": "W"},
            {"U7": "W", "U1": "X"},
        ),
        ({"D3": "R", "DR4": "W", "SG5_A": "X"}, {"D3": "R", "DR4": "W", "SG5_A": "X", "U1": "X"}),
    ],
)
async def test_whoever_adds_gets_x_and_odd_levels_are_dropped(
    admin: Caller, access: Any, rights: dict[str, str]
) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS=access)
    told = await admin.call("entity.rights", ENTITY="dish")
    assert told == rights
    assert list(told) == list(rights)


@pytest.mark.parametrize("method", ["entity.update", "entity.rights"])
async def test_access_replaces_all_rights(admin: Caller, method: str) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS={"AU": "R", "U5": "W"})
    await admin.call(method, ENTITY="dish", ACCESS={"G2": "W"})
    assert await admin.call("entity.rights", ENTITY="dish") == {"G2": "W", "U1": "X"}


@pytest.mark.parametrize("method", ["entity.update", "entity.rights"])
@pytest.mark.parametrize("access", [{}, [], None, ""])
async def test_an_empty_access_changes_nothing(admin: Caller, method: str, access: Any) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS={"AU": "R"})
    await admin.call(method, ENTITY="dish", ACCESS=access)
    assert await admin.call("entity.rights", ENTITY="dish") == {"AU": "R", "U1": "X"}


async def test_an_access_of_odd_levels_only_still_replaces(admin: Caller) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS={"AU": "R"})
    assert await admin.call("entity.rights", ENTITY="dish", ACCESS={"AU": "D"}) == {"U1": "X"}


async def test_rights_answers_the_new_ones(dish: Caller) -> None:
    assert await dish.call("entity.rights", ENTITY="dish", ACCESS={"AU": "W"}) == {"AU": "W", "U1": "X"}


async def test_a_rename_keeps_every_item(dish: Caller) -> None:
    await dish.call("entity.item.property.add", ENTITY="dish", PROPERTY="price", NAME="Price", TYPE="N")
    item = await dish.call("entity.item.add", ENTITY="dish", NAME="Soup", PROPERTY_VALUES={"price": 5})
    assert await dish.call("entity.update", ENTITY="DISH", ENTITY_NEW="meal") is True
    assert await dish.code("entity.get", ENTITY="dish") == "ERROR_ENTITY_NOT_FOUND"
    assert (await dish.call("entity.get", ENTITY="meal")) == {
        "ID": "1",
        "IBLOCK_TYPE_ID": "rest_entity",
        "ENTITY": "meal",
        "NAME": "Dishes",
    }
    (kept,) = await dish.call("entity.item.get", ENTITY="meal")
    assert (kept["ID"], kept["ENTITY"], kept["PROPERTY_VALUES"]) == (str(item), "meal", {"price": "5"})


async def test_a_rename_to_a_code_that_is_taken(dish: Caller) -> None:
    await dish.call("entity.add", ENTITY="meal", NAME="Meals")
    for code in ("meal", "MEAL", "Dish"):
        assert (
            await dish.code("entity.update", ENTITY="dish", ENTITY_NEW=code) == "ERROR_ENTITY_ALREADY_EXISTS"
        )


async def test_a_rename_to_a_bad_code(dish: Caller) -> None:
    assert (await dish.refused("entity.update", ENTITY="dish", ENTITY_NEW="я"))["argument"] == "ENTITY"
    assert await dish.code("entity.update", ENTITY="dish", ENTITY_NEW="x" * 19) == "ERROR_ARGUMENT"


async def test_a_refused_update_changes_nothing(dish: Caller) -> None:
    assert await dish.code("entity.update", ENTITY="dish", ENTITY_NEW="meal", NAME="") == "ERROR_CORE"
    assert (await dish.call("entity.get", ENTITY="dish"))["NAME"] == "Dishes"


async def test_delete_removes_everything(dish: Caller) -> None:
    await dish.call("entity.item.property.add", ENTITY="dish", PROPERTY="price", NAME="Price")
    section = await dish.call("entity.section.add", ENTITY="dish", NAME="Soups")
    await dish.call(
        "entity.item.add", ENTITY="dish", NAME="Soup", SECTION=section, PROPERTY_VALUES={"price": 1}
    )
    assert await dish.call("entity.delete", ENTITY="dish") is True
    assert await dish.call("entity.get") == []
    await dish.call("entity.add", ENTITY="dish", NAME="Anew")
    assert await dish.call("entity.item.property.get", ENTITY="dish") == []
    assert await dish.call("entity.item.get", ENTITY="dish") == []
    assert await dish.call("entity.section.get", ENTITY="dish") == []
    assert (await dish.call("entity.get", ENTITY="dish"))["ID"] == "2"


async def test_applications_do_not_meet(
    portal: LocalPortal, dish: Caller, signed_in: Callable[..., Caller]
) -> None:
    portal.add_application("other", "secret")
    other = signed_in(client_id="other")
    assert await other.call("entity.get") == []
    await other.call("entity.add", ENTITY="dish", NAME="Another")
    await dish.call("entity.delete", ENTITY="dish")
    assert [each["NAME"] for each in await other.call("entity.get")] == ["Another"]
