"""One run of a command: from its options to the engine and back to a result."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from b24provision.cli.finish import finish
from b24provision.cli.interrupt import stoppable
from b24provision.cli.output import Output, make_output
from b24provision.cli.progress import Progress
from b24provision.engine import Provisioner
from b24provision.errors import InputError
from b24provision.intent import Intent
from b24provision.model import Manifest
from b24provision.plan import Plan, Report
from b24provision.planfile import is_plan, read_plan, write_plan
from b24provision.render.stages import explanation
from b24provision.saved import require_same_manifests, require_unprotected
from b24provision.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: where its results go, where it works, and what was asked for.

    What was asked for is an intent, or a plan that was `saved` for another day.
    """

    out: Output
    workspace: Workspace
    intent: Intent = field(default_factory=lambda: Intent(manifest=Manifest()))
    saved: Plan | None = None
    backs_up: bool = True

    def plan(self) -> Plan:
        """Read the portal and find what differs."""
        return finish(self._plan())

    async def _plan(self) -> Plan:
        async with self.workspace.connect(tell=self.out.talk) as portal:
            return await portal.plan(self.intent, in_detail=self.out.verbose)

    def explain(self, plan: Plan) -> None:
        """Say how a plan would be carried out; where results are for programs, on stderr."""
        click.echo(explanation(plan), nl=False, err=self.out.format != "text")

    def save(self, plan: Plan, path: str) -> None:
        """Save a plan, and say how to carry it out."""
        write_plan(plan, Path(path))
        self.out.talk(
            f"Saved to {path}. Carry it out with: b24provision apply --target {plan.portal.target} {path}"
        )

    def apply(self, consent: Callable[[Plan], None], *, skip_data_loss: bool = False) -> Report:
        """Plan, have the plan consented to if there is anything to do, carry it out, verify."""
        return finish(self._apply(consent, skip_data_loss))

    async def _apply(self, consent: Callable[[Plan], None], skip_data_loss: bool) -> Report:
        progress = Progress.on_stderr(is_on=self.out.format != "json")
        async with self.workspace.connect(
            backs_up=self.backs_up, tell=progress.telling(self.out.talk)
        ) as portal:
            found = self.saved or await portal.plan(self.intent)
            if skip_data_loss:
                found = found.without_data_loss()
            self.out.preview(found)
            if found.changes:
                consent(found)
            watched = replace(portal, watch=progress.watch)
            with stoppable() as stop, progress.shown():
                return await self._carry_out(watched, found, skip_data_loss, stop)

    async def _carry_out(
        self, portal: Provisioner, plan: Plan, skip_data_loss: bool, stop: Callable[[], bool]
    ) -> Report:
        if self.saved is not None:
            require_unprotected(plan, self.workspace.config.protected)
            return await portal.apply_saved(plan, allow_data_loss=True, stop=stop)
        return await portal.apply(
            self.intent, plan, allow_data_loss=True, skip_data_loss=skip_data_loss, stop=stop
        )


@contextmanager
def prepared(
    *,
    paths: Sequence[str],
    target: str | None,
    state_dir: str | None,
    variables: dict[str, str],
    only: Sequence[str] = (),
    prune: bool = False,
    destroy: bool = False,
    needs_target: bool = True,
    takes_plan: bool = False,
    no_backup: bool = False,
    **output: Any,
) -> Iterator[Run]:
    """Put a run together from its options; errors of ours become results with their exit code."""
    out = make_output(**output)
    with out.failures():
        workspace = Workspace.find(
            target, state=Path(state_dir) if state_dir else None, needs_target=needs_target
        )
        if takes_plan and len(paths) == 1 and is_plan(Path(paths[0])):
            if only or prune or variables:
                raise InputError("A saved plan is carried out as it is: leave out --only, --prune and --var.")
            saved = read_plan(Path(paths[0]))
            if saved.destroy:
                raise InputError(
                    "A plan to destroy is for looking at: carry it out with `b24provision destroy`."
                )
            require_same_manifests(saved)
            yield Run(out, workspace, saved=saved, backs_up=not no_backup)
            return
        intent = workspace.intent(paths, variables=variables, only=only, prune=prune, destroy=destroy)
        yield Run(out, workspace, intent, backs_up=not no_backup)
