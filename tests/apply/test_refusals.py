"""Every command of every golden case refused in turn: nothing else touches what it should not."""

from pathlib import Path

import pytest

from b24provision.local import LocalPortal
from tests.apply.oracle import State, check
from tests.apply.wire import Refusing
from tests.support import provisioner
from tests.test_cases import CASES, MOMENT, intent_of, live_of, make_live

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_refused_command_leads_to_no_harm(case: Path):
    live = live_of(case)
    intent, caller = intent_of(case, live), live.get("caller", 1)
    after, calls = None, []
    with LocalPortal.open(clock=lambda: MOMENT) as whole:
        await make_live(whole, live)
        async with provisioner(whole, user_id=caller) as opened:
            plan = await opened.plan(intent)
            if plan.blocked:
                return
            calls = [call for change in plan.changes for call in change.calls]
            assert (await opened.apply(intent, plan, allow_data_loss=True)).verified
        after = State.of(whole)
    for call in calls:
        for times in (1, None):
            with LocalPortal.open(clock=lambda: MOMENT) as portal:
                await make_live(portal, live)
                before = State.of(portal)
                transport = Refusing(portal.app, call, times)
                async with provisioner(portal, user_id=caller, transport=transport) as opened:
                    report = await opened.apply(intent, allow_data_loss=True)
                assert transport.refused
                assert report.exit_code == (7 if times is None else 0), report
                check(before, State.of(portal), after, caller=f"U{caller}")
                async with provisioner(portal, user_id=caller) as opened:
                    assert (await opened.apply(intent, allow_data_loss=True)).verified
