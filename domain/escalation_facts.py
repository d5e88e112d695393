"""How an approval and a step to the outside world change a case; `domain.case` has the table of all facts."""

from dataclasses import replace

from domain.agreements import ApprovalState, Vote, may_decide, same_person
from domain.case_state import CaseState
from domain.escalation import OutsideState, PutOff
from domain.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    ApprovalRequested,
    OutsidePutOff,
    OutsideTaken,
    OutsideUndone,
)
from domain.vocabulary import ApprovalStatus


def approval_requested(case: CaseState, event: ApprovalRequested) -> CaseState:
    """The new request takes the place of the one before; one that was made before changes nothing."""
    key = event.agreed_as
    if key in case.agreed:
        return case
    approval = ApprovalState(
        approval_id=event.approval_id,
        status=ApprovalStatus.REQUESTED,
        requested_by=case.renewed_by or event.requested_by,
        expires_at=event.expires_at,
        roles=event.roles,
        requested_at=event.at,
        ledger_version=event.ledger_version,
    )
    return replace(case, approval=approval, renewed_by="", agreed=(*case.agreed, key))


def _pending_approval(case: CaseState, approval_id: str) -> ApprovalState | None:
    approval = case.approval
    if approval is None or approval.approval_id != approval_id or approval.status is not ApprovalStatus.REQUESTED:
        return None
    return approval


def approval_granted(case: CaseState, event: ApprovalGranted) -> CaseState:
    """One person's yes; with several roles the last missing one grants the request."""
    pending = _pending_approval(case, event.approval_id)
    if pending is None or not may_decide(pending, event.by) or event.at >= pending.expires_at:
        return case
    if pending.roles:
        if event.role not in pending.missing or any(same_person(vote.by, event.by) for vote in pending.votes):
            return case
        vote = Vote(role=event.role, by=event.by, at=event.at, comment=event.comment)
        pending = replace(pending, votes=(*pending.votes, vote))
        if pending.missing:
            return replace(case, approval=pending)
    return replace(
        case, approval=replace(pending, status=ApprovalStatus.GRANTED, decided_by=event.by, comment=event.comment)
    )


def approval_refused(case: CaseState, event: ApprovalRefused) -> CaseState:
    """One no is enough."""
    pending = _pending_approval(case, event.approval_id)
    if pending is None:
        return case
    refused = replace(
        pending,
        status=ApprovalStatus.REFUSED,
        decided_by=event.by,
        refused_as=event.role,
        comment=event.comment,
    )
    return replace(case, approval=refused)


def approval_renewed(case: CaseState, event: ApprovalRenewed) -> CaseState:
    """What no longer stands is asked for again."""
    known = case.approval
    if known is None or known.approval_id != event.approval_id or known.stands_at(event.at):
        return case
    return replace(case, approval=None, renewed_by=event.by)


def outside_taken(case: CaseState, event: OutsideTaken) -> CaseState:
    """A step stands out there."""
    if any(each.key == event.key for each in case.outside):
        return case
    taken = OutsideState(key=event.key, step_id=event.step_id, kind=event.outside, taken_at=event.at)
    return replace(case, outside=(*case.outside, taken), put_off=None)


def outside_put_off(case: CaseState, event: OutsidePutOff) -> CaseState:
    """It was its turn and could not be done; the latest word counts."""
    known = case.put_off
    if known is not None and known.key == event.key and event.at < known.at:
        return case
    return replace(case, put_off=PutOff(key=event.key, at=event.at, until=event.until, why=event.why))


def outside_undone(case: CaseState, event: OutsideUndone) -> CaseState:
    """A step that was taken back stands there no more; the first time counts."""
    outside = tuple(
        replace(each, undone_at=event.at) if each.key == event.key and each.is_open else each for each in case.outside
    )
    return case if outside == case.outside else replace(case, outside=outside, put_off=None)
