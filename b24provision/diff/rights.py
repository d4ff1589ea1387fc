"""Rights of a storage: what differs, what has to be written, and who may change it.

Owns the portal's habits with rights, all of which would otherwise look like differences: whoever
writes gets full rights, and so did everybody who created or changed the storage before.
"""

import re
from dataclasses import dataclass
from enum import Enum

from b24provision.model import Access, Caller, Level

_SINGLE_USER = re.compile(r"U\d+")


@dataclass(frozen=True, slots=True)
class RightsComparison:
    """`before` and `after` leave out what is no difference; `written` is what a write must send.

    `foreign` are single users with full rights whom the manifest does not name: they are carried
    along in `written`, unless the manifest is strict about rights.
    """

    before: Access
    after: Access
    written: Access
    foreign: tuple[str, ...]

    @property
    def takes_away(self) -> bool:
        """Whether somebody would have less than now."""
        return any(
            code not in self.after or self.after[code].rank < level.rank
            for code, level in self.before.items()
        )


def compare_rights(wanted: Access, live: Access, caller: Caller, *, strict: bool = False) -> RightsComparison:
    """Compare rights the way the portal keeps them.

    The caller's own entry never counts, since any write gives the caller `X`. An empty set is
    written as the caller's `X`, because the portal takes no rights at all for "change nothing".

    Source: api-reference/entity (entity.update, entity.rights).
    """
    own = caller.access_code
    before = {code: level for code, level in live.items() if code != own}
    foreign = (
        () if strict else tuple(code for code, level in before.items() if _is_foreign(code, level, wanted))
    )
    for code in foreign:
        del before[code]
    written = {**wanted, **dict.fromkeys(foreign, Level.FULL)}
    return RightsComparison(
        before=before,
        after={code: level for code, level in wanted.items() if code != own},
        written=written or {own: Level.FULL},
        foreign=foreign,
    )


def _is_foreign(code: str, level: Level, wanted: Access) -> bool:
    return level is Level.FULL and code not in wanted and _SINGLE_USER.fullmatch(code) is not None


def letters(access: Access) -> dict[str, str]:
    """Write rights down as the portal and plans do: access code → letter."""
    return {code: level.value for code, level in access.items()}


class Standing(Enum):
    """Whether a caller may change a storage, as far as its rights tell."""

    MAY = "may"
    UNSURE = "unsure"
    MAY_NOT = "may not"


def standing(live: Access, caller: Caller) -> Standing:
    """Tell whether `caller` has full rights: sure for users and everybody, unsure where groups decide."""
    full = {code for code, level in live.items() if level is Level.FULL}
    if caller.is_admin or full & {caller.access_code, "AU"}:
        return Standing.MAY
    if any(not _SINGLE_USER.fullmatch(code) for code in full):
        return Standing.UNSURE
    return Standing.MAY_NOT
