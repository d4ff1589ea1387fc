import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from b24provision.errors import ApiError, InputError
from b24provision.rest import HttpRequest, HttpResponse
from b24provision.rest.lists import CURSOR_STUCK, NO_LIST
from tests.rest.wire import ok, portal, refusal, wire

pytestmark = pytest.mark.anyio


async def read(pages: AsyncIterator[list[Any]], into: list[Any]) -> None:
    async for page in pages:
        into += page


def listing(count: int, key: str | None = None) -> Any:
    """A portal with `count` items, ids of 3, 6, 9 and so on as texts."""

    def serve(request: HttpRequest) -> HttpResponse:
        params = json.loads(request.body)
        after = int(params.get("filter", params.get("FILTER"))[">ID"])
        items = [{"ID": str(n * 3), "x": n} for n in range(1, count + 1) if n * 3 > after][:50]
        return ok({key: items} if key else items)

    return serve


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (49, 1), (50, 2), (51, 2), (120, 3)])
async def test_a_list_is_read_to_its_short_page(count: int, requests: int):
    transport = wire(listing(count))
    async with portal(transport) as client:
        result = await client.call_list.make("crm.deal.list", {"select": ["ID"]})
        assert result.is_success
        assert [item["x"] for item in result.data] == list(range(1, count + 1))
        assert len(transport.requests) == requests
        pages = [page async for page in client.fetch_list.make("crm.deal.list")]
        assert [len(page) for page in pages] == [50] * (count // 50) + ([count % 50] if count % 50 else [])


async def test_pages_are_asked_for_by_growing_id():
    transport = wire(listing(60))
    async with portal(transport) as client:
        await client.call_list.make("crm.deal.list", {"filter": {"TYPE": "A"}, "select": ["ID"]})
    for body, after in zip(transport.bodies, (0, 150), strict=True):
        assert body["filter"] == {"TYPE": "A", ">ID": after}
        assert (body["order"], body["start"], body["select"]) == ({"ID": "ASC"}, -1, ["ID"])


async def test_storages_are_sorted_by_another_word_and_filters_keep_their_case():
    transport = wire(listing(10))
    async with portal(transport) as client:
        result = await client.call_list.make("entity.item.get", {"ENTITY": "a", "FILTER": {">ID": 15}})
    [body] = transport.bodies
    assert body["FILTER"] == {">ID": 15}
    assert body["SORT"] == {"ID": "ASC"}
    assert "filter" not in body
    assert "order" not in body
    assert [item["x"] for item in result.data] == [6, 7, 8, 9, 10]


async def test_a_list_further_inside_with_an_id_of_another_name():
    def serve(request: HttpRequest) -> HttpResponse:
        after = json.loads(request.body)["filter"][">ID"]
        return ok({"tasks": [{"id": n} for n in range(after + 1, 71)][:50]})

    transport = wire(serve)
    async with portal(transport) as client:
        result = await client.call_list.make(
            "tasks.task.list", id_key="id", cursor_id_key="ID", custom_key_for_result="tasks"
        )
    assert [item["id"] for item in result.data] == list(range(1, 71))
    assert transport.bodies[1]["order"] == {"ID": "ASC"}


async def test_a_php_array_with_gaps_is_a_list():
    async with portal(wire(ok({"1": {"ID": 1}, "5": {"ID": 2}}))) as client:
        assert (await client.call_list.make("x.list")).data == [{"ID": 1}, {"ID": 2}]


@pytest.mark.parametrize(
    ("page", "code", "kept"),
    [
        ([{"ID": n} for n in range(1, 51)], CURSOR_STUCK, 50),
        ([{"ID": 0}] * 50, CURSOR_STUCK, 0),
        ([{"id": 5}] * 50, CURSOR_STUCK, 50),
        (["x"] * 50, CURSOR_STUCK, 50),
        ([{"ID": "x"}] * 50, CURSOR_STUCK, 50),
        (None, NO_LIST, 0),
        ("x", NO_LIST, 0),
        (7, NO_LIST, 0),
    ],
)
async def test_reading_that_would_not_end_ends_with_an_error(page: Any, code: str, kept: int):
    transport = wire(ok(page))
    async with portal(transport) as client:
        result = await client.call_list.make("x.list")
        assert list(result.errors) == ["base-error"]
        assert result.errors["base-error"].code == code
        assert len(result.data) == kept
        seen: list[Any] = []
        with pytest.raises(ApiError) as caught:
            await read(client.fetch_list.make("x.list"), seen)
        assert (caught.value.code, len(seen)) == (code, kept)
    assert len(transport.requests) <= 4


async def test_a_list_that_is_not_where_it_was_said_to_be():
    async with portal(wire(ok([]))) as client:
        result = await client.call_list.make("x.list", custom_key_for_result="items")
        assert result.errors["base-error"].code == NO_LIST


async def test_a_refusal_keeps_what_was_read():
    items = [{"ID": n} for n in range(1, 51)]
    script = (ok(items), refusal("ERROR_CORE"))
    async with portal(wire(*script)) as client:
        result = await client.call_list.make("x.list")
        assert result.data == items
        assert result.errors["base-error"].code == "ERROR_CORE"
    async with portal(wire(*script)) as client:
        seen: list[Any] = []
        with pytest.raises(ApiError, match="ERROR_CORE"):
            await read(client.fetch_list.make("x.list"), seen)
        assert seen == items


@pytest.mark.parametrize(
    "params", [{"order": {"ID": "DESC"}}, {"SORT": {}}, {"start": 50}, {"filter": "x"}, {"filter": ["x"]}]
)
async def test_order_and_start_are_not_the_callers(params: dict[str, Any]):
    transport = wire(ok([]))
    async with portal(transport) as client:
        with pytest.raises(InputError):
            await client.call_list.make("x.list", params)
        with pytest.raises(InputError):
            await anext(client.fetch_list.make("x.list", params))
    assert transport.requests == []
