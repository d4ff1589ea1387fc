"""What a command prints and writes: results on stdout or into files, talk on stderr."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import click

from b24provision.errors import B24ProvisionError
from b24provision.model import Manifest
from b24provision.plan import Plan, Report
from b24provision.render import Renderer, renderer

Result: TypeAlias = Plan | Report | Manifest | B24ProvisionError


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go, and in which formats."""

    format: str
    into: dict[str, str]
    colour: bool
    verbose: bool = False

    def show(self, result: Result) -> None:
        """Write a result into every file asked for, and print it in the format asked for."""
        for name, path in self.into.items():
            try:
                Path(path).write_text(_rendered(renderer(name), result, colour=False), encoding="utf-8")
            except OSError as exc:
                self.talk(f"Error: {path} cannot be written: {exc.strerror}")
        text = _rendered(renderer(self.format), result, colour=self.colour)
        failed = isinstance(result, B24ProvisionError) and self.format == "text"
        click.echo(text, nl=False, err=failed, color=self.colour)

    def preview(self, plan: Plan) -> None:
        """Show a plan that is about to be carried out; where results are for programs, on stderr."""
        text = renderer("text").plan(plan, colour=self.colour)
        click.echo(text, err=self.format != "text", color=self.colour)

    def talk(self, text: str) -> None:
        """Say something that is no result."""
        click.echo(text, err=True)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn an error of ours into a result and its exit code."""
        try:
            yield
        except B24ProvisionError as exc:
            self.show(exc)
            raise click.exceptions.Exit(exc.exit_code) from exc


def _rendered(renderer: Renderer, result: Result, *, colour: bool) -> str:
    match result:
        case B24ProvisionError():
            return renderer.failure(result, colour=colour)
        case Plan():
            return renderer.plan(result, colour=colour)
        case Report():
            return renderer.report(result, colour=colour)
        case _:
            return renderer.manifest(result, colour=colour)


def make_output(
    *, output_format: str, json_into: str | None, markdown_into: str | None, no_color: bool, verbose: int
) -> Output:
    """Put the output options together, and turn logging on if somebody wants to listen."""
    if verbose:
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
        logging.getLogger("b24provision").setLevel(logging.DEBUG)
    for path in filter(None, (json_into, markdown_into)):
        _require_writable(path)
    into = {name: path for name, path in (("json", json_into), ("markdown", markdown_into)) if path}
    return Output(output_format, into, colour=_wants_colour(no_color), verbose=bool(verbose))


def _require_writable(path: str) -> None:
    """Find out before anything is done whether the result can be written down afterwards."""
    try:
        with Path(path).open("a", encoding="utf-8"):
            pass
    except OSError as exc:
        raise click.FileError(path, exc.strerror or "") from exc


def _wants_colour(no_color: bool) -> bool:
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()
