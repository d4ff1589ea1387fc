"""The use cases for code without asyncio: the same `Provisioner`, in an event loop of its own thread."""

from dataclasses import dataclass
from functools import partial

from anyio.from_thread import BlockingPortal

from b24provision.engine import Provisioner
from b24provision.intent import Intent
from b24provision.model import Snapshot
from b24provision.plan import Plan, Report


@dataclass(frozen=True, slots=True)
class BlockingProvisioner:
    """`Provisioner` without `await`; made by `Workspace.connect_blocking`."""

    provisioner: Provisioner
    loop: BlockingPortal

    def read(self, intent: Intent) -> Snapshot:
        """See `Provisioner.read`."""
        return self.loop.call(self.provisioner.read, intent)

    def plan(self, intent: Intent) -> Plan:
        """See `Provisioner.plan`."""
        return self.loop.call(self.provisioner.plan, intent)

    def apply(
        self,
        intent: Intent,
        plan: Plan | None = None,
        *,
        allow_data_loss: bool = False,
        skip_data_loss: bool = False,
    ) -> Report:
        """See `Provisioner.apply`."""
        call = partial(
            self.provisioner.apply,
            intent,
            plan,
            allow_data_loss=allow_data_loss,
            skip_data_loss=skip_data_loss,
        )
        return self.loop.call(call)
