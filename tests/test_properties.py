"""What holds for any manifests and any portal."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b24provision.engine import Provisioner
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.manifest import load_text
from b24provision.model import Snapshot
from tests.support import provisioner

pytestmark = pytest.mark.anyio

CODES = ["dish", "Menu", "order_2", "stock"]
PROPERTIES = ["price", "Photo", "colour", "n2"]
ODD_NAMES = [
    "Блюда",
    "Price $result[x]",
    "<script>alert(1)</script>",
    "a & b",
    "100%",
    '"quoted" \\ slash',
    "日本",
]
some_names = st.sampled_from(ODD_NAMES) | st.text("abc xyz", min_size=1, max_size=8).filter(str.strip)
some_access = st.dictionaries(
    st.sampled_from(["AU", "U1", "U7", "D5", "DR5", "G12", "SG3_K"]), st.sampled_from("RWX"), max_size=4
)
some_properties = st.dictionaries(
    st.sampled_from(PROPERTIES),
    st.fixed_dictionaries(
        {},
        optional={
            "name": some_names,
            "type": st.sampled_from(["string", "number", "S", "n"]),
            "sort": st.integers(1, 900),
        },
    ),
    max_size=4,
)
some_entities = st.dictionaries(
    st.sampled_from(CODES),
    st.fixed_dictionaries(
        {"name": some_names}, optional={"access": some_access, "properties": some_properties}
    ),
    max_size=4,
)

slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def intent(entities: dict[str, object], *, prune: bool = False) -> Intent:
    return Intent(manifest=load_text(json.dumps({"b24provision": 1, "entities": entities})), prune=prune)


async def add_stranger(opened: Provisioner) -> None:
    make = opened.session.client.call.make
    await make("entity.add", {"ENTITY": "stranger", "NAME": "Not ours", "ACCESS": {"U7": "W"}})
    await make("entity.item.property.add", {"ENTITY": "stranger", "PROPERTY": "x", "NAME": "X", "SORT": 3})


async def look(opened: Provisioner) -> Snapshot:
    everything = {code: {"name": "?"} for code in [*CODES, "stranger"]}
    return await opened.read(intent(everything))


@given(first=some_entities, second=some_entities)
@slow
async def test_applying_one_manifest_and_then_another(first: dict[str, object], second: dict[str, object]):
    with LocalPortal.open() as portal:
        async with provisioner(portal) as opened:
            await add_stranger(opened)
            stranger = (await look(opened)).entities["stranger"]

            assert (await opened.apply(intent(first))).verified
            assert not (await opened.plan(intent(first))).changes
            before = await look(opened)

            assert (await opened.apply(intent(second))).verified
            assert not (await opened.plan(intent(second))).changes
            after = await look(opened)

            assert after.entities["stranger"] == stranger
            assert set(after.entities) >= set(before.entities)
            assert all(
                set(after.entities[key].properties) >= set(entity.properties)
                for key, entity in before.entities.items()
            )


@given(first=some_entities, second=some_entities)
@slow
async def test_pruning_leads_to_exactly_what_is_wanted(first: dict[str, object], second: dict[str, object]):
    with LocalPortal.open() as portal:
        async with provisioner(portal) as opened:
            await add_stranger(opened)
            assert (await opened.apply(intent(first))).verified
            wanted = intent(second, prune=True)
            assert (await opened.apply(wanted, allow_data_loss=True)).verified
            after = await look(opened)
            assert set(after.entities) == set(wanted.manifest.entities)
            assert all(
                set(after.entities[key].properties) == set(entity.properties)
                for key, entity in wanted.manifest.entities.items()
            )


@given(entities=some_entities)
@slow
async def test_destroying_takes_away_what_was_applied_and_nothing_else(entities: dict[str, object]):
    with LocalPortal.open() as portal:
        async with provisioner(portal) as opened:
            await add_stranger(opened)
            before = await look(opened)
            await opened.apply(intent(entities))
            away = Intent(manifest=intent(entities).manifest, destroy=True)
            assert (await opened.apply(away, allow_data_loss=True)).verified
            assert await look(opened) == before


@given(entities=some_entities, order=st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
async def test_the_order_of_keys_does_not_matter(entities: dict[str, object], order: object):
    shuffled = list(entities.items())
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    with LocalPortal.open() as portal:
        async with provisioner(portal) as opened:
            assert (await opened.apply(intent(entities))).verified
            assert not (await opened.plan(intent(dict(shuffled)))).changes
