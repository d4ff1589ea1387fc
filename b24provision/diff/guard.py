"""Which changes of a plan must not be carried out, and why.

A blocked change stays in the plan, so that the plan tells the whole truth; apply refuses the plan
as a whole before its first write.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from b24provision.diff.matching import Matches
from b24provision.diff.rights import Standing, standing
from b24provision.intent import Intent, matches
from b24provision.model import Entity, Note, Snapshot, fold
from b24provision.plan import Action, Blocked, Change, Risk


def blockages(
    changes: Sequence[Change], intent: Intent, live_matches: Matches, snapshot: Snapshot
) -> Iterator[Blocked]:
    """Give at most one reason per change, the one to deal with first."""
    codes = Counter(fold(row.code) for row in snapshot.listed)
    kin = _families(intent, live_matches)
    for change in changes:
        for reason in (
            _hidden(change, intent, snapshot),
            _ambiguous(change, codes),
            _protected(change, intent, kin),
            _powerless(change, live_matches, snapshot),
            _conflicting(change),
        ):
            if reason is not None:
                yield reason
                break


def _hidden(change: Change, intent: Intent, snapshot: Snapshot) -> Blocked | None:
    wanted = intent.manifest.entities.get(change.entity)
    codes = [_code(change)]
    if wanted is not None and change.action is Action.CREATE:
        codes += wanted.renamed_from
    unseen = [code for code in codes if fold(code) in snapshot.hidden]
    if not unseen:
        return None
    return Blocked(
        change.id,
        f"storage {unseen[0]} exists, but user {snapshot.caller.user_id} may not read it, and creating "
        "it would make a second one of the same code: use an administrator's token, or have the user "
        "given rights to the storage",
        change.source,
    )


def _ambiguous(change: Change, codes: Counter[str]) -> Blocked | None:
    code = max(_code(change), change.former_address.split(".", 1)[0], key=lambda name: codes[fold(name)])
    if codes[fold(code)] < 2:
        return None
    return Blocked(
        change.id,
        _several(codes[fold(code)], code),
        change.source,
    )


def doubles(entities: Collection[str], snapshot: Snapshot) -> Iterator[Note]:
    """Tell of those of these storages that are live more than once, as two who create one at the same moment make it."""
    codes = Counter(fold(row.code) for row in snapshot.listed)
    for code in sorted(entities):
        if codes[code] > 1:
            yield Note(code, _several(codes[code], code))


def _several(count: int, code: str) -> str:
    return (
        f"{count} storages with the code {code} are live, and the portal decides which of them a call meets: "
        "look at what they hold and delete the empty ones by hand"
    )


@dataclass(slots=True)
class _Family:
    """Codes that are, were or will be those of one storage, or of several that hand codes on; and who wants them."""

    codes: set[str] = field(default_factory=set)
    wanted: list[Entity] = field(default_factory=list)


def _families(intent: Intent, live_matches: Matches) -> dict[str, _Family]:
    """Give for every folded code the family it belongs to."""
    families: dict[str, _Family] = {}
    for key, wanted in intent.manifest.entities.items():
        live = live_matches.get(key)
        names = {key, *map(fold, wanted.renamed_from), *([fold(live.code)] if live else [])}
        known = {id(kin): kin for name in names if (kin := families.get(name))}
        family = _Family(names, [wanted])
        for kin in known.values():
            family.codes |= kin.codes
            family.wanted = [*kin.wanted, *family.wanted]
        families.update(dict.fromkeys(family.codes, family))
    return families


def _protected(change: Change, intent: Intent, families: Mapping[str, _Family]) -> Blocked | None:
    """Protection covers a storage under every code it has: the live one, the wanted one, former ones."""
    if change.risk is not Risk.DATA_LOSS:
        return None
    codes = {fold(address.split(".", 1)[0]) for address in (change.address, change.live_address)}
    for family in [families[code] for code in sorted(codes) if code in families]:
        codes |= family.codes
        for wanted in family.wanted:
            if wanted.protect:
                reason = (
                    f"storage {wanted.code} has `protect: true`: take that line out of the manifest first"
                )
                return Blocked(change.id, reason, wanted.source or change.source)
    covered = sorted(code for code in codes if matches(code, intent.protected))
    if covered:
        return Blocked(
            change.id, f"the configuration's `protected` covers storage {covered[0]}", change.source
        )
    return None


def _powerless(change: Change, live_matches: Matches, snapshot: Snapshot) -> Blocked | None:
    live = live_matches.get(change.entity) or snapshot.entities.get(change.entity)
    if live is None and change.action is Action.DELETE and not snapshot.caller.is_admin:
        return Blocked(
            change.id,
            f"whether user {snapshot.caller.user_id} may delete {_code(change)} is not known: list it under removed: "
            "to have its rights read, or use an administrator's token",
            change.source,
        )
    if live is None or standing(live.access or {}, snapshot.caller) is not Standing.MAY_NOT:
        return None
    return Blocked(
        change.id,
        f"user {snapshot.caller.user_id} lacks full rights (X) to storage {_code(change)}, and is no "
        "administrator: use an administrator's token, or have the user given X",
        change.source,
    )


def _conflicting(change: Change) -> Blocked | None:
    if not change.is_conflict:
        return None
    former, code = change.former_address, change.address
    return Blocked(
        change.id,
        f"{former} and {code} are both live: move what {former} holds and list it under removed: instead, or take it "
        "out of renamed_from to leave it alone",
        change.source,
    )


def _code(change: Change) -> str:
    return change.address.split(".", 1)[0]
