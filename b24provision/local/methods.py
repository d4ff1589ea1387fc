"""The methods by name, and the carrying out of one command: permission, transaction, log.

A method is a function of a context and of parameters whose names at the top level are in upper case
(observed: they are compared without case). It answers a value, or an `Answer` when it is a list with a
total, or raises a `Refusal`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.local import items, options, php, profile, properties, sections, storages
from b24provision.local.answers import Answer, Refusal
from b24provision.local.calls import CallRecord, record_call
from b24provision.local.context import Caller, Context
from b24provision.local.state import PortalState
from b24provision.local.store import StoreBusyError, undone_on_error

Handler = Callable[[Context, Mapping[str, Any]], Any]

_VERBS = {"add": "adding", "update": "updating", "delete": "deleting"}
_NOUNS = {
    "entity": "entity",
    "entity.section": "entity section",
    "entity.item": "entity item",
    "entity.item.property": "entity property",
}


@dataclass(frozen=True, slots=True)
class Method:
    handler: Handler
    scope: str = ""
    """The permission it takes; "" for none."""
    application_only: bool = False
    """Whether a webhook, which has no application context, is refused."""


@dataclass(frozen=True, slots=True)
class Session:
    """One HTTP request of a recognised caller."""

    state: PortalState
    caller: Caller
    origin: str
    request_id: str


def scope(context: Context, params: Mapping[str, Any]) -> list[str]:
    """Tell the scopes that were granted, or with FULL all there are."""
    if php.truthy(params.get("FULL")):
        return sorted({method.scope for method in METHODS.values() if method.scope})
    return list(context.caller.scopes)


def method_get(context: Context, params: Mapping[str, Any]) -> dict[str, bool]:
    name = php.text(params.get("NAME")).lower()
    method = METHODS.get(name)
    existing = method is not None or name == "batch"
    permitted = existing and (method is None or not method.scope or method.scope in context.caller.scopes)
    return {"isExisting": existing, "isAvailable": permitted}


def _of_storages(handler: Handler) -> Method:
    return Method(handler, scope="entity", application_only=True)


METHODS: Mapping[str, Method] = {
    "profile": Method(profile.profile),
    "user.current": Method(profile.current_user, scope="user"),
    "app.info": Method(profile.app_info, application_only=True),
    "app.option.get": Method(options.get, application_only=True),
    "app.option.set": Method(options.set_, application_only=True),
    "server.time": Method(profile.server_time),
    "scope": Method(scope),
    "method.get": Method(method_get),
    "entity.add": _of_storages(storages.add),
    "entity.get": _of_storages(storages.get),
    "entity.update": _of_storages(storages.update),
    "entity.delete": _of_storages(storages.delete),
    "entity.rights": _of_storages(storages.rights),
    "entity.item.property.add": _of_storages(properties.add),
    "entity.item.property.get": _of_storages(properties.get),
    "entity.item.property.update": _of_storages(properties.update),
    "entity.item.property.delete": _of_storages(properties.delete),
    "entity.section.add": _of_storages(sections.add),
    "entity.section.get": _of_storages(sections.get),
    "entity.section.update": _of_storages(sections.update),
    "entity.section.delete": _of_storages(sections.delete),
    "entity.item.add": _of_storages(items.add),
    "entity.item.get": _of_storages(items.get),
    "entity.item.update": _of_storages(items.update),
    "entity.item.delete": _of_storages(items.delete),
}


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
