"""How runs of the journal are shown to people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from b24provision.journal import Run


def runs_lines(runs: Sequence[Run]) -> Iterator[str]:
    """One line a run, the newest last."""
    if not runs:
        yield "No run has written anything yet."
    for run in runs:
        target = run.plan.get("target", {})
        count = run.plan.get("summary", {})
        changes = f"{count.get('add', 0)} to add, {count.get('change', 0)} to change, {count.get('destroy', 0)} to destroy"
        yield f"{run.name}  {target.get('host', '?')}  {changes}  {run.ending}"


def run_lines(run: Run) -> Iterator[str]:
    """One line an entry: what was about to be sent, what came back, how it ended."""
    for entry in run.entries:
        yield f"{entry.get('at')}  {_entry(entry)}"


def _entry(entry: Mapping[str, Any]) -> str:
    match entry.get("event"):
        case "planned":
            ids = [change["id"] for change in (entry.get("plan") or {}).get("changes", ())]
            return f"planned: {', '.join(ids)}"
        case "sending":
            calls = [f"{call['method']} {call['params'].get('ENTITY', '')}" for call in entry["calls"]]
            return f"request {entry.get('request')}, sending {len(calls)}: {', '.join(calls)}"
        case "answered":
            errors = [error for error in entry["errors"] if error]
            said = f": {'; '.join(errors)}" if errors else ""
            return f"request {entry.get('request')}, answered: {len(entry['errors']) - len(errors)} done, {len(errors)} refused{said}"
        case "failed":
            return f"request {entry.get('request')}, no answer: {entry.get('error')}"
        case _:
            counts: dict[str, int] = {}
            for row in entry.get("outcomes", ()):
                counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
            said = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
            return f"ended: {said}; {'verified' if entry.get('verified') else 'not verified'}"
