"""fast_bitrix24, as an application: with a function that gets the token."""

from pathlib import Path
from typing import Any

import pytest
from fast_bitrix24 import BitrixAsync

from tests.clients.journey import ITEMS, Seen, verify
from tests.local.serving import Running

pytestmark = pytest.mark.anyio


async def test_fast_bitrix24(served: Running, tmp_path: Path) -> None:
    async def token() -> str:
        return served.variables["B24_ACCESS_TOKEN"]

    bitrix = BitrixAsync(served.variables["B24_ENDPOINT"], token_func=token, verbose=False)

    async def call(method: str, **params: Any) -> Any:
        answer = await bitrix.call(method, params, raw=True)
        return answer["result"]

    assert await call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS={"AU": "W"}) is True
    assert await call("entity.item.property.add", ENTITY="dish", PROPERTY="price", NAME="Price", TYPE="N")
    items = [
        {"ENTITY": "dish", "NAME": f"Dish {number}", "PROPERTY_VALUES": {"price": number}}
        for number in range(ITEMS)
    ]
    assert len(await bitrix.call("entity.item.add", items)) == ITEMS
    paged = [item["ID"] for item in await bitrix.get_all("entity.item.get", {"ENTITY": "dish"})]
    by_id: list[str] = []
    while page := await call(
        "entity.item.get", ENTITY="dish", SORT={"ID": "ASC"}, FILTER={">ID": (by_id or ["0"])[-1]}, start=-1
    ):
        by_id += [item["ID"] for item in page]
    assert await call("entity.update", ENTITY="dish", ENTITY_NEW="meal", NAME="Meals")
    renamed = [each["ENTITY"] for each in await call("entity.get")]
    assert await call("entity.delete", ENTITY="meal")
    verify(Seen(paged, by_id, renamed, await call("entity.get")), tmp_path / "portal.sqlite3", pages=3 + 4)
