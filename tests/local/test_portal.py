"""The portal as its user holds it: its file, its log, its count, its weight."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest

from b24provision import local
from b24provision.local import LocalPortal
from b24provision.local.store import SCHEMA

from .conftest import Caller, Clock

pytestmark = pytest.mark.anyio


def client(portal: LocalPortal) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(portal.app), base_url="http://local")


async def test_a_file_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite3"
    with LocalPortal.open(path) as portal:
        tokens = portal.issue_token()
        identity = (portal.client_id, portal.client_secret, portal.member_id)
        async with client(portal) as http:
            await Caller(http, tokens.access_token).call("entity.add", ENTITY="dish", NAME="Dishes")
    with LocalPortal.open(str(path)) as portal:
        assert portal.endpoint == "http://local/rest/"
        assert (portal.client_id, portal.client_secret, portal.member_id) == identity
        async with client(portal) as http:
            assert len(await Caller(http, tokens.access_token).call("entity.get")) == 1
        assert [call.method for call in portal.calls()] == ["entity.add", "entity.get"]
        assert portal.request_count == 1


async def test_portals_in_memory_are_strangers() -> None:
    with LocalPortal.open() as one, LocalPortal.open() as other:
        assert one.member_id != other.member_id
        assert one.client_secret != other.client_secret
        async with client(other) as http:
            assert await Caller(http, one.issue_token().access_token).code("profile") == "invalid_token"


async def test_one_file_two_holders(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite3"
    with LocalPortal.open(path) as one, LocalPortal.open(path) as other:
        token = one.issue_token().access_token
        async with client(one) as here, client(other) as there:
            await Caller(here, token).call("entity.add", ENTITY="dish", NAME="Dishes")
            assert len(await Caller(there, token).call("entity.get")) == 1
        assert (one.request_count, other.request_count) == (1, 1)
        assert len(one.calls()) == len(other.calls()) == 2


def test_a_file_can_be_opened_and_written_by_several_processes_at_once(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom b24provision.local import LocalPortal\n"
        "with LocalPortal.open(sys.argv[1]) as portal:\n"
        "    for number in range(50): portal.add_user(int(sys.argv[2]) * 1000 + number)\n"
        "    print(portal.member_id)\n"
    )
    path = tmp_path / "portal.sqlite3"
    command = [sys.executable, "-c", script, str(path)]
    running = [subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE) for number in range(1, 5)]
    members = {process.communicate(timeout=30)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(members) == 1
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT COUNT(*) FROM users").fetchone() == (201,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_a_file_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite3"
    LocalPortal.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ValueError, match="later version"):
        LocalPortal.open(path)


def test_a_file_of_an_earlier_version_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA[0])
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO users VALUES (7, 1, 'Anna', 'Smith')")
    db.close()
    with LocalPortal.open(path) as portal:
        assert portal.issue_token(7).user_id == 7


async def test_requests_side_by_side_do_not_get_in_each_others_way(
    portal: LocalPortal, admin: Caller
) -> None:
    async def work(number: int) -> None:
        await admin.batch([f"entity.add?ENTITY=e{number}&NAME=E", f"entity.item.add?ENTITY=e{number}&NAME=I"])

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(work, number)
    assert len(await admin.call("entity.get")) == 20
    assert len({call.request_id for call in portal.calls("entity.add")}) == 20


async def test_the_log_tells_what_was_carried_out(
    portal: LocalPortal, http: httpx.AsyncClient, signed_in: Callable[..., Caller], clock: Clock
) -> None:
    portal.add_user(7)
    portal.add_webhook(7, "c0de")
    await signed_in(7).call("Entity.Add", entity="dish", NAME="Dishes")
    await Caller(http, prefix="/rest/7/c0de/").refused("entity.get")
    await Caller(http, "guess").refused("entity.get")
    first, second = portal.calls()
    assert (first.method, first.params) == ("entity.add", {"entity": "dish", "NAME": "Dishes"})
    assert (first.user_id, first.client_id, first.ok, first.error) == (7, portal.client_id, True, None)
    assert (first.in_batch, first.at) == (False, clock.now)
    assert (second.client_id, second.ok, second.error) == (None, False, "ACCESS_DENIED")
    assert portal.calls("ENTITY.add") == [first]
    assert portal.request_count == 3


async def test_forgetting(portal: LocalPortal, admin: Caller) -> None:
    await admin.call("scope")
    portal.forget_calls()
    assert (portal.calls(), portal.request_count) == ([], 0)
    await admin.call("scope")
    assert (len(portal.calls()), portal.request_count) == (1, 1)


async def test_the_log_keeps_the_last_ten_thousand(portal: LocalPortal, admin: Caller) -> None:
    old = [(0, "", "old", "{}", 1, 0)] * 10_000
    with portal._state.store.transaction() as db:
        db.executemany(
            "INSERT INTO calls (at, request_id, method, params, user_id, in_batch) VALUES (?, ?, ?, ?, ?, ?)",
            old,
        )
    await admin.call("scope")
    assert len(portal.calls()) == 10_000
    assert len(portal.calls("old")) == 9_999


async def test_telemetry_reaches_no_method(portal: LocalPortal, admin: Caller) -> None:
    await admin.call("scope?bx24_request_id=abc&bx24_sdk_ver=1&bx24_sdk_type=x")
    (call,) = portal.calls()
    assert (call.params, call.request_id) == ({}, "abc")


def test_unknown_users_and_applications(portal: LocalPortal) -> None:
    with pytest.raises(LookupError):
        portal.issue_token(99)
    with pytest.raises(LookupError):
        portal.issue_token(client_id="nobody")
    with pytest.raises(LookupError):
        portal.add_webhook(99, "c0de")


def test_closing_twice_does_no_harm() -> None:
    portal = LocalPortal.open()
    portal.close()
    portal.close()


def test_importing_the_package_is_light() -> None:
    script = (
        "import sys, b24provision.local as local\n"
        "heavy = {'starlette', 'sqlite3', 'httpx', 'asyncio', 'uvicorn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "local.LocalPortal\n"
        "assert 'uvicorn' not in sys.modules\n"
        "shared = [name for name in sys.modules if name.startswith('b24provision.')"
        " and not name.startswith('b24provision.local')]\n"
        "assert not shared, shared\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_nothing_else_is_exported() -> None:
    assert [getattr(local, name).__name__ for name in local.__all__] == local.__all__
    with pytest.raises(AttributeError):
        _ = local.Nothing


@pytest.mark.parametrize(
    ("method", "description"),
    [
        ("entity.add", "Internal error adding entity. Try adding again."),
        ("entity.item.update", "Internal error updating entity item. Try updating again."),
        ("entity.section.delete", "Internal error deleting entity section. Try deleting again."),
        ("entity.item.property.add", "Internal error adding entity property. Try adding again."),
        ("profile", "Internal error. Try again."),
    ],
)
async def test_a_database_that_is_kept_busy_did_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, description: str
) -> None:
    monkeypatch.setattr("b24provision.local.store.BUSY_TIMEOUT_S", 0.0)
    path = tmp_path / "portal.sqlite3"
    with LocalPortal.open(path) as portal, LocalPortal.open(path) as other:
        async with client(portal) as http:
            caller = Caller(http, portal.issue_token().access_token)
            with other._state.store.transaction():
                body = await caller.refused(method, ENTITY="dish", NAME="Dishes")
            assert body == {"error": "ERROR_CORE", "error_description": description}
            assert await caller.call("entity.get") == []
