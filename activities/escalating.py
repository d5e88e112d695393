"""Taking a step to the outside world, and taking it back: each one transaction, each once under its key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities.clock import now_of
from activities.counsel import Counsel
from activities.escalation.outside_steps import OutsideStep, Registry, StepOrder, StepTaken, StepUndone
from casedb import cases, outside
from casedb.engine import writing
from casedb.outside import OutsideRecord
from casedb.snapshot import Snapshot, read_snapshot
from domain.case import CaseState, apply
from domain.errors import StepRefused
from domain.escalation import OutsideKind, OutsidePlan
from domain.events import OutsidePutOff, OutsideTaken, OutsideUndone
from domain.step import NextStep, TakeStep, UndoStep
from workflows.messages import TAKE_STEP, UNDO_STEP, StepOutcome, StepRequest

DoneT = TypeVar("DoneT", StepTaken, StepUndone)
Happened = OutsideTaken | OutsidePutOff | OutsideUndone


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideActivities:
    """What a case does to the outside world, with the kinds of steps of this process."""

    engine: Engine
    counsel: Counsel
    steps: Registry

    @activity.defn(name=TAKE_STEP)
    def take_step(self, request: StepRequest) -> StepOutcome:
        """Take the step if every condition still holds at this instant; taken already, the same fact again."""
        now, wanted = now_of(request.now, due_at=request.step.at), request.step.action
        assert isinstance(wanted, TakeStep)
        with writing(self.engine) as connection:
            _snapshot(connection, request.case, now)  # locks the person: of two at once the second finds the first
            known = outside.find(connection, wanted.key)
            if known is not None:
                return self._told(connection, request.case, _taken(known), now)
            step = self._next(connection, request.case, now)
            if not isinstance(step.action, TakeStep) or step.action.key != wanted.key or step.at > now:
                return self._superseded(connection, request.case, step, now)
            happened = self._take(connection, request.case, step.action, now, why=step.why)
            return self._told(connection, request.case, happened, now)

    @activity.defn(name=UNDO_STEP)
    def undo_step(self, request: StepRequest) -> StepOutcome:
        """Take the step back if it still must be; taken back already, the same fact again."""
        now, wanted = now_of(request.now, due_at=request.step.at), request.step.action
        assert isinstance(wanted, UndoStep)
        with writing(self.engine) as connection:
            _snapshot(connection, request.case, now)
            known = outside.find(connection, wanted.key)
            if known is not None and known.undone_at is not None:
                return self._told(connection, request.case, _undone(wanted.key, known.undone_at), now)
            step = self._next(connection, request.case, now)
            if known is None or not isinstance(step.action, UndoStep) or step.action.key != wanted.key:
                return self._superseded(connection, request.case, step, now)
            happened = self._undo(connection, known, request.case, now, why=step.why)
            return self._told(connection, request.case, happened, now)

    def _take(
        self, connection: Connection, case: CaseState, action: TakeStep, now: datetime, *, why: str
    ) -> OutsideTaken | OutsidePutOff:
        plan = self._plan_of(connection, case, now, action.step_id)
        order = _order(case, action.key, now, plan, why)
        done = self._tried(connection, action.outside, lambda step: step.take(connection, order))
        if isinstance(done, StepRefused):
            return _refused(action.key, done, now)
        record = OutsideRecord(
            key=action.key,
            case_id=case.case_id,
            account_id=case.account_id,
            step_id=action.step_id,
            kind=action.outside,
            approval_id=action.approval_id,
            taken_at=now,
            reference=done.reference,
            why=done.says,
            undone_at=None,
            undone_reference="",
            undone_why="",
        )
        outside.record_taken(connection, record)
        return _taken(record)

    def _undo(
        self, connection: Connection, known: OutsideRecord, case: CaseState, now: datetime, *, why: str
    ) -> OutsideUndone | OutsidePutOff:
        order = _order(case, known.key, now, self._plan_of(connection, case, now, known.step_id), why)
        done = self._tried(connection, known.kind, lambda step: step.undo(connection, order))
        if isinstance(done, StepRefused):
            return _refused(known.key, done, now)
        outside.record_undone(connection, known.key, at=now, reference=done.reference, why=done.says)
        return _undone(known.key, now)

    def _tried(
        self, connection: Connection, kind: OutsideKind, do: Callable[[OutsideStep], DoneT]
    ) -> DoneT | StepRefused:
        """What was done, or why not; a refusal leaves no row behind."""
        step = self.steps.get(kind)
        if step is None:
            return StepRefused(f"no worker here can do a {kind.value}: switch it on")
        try:
            with connection.begin_nested():
                return do(step)
        except StepRefused as refusal:
            return refusal

    def _plan_of(self, connection: Connection, case: CaseState, now: datetime, step_id: str) -> OutsidePlan | None:
        """The step as the strategy wants it; None for one that the strategy has no more."""
        escalation = self.counsel.planner.strategy_of(case, _snapshot(connection, case, now)).escalation
        return next((each for each in escalation.steps if each.step_id == step_id), None) if escalation else None

    def _told(self, connection: Connection, case: CaseState, happened: Happened, now: datetime) -> StepOutcome:
        """The fact with what is next after it, both on record; read anew, as the step may have moved the ledger."""
        case = apply(case, happened)
        step = self._next(connection, case, now)
        cases.record_decision(connection, case, step, happened.kind, now)
        cases.finish_tasks(connection, case.case_id, step, now)
        return StepOutcome(event=happened, next=step)

    def _superseded(self, connection: Connection, case: CaseState, step: NextStep, now: datetime) -> StepOutcome:
        cases.record_decision(connection, case, step, "superseded", now)
        return StepOutcome(event=None, next=step)

    def _next(self, connection: Connection, case: CaseState, now: datetime) -> NextStep:
        return self.counsel.next_step(connection, case, _snapshot(connection, case, now), now)


def _snapshot(connection: Connection, case: CaseState, now: datetime) -> Snapshot:
    return read_snapshot(connection, case.account_id, case.case_id, "", now, lock=True)


def _order(case: CaseState, key: str, now: datetime, plan: OutsidePlan | None, why: str) -> StepOrder:
    return StepOrder(
        key=key,
        case_id=case.case_id,
        account_id=case.account_id,
        person_id=case.person_id,
        at=now,
        parameters=plan.parameters if plan is not None else {},
        why=why,
    )


def _taken(record: OutsideRecord) -> OutsideTaken:
    return OutsideTaken(
        event_id=f"taken:{record.key}",
        at=record.taken_at,
        key=record.key,
        step_id=record.step_id,
        outside=record.kind,
    )


def _undone(key: str, at: datetime) -> OutsideUndone:
    return OutsideUndone(event_id=f"undone:{key}", at=at, key=key)


def _refused(key: str, refusal: StepRefused, now: datetime) -> OutsidePutOff:
    event_id = f"put-off:{key}:{now.isoformat()}"
    return OutsidePutOff(event_id=event_id, at=now, key=key, until=refusal.until, why=str(refusal))
