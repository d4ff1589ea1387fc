"""The examples and the error tables of the documentation's pages on the 17 methods, one row each.

Source: api-reference/entity. Texts that the documentation prints in Russian, as a portal in that language says
them, stand here in English. Where the page's numbers are of some portal's own (ids, moments), ours differ.
"""

import base64
from typing import Any

import pytest

from b24provision.local import LocalPortal
from b24provision.local.methods import METHODS

from .conftest import Caller

pytestmark = pytest.mark.anyio

NOW = "2026-03-25T13:39:45+03:00"
PICTURE = ["section.jpg", base64.b64encode(b"jpeg").decode()]
SECTION: dict[str, Any] = {
    "TIMESTAMP_X": NOW,
    "DATE_CREATE": NOW,
    "CREATED_BY": "1",
    "MODIFIED_BY": "1",
    "ACTIVE": "Y",
    "SORT": "500",
    "PICTURE": None,
    "DETAIL_PICTURE": None,
    "DESCRIPTION": None,
    "ENTITY": "dish",
    "SECTION": None,
    "CODE": None,
}
ITEM: dict[str, Any] = {
    "TIMESTAMP_X": NOW,
    "MODIFIED_BY": "1",
    "DATE_CREATE": NOW,
    "CREATED_BY": "1",
    "ACTIVE": "Y",
    "DATE_ACTIVE_FROM": "",
    "DATE_ACTIVE_TO": "",
    "SORT": "500",
    "PREVIEW_PICTURE": None,
    "PREVIEW_TEXT": None,
    "DETAIL_PICTURE": None,
    "DETAIL_TEXT": None,
    "CODE": None,
    "ENTITY": "dish",
    "SECTION": None,
}
MARCH = {">=DATE_ACTIVE_FROM": "2026-03-01T00:00:00+03:00", "<DATE_ACTIVE_FROM": "2026-04-01T00:00:00+03:00"}
VALUES = {"test": "33", "test1": "44"}

EXAMPLES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("entity.add", {"ENTITY": "dish", "NAME": "Dishes", "ACCESS": {"U1": "W", "AU": "R"}}, {"result": True}),
    ("entity.rights", {"ENTITY": "dish"}, {"result": {"U1": "X", "AU": "R"}}),
    (
        "entity.rights",
        {"ENTITY": "dish", "ACCESS": {"U7": "W", "AU": "R", "G2": "Z"}},
        {"result": {"U7": "W", "AU": "R", "U1": "X"}},
    ),
    ("entity.rights", {"ENTITY": "nothing"}, {"result": None}),
    (
        "entity.update",
        {"ENTITY": "dish", "NAME": "Dishes v2", "ENTITY_NEW": "dish_v2", "ACCESS": {"U1": "W", "AU": "R"}},
        {"result": True},
    ),
    (
        "entity.get",
        {"ENTITY": "dish_v2"},
        {"result": {"ID": "1", "IBLOCK_TYPE_ID": "rest_entity", "ENTITY": "dish_v2", "NAME": "Dishes v2"}},
    ),
    ("entity.update", {"ENTITY": "dish_v2", "ENTITY_NEW": "dish"}, {"result": True}),
    (
        "entity.get",
        {},
        {"result": [{"ID": "1", "IBLOCK_TYPE_ID": "rest_entity", "ENTITY": "dish", "NAME": "Dishes v2"}]},
    ),
    (
        "entity.item.property.add",
        {"ENTITY": "dish", "PROPERTY": "new_prop", "NAME": "New", "TYPE": "S"},
        {"result": True},
    ),
    (
        "entity.item.property.get",
        {"ENTITY": "dish", "PROPERTY": "new_prop"},
        {"result": {"PROPERTY": "new_prop", "NAME": "New", "TYPE": "S", "SORT": "500"}},
    ),
    (
        "entity.item.property.update",
        {"ENTITY": "dish", "PROPERTY": "new_prop", "PROPERTY_NEW": "test", "NAME": "Updated", "SORT": 200},
        {"result": True},
    ),
    (
        "entity.item.property.add",
        {"ENTITY": "dish", "PROPERTY": "test1", "NAME": "Test", "TYPE": "N"},
        {"result": True},
    ),
    (
        "entity.item.property.get",
        {"ENTITY": "dish"},
        {
            "result": [
                {"PROPERTY": "test", "NAME": "Updated", "TYPE": "S", "SORT": "200"},
                {"PROPERTY": "test1", "NAME": "Test", "TYPE": "N", "SORT": "500"},
            ]
        },
    ),
    ("entity.section.add", {"ENTITY": "dish", "NAME": "Parent", "SORT": 1}, {"result": 1}),
    (
        "entity.section.add",
        {
            "ENTITY": "dish",
            "NAME": "Section",
            "SECTION": 1,
            "ACTIVE": "Y",
            "SORT": 500,
            "CODE": "testovyy-razdel",
            "DESCRIPTION": "A section",
        },
        {"result": 2},
    ),
    ("entity.section.add", {"ENTITY": "dish", "NAME": "Last", "PICTURE": PICTURE}, {"result": 3}),
    (
        "entity.section.update",
        {"ENTITY": "dish", "ID": 3, "NAME": "Last of all", "PICTURE": False},
        {"result": True},
    ),
    (
        "entity.section.get",
        {"ENTITY": "dish", "SORT": {"NAME": "ASC"}, "FILTER": {"ACTIVE": "Y"}, "start": 0},
        {
            "result": [
                SECTION
                | {"ID": "3", "NAME": "Last of all"}
                | {"LEFT_MARGIN": "5", "RIGHT_MARGIN": "6", "DEPTH_LEVEL": "1"},
                SECTION
                | {"ID": "1", "NAME": "Parent", "SORT": "1"}
                | {"LEFT_MARGIN": "1", "RIGHT_MARGIN": "4", "DEPTH_LEVEL": "1"},
                SECTION
                | {"ID": "2", "NAME": "Section", "SECTION": "1"}
                | {"CODE": "testovyy-razdel", "DESCRIPTION": "A section"}
                | {"LEFT_MARGIN": "2", "RIGHT_MARGIN": "3", "DEPTH_LEVEL": "2"},
            ],
            "total": 3,
        },
    ),
    (
        "entity.item.add",
        {
            "ENTITY": "dish",
            "NAME": "Hello, world!",
            "PROPERTY_VALUES": {"test": 11, "test1": 22},
            "SECTION": 2,
        },
        {"result": 1},
    ),
    (
        "entity.item.update",
        {
            "ENTITY": "dish",
            "ID": 1,
            "NAME": "Hello, updated world!",
            "PROPERTY_VALUES": {"test": 33, "test1": 44},
            "SECTION": 3,
            "DATE_ACTIVE_FROM": "2026-03-10",
        },
        {"result": True},
    ),
    (
        "entity.item.get",
        {"ENTITY": "dish", "SORT": {"DATE_ACTIVE_FROM": "ASC", "ID": "ASC"}, "FILTER": MARCH, "start": 0},
        {
            "result": [
                ITEM
                | {"ID": "1", "NAME": "Hello, updated world!", "SECTION": "3", "PROPERTY_VALUES": VALUES}
                | {"DATE_ACTIVE_FROM": "2026-03-10T00:00:00+03:00"}
            ],
            "total": 1,
        },
    ),
    ("entity.item.delete", {"ENTITY": "dish", "ID": 1}, {"result": True}),
    ("entity.item.get", {"ENTITY": "dish"}, {"result": [], "total": 0}),
    ("entity.section.delete", {"ENTITY": "dish", "ID": 1}, {"result": True}),
    ("entity.item.property.delete", {"ENTITY": "dish", "PROPERTY": "test"}, {"result": True}),
    ("entity.delete", {"ENTITY": "dish"}, {"result": True}),
]


async def test_the_examples_one_after_another(portal: LocalPortal, admin: Caller) -> None:
    portal.add_user(7)
    for method, params, expected in EXAMPLES:
        body = await admin.send(method, params)
        time = body.pop("time")
        assert body == expected, (method, params)
        assert set(time) == {
            "start",
            "finish",
            "duration",
            "processing",
            "date_start",
            "date_finish",
            "operating_reset_at",
            "operating",
        }
    assert {method for method, _, _ in EXAMPLES} == {name for name in METHODS if name.startswith("entity.")}


Error = tuple[str, str]
NO_ENTITY: Error = ("ERROR_ARGUMENT", "Argument 'ENTITY' is null or empty")
TOO_LONG: Error = ("ERROR_ARGUMENT", "Entity code is too long. Max length is 18 characters.")
NO_STORAGE: Error = ("ERROR_ENTITY_NOT_FOUND", "Entity not found")
DENIED: Error = ("ACCESS_DENIED", "Access denied!")
NO_CONTEXT: Error = ("ACCESS_DENIED", "Access denied! Application context required")
NO_ID: Error = ("ERROR_ARGUMENT", "Argument 'ID' is null or empty")
NO_SECTION: Error = ("ERROR_SECTION_NOT_FOUND", "Section not found")
NO_ITEM: Error = ("ERROR_ITEM_NOT_FOUND", "Item not found")
NO_PROPERTY: Error = ("ERROR_PROPERTY_NOT_FOUND", "Property not found")
WRONG_TYPE: Error = ("ERROR_ARGUMENT", "Wrong entity item property type")
WRONG_DATE: Error = ("ERROR_ARGUMENT", "Invalid date. Write it in ISO 8601.")
WRONG_PARENT: Error = ("ERROR_CORE", "Invalid parent section!")
STRANGE_PARENT: Error = ("ERROR_CORE", "The section's block does not match that of the parent section!")
WRONG_FILE: Error = ("ERROR_CORE", "Invalid file type.")
DISH = {"ENTITY": "dish"}


def failed(doing: str, noun: str) -> Error:
    return "ERROR_CORE", f"Internal error {doing}ing {noun}. Try {doing}ing again."


GOOD: dict[str, dict[str, Any]] = {
    "entity.add": {"ENTITY": "new", "NAME": "New"},
    "entity.get": DISH,
    "entity.update": DISH | {"NAME": "New"},
    "entity.delete": DISH,
    "entity.rights": DISH | {"ACCESS": {"AU": "R"}},
    "entity.item.property.add": DISH | {"PROPERTY": "new", "NAME": "New"},
    "entity.item.property.get": DISH,
    "entity.item.property.update": DISH | {"PROPERTY": "price", "NAME": "New"},
    "entity.item.property.delete": DISH | {"PROPERTY": "price"},
    "entity.section.add": DISH | {"NAME": "New"},
    "entity.section.get": DISH,
    "entity.section.update": DISH | {"ID": 1, "NAME": "New"},
    "entity.section.delete": DISH | {"ID": 1},
    "entity.item.add": DISH | {"NAME": "New"},
    "entity.item.get": DISH,
    "entity.item.update": DISH | {"ID": 1, "NAME": "New"},
    "entity.item.delete": DISH | {"ID": 1},
}
"""A call of each method that would succeed, to be spoilt in one way at a time."""

SPOILT: list[tuple[str, dict[str, Any], Error]] = [
    *[(method, {"ENTITY": "?!"}, NO_ENTITY) for method in GOOD],
    *[(method, {"ENTITY": "d" * 19}, TOO_LONG) for method in GOOD],
    *[
        (method, {"ENTITY": "x"}, NO_STORAGE)
        for method in GOOD
        if method not in ("entity.add", "entity.rights")
    ],
    ("entity.add", DISH, ("ERROR_ENTITY_ALREADY_EXISTS", "Entity already exists")),
    ("entity.update", {"ENTITY_NEW": "other"}, ("ERROR_ENTITY_ALREADY_EXISTS", "Entity already exists")),
    ("entity.update", {"ENTITY_NEW": "d" * 19}, TOO_LONG),
    *[
        (f"entity.{noun}.{verb}", {"ID": 0}, NO_ID)
        for noun in ("section", "item")
        for verb in ("update", "delete")
    ],
    *[(f"entity.section.{verb}", {"ID": 9}, NO_SECTION) for verb in ("update", "delete")],
    *[(f"entity.item.{verb}", {"ID": 9}, NO_ITEM) for verb in ("update", "delete")],
    *[(f"entity.section.{verb}", {"SECTION": 99}, WRONG_PARENT) for verb in ("add", "update")],
    *[(f"entity.section.{verb}", {"SECTION": 2}, STRANGE_PARENT) for verb in ("add", "update")],
    *[(f"entity.section.{verb}", {"PICTURE": ["a.exe", "AAAA"]}, WRONG_FILE) for verb in ("add", "update")],
    *[(f"entity.item.{verb}", {"DATE_ACTIVE_FROM": "soon"}, WRONG_DATE) for verb in ("add", "update")],
    ("entity.item.get", {"FILTER": {">DATE_CREATE": "soon"}}, WRONG_DATE),
    (
        "entity.item.property.add",
        {"PROPERTY": ""},
        ("ERROR_ARGUMENT", "Argument 'PROPERTY' is null or empty"),
    ),
    *[(f"entity.item.property.{verb}", {"TYPE": "L"}, WRONG_TYPE) for verb in ("add", "update")],
    (
        "entity.item.property.add",
        {"PROPERTY": "price"},
        ("ERROR_PROPERTY_ALREADY_EXISTS", "Property already exists"),
    ),
    (
        "entity.item.property.add",
        {"PROPERTY": "1st"},
        ("ERROR_CORE", "Property code cannot start with a digit."),
    ),
    ("entity.item.property.update", {"TYPE": "F"}, ("ERROR_ARGUMENT", "Cannot change property type to File")),
    (
        "entity.item.property.update",
        {"PROPERTY_NEW": "title"},
        ("ERROR_PROPERTY_ALREADY_EXISTS", "Property title already exists"),
    ),
    *[
        (f"entity.item.property.{verb}", {"PROPERTY": "x"}, NO_PROPERTY)
        for verb in ("get", "update", "delete")
    ],
]

WRITERS: dict[str, Error] = {
    f"{path}.{verb}": failed(doing, noun)
    for path, noun in {
        "entity": "entity",
        "entity.section": "entity section",
        "entity.item": "entity item",
        "entity.item.property": "entity property",
    }.items()
    for verb, doing in {"add": "add", "update": "updat", "delete": "delet"}.items()
}


@pytest.fixture
async def scene(portal: LocalPortal, admin: Caller) -> LocalPortal:
    """Two storages, with a section, an item and two properties; user 7 may read them and no more."""
    portal.add_user(7)
    for code in ("dish", "other"):
        await admin.call("entity.add", ENTITY=code, NAME=code, ACCESS={"AU": "R"})
        await admin.call("entity.section.add", ENTITY=code, NAME="Section")
    for code in ("price", "title"):
        await admin.call("entity.item.property.add", **DISH, PROPERTY=code, NAME=code)
    await admin.call("entity.item.add", **DISH, NAME="Item")
    return portal


@pytest.mark.parametrize("method", GOOD)
async def test_unspoilt_they_succeed(scene: LocalPortal, admin: Caller, method: str) -> None:
    assert await admin.code(method, **GOOD[method]) == ""


@pytest.mark.parametrize(("method", "spoiling", "error"), SPOILT)
async def test_documented_errors(
    scene: LocalPortal, admin: Caller, method: str, spoiling: dict[str, Any], error: Error
) -> None:
    body = await admin.refused(method, **GOOD[method] | spoiling)
    assert (body["error"], body["error_description"]) == error
    assert admin.statuses[-1] == 400


@pytest.mark.parametrize("method", sorted({*WRITERS, "entity.rights"} - {"entity.add"}))
async def test_access_denied(scene: LocalPortal, admin: Caller, method: str) -> None:
    anna = Caller(admin.http, scene.issue_token(7).access_token)
    body = await anna.refused(method, **GOOD[method])
    assert (body["error"], body["error_description"]) == DENIED


@pytest.mark.parametrize("method", GOOD)
async def test_application_context_required(scene: LocalPortal, admin: Caller, method: str) -> None:
    scene.add_webhook(1, "c0de")
    body = await Caller(admin.http, prefix="/rest/1/c0de/").refused(method, **GOOD[method])
    assert (body["error"], body["error_description"]) == NO_CONTEXT


@pytest.mark.parametrize("method", WRITERS)
async def test_internal_errors(scene: LocalPortal, admin: Caller, method: str) -> None:
    scene.faults.add("deadlock", method=method)
    body = await admin.refused(method, **GOOD[method])
    assert (body["error"], body["error_description"]) == WRITERS[method]
    assert await admin.code(method, **GOOD[method]) == ""
