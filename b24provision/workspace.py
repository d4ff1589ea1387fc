"""Where somebody stands: the configuration found there, the target meant, and where state is kept.

The command line and scripts begin here; everything below works on values and knows no directories.
"""

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from b24provision.blocking import BlockingProvisioner
from b24provision.engine import Provisioner
from b24provision.errors import InputError
from b24provision.intent import Intent
from b24provision.journal import Journal
from b24provision.manifest import load
from b24provision.model import Manifest
from b24provision.targets.config import Config, find_config
from b24provision.targets.session import Tell, connect, tell_nobody
from b24provision.targets.target import Target, choose_target

STATE_DIRECTORY = ".b24provision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A configuration, one of its targets, and the directory that holds what is remembered.

    `target` is None when none was needed and none chosen.
    """

    config: Config
    target: Target | None
    state: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def find(
        cls,
        target: str | None = None,
        *,
        start: Path | None = None,
        state: Path | None = None,
        environ: Mapping[str, str] | None = None,
        needs_target: bool = True,
    ) -> "Workspace":
        """Search upwards from `start` (the working directory) and choose a target.

        Raises InputError for a configuration that cannot be used, and when no target, or more than
        one, is meant.
        """
        environ = os.environ if environ is None else environ
        config = find_config((start or Path.cwd()).resolve())
        try:
            chosen = choose_target(config, environ, target, offline=not needs_target)
        except InputError:
            if needs_target or target:
                raise
            chosen = None
        where = state or config.directory / STATE_DIRECTORY
        return cls(config=config, target=chosen, state=where, environ=environ)

    @property
    def chosen(self) -> Target:
        """The target. Raises InputError when none was chosen."""
        if self.target is None:
            raise InputError("No target is chosen.")
        return self.target

    def manifest(
        self, paths: Sequence[Path | str] = (), *, variables: Mapping[str, str] | None = None
    ) -> Manifest:
        """Load the manifests at `paths`, or those of the target. `variables` win over the target's.

        Raises InputError with every problem found.
        """
        target = self.target
        known = {**(target.variables if target else {}), **(variables or {})}
        return load(
            paths or self._manifest_paths(),
            variables=known,
            environ=self.environ,
            client_id=self._client_id(),
        )

    def intent(
        self,
        paths: Sequence[Path | str] = (),
        *,
        variables: Mapping[str, str] | None = None,
        only: Sequence[str] = (),
        prune: bool = False,
        destroy: bool = False,
    ) -> Intent:
        """Say what to do with the manifests. Explicit `paths`, and `only`, see just a part of them."""
        whole = Intent(
            manifest=self.manifest(paths, variables=variables),
            destroy=destroy,
            partial=bool(paths),
            protected=self.config.protected,
        )
        return whole.narrowed(only).pruning(prune)

    @asynccontextmanager
    async def connect(self, *, backs_up: bool = True, tell: Tell = tell_nobody) -> AsyncIterator[Provisioner]:
        """Open the target's portal; see `session.connect` for what may be raised.

        What a plan would lose is archived below the state directory before it is lost, if `backs_up`.
        """
        async with connect(self.chosen, self.state, directory=self.config.directory, tell=tell) as session:
            yield Provisioner(
                session,
                journal=Journal(self.state / "runs"),
                backups=self.state / "backups" if backs_up else None,
                tell=tell,
            )

    @contextmanager
    def connect_blocking(self, *, tell: Tell = tell_nobody) -> Iterator[BlockingProvisioner]:
        """Open the target's portal for code that does not use asyncio, or that runs inside a loop."""
        with (
            start_blocking_portal() as loop,
            loop.wrap_async_context_manager(self.connect(tell=tell)) as opened,
        ):
            yield BlockingProvisioner(opened, loop)

    def _manifest_paths(self) -> list[Path]:
        """Give the target's manifests, relative to here where that is shorter to read."""
        names = self.target.manifests if self.target else ("manifests",)
        paths = [self.config.directory / name for name in names]
        here = Path.cwd()
        return [path.relative_to(here) if path.is_relative_to(here) else path for path in paths]

    def _client_id(self) -> str | None:
        if self.target is None:
            return None
        if self.target.is_local:
            from b24provision.local import LocalPortal

            return LocalPortal.client_id
        return self.target.client_id or None
