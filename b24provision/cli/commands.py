"""The commands. Each gathers its options, calls the engine and answers an exit code."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import click

from b24provision.cli import options
from b24provision.exitcode import ExitCode

if TYPE_CHECKING:
    from b24provision.cli.run import Run
    from b24provision.plan import Plan


def _run(**given: Any) -> "AbstractContextManager[Run]":
    """Put a run together from a command's options."""
    from b24provision.cli.run import prepared

    return prepared(**given)


@click.command()
@options.paths
@options.target
@options.output
def validate(**given: Any) -> int:
    """Check manifests without asking a portal."""
    with _run(needs_target=False, **given) as run:
        run.out.show(run.intent.manifest)
    return ExitCode.DONE


@click.command()
@options.paths
@options.target
@options.only
@options.prune
@options.option("--destroy", is_flag=True, help="Show what destroy would delete.")
@options.option("--detailed-exitcode", is_flag=True, help="Answer 2 when there are changes.")
@options.option("--out", type=click.Path(), metavar="FILE", help="Save the plan, for apply and show.")
@options.option("--explain", is_flag=True, help="Also show the requests that would carry it out.")
@options.output
def plan(*, detailed_exitcode: bool, out: str | None, explain: bool, **given: Any) -> int:
    """Show what differs between the manifests and the portal."""
    with _run(**given) as run:
        found = run.plan()
        if out is not None:
            run.save(found, out)
        run.out.show(found)
        if explain:
            run.explain(found)
    return ExitCode.CHANGES if detailed_exitcode and found.changes else ExitCode.DONE


@click.command()
@options.paths
@options.target
@options.only
@options.prune
@options.option(
    "--fail-on", type=click.Choice(["change", "data-loss"]), default="change", help="What counts as drift."
)
@options.output
def check(*, fail_on: str, **given: Any) -> int:
    """Tell a build whether the portal matches the manifests: 0 in sync, 2 drift."""
    with _run(**given) as run:
        found = run.plan()
        run.out.show(found)
    drift = found.changes if fail_on == "change" else found.data_loss
    return ExitCode.CHANGES if drift else ExitCode.DONE


@click.command()
@options.paths
@options.target
@options.only
@options.prune
@options.auto_approve
@options.data_loss
@options.no_backup
@options.output
def apply(*, auto_approve: bool, allow_data_loss: bool, skip_data_loss: bool, **given: Any) -> int:
    """Make the portal what the manifests say, and prove it.

    A single file that `plan --out` wrote is carried out as it was saved, as long as it still fits.
    """

    def consent(found: "Plan") -> None:
        from b24provision.cli.consent import ask_about_data, ask_to_apply
        from b24provision.engine import require_unblocked

        require_unblocked(found)
        if not allow_data_loss:
            ask_about_data(found)
        ask_to_apply(auto_approve=auto_approve)

    with _run(takes_plan=True, **given) as run:
        report = run.apply(consent, skip_data_loss=skip_data_loss)
        run.out.show(report)
    return report.exit_code


@click.command()
@options.paths
@options.target
@options.only
@click.option("--auto-approve", is_flag=True, help="Is no consent to this; --confirm is.")
@options.no_backup
@click.option("--confirm", metavar="HOST", help="Consent: the portal's host, without port.")
@options.output
def destroy(*, auto_approve: bool, confirm: str | None, **given: Any) -> int:  # noqa: ARG001 - no consent here
    """Delete the manifests' storages, with everything in them."""

    def consent(found: "Plan") -> None:
        from b24provision.cli.consent import ask_to_destroy
        from b24provision.engine import require_unblocked

        require_unblocked(found)
        ask_to_destroy(found.portal.host, confirm=confirm)

    with _run(destroy=True, **given) as run:
        report = run.apply(consent)
        run.out.show(report)
    return report.exit_code


@click.command()
@click.argument("plan_file", type=click.Path(), metavar="PLAN")
@options.output
def show(*, plan_file: str, **output: Any) -> int:
    """Show a plan that `plan --out` saved."""
    from pathlib import Path

    from b24provision.cli.output import make_output
    from b24provision.planfile import read_plan

    out = make_output(**output)
    with out.failures():
        out.show(read_plan(Path(plan_file)))
    return ExitCode.DONE


@click.command()
@click.argument("run", required=False)
@options.state
def log(*, run: str | None, state_dir: str | None) -> int:
    """List what earlier runs did, or show one of them."""
    from b24provision.cli.log import run_lines, runs_lines
    from b24provision.cli.output import make_output
    from b24provision.journal import read_run, read_runs

    with make_output(
        output_format="text", json_into=None, markdown_into=None, no_color=False, verbose=0
    ).failures():
        from pathlib import Path

        from b24provision.workspace import Workspace

        state = Path(state_dir) if state_dir else None
        runs = Workspace.find(state=state, needs_target=False).state / "runs"
        lines = runs_lines(read_runs(runs)) if run is None else run_lines(read_run(runs, run))
        click.echo("\n".join(lines))
    return ExitCode.DONE


@click.command()
@click.argument("of", type=click.Choice(["manifest", "plan"]), default="manifest")
@options.option("--into", type=click.Path(), metavar="FILE", help="Write it to a file.")
def schema(*, of: str, into: str | None) -> int:
    """Print the JSON Schema of manifests, for editors, or of plans, for programs."""
    if of == "plan":
        from b24provision.planschema import plan_schema_text as text
    else:
        from b24provision.manifest.schema import schema_text as text

    with click.open_file(into or "-", "w", encoding="utf-8") as file:
        file.write(text())
    return ExitCode.DONE


COMMANDS = [validate, plan, apply, destroy, check, show, log, schema]
