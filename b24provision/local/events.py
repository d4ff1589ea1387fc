"""Events about an application's life on the portal, and how they reach its handler: a form, posted once.

Source: common/events/on-app-install, on-app-update, on-app-uninstall. Observed: the form has nested keys, though
the documentation prints JSON, and holds `auth[expires]` and `auth[user_id]` too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from b24provision.local import php
from b24provision.local.context import Application
from b24provision.local.credentials import Tokens

LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Event:
    """Something the application is to be told."""

    name: str
    at: float
    data: Mapping[str, str]
    auth: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """As the handler's framework understands the form."""
        return {"event": self.name, "data": self.data, "ts": int(self.at), "auth": self.auth}

    def form(self) -> bytes:
        """The body of the request, `application/x-www-form-urlencoded`."""
        return php.build_query(self.fields()).encode()

    def post(self, handler: str, *, timeout_s: float = 30.0) -> int:
        """Send it and answer the status. Raises `OSError` when it cannot be sent or is answered with a failure."""
        if urlsplit(handler).scheme not in ("http", "https"):
            raise ValueError(f"a handler's address begins with http:// or https://, unlike {handler!r}")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Bitrix24 Webhook Engine",
        }
        request = Request(handler, self.form(), headers)  # noqa: S310 - checked above
        with build_opener(ProxyHandler({})).open(request, timeout=timeout_s) as response:
            return int(response.status)


@dataclass(frozen=True, slots=True)
class Sender:
    """The portal as an event names it."""

    origin: str
    member_id: str

    def identity(self, application_token: str) -> dict[str, str]:
        """Who sends; all there is in an event about an application that is gone."""
        return {
            "domain": urlsplit(self.origin).netloc,
            "server_endpoint": f"{self.origin}/oauth/rest/",
            "client_endpoint": f"{self.origin}/rest/",
            "member_id": self.member_id,
            "application_token": application_token,
        }

    def credentials(self, application: Application, tokens: Tokens, application_token: str) -> dict[str, Any]:
        """The same with tokens."""
        return self.identity(application_token) | {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "expires": int(tokens.expires_at),
            "expires_in": tokens.expires_in,
            "scope": " ".join(application.scopes),
            "status": application.status,
            "user_id": tokens.user_id,
        }
