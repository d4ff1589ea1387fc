"""Calling a method: addresses, bodies, tokens, envelopes. portal-behaviour §1."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from b24provision.local import LocalPortal

from .conftest import Caller, Clock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path",
    ["profile", "profile.json", "/profile", "Profile", "PROFILE.JSON", "profile/"],
)
async def test_a_method_has_many_addresses(portal: LocalPortal, http: httpx.AsyncClient, path: str) -> None:
    token = portal.issue_token().access_token
    for response in (
        await http.post(f"/rest/{path}", json={"auth": token}),
        await http.get(f"/rest/{path}", params={"auth": token}),
    ):
        assert response.status_code == 200
        assert response.json()["result"]["ID"] == "1"


async def test_a_token_travels_in_body_query_form_or_header(
    portal: LocalPortal, http: httpx.AsyncClient
) -> None:
    token = portal.issue_token().access_token
    for response in (
        await http.post("/rest/profile", json={"auth": token}),
        await http.post("/rest/profile", params={"auth": token}),
        await http.post("/rest/profile", data={"auth": token}),
        await http.post("/rest/profile", headers={"Authorization": f"Bearer {token}"}),
        await http.get("/rest/profile", headers={"authorization": f"bearer {token}"}),
    ):
        assert response.json()["result"]["ADMIN"] is True


async def test_parameters_come_from_query_form_and_json(admin: Caller, http: httpx.AsyncClient) -> None:
    auth = {"auth": admin.token}
    await http.post(
        "/rest/entity.add", params=auth, data={"ENTITY": "form", "NAME": "Form", "ACCESS[AU]": "R"}
    )
    await http.get(
        "/rest/entity.add?ENTITY=query&NAME=Query&ACCESS[AU]=W", params=None, headers=bearer(admin)
    )
    await http.post("/rest/entity.add?ENTITY=lost&NAME=Query", json={"ENTITY": "body"} | auth)
    assert [(each["ENTITY"], each["NAME"]) for each in await admin.call("entity.get")] == [
        ("form", "Form"),
        ("query", "Query"),
        ("body", "Query"),
    ]
    assert await admin.call("entity.rights", ENTITY="form") == {"AU": "R", "U1": "X"}
    assert await admin.call("entity.rights", ENTITY="query") == {"AU": "W", "U1": "X"}


def bearer(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"}


async def test_success_carries_a_time_block(admin: Caller) -> None:
    body = await admin.send("server.time")
    assert body == {
        "result": "2026-03-25T13:39:45+03:00",
        "time": {
            "start": 1774435185.5,
            "finish": 1774435185.5,
            "duration": 0.0,
            "processing": 0.0,
            "date_start": "2026-03-25T13:39:45+03:00",
            "date_finish": "2026-03-25T13:39:45+03:00",
            "operating_reset_at": 1774435785,
            "operating": 0,
        },
    }


async def test_failure_is_a_code_a_description_and_more(admin: Caller) -> None:
    assert await admin.refused("entity.add") == {
        "error": "ERROR_ARGUMENT",
        "error_description": "Argument 'ENTITY' is null or empty",
        "argument": "ENTITY",
    }
    assert admin.statuses == [400]


@pytest.mark.parametrize("method", ["nothing.here", "profile.json.json", "a/b/c/d", "a/b", ""])
async def test_an_unknown_method(admin: Caller, method: str) -> None:
    assert await admin.refused(method) == {
        "error": "ERROR_METHOD_NOT_FOUND",
        "error_description": "Method not found!",
    }
    assert admin.statuses == [404]


async def test_authorisation_failures(portal: LocalPortal, http: httpx.AsyncClient, clock: Clock) -> None:
    nobody, stranger = Caller(http), Caller(http, "0" * 32)
    assert (await nobody.refused("profile"))["error"] == "NO_AUTH_FOUND"
    assert (await stranger.refused("profile"))["error"] == "invalid_token"
    late = Caller(http, portal.issue_token().access_token)
    clock.now += 3600
    assert (await late.refused("profile"))["error"] == "expired_token"
    assert nobody.statuses + stranger.statuses + late.statuses == [401, 401, 401]


async def test_a_missing_scope(portal: LocalPortal, signed_in: Callable[..., Caller]) -> None:
    portal.add_application("other", "secret", scopes=("user",))
    caller = signed_in(client_id="other")
    assert (await caller.refused("entity.get"))["error"] == "insufficient_scope"
    assert caller.statuses == [403]
    assert await caller.call("scope") == ["user"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'"text"', "application/json"),
        (b"3", "application/json; charset=utf-8"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a": "\\ud800"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"--x--", "multipart/form-data; boundary=x"),
    ],
)
async def test_a_body_that_cannot_be_understood(http: httpx.AsyncClient, body: bytes, kind: str) -> None:
    response = await http.post("/rest/profile", content=body, headers={"Content-Type": kind})
    assert 400 <= response.status_code < 500
    assert response.json()["error"] == "INVALID_REQUEST"


async def test_an_empty_array_is_an_empty_body(admin: Caller, http: httpx.AsyncClient) -> None:
    response = await http.post("/rest/profile", json=[], headers=bearer(admin))
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("entity.add", {"ENTITY": "dish", "NAME": "Dishes"}),
        ("entity.get", {}),
        ("entity.rights", {"ENTITY": "dish"}),
        ("entity.item.property.get", {"ENTITY": "dish"}),
        ("entity.item.get", {"ENTITY": "dish"}),
        ("entity.section.get", {"ENTITY": "dish"}),
        ("app.option.get", {}),
        ("app.option.set", {"options": {"a": 1}}),
        ("app.info", {}),
    ],
)
@pytest.mark.parametrize("scopes", [("entity", "user"), ()])
async def test_a_webhook_has_no_application(
    portal: LocalPortal, http: httpx.AsyncClient, method: str, params: dict[str, Any], scopes: tuple[str, ...]
) -> None:
    portal.add_webhook(1, "c0de", scopes=scopes)
    webhook = Caller(http, prefix="/rest/1/c0de/")
    body = await webhook.refused(method, **params)
    assert body == {
        "error": "ACCESS_DENIED",
        "error_description": "Access denied! Application context required",
    }
    assert webhook.statuses == [403]


async def test_a_webhook_calls_in_its_users_name(portal: LocalPortal, http: httpx.AsyncClient) -> None:
    portal.add_user(7, name="Anna Smith")
    portal.add_webhook(7, "c0de", scopes=("user",))
    webhook = Caller(http, prefix="/rest/7/c0de/")
    assert (await webhook.call("profile"))["NAME"] == "Anna"
    assert (await webhook.call("user.current.json"))["ID"] == "7"
    answers = await webhook.batch({"me": "profile", "all": "entity.get"})
    assert answers["result"]["me"]["ID"] == "7"
    assert (
        answers["result_error"]["all"]["error_description"] == "Access denied! Application context required"
    )


@pytest.mark.parametrize("prefix", ["/rest/1/wrong/", "/rest/2/c0de/"])
async def test_a_wrong_webhook(portal: LocalPortal, http: httpx.AsyncClient, prefix: str) -> None:
    portal.add_webhook(1, "c0de")
    assert (await Caller(http, prefix=prefix).refused("profile"))["error"] == "NO_AUTH_FOUND"


async def test_names_of_parameters_are_compared_without_case(admin: Caller) -> None:
    await admin.call("entity.add", entity="dish", Name="Dishes", access={"AU": "R"})
    assert await admin.call("entity.rights", entity="dish") == {"AU": "R", "U1": "X"}
