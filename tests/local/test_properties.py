"""Properties of items. portal-behaviour §4."""

from typing import Any

import pytest

from .conftest import Caller

pytestmark = pytest.mark.anyio


class Dish:
    """The storage `dish`, spoken to by an administrator."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin

    async def add(self, code: Any, **params: Any) -> Any:
        return await self.do("add", PROPERTY=code, **{"NAME": "Name", **params})

    async def do(self, verb: str, **params: Any) -> Any:
        """The result, or the code of the refusal."""
        body = await self.admin.send(f"entity.item.property.{verb}", {"ENTITY": "dish", **params})
        return body.get("result", body.get("error"))

    async def refused(self, verb: str, **params: Any) -> dict[str, Any]:
        return await self.admin.refused(f"entity.item.property.{verb}", ENTITY="dish", **params)

    async def values(self) -> Any:
        return [item["PROPERTY_VALUES"] for item in await self.admin.call("entity.item.get", ENTITY="dish")]


@pytest.fixture
async def dish(admin: Caller) -> Dish:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    return Dish(admin)


async def test_what_is_added_is_told_by_sort_as_text(dish: Dish) -> None:
    assert await dish.do("get") == []
    assert await dish.add("last", NAME="Last", TYPE="F", SORT=900) is True
    await dish.add("middle")
    await dish.add("first", NAME="First", TYPE="n", SORT="100")
    assert await dish.do("get") == [
        {"PROPERTY": "first", "NAME": "First", "TYPE": "N", "SORT": "100"},
        {"PROPERTY": "middle", "NAME": "Name", "TYPE": "S", "SORT": "500"},
        {"PROPERTY": "last", "NAME": "Last", "TYPE": "F", "SORT": "900"},
    ]
    assert await dish.do("get", PROPERTY="LAST") == {
        "PROPERTY": "last",
        "NAME": "Last",
        "TYPE": "F",
        "SORT": "900",
    }
    assert await dish.do("get", PROPERTY="none") == "ERROR_PROPERTY_NOT_FOUND"


@pytest.mark.parametrize("verb", ["add", "get", "update", "delete"])
async def test_an_unknown_storage(admin: Caller, verb: str) -> None:
    params = {"ENTITY": "none", "PROPERTY": "p", "NAME": "N"}
    assert await admin.code(f"entity.item.property.{verb}", **params) == "ERROR_ENTITY_NOT_FOUND"


@pytest.mark.parametrize(
    ("sent", "kept"), [("pri ce!", "price"), ("цена_1", "_1"), ("a" * 50, "a" * 50), ("Price", "Price")]
)
async def test_codes_are_cleaned(dish: Dish, sent: str, kept: str) -> None:
    await dish.add(sent)
    assert [each["PROPERTY"] for each in await dish.do("get")] == [kept]


@pytest.mark.parametrize("code", [None, "", "цена", "--"])
async def test_an_empty_code(dish: Dish, code: Any) -> None:
    assert await dish.refused("add", PROPERTY=code, NAME="N") == {
        "error": "ERROR_ARGUMENT",
        "error_description": "Argument 'PROPERTY' is null or empty",
        "argument": "PROPERTY",
    }


async def test_codes_that_are_refused(dish: Dish) -> None:
    assert await dish.add("1st") == "ERROR_CORE"
    assert await dish.add("!1st") == "ERROR_CORE"
    assert await dish.add("a" * 51) == "ERROR_ARGUMENT"
    await dish.add("price")
    assert await dish.add("PRICE") == "ERROR_PROPERTY_ALREADY_EXISTS"
    assert len(await dish.do("get")) == 1


async def test_one_code_in_two_storages(dish: Dish) -> None:
    await dish.admin.call("entity.add", ENTITY="other", NAME="Other")
    await dish.add("price")
    await dish.admin.call("entity.item.property.add", ENTITY="other", PROPERTY="price", NAME="P")


@pytest.mark.parametrize(
    ("sent", "kept"), [(None, "S"), ("S", "S"), ("s", "S"), ("n", "N"), ("N", "N"), ("f", "F")]
)
async def test_types(dish: Dish, sent: Any, kept: str) -> None:
    await dish.add("p", TYPE=sent)
    assert (await dish.do("get", PROPERTY="p"))["TYPE"] == kept


@pytest.mark.parametrize("verb", ["add", "update"])
@pytest.mark.parametrize("kind", ["L", "l", "X", "", "SS", "string", 5])
async def test_wrong_types(dish: Dish, verb: str, kind: Any) -> None:
    await dish.add("old")
    code = "old" if verb == "update" else "new"
    assert await dish.refused(verb, PROPERTY=code, NAME="N", TYPE=kind) == {
        "error": "ERROR_ARGUMENT",
        "error_description": "Wrong entity item property type",
        "argument": "TYPE",
    }


@pytest.mark.parametrize("name", [None, ""])
async def test_an_empty_name(dish: Dish, name: Any) -> None:
    assert await dish.add("p", NAME=name) == "ERROR_CORE"
    await dish.add("p")
    assert await dish.do("update", PROPERTY="p", NAME="") == "ERROR_CORE"


@pytest.mark.parametrize(("sent", "kept"), [(None, "500"), ("", "500"), (10, "10"), ("20", "20"), ("x", "0")])
async def test_sort(dish: Dish, sent: Any, kept: str) -> None:
    await dish.add("p", SORT=sent)
    assert (await dish.do("get", PROPERTY="p"))["SORT"] == kept


async def test_an_update_changes_what_is_given(dish: Dish) -> None:
    await dish.add("p", NAME="Old", SORT=10)
    assert await dish.do("update", PROPERTY="P", NAME="New") is True
    assert await dish.do("get", PROPERTY="p") == {"PROPERTY": "p", "NAME": "New", "TYPE": "S", "SORT": "10"}
    await dish.do("update", PROPERTY="p", SORT=20, TYPE="n", PROPERTY_NEW="q")
    assert await dish.do("get") == [{"PROPERTY": "q", "NAME": "New", "TYPE": "N", "SORT": "20"}]
    assert await dish.do("update", PROPERTY="p", NAME="x") == "ERROR_PROPERTY_NOT_FOUND"


async def test_a_rename_keeps_values(dish: Dish) -> None:
    await dish.add("price")
    await dish.admin.call("entity.item.add", ENTITY="dish", NAME="Soup", PROPERTY_VALUES={"price": "5"})
    await dish.do("update", PROPERTY="price", PROPERTY_NEW="cost")
    assert await dish.values() == [{"cost": "5"}]


async def test_a_rename_to_a_code_that_cannot_be(dish: Dish) -> None:
    await dish.add("price")
    await dish.add("cost")
    body = await dish.refused("update", PROPERTY="price", PROPERTY_NEW="COST")
    assert body == {
        "error": "ERROR_PROPERTY_ALREADY_EXISTS",
        "error_description": "Property COST already exists",
    }
    assert await dish.do("update", PROPERTY="price", PROPERTY_NEW="1st") == "ERROR_CORE"
    assert await dish.do("update", PROPERTY="price", PROPERTY_NEW="ы") == "ERROR_ARGUMENT"


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("S", "N", False),
        ("N", "S", False),
        ("F", "S", False),
        ("F", "N", False),
        ("F", "F", False),
        ("S", "F", True),
        ("N", "f", True),
    ],
)
async def test_changes_of_type(dish: Dish, before: str, after: str, refused: bool) -> None:
    await dish.add("p", TYPE=before)
    if refused:
        body = await dish.refused("update", PROPERTY="p", TYPE=after)
        assert body["error"] == "ERROR_ARGUMENT"
        assert body["error_description"] == "Cannot change property type to File"
    else:
        assert await dish.do("update", PROPERTY="p", TYPE=after) is True


async def test_a_change_of_type_keeps_values(dish: Dish) -> None:
    await dish.add("p")
    await dish.admin.call("entity.item.add", ENTITY="dish", NAME="Soup", PROPERTY_VALUES={"p": "12 eggs"})
    await dish.do("update", PROPERTY="p", TYPE="N")
    assert await dish.values() == [{"p": "12 eggs"}]


async def test_delete_removes_the_values_for_good(dish: Dish) -> None:
    await dish.add("p")
    await dish.add("q")
    await dish.admin.call("entity.item.add", ENTITY="dish", NAME="Soup", PROPERTY_VALUES={"p": "1", "q": "2"})
    assert await dish.do("delete", PROPERTY="P") is True
    assert await dish.values() == [{"q": "2"}]
    await dish.add("p")
    assert await dish.values() == [{"q": "2", "p": None}]
    assert await dish.do("delete", PROPERTY="none") == "ERROR_PROPERTY_NOT_FOUND"
