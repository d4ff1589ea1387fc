"""The commands. Each gathers its options, calls the engine and answers an exit code."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from b24provision.cli import options
from b24provision.cli.consent import ask_to_apply, ask_to_destroy
from b24provision.cli.interrupt import stoppable
from b24provision.cli.output import Output, make_output
from b24provision.errors import ExitCode

if TYPE_CHECKING:
    from b24provision.intent import Intent
    from b24provision.plan import Plan, Report
    from b24provision.workspace import Workspace


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
@click.option("--destroy", is_flag=True, help="Show what destroy would delete.")
@click.option("--detailed-exitcode", is_flag=True, help="Answer 2 when there are changes.")
@options.output
def plan(*, detailed_exitcode: bool, **given: Any) -> int:
    """Show what differs between the manifests and the portal."""
    with _run(**given) as run:
        found = run.plan()
        run.out.show(found)
    return ExitCode.CHANGES if detailed_exitcode and found.changes else ExitCode.DONE


@click.command()
@options.paths
@options.target
@options.only
@options.prune
@click.option(
    "--fail-on",
    type=click.Choice(["change", "data-loss"]),
    default="change",
    envvar="B24P_FAIL_ON",
    show_envvar=True,
    help="What counts as drift.",
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
@options.output
def apply(*, auto_approve: bool, allow_data_loss: bool, skip_data_loss: bool, **given: Any) -> int:
    """Make the portal what the manifests say, and prove it."""

    def consent(found: "Plan") -> None:
        from b24provision.engine import require_consent

        require_consent(found, allow_data_loss=allow_data_loss)
        ask_to_apply(auto_approve=auto_approve)

    with _run(**given) as run:
        report = run.apply(consent, skip_data_loss=skip_data_loss)
        run.out.show(report)
    return report.exit_code


@click.command()
@options.paths
@options.target
@options.only
@options.auto_approve
@click.option("--confirm", metavar="HOST", help="Consent: the portal's host, without port.")
@options.output
def destroy(*, auto_approve: bool, confirm: str | None, **given: Any) -> int:  # noqa: ARG001 - no consent here
    """Delete the manifests' storages, with everything in them."""

    def consent(found: "Plan") -> None:
        from b24provision.engine import require_consent

        require_consent(found, allow_data_loss=True)
        ask_to_destroy(found.portal.host, confirm=confirm)

    with _run(destroy=True, **given) as run:
        report = run.apply(consent)
        run.out.show(report)
    return report.exit_code


@click.command()
@click.option("--into", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a file.")
def schema(into: Path | None) -> int:
    """Print the JSON Schema of manifests, for editors."""
    from b24provision.schema import schema_text

    text = schema_text()
    if into is None:
        click.echo(text, nl=False)
    else:
        into.write_text(text, encoding="utf-8")
    return ExitCode.DONE


COMMANDS = [validate, plan, apply, destroy, check, schema]


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of a command: where its results go, where it works, and what was asked for."""

    out: Output
    workspace: "Workspace"
    intent: "Intent"

    def plan(self) -> "Plan":
        """Read the portal and find what differs."""
        import asyncio

        return asyncio.run(self._plan())

    async def _plan(self) -> "Plan":
        async with self.workspace.connect(tell=self.out.talk) as portal:
            return await portal.plan(self.intent)

    def apply(self, consent: Callable[["Plan"], None], *, skip_data_loss: bool = False) -> "Report":
        """Plan, have the plan consented to if there is anything to do, carry it out, verify."""
        import asyncio

        return asyncio.run(self._apply(consent, skip_data_loss))

    async def _apply(self, consent: Callable[["Plan"], None], skip_data_loss: bool) -> "Report":
        async with self.workspace.connect(tell=self.out.talk) as portal:
            found = await portal.plan(self.intent)
            if skip_data_loss:
                found = found.without_data_loss()
            self.out.preview(found)
            if found.changes:
                consent(found)
            with stoppable() as stop:
                return await portal.apply(
                    self.intent,
                    found,
                    allow_data_loss=True,
                    skip_data_loss=skip_data_loss,
                    stop=stop,
                )


@contextmanager
def _run(
    *,
    paths: Sequence[Path],
    target: str | None,
    state_dir: Path | None,
    variables: dict[str, str],
    only: Sequence[str] = (),
    prune: bool = False,
    destroy: bool = False,
    needs_target: bool = True,
    **output: Any,
) -> Iterator[_Run]:
    """Put a run together from its options; errors of ours become results with their exit code."""
    out = make_output(**output)
    with out.failures():
        from b24provision.workspace import Workspace

        workspace = Workspace.find(target, state=state_dir, needs_target=needs_target)
        intent = workspace.intent(paths, variables=variables, only=only, prune=prune, destroy=destroy)
        yield _Run(out, workspace, intent)
