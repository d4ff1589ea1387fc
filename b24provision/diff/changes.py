"""One resource, wanted and live → the change between them, or none.

Owns which fields are compared, what a difference risks and which calls remove it. The only place
of deepdiff, which is asked for the paths that differ in a field with several things in it, once `==` has said that
something does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from deepdiff import DeepDiff

from b24provision.diff.rights import RightsComparison, compare_rights, letters
from b24provision.model import Caller, Entity, Property, PropertyType
from b24provision.plan import Action, Change, Difference, Fields, Kind, Risk
from b24provision.problem import Source
from b24provision.rest.calls import Call

NEW = "in the manifest, not on the portal"


def create_entity(wanted: Entity, caller: Caller) -> Change:
    """Create a storage that is not there, without its properties."""
    params: dict[str, Any] = {"ENTITY": wanted.code, "NAME": wanted.name}
    after: dict[str, Any] = {"name": wanted.name}
    if wanted.access is not None:
        rights = compare_rights(wanted.access, {}, caller)
        params["ACCESS"] = letters(rights.written)
        after["access"] = letters(rights.after)
    return Change(
        action=Action.CREATE,
        kind=Kind.ENTITY,
        address=wanted.code,
        risk=Risk.SAFE,
        before=None,
        after=after,
        reason=NEW,
        calls=(Call("entity.add", params),),
        source=wanted.source,
    )


def rename_entity(wanted: Entity, live: Entity) -> Change:
    """Give a storage its new code; everything in it stays.

    Source: api-reference/entity/entities (entity.update, ENTITY_NEW).
    """
    call = Call("entity.update", {"ENTITY": live.code, "ENTITY_NEW": wanted.code})
    return _rename(Kind.ENTITY, wanted.code, (live.code, wanted.code), call, wanted.source)


def rename_property(entity_code: str, wanted: Property, live: Property) -> Change:
    """Give a property its new code; its values stay.

    Source: api-reference/entity/items/properties (entity.item.property.update, PROPERTY_NEW).
    """
    params = {"ENTITY": entity_code, "PROPERTY": live.code, "PROPERTY_NEW": wanted.code}
    call = Call("entity.item.property.update", params)
    address = f"{entity_code}.{wanted.code}"
    return _rename(Kind.PROPERTY, address, (live.code, wanted.code), call, wanted.source)


def _rename(kind: Kind, address: str, codes: tuple[str, str], call: Call, source: Source | None) -> Change:
    return Change(
        action=Action.RENAME,
        kind=kind,
        address=address,
        risk=Risk.SAFE,
        before={"code": codes[0]},
        after={"code": codes[1]},
        reason=f"renamed from {codes[0]}",
        calls=(call,),
        source=source,
    )


def former_still_live(kind: Kind, address: str, codes: tuple[str, str], source: Source | None) -> Change:
    """Say that a rename cannot be made, because the former code and the wanted one are both live."""
    change = _rename(kind, address, codes, Call("entity.update"), source)
    return replace(change, reason=f"{codes[0]} and {codes[1]} are both live", calls=())


def update_entity(wanted: Entity, live: Entity, caller: Caller) -> Change | None:
    """Bring name and rights of a storage in line, or None when they are."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if "name" not in wanted.ignore:
        before["name"], after["name"] = live.name, wanted.name
    rights = entity_rights(wanted, live, caller)
    if rights is not None:
        before["access"], after["access"] = letters(rights.before), letters(rights.after)
    if before == after:
        return None
    params: dict[str, Any] = {"ENTITY": live.code}
    if before.get("name") != after.get("name"):
        params["NAME"] = wanted.name
    takes_away = False
    expects = None
    if rights is not None:
        expects = {"access": letters(live.access or {}), "strict": wanted.strict_access}
    if rights is not None and rights.before != rights.after:
        params["ACCESS"] = letters(rights.written)
        takes_away = rights.takes_away
    update = _update(
        kind=Kind.ENTITY,
        address=live.code,
        risk=Risk.CAUTION if takes_away else Risk.SAFE,
        before=before,
        after=after,
        call=Call("entity.update", params),
        source=wanted.source,
    )
    return replace(update, expects=expects)


def entity_rights(wanted: Entity, live: Entity, caller: Caller) -> RightsComparison | None:
    """Compare rights if the manifest manages them."""
    if wanted.access is None or "access" in wanted.ignore:
        return None
    return compare_rights(wanted.access, live.access or {}, caller, strict=wanted.strict_access)


def create_property(entity_code: str, wanted: Property) -> Change:
    """Create a property that is not there. Without a type it becomes a string."""
    kind = wanted.type or PropertyType.STRING
    after: dict[str, Any] = {"name": wanted.name, "type": kind.word}
    params: dict[str, Any] = {
        "ENTITY": entity_code,
        "PROPERTY": wanted.code,
        "NAME": wanted.name,
        "TYPE": kind.value,
    }
    if wanted.sort is not None:
        after["sort"] = params["SORT"] = wanted.sort
    return Change(
        action=Action.CREATE,
        kind=Kind.PROPERTY,
        address=f"{entity_code}.{wanted.code}",
        risk=Risk.SAFE,
        before=None,
        after=after,
        reason=NEW,
        calls=(Call("entity.item.property.add", params),),
        source=wanted.source,
    )


def update_property(entity_code: str, wanted: Property, live: Property) -> Change | None:
    """Bring name, type and sort of a property in line, or None when they are.

    A type cannot be changed to file in place (the portal refuses): that is a replacement, which
    deletes the property with its values and adds it anew.

    Source: api-reference/entity/items/properties (entity.item.property.update).
    """
    before, after = _property_fields(wanted, live)
    if before == after:
        return None
    address = f"{entity_code}.{live.code}"
    if after.get("type") == "file" != before.get("type"):
        return Change(
            action=Action.REPLACE,
            kind=Kind.PROPERTY,
            address=address,
            risk=Risk.DATA_LOSS,
            before=before,
            after=after,
            reason=f"type {before['type']} cannot become file in place",
            calls=(
                Call("entity.item.property.delete", {"ENTITY": entity_code, "PROPERTY": live.code}),
                *create_property(entity_code, _replacement(wanted, live)).calls,
            ),
            differences=_differences(before, after),
            source=wanted.source,
        )
    params: dict[str, Any] = {"ENTITY": entity_code, "PROPERTY": live.code}
    for field in sorted(after):
        if before[field] != after[field]:
            value = wanted.type.value if field == "type" and wanted.type else after[field]
            params[field.upper()] = value
    return _update(
        kind=Kind.PROPERTY,
        address=address,
        risk=_type_risk(before.get("type"), after.get("type")),
        before=before,
        after=after,
        call=Call("entity.item.property.update", params),
        source=wanted.source,
    )


def _replacement(wanted: Property, live: Property) -> Property:
    """Keep of the live property what the manifest does not manage."""
    return replace(
        wanted,
        code=live.code,
        name=live.name if "name" in wanted.ignore else wanted.name,
        sort=live.sort if wanted.sort is None or "sort" in wanted.ignore else wanted.sort,
    )


def _property_fields(wanted: Property, live: Property) -> tuple[Fields, Fields]:
    before: dict[str, Any] = {"name": live.name}
    after: dict[str, Any] = {"name": wanted.name}
    if wanted.type is not None and live.type is not None:
        before["type"], after["type"] = live.type.word, wanted.type.word
    if wanted.sort is not None:
        before["sort"], after["sort"] = live.sort, wanted.sort
    return tuple(  # type: ignore[return-value]
        {field: value for field, value in side.items() if field not in wanted.ignore}
        for side in (before, after)
    )


def _type_risk(before: str | None, after: str | None) -> Risk:
    match before, after:
        case ("file", "string" | "number"):
            return Risk.DATA_LOSS
        case ("string", "number"):
            return Risk.CAUTION
        case _:
            return Risk.SAFE


def delete_entity(code: str, name: str, reason: str, source: Source | None) -> Change:
    """Delete a storage with everything in it, for good."""
    return _delete(Kind.ENTITY, code, {"name": name}, reason, Call("entity.delete", {"ENTITY": code}), source)


def delete_property(entity_code: str, live: Property, reason: str, source: Source | None) -> Change:
    """Delete a property and its values in every item, for good."""
    before = {"name": live.name, "type": live.type.word if live.type else None, "sort": live.sort}
    call = Call("entity.item.property.delete", {"ENTITY": entity_code, "PROPERTY": live.code})
    return _delete(Kind.PROPERTY, f"{entity_code}.{live.code}", before, reason, call, source)


def _delete(
    kind: Kind, address: str, before: Fields, reason: str, call: Call, source: Source | None
) -> Change:
    return Change(
        action=Action.DELETE,
        kind=kind,
        address=address,
        risk=Risk.DATA_LOSS,
        before=before,
        after=None,
        reason=reason,
        calls=(call,),
        source=source,
    )


def _update(
    *, kind: Kind, address: str, risk: Risk, before: Fields, after: Fields, call: Call, source: Source | None
) -> Change:
    differences = _differences(before, after)
    return Change(
        action=Action.UPDATE,
        kind=kind,
        address=address,
        risk=risk,
        before=before,
        after=after,
        reason=f"differs in {', '.join(row.path for row in differences)}",
        calls=(call,),
        differences=differences,
        source=source,
    )


def _differences(before: Fields, after: Fields) -> tuple[Difference, ...]:
    found = [
        row
        for field in dict.fromkeys((*before, *after))
        if before.get(field) != after.get(field)
        for row in _of_field(field, before.get(field), after.get(field))
    ]
    return tuple(sorted(found, key=lambda row: row.path))


def _of_field(field: str, before: Any, after: Any) -> Iterator[Difference]:
    """Say how a field differs; of one that holds several things, which of these do."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield Difference(field, before, after)
        return
    found = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    for report, levels in found.items():
        for level in levels:
            path = ".".join([field, *map(str, level.path(output_format="list"))])
            yield Difference(
                path,
                None if report.endswith("_added") else level.t1,
                None if report.endswith("_removed") else level.t2,
            )
