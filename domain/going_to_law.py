"""The checks of the ladder that lead to law: what a human said about it, and whether it is time to ask."""

from datetime import timedelta

from domain.calendar import at_local, local_date
from domain.situation import Finding, Situation, next_review
from domain.step import Escalate, RequestApproval, Rest
from domain.vocabulary import ApprovalStatus, TaskKind


def approved(moment: Situation) -> Finding:
    """What became of the request, if one was made."""
    approval = moment.case.approval
    if approval is None:
        return Finding(says="no approval was asked for")
    expired = moment.now >= approval.expires_at
    if approval.status is ApprovalStatus.REFUSED:
        return _human(moment, TaskKind.APPROVAL_REFUSED, f"legal escalation was refused by {approval.decided_by}")
    if expired:
        return _human(moment, TaskKind.APPROVAL_EXPIRED, "no valid approval in time; nothing proceeds by itself")
    if approval.status is ApprovalStatus.GRANTED:
        return Finding(
            says=f"legal escalation was approved by {approval.decided_by}",
            at=moment.now,
            action=Escalate(approval_id=approval.approval_id),
        )
    return Finding(
        says="waiting for a human to decide about legal escalation",
        at=approval.expires_at,
        action=Rest(task=TaskKind.APPROVAL_DECISION, task_key=approval.approval_id, owner="approvals"),
    )


def exhausted(moment: Situation) -> Finding:
    """The last check: every touch was made, and a human is asked."""
    last = moment.strategy.stages[-1]
    anchor = moment.case.last_touch_at or moment.case.opened_at
    wait = local_date(anchor, moment.case.zone) + timedelta(days=last.wait_days)
    number = sum(agreed.startswith("approval:") for agreed in moment.case.agreed) + 1
    return Finding(
        says="the ladder is exhausted; a human is asked about legal escalation",
        at=at_local(wait, last.touches[-1].at, moment.case.zone),
        action=RequestApproval(approval_id=f"{moment.case.case_id}/approval-{number}"),
    )


def _human(moment: Situation, task: TaskKind, says: str) -> Finding:
    approval = moment.case.approval
    anchor = approval.expires_at if approval else moment.case.opened_at
    key = approval.approval_id if approval else moment.case.case_id
    return Finding(says=says, at=next_review(moment, anchor), action=Rest(task=task, task_key=key, owner="approvals"))
