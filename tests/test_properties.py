"""What holds for any manifests and any portal."""

import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b24provision.engine import Provisioner
from b24provision.errors import BlockedError, InputError
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


@given(entities=some_entities, seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
async def test_the_order_of_keys_does_not_matter(entities: dict[str, object], seed: int):
    shuffled = list(entities.items())
    Random(seed).shuffle(shuffled)
    with LocalPortal.open() as portal:
        async with provisioner(portal) as opened:
            assert (await opened.apply(intent(entities))).verified
            assert not (await opened.plan(intent(dict(shuffled)))).changes


removals = st.fixed_dictionaries(
    {},
    optional={
        "entities": st.lists(st.sampled_from(CODES), max_size=2, unique=True),
        "properties": st.lists(
            st.tuples(st.sampled_from(CODES), st.sampled_from(PROPERTIES)).map(".".join),
            max_size=3,
            unique=True,
        ),
    },
)
changed_entities = st.dictionaries(
    st.sampled_from(CODES),
    st.fixed_dictionaries(
        {"name": some_names},
        optional={
            "access": some_access,
            "renamed_from": st.sampled_from([*CODES, "food"]),
            "properties": st.dictionaries(
                st.sampled_from([*PROPERTIES, "fresh"]),
                st.fixed_dictionaries(
                    {},
                    optional={
                        "type": st.sampled_from(["string", "number", "file"]),
                        "renamed_from": st.sampled_from(PROPERTIES),
                        "sort": st.integers(1, 900),
                    },
                ),
                max_size=4,
            ),
        },
    ),
    max_size=4,
)


async def treasure(opened: Provisioner) -> list[tuple[str, tuple[str, ...]]]:
    """Every item of every storage with its values, whatever the codes are called now."""
    found = []
    listed = (await opened.session.client.call.make("entity.get")).data
    for row in listed:
        items = (await opened.session.client.call.make("entity.item.get", {"ENTITY": row["ENTITY"]})).data
        for item in items:
            values = (item.get("PROPERTY_VALUES") or {}).values()
            found.append((item["NAME"], tuple(sorted(value for value in values if value is not None))))
    return sorted(found)


@given(
    first=some_entities,
    second=changed_entities,
    removed=removals,
    prune=st.booleans(),
    seed=st.integers(0, 10_000),
)
@slow
async def test_nothing_is_lost_without_consent(
    first: dict[str, object],
    second: dict[str, object],
    removed: dict[str, object],
    prune: bool,
    seed: int,
):
    try:
        text = json.dumps({"b24provision": 1, "entities": second, "removed": removed})
        wanted = Intent(manifest=load_text(text), prune=prune)
    except InputError:
        return
    chance = Random(seed)  # drawing inside the event loop would let hypothesis' own signals escape
    with LocalPortal.open() as portal:
        async with provisioner(portal) as opened:
            await opened.apply(intent(first))
            make = opened.session.client.call.make
            for entity in (await look(opened)).entities.values():
                for number in range(2):
                    values = {
                        prop.code: str(chance.randint(0, 99))
                        for prop in entity.properties.values()
                        if chance.random() < 0.7
                    }
                    name = f"{entity.code} {number}"
                    params = {"ENTITY": entity.code, "NAME": name, "PROPERTY_VALUES": values}
                    assert (await make("entity.item.add", params)).is_success
            before = await treasure(opened)
            plan = await opened.plan(wanted)
            try:
                report = await opened.apply(wanted, plan)
                assert report.verified
            except BlockedError:
                assert plan.blocked or plan.data_loss
            assert await treasure(opened) == before
            if not plan.blocked:
                assert (await opened.apply(wanted, skip_data_loss=True)).exit_code == 0
                assert await treasure(opened) == before
