"""Administrators, and everybody else. portal-behaviour §3."""

from collections.abc import Callable
from typing import Any

import pytest

from b24provision.local import LocalPortal

from .conftest import Caller

pytestmark = pytest.mark.anyio


@pytest.fixture
def anna(portal: LocalPortal, signed_in: Callable[..., Caller]) -> Caller:
    """User 7, who is nobody special."""
    portal.add_user(7, name="Anna Smith")
    return signed_in(7)


@pytest.fixture
async def give(admin: Caller) -> Callable[..., Any]:
    """Make a storage `dish` with these rights."""

    async def add(**access: str) -> None:
        await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS=access)

    return add


async def test_administrators_see_all(
    portal: LocalPortal, admin: Caller, anna: Caller, signed_in: Callable[..., Caller]
) -> None:
    await anna.call("entity.add", ENTITY="hers", NAME="Hers")
    portal.add_user(2, admin=True)
    second = signed_in(2)
    for caller in (admin, second):
        assert len(await caller.call("entity.get")) == 1
    await second.call("entity.update", ENTITY="hers", NAME="Ours")
    assert await admin.call("entity.rights", ENTITY="hers") == {"U7": "X"}


async def test_others_see_what_they_may_read(anna: Caller, give: Callable[..., Any], admin: Caller) -> None:
    await give(U8="X")
    assert await anna.call("entity.get") == []
    assert await anna.code("entity.get", ENTITY="dish") == "ERROR_ENTITY_NOT_FOUND"
    await admin.call("entity.rights", ENTITY="dish", ACCESS={"U7": "R"})
    assert (await anna.call("entity.get", ENTITY="dish"))["NAME"] == "Dishes"
    assert len(await anna.call("entity.get")) == 1


async def test_absence_and_blindness_can_be_told_apart(
    anna: Caller, admin: Caller, give: Callable[..., Any]
) -> None:
    await give()
    await admin.call("entity.item.add", ENTITY="dish", NAME="Soup")
    body = await anna.send("entity.item.get", {"ENTITY": "dish"})
    assert (body["result"], body["total"]) == ([], 0)
    assert await anna.code("entity.item.get", ENTITY="other") == "ERROR_ENTITY_NOT_FOUND"
    assert len(await admin.call("entity.item.get", ENTITY="dish")) == 1


async def test_adding_overlooks_what_the_caller_cannot_read(
    anna: Caller, admin: Caller, give: Callable[..., Any]
) -> None:
    await give()
    await anna.call("entity.add", ENTITY="dish", NAME="Second")
    assert [each["NAME"] for each in await admin.call("entity.get")] == ["Dishes", "Second"]
    assert (await anna.call("entity.get", ENTITY="dish"))["NAME"] == "Second"
    assert await anna.code("entity.add", ENTITY="dish", NAME="Third") == "ERROR_ENTITY_ALREADY_EXISTS"


async def test_of_two_storages_of_one_code_the_readable_one_is_meant(
    anna: Caller, admin: Caller, give: Callable[..., Any]
) -> None:
    await give()
    await anna.call("entity.add", ENTITY="dish", NAME="Second")
    await anna.call("entity.item.add", ENTITY="dish", NAME="Hers")
    assert [item["NAME"] for item in await anna.call("entity.item.get", ENTITY="dish")] == ["Hers"]
    assert await admin.call("entity.item.get", ENTITY="dish") == []
    await anna.call("entity.delete", ENTITY="dish")
    assert [each["NAME"] for each in await admin.call("entity.get")] == ["Dishes"]


CHANGES: list[tuple[str, Any]] = [
    ("entity.update", {"NAME": "New"}),
    ("entity.delete", {}),
    ("entity.rights", {"ACCESS": {"U7": "X"}}),
    ("entity.item.property.add", {"PROPERTY": "p", "NAME": "P"}),
    ("entity.item.property.update", {"PROPERTY": "price", "NAME": "P"}),
    ("entity.item.property.delete", {"PROPERTY": "price"}),
]
WRITES: list[tuple[str, Any]] = [
    ("entity.section.add", {"NAME": "S"}),
    ("entity.section.update", {"ID": 1, "NAME": "S"}),
    ("entity.section.delete", {"ID": 1}),
    ("entity.item.add", {"NAME": "I"}),
    ("entity.item.update", {"ID": 1, "NAME": "I"}),
    ("entity.item.delete", {"ID": 1}),
]
READS: list[tuple[str, Any]] = [("entity.get", {}), ("entity.item.get", {}), ("entity.section.get", {})]
OPEN: list[tuple[str, Any]] = [("entity.rights", {}), ("entity.item.property.get", {})]


@pytest.mark.parametrize(("level", "rank"), [(None, 0), ("R", 1), ("W", 2), ("X", 3)])
@pytest.mark.parametrize(
    ("method", "params", "needed"),
    [(*row, 3) for row in CHANGES] + [(*row, 2) for row in WRITES] + [(*row, 0) for row in OPEN],
)
async def test_what_each_level_allows(
    admin: Caller,
    anna: Caller,
    give: Callable[..., Any],
    method: str,
    params: Any,
    needed: int,
    level: Any,
    rank: int,
) -> None:
    await give(**({"AU": level} if level else {}))
    await admin.call("entity.item.property.add", ENTITY="dish", PROPERTY="price", NAME="Price")
    await admin.call("entity.section.add", ENTITY="dish", NAME="Section")
    await admin.call("entity.item.add", ENTITY="dish", NAME="Item")
    body = await anna.send(method, {"ENTITY": "dish", **params})
    if rank >= needed:
        assert "error" not in body
    else:
        assert body == {"error": "ACCESS_DENIED", "error_description": "Access denied!"}
        assert anna.statuses == [403]


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("AU", True),
        ("U7", True),
        ("U8", False),
        ("G5", True),
        ("G6", False),
        ("D3", True),
        ("D2", False),
        ("D1", False),
        ("DR3", True),
        ("DR2", True),
        ("DR1", True),
        ("DR4", False),
        ("SG10_A", False),
        ("SG10_E", True),
        ("SG10_K", True),
        ("SG11_K", True),
        ("SG11_E", False),
        ("SG12_K", False),
        ("u7", False),
    ],
)
async def test_access_codes(
    portal: LocalPortal, anna: Caller, give: Callable[..., Any], code: str, reads: bool
) -> None:
    portal.add_department(1)
    portal.add_department(2, parent_id=1)
    portal.add_department(3, parent_id=2)
    portal.add_department(4, parent_id=3)
    portal.add_user(7, groups=[5], departments=[3], workgroups={10: "E", 11: "K"})
    await give(**{code: "R"})
    assert bool(await anna.call("entity.get")) is reads


async def test_the_highest_level_wins(portal: LocalPortal, anna: Caller, give: Callable[..., Any]) -> None:
    portal.add_user(7, groups=[5])
    await give(AU="R", U7="W", G5="X")
    await anna.call("entity.update", ENTITY="dish", NAME="Hers")


async def test_whoever_writes_rights_gets_x(anna: Caller, admin: Caller, give: Callable[..., Any]) -> None:
    await give(U7="X")
    assert await anna.call("entity.rights", ENTITY="dish", ACCESS={"AU": "R", "U7": "R"}) == {
        "AU": "R",
        "U7": "X",
    }
    await admin.call("entity.update", ENTITY="dish", NAME="No rights in here")
    assert await admin.call("entity.rights", ENTITY="dish") == {"AU": "R", "U7": "X"}


async def test_a_rename_overlooks_what_the_caller_cannot_read(anna: Caller, give: Callable[..., Any]) -> None:
    await give()
    await anna.call("entity.add", ENTITY="hers", NAME="Hers")
    assert await anna.code("entity.update", ENTITY="hers", ENTITY_NEW="dish") == ""


async def test_absence_is_told_before_missing_rights(anna: Caller) -> None:
    assert await anna.code("entity.delete", ENTITY="nothing") == "ERROR_ENTITY_NOT_FOUND"


@pytest.mark.parametrize(("method", "params"), READS)
async def test_reading_takes_r(
    anna: Caller, admin: Caller, give: Callable[..., Any], method: str, params: Any
) -> None:
    await give(AU="R")
    await admin.call("entity.item.add", ENTITY="dish", NAME="Item")
    await admin.call("entity.section.add", ENTITY="dish", NAME="Section")
    assert await anna.call(method, ENTITY="dish", **params)
