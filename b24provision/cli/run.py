"""One run of a command: from its options to the engine and back to a result."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b24provision.cli.interrupt import stoppable
from b24provision.cli.output import Output, make_output
from b24provision.intent import Intent
from b24provision.plan import Plan, Report
from b24provision.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: where its results go, where it works, and what was asked for."""

    out: Output
    workspace: Workspace
    intent: Intent

    def plan(self) -> Plan:
        """Read the portal and find what differs."""
        return asyncio.run(self._plan())

    async def _plan(self) -> Plan:
        async with self.workspace.connect(tell=self.out.talk) as portal:
            return await portal.plan(self.intent)

    def apply(self, consent: Callable[[Plan], None], *, skip_data_loss: bool = False) -> Report:
        """Plan, have the plan consented to if there is anything to do, carry it out, verify."""
        return asyncio.run(self._apply(consent, skip_data_loss))

    async def _apply(self, consent: Callable[[Plan], None], skip_data_loss: bool) -> Report:
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
    **output: Any,
) -> Iterator[Run]:
    """Put a run together from its options; errors of ours become results with their exit code."""
    out = make_output(**output)
    with out.failures():
        workspace = Workspace.find(
            target, state=Path(state_dir) if state_dir else None, needs_target=needs_target
        )
        intent = workspace.intent(paths, variables=variables, only=only, prune=prune, destroy=destroy)
        yield Run(out, workspace, intent)
