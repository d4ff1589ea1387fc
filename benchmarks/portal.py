"""The local portal with 20,000 items in one storage: each list handler against the same SQL by hand.

python -m benchmarks.portal [ITEMS]

Prints, for each question, the handler's median in milliseconds, that of the SQL a person would write for it, and
their ratio. The handler goes through parsing, rights, the log and JSON; the SQL fetches its rows and no more.
"""

import asyncio
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from b24provision.local import LocalPortal
from b24provision.local.batch import run_batch
from b24provision.local.commands import Session, perform
from b24provision.local.credentials import caller_by_token

ITEMS = 20_000
ROUNDS = 15


@dataclass(frozen=True)
class Question:
    name: str
    params: dict[str, Any]
    sql: str
    values: tuple[Any, ...] = ()


ROW = "SELECT * FROM items WHERE storage_id = 1"
VALUE = "SELECT item_id FROM item_values WHERE property_id = 1 AND value = ?"
QUESTIONS = (
    Question("first page, counted", {}, f"{ROW} ORDER BY id LIMIT 50"),
    Question("last page, counted", {"start": ITEMS - 50}, f"{ROW} ORDER BY id LIMIT 50 OFFSET {ITEMS - 50}"),
    Question(
        "a page by >ID, start=-1",
        {"FILTER": {">ID": ITEMS // 2}, "start": -1},
        f"{ROW} AND id > 10000 LIMIT 50",
    ),
    Question("by a property", {"FILTER": {"PROPERTY_COLOUR": "c7"}}, f"{ROW} AND id IN ({VALUE})", ("c7",)),
    Question(
        "by a property, start=-1",
        {"FILTER": {"PROPERTY_COLOUR": "c7"}, "start": -1},
        f"{ROW} AND id IN ({VALUE}) LIMIT 50",
        ("c7",),
    ),
    Question(
        "by a number, >=",
        {"FILTER": {">=PROPERTY_PRICE": ITEMS - 100}},
        f"{ROW} AND id IN (SELECT item_id FROM item_values WHERE property_id = 2 AND CAST(value AS REAL) >= ?)",
        (ITEMS - 100,),
    ),
    Question("by name", {"FILTER": {"NAME": "item 777"}}, f"{ROW} AND name = ?", ("item 777",)),
    Question("containing", {"FILTER": {"%NAME": "777"}}, f"{ROW} AND name LIKE ?", ("%777%",)),
    Question(
        "sorted by a property",
        {"SORT": {"PROPERTY_PRICE": "DESC"}},
        f"{ROW} ORDER BY (SELECT CAST(value AS REAL) FROM item_values WHERE item_id = items.id AND property_id = 2) DESC LIMIT 50",
    ),
)


def median_ms(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def count_of(db: sqlite3.Connection, question: Question) -> None:
    """Fetch the page, and count as the handler does unless told not to."""
    db.execute(question.sql, question.values).fetchmany(50)
    if question.params.get("start") != -1:
        condition = question.sql.partition(" WHERE ")[2].partition(" ORDER BY ")[0].partition(" LIMIT ")[0]
        db.execute(f"SELECT COUNT(*) FROM items WHERE {condition}", question.values).fetchone()


async def fill(session: Session, items: int) -> None:
    await perform(session, "entity.add", {"ENTITY": "dish", "NAME": "Dishes"})
    for code, kind in (("colour", "S"), ("price", "N")):
        await perform(
            session,
            "entity.item.property.add",
            {"ENTITY": "dish", "PROPERTY": code, "NAME": code, "TYPE": kind},
        )
    for start in range(0, items, 50):
        rows = [
            f"entity.item.add?ENTITY=dish&NAME=item {n}&PROPERTY_VALUES[colour]=c{n % 100}&PROPERTY_VALUES[price]={n}"
            for n in range(start, min(start + 50, items))
        ]
        await run_batch(session, {"cmd": rows})


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    with LocalPortal.open() as portal, asyncio.Runner() as runner:
        state, token = portal._state, portal.issue_token().access_token  # noqa: SLF001
        with state.store.reading() as db:
            caller = caller_by_token(db, token, now=time.time())
        session = Session(state, caller, "http://local", "benchmark", time.time())
        start = time.perf_counter()
        runner.run(fill(session, items))
        print(f"{items} items added in {time.perf_counter() - start:.1f} s")
        print(f"{'':26} {'handler':>9} {'SQL':>9} {'ratio':>6}")
        for question in QUESTIONS:
            report(question, session, runner)


def report(question: Question, session: Session, runner: asyncio.Runner) -> None:
    async def ask() -> None:
        done = await perform(session, "entity.item.get", {"ENTITY": "dish", **question.params})
        json.dumps(done.answer.result)

    with session.state.store.reading() as db:
        by_hand = median_ms(lambda: count_of(db, question))
    handler = median_ms(lambda: runner.run(ask()))
    print(f"{question.name:26} {handler:6.2f} ms {by_hand:6.2f} ms {handler / by_hand:6.1f}")


if __name__ == "__main__":
    main()
