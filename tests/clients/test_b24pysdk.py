"""b24pysdk, which speaks nothing but https."""

from pathlib import Path

import pytest
from b24pysdk import BitrixApp, BitrixToken, Client

from tests.clients.journey import ITEMS, Seen, verify
from tests.local.serving import Running


def test_b24pysdk(served_with_tls: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = served_with_tls.variables
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", variables["REQUESTS_CA_BUNDLE"])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    token = BitrixToken(
        domain=served_with_tls.origin.removeprefix("https://"),
        auth_token=variables["B24_ACCESS_TOKEN"],
        bitrix_app=BitrixApp(
            client_id=variables["B24_CLIENT_ID"], client_secret=variables["B24_CLIENT_SECRET"]
        ),
    )
    client = Client(token, prefer_version=2)
    entity = client.entity

    assert entity.add("dish", "Dishes", access={"AU": "W"}).result is True
    assert entity.item.property.add("dish", "price", "Price", "N").result is True
    additions = [
        entity.item.add("dish", f"Dish {number}", property_values={"price": number})
        for number in range(ITEMS)
    ]
    assert len(client.call_batches(additions).result.result) == ITEMS
    paged = [item["ID"] for item in entity.item.get("dish").as_list().result]
    # its fast list asks for a first page, then for a batch of 50 that refer to each other by $result[…]
    by_id = [item["ID"] for item in entity.item.get("dish").as_list_fast().result]
    assert entity.update("dish", entity_new="meal", name="Meals").result is True
    renamed = [each["ENTITY"] for each in entity.get().result]
    assert entity.delete("meal").result is True
    verify(Seen(paged, by_id, renamed, entity.get().result), tmp_path / "portal.sqlite3", pages=3 + 51)
