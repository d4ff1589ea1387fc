"""Plan ⇄ JSON on disk. What is written is the document `plan --format json` prints.

Owns the way back: a file that is no plan, or one of another version, is refused with a sentence.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from b24provision.errors import InputError
from b24provision.model import Note, Portal
from b24provision.plan import Action, Blocked, Change, Cost, Difference, Kind, Plan, Risk, Stake
from b24provision.planschema import plan_problem
from b24provision.problem import Source
from b24provision.render import json as document
from b24provision.rest.calls import Call


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan to a file. Raises InputError when the file cannot be written."""
    try:
        path.write_text(document.plan(plan), encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{path}: the plan cannot be written: {exc.strerror}") from exc


def is_plan(path: Path) -> bool:
    """Tell a plan from a manifest: a JSON object with a `format_version`."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and "format_version" in content


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises InputError for a file that holds none, or one of another format version."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as exc:
        raise InputError(f"{path}: the plan cannot be read: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{path}: this is no plan, since it is no JSON") from exc
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != document.FORMAT_VERSION:
        raise InputError(
            f"{path}: this is no plan of format version {document.FORMAT_VERSION}: make it anew with plan --out"
        )
    wrong = plan_problem(content)
    if wrong is not None:
        raise InputError(f"{path}: this is no whole plan ({wrong}): make it anew with plan --out")
    plan = _plan(content)
    for change in plan.changes:
        _require_honest(change, path)
    return plan


_METHODS = {
    Kind.ENTITY: frozenset({"entity.add", "entity.update", "entity.delete"}),
    Kind.PROPERTY: frozenset(
        {"entity.item.property.add", "entity.item.property.update", "entity.item.property.delete"}
    ),
    Kind.SECTION: frozenset(),
    Kind.ITEM: frozenset(),
}
"""What the calls of a change may be."""


def _require_honest(change: Change, path: Path) -> None:
    """Refuse calls that do more than their change says: a plan is shown to people before it is carried out."""
    methods = {call.method for call in change.calls}
    deletes = any(method.endswith(".delete") for method in methods)
    says_so = change.action in (Action.DELETE, Action.REPLACE) and change.risk is Risk.DATA_LOSS
    if not methods <= _METHODS[change.kind] or (deletes and not says_so):
        raise InputError(f"{path}: {change.id} is not what its calls do: make it anew with plan --out")


def _plan(data: Mapping[str, Any]) -> Plan:
    target = data["target"]
    return Plan(
        portal=Portal(
            target=target["name"],
            host=target["host"],
            member_id=target["member_id"],
            client_id=target["client_id"],
            user_id=target["user_id"],
            is_admin=target["is_admin"],
            is_local=target["is_local"],
        ),
        changes=tuple(map(_change, data["changes"])),
        blocked=tuple(Blocked(row["id"], row["reason"], _source(row["source"])) for row in data["blocked"]),
        notes=tuple(Note(row["address"], row["message"]) for row in data["notes"]),
        cost=Cost(**data["cost"]),
        destroy=data["destroy"],
        waiting=tuple(map(_change, data["waiting"])),
        manifests=dict(data["manifests"]),
    )


def _change(data: Mapping[str, Any]) -> Change:
    return Change(
        action=Action(data["action"]),
        kind=Kind(data["kind"]),
        address=data["address"],
        risk=Risk(data["risk"]),
        before=data["before"],
        after=data["after"],
        reason=data["reason"],
        calls=tuple(Call(row["method"], row["params"]) for row in data["calls"]),
        differences=tuple(Difference(**row) for row in data["differences"]),
        live=data["live"],
        expects=data["expects"],
        stake=_stake(data["stake"]),
        source=_source(data["source"]),
    )


def _stake(data: Mapping[str, Any] | None) -> Stake | None:
    if data is None:
        return None
    misfits = tuple((row["item"], row["digest"]) for row in data["misfits"])
    return Stake(**{**data, "misfits": misfits})


def _source(data: Mapping[str, Any] | None) -> Source | None:
    return None if data is None else Source(data["file"], data["line"], data["column"])
