"""FILTER, SORT and `start` of the list methods, made into SQL over one table of a storage's rows.

Source: entity/items/entity-item-get, entity/sections/entity-section-get, list-methods-pecularities.
Undocumented, and decided here: fields that do not exist are passed over in FILTER and SORT; a condition on an
empty value asks for what is unset; text compares without case; `start` is rounded down to whole pages.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from b24provision.local import php
from b24provision.local.answers import PORTAL_ZONE, Answer, Refusal

PAGE = 50
_PREFIXES = ("!><", "><", ">=", "<=", "!=", "!%", ">", "<", "=", "!", "%", "?")


@dataclass(frozen=True, slots=True)
class Column:
    """Something that can be compared: an SQL expression over the row `t`, and how a value is written for it."""

    sql: str
    written: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Clause:
    sql: str
    values: list[Any] = field(default_factory=list)


def text_column(sql: str) -> Column:
    return Column(f"folded({sql})", lambda value: php.text(value).casefold())


def integer_column(sql: str) -> Column:
    return Column(sql, php.integer)


def number_column(sql: str) -> Column:
    """Text that is compared as the number it begins with."""
    return Column(f"CAST({sql} AS REAL)", _number)


def date_column(sql: str) -> Column:
    return Column(sql, moment)


def moment(value: Any) -> float:
    """Read an ISO date or time, in the portal's own zone unless it names another; seconds since the epoch."""
    try:
        stamp = datetime.fromisoformat(php.text(value))
        stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=PORTAL_ZONE)
        return stamp.astimezone(PORTAL_ZONE).timestamp()  # which must be a date on the portal's calendar too
    except (ValueError, OverflowError) as exc:
        raise Refusal("ERROR_ARGUMENT", "Invalid date. Write it in ISO 8601.", argument="DATE") from exc


def select_page(
    db: sqlite3.Connection,
    table: str,
    storage_id: int,
    params: Mapping[str, Any],
    columns: Mapping[str, Column],
) -> Answer:
    """Answer one page of a storage's rows, with `total` and, when there is more, `next`.

    With `start` -1 nothing is counted: the first page, and neither of the two.
    """
    condition = _conditions(params.get("FILTER"), columns)
    source = f"FROM {table} t WHERE t.storage_id = ? AND {condition.sql}"
    values = [storage_id, *condition.values]
    start = php.integer(params.get("START"))
    offset = max(start, 0) // PAGE * PAGE
    query = f"SELECT t.* {source} ORDER BY {_order(params.get('SORT'), columns)} LIMIT {PAGE} OFFSET {offset}"
    rows = db.execute(query, values).fetchall()
    if start < 0:
        return Answer(rows)
    total = db.execute(f"SELECT COUNT(*) {source}", values).fetchone()[0]
    return Answer(rows, total=total, next=offset + PAGE if offset + PAGE < total else None)


def _order(sort: Any, columns: Mapping[str, Column]) -> str:
    """The order asked for, then by id, so that pages neither overlap nor leave anything out."""
    terms = [
        f"{columns[name.upper()].sql} {'DESC' if php.text(direction).upper() == 'DESC' else 'ASC'}"
        for name, direction in php.pairs(sort)
        if name.upper() in columns
    ]
    return ", ".join([*terms, "t.id ASC"])


def _conditions(conditions: Any, columns: Mapping[str, Column]) -> Clause:
    """All conditions of a filter, or any of them where it says LOGIC OR; filters may lie inside filters."""
    given = php.pairs(conditions)
    logic = next((value for name, value in given if name.upper() == "LOGIC"), "AND")
    clauses = [clause for name, value in given if (clause := _condition(name, value, columns))]
    if not clauses:
        return Clause("1 = 1")
    joint = " OR " if php.text(logic).upper() == "OR" else " AND "
    return Clause(
        "(" + joint.join(clause.sql for clause in clauses) + ")",
        [value for clause in clauses for value in clause.values],
    )


def _condition(name: str, value: Any, columns: Mapping[str, Column]) -> Clause | None:
    if name.isdigit():
        return _conditions(value, columns)
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    column = columns.get(name[len(prefix) :].strip().upper())
    return None if column is None else _comparison(prefix or "=", column, value)


def _comparison(prefix: str, column: Column, value: Any) -> Clause:
    """The condition for a prefix. One that begins with ! is its counterpart turned round."""
    if prefix.startswith("!"):
        clause = _comparison(prefix[1:] or "=", column, value)
        return Clause(f"NOT {clause.sql}", clause.values)
    match prefix:
        case "=":
            return _equal(column, value)
        case "><":
            return _between(column, value)
        case "%":
            return _containing(column, value)
        case "?":  # set, or with an empty value unset
            return Clause(f"({column.sql} IS {'NOT NULL' if php.truthy(value) else 'NULL'})")
        case _:
            return Clause(f"({column.sql} {prefix} ?)", [column.written(value)])


def _equal(column: Column, value: Any) -> Clause:
    """Equal to the value, or to one of several. Never unknown, so that NOT turns it round."""
    wanted = [child for _, child in php.pairs(value)] if isinstance(value, list | dict) else [value]
    terms, values = [], []
    for each in wanted:
        if php.text(each) == "":
            terms.append(f"{column.sql} IS NULL")
        else:
            terms.append(f"{column.sql} IS ?")
            values.append(column.written(each))
    return Clause("(" + (" OR ".join(terms) or "0 = 1") + ")", values)


def _between(column: Column, value: Any) -> Clause:
    bounds = [column.written(child) for _, child in php.pairs(value)]
    if len(bounds) != 2:
        raise Refusal("ERROR_ARGUMENT", "A range wants two values", argument="FILTER")
    return Clause(f"({column.sql} IS NOT NULL AND {column.sql} BETWEEN ? AND ?)", bounds)


def _containing(column: Column, value: Any) -> Clause:
    """Containing a text. Columns of text are folded already; those of numbers are taken as written."""
    text = php.text(value).casefold()
    return Clause(f"(instr(CAST(coalesce({column.sql}, '') AS TEXT), ?) > 0)", [text])


def _number(value: Any) -> float:
    try:
        return float(php.text(value))
    except ValueError:
        return float(php.integer(value))
