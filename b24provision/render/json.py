"""Plan, report, manifest and failure for programs: one JSON object each. Field names are a public interface."""

import json
from dataclasses import asdict
from typing import Any

import b24provision
from b24provision.errors import B24ProvisionError, InputError
from b24provision.model import Manifest
from b24provision.plan import Change, Plan, Report, Stake
from b24provision.problem import Source
from b24provision.render.words import digest

FORMAT_VERSION = "1"


def plan(plan: Plan, *, colour: bool = False) -> str:
    """Render a plan as one object."""
    return _dump(plan_document(plan))


def report(report: Report, *, colour: bool = False) -> str:
    """Render a report as one object that holds its plan."""
    document = {
        "format_version": FORMAT_VERSION,
        "exit_code": int(report.exit_code),
        "plan": plan_document(report.plan),
        "outcomes": [asdict(row) for row in report.outcomes],
        "verified": report.verified,
        "differences": [_change(change) for change in report.differences],
        "doubles": [asdict(note) for note in report.doubles],
        "problem": report.problem,
    }
    return _dump(document)


def manifest(manifest: Manifest, *, colour: bool = False) -> str:
    """Render the fact that manifests are valid."""
    return _dump(
        {
            "format_version": FORMAT_VERSION,
            "problems": [],
            "entities": [entity.code for entity in manifest.entities.values()],
            "notes": [asdict(note) for note in manifest.warnings],
        }
    )


def failure(error: B24ProvisionError, *, colour: bool = False) -> str:
    """Render an error with its exit code, and every problem when the input was at fault."""
    problems = error.problems if isinstance(error, InputError) else ()
    return _dump(
        {
            "format_version": FORMAT_VERSION,
            "error": str(error),
            "exit_code": int(error.exit_code),
            "problems": [
                {**asdict(row.source), "path": row.path, "message": row.message} for row in problems
            ],
        }
    )


def plan_document(plan: Plan) -> dict[str, Any]:
    """Give a plan as plain data. It holds no credentials, because no `Call` ever does."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": b24provision.__version__,
        "target": {
            "name": plan.portal.target,
            "host": plan.portal.host,
            "member_id": plan.portal.member_id,
            "user_id": plan.portal.user_id,
            "is_admin": plan.portal.is_admin,
            "is_local": plan.portal.is_local,
            "client_id": plan.portal.client_id,
        },
        "manifests": dict(plan.manifests),
        "destroy": plan.destroy,
        "summary": asdict(plan.summary),
        "changes": [_change(change) for change in plan.changes],
        "blocked": [
            {"id": row.id, "reason": row.reason, "source": _source(row.source)} for row in plan.blocked
        ],
        "notes": [asdict(note) for note in plan.notes],
        "waiting": [_change(change) for change in plan.waiting],
        "cost": asdict(plan.cost),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "action": change.action.value,
        "kind": change.kind.value,
        "address": change.address,
        "risk": change.risk.value,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        "calls": [{"method": call.method, "params": dict(call.params)} for call in change.calls],
        "differences": [asdict(row) for row in change.differences],
        "live": change.live_address,
        "expects": change.expects,
        "stake": None if change.stake is None else _stake(change.stake),
        "source": _source(change.source),
    }


def _stake(stake: Stake) -> dict[str, Any]:
    """Give a stake with digests for values, which may be anybody's data."""
    misfits = [{"item": item_id, "digest": digest(value)} for item_id, value in stake.misfits]
    return {**asdict(stake), "misfits": misfits}


def _source(source: Source | None) -> dict[str, Any] | None:
    return None if source is None else {"file": source.file, "line": source.line, "column": source.column}


def _dump(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
