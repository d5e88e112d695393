"""The checks of the ladder that lead to law: what people said about it, which step is next, what must be taken back.

Without a strategy's `escalation` one person's yes hands the case over, and nothing else is asked. With it every
condition must be met before people are asked, and again before each step; what is not met is a human's task.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.agreements import ApprovalState
from domain.calendar import at_local, local_date
from domain.escalation import IN_OUR_BOOKS, Escalation, OutsideKind, OutsidePlan, OutsideState
from domain.legal_conditions import conditions, ladder_over_at, unmet
from domain.situation import Finding, Situation, next_review
from domain.step import Close, Escalate, RequestApproval, Rest, TakeStep, UndoStep
from domain.vocabulary import ApprovalStatus, CloseReason, TaskKind

LAPSED = "the approval lapsed: money, holds or agreements changed since it was asked for"


def approved(moment: Situation) -> Finding:
    """What became of the request, if one was made."""
    approval = moment.case.approval
    if approval is None:
        return Finding(says="no approval was asked for")
    escalation = moment.strategy.escalation
    if escalation is not None and escalation.steps and _next_plan(moment, escalation) is None:
        return _ending(moment, approval, escalation)  # what was done needs no second leave to come to its end
    return _of_request(moment, approval)


def _of_request(moment: Situation, approval: ApprovalState) -> Finding:
    if approval.status is ApprovalStatus.REFUSED:
        return _human(moment, TaskKind.APPROVAL_REFUSED, f"legal escalation was refused by {approval.decided_by}")
    if has_lapsed(moment, approval):
        return Finding(says=f"{LAPSED}; it is asked for again")
    if moment.now >= approval.expires_at:
        return _expired(moment, approval)
    if approval.status is ApprovalStatus.GRANTED:
        escalation = moment.strategy.escalation
        return _handed_over(moment, approval) if escalation is None else _proceeding(moment, approval, escalation)
    missing = f" as {', '.join(approval.missing)}" if approval.roles else ""
    return Finding(
        says=f"waiting for a human to decide about legal escalation{missing}",
        at=approval.expires_at,
        action=Rest(task=TaskKind.APPROVAL_DECISION, task_key=approval.approval_id, owner="approvals"),
    )


def exhausted(moment: Situation) -> Finding:
    """The last check: every touch was made, and a human is asked, about the conditions first."""
    at = ladder_over_at(moment)
    if moment.strategy.escalation is not None and moment.now >= at:
        unsettled = _unsettled(moment)
        if unsettled is not None:
            return unsettled
    number = sum(agreed.startswith("approval:") for agreed in moment.case.agreed) + 1
    return Finding(
        says="the ladder is exhausted; a human is asked about legal escalation",
        at=at,
        action=RequestApproval(approval_id=f"{moment.case.case_id}/approval-{number}"),
    )


def outside(moment: Situation, before: Iterable[Finding]) -> Finding:
    """What stands out there is taken back before the case ends or while it is held; the last step first.

    `before` are the findings of the checks that end or hold a case, in their order.
    """
    standing = [each for each in moment.case.outside if each.is_open]
    if not standing:
        return Finding(says="nothing was done to the outside world, or it was taken back")
    written_off = next((each for each in standing if each.kind is OutsideKind.WRITE_OFF), None)
    if written_off is not None:
        return Finding(says="what was owed is written off", at=moment.now, action=Close(reason=CloseReason.WRITTEN_OFF))
    for finding in before:
        closing = isinstance(finding.action, Close)
        if finding.action is None:
            continue
        undone = [each for each in standing if closing or each.kind not in IN_OUR_BOOKS]
        return _undoing(moment, undone[-1], finding.says) if undone else Finding(says="only our books know of it")
    return Finding(says="outside stand: " + ", ".join(each.step_id for each in standing))


def has_lapsed(moment: Situation, approval: ApprovalState) -> bool:
    """Whether the case is another one than people were asked about; never for a request of the old kind.

    What was done under it and taken back needs a new yes as well: the reason may be dated from before the request.
    """
    if not approval.roles or approval.requested_at is None:
        return False
    case, asked_at = moment.case, approval.requested_at
    if case.ledger_version != approval.ledger_version or _was_taken_back(moment, approval):
        return True
    moved = [at for hold in case.holds for at in (hold.starts_at, hold.released_at) if at is not None]
    moved += [case.promise.made_at] if case.promise else []
    moved += [agreed.accepted_at for agreed in (case.plan, case.settlement) if agreed is not None]
    return any(asked_at < at <= moment.now for at in moved)


def _expired(moment: Situation, approval: ApprovalState) -> Finding:
    """Steps under way need a new yes, which is asked for by itself; an unanswered request needs a human."""
    if _was_used(moment, approval):
        return Finding(says="the approval was used and has expired; it is asked for again")
    return _human(moment, TaskKind.APPROVAL_EXPIRED, "no valid approval in time; nothing proceeds by itself")


def _handed_over(moment: Situation, approval: ApprovalState) -> Finding:
    return Finding(
        says=f"legal escalation was approved by {approval.decided_by}",
        at=moment.now,
        action=Escalate(approval_id=approval.approval_id),
    )


def _proceeding(moment: Situation, approval: ApprovalState, escalation: Escalation) -> Finding:
    """The next step of the strategy's list; after the last one the case ends as the strategy says."""
    plan = _next_plan(moment, escalation)
    if plan is None:
        return _ending(moment, approval, escalation)
    key = f"{approval.approval_id}/{plan.step_id}"
    put_off = _put_off(moment, key)
    if put_off is not None:
        return put_off
    at = _after_the_last(moment, plan.wait_days)
    if at <= moment.now:
        unsettled = _unsettled(moment)
        if unsettled is not None:
            return unsettled
    return Finding(
        says=f"legal escalation was approved by {approval.decided_by}; next is {plan.kind.value}",
        at=at,
        action=TakeStep(key=key, step_id=plan.step_id, outside=plan.kind, approval_id=approval.approval_id),
    )


def _ending(moment: Situation, approval: ApprovalState, escalation: Escalation) -> Finding:
    """The end of the list; a list without steps hands over under the same conditions as a step."""
    at = _after_the_last(moment, escalation.closes_after_days)
    unsettled = None if escalation.steps else _unsettled(moment)
    if unsettled is not None:
        return unsettled
    if escalation.ends_as is CloseReason.LEGAL_REFERRAL:
        return replace(_handed_over(moment, approval), at=at)
    return Finding(says="every step of the escalation was taken", at=at, action=Close(reason=escalation.ends_as))


def _after_the_last(moment: Situation, days: int) -> datetime:
    """So many local days after the step that was taken last, at the hour of the last touch; never in the past."""
    standing = [each for each in moment.case.outside if each.is_open]
    if not standing or not days:
        return moment.now
    on = local_date(standing[-1].taken_at, moment.case.zone) + timedelta(days=days)
    return max(moment.now, at_local(on, moment.strategy.stages[-1].touches[-1].at, moment.case.zone))


def _next_plan(moment: Situation, escalation: Escalation) -> OutsidePlan | None:
    taken = {each.step_id for each in moment.case.outside if each.is_open}
    return next((plan for plan in escalation.steps if plan.step_id not in taken), None)


def _was_used(moment: Situation, approval: ApprovalState) -> bool:
    return any(each.is_open for each in _done_under(moment, approval))


def _was_taken_back(moment: Situation, approval: ApprovalState) -> bool:
    return any(not each.is_open for each in _done_under(moment, approval))


def _done_under(moment: Situation, approval: ApprovalState) -> list[OutsideState]:
    prefix = f"{approval.approval_id}/"
    return [each for each in moment.case.outside if each.key.startswith(prefix)]


def _unsettled(moment: Situation) -> Finding | None:
    """What stands in the way, as a task for a human; a waiting time of the law alone is only waited for."""
    legal = moment.facts.legal
    if legal is None:
        return None
    found = conditions(moment, legal)
    what = unmet(found)
    if not what:
        return None
    until = legal.law_until
    if until is not None and until > moment.now and all(each.met for each in found if each.name != "law"):
        return Finding(says=f"the law puts it off; {legal.law}", at=until, action=Rest())
    task = Rest(task=TaskKind.ESCALATION_UNMET, task_key=moment.case.case_id, owner="escalation")
    return Finding(says=f"no legal step yet; {what}", at=next_review(moment, moment.case.opened_at), action=task)


def _undoing(moment: Situation, step: OutsideState, because: str) -> Finding:
    put_off = _put_off(moment, step.key)
    if put_off is not None:
        return put_off
    return Finding(
        says=f"{step.kind.value} is taken back: {because}",
        at=moment.now,
        action=UndoStep(key=step.key, outside=step.kind),
    )


def _put_off(moment: Situation, key: str) -> Finding | None:
    """Between two tries it rests, with a task when only a human can settle it."""
    put_off = moment.case.put_off
    if put_off is None or put_off.key != key:
        return None
    again_at = put_off.until or put_off.at + moment.review_every
    if again_at <= moment.now:
        return None
    if put_off.until is not None:
        return Finding(says=f"put off; {put_off.why}", at=again_at, action=Rest())
    task = Rest(task=TaskKind.STEP_REFUSED, task_key=key, owner="escalation")
    return Finding(says=f"could not be done; {put_off.why}", at=again_at, action=task)


def _human(moment: Situation, task: TaskKind, says: str) -> Finding:
    approval = moment.case.approval
    anchor = approval.expires_at if approval else moment.case.opened_at
    key = approval.approval_id if approval else moment.case.case_id
    return Finding(says=says, at=next_review(moment, anchor), action=Rest(task=task, task_key=key, owner="approvals"))
