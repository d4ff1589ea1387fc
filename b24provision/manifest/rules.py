"""What a manifest may mean beyond its shape: codes, rights, and files that contradict each other.

The rules follow from what the portal does with codes: it drops characters it does not like without
a word, ignores case, and has a limit for a storage's code that depends on the application.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from b24provision.manifest import written
from b24provision.manifest.renames import rename_problems
from b24provision.manifest.written import Written
from b24provision.model import CALLER_ID, Note, fold
from b24provision.problem import Problem

_PORTAL_LENGTH = 50
"""Characters of a storage's code with the `APP_<client id>_` that the portal puts before it."""

_MOST_LENGTH = _PORTAL_LENGTH - len("APP_x_")
_USUAL_LENGTH = 13
_PROPERTY_LENGTH = 50
_DIGITS = frozenset("0123456789")
_DROPPED = re.compile(r"[^A-Za-z0-9_]")
_ACCESS_CODES = "U1 (a user), AU (all users), G1, D1, DR1 or SG1_A, SG1_E, SG1_K"
_ACCESS_CODE = re.compile(rf"AU|U{CALLER_ID}|(U|G|D|DR)[1-9][0-9]*|SG[1-9][0-9]*_[AEK]")


def problems(
    entities: Sequence[Written], removals: Sequence[Written], client_id: str | None
) -> Iterator[Problem]:
    """Tell every mistake of meaning. `client_id` is None when the application is not known."""
    for entity in entities:
        properties = list(written.properties(entity))
        yield from _entity_code(entity, client_id)
        yield from _access(entity)
        for prop in properties:
            yield from _property_code(prop)
        yield from _named_twice(properties)
        yield from rename_problems(properties, removals, _property_code)
    yield from _named_twice(entities)
    yield from rename_problems(entities, removals, lambda former: _entity_code(former, client_id))
    for removal in removals:
        yield from _removal(removal, client_id)
    yield from _wanted_and_removed(entities, removals)


def warnings(entities: Iterable[Written], client_id: str | None) -> Iterator[Note]:
    """Tell what is allowed, yet may not work everywhere."""
    for entity in entities:
        if not client_id and len(entity.code) > _USUAL_LENGTH:
            yield Note(
                entity.address,
                f"the code has {len(entity.code)} characters; an application with a client id of the usual "
                f"length can have {_USUAL_LENGTH}",
            )


def distinct(removals: Sequence[Written]) -> tuple[list[Written], list[Note]]:
    """Leave out what is removed anyway: listed before, or a property of a storage that goes."""
    kept: dict[str, Written] = {}
    notes: list[Note] = []
    going = {removal.identity for removal in removals if removal.property_code is None}
    for removal in removals:
        if removal.identity in kept:
            notes.append(Note(removal.address, f"is listed as removed twice; see {removal.source}"))
        elif removal.property_code is not None and fold(removal.entity_code) in going:
            notes.append(
                Note(removal.address, f"goes with its storage, which is removed; see {removal.source}")
            )
        else:
            kept[removal.identity] = removal
    return list(kept.values()), notes


def is_access_code(code: str) -> bool:
    """Tell whether a manifest can name an access code."""
    return _ACCESS_CODE.fullmatch(code) is not None


def _entity_code(entity: Written, client_id: str | None) -> Iterator[Problem]:
    yield from _characters(entity)
    if not client_id and len(entity.entity_code) > _MOST_LENGTH:
        advice = f"no portal takes more than {_MOST_LENGTH}, and {_USUAL_LENGTH} is usual"
        yield entity.problem(f"the code has {len(entity.entity_code)} characters; {advice}")
    limit = max(0, _PORTAL_LENGTH - len(f"APP_{client_id}_"))
    if client_id and len(entity.entity_code) > limit:
        advice = f"the portal takes {limit} from this application"
        yield entity.problem(f"the code has {len(entity.entity_code)} characters; {advice}")


def _property_code(prop: Written) -> Iterator[Problem]:
    yield from _characters(prop)
    if len(prop.code) > _PROPERTY_LENGTH:
        yield prop.problem(f"the code has {len(prop.code)} characters; the portal takes {_PROPERTY_LENGTH}")
    if prop.code[:1] in _DIGITS:
        yield prop.problem("the code of a property must not begin with a digit")


def _characters(thing: Written) -> Iterator[Problem]:
    if not thing.code:
        yield thing.problem("the code is empty")
    elif _DROPPED.search(thing.code):
        left = _DROPPED.sub("", thing.code)
        outcome = f'make it "{left}"' if left else "have nothing left"
        yield thing.problem(f"use only letters, digits and _; the portal would {outcome}")


def _access(entity: Written) -> Iterator[Problem]:
    access = entity.data.get("access")
    for code in access if isinstance(access, dict) else ():
        if not is_access_code(code):
            advice = code.upper() if is_access_code(code.upper()) else _ACCESS_CODES
            yield entity.problem(f"this is not an access code; write {advice}", "access", code)


def _named_twice(things: Iterable[Written]) -> Iterator[Problem]:
    seen: dict[str, Written] = {}
    for thing in things:
        first = seen.setdefault(thing.identity, thing)
        if first is not thing:
            same = "" if first.code == thing.code else f' as "{first.code}", and codes compare without case'
            yield thing.problem(f"this {thing.noun} is already described at {first.source}{same}")


def _removal(removal: Written, client_id: str | None) -> Iterator[Problem]:
    if removal.property_code is None:
        if "." in removal.code:
            yield removal.problem("this names a property; list it under removed.properties")
        else:
            yield from _entity_code(removal, client_id)
    elif not (removal.entity_code and removal.property_code) or "." in removal.property_code:
        yield removal.problem("write entity.property, such as dish.colour")
    else:
        owner = Written(removal.document, removal.path, removal.entity_code)
        yield from _entity_code(owner, client_id)
        yield from _property_code(removal)


def _wanted_and_removed(entities: Iterable[Written], removals: Iterable[Written]) -> Iterator[Problem]:
    wanted: dict[str, Written] = {}
    for entity in entities:
        for thing in (entity, *written.properties(entity)):
            wanted.setdefault(thing.identity, thing)
    for removal in removals:
        if there := wanted.get(removal.identity):
            yield removal.problem(
                f"this {removal.noun} is wanted at {there.source}; it cannot be removed as well"
            )
