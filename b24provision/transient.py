"""Which refusals pass by themselves: the portal has provably done nothing, and trying again is right. Pure.

Source: settings/performance/limits. That a failed database statement, such as a deadlock between parallel
writes, comes out as `ERROR_CORE` "Internal error adding entity. Try adding again." was observed.
"""

import re

from b24provision.errors import ApiError

TRIES = 4
"""How often in a row something is sent again of which nothing gets through."""

_LIMITS = frozenset({"QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT"})
_LOST_RACE = re.compile(r"internal error.*try.*again", re.IGNORECASE | re.DOTALL)


def is_transient(error: ApiError | None) -> bool:
    """Tell whether a refused call may be sent again as it is."""
    return error is not None and (error.code in _LIMITS or lost_race(error))


def lost_race(error: ApiError) -> bool:
    """Tell whether the portal's database gave up on a call, as it does when too many write at once."""
    return error.code == "ERROR_CORE" and _LOST_RACE.search(error.description) is not None


def pause_s(failures: int) -> float:
    """Give the wait after so many failures in a row, from 1 on."""
    return min(8.0, 2.0 ** (failures - 1))
