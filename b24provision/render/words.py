"""The sentences that every format shares: whom it concerns, what it comes to."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from b24provision.model import Manifest, Portal
from b24provision.plan import Action, Change, Fields, Kind, Outcome, Plan, Report, Risk

SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.REPLACE: "-/+",
    Action.RENAME: ">",
}
BLOCKED = "!"
RISKS = {Risk.SAFE: "", Risk.CAUTION: "caution", Risk.DATA_LOSS: "data loss"}


def portal_line(portal: Portal) -> str:
    """Say whom a plan, a prompt or a report concerns."""
    if portal.is_local:
        return "LOCAL PORTAL: simulated, nothing leaves this computer"
    facts = [f"target {portal.target}"]
    if portal.member_id:
        facts.append(f"member {portal.member_id[:4]}…")
    if portal.user_id:
        facts += [f"user {portal.user_id}", "administrator" if portal.is_admin else "no administrator"]
    return f"Portal: {portal.host} ({', '.join(facts)})"


def plan_line(plan: Plan) -> str:
    """Sum a plan up, in the words that come last."""
    if plan.changes:
        count = plan.summary
        return f"Plan: {count.add} to add, {count.change} to change, {count.destroy} to destroy."
    if plan.waiting:
        return f"No changes without losing data. {len(plan.waiting)} waiting."
    if plan.destroy:
        return "No changes. None of the manifests' storages is on the portal."
    return "No changes. The portal matches the manifests."


def manifest_line(manifest: Manifest) -> str:
    """Sum up manifests that are valid."""
    properties = sum(len(entity.properties) for entity in manifest.entities.values())
    storages = f"{len(manifest.entities)} storage" + ("" if len(manifest.entities) == 1 else "s")
    return f"Valid: {storages}, {properties} propert{'y' if properties == 1 else 'ies'}."


def report_line(report: Report) -> str:
    """Sum a report up, in the words that come last."""
    if not (report.plan.changes or report.verified or report.problem or report.differences):
        return "Nothing to carry out. The plan holds no changes."
    verb = "Destroy" if report.plan.destroy else "Apply"
    count = report.summary
    made = f"{count.add} added, {count.change} changed, {count.destroy} destroyed."
    if report.verified:
        waiting = len(report.plan.waiting)
        return f"{verb} complete! {made} Verified." + (f" {waiting} waiting." if waiting else "")
    if report.interrupted:
        return f"{verb} interrupted. {made} Run again to resume."
    if (report.differences or report.doubles) and all(row.outcome is Outcome.DONE for row in report.outcomes):
        return f"{verb} done, but the portal differs. {made} Run plan to see what it is now."
    return f"{verb} incomplete. {made} Run again to resume."


def stake_lines(change: Change, *, values: bool = True) -> Iterator[str]:
    """Say what a change puts at stake, as far as it is known; values only where nobody else reads them."""
    stake = change.stake
    if stake is None:
        return
    if stake.items is None:
        yield "at stake: unknown, the portal does not tell"
        return
    newest = f", the newest of {stake.newest}" if stake.newest else ""
    if change.kind is Kind.ENTITY:
        yield f"at stake: {_counted(stake.items)}{newest}"
    else:
        yield f"at stake: values in {stake.items} of {_counted(stake.total)}{newest}"
    if stake.misfit_count:
        shown_ones = ", ".join(
            f"item {item_id}: {shown(value if values else digest(value))}" for item_id, value in stake.misfits
        )
        more = ", …" if stake.misfit_count > len(stake.misfits) else ""
        at_least = "at least " if stake.at_least else ""
        yield f"{at_least}{stake.misfit_count} not a number: {shown_ones}{more}"


def digest(text: str) -> str:
    """Give a short text that tells values apart without showing them."""
    return f"digest {sha256(text.encode()).hexdigest()[:16]}"


def _counted(items: int | None) -> str:
    return "an unknown number of items" if items is None else f"{items} item" + ("" if items == 1 else "s")


def facts(kind: Kind, fields: Fields) -> str:
    """Write down what a resource is to be, or was, on one line."""
    said = [shown(fields["name"])] if fields.get("name") else []
    if kind is Kind.PROPERTY:
        said += [str(fields["type"])] if fields.get("type") else []
        said += [f"sort {fields['sort']}"] if fields.get("sort") is not None else []
    if "access" in fields:
        rights = ", ".join(f"{code}: {level}" for code, level in fields["access"].items())
        said.append(f"access {rights or 'only the caller'}")
    return "  ".join(said)


def shown(value: Any) -> str:
    """Write a field's value: text in quotes, nothing as a dash, the rest as JSON."""
    if value is None:
        return "–"
    return json.dumps(value, ensure_ascii=False)


def duration(seconds: float) -> str:
    """Write a time down, no more exactly than it is known."""
    if seconds >= 90:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s".replace(".0 s", " s")
