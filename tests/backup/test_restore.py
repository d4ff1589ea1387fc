"""What was lost on purpose comes back wholly, and what is there is left alone."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from b24provision.backup import Archive, RestoreReport, back_up, back_up_stakes, plan_restore, restore
from b24provision.errors import BlockedError, InputError
from b24provision.local import LocalPortal
from b24provision.plan import Summary
from b24provision.render import renderer
from tests.backup.contents import contents, values
from tests.support import intent, provisioner

pytestmark = pytest.mark.anyio

WITHOUT_COLOR = "removed: {properties: [dish.color]}"
WITHOUT_DISH = "removed: {entities: [dish]}"
ARCHIVE = Path("dish.zip")


async def archived(portal: LocalPortal, codes: Sequence[str] = ("dish",), path: Path = ARCHIVE) -> Path:
    async with provisioner(portal) as opened:
        await back_up(opened.session, codes, path)
    return path


async def call(portal: LocalPortal, method: str, **params: object) -> object:
    async with provisioner(portal) as opened:
        answer = await opened.session.client.call.make(method, params)
        assert answer.error is None, answer.error
        return answer.data


async def lose(portal: LocalPortal, text: str, directory: Path | None = None) -> Path | None:
    """Lose data by a plan; with a directory, after archiving what it puts at stake."""
    async with provisioner(portal) as opened:
        wanted = intent(text)
        plan = await opened.plan(wanted)
        path = await back_up_stakes(opened.session, plan, directory) if directory else None
        report = await opened.apply(wanted, plan, allow_data_loss=True)
        assert report.verified
        return path


async def restored(portal: LocalPortal, path: Path = ARCHIVE, user_id: int = 1) -> RestoreReport:
    with Archive.open(path) as archive:
        async with provisioner(portal, user_id=user_id) as opened:
            plan = await plan_restore(opened, archive)
            return await restore(opened, archive, plan)


async def shown(portal: LocalPortal, path: Path = ARCHIVE) -> str:
    with Archive.open(path) as archive:
        async with provisioner(portal) as opened:
            return renderer("text").plan(await plan_restore(opened, archive))


async def test_a_dropped_property_comes_back_with_all_its_values(full: LocalPortal):
    before, colours = contents(full), values(full, "dish", "color")
    assert len(colours) == 1204
    path = await lose(full, WITHOUT_COLOR, Path("backups"))
    assert path is not None
    assert not values(full, "dish", "color")
    report = await restored(full, path)
    assert report.verified
    assert report.summary == Summary(add=1, change=1204)
    assert values(full, "dish", "color") == colours
    assert contents(full) == before


async def test_a_deleted_storage_comes_back_with_everything_in_it(full: LocalPortal):
    before = contents(full)
    assert before["items"].total() == 3310
    path = await lose(full, WITHOUT_DISH, Path("backups"))
    assert path is not None
    report = await restored(full, path)
    assert report.verified
    assert report.exit_code == 0
    assert report.summary == Summary(add=1 + 3 + 12 + 3310)
    assert contents(full) == before


async def test_a_plan_looks_like_any_other(small: LocalPortal):
    await archived(small)
    assert (await shown(small)).splitlines()[-1] == "No changes. The portal matches the manifests."
    await lose(small, WITHOUT_DISH)
    text = await shown(small)
    assert "\n".join(line for line in text.splitlines() if "the archive was made" not in line) == (
        "Portal: local (target test, user 1, administrator)\n"
        "\n"
        '  + dish  "Блюда"  access AU: R, G5: W\n'
        '  + dish.color  "Color"  string  sort 100\n'
        '  + dish.price  "Price"  number  sort 100\n'
        '  + dish.photo  "Photo"  file  sort 100\n'
        "  + dish\n"
        "      sections: 0 → 12\n"
        "  + dish\n"
        "      items: 0 → 230\n"
        "\n"
        "Notes:\n"
        "\n"
        "Plan: 246 to add, 0 to change, 0 to destroy."
    )


async def test_an_emptied_property_shows_how_many_values_are_missing(small: LocalPortal):
    await archived(small)
    await lose(small, WITHOUT_COLOR)
    text = await shown(small)
    assert "  ~ dish\n      empty color: 120 → 0\n" in text
    assert text.endswith("Plan: 1 to add, 120 to change, 0 to destroy.\n")


async def test_nothing_is_written_where_everything_is_there(small: LocalPortal):
    await archived(small)
    small.forget_calls()
    report = await restored(small)
    assert report.verified
    assert report.exit_code == 0
    assert not [row for row in small.calls() if not row.method.endswith((".get", "profile", ".rights"))]


async def test_restoring_twice_duplicates_nothing(small: LocalPortal):
    before = contents(small)
    await archived(small)
    await lose(small, WITHOUT_DISH)
    assert (await restored(small)).summary.add == 246
    again = await restored(small)
    assert again.verified
    assert again.summary == Summary()
    assert contents(small) == before


async def test_another_portal_and_another_caller(small: LocalPortal):
    before = contents(small)
    await archived(small)
    with LocalPortal.open() as elsewhere:
        elsewhere.add_user(7, admin=True)
        report = await restored(elsewhere, user_id=7)
        assert report.verified
        after = contents(elsewhere)
        assert after.pop("rights") == before.pop("rights") | {"U7": "X"}
        assert after == before


async def test_deleted_items_come_back_and_changed_ones_are_left_alone(small: LocalPortal):
    await archived(small)
    first, second, third = list(values(small, "dish", "color"))[10:13]
    await call(small, "entity.item.delete", ENTITY="dish", ID=first)
    await call(small, "entity.item.update", ENTITY="dish", ID=second, NAME="Renamed since")
    await call(small, "entity.item.update", ENTITY="dish", ID=third, PROPERTY_VALUES={"color": ""})
    before = contents(small)["items"]
    report = await restored(small)
    assert report.summary == Summary(add=1, change=1)
    assert not report.verified
    assert report.exit_code == 1
    assert [row.reason for row in report.differences] == ["1 item changed since, and left alone"]
    after = contents(small)["items"]
    assert after.total() == before.total() + 1
    assert [row for row in after if row[0] == "Renamed since"]
    assert third in values(small, "dish", "color")


async def test_values_come_back_into_items_that_were_changed_since(small: LocalPortal):
    path = await lose(small, WITHOUT_COLOR, Path("backups"))
    assert path is not None
    [item_id, *_] = [row["id"] for row in small.export_state()["tables"]["items"]][20:]
    await call(small, "entity.item.update", ENTITY="dish", ID=item_id, NAME="Renamed since")
    assert (await restored(small, path)).verified
    assert len(values(small, "dish", "color")) == 120


async def test_a_newer_value_is_not_overwritten(small: LocalPortal):
    path = await lose(small, WITHOUT_COLOR, Path("backups"))
    assert path is not None
    await call(small, "entity.item.property.add", ENTITY="dish", PROPERTY="color", NAME="Color")
    await call(small, "entity.item.update", ENTITY="dish", ID=9, PROPERTY_VALUES={"color": "newer"})
    await call(small, "entity.item.delete", ENTITY="dish", ID=10)
    report = await restored(small, path)
    assert values(small, "dish", "color")[9] == "newer"
    assert len(values(small, "dish", "color")) == 119
    assert report.summary == Summary(change=118)
    assert report.exit_code == 1
    assert [row.reason for row in report.differences] == [
        "1 item changed since, and left alone",
        "1 item gone since: the archive holds only values, and nothing to put them into",
    ]


async def test_what_is_there_with_another_definition_is_left_alone_and_noted(small: LocalPortal):
    await archived(small)
    await call(small, "entity.update", ENTITY="dish", NAME="Food", ACCESS={"AU": "W"})
    await call(small, "entity.item.property.update", ENTITY="dish", PROPERTY="price", NAME="Cost")
    await call(small, "entity.item.property.add", ENTITY="dish", PROPERTY="size", NAME="Size")
    await call(small, "entity.item.property.delete", ENTITY="dish", PROPERTY="color")
    text = await shown(small)
    assert (
        "  dish: the storage differs from the archive in access.AU, access.G5, name, and is left alone"
        in text
    )
    assert "  dish.price: the property differs from the archive in name, and is left alone" in text
    assert (await restored(small)).verified
    after = contents(small)
    assert after["name"] == "Food"
    assert [row[0] for row in after["properties"]] == ["color", "photo", "price", "size"]
    assert len(values(small, "dish", "color")) == 120


async def test_a_file_property_that_became_a_string_blocks(small: LocalPortal):
    await archived(small)
    await call(small, "entity.item.property.update", ENTITY="dish", PROPERTY="photo", TYPE="S")
    small.forget_calls()
    with pytest.raises(BlockedError, match=r"property dish\.photo is a string now and a file in the archive"):
        await restored(small)
    assert not [row for row in small.calls() if row.method.endswith((".add", ".update", ".delete"))]


async def test_files_of_a_dropped_property_come_back(small: LocalPortal):
    before = contents(small)
    path = await lose(small, "removed: {properties: [dish.photo]}", Path("backups"))
    assert path is not None
    with Archive.open(path) as archive:
        [stored] = archive.header.storages
        assert (stored.items, stored.files, stored.sections) == (2, 2, 0)
    assert (await restored(small, path)).verified
    assert contents(small) == before


async def test_the_live_spelling_of_codes_is_used(small: LocalPortal):
    await archived(small)
    await lose(small, WITHOUT_DISH)
    await call(small, "entity.add", ENTITY="DISH", NAME="Блюда")
    await call(small, "entity.item.property.add", ENTITY="DISH", PROPERTY="Color", NAME="Color")
    report = await restored(small)
    assert report.verified
    assert len(values(small, "DISH", "Color")) == 120


async def test_several_storages_and_a_choice_of_them(small: LocalPortal):
    await archived(small, ["dish", "OTHER"])
    await lose(small, "removed: {entities: [dish, other]}")
    with Archive.open(ARCHIVE) as archive:
        async with provisioner(small) as opened:
            plan = await plan_restore(opened, archive, ["oth*"])
            assert [change.id for change in plan.changes] == ["create entity other"]
            with pytest.raises(InputError, match=r"matches no storage\. The archive holds: dish, other"):
                await plan_restore(opened, archive, ["nothing"])
            assert (await restore(opened, archive, plan)).verified
    assert contents(small, "other")["name"] == "Others"
    assert (await restored(small)).verified


async def test_values_without_a_storage_are_told_and_not_made_up(small: LocalPortal):
    path = await lose(small, WITHOUT_COLOR, Path("backups"))
    assert path is not None
    await lose(small, WITHOUT_DISH)
    text = await shown(small, path)
    assert "dish: is not there: the archive holds only values of it" in text
    report = await restored(small, path)
    assert report.exit_code == 1
    assert report.summary == Summary()


async def test_stakes_are_exactly_what_is_lost(small: LocalPortal):
    async with provisioner(small) as opened:
        nothing = await opened.plan(intent("entities: {dish: {name: Food}}"))
        assert await back_up_stakes(opened.session, nothing, Path("backups")) is None
        assert not Path("backups").exists()
        text = "removed: {entities: [other], properties: [dish.color, dish.price]}"
        plan = await opened.plan(intent(text))
        path = await back_up_stakes(opened.session, plan, Path("backups"), clock=lambda: 1.8e9)
    assert path == Path("backups/20270115T080000Z-local.zip")
    with Archive.open(path) as archive:
        found = {row.entity.code: (row.values_of, row.items) for row in archive.header.storages}
        rows = [set(row["PROPERTY_VALUES"]) for row in archive.items(archive.header.storages[0])]
    assert found["other"] == (None, 0)
    assert found["dish"][0] == {"color", "price"}
    assert found["dish"][1] == 120 + 73
    assert {frozenset(row) for row in rows} == {frozenset({"color", "price"})}


async def test_a_portal_that_refuses_ends_in_a_report(small: LocalPortal):
    await archived(small)
    small.add_user(8)
    await call(small, "entity.item.delete", ENTITY="dish", ID=9)
    with Archive.open(ARCHIVE) as archive:
        async with provisioner(small, user_id=8) as opened:
            report = await restore(opened, archive, await plan_restore(opened, archive))
    assert report.exit_code == 7
    assert report.outcomes[0].error is not None
    assert "1 of 1 are not there: entity.item.add: ACCESS_DENIED" in report.outcomes[0].error


async def test_two_storages_of_one_code_are_not_restored_into(small: LocalPortal):
    await archived(small)
    await call(small, "entity.update", ENTITY="dish", ACCESS={"U1": "X"})
    small.add_user(8)
    async with provisioner(small, user_id=8) as opened:
        await opened.session.client.call.make("entity.add", {"ENTITY": "dish", "NAME": "A second one"})
    with pytest.raises(BlockedError, match="2 storages with the code dish are live"):
        await shown(small)


async def test_what_is_left_alone_is_shown(small: LocalPortal):
    await archived(small)
    await call(small, "entity.item.update", ENTITY="dish", ID=9, NAME="Renamed since")
    await call(small, "entity.section.update", ENTITY="dish", ID=1, NAME="Renamed since")
    assert "  dish: 1 section changed since, and left alone\n  dish: 1 item changed" in await shown(small)
    report = await restored(small)
    text = renderer("text").report(report)
    assert text == (
        "Portal: local (target test, user 1, administrator)\n"
        "\n"
        "\n"
        "The portal was read again and still differs:\n"
        "  ~ dish\n"
        "      sections changed since, and left alone: 0 → 1\n"
        "  ~ dish\n"
        "      items changed since, and left alone: 0 → 1\n"
        "\n"
        "Apply done, but the portal differs. 0 added, 0 changed, 0 destroyed. Run plan to see what it is now.\n"
    )
    assert '"items": 0' not in renderer("json").report(report)
    assert "left alone" in renderer("markdown").report(report)
