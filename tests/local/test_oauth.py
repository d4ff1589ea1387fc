"""Tokens and their renewal. portal-behaviour §7."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from b24provision.local import LocalPortal

from .conftest import Caller, Clock

pytestmark = pytest.mark.anyio


@pytest.fixture
def form(portal: LocalPortal) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "refresh_token": portal.issue_token().refresh_token,
    }


@pytest.mark.parametrize("path", ["/oauth/token/", "/oauth/token"])
@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_a_refresh_token_gives_a_new_pair(
    portal: LocalPortal, http: httpx.AsyncClient, form: dict[str, str], verb: str, path: str
) -> None:
    where: dict[str, Any] = {"params": form} if verb == "GET" else {"data": form}
    body = (await http.request(verb, path, **where)).json()
    tokens = {body.pop("access_token"), body.pop("refresh_token"), form["refresh_token"]}
    assert len(tokens) == 3
    assert body == {
        "expires": 1774438785,
        "expires_in": 3600,
        "client_endpoint": "http://local/rest/",
        "server_endpoint": "http://local/oauth/rest/",
        "domain": "oauth.local",
        "member_id": portal.member_id,
        "scope": "entity,user",
        "status": "F",
        "user_id": 1,
    }


async def test_the_new_pair_works_and_the_old_refresh_token_is_spent(
    http: httpx.AsyncClient, form: dict[str, str]
) -> None:
    first = (await http.post("/oauth/token/", data=form)).json()
    assert (await Caller(http, first["access_token"]).call("profile"))["ID"] == "1"
    again = await http.post("/oauth/token/", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    second = await http.post("/oauth/token/", data=form | {"refresh_token": first["refresh_token"]})
    assert second.status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"refresh_token": "guess"}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "invalid_request"),
    ],
)
async def test_refusals_spend_nothing(
    http: httpx.AsyncClient, form: dict[str, str], wrong: dict[str, str], status: int, code: str
) -> None:
    response = await http.post("/oauth/token/", data=form | wrong)
    assert (response.status_code, response.json()["error"]) == (status, code)
    assert (await http.post("/oauth/token/", data=form)).status_code == 200


async def test_a_refresh_token_belongs_to_its_application(
    portal: LocalPortal, http: httpx.AsyncClient, form: dict[str, str]
) -> None:
    portal.add_application("other", "secret")
    response = await http.post("/oauth/token/", data=form | {"client_id": "other", "client_secret": "secret"})
    assert response.json()["error"] == "invalid_grant"


async def test_lifetimes(
    portal: LocalPortal, http: httpx.AsyncClient, form: dict[str, str], clock: Clock
) -> None:
    tokens = portal.issue_token()
    caller = Caller(http, tokens.access_token)
    assert (tokens.expires_in, tokens.expires_at) == (3600, clock.now + 3600)
    clock.now += 3599
    assert await caller.code("profile") == ""
    clock.now += 1
    assert await caller.code("profile") == "expired_token"
    clock.now += 180 * 24 * 3600
    assert (await http.post("/oauth/token/", data=form)).json()["error"] == "invalid_grant"


async def test_expiring_spares_refresh_tokens(
    portal: LocalPortal, http: httpx.AsyncClient, admin: Caller, form: dict[str, str]
) -> None:
    portal.expire_tokens()
    assert await admin.code("profile") == "expired_token"
    assert (await http.post("/oauth/token/", data=form)).status_code == 200
    assert await Caller(http, portal.issue_token().access_token).code("profile") == ""


async def test_revoking(portal: LocalPortal, http: httpx.AsyncClient, form: dict[str, str]) -> None:
    first, second = portal.issue_token(), portal.issue_token()
    portal.revoke(first.access_token)
    assert await Caller(http, first.access_token).code("profile") == "invalid_token"
    assert await Caller(http, second.access_token).code("profile") == ""
    portal.revoke(form["refresh_token"])
    assert (await http.post("/oauth/token/", data=form)).json()["error"] == "invalid_grant"
    portal.revoke_all()
    assert await Caller(http, second.access_token).code("profile") == "invalid_token"


async def test_the_endpoint_is_where_the_portal_was_reached(
    portal: LocalPortal, form: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(portal.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://acme.example:8443") as http:
        body = (await http.post("/oauth/token/", data=form)).json()
    assert body["client_endpoint"] == "https://acme.example:8443/rest/"


async def test_the_authorisation_server_vouches_for_a_token(
    portal: LocalPortal, http: httpx.AsyncClient, signed_in: Callable[..., Caller]
) -> None:
    portal.add_user(7)
    token = signed_in(7).token
    body = (await http.get("/oauth/rest/app.info", params={"auth": token})).json()
    assert body["result"] == {
        "client_id": portal.client_id,
        "scope": "entity,user",
        "expires": 1774438785,
        "user_id": 7,
        "install": {
            "installed": True,
            "version": 1,
            "status": "F",
            "scope": "entity,user",
            "domain": "local",
            "client_endpoint": "http://local/rest/",
            "member_id": portal.member_id,
            "member_type": "local",
        },
    }
    refused = await http.get("/oauth/rest/app.info", params={"auth": "guess"})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


async def test_a_code_brings_the_user_back_to_the_application(
    portal: LocalPortal, http: httpx.AsyncClient, clock: Clock
) -> None:
    portal.add_user(7)
    portal.add_application("mine", "s3cret", address="https://app.example/back?x=1")
    query = {"client_id": "mine", "state": "a&b", "user_id": "7"}
    response = await http.get("/oauth/authorize/", params=query)
    address, _, told = response.headers["location"].partition("&")
    back = dict(parse_qsl(told))
    assert (response.status_code, address) == (302, "https://app.example/back?x=1")
    code = back.pop("code")
    assert back == {
        "state": "a&b",
        "domain": "local",
        "member_id": portal.member_id,
        "scope": "entity,user",
        "server_domain": "oauth.local",
    }
    form = {"grant_type": "authorization_code", "client_id": "mine", "client_secret": "s3cret", "code": code}
    wrong = await http.post("/oauth/token/", data=form | {"client_secret": "guess"})
    assert wrong.json()["error"] == "invalid_client"
    clock.now += 29
    tokens = (await http.get("/oauth/token/", params=form)).json()
    assert (await Caller(http, tokens["access_token"]).call("profile"))["ID"] == "7"
    assert (await http.get("/oauth/token/", params=form)).json()["error"] == "invalid_grant"


async def test_a_code_lives_thirty_seconds(
    portal: LocalPortal, http: httpx.AsyncClient, form: dict[str, str], clock: Clock
) -> None:
    response = await http.get("/oauth/authorize", params={"client_id": portal.client_id})
    (code,) = re.findall("<pre>([0-9a-f]{32})</pre>", response.text)  # the application has no address
    clock.now += 30
    late = form | {"grant_type": "authorization_code", "code": code}
    assert (await http.post("/oauth/token/", data=late)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("query", [{}, {"client_id": "<b>nobody"}, {"user_id": "99"}])
async def test_access_that_cannot_be_granted(
    portal: LocalPortal, http: httpx.AsyncClient, query: dict[str, str]
) -> None:
    if "user_id" in query:
        query = query | {"client_id": portal.client_id}
    response = await http.get("/oauth/authorize/", params=query)
    assert response.status_code == 400
    assert "<b>" not in response.text


async def test_an_application_that_is_gone_is_granted_nothing(
    portal: LocalPortal, http: httpx.AsyncClient
) -> None:
    portal.uninstall()
    response = await http.get("/oauth/authorize/", params={"client_id": portal.client_id})
    assert response.status_code == 400


def test_old_tokens_are_forgotten(portal: LocalPortal, clock: Clock) -> None:
    def kept(table: str) -> int:
        with portal._state.store.reading() as db:
            return int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608

    for _ in range(1_010):
        clock.now += 1
        last = portal.issue_token()
    assert kept("access_tokens") == kept("refresh_tokens") == 1_000
    clock.now += 2 * 24 * 3600
    portal.issue_token()
    assert (kept("access_tokens"), kept("refresh_tokens")) == (1, 1_000)
    assert last.refresh_token
