"""Renewing: once for everybody, saved before it is used, and never twice without need."""

import asyncio
import json
from typing import Any

import pytest

from b24provision.errors import AuthError, UnreachableError
from b24provision.rest import (
    Client,
    HttpRequest,
    HttpResponse,
    Limits,
    MemoryTokenStore,
    RefreshingToken,
    StaticToken,
    Token,
)
from tests.rest.virtual import now
from tests.rest.wire import (
    ENDPOINT,
    EXPIRED,
    GRANT,
    LOST,
    NOT_SENT,
    UNIX,
    Wire,
    answer,
    html,
    ok,
    portal,
    refusal,
    wire,
)

pytestmark = pytest.mark.anyio

OLD = Token("access-old", refresh_token="refresh-old", member_id="m1", scope="entity")


def source(transport: Any, token: Token = OLD, store: Any = None, **options: Any) -> RefreshingToken:
    return RefreshingToken(
        token,
        client_id="local.app",
        client_secret="client-hush",
        store=store or MemoryTokenStore(),
        transport=transport,
        clock=lambda: UNIX + now(),
        **options,
    )


class Portal:
    """A portal that takes one token, and the authorisation server that gives the next."""

    def __init__(self, valid: str = "access-new", takes_s: float = 1.0) -> None:
        self.valid, self.takes_s = valid, takes_s
        self.renewals = self.calls = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(self.takes_s)
        if "oauth" in request.url:
            self.renewals += 1
            return answer(GRANT)
        self.calls += 1
        return ok(True) if json.loads(request.body)["auth"] == self.valid else EXPIRED

    async def aclose(self) -> None:
        pass


async def test_the_new_pair_is_saved_before_it_is_used():
    events: list[str] = []

    class Store(MemoryTokenStore):
        async def save(self, token: Token) -> None:
            await asyncio.sleep(5)
            await super().save(token)
            events.append(f"saved {token.access_token}")

    def serve(request: HttpRequest) -> HttpResponse:
        if "oauth" in request.url:
            return answer(GRANT)
        events.append(f"sent {json.loads(request.body)['auth']}")
        return ok(1) if b"access-new" in request.body else EXPIRED

    transport = wire(serve)
    async with portal(transport, source(transport, store=Store())) as client:
        await client.call.make("profile")
    assert events == ["sent access-old", "saved access-new", "sent access-new"]


async def test_a_thousand_calls_at_expiry_renew_once():
    cloud = Portal()
    auth = source(cloud)
    async with portal(cloud, auth, limits=Limits.unlimited()) as client:
        rows = await asyncio.gather(*(client.call.make("profile") for _ in range(1000)))
        assert all(row.is_success for row in rows)
        assert client.stats().renewals == 1
    assert cloud.renewals == 1
    assert cloud.calls == 2000


async def test_calls_that_trickle_in_renew_once():
    cloud = Portal()
    async with portal(cloud, source(cloud), limits=Limits(capacity=3, drain_per_s=2)) as client:
        rows = await asyncio.gather(*(client.call.make("profile") for _ in range(40)))
    assert all(row.is_success for row in rows)
    assert cloud.renewals == 1


async def test_a_refusal_is_shared_too():
    asked = 0

    class Refused(StaticToken):
        async def renew(self, spent: Token) -> Token:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0.5)
            raise AuthError("log in again", code="invalid_grant", status=400)

    async with portal(wire(EXPIRED), Refused("spent"), limits=Limits(capacity=3, drain_per_s=2)) as client:
        errors = await asyncio.gather(
            *(client.call.make("profile") for _ in range(40)), return_exceptions=True
        )
        assert asked == 1
        assert {(type(error), str(error)) for error in errors} == {(AuthError, "log in again")}
        await asyncio.sleep(61)
        with pytest.raises(AuthError):
            await client.call.make("profile")
        assert asked == 2, "later somebody may have logged in again"


async def test_a_renewal_outlives_the_request_that_began_it():
    cloud, store = Portal(takes_s=10), MemoryTokenStore()
    async with portal(cloud, source(cloud, store=store)) as client:
        task = asyncio.create_task(client.call.make("profile"))
        await asyncio.sleep(15)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await store.load() is None
    stored = await store.load()
    assert stored is not None
    assert stored.refresh_token == "refresh-new", "a spent pair without the new one would mean a reinstall"
    assert cloud.renewals == 1


async def test_another_process_s_token_is_taken_instead():
    theirs = Token("access-new", refresh_token="refresh-theirs", expires_at=UNIX + 100)
    store, cloud = MemoryTokenStore(), Portal()
    auth = source(cloud, store=store)
    async with portal(cloud, auth) as client:
        await auth.current()
        await store.save(theirs)
        assert (await client.call.make("profile")).is_success
    assert cloud.renewals == 0
    assert await auth.current() == theirs


async def test_another_process_s_token_that_is_past_its_time_is_renewed():
    store = MemoryTokenStore(Token("access-theirs", refresh_token="refresh-theirs", expires_at=UNIX - 1))
    transport = wire(answer(GRANT))
    fresh = await source(transport, store=store).renew(OLD)
    assert b"refresh_token=refresh-theirs" in transport.requests[0].body
    assert fresh.access_token == "access-new"


async def test_a_stored_token_wins_over_the_given_one():
    stored = Token("access-stored", refresh_token="r")
    assert await source(wire(ok(1)), store=MemoryTokenStore(stored)).current() == stored
    assert await source(wire(ok(1))).current() == OLD


async def test_a_token_known_to_be_past_its_time_is_not_even_tried():
    cloud = Portal()
    old = Token("access-old", refresh_token="refresh-old", expires_at=UNIX - 5)
    async with portal(cloud, source(cloud, old)) as client:
        rows = await asyncio.gather(*(client.call.make("profile") for _ in range(10)))
    assert all(row.is_success for row in rows)
    assert (cloud.renewals, cloud.calls) == (1, 10)


async def test_a_clock_that_is_wrong_does_not_renew_for_ever():
    cloud = Portal()
    auth = RefreshingToken(
        Token("access-old", refresh_token="refresh-old", expires_at=UNIX),
        client_id="c",
        client_secret="s",
        store=MemoryTokenStore(),
        transport=cloud,
        clock=lambda: UNIX + 10_000,
    )
    async with portal(cloud, auth, wall_clock=lambda: UNIX + 10_000) as client:
        for _ in range(5):
            assert (await client.call.make("profile")).is_success
    assert (cloud.renewals, cloud.calls) == (1, 5)


async def test_a_new_endpoint_in_the_answer_is_taken_over():
    told: list[str] = []

    def serve(request: HttpRequest) -> HttpResponse:
        if "oauth" in request.url:
            return answer({**GRANT, "client_endpoint": "https://new.example/rest/"})
        return ok(1) if b"access-new" in request.body else EXPIRED

    transport = wire(serve)
    async with portal(transport, source(transport), on_moved=told.append) as client:
        await client.call.make("profile")
        assert client.endpoint == "https://new.example/rest/"
    assert told == ["https://new.example/rest/"]
    assert transport.urls[-1].startswith("https://new.example/rest/profile")


@pytest.mark.parametrize(
    "endpoint", ["http://acme.bitrix24.com/rest/", "https://127.0.0.1/rest/", "nonsense", ""]
)
async def test_an_endpoint_that_would_leave_tls_is_not(endpoint: str):
    def serve(request: HttpRequest) -> HttpResponse:
        if "oauth" in request.url:
            return answer({**GRANT, "client_endpoint": endpoint})
        return ok(1) if b"access-new" in request.body else EXPIRED

    transport = wire(serve)
    async with portal(transport, source(transport)) as client:
        await client.call.make("profile")
        assert client.endpoint == ENDPOINT


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (refusal("invalid_grant", 400), "invalid_grant", "log in again, or install the application again"),
        (refusal("invalid_client", 401), "invalid_client", "client_id and client_secret"),
        (refusal("PAYMENT_REQUIRED", 402), "PAYMENT_REQUIRED", "subscription"),
        (refusal("WHATEVER", 400), "WHATEVER", "credentials"),
        (html(502), "", "oauth.bitrix.info answered HTTP 502 without a token"),
        (html(200, ""), "", "without a token"),
        (answer({"expires": 1}), "", "without a token"),
        (answer({"access_token": ""}), "", "without a token"),
        (LOST, "", "was lost"),
    ],
)
async def test_a_renewal_that_fails_says_what_to_do(reply: Any, code: str, said: str):
    store = MemoryTokenStore()
    with pytest.raises(AuthError) as caught:
        await source(wire(reply), store=store).renew(OLD)
    assert caught.value.code == code
    assert said in str(caught.value)
    assert await store.load() is None


async def test_an_authorisation_server_that_cannot_be_reached():
    transport = wire(NOT_SENT)
    with pytest.raises(UnreachableError, match=r"oauth\.bitrix\.info cannot be reached"):
        await source(transport).renew(OLD)
    assert transport.at == [0, 1, 3, 7]
    assert (await source(wire(NOT_SENT, answer(GRANT))).renew(OLD)).access_token == "access-new"


async def test_without_a_refresh_token_nothing_is_sent():
    transport = wire(ok(1))
    with pytest.raises(AuthError, match="no refresh token"):
        await source(transport, Token("access-old")).renew(Token("access-old"))
    assert transport.requests == []


async def test_the_secret_goes_to_the_authorisation_server_only():
    transport = Wire([EXPIRED, answer(GRANT), ok(1)])
    auth = source(transport, oauth_url="https://own.example/oauth/token/")
    async with portal(transport, auth) as client:
        await client.call.make("profile")
    assert transport.urls[1] == "https://own.example/oauth/token/"
    for request in (transport.requests[0], transport.requests[2]):
        assert b"client-hush" not in request.body
        assert b"refresh-" not in request.body


async def test_no_secret_is_shown():
    said = [repr(OLD), repr(source(wire(ok(1))))]
    for text in ("client-hush is wrong", "refresh-old is spent", "access-old too"):
        with pytest.raises(AuthError) as caught:
            await source(wire(refusal("invalid_grant", 400, text))).renew(OLD)
        said.append(f"{caught.value} {vars(caught.value)}")
    for text in said:
        for secret in ("client-hush", "refresh-old", "access-old"):
            assert secret not in text


async def test_a_client_made_of_a_token():
    transport = wire(ok(1))
    async with Client.from_token(ENDPOINT.rstrip("/"), "tok-x", transport=transport) as client:
        assert not client.is_webhook
        await client.call.make("profile")
    assert transport.bodies == [{"auth": "tok-x"}]
