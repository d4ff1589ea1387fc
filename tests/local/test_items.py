"""Items. portal-behaviour §5."""

import base64
from typing import Any

import httpx
import pytest

from .conftest import Caller, Clock

pytestmark = pytest.mark.anyio

PIXEL = base64.b64encode(b"GIF89a").decode()


class Dish:
    """The storage `dish` with a text `title`, a number `price` and a file `photo`."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin

    async def add(self, name: str = "Soup", **params: Any) -> int:
        return int(await self.admin.call("entity.item.add", ENTITY="dish", NAME=name, **params))

    async def update(self, item_id: Any, **params: Any) -> None:
        assert await self.admin.call("entity.item.update", ENTITY="dish", ID=item_id, **params) is True

    async def get(self, **params: Any) -> list[dict[str, Any]]:
        return list(await self.admin.call("entity.item.get", ENTITY="dish", **params))

    async def only(self) -> dict[str, Any]:
        (item,) = await self.get()
        return item

    async def names(self, **params: Any) -> list[str]:
        return [item["NAME"] for item in await self.get(**params)]


@pytest.fixture
async def dish(admin: Caller) -> Dish:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    for code, kind in (("title", "S"), ("price", "N"), ("photo", "F")):
        await admin.call("entity.item.property.add", ENTITY="dish", PROPERTY=code, NAME=code, TYPE=kind)
    return Dish(admin)


async def test_what_is_added_is_told(dish: Dish) -> None:
    assert await dish.add("Soup") == 1
    assert await dish.only() == {
        "ID": "1",
        "TIMESTAMP_X": "2026-03-25T13:39:45+03:00",
        "MODIFIED_BY": "1",
        "DATE_CREATE": "2026-03-25T13:39:45+03:00",
        "CREATED_BY": "1",
        "ACTIVE": "Y",
        "DATE_ACTIVE_FROM": "",
        "DATE_ACTIVE_TO": "",
        "SORT": "500",
        "NAME": "Soup",
        "PREVIEW_PICTURE": None,
        "PREVIEW_TEXT": None,
        "DETAIL_PICTURE": None,
        "DETAIL_TEXT": None,
        "CODE": None,
        "ENTITY": "dish",
        "SECTION": None,
        "PROPERTY_VALUES": {"title": None, "price": None, "photo": None},
    }


async def test_a_storage_without_properties_has_items_without_values(admin: Caller) -> None:
    await admin.call("entity.add", ENTITY="bare", NAME="Bare")
    await admin.call("entity.item.add", ENTITY="bare", NAME="Thing", PROPERTY_VALUES={"x": 1})
    (item,) = await admin.call("entity.item.get", ENTITY="bare")
    assert "PROPERTY_VALUES" not in item


async def test_values_come_back_as_text(dish: Dish) -> None:
    values = {"title": "Суп", "price": 16, "Title": "no", "unknown": "no"}
    await dish.add(PROPERTY_VALUES=values)
    assert (await dish.only())["PROPERTY_VALUES"] == {"title": "Суп", "price": "16", "photo": None}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("", None),
        (None, None),
        (False, None),
        (True, "1"),
        (1.0, "1"),
        (1.25, "1.25"),
        ("0", "0"),
        (["first", "second"], "first"),
        ({"VALUE": "inner"}, "inner"),
        ([], None),
    ],
)
async def test_a_value(dish: Dish, sent: Any, kept: str | None) -> None:
    await dish.add(PROPERTY_VALUES={"title": sent})
    assert (await dish.only())["PROPERTY_VALUES"]["title"] == kept


async def test_fields(dish: Dish) -> None:
    fields: dict[str, Any] = {
        "CODE": "soup",
        "ACTIVE": "N",
        "SORT": 7,
        "PREVIEW_TEXT": "Short",
        "DETAIL_TEXT": "Long",
    }
    await dish.add(**fields, DATE_ACTIVE_FROM="2026-03-01T00:00:00+00:00", DATE_ACTIVE_TO="2026-04-01")
    item = await dish.only()
    assert {name: item[name] for name in fields} == fields | {"SORT": "7"}
    assert item["DATE_ACTIVE_FROM"] == "2026-03-01T03:00:00+03:00"
    assert item["DATE_ACTIVE_TO"] == "2026-04-01T00:00:00+03:00"


async def test_an_update_changes_what_is_given(dish: Dish, clock: Clock) -> None:
    item_id = await dish.add(CODE="soup", PREVIEW_TEXT="Short", PROPERTY_VALUES={"title": "a", "price": 1})
    clock.now += 60
    await dish.update(str(item_id), NAME="Stew", PREVIEW_TEXT="", PROPERTY_VALUES={"price": 2})
    item = await dish.only()
    assert (item["NAME"], item["CODE"], item["PREVIEW_TEXT"]) == ("Stew", "soup", None)
    assert item["PROPERTY_VALUES"] == {"title": "a", "price": "2", "photo": None}
    assert item["DATE_CREATE"] != item["TIMESTAMP_X"] == "2026-03-25T13:40:45+03:00"


@pytest.mark.parametrize("kind", ["item", "section"])
async def test_refusals(dish: Dish, kind: str) -> None:
    refused = dish.admin.refused
    assert (await refused(f"entity.{kind}.add", ENTITY="dish"))["error"] == "ERROR_CORE"
    for verb in ("update", "delete"):
        for bad in (None, 0, -1, "x"):
            body = await refused(f"entity.{kind}.{verb}", ENTITY="dish", ID=bad)
            assert (body["error"], body["argument"]) == ("ERROR_ARGUMENT", "ID")
        body = await refused(f"entity.{kind}.{verb}", ENTITY="dish", ID=99)
        assert body == {
            "error": f"ERROR_{kind.upper()}_NOT_FOUND",
            "error_description": f"{kind.capitalize()} not found",
        }
    row = await dish.admin.call(f"entity.{kind}.add", ENTITY="dish", NAME="N")
    assert (await refused(f"entity.{kind}.update", ENTITY="dish", ID=row, NAME=""))["error"] == "ERROR_CORE"


async def test_an_item_of_another_storage_is_not_found(dish: Dish) -> None:
    await dish.admin.call("entity.add", ENTITY="other", NAME="Other")
    item_id = await dish.add()
    code = await dish.admin.code("entity.item.delete", ENTITY="other", ID=item_id)
    assert code == "ERROR_ITEM_NOT_FOUND"


async def test_names_and_codes_need_not_be_unique(dish: Dish) -> None:
    await dish.add("Soup", CODE="soup")
    await dish.add("Soup", CODE="soup")
    assert [item["ID"] for item in await dish.get()] == ["1", "2"]


async def test_delete_and_no_id_twice(dish: Dish) -> None:
    first = await dish.add()
    assert await dish.admin.call("entity.item.delete", ENTITY="dish", ID=first) is True
    assert await dish.get() == []
    assert await dish.add() == first + 1


@pytest.mark.parametrize("date", ["soon", "2026-13-01", "9999-12-31T23:59:59-05:00", ["2026-01-01"]])
async def test_a_wrong_date(dish: Dish, date: Any) -> None:
    code = await dish.admin.code("entity.item.add", ENTITY="dish", NAME="x", DATE_ACTIVE_FROM=date)
    assert code == "ERROR_ARGUMENT"


async def test_files_are_read_back_as_addresses(dish: Dish, http: httpx.AsyncClient) -> None:
    item_id = await dish.add(
        PREVIEW_PICTURE=["a.gif", PIXEL],
        PROPERTY_VALUES={"photo": ["меню 1.txt", base64.b64encode(b"soup").decode()]},
    )
    item = await dish.only()
    picture, photo = item["PREVIEW_PICTURE"], item["PROPERTY_VALUES"]["photo"]
    assert picture.startswith("http://local/")
    assert (await http.get(picture)).content == b"GIF89a"
    assert (await http.get(photo)).content == b"soup"
    await dish.update(item_id, NAME="Same", PREVIEW_PICTURE=picture, PROPERTY_VALUES={"photo": photo})
    assert (await dish.only())["PROPERTY_VALUES"]["photo"] == photo
    await dish.update(item_id, PREVIEW_PICTURE=False, PROPERTY_VALUES={"photo": ""})
    item = await dish.only()
    assert (item["PREVIEW_PICTURE"], item["PROPERTY_VALUES"]["photo"]) == (None, None)
    assert (await http.get(picture)).status_code == (await http.get(photo)).status_code == 404


async def test_files_go_with_their_owner(dish: Dish, http: httpx.AsyncClient) -> None:
    values = {"photo": {"fileData": ["a.txt", PIXEL]}}
    first, second = await dish.add(PROPERTY_VALUES=values), await dish.add(PROPERTY_VALUES=values)
    addresses = [item["PROPERTY_VALUES"]["photo"] for item in await dish.get()]
    await dish.admin.call("entity.item.delete", ENTITY="dish", ID=first)
    assert [(await http.get(address)).status_code for address in addresses] == [404, 200]
    await dish.update(second, PROPERTY_VALUES={"photo": ["b.txt", PIXEL]})
    assert (await http.get(addresses[1])).status_code == 404
    await dish.admin.call("entity.item.property.delete", ENTITY="dish", PROPERTY="photo")
    assert "photo" not in (await dish.only())["PROPERTY_VALUES"]


@pytest.mark.parametrize("value", [["a.txt", "!"], ["a.txt"], ["", PIXEL], "text", 5])
async def test_what_is_no_file_is_dropped(dish: Dish, value: Any) -> None:
    await dish.add(PROPERTY_VALUES={"photo": value})
    assert (await dish.only())["PROPERTY_VALUES"]["photo"] is None


async def test_a_picture_must_be_one(dish: Dish) -> None:
    code = await dish.admin.code("entity.item.add", ENTITY="dish", NAME="x", PREVIEW_PICTURE=["a.txt", PIXEL])
    assert code == "ERROR_CORE"
    assert await dish.get() == []


async def test_pages_of_fifty(dish: Dish) -> None:
    for _ in range(3):
        await dish.admin.batch([f"entity.item.add?ENTITY=dish&NAME=i{number}" for number in range(40)])
    seen: list[str] = []
    start: int | None = 0
    while start is not None:
        body = await dish.admin.send("entity.item.get", {"ENTITY": "dish", "start": start})
        assert body["total"] == 120
        seen += [item["ID"] for item in body["result"]]
        start = body.get("next")
    assert seen == [str(number) for number in range(1, 121)]


async def test_start_minus_one_skips_the_count(dish: Dish) -> None:
    for _ in range(2):
        await dish.admin.batch([f"entity.item.add?ENTITY=dish&NAME=i{number}" for number in range(30)])
    body = await dish.admin.send("entity.item.get", {"ENTITY": "dish", "start": -1, "FILTER": {">ID": 5}})
    assert [item["ID"] for item in body["result"]] == [str(number) for number in range(6, 56)]
    assert not {"total", "next"} & set(body)


async def test_start_is_rounded_down_to_pages(dish: Dish) -> None:
    await dish.add()
    assert len(await dish.get(start=49)) == 1
    assert await dish.get(start=50) == []


@pytest.fixture
async def menu(dish: Dish) -> Dish:
    for name, price, title, code in (
        ("Apple", 9, "red", "a"),
        ("Bread", 10, None, None),
        ("Cherry", 100, "Red", "c"),
        ("Dill", None, "green", "d"),
    ):
        await dish.add(name, CODE=code, PROPERTY_VALUES={"price": price, "title": title})
    await dish.update(4, ACTIVE="N", SORT=10, DATE_ACTIVE_FROM="2026-03-01T00:00:00+03:00")
    return dish


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ({}, "ABCD"),
        ({"ID": 2}, "B"),
        ({"=ID": ["1", "3"]}, "AC"),
        ({"!ID": [1, 3]}, "BD"),
        ({"!=ID": 1}, "BCD"),
        ({">ID": 2}, "CD"),
        ({">=ID": 2, "<ID": "4"}, "BC"),
        ({"<=ID": 1}, "A"),
        ({"><ID": [2, 3]}, "BC"),
        ({"!><ID": [2, 3]}, "AD"),
        ({"NAME": "apple"}, "A"),
        ({"=name": "APPLE"}, "A"),
        ({"%NAME": "rr"}, "C"),
        ({"!%NAME": "rr"}, "ABD"),
        ({"%PROPERTY_TITLE": "RE"}, "ACD"),
        ({"%ID": "3"}, "C"),
        ({"%PROPERTY_PRICE": "1"}, "BC"),
        ({">=PROPERTY_PRICE": "100 eggs"}, "C"),
        ({"ACTIVE": "Y"}, "ABC"),
        ({"CODE": ""}, "B"),
        ({"!CODE": False}, "ACD"),
        ({"?CODE": "Y"}, "ACD"),
        ({"?CODE": ""}, "B"),
        ({"PROPERTY_price": 9}, "A"),
        ({"PROPERTY_PRICE": "10"}, "B"),
        ({">PROPERTY_PRICE": 9}, "BC"),
        ({"><PROPERTY_PRICE": [9, 10]}, "AB"),
        ({"!><PROPERTY_PRICE": [9, 10]}, "CD"),
        ({"PROPERTY_PRICE": None}, "D"),
        ({"PROPERTY_TITLE": "RED"}, "AC"),
        ({"!PROPERTY_TITLE": "red"}, "BD"),
        ({">=DATE_ACTIVE_FROM": "2026-02-28T21:00:00+00:00"}, "D"),
        ({"<DATE_ACTIVE_FROM": "2026-03-01T00:00:00+03:00"}, ""),
        ({"DATE_ACTIVE_FROM": ""}, "ABC"),
        ({"NO_SUCH_FIELD": 1}, "ABCD"),
        ({"0": {"LOGIC": "OR", "0": {"ID": 1}, "1": {"CODE": "d"}}}, "AD"),
        ({"LOGIC": "OR", "=ID": 1, "=CODE": "c"}, "AC"),
        ({">ID": 1, "0": {"LOGIC": "OR", "=ID": 1, "=CODE": "c"}}, "C"),
        ({"=ID": []}, ""),
    ],
)
async def test_filters(menu: Dish, conditions: Any, names: str) -> None:
    assert "".join(name[0] for name in await menu.names(FILTER=conditions)) == names


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ({}, "ABCD"),
        ({"ID": "DESC"}, "DCBA"),
        ({"NAME": "desc"}, "DCBA"),
        ({"SORT": "ASC"}, "DABC"),
        ({"PROPERTY_PRICE": "DESC"}, "CBAD"),
        ({"property_title": "ASC"}, "BDAC"),
        ({"PROPERTY_TITLE": "ASC", "ID": "DESC"}, "BDCA"),
        ({"NO_SUCH_FIELD": "DESC"}, "ABCD"),
        ([], "ABCD"),
    ],
)
async def test_sorting(menu: Dish, sort: Any, names: str) -> None:
    assert "".join(name[0] for name in await menu.names(SORT=sort)) == names


async def test_case_does_not_matter_in_any_language(dish: Dish) -> None:
    for name in ("борщ", "Апельсин"):
        await dish.add(name)
    assert await dish.names(FILTER={"NAME": "БОРЩ"}) == ["борщ"]
    assert await dish.names(FILTER={"%NAME": "ПЕЛЬ"}) == ["Апельсин"]
    assert await dish.names(SORT={"NAME": "ASC"}) == ["Апельсин", "борщ"]


async def test_a_filter_counts_what_it_finds(menu: Dish) -> None:
    body = await menu.admin.send("entity.item.get", {"ENTITY": "dish", "FILTER": {">ID": 1}})
    assert body["total"] == 3


@pytest.mark.parametrize("conditions", [{"><ID": [1]}, {"><ID": 5}, {">DATE_CREATE": "soon"}])
async def test_filters_that_cannot_be(menu: Dish, conditions: Any) -> None:
    assert await menu.admin.code("entity.item.get", ENTITY="dish", FILTER=conditions) == "ERROR_ARGUMENT"


async def test_filters_cannot_break_out(menu: Dish) -> None:
    odd = {"ID) OR 1=1 --": 1, "'; DROP TABLE items": 1, "=NAME": "' OR 1=1 --"}
    assert await menu.get(FILTER=odd, SORT={"ID; --": "DESC"}) == []
    assert len(await menu.get()) == 4
