"""How plans, reports and errors look, word for word."""

import json
from collections.abc import Iterator

import pytest
from inline_snapshot import snapshot

from b24provision.errors import AuthError, InputError
from b24provision.local import LocalPortal
from b24provision.plan import Plan, Report
from b24provision.problem import Problem, Source
from b24provision.render import FORMATS, renderer
from tests.support import intent, provisioner

pytestmark = pytest.mark.anyio

LIVE = """
entities:
  dish: {name: Dishes, access: {AU: W, DR1: R}, properties: {price: {type: string}, photo: , colour: }}
  order: {name: Orders, protect: true, properties: {note: }}
  old: {name: Old}
  strange: {name: Strange}
"""
WANTED = """
entities:
  dish:
    name: Menu | *dishes*
    access: {AU: R}
    properties:
      price: {name: Price, type: number, sort: 100}
      photo: {type: file}
  order: {name: Orders, protect: true}
  menu: {name: Menus, access: {}, properties: {day: }}
removed:
  entities: [old]
  properties: [order.note]
"""


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    """A portal where it is always the same moment, so that dates can stand in the expected text."""
    with LocalPortal.open(clock=lambda: 1_800_000_000.0) as opened:
        yield opened


@pytest.fixture
async def plan(portal: LocalPortal) -> Plan:
    async with provisioner(portal) as opened:
        await opened.apply(intent(LIVE))
        for values in ({"price": "12.5"}, {"price": "n/a", "colour": "red"}, {}):
            params = {"ENTITY": "dish", "NAME": "Item", "PROPERTY_VALUES": values}
            await opened.session.client.call.make("entity.item.add", params)
        return await opened.plan(intent(WANTED))


@pytest.fixture
async def report(portal: LocalPortal) -> Report:
    async with provisioner(portal) as opened:
        wanted = intent("entities: {too_long_for_this_portal: {name: D, properties: {x: }}, menu: {name: M}}")
        return await opened.apply(wanted)


async def test_a_plan_as_text(plan: Plan):
    assert renderer("text").plan(plan) == snapshot("""\
Portal: local (target test, user 1, administrator)

  ~ dish  [caution]  <text>:4
      access.AU: "W" → "R"
      access.DR1: "R" → –
      name: "Dishes" → "Menu | *dishes*"
  ~ dish.price  [caution]  <text>:8
      name: "price" → "Price"
      sort: 500 → 100
      type: "string" → "number"
      at stake: values in 2 of 3 items, the newest of 2027-01-15T11:00:00+03:00
      1 not a number: item 2: "n/a"
  -/+ dish.photo  type string cannot become file in place  [data loss]  <text>:9
      type: "string" → "file"
      at stake: values in 0 of 3 items
  + menu  "Menus"  access only the caller  <text>:11
  + menu.day  "day"  string  <text>:11
  ! - order.note  "note"  string  sort 500  listed under removed:  [data loss]  <text>:14
      at stake: values in 0 of 0 items
      blocked: storage order has `protect: true`: take that line out of the manifest first (<text>:10)
  - old  "Old"  listed under removed:  [data loss]  <text>:13
      at stake: 0 items

Notes:
  dish: 1 property is in no manifest and left alone: colour
  1 storage is in no manifest and left alone: strange

1 blocked: nothing is carried out while anything is.

Plan: 3 to add, 2 to change, 3 to destroy.
""")


async def test_a_plan_as_markdown(plan: Plan):
    assert renderer("markdown").plan(plan) == snapshot("""\
**Portal: local (target test, user 1, administrator)**

| | Address | What | Risk |
| --- | --- | --- | --- |
| `~` | `dish` | access.AU: "W" → "R"<br>access.DR1: "R" → –<br>name: "Dishes" → "Menu \\| \\*dishes\\*" | caution |
| `~` | `dish.price` | name: "price" → "Price"<br>sort: 500 → 100<br>type: "string" → "number"<br>at stake: values in 2 of 3 items, the newest of 2027-01-15T11:00:00+03:00<br>1 not a number: item 2: "digest a683c5c5349f6f7f" | caution |
| `-/+` | `dish.photo` | type: "string" → "file"<br>at stake: values in 0 of 3 items | data loss |
| `+` | `menu` | create entity: "Menus"  access only the caller |  |
| `+` | `menu.day` | create property: "day"  string |  |
| `! -` | `order.note` | delete property: listed under removed:<br>at stake: values in 0 of 0 items | data loss |
| `-` | `old` | delete entity: listed under removed:<br>at stake: 0 items | data loss |

Blocked:

- `delete property order.note`: storage order has \\`protect: true\\`: take that line out of the manifest first

Notes:

- `dish`: 1 property is in no manifest and left alone: colour
- 1 storage is in no manifest and left alone: strange

**Plan: 3 to add, 2 to change, 3 to destroy.**
""")


async def test_a_plan_as_json(plan: Plan):
    document = json.loads(renderer("json").plan(plan))
    assert list(document) == snapshot(
        [
            "format_version",
            "tool_version",
            "target",
            "manifests",
            "destroy",
            "summary",
            "changes",
            "blocked",
            "notes",
            "waiting",
            "cost",
        ]
    )
    assert document["summary"] == {"add": 3, "change": 2, "destroy": 3}
    assert document["changes"][0] == snapshot(
        {
            "id": "update entity dish",
            "action": "update",
            "kind": "entity",
            "address": "dish",
            "risk": "caution",
            "before": {"name": "Dishes", "access": {"AU": "W", "DR1": "R"}},
            "after": {"name": "Menu | *dishes*", "access": {"AU": "R"}},
            "reason": "differs in access.AU, access.DR1, name",
            "calls": [
                {
                    "method": "entity.update",
                    "params": {"ENTITY": "dish", "NAME": "Menu | *dishes*", "ACCESS": {"AU": "R"}},
                }
            ],
            "differences": [
                {"path": "access.AU", "before": "W", "after": "R"},
                {"path": "access.DR1", "before": "R", "after": None},
                {"path": "name", "before": "Dishes", "after": "Menu | *dishes*"},
            ],
            "live": "dish",
            "expects": {"access": {"AU": "W", "DR1": "R", "U1": "X"}, "strict": False},
            "stake": None,
            "source": {"file": "<text>", "line": 4, "column": 3},
        }
    )
    assert document["blocked"] == snapshot(
        [
            {
                "id": "delete property order.note",
                "reason": "storage order has `protect: true`: take that line out of the manifest first",
                "source": {"file": "<text>", "line": 10, "column": 3},
            }
        ]
    )


async def test_a_report(report: Report):
    assert renderer("text").report(report) == snapshot("""\
Portal: local (target test, user 1, administrator)

  failed   create entity too_long_for_this_portal: entity.add: ERROR_ARGUMENT: Entity code is too long. Max length is 18 characters.
  skipped  create property too_long_for_this_portal.x: needs “create entity too_long_for_this_portal”
  done     create entity menu

Apply incomplete. 1 added, 0 changed, 0 destroyed. Run again to resume.
""")
    assert renderer("markdown").report(report) == snapshot("""\
**Portal: local (target test, user 1, administrator)**

| Outcome | Change | |
| --- | --- | --- |
| failed | `create entity too_long_for_this_portal` | entity.add: ERROR\\_ARGUMENT: Entity code is too long. Max length is 18 characters. |
| skipped | `create property too_long_for_this_portal.x` | needs “create entity too\\_long\\_for\\_this\\_portal” |
| done | `create entity menu` |  |

**Apply incomplete. 1 added, 0 changed, 0 destroyed. Run again to resume.**
""")
    document = json.loads(renderer("json").report(report))
    assert (document["outcomes"][1], document["verified"]) == snapshot(
        (
            {
                "id": "create property too_long_for_this_portal.x",
                "outcome": "skipped",
                "error": "needs “create entity too_long_for_this_portal”",
            },
            False,
        )
    )


async def test_colours_are_only_on_when_asked_for(plan: Plan):
    assert "\x1b[" not in renderer("text").plan(plan)
    coloured = renderer("text").plan(plan, colour=True)
    assert "\x1b[32m+\x1b[0m" in coloured


def test_problems_show_the_line_and_where_it_begins():
    problem = Problem(Source("m.yaml", 2, 7), "entities.dish", "is odd", "  dish: 1")
    error = InputError("1 problem in 1 manifest file", [problem])
    assert renderer("text").failure(error) == snapshot("""\
m.yaml:2:7: entities.dish: is odd
    dish: 1
        ^
Error: 1 problem in 1 manifest file
""")
    assert renderer("markdown").failure(error) == snapshot("""\
**Error:** 1 problem in 1 manifest file

- `m.yaml:2:7` entities.dish: is odd
""")
    assert json.loads(renderer("json").failure(error)) == snapshot(
        {
            "format_version": "1",
            "error": "1 problem in 1 manifest file",
            "exit_code": 3,
            "problems": [
                {"file": "m.yaml", "line": 2, "column": 7, "path": "entities.dish", "message": "is odd"}
            ],
        }
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_every_failure(name: str):
    assert "no <way>" in renderer(name).failure(AuthError("no <way>")).replace("\\", "")
