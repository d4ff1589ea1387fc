"""Plan, report, manifest and failure for a pull request or a build summary."""

from collections.abc import Iterator, Sequence

from b24provision.errors import B24ProvisionError, InputError
from b24provision.model import Manifest, Note
from b24provision.plan import Action, Change, Plan, Report
from b24provision.render.words import (
    BLOCKED,
    RISKS,
    SYMBOLS,
    facts,
    manifest_line,
    plan_line,
    portal_line,
    report_line,
    shown,
    stake_lines,
)


def plan(plan: Plan, *, colour: bool = False) -> str:
    """Render a plan as a table of changes, with what blocks it and what else should be known."""
    blocked = {row.id for row in plan.blocked}
    lines = [f"**{_escape(portal_line(plan.portal))}**", ""]
    if plan.changes:
        lines += ["| | Address | What | Risk |", "| --- | --- | --- | --- |"]
        lines += [_row(change, change.id in blocked) for change in plan.changes]
        lines.append("")
    lines += _section("Blocked", [f"`{row.id}`: {_escape(row.reason)}" for row in plan.blocked])
    lines += _section("Waiting, because it loses data", [f"`{row.id}`" for row in plan.waiting])
    lines += _section("Notes", [_note(note) for note in plan.notes])
    lines.append(f"**{plan_line(plan)}**")
    return "\n".join(lines) + "\n"


def report(report: Report, *, colour: bool = False) -> str:
    """Render a report as a table of outcomes."""
    lines = [f"**{_escape(portal_line(report.plan.portal))}**", ""]
    if report.outcomes:
        lines += ["| Outcome | Change | |", "| --- | --- | --- |"]
        lines += [f"| {row.outcome} | `{row.id}` | {_escape(row.error or '')} |" for row in report.outcomes]
        lines.append("")
    left = [f"`{row.id}`: {_escape(row.reason)}" for row in report.differences]
    lines += _section("Still different", [*left, *map(_note, report.doubles)])
    lines += _section("Stopped", [_escape(report.problem)] if report.problem else [])
    lines.append(f"**{report_line(report)}**")
    return "\n".join(lines) + "\n"


def manifest(manifest: Manifest, *, colour: bool = False) -> str:
    """Render the fact that manifests are valid."""
    lines = [
        *_section("Notes", [_note(note) for note in manifest.warnings]),
        f"**{manifest_line(manifest)}**",
    ]
    return "\n".join(lines) + "\n"


def failure(error: B24ProvisionError, *, colour: bool = False) -> str:
    """Render an error, and every problem when the input was at fault."""
    problems = error.problems if isinstance(error, InputError) else ()
    lines = [
        f"- `{row.source}` {_escape(f'{row.path}: {row.message}' if row.path else row.message)}"
        for row in problems
    ]
    return "\n".join([f"**Error:** {_escape(str(error))}", "", *lines]).rstrip() + "\n"


def _row(change: Change, blocked: bool) -> str:
    symbol = f"{BLOCKED} {SYMBOLS[change.action]}" if blocked else SYMBOLS[change.action]
    what = [f"{row.path}: {shown(row.before)} → {shown(row.after)}" for row in change.differences]
    if change.action is Action.CREATE:
        what = [f"create {change.kind}: {facts(change.kind, change.after or {})}"]
    what = what or [f"{change.action} {change.kind}: {change.reason}"]
    said = "<br>".join(map(_escape, [*what, *stake_lines(change, values=False)]))
    return f"| `{symbol}` | `{change.address}` | {said} | {RISKS[change.risk]} |"


def _note(note: Note) -> str:
    return f"`{note.address}`: {_escape(note.message)}" if note.address else _escape(note.message)


def _section(title: str, rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield from (f"{title}:", "", *(f"- {row}" for row in rows), "")


_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]<>|#"} | {"\n": " ", "\r": " "}
)


def _escape(text: str) -> str:
    """Keep text from portals and manifests from becoming markup."""
    return text.translate(_SPECIAL)
