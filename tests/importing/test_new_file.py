"""Importing into a file that is not there yet."""

import json
import os
import stat
from pathlib import Path

import pytest

from b24provision.local import LocalPortal
from b24provision.rest import Client
from tests.importing.desk import FILE, NOTHING_TO_DO, content, imported, live, planned, written
from tests.support import Served, run

LUNCH = """
  dish:
    name: Dishes
    access: {AU: R, U7: X}
    properties:
      photo: {name: Photo, type: file, sort: 200}
      price: {name: 'Price, net', type: number, sort: 100}
      Size: {name: Size}
  Menu: {name: "12:30"}
"""
LUNCH_FILE = """\
# yaml-language-server: $schema=../b24provision.schema.json
b24provision: 1

entities:
  dish:
    name: Dishes
    access: {AU: R, U7: X}
    properties:
      price: {name: "Price, net", type: number, sort: 100}
      photo: {name: Photo, type: file, sort: 200}
      Size: {type: string, sort: 500}

  Menu:
    name: "12:30"
    access: {}
"""


def test_what_is_live_becomes_a_manifest_that_plans_to_nothing():
    live(LUNCH)
    result = imported()
    assert content() == LUNCH_FILE
    assert result.stdout == ""
    assert result.stderr == (
        "LOCAL PORTAL: simulated, nothing leaves this computer\n\n"
        "Imported:\n  dish: 3 properties\n  Menu: 0 properties\n\n"
        "Imported 2 storages into manifests/main.yaml.\n"
    )
    plan = json.loads(run("plan", "--target", "local", "--format", "json").stdout)
    assert (plan["changes"], plan["notes"]) == ([], [])


def test_importing_again_changes_nothing():
    live(LUNCH)
    imported()
    before = FILE.stat()
    result = imported()
    assert content() == LUNCH_FILE
    assert FILE.stat().st_mtime_ns == before.st_mtime_ns
    assert result.stderr.splitlines()[2:] == [
        "Left alone:",
        "  dish: described at manifests/main.yaml:5:3",
        "  Menu: described at manifests/main.yaml:13:3",
        "",
        "Nothing to import.",
    ]


def test_only_some_storages(served: Served):
    live("  dish: {name: D}\n  menu: {name: M}\n  drink: {name: D}\n")
    imported("--only", "D*")
    assert [line for line in content().splitlines() if line.startswith("  ") and line[2] != " "] == [
        "  dish:",
        "  drink:",
    ]
    result = imported("--only", "nothing*", exit_code=3)
    assert "--only nothing* matches no live storage. The portal shows: dish, menu, drink." in result.stderr


def test_an_empty_portal_makes_no_file():
    assert imported().stderr.endswith("Nothing to import.\n")
    assert not FILE.exists()


def test_up_to_24_storages_are_read_in_two_requests(served: Served):
    portal, env = served.portal, served.environment()
    entities = "\n".join(f"  s{number}: {{name: S, properties: {{a: }}}}" for number in range(24))
    written(f"b24provision: 1\nentities:\n{entities}\n", Path("seed.yaml"))
    assert run("apply", "--auto-approve", "seed.yaml", env=env).exit_code == 0
    portal.forget_calls()
    assert run("import", "--into", "made.yaml", env=env).exit_code == 0
    assert portal.request_count == 2
    assert run("plan", "--detailed-exitcode", "made.yaml", env=env).exit_code == 0


def test_directories_are_made_and_a_file_that_no_plan_would_see_is_said_so():
    live(LUNCH)
    result = imported(into="deep/down/storages.yaml")
    assert Path("deep/down/storages.yaml").read_text("utf-8") == LUNCH_FILE
    assert "is not among the manifests of target local" in result.stderr
    assert run("plan", "--target", "local", "deep").stdout.splitlines()[-1] == NOTHING_TO_DO


@pytest.mark.parametrize("text", ["", "\n", "\ufeff"])
def test_a_file_without_content_is_as_good_as_none(text: str):
    live(LUNCH)
    written(text)
    imported()
    assert content().removeprefix("\ufeff") == LUNCH_FILE
    assert content().startswith("\ufeff") == text.startswith("\ufeff")
    assert planned() == NOTHING_TO_DO


@pytest.mark.parametrize(
    "data",
    [
        b"shopping: [bread]\n",
        b"bread\n",
        b"# only a comment\n",
        b"b24provision: 1\nentities: [\n",
        b"b24provision: 1 # \xe9\n",
        b"\xff\xfea\0",
    ],
)
def test_what_is_no_manifest_is_refused_and_kept(data: bytes):
    live(LUNCH)
    FILE.parent.mkdir()
    FILE.write_bytes(data)
    result = imported(exit_code=3)
    assert "manifests/main.yaml" in result.stderr
    assert FILE.read_bytes() == data
    assert list(FILE.parent.iterdir()) == [FILE]


def test_json_on_stdout_and_in_a_file():
    live("  dish: {name: D, properties: {a: }}\n  old: {name: O}\n")
    written("b24provision: 1\nentities: {dish: {name: D}}\nremoved: {entities: [old]}\n")
    found = json.loads(imported("--format", "json", "--json-into", "out.json").stdout)
    assert found == json.loads(Path("out.json").read_text("utf-8"))
    assert found == {
        "imported": [{"address": "dish.a", "message": "string"}],
        "unchanged": [{"address": "dish", "message": "described at manifests/main.yaml:2:12"}],
        "skipped": [{"address": "old", "message": "listed under removed: at manifests/main.yaml:3:22"}],
    }
    assert imported("--format", "markdown").stdout == (
        "**Nothing to import.**\n\n### Unchanged\n\n- `dish`: described at manifests/main.yaml:2:12\n\n"
        "### Skipped\n\n- `old`: listed under removed: at manifests/main.yaml:3:22\n"
    )


def call(served: Served, *calls: tuple[str, dict[str, object]], user_id: int = 1) -> None:
    import asyncio

    async def make() -> None:
        token = served.portal.issue_token(user_id).access_token
        async with Client.from_token(served.endpoint, token) as client:
            for method, params in calls:
                assert (await client.call.make(method, params)).is_success

    asyncio.run(make())


def as_user(served: Served, user_id: int) -> dict[str, str]:
    return {
        "B24_ENDPOINT": served.endpoint,
        "B24_ACCESS_TOKEN": served.portal.issue_token(user_id).access_token,
    }


def test_who_is_no_administrator_is_told_what_was_not_seen(served: Served):
    served.portal.add_user(5)
    call(served, ("entity.add", {"ENTITY": "seen", "NAME": "S", "ACCESS": {"U5": "R", "U1": "X"}}))
    call(served, ("entity.add", {"ENTITY": "hidden", "NAME": "H"}))
    result = run("import", "--into", FILE, env=as_user(served, 5))
    assert result.exit_code == 0
    assert "User 5 is no administrator: only storages this user may read were seen." in result.stderr
    assert "hidden" not in content()
    assert "    access: {U5: R, U1: X}\n" in content()
    assert run("plan", "--detailed-exitcode", env=as_user(served, 5)).exit_code == 0


def test_what_no_manifest_can_hold_is_left_out_and_told(served: Served):
    call(
        served,
        ("entity.add", {"ENTITY": "dish", "NAME": "D" * 256, "ACCESS": {"CHAT7": "R", "AU": "R"}}),
        ("entity.item.property.add", {"ENTITY": "dish", "PROPERTY": "a", "NAME": " ", "SORT": -5}),
        ("entity.item.property.add", {"ENTITY": "dish", "PROPERTY": "b", "NAME": "B"}),
    )
    env = served.environment()
    result = run("import", "--into", FILE, env=env)
    assert content().partition("entities:\n")[2] == (
        "  dish:\n    name: dish\n    ignore: [name]\n    properties:\n"
        "      a: {type: string, ignore: [name]}\n      b: {name: B, type: string, sort: 500}\n"
    )
    assert [line for line in result.stderr.splitlines() if line.startswith("  dish.")] == [
        "  dish.a.name: no manifest can hold this name: it is ignored",
        "  dish.a.sort: no manifest can hold -5: it is left out",
        "  dish.access: no manifest can name 'CHAT7': rights are left out, and so not managed",
        "  dish.name: no manifest can hold this name: it is ignored",
    ]
    assert run("plan", "--detailed-exitcode", env=env).exit_code == 0


def test_two_storages_of_one_code_are_left_out(served: Served):
    served.portal.add_user(5)
    call(
        served,
        ("entity.add", {"ENTITY": "dish", "NAME": "A"}),
        ("entity.add", {"ENTITY": "menu", "NAME": "M"}),
    )
    call(served, ("entity.add", {"ENTITY": "dish", "NAME": "B"}), user_id=5)
    result = run("import", "--into", FILE, env=served.environment())
    assert "  dish: 2 storages have this code" in result.stderr
    assert "dish" not in content()
    assert "menu" in content()


def test_a_webhook_is_told_about_the_missing_application(served: Served):
    served.portal.add_webhook(1, "secretcode", scopes=("entity", "user"))
    result = run("import", "--into", FILE, env={"B24_WEBHOOK_URL": served.endpoint + "1/secretcode/"})
    assert result.exit_code == 4
    assert not FILE.exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_permissions_and_links_stay(portal: LocalPortal):
    live(LUNCH)
    real = written("b24provision: 1\n", Path("elsewhere/real.yaml"))
    real.chmod(0o640)
    FILE.parent.mkdir()
    FILE.symlink_to(real.resolve())
    imported()
    assert FILE.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert planned() == NOTHING_TO_DO


def test_a_file_that_cannot_be_written_is_said_so():
    live(LUNCH)
    written("not a directory", Path("manifests"))
    assert "manifests/main.yaml" in imported(exit_code=3).stderr
    assert run("import", "--target", "local").exit_code == 3
