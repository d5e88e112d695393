"""Opening, planning, approving and closing a case: each one transaction, each safe to run twice."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.clock import now_of
from activities.planning import Planner
from casedb import cases
from casedb.engine import writing
from casedb.snapshot import Snapshot, read_snapshot
from domain.calendar import local_date
from domain.case import CaseState, apply
from domain.errors import AmicableError
from domain.events import ApprovalRequested, CaseClosed
from domain.obligations import earliest_unpaid
from domain.step import Close, Escalate, NextStep, RequestApproval, Rest
from domain.strategy import Strategy
from domain.vocabulary import ApprovalStatus, CloseReason, TaskKind
from workflows.messages import (
    CLOSE_CASE,
    ESCALATE,
    OPEN_CASE,
    PLAN,
    REQUEST_APPROVAL,
    Opened,
    OpenRequest,
    PlanInput,
    StepOutcome,
    StepRequest,
)

REQUESTER = "amicable"
"""In whose name a case asks for approval: no person, so that any person may decide."""


@dataclass(frozen=True, slots=True)
class CaseActivities:
    """The life of a case around its contacts."""

    engine: Engine
    planner: Planner

    @activity.defn(name=OPEN_CASE)
    def open_case(self, request: OpenRequest) -> Opened:
        """Open the account's case, or return the open one; no case when nothing is overdue."""
        now = now_of(request.now)
        try:
            strategy = self.planner.strategy(request.strategy)
            with writing(self.engine) as connection:
                return self._open(connection, request, strategy, now)
        except AmicableError as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None

    def _open(self, connection: Connection, request: OpenRequest, strategy: Strategy, now: datetime) -> Opened:
        snapshot = read_snapshot(connection, request.account_id, "", "", now, lock=True)
        due_on = earliest_unpaid(cases.obligations_of(connection, request.account_id), snapshot.balance_minor)
        known = cases.find_open_case(connection, request.account_id)
        if due_on is None or due_on >= local_date(now, snapshot.zone):
            if known is None:
                return Opened(case=None, step=None, why="nothing is overdue")
            due_on = due_on or local_date(known.opened_at, snapshot.zone)
        case = CaseState(
            case_id=known.case_id if known else cases.next_case_id(connection, request.account_id),
            account_id=request.account_id,
            person_id=snapshot.person_id,
            campaign_id=known.campaign_id if known else request.campaign_id,
            strategy=strategy.name,
            strategy_version=strategy.version,
            jurisdiction=snapshot.jurisdiction,
            currency=snapshot.currency,
            zone=snapshot.zone,
            due_on=due_on,
            opened_at=known.opened_at if known else now,
            terms=strategy.terms_in(snapshot.currency),
            balance_minor=snapshot.balance_minor,
            ledger_version=snapshot.ledger_version,
            holds=snapshot.holds,
        )
        if known is None:
            cases.insert_case(connection, case)
        step = self.planner.next_step(case, snapshot, now)
        cases.record_decision(connection, case, step, "opened", now)
        return Opened(case=case, step=step, why=step.why)

    @activity.defn(name=PLAN)
    def plan(self, request: PlanInput) -> NextStep:
        """Decide the next step from fresh facts and put the decision on record."""
        now = now_of(request.now)
        with writing(self.engine) as connection:
            snapshot = self._snapshot(connection, request.case, now)
            step = self.planner.next_step(request.case, snapshot, now)
            cases.record_decision(connection, request.case, step, request.because, now)
            cases.finish_tasks(connection, request.case.case_id, step, now)
            self._record_approval(connection, request.case, step, now)
        return step

    def _record_approval(self, connection: Connection, case: CaseState, step: NextStep, now: datetime) -> None:
        """The case knows what became of its request first; the approval's row follows."""
        if case.approval is None:
            return
        status = case.approval.status
        lapsed = isinstance(step.action, Rest) and step.action.task is TaskKind.APPROVAL_EXPIRED
        if status is ApprovalStatus.REQUESTED and lapsed:
            status = ApprovalStatus.EXPIRED
        if status is not ApprovalStatus.REQUESTED:
            cases.settle_approval(connection, case.approval.approval_id, status, case.approval.decided_by, now)

    @activity.defn(name=REQUEST_APPROVAL)
    def request_approval(self, request: StepRequest) -> StepOutcome:
        """Ask a human for leave to go to law, if that is still what is next."""
        now = now_of(request.now)
        with writing(self.engine) as connection:
            snapshot = self._snapshot(connection, request.case, now)
            step = self.planner.next_step(request.case, snapshot, now)
            if not isinstance(step.action, RequestApproval):
                return self._superseded(connection, request.case, step, now)
            expires_at = now + timedelta(days=self.planner.strategy(request.case.strategy).approval_expires_days)
            asked = ApprovalRequested(
                event_id=f"asked:{step.action.approval_id}",
                at=now,
                approval_id=step.action.approval_id,
                requested_by=REQUESTER,
                expires_at=expires_at,
            )
            case = replace(apply(request.case, asked), balance_minor=snapshot.balance_minor)
            cases.insert_approval(connection, asked, case)
            step = self.planner.next_step(case, snapshot, now)
            cases.record_decision(connection, case, step, asked.kind, now)
        return StepOutcome(event=asked, next=step)

    @activity.defn(name=ESCALATE)
    def escalate(self, request: StepRequest) -> StepOutcome:
        """Hand the case over for legal steps under a valid approval, and close it here."""
        return self._end(request, Escalate)

    @activity.defn(name=CLOSE_CASE)
    def close_case(self, request: StepRequest) -> StepOutcome:
        """Close the case, if the reason still holds: a payment may have been taken back meanwhile."""
        return self._end(request, Close)

    def _end(self, request: StepRequest, expected: type[Escalate | Close]) -> StepOutcome:
        now = now_of(request.now)
        with writing(self.engine) as connection:
            snapshot = self._snapshot(connection, request.case, now)
            step = self.planner.next_step(request.case, snapshot, now)
            if not isinstance(step.action, expected):
                return self._superseded(connection, request.case, step, now)
            reason = step.action.reason if isinstance(step.action, Close) else CloseReason.LEGAL_REFERRAL
            closed = CaseClosed(event_id=f"closed:{request.case.case_id}", at=now, reason=reason)
            case = replace(apply(request.case, closed), balance_minor=snapshot.balance_minor)
            last = NextStep(at=now, action=Rest(), why=step.why, dpd_bucket=step.dpd_bucket)
            cases.record_decision(connection, case, last, closed.kind, now)
            cases.finish_tasks(connection, case.case_id, last, now)
            cases.close_case(connection, case.case_id, reason, now)
        return StepOutcome(event=closed, next=last)

    def _superseded(self, connection: Connection, case: CaseState, step: NextStep, now: datetime) -> StepOutcome:
        cases.record_decision(connection, case, step, "superseded", now)
        return StepOutcome(event=None, next=step)

    def _snapshot(self, connection: Connection, case: CaseState, now: datetime) -> Snapshot:
        return read_snapshot(connection, case.account_id, case.case_id, "", now, lock=True)
