"""Portal → model: who calls, which storages there are, and what the named ones look like.

Owns what the portal's answers about storages mean, in particular which error is an answer ("there
is no such storage") and what to tell somebody whose token cannot see storages at all. It does not
know what anybody wants.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from b24provision.errors import ApiError, AuthError, UnexpectedAnswerError
from b24provision.model import (
    Access,
    Caller,
    Entity,
    Held,
    Level,
    Listed,
    Property,
    PropertyType,
    Snapshot,
    fold,
    trim,
)
from b24provision.reading import Answer, Reader, ride_along
from b24provision.rest.calls import Call

_NO_APPLICATION = (
    "The portal refuses storages to this caller: “Application context required”. Storages belong to an "
    "application; an incoming webhook has none. Create a local application on the portal (Developer "
    "resources → Other → Local application) with the scope `entity` and use its token: B24_ENDPOINT and "
    "B24_ACCESS_TOKEN, or a target in b24provision.toml."
)
_NO_SCOPE = (
    "The token lacks the scope `entity`. Add it to the application's permissions on the portal, then "
    "install the application again or log in again to get a token that has it."
)

_CALLS_PER_CODE = 2


def read_snapshot(
    codes: Sequence[str], *, former: Sequence[str] = (), doomed: Collection[str] = ()
) -> Reader[Snapshot]:
    """Read the caller, the list of storages, and properties and rights of every storage in `codes`.

    That is `2 + 2 * len(codes)` calls at most, all in one request if they fit. If they do not, the list comes first,
    with as many of the others as would not fill requests of their own, and only what is listed is asked about after
    it. `former` are codes that storages may still go by, of which the few that are listed are read then, too. Of the
    folded codes in `doomed`, which somebody wants gone, the number of items is asked instead of the properties. For a
    caller who is no administrator, codes that are not listed are then probed: `entity.item.get` finds a storage
    whatever the rights, so it tells absence from blindness. A storage that does not exist is an answer, not an error.

    Raises AuthError when this caller cannot work with storages at all, ApiError when the portal
    refuses a read, UnexpectedAnswerError when an answer has not the documented shape.

    Source: api-reference/entity (entity.get, entity.rights, entity.item.property.get, entity.item.get).
    """
    unique = {fold(code): code for code in codes}
    earlier = {fold(code): code for code in former if fold(code) not in unique}
    overview = [Call("profile"), Call("entity.get")]
    at_once = list(unique)[: ride_along(_CALLS_PER_CODE * len(unique), len(overview)) // _CALLS_PER_CODE]
    first = {key: unique[key] for key in at_once}
    profile, listing, *details = yield [*overview, *_detail_calls(first, doomed)]
    caller, rows = _caller(profile), _listed(listing)
    there = {fold(row.code) for row in rows}
    later = {key: code for key, code in (unique | earlier).items() if key in there and key not in first}
    answers = _by_code(first, details)
    answers |= _by_code(later, (yield list(_detail_calls(later, doomed))) if later else [])
    gone = {key for key, (either, _) in answers.items() if not _exists(either)}
    listed = {fold(row.code): row for row in rows if fold(row.code) not in gone}
    found = {key: pair for key, pair in answers.items() if key in listed}
    unlisted = [key for key in unique | earlier if key not in listed]
    return Snapshot(
        caller=caller,
        listed=tuple(row for row in rows if fold(row.code) in listed),
        entities={
            key: _entity(listed[key], None if key in doomed else either, rights)
            for key, (either, rights) in found.items()
        },
        held={key: held(either) for key, (either, _) in found.items() if key in doomed},
        hidden=frozenset() if caller.is_admin else (yield from _existing(unlisted)),
    )


def _existing(codes: Sequence[str]) -> Reader[frozenset[str]]:
    """Probe which of these folded codes exist, whatever the caller may read."""
    if not codes:
        return frozenset()
    probes = yield [Call("entity.item.get", {"ENTITY": code, "start": -1}) for code in codes]
    return frozenset(code for code, probe in zip(codes, probes, strict=True) if _exists(probe))


def _detail_calls(codes: Mapping[str, str], doomed: Collection[str]) -> Iterator[Call]:
    for key, code in codes.items():
        yield newest_items(code) if key in doomed else Call("entity.item.property.get", {"ENTITY": code})
        yield Call("entity.rights", {"ENTITY": code})


def newest_items(code: str, **more: Any) -> Call:
    """Ask for the newest items of a storage; the answer also tells how many there are."""
    return Call("entity.item.get", {"ENTITY": code, "SORT": {"ID": "DESC"}, **more})


def having_value(property_code: str) -> dict[str, Any]:
    """Give the filter for items that have a value in a property."""
    return {f"!PROPERTY_{property_code}": ""}


def items_with_value(code: str, property_code: str) -> Call:
    """Ask for the newest items that have a value in a property; `held` reads the answer."""
    return newest_items(code, FILTER=having_value(property_code))


def held(answer: Answer) -> Held:
    """Read the answer to `newest_items`. A refusal leaves unknown what is held."""
    rows = answer.data if answer.is_success else None
    newest = rows[0].get("DATE_CREATE") if isinstance(rows, list) and rows else None
    return Held(answer.total if answer.is_success else None, str(newest) if newest else None)


def _by_code(codes: Iterable[str], answers: Sequence[Answer]) -> dict[str, tuple[Answer, Answer]]:
    """Put the two answers to the detail calls of each code together."""
    return dict(zip(codes, zip(answers[::2], answers[1::2], strict=True), strict=True))


def _caller(answer: Answer) -> Caller:
    profile = _mapping(answer)
    return Caller(user_id=_text(answer, profile, "ID"), is_admin=bool(profile.get("ADMIN")))


def _listed(answer: Answer) -> tuple[Listed, ...]:
    return tuple(
        Listed(code=_text(answer, row, "ENTITY"), name=trim(str(row.get("NAME") or "")))
        for row in _rows(answer)
    )


def _entity(listed: Listed, properties: Answer | None, rights: Answer) -> Entity:
    rows = _rows(properties) if properties else ()
    found = [_property(properties, row) for row in rows if properties]
    return Entity(
        code=listed.code,
        name=listed.name,
        access=_access(rights),
        properties={fold(prop.code): prop for prop in found},
    )


def _property(answer: Answer, row: Mapping[str, Any]) -> Property:
    try:
        return Property(
            code=_text(answer, row, "PROPERTY"),
            name=trim(_text(answer, row, "NAME")),
            type=PropertyType(_text(answer, row, "TYPE").upper()),
            sort=int(_text(answer, row, "SORT")),
        )
    except ValueError as exc:
        raise _misshapen(answer) from exc


def _access(answer: Answer) -> Access:
    """Rights as read. A level other than R, W, X grants nothing and is dropped on writing, so here too."""
    rights = _data(answer) or {}
    if not isinstance(rights, Mapping):
        raise _misshapen(answer)
    levels = {level.value: level for level in Level}
    return {str(code): levels[level] for code, level in rights.items() if level in levels}


def _exists(answer: Answer) -> bool:
    return answer.error is None or answer.error.code != "ERROR_ENTITY_NOT_FOUND"


def _data(answer: Answer) -> Any:
    if answer.error is not None:
        raise explained(answer.error)
    return answer.data


def _mapping(answer: Answer) -> Mapping[str, Any]:
    data = _data(answer)
    if not isinstance(data, Mapping):
        raise _misshapen(answer)
    return data


def _rows(answer: Answer) -> Sequence[Mapping[str, Any]]:
    """Read a PHP list of objects, which arrives as an object when its keys have a gap."""
    data = _data(answer)
    rows = list(data.values()) if isinstance(data, Mapping) else data or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise _misshapen(answer)
    return rows


def _text(answer: Answer, row: Mapping[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str | int) or value == "":
        raise _misshapen(answer)
    return str(value)


def _misshapen(answer: Answer) -> UnexpectedAnswerError:
    method = answer.query.method
    return UnexpectedAnswerError(
        f"{method} answered something of another shape than documented. Is this a Bitrix24 portal?",
        status=answer.status,
        content_type="application/json",
        excerpt="",
    )


def explained(error: ApiError) -> ApiError | AuthError:
    """Say what to do about a refusal that concerns the caller and not the call."""
    if error.code == "ACCESS_DENIED" and "context" in error.description.lower():
        return AuthError(_NO_APPLICATION, code=error.code, status=error.status)
    if error.code == "insufficient_scope":
        return AuthError(_NO_SCOPE, code=error.code, status=error.status)
    return error
