"""Getting, showing and forgetting tokens at the command line."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from b24provision.errors import InputError, StaleError
from b24provision.targets.login import login_address, read_code
from b24provision.targets.pasted import read_pasted
from b24provision.targets.target import Target
from tests.support import Served, run, write

TARGET = Target(name="dev", endpoint="https://acme.bitrix24.com/rest/", client_id="app.1", client_secret="s")


@pytest.mark.parametrize(
    "pasted",
    [
        '{"access_token": "a", "refresh_token": "r", "expires_in": "3600", "domain": "acme.bitrix24.com", "member_id": "m"}',
        (
            '{"event": "ONAPPINSTALL", "data": {"VERSION": "1"}, "auth": {"access_token": "a", "refresh_token": "r",'
            ' "client_endpoint": "https://acme.bitrix24.com/rest/", "member_id": "m", "application_token": "x"}}'
        ),
        (
            "event=ONAPPINSTALL&auth%5Baccess_token%5D=a&auth%5Brefresh_token%5D=r&auth%5Bmember_id%5D=m"
            "&auth%5Bclient_endpoint%5D=https%3A%2F%2Facme.bitrix24.com%2Frest%2F"
        ),
        (
            '{"applicationToken": "x", "userId": 1, "memberId": "m", "accessToken": "a", "refreshToken": "r",'
            ' "expires": 1800000000000, "clientEndpoint": "https://acme.bitrix24.com/rest/", "domain": "acme.bitrix24.com"}'
        ),
        "<?php return ['access_token' => 'a', 'refresh_token' => 'r', 'domain' => 'acme.bitrix24.com', 'member_id' => 'm'];",
        '{"domain": "acme.bitrix24.com", "auth_token": "a", "refresh_token": "r", "member_id": "m"}',
        "AUTH_ID=a&AUTH_EXPIRES=3600&REFRESH_ID=r&member_id=m&DOMAIN=acme.bitrix24.com",
        "access_token=a\nrefresh_token='r'\nmember_id=m\ndomain=acme.bitrix24.com\n",
    ],
)
def test_what_other_programs_write_down_is_understood(pasted: str):
    token = read_pasted(pasted)
    assert (token.access_token, token.refresh_token, token.member_id, token.endpoint) == (
        "a",
        "r",
        "m",
        "https://acme.bitrix24.com/rest/",
    )


def test_moments_are_told_from_lifetimes():
    assert read_pasted('{"access_token": "a", "expires": 3600}').expires_at is None
    assert read_pasted('{"access_token": "a", "expires": 1800000000}').expires_at == 1.8e9
    assert read_pasted('{"access_token": "a", "expires": 1800000000000}').expires_at == 1.8e9


@pytest.mark.parametrize("pasted", ["", "hello", "{}", "[]", '{"auth": {}}', "access_token="])
def test_what_holds_no_token_is_said_so(pasted: str):
    with pytest.raises(InputError, match="no access token"):
        read_pasted(pasted)


def test_a_code_is_taken_from_the_address_or_as_it_is():
    assert login_address(TARGET, "st").startswith(
        "https://acme.bitrix24.com/oauth/authorize/?client_id=app.1&"
    )
    for pasted in (
        "c0de",
        " c0de\n",
        "https://app.example/?code=c0de&state=st&member_id=m",
        "?code=c0de&state=st",
    ):
        assert read_code(pasted, TARGET, "st") == "c0de"


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "Nothing"),
        ("https://app.example/?state=st", "no code"),
        ("https://app.example/?code=c&state=other", "another login"),
        ("https://app.example/?error=access_denied", "access_denied"),
    ],
)
def test_an_address_that_does_not_fit_is_refused(pasted: str, said: str):
    with pytest.raises(InputError, match=said):
        read_code(pasted, TARGET, "st")


def test_a_login_to_another_portal_is_refused():
    pinned = Target(name="dev", endpoint="https://acme.bitrix24.com/rest/", member_id="m1")
    with pytest.raises(StaleError):
        read_code("https://app.example/?code=c&state=st&member_id=m2", pinned, "st")


def application(served: Served) -> dict[str, str]:
    portal = served.portal
    Path("b24provision.toml").write_text(
        f'default_target = "dev"\n[targets.dev]\nendpoint = "{served.endpoint}"\nclient_id = "{portal.client_id}"\n'
        f'client_secret = "${{SECRET}}"\noauth_url = "{served.endpoint.replace("/rest/", "/oauth/token/")}"\n',
        encoding="utf-8",
    )
    write("entities: {dish: {name: Dishes}}")
    return {"SECRET": portal.client_secret}


def pasted_token(served: Served) -> str:
    pair = served.portal.issue_token()
    return json.dumps(
        {"access_token": pair.access_token, "refresh_token": pair.refresh_token, "member_id": "m1"}
    )


def test_an_imported_access_token_is_used_and_never_refreshed(served: Served):
    env = application(served)
    assert run("plan", env=env).exit_code == 3
    imported = run("auth", "import", "-", env=env, answer=pasted_token(served))
    assert (imported.exit_code, "without a refresh token" in imported.stdout) == (0, True)
    assert run("plan", env=env).exit_code == 0
    served.portal.expire_tokens()
    assert run("plan", env=env).exit_code == 4


def test_a_pair_is_taken_over_only_when_asked(served: Served):
    env = application(served)
    run("auth", "import", "-", "--take-over", env=env, answer=pasted_token(served))
    served.portal.expire_tokens()
    assert run("plan", env=env).exit_code == 0
    status = run("auth", "status", env=env)
    assert f"Member {served.portal.member_id}, user 1" in status.stdout  # as the refresh told
    assert "renewed when needed" in status.stdout
    assert run("auth", "logout", env=env).stdout.startswith("Forgot")
    assert run("auth", "logout", env=env).stdout.startswith("No token")
    assert run("plan", env=env).exit_code == 3


def test_nothing_secret_is_shown(served: Served):
    env = application(served)
    text = pasted_token(served)
    shown = run("auth", "import", "-", "--take-over", env=env, answer=text).output
    shown += run("auth", "status", env=env).output
    assert not [
        value for value in (*json.loads(text).values(), *env.values()) if value in shown and value != "m1"
    ]


def test_logging_in_needs_an_application():
    write("entities: {dish: {name: Dishes}}")
    result = run("auth", "login", "--target", "local", "--code", "c")
    assert (result.exit_code, "client_secret" in result.stderr) == (3, True)


def redirected(address: str) -> str:
    """Open an address as a browser would, and give where it leads to."""
    parts = urlsplit(address)
    with closing(HTTPConnection(parts.hostname or "", parts.port)) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().getheader("Location") or ""


def test_logging_in_stores_a_pair_that_is_renewed(served: Served):
    served.portal.add_application(
        served.portal.client_id, served.portal.client_secret, address="https://app.example/handler"
    )
    env = application(served)
    target = Target(name="dev", endpoint=served.endpoint, client_id=served.portal.client_id)
    leads_to = redirected(login_address(target, "anything"))
    assert leads_to.startswith("https://app.example/handler")
    code = parse_qs(urlsplit(leads_to).query)["code"][0]
    done = run("auth", "login", "--code", code, env=env)
    assert (done.exit_code, done.stdout.startswith("Logged in to 127.0.0.1: member ")) == (0, True), (
        done.output
    )
    assert run("plan", env=env).exit_code == 0
    served.portal.expire_tokens()
    assert run("plan", env=env).exit_code == 0
    spent = run("auth", "login", "--code", code, env=env)
    assert (spent.exit_code, "30 seconds" in spent.stderr) == (4, True)


def test_a_stored_pair_is_not_overwritten_by_less(served: Served):
    env = application(served)
    run("auth", "import", "-", "--take-over", env=env, answer=pasted_token(served))
    refused = run("auth", "import", "-", env=env, answer=pasted_token(served))
    assert (refused.exit_code, "would be lost" in refused.stderr) == (3, True)
    served.portal.expire_tokens()
    assert run("plan", env=env).exit_code == 0
