"""The carrying out of one command: time, permission, transaction, log.

Whatever comes alone or inside a batch goes through `perform`, and nothing else runs a method.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24provision.local.answers import Answer, Refusal, timing
from b24provision.local.calls import CallRecord, record_call
from b24provision.local.context import Caller, Context
from b24provision.local.faults import EXECUTED, Fault, Interrupted, Kind
from b24provision.local.methods import METHODS, Method
from b24provision.local.operating import Account
from b24provision.local.refusals import OF_COMMANDS, failed_statement, overtime
from b24provision.local.state import PortalState
from b24provision.local.store import StoreBusyError, undone_on_error

_CUT = Fault(kind=Kind.HTML_504)
"""What a request that takes too long comes out as."""


@dataclass(frozen=True, slots=True)
class Session:
    """One HTTP request of a recognised caller."""

    state: PortalState
    caller: Caller
    origin: str
    request_id: str
    began_at: float

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, up to the end that the portal sets to a request. Raises `Interrupted`."""
        cut_after_s, now = self.state.limits.cut_after_s, self.state.clock()
        left = float("inf") if cut_after_s is None else self.began_at + cut_after_s - now
        if min(seconds, left) > 0:
            await self.state.sleep(min(seconds, left))
        if seconds > left:
            raise Interrupted(_CUT)


@dataclass(frozen=True, slots=True)
class Performed:
    """A command that succeeded, with its `time`."""

    answer: Answer
    time: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it is to be carried out."""

    name: str
    """In lower case."""
    params: Mapping[str, Any]
    in_batch: bool
    fault: Fault | None
    """What is to go wrong with it."""


async def perform(
    session: Session, name: str, params: Mapping[str, Any], *, in_batch: bool = False
) -> Performed:
    """Carry one command out in a transaction of its own and write it into the log.

    Raises `Refusal`, and `Interrupted` when a fault ends the whole request here.
    """
    state, name = session.state, name.lower()
    command = Command(name, params, in_batch, state.faults.meet_command(name))
    account = Account(
        client_of(session.caller), "batch" if in_batch and state.limits.batch_is_billed else name
    )
    start = state.clock()
    try:
        outcome = await _attempted_in_time(session, command, account)
    finally:
        finish = state.clock()
        operating = state.operating.bill(account, finish - start, finish)
    if command.fault and command.fault.kind in EXECUTED:
        raise Interrupted(command.fault)
    if isinstance(outcome, Refusal):
        raise outcome
    return Performed(outcome, timing(start, finish, operating))


def client_of(caller: Caller) -> str:
    """Who calls, for the log and the accounts; "" for a webhook."""
    return caller.through.client_id if caller.through else ""


async def _attempted_in_time(session: Session, command: Command, account: Account) -> Answer | Refusal:
    """Carry a command out after the time it takes. A method that has used its time up takes none."""
    state, fault = session.state, command.fault
    if state.operating.is_over(account, state.clock()):
        return _logged(session, command, overtime())
    if fault and fault.kind in OF_COMMANDS:
        return _logged(session, command, OF_COMMANDS[fault.kind](command.name))
    if fault and fault.kind not in EXECUTED and fault.kind not in (Kind.SLOW, Kind.RACE):
        raise Interrupted(fault)
    late = fault.seconds if fault and fault.kind is Kind.SLOW else 0.0
    await session.pass_time(late + (state.costs.of(command.name) if command.name in METHODS else 0.0))
    return _logged(session, command)


def _logged(session: Session, command: Command, refusal: Refusal | None = None) -> Answer | Refusal:
    """Carry a command out, or refuse it at once; a database that is kept busy does nothing."""
    try:
        return _written_down(session, command, refusal)
    except StoreBusyError:
        return failed_statement(command.name)


def _written_down(session: Session, command: Command, refusal: Refusal | None) -> Answer | Refusal:
    """Carry a command out and write it down in one transaction."""
    state, caller = session.state, session.caller
    races = command.fault is not None and command.fault.kind is Kind.RACE
    with state.store.transaction() as db:
        now = state.clock()
        context = Context(db, now, session.origin, caller, overlooks_storages=races)
        outcome = refusal or _attempt(context, command)
        call = CallRecord(
            method=command.name,
            params=command.params,
            user_id=caller.user.id,
            client_id=client_of(caller) or None,
            ok=isinstance(outcome, Answer),
            error=outcome.code if isinstance(outcome, Refusal) else None,
            in_batch=command.in_batch,
            request_id=session.request_id,
            at=now,
            answer=outcome.result if isinstance(outcome, Answer) else outcome.body(),
        )
        record_call(db, call)
    state.on_call(call)
    return outcome


def _attempt(context: Context, command: Command) -> Answer | Refusal:
    params = {key.upper(): value for key, value in command.params.items()}
    try:
        with undone_on_error(context.db):
            result = _permitted(context, command.name).handler(context, params)
    except Refusal as refusal:
        return refusal
    return result if isinstance(result, Answer) else Answer(result)


def _permitted(context: Context, name: str) -> Method:
    """The method, if there is one and the caller may call it.

    A webhook hears of the missing application before it hears of a missing scope.
    """
    method = METHODS.get(name)
    if method is None:
        raise Refusal("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if method.application_only:
        _ = context.application
    if method.scope and method.scope not in context.caller.scopes:
        description = "The request requires higher privileges than provided by the access token"
        raise Refusal("insufficient_scope", description, 403)
    return method
