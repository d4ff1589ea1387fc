"""The command `import`: live storages → manifest."""

from typing import TYPE_CHECKING, Any

import click

from b24provision.cli import options
from b24provision.exitcode import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from b24provision.cli.output import Output
    from b24provision.errors import InputError
    from b24provision.importing import Imported, Live, Wish
    from b24provision.model import Manifest, Portal
    from b24provision.workspace import Workspace


@click.command("import")
@click.option(
    "--into",
    required=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    envvar="B24P_INTO",
    show_envvar=True,
    help="The manifest: a new one, or one that gets what it does not describe.",
)
@options.target
@options.only
@options.output
def import_(**given: Any) -> int:
    """Describe live storages in a manifest.

    What manifests already say stays as it is, with every comment. A plan by the same caller then has
    nothing to change in what was imported.
    """
    return _import(**given)


def _import(
    *,
    into: str,
    target: str | None,
    state_dir: str | None,
    variables: dict[str, str],
    only: "Sequence[str]",
    **output: Any,
) -> int:
    from pathlib import Path

    from b24provision.cli.output import make_output
    from b24provision.workspace import Workspace

    out = make_output(**output)
    with out.failures():
        workspace = Workspace.find(target, state=Path(state_dir) if state_dir else None)

        def load(file: Path) -> "Manifest":
            return workspace.manifest([file], variables=variables)

        _show(out, _imported(out, workspace, Path(into), only, load))
    return ExitCode.DONE


def _imported(
    out: "Output",
    workspace: "Workspace",
    into: "Path",
    only: "Sequence[str]",
    load: "Callable[[Path], Manifest]",
) -> "Imported":
    from b24provision.cli.finish import finish
    from b24provision.importing import Wish, import_into, is_reached, read_elsewhere, read_here

    def complain(message: str, error: "InputError") -> None:
        out.talk("\n".join([f"{message}:", *(f"  {row}" for row in error.problems or [error])]))

    file, here = read_here(into, load)
    paths = list(_manifest_paths(workspace))
    wish = Wish(here=here, elsewhere=read_elsewhere(paths, into, load, complain), only=only)
    live, portal = finish(_read(out, workspace, wish))
    outcome = import_into(file, wish, live, portal, load)
    if outcome.imported and not is_reached(into, paths):
        out.talk(
            f"{into} is not among the manifests of target {workspace.chosen.name}: plan {into} by its name."
        )
    return outcome


async def _read(out: "Output", workspace: "Workspace", wish: "Wish") -> "tuple[Live, Portal]":
    from b24provision.importing import read_live
    from b24provision.reading import drive

    async with workspace.connect(tell=out.talk) as portal:
        return await drive(portal.session.send, read_live(wish)), portal.session.portal


def _manifest_paths(workspace: "Workspace") -> "Iterator[Path]":
    """Give the target's manifests, relative to here where that is shorter to read."""
    from pathlib import Path

    here = Path.cwd()
    for name in workspace.chosen.manifests:
        path = workspace.config.directory / name
        yield path.relative_to(here) if path.is_relative_to(here) else path


def _show(out: "Output", outcome: "Imported") -> None:
    """Talk on stderr; where somebody asked for another format, that is the result."""
    from pathlib import Path

    from b24provision.importing import FORMATS

    for name, path in out.into.items():
        try:
            Path(path).write_text(FORMATS[name](outcome), encoding="utf-8")
        except OSError as exc:
            raise click.FileError(path, exc.strerror or "") from exc
    out.talk(FORMATS["text"](outcome).rstrip("\n"))
    if out.format != "text":
        click.echo(FORMATS[out.format](outcome), nl=False)
