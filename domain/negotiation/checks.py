"""The checks of the ladder about agreements: an open one is left in peace, a broken one lets the ladder go on."""

from datetime import timedelta

from domain.calendar import start_of_day
from domain.situation import Finding, Situation
from domain.step import Rest


def promised(moment: Situation) -> Finding:
    """While a promise is open, nothing is asked for."""
    promise = moment.case.promise
    if promise is None:
        return Finding(says="no promise is open")
    grace = moment.case.terms.promise_grace_days
    judged_at = start_of_day(promise.due_on + timedelta(days=grace + 1), moment.case.zone)
    paid = promise.baseline_minor - moment.case.balance_minor
    if paid >= promise.amount_minor:
        return Finding(says=f"the promise for {promise.due_on} was kept; what remains is chased")
    if moment.now >= judged_at:
        return Finding(says=f"the promise for {promise.due_on} was not kept; the ladder resumes")
    return Finding(
        says=f"a promise for {promise.due_on} is open; judged on money {grace} days later", at=judged_at, action=Rest()
    )


def planned(moment: Situation) -> Finding:
    """While a plan performs, nothing else is asked for."""
    plan = moment.case.plan
    if plan is None:
        return Finding(says="no instalment plan is in force")
    grace = moment.case.terms.plan_grace_days
    paid = plan.baseline_minor - moment.case.balance_minor
    expected = 0
    for instalment in plan.instalments:
        expected += instalment.amount_minor
        judged_at = start_of_day(instalment.due_on + timedelta(days=grace + 1), moment.case.zone)
        if paid >= expected:
            continue
        if moment.now >= judged_at:
            return Finding(says=f"the instalment of {instalment.due_on} was missed; the ladder resumes")
        return Finding(says=f"a plan performs; next instalment {instalment.due_on}", at=judged_at, action=Rest())
    return Finding(says="the plan was paid in full; what remains is chased")
