"""`backup` and `restore` from the command line."""

import json
from pathlib import Path

import pytest

from tests.support import Served, run, write

MANIFEST = "entities: {dish: {name: Dishes, properties: {price: {type: number}}}, menu: {name: Menus}}"


@pytest.fixture
def local() -> None:
    write(MANIFEST)
    assert run("apply", "--target", "local", "--auto-approve").exit_code == 0


def backup(*words: str) -> str:
    done = run("backup", "--target", "local", *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_backup_lands_beside_the_state(local: None):
    out = backup()
    [path] = Path(".b24provision/backups").iterdir()
    assert path.name.endswith("Z-local.zip")
    assert out == (
        "LOCAL PORTAL: simulated, nothing leaves this computer\n"
        "\n"
        f"  {path.absolute()}\n"
        "\n"
        f"Backup complete! 2 storages, 0 sections, 0 items, 0 files, {path.stat().st_size} bytes.\n"
    )
    backup()
    assert len(list(Path(".b24provision/backups").iterdir())) == 2


def test_formats(local: None):
    found = json.loads(
        backup("--only", "d*", "--into", "a.zip", "--format", "json", "--markdown-into", "a.md")
    )
    assert found["archive"] == "a.zip"
    assert (found["storages"], found["items"], found["target"]["host"]) == (1, 0, "local")
    assert "**Backup complete! 1 storages" in Path("a.md").read_text(encoding="utf-8")


def test_restore_shows_a_plan_and_brings_back(local: None):
    backup("--into", "a.zip")
    assert run("destroy", "--target", "local", "--confirm", "local").exit_code == 0
    done = run("restore", "a.zip", "--target", "local", "--auto-approve")
    assert done.exit_code == 0, done.output
    assert '  + dish  "Dishes"' in done.stdout
    assert "Plan: 3 to add, 0 to change, 0 to destroy." in done.stdout
    assert done.stdout.endswith("Apply complete! 3 added, 0 changed, 0 destroyed. Verified.\n")
    again = run("restore", "a.zip", "--target", "local", "--format", "json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["verified"] is True


def test_no_consent_writes_nothing(local: None):
    backup("--into", "a.zip")
    run("destroy", "--target", "local", "--confirm", "local")
    done = run("restore", "a.zip", "--target", "local")
    assert done.exit_code == 5
    assert "--auto-approve" in done.stderr
    assert "No changes" in run("plan", "--destroy", "--target", "local").stdout


def test_refusals_have_their_exit_codes(local: None):
    backup("--into", "a.zip")
    taken = run("backup", "--target", "local", "--into", "a.zip")
    assert (taken.exit_code, "is there already" in taken.stderr) == (3, True)
    assert run("backup", "--target", "local", "--only", "x").exit_code == 3
    cut = Path("a.zip").read_bytes()[:-10]
    Path("cut.zip").write_bytes(cut)
    done = run("restore", "cut.zip", "--target", "local", "--auto-approve")
    assert (done.exit_code, "was cut short" in done.stderr) == (3, True)
    assert run("restore", "a.zip", "--target", "local", "--only", "x").exit_code == 3


def test_over_a_socket_with_files(served: Served):
    environment = served.environment()
    write("entities: {dish: {name: Dishes, properties: {photo: {type: file}}}}")
    assert run("apply", "--auto-approve", env=environment).exit_code == 0
    import anyio

    from tests.support import provisioner

    async def fill() -> None:
        async with provisioner(served.portal) as opened:
            photo = {"photo": ["a.txt", "Y29udGVudA=="]}
            params = {"ENTITY": "dish", "NAME": "Soup", "PROPERTY_VALUES": photo}
            await opened.session.client.call.make("entity.item.add", params)

    anyio.run(fill)
    made = run("backup", "--into", "a.zip", env=environment)
    assert "1 items, 1 files" in made.stdout, made.output
    assert run("destroy", "--confirm", "127.0.0.1", env=environment).exit_code == 0
    done = run("restore", "a.zip", "--auto-approve", "--format", "markdown", env=environment)
    assert done.exit_code == 0, done.output
    assert "items: 0 → 1" in done.stderr
    assert [row["content"] for row in served.portal.export_state()["tables"]["files"]] == [
        {"base64": "Y29udGVudA=="}
    ]
