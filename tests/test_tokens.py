"""Tokens: refreshed once, stored before they are used, never lost, and never in the output."""

import asyncio
import json
import stat
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from b24provision.rest.tokens import Token
from b24provision.targets.token_store import SqliteTokenStore
from tests.support import Served, run, serve, write

MANIFEST = "entities: {dish: {name: Dishes}}"


def oauth_environment(served: Served) -> dict[str, str]:
    portal = served.portal
    pair = portal.issue_token()
    return {
        "B24_ENDPOINT": served.endpoint,
        "B24_ACCESS_TOKEN": pair.access_token,
        "B24_REFRESH_TOKEN": pair.refresh_token,
        "B24_CLIENT_ID": portal.client_id,
        "B24_CLIENT_SECRET": portal.client_secret,
        "B24_OAUTH_URL": served.endpoint.replace("/rest/", "/oauth/token/"),
    }


def test_an_expired_token_is_refreshed_once_and_the_new_pair_stored(served: Served):
    write(MANIFEST)
    env = oauth_environment(served)
    served.portal.expire_tokens()
    first = run("plan", "-v", env=env)
    assert first.exit_code == 0, first.output
    second = run("plan", "-v", env=env)  # the environment still holds the spent pair
    assert second.exit_code == 0, second.output
    store = Path(".b24provision/tokens.sqlite3")
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    served.portal.expire_tokens()
    assert run("plan", env=env).exit_code == 0
    secrets = [env["B24_ACCESS_TOKEN"], env["B24_REFRESH_TOKEN"], env["B24_CLIENT_SECRET"]]
    assert not [secret for secret in secrets if secret in first.output + second.output]


def test_a_newer_pair_in_the_environment_wins_over_a_stored_one(served: Served):
    write(MANIFEST)
    env = oauth_environment(served)
    served.portal.expire_tokens()
    assert run("plan", env=env).exit_code == 0
    served.portal.revoke_all()
    assert run("plan", env=env).exit_code == 4
    assert run("plan", env=oauth_environment(served)).exit_code == 0


def test_a_spent_refresh_token_says_what_to_do(served: Served):
    write(MANIFEST)
    env = oauth_environment(served)
    served.portal.revoke_all()
    result = run("plan", env=env)
    assert result.exit_code == 4
    assert "install" in result.stderr.lower()


def test_an_access_token_alone_is_never_refreshed(served: Served):
    write(MANIFEST)
    env = served.environment()
    served.portal.expire_tokens()
    result = run("plan", env=env)
    assert result.exit_code == 4
    assert "expired" in result.stderr


def test_a_refresh_token_needs_the_application(served: Served):
    write(MANIFEST)
    env = oauth_environment(served)
    del env["B24_CLIENT_SECRET"]
    result = run("plan", env=env)
    assert result.exit_code == 3
    assert "client_secret" in result.stderr


def token_target(served: Served, tokens: list[str]) -> None:
    """A target whose command prints one token after the other."""
    Path("tokens.json").write_text(json.dumps(tokens), encoding="utf-8")
    Path("token.py").write_text(
        "import json, pathlib\n"
        "path = pathlib.Path('tokens.json')\n"
        "first, *rest = json.loads(path.read_text())\n"
        "path.write_text(json.dumps(rest or [first]))\n"
        "print(json.dumps({'access_token': first, 'member_id': 'm1'}))\n",
        encoding="utf-8",
    )
    Path("b24provision.toml").write_text(
        f"[targets.dev]\nendpoint = '{served.endpoint}'\ntoken_command = ['{sys.executable}', 'token.py']\n",
        encoding="utf-8",
    )
    write(MANIFEST)


def test_a_token_command_is_run_again_once_when_its_token_has_expired(served: Served):
    expired = served.portal.issue_token().access_token
    served.portal.expire_tokens()
    token_target(served, [expired, served.portal.issue_token().access_token])
    result = run("plan", "--target", "dev", "--format", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["target"]["member_id"] == "m1"
    assert not Path(".b24provision/tokens.sqlite3").exists()


def test_a_token_command_that_repeats_itself_is_told_so(served: Served):
    expired = served.portal.issue_token().access_token
    served.portal.expire_tokens()
    token_target(served, [expired])
    result = run("plan", "--target", "dev")
    assert result.exit_code == 4
    assert "token_command" in result.stderr


@pytest.mark.parametrize(
    ("command", "exit_code", "said"),
    [
        ("['no-such-program-here']", 3, "cannot be run"),
        (f"['{sys.executable}', '-c', 'print(1)']", 3, "access_token"),
        (f"['{sys.executable}', '-c', 'print()']", 3, "JSON"),
        (f"['{sys.executable}', '-c', 'raise SystemExit(9)']", 4, "exit code 9"),
    ],
)
def test_a_token_command_that_fails_is_told_so(served: Served, command: str, exit_code: int, said: str):
    Path("b24provision.toml").write_text(
        f"[targets.dev]\nendpoint = '{served.endpoint}'\ntoken_command = {command}\n", encoding="utf-8"
    )
    write(MANIFEST)
    result = run("plan", "--target", "dev")
    assert (result.exit_code, said in result.stderr) == (exit_code, True), result.output


def test_a_target_pinned_to_another_portal_is_refused(served: Served):
    token_target(served, [served.portal.issue_token().access_token])
    with Path("b24provision.toml").open("a", encoding="utf-8") as file:
        file.write("member_id = 'm2'\n")
    result = run("plan", "--target", "dev")
    assert result.exit_code == 6
    assert served.portal.request_count == 0


def test_the_store_excludes_other_processes_while_it_is_locked(tmp_path: Path):
    def store() -> SqliteTokenStore:
        return SqliteTokenStore(tmp_path / "tokens.sqlite3", client_id="app", host="host")

    async def both() -> list[str]:
        order: list[str] = []
        inside = asyncio.Event()

        async def first() -> None:
            mine = store()
            async with mine.lock():
                inside.set()
                order.append("first in")
                await mine.save(Token("a1", refresh_token="r1"))
                order.append("first out")

        async def second() -> None:
            await inside.wait()
            mine = store()
            async with mine.lock():
                found = await mine.load()
                order.append(f"second finds {found.refresh_token if found else None}")

        await asyncio.gather(first(), second())
        return order

    assert asyncio.run(both()) == ["first in", "first out", "second finds r1"]


def test_a_pair_follows_the_portal_to_another_address(tmp_path: Path):
    path = tmp_path / "tokens.sqlite3"

    async def move() -> Token | None:
        old = SqliteTokenStore(path, client_id="app", host="old", member_id="m")
        await old.save(Token("a1", refresh_token="r1", member_id="m"))
        new = SqliteTokenStore(path, client_id="app", host="new", member_id="m")
        assert (await new.load()) is not None
        await new.save(Token("a2", refresh_token="r2", member_id="m"))
        return await old.load()

    found = asyncio.run(move())
    assert found is not None
    assert found.refresh_token == "r2"


@pytest.mark.parametrize(
    ("answer", "exit_code"), [({"install": {"member_id": "m1"}}, 0), ({"install": {}}, 6), ({}, 6)]
)
def test_whose_token_it_is_is_asked_of_the_authorisation_server(
    served: Served, answer: object, exit_code: int
):
    async def authorisation_server(request: Request) -> JSONResponse:
        assert (await request.json())["auth"] == env["B24_ACCESS_TOKEN"]
        return JSONResponse({"result": answer})

    env = served.environment()
    write(MANIFEST)
    with serve(Starlette(routes=[Route("/rest/app.info", authorisation_server, methods=["POST"])])) as other:
        Path("b24provision.toml").write_text(
            f"[targets.dev]\nendpoint = '{served.endpoint}'\naccess_token = '${{B24_ACCESS_TOKEN}}'\nmember_id = 'm1'\n"
            f"oauth_url = '{other.replace('/rest/', '/oauth/token/')}'\n",
            encoding="utf-8",
        )
        result = run("plan", "--target", "dev", env=env)
    assert result.exit_code == exit_code, result.output
    assert served.portal.request_count == (1 if exit_code == 0 else 0)
