"""The carrying out of one command: permission, transaction, log.

Whatever comes alone or inside a batch goes through `perform`, and nothing else runs a method.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.local.answers import Answer, Refusal
from b24provision.local.calls import CallRecord, record_call
from b24provision.local.context import Caller, Context
from b24provision.local.methods import METHODS, Method
from b24provision.local.state import PortalState
from b24provision.local.store import StoreBusyError, undone_on_error

_VERBS = {"add": "adding", "update": "updating", "delete": "deleting"}
_NOUNS = {
    "entity": "entity",
    "entity.section": "entity section",
    "entity.item": "entity item",
    "entity.item.property": "entity property",
}


@dataclass(frozen=True, slots=True)
class Session:
    """One HTTP request of a recognised caller."""

    state: PortalState
    caller: Caller
    origin: str
    request_id: str


def perform(session: Session, name: str, params: Mapping[str, Any], *, in_batch: bool = False) -> Answer:
    """Carry one command out in a transaction of its own and write it into the log. Raises `Refusal`."""
    name = name.lower()
    caller = session.caller
    try:
        with session.state.store.transaction() as db:
            now = session.state.clock()
            outcome = _attempt(Context(db, now, session.origin, session.caller), name, params)
            call = CallRecord(
                method=name,
                params=params,
                user_id=caller.user.id,
                client_id=caller.through.client_id if caller.through else None,
                ok=isinstance(outcome, Answer),
                error=outcome.code if isinstance(outcome, Refusal) else None,
                in_batch=in_batch,
                request_id=session.request_id,
                at=now,
            )
            record_call(db, call)
    except StoreBusyError as exc:
        raise _database_refusal(name) from exc
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _attempt(context: Context, name: str, params: Mapping[str, Any]) -> Answer | Refusal:
    try:
        with undone_on_error(context.db):
            handler = _permitted(context, name).handler
            result = handler(context, {key.upper(): value for key, value in params.items()})
    except Refusal as refusal:
        return refusal
    return result if isinstance(result, Answer) else Answer(result)


def _permitted(context: Context, name: str) -> Method:
    """The method, if there is one and the caller may call it.

    A webhook hears of the missing application before it hears of a missing scope.
    """
    method = METHODS.get(name)
    if method is None:
        raise Refusal("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if method.application_only:
        _ = context.application
    if method.scope and method.scope not in context.caller.scopes:
        description = "The request requires higher privileges than provided by the access token"
        raise Refusal("insufficient_scope", description, 403)
    return method


def _database_refusal(name: str) -> Refusal:
    """What a database that did nothing comes out as, for any method that writes to storages.

    For other methods the documentation has no text.
    """
    path, _, verb = name.rpartition(".")
    doing = _VERBS.get(verb)
    if doing is None or path not in _NOUNS:
        return Refusal("ERROR_CORE", "Internal error. Try again.")
    return Refusal("ERROR_CORE", f"Internal error {doing} {_NOUNS[path]}. Try {doing} again.")
