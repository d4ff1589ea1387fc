"""The refusals that no method makes itself: of a failed database statement, of a fault.

Source: common/system-errors, settings/performance/limits.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from b24provision.local.answers import Refusal
from b24provision.local.faults import Kind

_VERBS = {"add": "adding", "update": "updating", "delete": "deleting"}
_NOUNS = {
    "entity": "entity",
    "entity.section": "entity section",
    "entity.item": "entity item",
    "entity.item.property": "entity property",
}


def too_many_requests() -> Refusal:
    return Refusal("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)


def overtime() -> Refusal:
    return Refusal("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)


def expired_token() -> Refusal:
    return Refusal("expired_token", "The access token provided has expired", 401)


def overload() -> Refusal:
    return Refusal("OVERLOAD_LIMIT", "REST API is blocked due to overload.", 503)


def failed_statement(method: str) -> Refusal:
    """What a database that did nothing comes out as, for any method that writes to storages.

    For other methods the documentation has no text.
    """
    path, _, verb = method.rpartition(".")
    doing = _VERBS.get(verb)
    if doing is None or path not in _NOUNS:
        return Refusal("ERROR_CORE", "Internal error. Try again.")
    return Refusal("ERROR_CORE", f"Internal error {doing} {_NOUNS[path]}. Try {doing} again.")


OF_REQUESTS: Mapping[Kind, Callable[[], Refusal]] = MappingProxyType(
    {
        Kind.EXPIRED_TOKEN: expired_token,
        Kind.QUERY_LIMIT_EXCEEDED: too_many_requests,
        Kind.OVERLOAD_LIMIT: overload,
        Kind.OPERATION_TIME_LIMIT: overtime,
    }
)
"""What faults refuse whole requests with."""

OF_COMMANDS: Mapping[Kind, Callable[[str], Refusal]] = MappingProxyType(
    {Kind.DEADLOCK: failed_statement, Kind.OPERATION_TIME_LIMIT: lambda _: overtime()}
)
"""What faults refuse single commands with, by the method's name."""
