"""What a plan puts at stake: how many items, how many values, how recent, and which will not fit.

A reader like the snapshot: it yields calls, is sent answers, and gives the plan with a `Stake` in every
change that loses data or may garble it. It decides nothing but one thing: two storages (or properties)
that are both live, of which a manifest says that one is the other's former code, are in each other's way
only if the former one holds something.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from b24provision.model import Held, Note, fold
from b24provision.plan import Change, Kind, Plan, Risk, Stake
from b24provision.reading import Answer, Reader
from b24provision.rest.calls import Call
from b24provision.snapshot import having_value, held, items_with_value, newest_items

UNKNOWN = Held(None, None)
PAGE = 50
SAMPLED_PAGES = 20
"""How many pages of values are looked at for ones that are no numbers; beyond them it is "at least"."""
SHOWN_MISFITS = 5
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")


def read_stakes(plan: Plan, known: Mapping[str, Held]) -> Reader[Plan]:
    """Read what the changes of `plan` put at stake, as far as `known` does not tell already.

    Two calls at most for each change, all in one wave, then pages of values for each string that is to
    become a number. A portal that refuses to count leaves the stake unknown.

    Source: api-reference/entity/items (entity.item.get).
    """
    asked = [_Question.of(change, known) for change in plan.changes if _is_risky(change)]
    if not asked:
        return plan
    calls = [call for question in asked for call in question.counting()]
    answers = (yield calls) if calls else []
    for question in asked:
        width = len(list(question.counting()))
        question.count(answers[:width])
        answers = answers[width:]
    for _ in range(SAMPLED_PAGES):
        curious = [question for question in asked if question.wants_values]
        if not curious:
            break
        pages = yield [question.next_page() for question in curious]
        for question, page in zip(curious, pages, strict=True):
            question.look_at(page)
    stakes = {question.change.id: question.stake() for question in asked}
    changes = tuple(
        replace(change, stake=stakes[change.id]) if change.id in stakes else change for change in plan.changes
    )
    return _without_empty_formers(replace(plan, changes=changes))


def _is_risky(change: Change) -> bool:
    return change.risk is Risk.DATA_LOSS or _becomes_number(change) or change.is_conflict


def _becomes_number(change: Change) -> bool:
    before, after = change.before or {}, change.after or {}
    return (before.get("type"), after.get("type")) == ("string", "number")


@dataclass(slots=True)
class _Question:
    """What is asked about one change, and what is known so far."""

    change: Change
    entity: str
    prop: str | None
    total: Held | None = None
    having: Held | None = None
    misfits: list[tuple[str, str]] = field(default_factory=list)
    last_id: int = 0
    wants_values: bool = False

    @classmethod
    def of(cls, change: Change, known: Mapping[str, Held]) -> "_Question":
        entity, _, prop = change.live_address.partition(".")
        total = known.get(fold(entity))
        return cls(change, entity, prop or None, total, None if prop else total)

    def counting(self) -> Iterator[Call]:
        """Ask what the storage holds, and how many of it have a value, as far as that is not known."""
        if self.total is None:
            yield newest_items(self.entity)
        if self.prop is not None:
            yield items_with_value(self.entity, self.prop)

    def count(self, answers: Sequence[Answer]) -> None:
        """Take in what was answered to `counting`."""
        if answers:
            self.total, self.having = self.total or held(answers[0]), held(answers[-1])
        self.wants_values = bool(self.having and self.having.items) and _becomes_number(self.change)

    def next_page(self) -> Call:
        """Ask for the next values, by id."""
        wanted = {**having_value(self.prop or ""), ">ID": self.last_id}
        params = {"ENTITY": self.entity, "FILTER": wanted, "SORT": {"ID": "ASC"}, "start": -1}
        return Call("entity.item.get", params)

    def look_at(self, page: Answer) -> None:
        """Take in a page of values."""
        rows = page.data if page.is_success and isinstance(page.data, list) else []
        for row in rows:
            value = (row.get("PROPERTY_VALUES") or {}).get(self.prop)
            if value is not None and not _NUMBER.fullmatch(str(value)):
                self.misfits.append((str(row["ID"]), str(value)))
        self.wants_values = len(rows) == PAGE
        if rows:
            self.last_id = int(rows[-1]["ID"])

    def stake(self) -> Stake:
        """Sum up."""
        total, having = self.total or UNKNOWN, self.having or UNKNOWN
        return Stake(
            items=having.items,
            total=total.items,
            newest=having.newest,
            misfits=tuple(self.misfits[:SHOWN_MISFITS]),
            misfit_count=len(self.misfits),
            at_least=self.wants_values,
        )


def _without_empty_formers(plan: Plan) -> Plan:
    """Turn a former code that is still live, and empty, from a conflict into a note."""
    empty = [
        change for change in plan.changes if change.is_conflict and change.stake and change.stake.items == 0
    ]
    ids = {change.id for change in empty}
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.id not in ids),
        blocked=tuple(row for row in plan.blocked if row.id not in ids),
        notes=(*plan.notes, *map(_empty_note, empty)),
    )


def _empty_note(change: Change) -> Note:
    what = "storage" if change.kind is Kind.ENTITY else "property"
    former = change.former_address
    return Note(
        change.address, f"its former {what} {former} is still live and empty; list it under removed: instead"
    )
