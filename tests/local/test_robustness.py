"""Whatever is sent, the portal answers."""

from typing import Any

import anyio
import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.local import LocalPortal
from b24provision.local.methods import METHODS

from .conftest import Caller

names = st.sampled_from(
    [
        "ENTITY",
        "ENTITY_NEW",
        "NAME",
        "ID",
        "PROPERTY",
        "PROPERTY_NEW",
        "PROPERTY_VALUES",
        "TYPE",
        "SORT",
        "FILTER",
        "START",
        "ACCESS",
        "SECTION",
        "CODE",
        "ACTIVE",
        "DATE_ACTIVE_FROM",
        "PICTURE",
        "PREVIEW_PICTURE",
        "OPTIONS",
    ]
)
words = st.sampled_from(
    ["dish", "price", "p", "=ID", "><NAME", "%PROPERTY_PRICE", "LOGIC", "0", "1", "", "2026-01-01"]
)
scalars = words | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
calls = st.tuples(st.sampled_from(sorted(METHODS)), st.dictionaries(names, values))


@given(st.lists(calls, max_size=8))
@settings(max_examples=30, deadline=None)
def test_no_parameters_break_it(calls: list[tuple[str, dict[str, Any]]]) -> None:
    async def send_all() -> None:
        transport = httpx.ASGITransport(portal.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as http:
            caller = Caller(http, portal.issue_token().access_token)
            await caller.call("entity.add", ENTITY="dish", NAME="Dishes")
            await caller.call("entity.item.property.add", ENTITY="dish", PROPERTY="price", NAME="P", TYPE="N")
            for method, params in calls:
                await caller.send(method, {"ENTITY": "dish", **params})
            assert set(caller.statuses) <= {200, 400}

    with LocalPortal.open() as portal:
        anyio.run(send_all)
