"""Opening, planning, approving and closing a case: each one transaction, each safe to run twice."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.agreeing import charge_interest, end_on_record, keep_on_record, with_money
from activities.clock import now_of, wall_clock
from activities.counsel import NOBODY_LOOKED, Counsel
from activities.courtesy import NOT_OVERDUE, no_courtesy
from activities.planning import Planner
from activities.remembering import new_case, remember
from casedb import cases
from casedb.approval_votes import record_vote
from casedb.campaigns import terms_of
from casedb.cases import GONE_FOR_GOOD, Closing, OpenCase
from casedb.duties import ask_for_opened
from casedb.engine import writing
from casedb.ledger import Entry, find_account, newest_payment, post
from casedb.people import shielded_by
from casedb.snapshot import Snapshot, read_snapshot
from casedb.task_raising import Need, raise_task
from domain.agreements import SYSTEM
from domain.calendar import local_date
from domain.case import CaseState, apply
from domain.errors import AmicableError, ConfigurationError, NotKnown
from domain.events import ApprovalRequested, CaseClosed
from domain.holds import unasked
from domain.obligations import earliest_unpaid
from domain.step import Close, Escalate, NextStep, RequestApproval, Rest
from domain.strategy import Strategy
from domain.vocabulary import ApprovalStatus, CloseReason, LedgerKind, TaskKind
from telemetry import metrics
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

MONEY_MOVED = "ledger_changed"
"""The kind of the fact that tells a case of a payment."""


@dataclass(frozen=True, slots=True)
class CaseActivities:
    """The life of a case around its contacts."""

    engine: Engine
    planner: Planner
    counsel: Counsel | None = None
    """Needed by strategies with an escalation; without it none of their cases comes near the law."""

    @activity.defn(name=OPEN_CASE)
    def open_case(self, request: OpenRequest) -> Opened:
        """Open the account's case, or return the open one under its own strategy; no case when nothing is overdue."""
        now = now_of(request.now)
        try:
            with writing(self.engine) as connection:
                return self._open(connection, request, now)
        except AmicableError as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None

    def _open(self, connection: Connection, request: OpenRequest, now: datetime) -> Opened:
        snapshot = read_snapshot(connection, request.account_id, "", "", now, lock=True)
        known = cases.find_open_case(connection, request.account_id)
        due_on = earliest_unpaid(cases.obligations_of(connection, request.account_id), snapshot.balance_minor)
        if known is not None:
            return self._found_open(connection, known, snapshot, due_on, now)
        strategy = self._wanted(request)
        terms = terms_of(connection, request.campaign_id)
        aborted = f"campaign {request.campaign_id} was aborted before this case began" if terms.aborted else ""
        why_not = aborted or self._refusal(connection, snapshot, due_on, strategy, now)
        if why_not:
            return Opened(case=None, step=None, why=why_not)
        case = new_case(snapshot, strategy, cases.next_case_id(connection, request.account_id), due_on, now)
        case = replace(case, campaign_id=request.campaign_id, spread_minutes=terms.spread_minutes)
        cases.insert_case(connection, case)
        return self._opened(connection, case, snapshot, now, because="opened")

    def _found_open(
        self, connection: Connection, known: OpenCase, snapshot: Snapshot, due_on: date | None, now: datetime
    ) -> Opened:
        """The case as it is remembered; one whose strategy nobody kept stays as it is, and a human is asked."""
        try:
            strategy = self.planner.version(known.strategy, known.strategy_version)
        except (NotKnown, ConfigurationError) as error:
            key = f"{known.strategy}@{known.strategy_version}"
            need = Need(kind=TaskKind.STRATEGY_MISSING, key=key, owner="engineering", why=str(error))
            raise_task(connection, need, now, case_id=known.case_id)
            return Opened(case=None, step=None, why=str(error))
        case = remember(connection, known, snapshot, strategy, due_on)
        return self._opened(connection, case, with_money(connection, case, snapshot, now), now, because="found open")

    def _opened(
        self, connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime, *, because: str
    ) -> Opened:
        snapshot = self.planner.with_history(connection, case, snapshot, now)
        step = self._next(connection, case, snapshot, now)
        cases.record_decision(connection, case, step, because, now)
        return Opened(case=case, step=step, why=step.why)

    def _wanted(self, request: OpenRequest) -> Strategy:
        """The version that the request asks for, else the newest."""
        if request.strategy_version:
            return self.planner.version(request.strategy, request.strategy_version)
        return self.planner.strategy(request.strategy)

    def _refusal(
        self, connection: Connection, snapshot: Snapshot, due_on: date | None, strategy: Strategy, now: datetime
    ) -> str:
        """Why an account without an open case gets none now; empty when it should, be it for a courtesy reminder."""
        if due_on is None or due_on < local_date(now, snapshot.zone):
            why = _nothing_to_open(connection, snapshot, due_on, now)
            return why or shielded_by(connection, snapshot.person_id)
        supported = self.planner.supported
        why = no_courtesy(connection, snapshot, due_on, strategy=strategy, supported=supported, now=now)
        return why or _gone(connection, snapshot) or shielded_by(connection, snapshot.person_id)

    @activity.defn(name=PLAN)
    def plan(self, request: PlanInput) -> NextStep:
        """Decide the next step from fresh facts and put the decision on record."""
        now = now_of(request.now, due_at=request.due_at)
        with writing(self.engine) as connection:
            snapshot = self._snapshot(connection, request.case, now)
            step = self._next(connection, request.case, snapshot, now)
            closing = cases.find_closing(connection, request.case.case_id)
            if closing is not None:
                # A task that Temporal runs again asks about a case that its first run closed: it ends, as recorded.
                return replace(step, at=closing.at, action=Close(reason=closing.reason), why=closing.why)
            cases.record_decision(connection, request.case, step, request.because, now)
            cases.finish_tasks(connection, request.case.case_id, step, now)
            self._record_approval(connection, request.case, step, now)
            if unasked(snapshot.holds, now):
                ask_for_opened(connection, request.case.person_id, now)
            keep_on_record(connection, request.case, snapshot, now)
            if MONEY_MOVED in request.because:
                _count_silence(connection, request.case, "heard")
        return step

    def _record_approval(self, connection: Connection, case: CaseState, step: NextStep, now: datetime) -> None:
        """The case knows what became of its request first; the approval's row follows."""
        if case.approval is None:
            return
        status = case.approval.status
        lapsed = isinstance(step.action, Rest) and step.action.task is TaskKind.APPROVAL_EXPIRED
        if status is ApprovalStatus.REQUESTED and lapsed:
            status = ApprovalStatus.EXPIRED
        approval = case.approval
        for vote in approval.votes:
            standing = self.counsel.standing(vote, approval) if self.counsel is not None else None
            of = standing.of if standing is not None else ""
            record_vote(connection, approval.approval_id, vote, on_behalf_of=of)
        if status is not ApprovalStatus.REQUESTED:
            cases.settle_approval(
                connection, approval.approval_id, status, approval.decided_by, now, comment=approval.comment
            )

    @activity.defn(name=REQUEST_APPROVAL)
    def request_approval(self, request: StepRequest) -> StepOutcome:
        """Ask a human for leave to go to law, if that is still what is next; asked already, the same fact again."""
        now, wanted = now_of(request.now, due_at=request.step.at), request.step.action
        with writing(self.engine) as connection:
            snapshot = self._snapshot(connection, request.case, now)
            known = cases.find_request(connection, wanted.approval_id) if isinstance(wanted, RequestApproval) else None
            step = self._next(connection, request.case, snapshot, now)
            if known is None and not isinstance(step.action, RequestApproval):
                return self._superseded(connection, request.case, step, now)
            asked = known or self._asked(connection, request.case, snapshot, step, now)
            case = replace(apply(request.case, asked), balance_minor=snapshot.balance_minor)
            if known is None:
                _set_aside(connection, request.case, now)
                cases.insert_approval(connection, asked, case)
            step = self._next(connection, case, snapshot, now)
            cases.record_decision(connection, case, step, asked.kind, now)
            if asked.roles:
                cases.finish_tasks(connection, case.case_id, step, now)
        return StepOutcome(event=asked, next=step)

    def _next(self, connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime) -> NextStep:
        if self.counsel is None:
            return self.planner.next_step(case, snapshot, now, legal=NOBODY_LOOKED)
        return self.counsel.next_step(connection, case, snapshot, now)

    def _asked(
        self, connection: Connection, case: CaseState, snapshot: Snapshot, step: NextStep, now: datetime
    ) -> ApprovalRequested:
        """The request, with the roles of the profile where the strategy has an escalation."""
        assert isinstance(step.action, RequestApproval)
        strategy = self.planner.strategy_of(case, snapshot)
        roles: tuple[str, ...] = ()
        days = strategy.approval_expires_days
        if strategy.escalation is not None:
            assert self.counsel is not None, "without it nothing is asked"
            legal = self.counsel.facts(connection, case, snapshot, now, asking=True)
            roles, days = legal.roles, min(days, legal.stands_days or days)
        return ApprovalRequested(
            event_id=f"asked:{step.action.approval_id}",
            at=now,
            approval_id=step.action.approval_id,
            requested_by=case.renewed_by or SYSTEM,
            expires_at=now + timedelta(days=days),
            roles=roles,
            ledger_version=snapshot.ledger_version,
        )

    @activity.defn(name=ESCALATE)
    def escalate(self, request: StepRequest) -> StepOutcome:
        """Hand the case over for legal steps under a valid approval, and close it here."""
        return self._end(request, Escalate)

    @activity.defn(name=CLOSE_CASE)
    def close_case(self, request: StepRequest) -> StepOutcome:
        """Close the case, if the reason still holds: a payment may have been taken back meanwhile."""
        return self._end(request, Close)

    def _end(self, request: StepRequest, expected: type[Escalate | Close]) -> StepOutcome:
        now = now_of(request.now, due_at=request.step.at)
        with writing(self.engine) as connection:
            snapshot = self._snapshot(connection, request.case, now)
            step = self._next(connection, request.case, snapshot, now)
            known = cases.find_closing(connection, request.case.case_id)
            if known is not None:
                due_on = earliest_unpaid(cases.obligations_of(connection, snapshot.account_id), snapshot.balance_minor)
                again = not _nothing_to_open(connection, snapshot, due_on, now)
                return replace(_ended(request.case, known, step), owed_again=again)
            if not isinstance(step.action, expected):
                return self._superseded(connection, request.case, step, now)
            reason = step.action.reason if isinstance(step.action, Close) else CloseReason.LEGAL_REFERRAL
            left = snapshot.balance_minor
            if isinstance(step.action, Close) and step.action.waives_minor:
                left = _waive(connection, request.case, step.action.waives_minor, now)
            outcome = _ended(request.case, Closing(at=now, reason=reason, why=step.why), step)
            assert outcome.event is not None
            case = replace(apply(request.case, outcome.event), balance_minor=left)
            cases.record_decision(connection, case, outcome.next, outcome.event.kind, now)
            cases.finish_tasks(connection, case.case_id, outcome.next, now)
            cases.close_case(connection, case.case_id, reason, now)
            end_on_record(connection, request.case, reason, now)
            if reason is CloseReason.PAID:
                _count_silence(connection, request.case, "closed")
        return outcome

    def _superseded(self, connection: Connection, case: CaseState, step: NextStep, now: datetime) -> StepOutcome:
        cases.record_decision(connection, case, step, "superseded", now)
        return StepOutcome(event=None, next=step)

    def _snapshot(self, connection: Connection, case: CaseState, now: datetime) -> Snapshot:
        snapshot = read_snapshot(connection, case.account_id, case.case_id, "", now, lock=True)
        if charge_interest(connection, case, now):
            snapshot = read_snapshot(connection, case.account_id, case.case_id, "", now, lock=True)
        snapshot = self.planner.with_history(connection, case, snapshot, now)
        return with_money(connection, case, snapshot, now)


def _count_silence(connection: Connection, case: CaseState, until: str) -> None:
    """How long a payment that came just now took to be heard, or to end the case; by the wall, whatever the case's."""
    if metrics.is_on():
        paid_at = newest_payment(connection, case.account_id)
        if paid_at is not None:
            metrics.lasted(metrics.SILENCE, wall_clock() - paid_at, until=until)


def _nothing_to_open(connection: Connection, snapshot: Snapshot, due_on: date | None, now: datetime) -> str:
    """Why an account without an open case has nothing to be collected; empty when it has."""
    if due_on is None or due_on >= local_date(now, snapshot.zone):
        return NOT_OVERDUE
    return _gone(connection, snapshot)


def _gone(connection: Connection, snapshot: Snapshot) -> str:
    reason = cases.last_close_reason(connection, snapshot.account_id)
    if reason in GONE_FOR_GOOD:
        return f"the last case ended with {reason.value}: a human decides what becomes of the account"
    return ""


def _set_aside(connection: Connection, case: CaseState, now: datetime) -> None:
    """A request that lapsed ends when the next one is made; one that was used stays granted, one refused refused."""
    before = case.approval
    if before is None or before.status not in (ApprovalStatus.REQUESTED, ApprovalStatus.GRANTED):
        return
    if not any(step.key.startswith(f"{before.approval_id}/") for step in case.outside):
        status, by = ApprovalStatus.EXPIRED, before.decided_by
        cases.settle_approval(connection, before.approval_id, status, by, now, comment=before.comment)


def _waive(connection: Connection, case: CaseState, amount_minor: int, now: datetime) -> int:
    """Take what is left off the ledger with the end of the case; what is owed then. A case ends, and waives, once."""
    standing = find_account(connection, case.account_id, lock=True)
    assert standing is not None, "its snapshot was just read"
    entry = Entry(entry_id=f"residual:{case.case_id}", kind=LedgerKind.WAIVER, amount_minor=-amount_minor, at=now)
    return post(connection, standing, entry, recorded_at=now).balance_minor


def _ended(case: CaseState, closing: Closing, step: NextStep) -> StepOutcome:
    """The end as it was recorded: asked again, the same."""
    closed = CaseClosed(event_id=f"closed:{case.case_id}", at=closing.at, reason=closing.reason)
    last = NextStep(at=closing.at, action=Rest(), why=closing.why, dpd_bucket=step.dpd_bucket)
    return StepOutcome(event=closed, next=last)
