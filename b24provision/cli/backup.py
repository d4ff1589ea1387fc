"""The commands about data: put storages into an archive, and bring back what an archive holds."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from b24provision.cli import options
from b24provision.exitcode import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from b24provision.backup import RestorePlan, RestoreReport, Summary
    from b24provision.cli.output import Output
    from b24provision.workspace import Workspace


@click.command()
@options.portal
@options.only
@click.option(
    "--into",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    envvar="B24P_INTO",
    show_envvar=True,
    help="The archive to write. [default: one of its own in the state directory's backups/]",
)
@options.output
def backup(*, only: tuple[str, ...], into: str | None, **given: Any) -> int:
    """Write storages with all their data into an archive.

    It holds definitions, rights, sections, items and files, and whoever has it has the data: it can be read by
    its owner only, and belongs into no repository.
    """
    from pathlib import Path

    from b24provision.backup.rendering import RENDERERS
    from b24provision.cli.finish import finish

    with _workspace(**given) as (workspace, out):
        made = finish(_back_up(workspace, out, only, Path(into) if into else None))
        for name, path in out.into.items():
            _write(path, RENDERERS[name](made))
        click.echo(RENDERERS[out.format](made), nl=False)
    return ExitCode.DONE


@click.command()
@click.argument("archive", type=click.Path())
@options.portal
@options.only
@options.auto_approve
@options.output
def restore(*, archive: str, only: tuple[str, ...], auto_approve: bool, **given: Any) -> int:
    """Bring back what an archive holds and the portal does not.

    What is there already is left alone: nothing is deleted and nothing newer is overwritten. An interrupted
    restore is completed by running it again.
    """
    from pathlib import Path

    from b24provision.cli.finish import finish

    with _workspace(**given) as (workspace, out):
        report = finish(_restore(workspace, out, Path(archive), only, auto_approve=auto_approve))
        out.show(report)
    return report.exit_code


def _write(path: str, text: str) -> None:
    try:
        with click.open_file(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        raise click.FileError(path, exc.strerror or "") from exc


async def _back_up(
    workspace: "Workspace", out: "Output", only: tuple[str, ...], into: "Path | None"
) -> "Summary":
    from b24provision.backup import archive_name, back_up, chosen_codes
    from b24provision.targets.state import keep_private

    async with workspace.connect(tell=out.talk) as portal:
        codes = await chosen_codes(portal.session, only)
        if into is None:
            keep_private(workspace.state)
            into = archive_name(workspace.state / "backups", portal.session.portal)
        return await back_up(portal.session, codes, into, sleep=portal.sleep, tell=out.talk)


async def _restore(
    workspace: "Workspace", out: "Output", path: "Path", only: tuple[str, ...], *, auto_approve: bool
) -> "RestoreReport":
    from b24provision.backup import Archive, plan_restore
    from b24provision.backup import restore as carry_out
    from b24provision.cli.interrupt import stoppable

    with Archive.open(path) as archive:
        async with workspace.connect(tell=out.talk) as portal:
            found = await plan_restore(portal, archive, only)
            out.preview(found)
            _consent(found, auto_approve=auto_approve)
            with stoppable() as stop:
                return await carry_out(portal, archive, found, stop=stop, tell=out.talk)


def _consent(plan: "RestorePlan", *, auto_approve: bool) -> None:
    from b24provision.cli.consent import ask_to_apply
    from b24provision.engine import require_unblocked

    require_unblocked(plan)
    if plan.changes:
        ask_to_apply(auto_approve=auto_approve)


@contextmanager
def _workspace(
    *, target: str | None, state_dir: str | None, **output: Any
) -> "Iterator[tuple[Workspace, Output]]":
    """Find the workspace and where results go; errors of ours become results with their exit code."""
    from pathlib import Path

    from b24provision.cli.output import make_output
    from b24provision.workspace import Workspace

    out = make_output(**output)
    with out.failures():
        yield Workspace.find(target, state=Path(state_dir) if state_dir else None), out
