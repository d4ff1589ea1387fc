"""The authorisation server: gives tokens for a refresh token, or for the code of a login.

It owns what is sent there and how the answer is read. It keeps nothing: whoever asks saves the new pair.

Source: settings/oauth.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from b24provision.errors import AuthError, UnreachableError
from b24provision.rest.answers import mapping, number, read_error
from b24provision.rest.endpoint import host
from b24provision.rest.retry import Retry
from b24provision.rest.tokens import Token
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed, Transport

OAUTH_URL = "https://oauth.bitrix.info/oauth/token/"

_LIFETIME_S = 3600.0
_RETRY = Retry()

_REMEDIES = {
    "invalid_client": "Check client_id and client_secret.",
    "invalid_scope": "Check the application's scope, then install it again.",
    "payment_required": "The portal's plan does not include the application, or its subscription has ended.",
    "portal_deleted": "The portal does not exist any more.",
}
_SPENT = {
    "refresh_token": "The refresh token is spent, revoked or older than 180 days: log in again, or install the "
    "application again.",
    "authorization_code": "The code is spent or older than 30 seconds: log in again.",
}


class AuthorisationServer:
    """Where an application's tokens come from. Its `repr` shows no secret.

    `client_secret` goes to `url` and nowhere else. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        transport: Transport,
        url: str = OAUTH_URL,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._transport = transport
        self._url = url
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"AuthorisationServer({host(self._url)!r}, client_id={self._client_id!r})"

    async def refresh(self, old: Token) -> Token:
        """Renew a token. The old refresh token is spent by it, so save the new one before using it.

        What the answer leaves out stays as it was. Raises AuthError saying what to do, and
        UnreachableError when nothing could be sent.
        """
        if not old.refresh_token:
            raise AuthError("The token has expired, and there is no refresh token: log in again.")
        answer = await self._ask("refresh_token", {"refresh_token": old.refresh_token}, old.secrets)
        return self._token_of(answer, old)

    async def exchange(self, code: str) -> Token:
        """Give the token for the code that ends a login. A code lives 30 s and may be used once.

        Raises AuthError saying what to do, and UnreachableError when nothing could be sent.
        """
        answer = await self._ask("authorization_code", {"code": code}, (code,))
        return self._token_of(answer, Token(""))

    async def _ask(
        self, grant_type: str, grant: dict[str, str], secrets: tuple[str, ...]
    ) -> Mapping[str, Any]:
        """Ask for a token; gives an answer that holds one."""
        form = {
            "grant_type": grant_type,
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            **grant,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        request = HttpRequest("POST", self._url, headers, urlencode(form).encode())
        response = await self._send(request, grant_type)
        answer = _parse(response) or {}
        if answer.get("error"):
            raise _refusal(answer, response.status, grant_type, (*secrets, self._client_secret))
        if not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
            raise AuthError(
                f"The authorisation server {host(self._url)} answered HTTP {response.status} without a token: "
                "check its address, and try again later.",
                status=response.status,
            )
        return answer

    async def _send(self, request: HttpRequest, grant_type: str) -> HttpResponse:
        """Send, again while nothing could be sent. A lost answer may have spent what was sent."""
        server, failures = host(self._url), 0
        while True:
            try:
                return await self._transport.send(request)
            except SendFailed as failure:
                failures += 1
                if failure.sent:
                    raise AuthError(
                        f"The answer of the authorisation server {server} was lost ({failure}). Try again. If it "
                        f"says invalid_grant then: {_SPENT[grant_type]}"
                    ) from failure
                if failures >= _RETRY.attempts:
                    raise UnreachableError(
                        f"The authorisation server {server} cannot be reached ({failure}). Check the network, and "
                        "try again."
                    ) from failure
            await self._sleep(_RETRY.delay_s(failures, 0.5))

    def _token_of(self, answer: Mapping[str, Any], old: Token) -> Token:
        lifetime_s = number(answer.get("expires_in"))
        return Token(
            access_token=answer["access_token"],
            refresh_token=_text(answer, "refresh_token") or old.refresh_token,
            expires_at=number(answer.get("expires")) or self._clock() + (lifetime_s or _LIFETIME_S),
            endpoint=_text(answer, "client_endpoint") or old.endpoint,
            member_id=_text(answer, "member_id") or old.member_id,
            user_id=_text(answer, "user_id") or old.user_id,
            scope=_text(answer, "scope") or old.scope,
        )


def _refusal(answer: Mapping[str, Any], status: int, grant_type: str, secrets: tuple[str, ...]) -> AuthError:
    error = read_error(answer, method="", status=status, secrets=secrets)
    remedies = {**_REMEDIES, "invalid_grant": _SPENT[grant_type]}
    remedy = remedies.get(error.code.lower(), "Check the application's credentials, or log in again.")
    failed = "renewed" if grant_type == "refresh_token" else "obtained"
    return AuthError(f"The token could not be {failed}: {error}. {remedy}", code=error.code, status=status)


def _parse(response: HttpResponse) -> Mapping[str, Any] | None:
    try:
        return mapping(json.loads(response.body))
    except (ValueError, RecursionError):
        return None


def _text(answer: Mapping[str, Any], name: str) -> str | None:
    value = answer.get(name)
    return None if value is None or value == "" else str(value)
