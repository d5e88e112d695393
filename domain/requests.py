"""Requests that a case may refuse: promise, plan, decision about legal escalation.

`admit_*` answers with the fact that the request becomes, or raises IllegalTransition with a sentence for the person
who asked. The workflow's update validator and its handler call the same function, so what was let in is applied.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import local_date
from domain.case import CaseState
from domain.errors import IllegalTransition
from domain.events import ApprovalGranted, ApprovalRefused, ApprovalRenewed, Instalment, PlanAccepted, PromiseMade
from domain.money import Money
from domain.vocabulary import ApprovalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRequest:
    """The borrower promises an amount by a date in the account's calendar."""

    promise_id: str
    amount_minor: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """The borrower accepts to pay what is owed in so many instalments, the first on a date."""

    plan_id: str
    instalments: int
    first_due_on: date


class Decision(StrEnum):
    """What a person may say about legal escalation."""

    GRANT = "grant"
    REFUSE = "refuse"
    RENEW = "renew"
    """Put an expired or refused request again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecision:
    """A person's word about one request for legal escalation."""

    approval_id: str
    decision: Decision
    by: str
    comment: str = ""


def admit_promise(case: CaseState, request: PromiseRequest, now: datetime) -> PromiseMade:
    """The promise as a fact. Raises IllegalTransition when the case or the terms do not allow it."""
    _still_open(case)
    today = local_date(now, case.zone)
    last_day = today + timedelta(days=case.terms.promise_within_days)
    floor = -(-case.balance_minor * case.terms.promise_floor_percent // 100)
    if not today <= request.due_on <= last_day:
        raise IllegalTransition(f"case {case.case_id}: a promise must fall between {today} and {last_day}")
    if not floor <= request.amount_minor <= case.balance_minor:
        raise IllegalTransition(
            f"case {case.case_id}: a promise must be between {floor} and {case.balance_minor} minor units"
        )
    return PromiseMade(
        event_id=f"promise:{request.promise_id}",
        at=now,
        promise_id=request.promise_id,
        amount_minor=request.amount_minor,
        due_on=request.due_on,
    )


def admit_plan(case: CaseState, request: PlanRequest, now: datetime) -> PlanAccepted:
    """The plan as a fact, its instalments exact to the minor unit. Raises IllegalTransition if it is not on offer."""
    _still_open(case)
    today = local_date(now, case.zone)
    most = min(case.terms.instalments_max, case.balance_minor // max(1, case.terms.instalment_floor_minor))
    if not 2 <= request.instalments <= most:
        raise IllegalTransition(f"case {case.case_id}: from 2 to {most} instalments are on offer")
    last_start = today + timedelta(days=case.terms.instalment_every_days)
    if not today <= request.first_due_on <= last_start:
        raise IllegalTransition(f"case {case.case_id}: the first instalment must fall between {today} and {last_start}")
    every = timedelta(days=case.terms.instalment_every_days)
    shares = Money(case.balance_minor, case.currency).split(request.instalments)
    instalments = tuple(
        Instalment(due_on=request.first_due_on + index * every, amount_minor=share.amount_minor)
        for index, share in enumerate(shares)
    )
    return PlanAccepted(event_id=f"plan:{request.plan_id}", at=now, plan_id=request.plan_id, instalments=instalments)


def admit_decision(
    case: CaseState, request: ApprovalDecision, now: datetime
) -> ApprovalGranted | ApprovalRefused | ApprovalRenewed:
    """The decision as a fact. Raises IllegalTransition: nothing pending, expired, or the requester's own word."""
    _still_open(case)
    approval = case.approval
    if approval is None or approval.approval_id != request.approval_id:
        raise IllegalTransition(f"case {case.case_id}: approval {request.approval_id} was not asked for")
    expired = now >= approval.expires_at
    event_id = f"{request.decision.value}:{request.approval_id}"
    if request.decision is Decision.RENEW:
        if approval.status is ApprovalStatus.GRANTED or (approval.status is ApprovalStatus.REQUESTED and not expired):
            raise IllegalTransition(f"case {case.case_id}: {request.approval_id} still stands; nothing to renew")
        return ApprovalRenewed(event_id=event_id, at=now, approval_id=request.approval_id, by=request.by)
    if approval.status is not ApprovalStatus.REQUESTED:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} was already {approval.status.value}")
    if expired:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} expired; renew it first")
    if request.by == approval.requested_by:
        raise IllegalTransition(f"case {case.case_id}: the requester cannot decide; another person must")
    kind = ApprovalGranted if request.decision is Decision.GRANT else ApprovalRefused
    return kind(event_id=event_id, at=now, approval_id=request.approval_id, by=request.by)


def _still_open(case: CaseState) -> None:
    if case.is_closed:
        raise IllegalTransition(f"case {case.case_id} is closed: {case.close_reason}")
