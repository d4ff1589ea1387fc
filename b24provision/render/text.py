"""Plan, report, manifest and failure for a terminal."""

from collections.abc import Iterator, Sequence

from b24provision.errors import B24ProvisionError, InputError
from b24provision.model import Manifest, Note
from b24provision.plan import Action, Blocked, Change, Outcome, Plan, Report, Risk
from b24provision.problem import Problem, Source
from b24provision.render.stages import cost_line
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

_COLOURS = {
    Action.CREATE: "32",
    Action.UPDATE: "33",
    Action.RENAME: "33",
    Action.DELETE: "31",
    Action.REPLACE: "31",
}
_OUTCOME_COLOURS = {
    Outcome.DONE: "32",
    Outcome.FAILED: "31",
    Outcome.SKIPPED: "33",
    Outcome.UNKNOWN: "35",
}
_BOLD, _RED, _DIM = "1", "31", "2"


def plan(plan: Plan, *, colour: bool = False) -> str:
    """Render a plan; its last line says what it comes to."""
    pen = _Pen(colour)
    blocked = {row.id: row for row in plan.blocked}
    lines = [pen(_BOLD, portal_line(plan.portal)), ""]
    for change in plan.changes:
        lines += _change(change, blocked.get(change.id), pen)
    if plan.changes:
        lines.append("")
    if plan.waiting:
        lines.append("Waiting for --allow-data-loss:")
        for change in plan.waiting:
            lines += _change(change, None, pen)
        lines.append("")
    if plan.notes:
        lines += ["Notes:", *map(_note, plan.notes), ""]
    if plan.blocked:
        lines += [pen(_RED, f"{len(plan.blocked)} blocked: nothing is carried out while anything is."), ""]
    if (cost := cost_line(plan.cost)) is not None:
        lines += [cost, ""]
    lines.append(pen(_BOLD, plan_line(plan)))
    return "\n".join(lines) + "\n"


def report(report: Report, *, colour: bool = False) -> str:
    """Render a report; its last line says what it comes to."""
    pen = _Pen(colour)
    lines = [pen(_BOLD, portal_line(report.plan.portal)), ""]
    for row in report.outcomes:
        said = f": {row.error}" if row.error else ""
        lines.append(f"  {pen(_OUTCOME_COLOURS[row.outcome], f'{row.outcome:<7}')}  {row.id}{said}")
    if report.differences or report.doubles:
        lines += ["", "The portal was read again and still differs:"]
        for change in report.differences:
            lines += _change(change, None, pen)
        lines += map(_note, report.doubles)
    if report.problem:
        lines += ["", f"Stopped: {report.problem}"]
    if lines[-1]:
        lines.append("")
    lines.append(pen(_BOLD, report_line(report)))
    return "\n".join(lines) + "\n"


def manifest(manifest: Manifest, *, colour: bool = False) -> str:
    """Render the fact that manifests are valid, with what is worth saying all the same."""
    lines = [*map(_note, manifest.warnings), _Pen(colour)(_BOLD, manifest_line(manifest))]
    return "\n".join(lines) + "\n"


def failure(error: B24ProvisionError, *, colour: bool = False) -> str:
    """Render an error; problems in files each with the line and a marker below where it begins."""
    pen = _Pen(colour)
    problems = error.problems if isinstance(error, InputError) else ()
    lines = [*_problems(problems, pen), f"{pen(_RED, 'Error:')} {error}"]
    return "\n".join(lines) + "\n"


def _problems(problems: Sequence[Problem], pen: "_Pen") -> Iterator[str]:
    for row in problems:
        yield str(row)
        if row.excerpt is not None:
            yield f"  {row.excerpt}"
            yield pen(_RED, f"  {_marker(row)}")


def _marker(problem: Problem) -> str:
    lead = (problem.excerpt or "")[: problem.source.column - 1]
    return "".join("\t" if character == "\t" else " " for character in lead) + "^"


def _change(change: Change, blocked: Blocked | None, pen: "_Pen") -> Iterator[str]:
    symbol = SYMBOLS[change.action] if blocked is None else f"{BLOCKED} {SYMBOLS[change.action]}"
    risk = f"[{RISKS[change.risk]}]" if RISKS[change.risk] else ""
    parts = [
        f"  {pen(_COLOURS[change.action], symbol)} {pen(_BOLD, change.address)}",
        _words(change),
        pen(_RED, risk) if change.risk is Risk.DATA_LOSS else risk,
        pen(_DIM, _place(change.source)) if change.source else "",
    ]
    yield "  ".join(filter(None, parts))
    for row in change.differences:
        yield f"      {row.path}: {shown(row.before)} → {shown(row.after)}"
    for line in stake_lines(change):
        yield f"      {line}"
    if blocked is not None:
        yield pen(_RED, f"      blocked: {blocked.reason}") + _reference(blocked.source, change.source)


def _words(change: Change) -> str:
    match change.action:
        case Action.CREATE:
            return facts(change.kind, change.after or {})
        case Action.DELETE:
            return f"{facts(change.kind, change.before or {})}  {change.reason}"
        case Action.REPLACE | Action.RENAME:
            return change.reason
        case _:
            return ""


def _note(note: Note) -> str:
    return f"  {note.address}: {note.message}" if note.address else f"  {note.message}"


def _place(source: Source) -> str:
    return f"{source.file}:{source.line}"


def _reference(source: Source | None, known: Source | None) -> str:
    return "" if source is None or source == known else f" ({_place(source)})"


class _Pen:
    """Puts text in a colour, if colours are on."""

    __slots__ = ("_on",)

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._on else text
