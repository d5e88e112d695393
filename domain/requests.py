"""Requests that a case may refuse: promise, plan, decision about legal escalation.

`admit_*` answers with the fact that the request becomes, or raises IllegalTransition with a sentence for the person
who asked. The workflow's update validator and its handler call the same function, so what was let in is applied.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from domain.agreements import PlanState, PromiseState, may_decide
from domain.calendar import local_date
from domain.case import CaseState
from domain.errors import IllegalTransition
from domain.events import ApprovalGranted, ApprovalRefused, ApprovalRenewed, Instalment, PlanAccepted, PromiseMade
from domain.money import Money
from domain.vocabulary import ApprovalStatus

FactT = TypeVar("FactT", PromiseMade, PlanAccepted)


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
    """The promise as a fact, the same promise twice as the same one.

    Raises IllegalTransition when the case or the terms do not allow it.
    """
    _still_owing(case)
    known = case.promise
    if known is not None and known.promise_id == request.promise_id:
        return _repeated_promise(case, known, request)
    today = local_date(now, case.zone)
    last_day = today + timedelta(days=case.terms.promise_within_days)
    floor = max(1, -(-case.balance_minor * case.terms.promise_floor_percent // 100))
    if not today <= request.due_on <= last_day:
        raise IllegalTransition(f"case {case.case_id}: a promise must fall between {today} and {last_day}")
    if not floor <= request.amount_minor <= case.balance_minor:
        raise IllegalTransition(
            f"case {case.case_id}: a promise must be between {floor} and {case.balance_minor} minor units"
        )
    made = PromiseMade(
        event_id=f"promise:{request.promise_id}",
        at=now,
        promise_id=request.promise_id,
        amount_minor=request.amount_minor,
        due_on=request.due_on,
    )
    return _first_time(case, made)


def admit_plan(case: CaseState, request: PlanRequest, now: datetime) -> PlanAccepted:
    """The plan as a fact, its instalments exact to the minor unit, the same plan twice as the same one.

    Raises IllegalTransition if it is not on offer.
    """
    _still_owing(case)
    if case.plan is not None and case.plan.plan_id == request.plan_id:
        return _repeated_plan(case, case.plan, request)
    today = local_date(now, case.zone)
    most = min(case.terms.instalments_max, case.balance_minor // max(1, case.terms.instalment_floor_minor))
    if most < 2:
        raise IllegalTransition(f"case {case.case_id}: {case.balance_minor} minor units are too few for instalments")
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
    accepted = PlanAccepted(
        event_id=f"plan:{request.plan_id}", at=now, plan_id=request.plan_id, instalments=instalments
    )
    return _first_time(case, accepted)


def admit_decision(
    case: CaseState, request: ApprovalDecision, now: datetime
) -> ApprovalGranted | ApprovalRefused | ApprovalRenewed:
    """The decision as a fact. Raises IllegalTransition: nothing pending, expired, or the requester's own word."""
    _still_open(case)
    if not request.by.strip():
        raise IllegalTransition(f"case {case.case_id}: say who decides about {request.approval_id}")
    approval = case.approval
    if approval is None or approval.approval_id != request.approval_id:
        raise IllegalTransition(f"case {case.case_id}: approval {request.approval_id} was not asked for")
    expired = now >= approval.expires_at
    event_id = f"{request.decision.value}:{request.approval_id}"
    if request.decision is Decision.RENEW:
        if approval.stands_at(now):
            raise IllegalTransition(f"case {case.case_id}: {request.approval_id} still stands; nothing to renew")
        return ApprovalRenewed(event_id=event_id, at=now, approval_id=request.approval_id, by=request.by)
    if approval.status is not ApprovalStatus.REQUESTED:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} was already {approval.status.value}")
    if expired:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} expired; renew it first")
    if not may_decide(approval, request.by):
        raise IllegalTransition(f"case {case.case_id}: the requester cannot decide; another person must")
    kind = ApprovalGranted if request.decision is Decision.GRANT else ApprovalRefused
    return kind(event_id=event_id, at=now, approval_id=request.approval_id, by=request.by)


def _still_open(case: CaseState) -> None:
    if case.is_closed:
        raise IllegalTransition(f"case {case.case_id} is closed: {case.close_reason}")


def _still_owing(case: CaseState) -> None:
    _still_open(case)
    if case.balance_minor <= 0:
        raise IllegalTransition(f"case {case.case_id}: nothing is owed any more")


def _repeated_promise(case: CaseState, known: PromiseState, request: PromiseRequest) -> PromiseMade:
    """An asker who lost our answer asks again under the same id: he gets the same answer."""
    if (request.amount_minor, request.due_on) != (known.amount_minor, known.due_on):
        raise _used(case, f"promise:{known.promise_id}")
    return PromiseMade(
        event_id=f"promise:{known.promise_id}",
        at=known.made_at,
        promise_id=known.promise_id,
        amount_minor=known.amount_minor,
        due_on=known.due_on,
    )


def _repeated_plan(case: CaseState, known: PlanState, request: PlanRequest) -> PlanAccepted:
    if (request.instalments, request.first_due_on) != (len(known.instalments), known.instalments[0].due_on):
        raise _used(case, f"plan:{known.plan_id}")
    return PlanAccepted(
        event_id=f"plan:{known.plan_id}", at=known.accepted_at, plan_id=known.plan_id, instalments=known.instalments
    )


def _first_time(case: CaseState, fact: FactT) -> FactT:
    """Under an id that was agreed before, nothing would change: then nothing may be promised back."""
    if fact.agreed_as in case.agreed:
        raise _used(case, fact.agreed_as)
    return fact


def _used(case: CaseState, agreed_as: str) -> IllegalTransition:
    return IllegalTransition(f"case {case.case_id}: {agreed_as} was agreed before; use another id")
