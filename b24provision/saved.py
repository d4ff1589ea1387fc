"""Applying a plan that was saved: is it of this portal, and does it still fit?

Raises StaleError before anything is written. Drift elsewhere on the portal does not matter.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from b24provision.errors import BlockedError, StaleError
from b24provision.intent import matches
from b24provision.manifest import digest
from b24provision.model import Caller, Portal, Snapshot, fold
from b24provision.plan import Change, Fields, Plan
from b24provision.progress import Standing, State


def require_same_manifests(plan: Plan) -> None:
    """Refuse a plan whose manifests were changed since. Files that are not here say nothing."""
    for name, content in plan.manifests.items():
        file = Path(name)
        if file.is_file() and digest(file) != content:
            raise StaleError(f"The plan was made before {name} was changed: make it anew.")


def require_same_portal(planned: Portal, here: Portal, caller: Caller) -> None:
    """Refuse a plan that was made for another portal, application or user."""
    same_member = planned.member_id and here.member_id
    known = (
        ("portal member", planned.member_id, here.member_id)
        if same_member
        else ("portal", planned.host, here.host),
        ("application", planned.client_id, here.client_id or planned.client_id),
        ("user", planned.user_id, caller.user_id),
    )
    for what, then, now in known:
        if then != now:
            raise StaleError(f"The plan was made for {what} {then}, but this is {now}: make it anew.")


def require_unprotected(plan: Plan, patterns: Sequence[str]) -> None:
    """Refuse a plan that loses data in a storage the configuration protects now. Raises BlockedError."""
    for change in plan.data_loss:
        codes = {address.partition(".")[0] for address in (change.address, change.live_address)}
        if any(matches(code, patterns) for code in codes):
            raise BlockedError(f"Nothing was written: the configuration's `protected` covers {change.id}.")


def require_unambiguous(plan: Plan, snapshot: Snapshot) -> None:
    """Refuse a plan for a code that two live storages have by now: nobody knows which a call would meet."""
    count = Counter(fold(row.code) for row in snapshot.listed)
    for change in plan.changes:
        if count[change.entity] > 1:
            code = change.address.partition(".")[0]
            raise StaleError(
                f"{count[change.entity]} storages with the code {code} are live by now. Plan anew."
            )


def remainder(plan: Plan, standings: Sequence[Standing]) -> Plan:
    """Give what is left to do of a plan. Raises StaleError naming all that somebody else has touched."""
    overtaken = [row for row in standings if row.state is State.OVERTAKEN]
    if overtaken:
        said = "\n".join(map(_three_ways, overtaken))
        raise StaleError(
            f"The portal was changed after the plan was made, so nothing was written:\n{said}\nPlan anew."
        )
    left = tuple(row.change for row in standings if row.state is State.TO_DO)
    return replace(plan, changes=left)


def require_same_stakes(planned: Sequence[Change], now: Mapping[str, Change]) -> None:
    """Refuse a plan when more, or less, would be lost than it said."""
    for change in planned:
        then, stake = change.stake, now[change.id].stake
        if then is not None and stake is not None and then.items != stake.items:
            raise StaleError(
                f"The plan said that {change.id} puts {then.items} at stake; now it is {stake.items}. Plan anew."
            )


def _three_ways(row: Standing) -> str:
    change = row.change
    return f"  {change.address}: planned from {_shown(change.before)}, now {_shown(row.now)}, wanted {_shown(change.after)}"


def _shown(fields: Fields | None) -> str:
    return "nothing" if fields is None else json.dumps(fields, ensure_ascii=False)
