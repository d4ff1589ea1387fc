"""The local portal: a stand-in for a Bitrix24 portal, an ASGI application over SQLite.

It behaves as the public REST documentation and observed servers do, oddities included, so that a program
which works here works there. It shares no code with the rest of the package, which it is there to test.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24provision.local.calls import CallRecord
    from b24provision.local.costs import Costs
    from b24provision.local.credentials import Tokens
    from b24provision.local.events import Event
    from b24provision.local.faults import Fault, Faults
    from b24provision.local.limits import Limits
    from b24provision.local.portal import LocalPortal

__all__ = ["CallRecord", "Costs", "Event", "Fault", "Faults", "Limits", "LocalPortal", "Tokens"]


_HOMES = {
    "CallRecord": "calls",
    "Costs": "costs",
    "Event": "events",
    "Fault": "faults",
    "Faults": "faults",
    "Limits": "limits",
    "LocalPortal": "portal",
    "Tokens": "credentials",
}


def __getattr__(name: str) -> Any:
    # Starlette costs tens of milliseconds, which somebody who only imports the package need not pay.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
