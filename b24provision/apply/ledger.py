"""What is known about every change of a plan: what was answered, what was lost, what another look tells.

Values only: it sends nothing and reads nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from b24provision.apply.second_look import SecondLook
from b24provision.errors import ApiError
from b24provision.model import Note
from b24provision.plan import Action, Change, ChangeOutcome, Outcome, Plan, Report
from b24provision.reading import Answer
from b24provision.rest.envelope import NO_ANSWER
from b24provision.steps import Step
from b24provision.transient import is_transient

_GONE = frozenset({"ERROR_ENTITY_NOT_FOUND", "ERROR_PROPERTY_NOT_FOUND"})
_THERE = frozenset({"ERROR_ENTITY_ALREADY_EXISTS", "ERROR_PROPERTY_ALREADY_EXISTS"})
_OVERTAKEN = {Action.CREATE: _THERE, Action.RENAME: _GONE, Action.REPLACE: _THERE | _GONE}
"""Refusals that may mean: it is done already, by somebody else or by a request nobody waited for."""


@dataclass(slots=True)
class Ledger:
    """What is known so far about every change of the plan. `wrote` says whether anything was sent at all.

    `in_doubt` is set when only looking at the portal can tell what became of something.
    """

    plan: Plan
    outcomes: dict[str, ChangeOutcome] = field(default_factory=dict)
    wrote: bool = False
    interrupted: bool = False
    in_doubt: bool = False
    _refused: dict[str, str] = field(default_factory=dict)
    """Changes the portal refused as if they were done, and its words."""
    _begun: set[str] = field(default_factory=set)
    """Replacements whose deletion is done."""
    _actions: dict[str, Action] = field(init=False)

    def __post_init__(self) -> None:
        self._actions = {change.id: change.action for change in self.plan.changes}

    @property
    def pending(self) -> list[Change]:
        """The changes without an outcome."""
        return [change for change in self.plan.changes if change.id not in self.outcomes]

    def begin_with(self, done: Collection[str]) -> None:
        """Note what was done before this run."""
        for name in done:
            self._set(name, Outcome.DONE)

    def runnable(self, steps: Sequence[Step]) -> list[Step]:
        """Leave out steps that depend on a change which was not made, and say so."""
        return [step for step in steps if self._may_go(step)]

    def _may_go(self, step: Step) -> bool:
        if step.change_id in self.outcomes:
            return False  # the call before it failed
        missing = self._missing(step.needs | step.waits)
        if missing:
            self._skip(step.change_id, f"needs “{missing}”")
        return not missing

    def _missing(self, names: Iterable[str]) -> str | None:
        """Name a change that is known not to be made."""
        return next((name for name in sorted(names) if self._is_other(name, Outcome.DONE)), None)

    def _is_other(self, name: str, outcome: Outcome) -> bool:
        """Tell whether a change has an outcome, and another than this."""
        return name in self.outcomes and self.outcomes[name].outcome is not outcome

    def record(self, steps: Sequence[Step], answers: Sequence[Answer], *, last_try: bool) -> list[Step]:
        """Note what the portal answered to each step; gives those that are to be sent again.

        That is what was refused for the moment, unless it was the `last_try`, and with it what failed only because
        it needs that.
        """
        self.wrote = True
        again: list[Step] = []
        repeated: set[str] = set()
        for step, answer in zip(steps, answers, strict=True):
            error = answer.error
            if error is None or self._is_gone_as_wanted(step, error):
                if step.last:
                    self._set(step.change_id, Outcome.DONE)
                else:
                    self._begun.add(step.change_id)
            elif not last_try and (is_transient(error) or step.needs & repeated) and error.code != NO_ANSWER:
                again.append(step)
                repeated.add(step.change_id)
            else:
                self._refuse(step, error)
        return again

    def _is_gone_as_wanted(self, step: Step, error: ApiError) -> bool:
        return self._actions[step.change_id] is Action.DELETE and error.code in _GONE

    def _refuse(self, step: Step, error: ApiError) -> None:
        missing = self._missing(step.needs)
        if error.code == NO_ANSWER:
            self._doubt(step.change_id, str(error))
        elif missing is not None and self.outcomes[missing].outcome is Outcome.UNKNOWN:
            self._doubt(step.change_id, f"needs “{missing}”")
        elif missing is not None:
            self._skip(step.change_id, f"needs “{missing}”")
        elif error.code in _OVERTAKEN.get(self._actions[step.change_id], ()):
            self._refused[step.change_id] = str(error)
            self._doubt(step.change_id, str(error))
        else:
            self._fail(step.change_id, str(error))

    def lose(self, steps: Sequence[Step], why: str) -> None:
        """Note that the answer to these steps was lost."""
        self.wrote = True
        for step in steps:
            self._doubt(step.change_id, why)

    def _doubt(self, change_id: str, why: str) -> None:
        self.in_doubt = True
        self._set(change_id, Outcome.UNKNOWN, why)

    def give_up(self, why: str) -> None:
        """Note that nothing more is sent, because the portal cannot be worked with any more."""
        for change in self.pending:
            self._skip(change.id, why)

    def interrupt(self) -> None:
        """Note that nothing more is sent, because somebody asked to stop."""
        self.interrupted = True
        self.give_up("interrupted before it was sent")

    def abandon(self, changes: Sequence[Change]) -> None:
        """Note that these were not made, because answers went on getting lost."""
        for change in changes:
            self._skip(change.id, "not there when last looked, and answers went on getting lost")

    def reconcile(self, now: Plan) -> list[Change]:
        """Compare what is still to be done with what has no outcome; give what may be sent again."""
        self.in_doubt = False
        look = SecondLook.of(now, self._actions)
        again = []
        for change in self.plan.changes:
            if self._is_other(change.id, Outcome.UNKNOWN):
                continue
            refusal = self._refused.pop(change.id, None)
            if look.is_done(change):
                self._set(change.id, Outcome.DONE)
            elif refusal is not None:
                self._fail(change.id, refusal)
            elif (why := look.obstacle(change)) is not None:
                self._set(change.id, Outcome.UNKNOWN, why)
            else:
                self.outcomes.pop(change.id, None)
                if look.is_half_done(change):
                    self._begun.add(change.id)
                again.append(look.again(change))
        return again

    def report(
        self,
        *,
        verified: bool = False,
        differences: Sequence[Change] = (),
        doubles: Sequence[Note] = (),
        problem: str | None = None,
    ) -> Report:
        """Give the outcome of every change, in the order of the plan."""
        for change in self.pending:
            self._skip(change.id, problem)
        return Report(
            plan=self.plan,
            outcomes=tuple(self.outcomes[change.id] for change in self.plan.changes),
            verified=verified and not self.interrupted,
            differences=tuple(differences),
            doubles=tuple(doubles),
            interrupted=self.interrupted,
            problem=problem,
        )

    def _skip(self, change_id: str, why: str | None) -> None:
        """Note that a change was not made; one that was begun has failed."""
        if change_id in self._begun:
            self._fail(change_id, why or "")
        else:
            self._set(change_id, Outcome.SKIPPED, why)

    def _fail(self, change_id: str, why: str) -> None:
        half = "deleted, and not yet added again: " if change_id in self._begun else ""
        self._set(change_id, Outcome.FAILED, f"{half}{why}")

    def _set(self, change_id: str, outcome: Outcome, error: str | None = None) -> None:
        self.outcomes[change_id] = ChangeOutcome(change_id, outcome, error)
