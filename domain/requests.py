"""Requests that a case may refuse: promise, plan, decision about legal escalation.

`admit_*` answers with the fact that the request becomes, or raises IllegalTransition with a sentence for the person
who asked. The workflow's update validator and its handler call the same function, so what was let in is applied.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.agreements import ApprovalState, may_decide, same_person
from domain.case import CaseState
from domain.errors import IllegalTransition
from domain.events import ApprovalGranted, ApprovalRefused, ApprovalRenewed
from domain.negotiation.asking import PlanRequest, PromiseRequest, admit_plan, admit_promise, still_open
from domain.vocabulary import ApprovalStatus

__all__ = [
    "ApprovalDecision",
    "Decision",
    "PlanRequest",
    "PromiseRequest",
    "admit_decision",
    "admit_plan",
    "admit_promise",
]


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
    role: str = ""
    """In which the person speaks, where the profile asks for several people."""
    comment: str = ""


def admit_decision(
    case: CaseState, request: ApprovalDecision, now: datetime
) -> ApprovalGranted | ApprovalRefused | ApprovalRenewed:
    """The decision as a fact. Raises IllegalTransition: nothing pending, expired, or the requester's own word."""
    still_open(case)
    if not request.by.strip():
        raise IllegalTransition(f"case {case.case_id}: say who decides about {request.approval_id}")
    approval = case.approval
    if approval is None or approval.approval_id != request.approval_id:
        raise IllegalTransition(f"case {case.case_id}: approval {request.approval_id} was not asked for")
    event_id = f"{request.decision.value}:{request.approval_id}"
    if request.decision is Decision.RENEW:
        if approval.stands_at(now):
            raise IllegalTransition(f"case {case.case_id}: {request.approval_id} still stands; nothing to renew")
        return ApprovalRenewed(event_id=event_id, at=now, approval_id=request.approval_id, by=request.by)
    _may_be_decided(case, approval, request, now)
    if approval.roles and request.decision is Decision.GRANT:
        _one_of_several(case, approval, request)
        event_id = f"{event_id}:{request.role}"
    kind = ApprovalGranted if request.decision is Decision.GRANT else ApprovalRefused
    return kind(
        event_id=event_id,
        at=now,
        approval_id=request.approval_id,
        by=request.by,
        role=request.role,
        comment=request.comment,
    )


def _may_be_decided(case: CaseState, approval: ApprovalState, request: ApprovalDecision, now: datetime) -> None:
    if approval.status is not ApprovalStatus.REQUESTED:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} was already {approval.status.value}")
    if now >= approval.expires_at:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} expired; renew it first")
    if not may_decide(approval, request.by):
        raise IllegalTransition(f"case {case.case_id}: the requester cannot decide; another person must")


def _one_of_several(case: CaseState, approval: ApprovalState, request: ApprovalDecision) -> None:
    """Each role once, each by another person."""
    if request.role not in approval.roles:
        wanted = ", ".join(approval.missing)
        raise IllegalTransition(f"case {case.case_id}: say in which role; {request.approval_id} still needs {wanted}")
    if request.role not in approval.missing:
        raise IllegalTransition(f"case {case.case_id}: {request.approval_id} was already granted as {request.role}")
    if any(same_person(vote.by, request.by) for vote in approval.votes):
        raise IllegalTransition(f"case {case.case_id}: {request.by} already approved; each role is another person's")
