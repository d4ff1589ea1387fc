"""The methods by name, with what it takes to call them.

A method is a function of a context and of parameters whose names at the top level are in upper case
(observed: they are compared without case). It answers a value, or an `Answer` when it is a list with a
total, or raises a `Refusal`. `batch` is none of them: it is made of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.local import access_names, items, options, php, profile, properties, sections, storages
from b24provision.local.context import Context

Handler = Callable[[Context, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Method:
    handler: Handler
    scope: str = ""
    """The permission it takes; "" for none."""
    application_only: bool = False
    """Whether a webhook, which has no application context, is refused."""


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


def methods(context: Context, params: Mapping[str, Any]) -> list[str]:
    """Tell what may be called; with SCOPE what a scope contains, "" for no scope; with FULL everything."""
    if "SCOPE" in params:
        return [name for name, method in METHODS.items() if method.scope == php.text(params["SCOPE"])]
    open_to = ("", *context.caller.scopes)
    full = php.truthy(params.get("FULL"))
    return ["batch", *(name for name, method in METHODS.items() if full or method.scope in open_to)]


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
    "methods": Method(methods),
    "access.name": Method(access_names.name),
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
