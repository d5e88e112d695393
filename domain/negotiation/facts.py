"""How an agreement that was made changes a case; `domain.case` has the table of all facts."""

from dataclasses import replace

from domain.agreements import PlanState, PromiseState
from domain.case_state import CaseState
from domain.events import PlanAccepted, PromiseMade


def promise_made(case: CaseState, event: PromiseMade) -> CaseState:
    """A promise is in force; one that was made before changes nothing."""
    key = event.agreed_as
    if key in case.agreed:
        return case
    promise = PromiseState(
        promise_id=event.promise_id,
        amount_minor=event.amount_minor,
        due_on=event.due_on,
        made_at=event.at,
        baseline_minor=case.balance_minor,
    )
    return replace(case, promise=promise, agreed=(*case.agreed, key))


def plan_accepted(case: CaseState, event: PlanAccepted) -> CaseState:
    """A plan takes the place of a promise; one that was accepted before changes nothing."""
    key = event.agreed_as
    if key in case.agreed:
        return case
    plan = PlanState(
        plan_id=event.plan_id,
        instalments=event.instalments,
        accepted_at=event.at,
        baseline_minor=case.balance_minor,
    )
    return replace(case, plan=plan, promise=None, agreed=(*case.agreed, key))
