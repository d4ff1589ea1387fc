"""The authorisation server: `/oauth/token/` renews tokens, `/oauth/rest/app.info` vouches for one.

Source: settings/oauth/auto-renewal, settings/oauth/error-codes. The real server is another host than the
portal; here both are one.
"""

from collections.abc import Mapping
from typing import Any

from b24provision.local import php
from b24provision.local.answers import Refusal
from b24provision.local.context import Application
from b24provision.local.credentials import (
    Grant,
    Tokens,
    caller_by_token,
    issue_tokens,
    proven_application,
    spend_refresh_token,
)
from b24provision.local.state import PortalState

SERVER_DOMAIN = "oauth.local"
"""Of the authorisation server, and so another than the portal's, which `client_endpoint` tells."""


def renew(state: PortalState, params: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Give a fresh pair for a refresh token, which is spent by it.

    Raises `invalid_request`, `invalid_client`, `invalid_grant`. A wrong secret spends nothing.
    """
    if php.text(params.get("grant_type")) != "refresh_token":
        raise Refusal("invalid_request", "Only grant_type=refresh_token is served here")
    with state.store.transaction() as db:
        application = proven_application(
            db, php.text(params.get("client_id")), php.text(params.get("client_secret"))
        )
        now = state.clock()
        user_id = spend_refresh_token(db, application, php.text(params.get("refresh_token")), now=now)
        tokens = issue_tokens(db, Grant(application, user_id, now), state.secret)
    return _pair(tokens) | _portal(state, application, origin) | {"server_endpoint": f"{origin}/oauth/rest/"}


def vouch(state: PortalState, token: str, origin: str) -> dict[str, Any]:
    """Tell whose token this is, in the authorisation server's shape of `app.info`. Raises `Refusal`."""
    with state.store.reading() as db:
        caller = caller_by_token(db, token, now=state.clock())
        (expires,) = db.execute("SELECT expires_at FROM access_tokens WHERE token = ?", (token,)).fetchone()
    application = caller.application
    install = _portal(state, application, origin) | {
        "domain": origin.partition("://")[2],
        "installed": True,
        "version": application.version,
        "member_type": "local",
    }
    return {
        "client_id": application.client_id,
        "scope": ",".join(application.scopes),
        "expires": int(expires),
        "user_id": caller.user.id,
        "install": install,
    }


def _pair(tokens: Tokens) -> dict[str, Any]:
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires": int(tokens.expires_at),
        "expires_in": tokens.expires_in,
        "user_id": tokens.user_id,
    }


def _portal(state: PortalState, application: Application, origin: str) -> dict[str, Any]:
    """Which portal and application; the address is the one by which the portal was just reached."""
    return {
        "client_endpoint": f"{origin}/rest/",
        "domain": SERVER_DOMAIN,
        "member_id": state.member_id,
        "scope": ",".join(application.scopes),
        "status": application.status,
    }
