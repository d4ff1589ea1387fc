"""Sections. portal-behaviour §5."""

import base64
from typing import Any

import pytest

from .conftest import Caller

pytestmark = pytest.mark.anyio


class Dish:
    """The storage `dish` and its sections."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin

    async def add(self, name: str, **params: Any) -> int:
        return int(await self.admin.call("entity.section.add", ENTITY="dish", NAME=name, **params))

    async def update(self, section_id: int, **params: Any) -> str:
        return await self.admin.code("entity.section.update", ENTITY="dish", ID=section_id, **params)

    async def get(self, **params: Any) -> list[dict[str, Any]]:
        return list(await self.admin.call("entity.section.get", ENTITY="dish", **params))


@pytest.fixture
async def dish(admin: Caller) -> Dish:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    return Dish(admin)


async def test_what_is_added_is_told(dish: Dish) -> None:
    fields = {"CODE": "soups", "ACTIVE": "N", "SORT": 5, "DESCRIPTION": "Hot"}
    assert await dish.add("Soups", **fields, PICTURE=["a.png", base64.b64encode(b"png").decode()]) == 1
    (section,) = await dish.get()
    assert section.pop("PICTURE").startswith("http://local/")
    assert section == {
        "ID": "1",
        "CODE": "soups",
        "TIMESTAMP_X": "2026-03-25T13:39:45+03:00",
        "DATE_CREATE": "2026-03-25T13:39:45+03:00",
        "CREATED_BY": "1",
        "MODIFIED_BY": "1",
        "ACTIVE": "N",
        "SORT": "5",
        "NAME": "Soups",
        "DETAIL_PICTURE": None,
        "DESCRIPTION": "Hot",
        "LEFT_MARGIN": "1",
        "RIGHT_MARGIN": "2",
        "DEPTH_LEVEL": "1",
        "ENTITY": "dish",
        "SECTION": None,
    }


async def test_margins_and_depth_describe_the_tree(dish: Dish) -> None:
    hot = await dish.add("Hot")
    await dish.add("Cold")
    await dish.add("Stew", SECTION=hot)
    await dish.add("Broth", SECTION=str(hot))
    places = {
        each["NAME"]: [int(each[field]) for field in ("LEFT_MARGIN", "RIGHT_MARGIN", "DEPTH_LEVEL")]
        for each in await dish.get()
    }
    assert places == {"Hot": [3, 8, 1], "Cold": [1, 2, 1], "Stew": [6, 7, 2], "Broth": [4, 5, 2]}


async def test_delete_takes_what_is_inside(dish: Dish) -> None:
    outer = await dish.add("Outer")
    inner = await dish.add("Inner", SECTION=outer)
    for section in (outer, inner, None):
        await dish.admin.call("entity.item.add", ENTITY="dish", NAME=f"in {section}", SECTION=section)
    assert await dish.admin.call("entity.section.delete", ENTITY="dish", ID=outer) is True
    assert await dish.get() == []
    assert [item["NAME"] for item in await dish.admin.call("entity.item.get", ENTITY="dish")] == ["in None"]


async def test_an_update_changes_what_is_given(dish: Dish) -> None:
    first = await dish.add("First", CODE="first")
    second = await dish.add("Second")
    assert await dish.update(second, NAME="Other", SECTION=first) == ""
    assert [(each["NAME"], each["CODE"], each["SECTION"]) for each in await dish.get()] == [
        ("First", "first", None),
        ("Other", None, "1"),
    ]
    assert await dish.update(second, SECTION="") == ""
    assert [each["SECTION"] for each in await dish.get()] == [None, None]


async def test_a_parent_that_cannot_be(dish: Dish) -> None:
    outer = await dish.add("Outer")
    inner = await dish.add("Inner", SECTION=outer)
    await dish.admin.call("entity.add", ENTITY="other", NAME="Other")
    stranger = await dish.admin.call("entity.section.add", ENTITY="other", NAME="Stranger")
    for parent in (outer, inner, stranger, 99):
        assert await dish.update(outer, SECTION=parent) == "ERROR_CORE"
    assert [each["SECTION"] for each in await dish.get()] == [None, str(outer)]


async def test_items_know_their_section(dish: Dish) -> None:
    section = await dish.add("Soups")
    await dish.admin.call("entity.item.add", ENTITY="dish", NAME="Borscht", SECTION=section)
    await dish.admin.call("entity.item.add", ENTITY="dish", NAME="Lost", SECTION=99)
    inside = await dish.admin.call("entity.item.get", ENTITY="dish", FILTER={"SECTION": section})
    assert [(item["NAME"], item["SECTION"]) for item in inside] == [("Borscht", str(section))]
    outside = await dish.admin.call("entity.item.get", ENTITY="dish", FILTER={"SECTION": ""})
    assert [(item["NAME"], item["SECTION"]) for item in outside] == [("Lost", None)]


async def test_filters_sorting_and_pages(dish: Dish) -> None:
    for _ in range(2):
        await dish.admin.batch(
            [f"entity.section.add?ENTITY=dish&NAME=s{number:02}&SORT={number}" for number in range(30)]
        )
    body = await dish.admin.send(
        "entity.section.get", {"ENTITY": "dish", "SORT": {"NAME": "DESC"}, "start": 50}
    )
    assert (body["total"], len(body["result"]), body["result"][-1]["NAME"]) == (60, 10, "s00")
    assert len(await dish.get(FILTER={"<SORT": 3})) == 6
