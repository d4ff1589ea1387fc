"""What somebody might try: other files, other statements, other headers, other people's data. All of it gets 4xx."""

from collections.abc import Callable

import httpx
import pytest

from b24provision.local import LocalPortal

from .conftest import Caller

pytestmark = pytest.mark.anyio

SECRET = "0" * 32
ADDRESSES = [
    "/upload/../../etc/passwd",
    "/upload/..%2f..%2fetc/passwd",
    "/upload/%2e%2e/%2e%2e/etc/passwd",
    f"/upload/{SECRET}/../../../etc/passwd",
    f"/upload/{SECRET}/..%2F..%2Fportal.sqlite3",
    f"/upload/{SECRET}/%00",
    "/upload/' OR 1=1 --/a",
    "/upload/%25/a",
    "/upload/_/a",
    "/upload//a",
    "/static/../store.py",
    "/..%2f..%2fstore.py",
    "/storages/1%20OR%201=1",
    "/storages/-1",
    "/storages/99999999999999999999999999",
    "/storages/1/items/1;DROP TABLE items",
    "/style.css/../../pyproject.toml",
    "/rest/../../etc/passwd",
    "/rest/%2e%2e/%2e%2e/etc/passwd",
    "/rest/1/' OR '1'='1/profile",
    "/rest/1/%25/profile",
    "/rest/1 OR 1=1/c0de/profile",
    "/rest/entity.get'; DROP TABLE storages; --",
    "/rest/__init__",
    "/rest/entity.__class__",
    "/oauth/authorize/?client_id=' OR 1=1 --",
    "/control/state",
    "/control/faults",
    "/docs",
    "/openapi.json",
    "/.git/config",
    "/.env",
]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_addresses(portal: LocalPortal, http: httpx.AsyncClient, admin: Caller, address: str) -> None:
    portal.add_webhook(1, "c0de")
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    before = portal.export_state()
    request = httpx.Request("GET", "http://local/", headers=[("Authorization", f"Bearer {admin.token}")])
    request.url = request.url.copy_with(raw_path=address.replace(" ", "%20").encode())
    response = await http.send(request)
    assert 400 <= response.status_code < 500, response.text
    assert "Traceback" not in response.text
    assert portal.export_state() == before


TOKENS = [
    "' OR '1'='1",
    "%",
    "_" * 32,
    "\0",
    "x' UNION SELECT token FROM access_tokens --",
    "..",
    "\ud7ff" * 9,
]


@pytest.mark.parametrize("token", TOKENS)
async def test_tokens(http: httpx.AsyncClient, token: str) -> None:
    for path in ("/rest/profile", "/oauth/rest/app.info"):
        response = await http.post(path, json={"auth": token})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    form = {"grant_type": "refresh_token", "client_id": token, "client_secret": token, "refresh_token": token}
    response = await http.post("/oauth/token/", data=form)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


STATEMENTS = ["x'; DROP TABLE items; --", "1) OR (1=1", '"; DELETE FROM items; --', "x' UNION SELECT 1 --"]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("entity.get", "ENTITY"),
        ("entity.update", "ENTITY"),
        ("entity.delete", "ENTITY"),
        ("entity.item.get", "ENTITY"),
        ("entity.item.delete", "ENTITY"),
        ("entity.item.property.get", "PROPERTY"),
        ("entity.item.property.delete", "PROPERTY"),
        ("entity.section.delete", "ID"),
        ("entity.item.property.add", "TYPE"),
        ("entity.item.add", "DATE_ACTIVE_FROM"),
    ],
)
async def test_statements(portal: LocalPortal, admin: Caller, method: str, name: str, statement: str) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    before = portal.export_state()
    params = {"ENTITY": "dish", "PROPERTY": "p", "NAME": "N", "ID": 99} | {name: statement}
    await admin.refused(method, **params)
    assert 400 <= admin.statuses[-1] < 500
    assert portal.export_state() == before


async def test_header_injection(portal: LocalPortal, http: httpx.AsyncClient) -> None:
    """What ends up in a header is encoded; what cannot be is refused."""
    portal.add_application("mine", "secret", address="https://app.example/")
    query = {"client_id": "mine", "state": "x\r\nSet-Cookie: a=b"}
    response = await http.get("/oauth/authorize/", params=query)
    assert "set-cookie" not in response.headers
    assert "%0D%0ASet-Cookie" in response.headers["location"]
    for name in ("client_id", "user_id"):
        response = await http.get("/oauth/authorize/", params=query | {name: "mine\r\nSet-Cookie: a=b"})
        assert (response.status_code, "set-cookie" in response.headers) == (400, False)
    portal.faults.add("moved", to="https://new.example")
    response = await http.get("/rest/x%0d%0aSet-Cookie:a=b")
    assert "set-cookie" not in response.headers


async def test_a_file_s_name_stays_a_name(admin: Caller, http: httpx.AsyncClient) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    await admin.call("entity.item.property.add", ENTITY="dish", PROPERTY="f", NAME="F", TYPE="F")
    for name in ("../../etc/passwd", "..\\..\\boot.ini", "a\r\nSet-Cookie: x", "\0", "<script>"):
        values = {"f": [name, "AAAA"]}
        item = await admin.call("entity.item.add", ENTITY="dish", NAME="x", PROPERTY_VALUES=values)
        (shown,) = await admin.call("entity.item.get", ENTITY="dish", FILTER={"ID": item})
        address = shown["PROPERTY_VALUES"]["f"]
        assert ".." not in address
        response = await http.get(address)
        assert (response.status_code, "set-cookie" in response.headers) == (200, False)


async def test_two_applications_do_not_meet(
    portal: LocalPortal, admin: Caller, signed_in: Callable[..., Caller]
) -> None:
    portal.add_application("other", "secret")
    other = signed_in(client_id="other")
    for caller, name in ((admin, "Mine"), (other, "Theirs")):
        await caller.call("entity.add", ENTITY="dish", NAME=name)
        await caller.call("entity.item.property.add", ENTITY="dish", PROPERTY="p", NAME=name)
        await caller.call("entity.item.add", ENTITY="dish", NAME=name)
    await other.call("entity.add", ENTITY="secret", NAME="Theirs")
    assert await admin.code("entity.item.get", ENTITY="secret") == "ERROR_ENTITY_NOT_FOUND"
    assert [each["NAME"] for each in await admin.call("entity.get")] == ["Mine"]
    assert [each["NAME"] for each in await admin.call("entity.item.get", ENTITY="dish")] == ["Mine"]
    assert await admin.code("entity.item.delete", ENTITY="dish", ID=2) == "ERROR_ITEM_NOT_FOUND"
    await admin.call("entity.delete", ENTITY="dish")
    assert [each["NAME"] for each in await other.call("entity.item.get", ENTITY="dish")] == ["Theirs"]


async def test_a_reader_cannot_write(
    portal: LocalPortal, admin: Caller, signed_in: Callable[..., Caller]
) -> None:
    portal.add_user(7)
    anna = signed_in(7)
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes", ACCESS={"U7": "R"})
    await admin.call("entity.item.add", ENTITY="dish", NAME="Soup")
    assert len(await anna.call("entity.item.get", ENTITY="dish")) == 1
    for method, params in (
        ("entity.item.add", {"NAME": "Stew"}),
        ("entity.item.update", {"ID": 1, "NAME": "Stew"}),
        ("entity.item.delete", {"ID": 1}),
        ("entity.section.add", {"NAME": "S"}),
        ("entity.rights", {"ACCESS": {"U7": "X"}}),
        ("entity.delete", {}),
    ):
        assert await anna.code(method, ENTITY="dish", **params) == "ACCESS_DENIED"
        answers = await anna.batch([f"{method}?ENTITY=dish&NAME=x&ID=1&ACCESS[U7]=X"])
        assert answers["result_error"][0]["error"] == "ACCESS_DENIED"
    assert [item["NAME"] for item in await admin.call("entity.item.get", ENTITY="dish")] == ["Soup"]


async def test_a_foreign_token_is_refused(http: httpx.AsyncClient) -> None:
    with LocalPortal.open() as elsewhere:
        stranger = Caller(http, elsewhere.issue_token().access_token)
        assert await stranger.code("profile") == "invalid_token"
        assert stranger.statuses == [401]
