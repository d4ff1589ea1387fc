"""`batch`: up to 50 commands in one request, one after another.

Source: how-to-call-rest-api/batch. A batch succeeds even when every command in it fails. Its five parts are
PHP arrays, each for itself: a JSON list when its keys happen to be 0..n-1, an object otherwise, `[]` when empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24provision.local import php
from b24provision.local.answers import Answer, Refusal, missing_argument
from b24provision.local.commands import Performed, Session, perform
from b24provision.local.references import break_up_markup, replace_references

LONGEST_BATCH = 50


@dataclass(slots=True)
class _Answers:
    """What the commands have answered so far, by their keys."""

    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    next: dict[str, int] = field(default_factory=dict)
    time: dict[str, Any] = field(default_factory=dict)

    def by_kind(self) -> dict[str, dict[str, Any]]:
        return {
            "result": self.result,
            "error": self.error,
            "total": self.total,
            "next": self.next,
            "time": self.time,
        }

    def accept(self, key: str, performed: Performed) -> None:
        answer = performed.answer
        self.result[key] = answer.result
        self.time[key] = performed.time
        if answer.total is not None:
            self.total[key] = answer.total
        if answer.next is not None:
            self.next[key] = answer.next

    def shown(self) -> dict[str, Any]:
        return {
            "result": php.json_array(self.result),
            "result_error": php.json_array(self.error),
            "result_total": php.json_array(self.total),
            "result_next": php.json_array(self.next),
            "result_time": php.json_array(self.time),
        }


async def run_batch(session: Session, params: Mapping[str, Any]) -> Answer:
    """Carry out the commands of `cmd` in order, with `halt` up to the first that fails.

    Raises `ERROR_ARGUMENT` for a `cmd` that is no array (undocumented). A refused command has no entry in
    `result_time`.
    """
    given = {name.upper(): value for name, value in params.items()}
    if not isinstance(given.get("CMD"), list | dict):
        raise missing_argument("CMD")
    answers = _Answers()
    for number, (key, command) in enumerate(_commands(given["CMD"]), start=1):
        try:
            performed = await _run(session, command, number, answers)
        except Refusal as refusal:
            answers.error[key] = refusal.body()
            if php.truthy(given.get("HALT")):
                break
        else:
            answers.accept(key, performed)
    return Answer(answers.shown())


def _commands(cmd: Any) -> Iterator[tuple[str, str]]:
    """The commands and their keys. Observed: what is no text is passed over without an answer."""
    return ((key, command) for key, command in php.pairs(cmd) if isinstance(command, str))


async def _run(session: Session, command: str, number: int, answers: _Answers) -> Performed:
    if number > LONGEST_BATCH:
        raise Refusal("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
    method, _, query = command.partition("?")
    if method.lower() == "batch":
        raise Refusal("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
    return await perform(session, method, _params(query, answers), in_batch=True)


def _params(query: str, answers: _Answers) -> dict[str, Any]:
    """Read a command's parameters, with references replaced in names and values before brackets count.

    A token in a command is passed over: the batch's own counts.
    """
    known = answers.by_kind()
    params = php.collect(
        (replace_references(name, known), break_up_markup(replace_references(value, known)))
        for name, value in php.decoded_pairs(query)
    )
    return {name: value for name, value in params.items() if name != "auth"}
