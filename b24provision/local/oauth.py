"""The authorisation server: `/oauth/token/` hands out tokens, `/oauth/rest/app.info` vouches for one.

Source: settings/oauth, settings/oauth/auto-renewal, settings/oauth/error-codes. The real server is another host
than the portal; here both are one.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from b24provision.local import php
from b24provision.local.answers import Refusal
from b24provision.local.context import Application
from b24provision.local.credentials import (
    Grant,
    Grants,
    Tokens,
    caller_by_token,
    issue_code,
    issue_tokens,
    known_application,
    proven_application,
    spend,
)
from b24provision.local.people import known_user
from b24provision.local.state import PortalState

SERVER_DOMAIN = "oauth.local"
"""Of the authorisation server, and so another than the portal's, which `client_endpoint` tells."""


def authorize(state: PortalState, params: Mapping[str, Any], origin: str) -> tuple[str, str]:
    """Let a user grant an application access: answers where to send them, and the code.

    Nobody signs in here: `user_id` says who it is, user 1 unless told. The address is the application's own, with
    the code and what else it is told; "" for one without, whose user reads the code from a page. Raises
    `LookupError` for an unknown user or an application that is not installed.
    """
    with state.store.transaction() as db:
        application = known_application(db, php.text(params.get("client_id")))
        query = "SELECT address, installed FROM applications WHERE id = ?"
        address, installed = db.execute(query, (application.id,)).fetchone()
        if not installed:
            raise LookupError(f"application {application.client_id!r} is not installed")
        user = known_user(db, php.integer(params.get("user_id", 1)))
        code = issue_code(db, Grant(application, user.id, state.clock()), state.secret)
    told = {
        "code": code,
        "state": php.text(params.get("state")),
        "domain": origin.partition("://")[2],
        "member_id": state.member_id,
        "scope": ",".join(application.scopes),
        "server_domain": SERVER_DOMAIN,
    }
    joint = "&" if "?" in address else "?"
    return (address and f"{address}{joint}{urlencode(told)}"), code


def hand_out(state: PortalState, params: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Give a fresh pair for a refresh token or an authorisation code, which is spent by it.

    Raises `invalid_request`, `invalid_client`, `invalid_grant`. A wrong secret spends nothing.
    """
    kind = php.text(params.get("grant_type"))
    if kind not in ("refresh_token", "authorization_code"):
        raise Refusal("invalid_request", "grant_type is refresh_token or authorization_code")
    with state.store.transaction() as db:
        application = proven_application(
            db, php.text(params.get("client_id")), php.text(params.get("client_secret"))
        )
        now = state.clock()
        token = php.text(params.get("refresh_token" if kind == "refresh_token" else "code"))
        grants: Grants = "refresh_tokens" if kind == "refresh_token" else "authorization_codes"
        user_id = spend(db, grants, application, token, now=now)
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
