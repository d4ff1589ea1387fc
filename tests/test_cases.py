"""Golden cases: a manifest and a live portal in, a plan and its calls out.

Each directory below `tests/cases/` holds `manifest.yaml`, `live.json` (who calls, the calls that made the portal
what it is, and options of the run), and what is expected: `plan.txt`, `plan.json` and `calls.json`. After a change
that is meant, `B24P_WRITE_CASES=1 python -m pytest tests/test_cases.py` writes the expectations anew; read
the difference before you commit it.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from b24provision import __version__
from b24provision.intent import Intent
from b24provision.local import LocalPortal
from b24provision.manifest import load_text
from b24provision.plan import Plan
from b24provision.planschema import plan_schema
from b24provision.render import renderer
from tests.support import provisioner

pytestmark = pytest.mark.anyio

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
WRITES = bool(os.environ.get("B24P_WRITE_CASES"))
MOMENT = 1_800_000_000.0


def live_of(case: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((case / "live.json").read_text(encoding="utf-8"))
    return content


def intent_of(case: Path, live: dict[str, Any]) -> Intent:
    text = (case / "manifest.yaml").read_text(encoding="utf-8")
    return Intent(
        manifest=load_text(text, "manifest.yaml", client_id=LocalPortal.client_id), **live.get("options", {})
    )


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal.open(clock=lambda: MOMENT) as opened:
        yield opened


async def make_live(portal: LocalPortal, live: dict[str, Any]) -> None:
    for user_id, facts in live.get("users", {}).items():
        portal.add_user(int(user_id), **facts)
    for row in live["calls"]:
        async with provisioner(portal, user_id=row["user"]) as opened:
            answer = await opened.session.client.call.make(row["method"], row["params"])
            assert answer.is_success, answer.error


async def planned(portal: LocalPortal, case: Path) -> Plan:
    live = live_of(case)
    await make_live(portal, live)
    async with provisioner(portal, user_id=live.get("caller", 1)) as opened:
        return await opened.plan(intent_of(case, live))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_plan_is_as_expected(portal: LocalPortal, case: Path):
    plan = await planned(portal, case)
    calls = [
        {"method": call.method, "params": call.params} for change in plan.changes for call in change.calls
    ]
    found = {
        "plan.txt": renderer("text").plan(plan),
        "plan.json": renderer("json")
        .plan(plan)
        .replace(f'"tool_version": "{__version__}"', '"tool_version": "*"'),
        "calls.json": json.dumps(calls, ensure_ascii=False, indent=2) + "\n",
    }
    for name, text in found.items():
        if WRITES:
            (case / name).write_text(text, encoding="utf-8")
        assert text == (case / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_is_not_blocked_leads_where_it_says(portal: LocalPortal, case: Path):
    plan = await planned(portal, case)
    if plan.blocked:
        return
    live = live_of(case)
    intent = intent_of(case, live)
    async with provisioner(portal, user_id=live.get("caller", 1)) as opened:
        report = await opened.apply(intent, plan, allow_data_loss=True)
        assert report.verified, report
        assert not (await opened.plan(intent)).changes


def test_there_are_enough_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_plan_is_of_the_published_shape(case: Path):
    Draft202012Validator(plan_schema()).validate(json.loads((case / "plan.json").read_text(encoding="utf-8")))


def test_the_published_shape_is_strict_enough():
    plan = json.loads((CASES[0] / "plan.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(plan_schema())
    for name in plan:
        assert not validator.is_valid({key: value for key, value in plan.items() if key != name})
