"""A portal that holds something: 3,310 items, 1,204 of them with a colour, nested sections, files, awkward texts."""

import base64
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from b24provision.local import LocalPortal
from b24provision.rest import Client
from tests.support import provisioner

AWKWARD = [
    "Борщ «по-домашнему» 🍲",
    "$result[0][ID] and $total[x]",
    "<script>alert('a')</script> & <b>bold</b>",
    "line one\nline two\r\n\ttabbed \\ slashed",
    " spaces around ",
    'onload=alert(1) "quotes" %20 +1 &a=b',
    "0",
]


def upload(name: str, content: bytes) -> list[str]:
    return [name, base64.b64encode(content).decode()]


async def add(client: Client, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Make calls one by one where a batch would alter them, else fifty at a time."""
    results = []
    for method, params in calls:
        answer = await client.call.make(method, params)
        assert answer.error is None, answer.error
        results.append(answer.data)
    return results


async def fill(portal: LocalPortal, items: int, coloured: int) -> None:
    async with provisioner(portal) as opened:
        client = opened.session.client
        for code, name in (("other", "Others"), ("dish", "Блюда")):
            await add(
                client, [("entity.add", {"ENTITY": code, "NAME": name, "ACCESS": {"AU": "R", "G5": "W"}})]
            )
        for code, kind in (("color", "S"), ("price", "N"), ("photo", "F")):
            params = {"ENTITY": "dish", "PROPERTY": code, "NAME": code.title(), "TYPE": kind, "SORT": 100}
            await add(client, [("entity.item.property.add", params)])
        sections = await _sections(client)
        await add(client, [("entity.item.add", _awkward(number)) for number in range(len(AWKWARD))])
        plain = [_item(number, coloured, sections) for number in range(len(AWKWARD), items)]
        result = await client.batch_by_chunk.make([("entity.item.add", params) for params in plain])
        assert result.is_success, result.error_messages


async def _sections(client: Client) -> list[int]:
    ids: list[int] = []
    for number in range(12):  # a tree of three children each; the last two are alike
        params = {"ENTITY": "dish", "NAME": f"Section {min(number, 10)}", "SORT": 10 * min(number, 10)}
        if number > 0:
            params["SECTION"] = ids[(number - 1) // 3]
        if number % 4 == 1:
            params |= {"PICTURE": upload("s.png", b"section %d" % number), "DESCRIPTION": AWKWARD[number % 7]}
        ids += await add(client, [("entity.section.add", params)])
    return ids


def _awkward(number: int) -> dict[str, Any]:
    text = AWKWARD[number]
    values = {"color": text, "price": "", "photo": ""}
    return {
        "ENTITY": "dish",
        "NAME": text,
        "DETAIL_TEXT": text,
        "PREVIEW_TEXT": "",
        "PROPERTY_VALUES": values,
    }


def _item(number: int, coloured: int, sections: list[int]) -> dict[str, Any]:
    params: dict[str, Any] = {"ENTITY": "dish", "NAME": f"Item {number // 2}"}  # each name twice
    values: dict[str, Any] = {"price": str(number % 9 / 2)} if number % 3 else {}
    if number < coloured:
        values["color"] = ("красный", "green", "blue")[number // 2 % 3]
    if number % 5 == 0:
        params["SECTION"] = sections[number % len(sections)]
    if number % 100 == 0:
        values["photo"] = upload(f"фото {number}.bin", bytes(range(256)) * (number % 7 + 1))
        params["PREVIEW_PICTURE"] = upload("small.png", b"picture %d" % (number % 300))
    if number % 50 == 0:
        params |= {"CODE": f"code-{number}", "ACTIVE": "N", "DATE_ACTIVE_FROM": "2026-03-25T13:39:45+03:00"}
    return {**params, "PROPERTY_VALUES": values} if values else params


def _state(items: int, coloured: int) -> Any:
    with LocalPortal.open() as made:
        anyio.run(fill, made, items, coloured)
        return made.export_state()


@pytest.fixture(scope="session")
def full_state() -> Any:
    return _state(3310, 1204)


@pytest.fixture(scope="session")
def small_state() -> Any:
    return _state(230, 120)


@pytest.fixture
def full(full_state: Any) -> Iterator[LocalPortal]:
    """The portal with 3,310 items."""
    with LocalPortal.open() as opened:
        opened.import_state(full_state)
        yield opened


@pytest.fixture
def small(small_state: Any) -> Iterator[LocalPortal]:
    """The same with 230 items, 120 of them with a colour."""
    with LocalPortal.open() as opened:
        opened.import_state(small_state)
        yield opened
