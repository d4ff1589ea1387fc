"""Whom the caller is, and what the portal says of itself: `profile`, `user.current`, `app.info`, `server.time`.

Source: common/users, common/system.
"""

from collections.abc import Mapping
from typing import Any

from b24provision.local.answers import iso_time
from b24provision.local.context import Context


def profile(context: Context, _: Mapping[str, Any]) -> dict[str, Any]:
    user = context.user
    return {
        "ID": str(user.id),
        "ADMIN": user.admin,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": "",
        "TIME_ZONE": "",
    }


def current_user(context: Context, _: Mapping[str, Any]) -> dict[str, Any]:
    user = context.user
    return {
        "ID": str(user.id),
        "ACTIVE": True,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "EMAIL": f"user{user.id}@local.invalid",
        "UF_DEPARTMENT": list(user.departments),
        "USER_TYPE": "employee",
    }


def app_info(context: Context, _: Mapping[str, Any]) -> dict[str, Any]:
    application = context.application  # which is installed, since it has a token
    return {
        "ID": str(application.id),
        "CODE": application.client_id,
        "VERSION": str(application.version),
        "STATUS": application.status,
        "INSTALLED": True,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": "en",
        "LICENSE": "en_local",
    }


def server_time(context: Context, _: Mapping[str, Any]) -> str:
    return iso_time(context.now)
