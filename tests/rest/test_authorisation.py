"""The authorisation server: what is sent there, what is read of its answer, and what its refusals say to do."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from b24provision.errors import AuthError, UnreachableError
from b24provision.rest import AuthorisationServer, Token
from tests.rest.virtual import now
from tests.rest.wire import ENDPOINT, GRANT, LOST, NOT_SENT, UNIX, answer, html, refusal, wire

pytestmark = pytest.mark.anyio

OLD = Token("access-old", refresh_token="refresh-old", endpoint=ENDPOINT, member_id="m1", scope="entity")
NEW = Token(
    "access-new",
    refresh_token="refresh-new",
    expires_at=UNIX + 3600,
    endpoint=ENDPOINT,
    member_id="m1",
    user_id="7",
    scope="entity,user",
)


def server(transport: Any, **options: Any) -> AuthorisationServer:
    return AuthorisationServer(
        client_id="local.app",
        client_secret="client-hush",
        transport=transport,
        clock=lambda: UNIX + now(),
        **options,
    )


async def test_a_code_is_exchanged_with_a_form():
    transport = wire(answer(GRANT))
    assert await server(transport).exchange("c0de-hush") == NEW
    [request] = transport.requests
    assert (request.method, request.url) == ("POST", "https://oauth.bitrix.info/oauth/token/")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["authorization_code"],
        "client_id": ["local.app"],
        "client_secret": ["client-hush"],
        "code": ["c0de-hush"],
    }


async def test_a_refresh_token_is_exchanged_with_a_form():
    transport = wire(answer(GRANT))
    assert await server(transport, url="https://own.example/oauth/token/").refresh(OLD) == NEW
    [request] = transport.requests
    assert (request.method, request.url) == ("POST", "https://own.example/oauth/token/")
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["local.app"],
        "client_secret": ["client-hush"],
        "refresh_token": ["refresh-old"],
    }


async def test_what_the_answer_leaves_out_stays_as_it_was():
    fresh = await server(wire(answer({"access_token": "a2", "expires_in": "600"}))).refresh(OLD)
    assert fresh == Token(
        "a2",
        refresh_token="refresh-old",
        expires_at=UNIX + 600,
        endpoint=ENDPOINT,
        member_id="m1",
        scope="entity",
    )


async def test_of_a_login_what_the_answer_leaves_out_is_unknown():
    fresh = await server(wire(answer({"access_token": "a2"}))).exchange("c0de-hush")
    assert fresh == Token("a2", expires_at=UNIX + 3600)


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (
            refusal("invalid_grant"),
            "invalid_grant",
            "The code is spent or older than 30 seconds: log in again",
        ),
        (refusal("invalid_client", 401), "invalid_client", "Check client_id and client_secret"),
        (refusal("PAYMENT_REQUIRED", 402), "PAYMENT_REQUIRED", "subscription"),
        (refusal("WHATEVER"), "WHATEVER", "log in again"),
        (html(502), "", "oauth.bitrix.info answered HTTP 502 without a token"),
        (answer(b""), "", "without a token"),
        (answer([]), "", "without a token"),
        (answer({"access_token": 7}), "", "without a token"),
        (LOST, "", r"was lost \(ReadTimeout\)\. .* log in again"),
    ],
)
async def test_a_login_that_fails_says_what_to_do(reply: Any, code: str, said: str):
    transport = wire(reply)
    with pytest.raises(AuthError, match=said) as caught:
        await server(transport).exchange("c0de-hush")
    assert caught.value.code == code
    assert len(transport.requests) == 1


async def test_only_what_was_not_sent_is_sent_again():
    transport = wire(NOT_SENT, answer(GRANT))
    assert await server(transport).exchange("c0de-hush") == NEW
    transport = wire(NOT_SENT)
    with pytest.raises(UnreachableError, match=r"oauth\.bitrix\.info cannot be reached"):
        await server(transport).exchange("c0de-hush")
    assert len(transport.requests) == 4


async def test_no_secret_is_shown():
    said = [repr(server(wire(answer(GRANT))))]
    for text in ("client-hush is wrong", "c0de-hush is spent"):
        with pytest.raises(AuthError) as caught:
            await server(wire(refusal("invalid_grant", 400, text))).exchange("c0de-hush")
        said.append(f"{caught.value} {vars(caught.value)}")
    for text in said:
        for secret in ("client-hush", "c0de-hush"):
            assert secret not in text
