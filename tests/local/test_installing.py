"""An application's life on the portal, and the events its handler gets. portal-behaviour §9."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from b24provision.local import LocalPortal
from b24provision.local.php import parse_query

from .conftest import Caller

pytestmark = pytest.mark.anyio

IDENTITY = {
    "domain": "acme.example",
    "server_endpoint": "https://acme.example/oauth/rest/",
    "client_endpoint": "https://acme.example/rest/",
}
ENDPOINT = "https://acme.example/rest/"


async def test_install(portal: LocalPortal, http: httpx.AsyncClient) -> None:
    event = portal.install(endpoint=ENDPOINT)
    form = parse_query(event.form().decode())
    auth = form["auth"]
    assert (form["event"], form["ts"]) == ("ONAPPINSTALL", "1774435185")
    assert form["data"] == {"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"}
    assert await Caller(http, auth["access_token"]).call("profile")
    assert len(auth.pop("access_token")) == len(auth.pop("refresh_token")) == 32
    assert len(auth.pop("application_token")) == 32
    assert auth == IDENTITY | {
        "member_id": portal.member_id,
        "expires": "1774438785",
        "expires_in": "3600",
        "scope": "entity user",
        "status": "F",
        "user_id": "1",
    }


async def test_update(portal: LocalPortal) -> None:
    token = portal.install().auth["application_token"]
    event = portal.update(endpoint=ENDPOINT)
    assert event.name == "ONAPPUPDATE"
    assert event.data == {"VERSION": "2", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"}
    assert event.auth["application_token"] != token
    assert "refresh_token" in event.auth
    assert portal.update(version=7).data["VERSION"] == "7"


@pytest.mark.parametrize(
    ("status", "clean", "told", "left"), [("F", False, "0", 1), ("F", True, "1", 0), ("L", False, "1", 0)]
)
async def test_uninstall(
    portal: LocalPortal,
    http: httpx.AsyncClient,
    signed_in: Callable[..., Caller],
    status: str,
    clean: bool,
    told: str,
    left: int,
) -> None:
    portal.add_application("other", "secret", status=status)
    installed = portal.install(client_id="other").auth
    caller = signed_in(client_id="other")
    await caller.call("entity.add", ENTITY="dish", NAME="Dishes")
    event = portal.uninstall(client_id="other", clean=clean, endpoint=ENDPOINT)
    assert (event.name, event.data) == ("ONAPPUNINSTALL", {"LANGUAGE_ID": "en", "CLEAN": told})
    assert event.auth == IDENTITY | {
        "member_id": portal.member_id,
        "application_token": installed["application_token"],
    }
    assert await caller.code("profile") == "invalid_token"
    form = {"grant_type": "refresh_token", "client_id": "other", "client_secret": "secret"}
    answer = await http.post("/oauth/token/", data=form | {"refresh_token": installed["refresh_token"]})
    assert answer.json()["error"] == "invalid_grant"
    again = Caller(http, portal.install(client_id="other").auth["access_token"])
    assert len(await again.call("entity.get")) == left


def test_who_has_a_token_has_the_application(portal: LocalPortal) -> None:
    portal.uninstall()
    assert portal.issue_token().access_token


def test_unknown_applications_and_users(portal: LocalPortal) -> None:
    for call in (portal.install, portal.update, portal.uninstall):
        with pytest.raises(LookupError):
            call(client_id="nobody")
    with pytest.raises(LookupError):
        portal.install(user_id=99)


@pytest.fixture
def handler() -> Iterator[tuple[str, list[Any]]]:
    """Somebody's web server, and what it was sent."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            seen.append((self.headers["content-type"], dict(parse_qsl(body))))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_events_are_posted_as_forms(portal: LocalPortal, handler: tuple[str, list[Any]]) -> None:
    address, seen = handler
    assert portal.install().post(f"{address}/install") == 200
    ((kind, form),) = seen
    assert kind == "application/x-www-form-urlencoded"
    assert form["event"] == "ONAPPINSTALL"
    assert form["data[VERSION]"] == "1"
    assert form["auth[member_id]"] == portal.member_id
    with pytest.raises(OSError, match="500"):
        portal.install().post(f"{address}/broken")
    with pytest.raises(ValueError, match="http"):
        portal.install().post("file:///etc/passwd")
