"""The checks of the ladder about agreements: an open one is left in peace, a broken one lets the ladder go on.

What is said meanwhile (the terms in writing, a reminder before a day) are contacts like any other, outside the maths
of the stages; none is made while a hold is on, a touch is in doubt, or no channel is open.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.calendar import at_local, local_date, start_of_day
from domain.money import in_words
from domain.negotiation.judging import Judgement
from domain.negotiation.standing import Standing, too_late_at
from domain.schedule import latest_of_day, not_before, tried_again_at
from domain.situation import Finding, Situation
from domain.step import Close, Contact, Rest
from domain.touch_keys import (
    INSTALMENT_REMINDER,
    PROMISE_REMINDER,
    TERMS,
    instalment_reminder,
    plan_terms,
    promise_reminder,
    relief_terms,
    settlement_reminder,
)
from domain.vocabulary import CloseReason

_RELIEF = "relief:"


def settled(moment: Situation) -> Finding:
    """A settlement that was paid ends the case, whatever else stands; what is left is waived with it."""
    settlement = moment.case.settlement
    if settlement is None:
        return Finding(says="no settlement was agreed")
    if _standing(moment).of_settlement(settlement) is not Judgement.KEPT:
        return Finding(says=f"the settlement of {settlement.due_on} is not paid")
    rest = moment.case.balance_minor
    return Finding(
        says=f"the settlement was paid; {in_words(rest, moment.case.currency)} are left and waived, as agreed",
        at=moment.now,
        action=Close(reason=CloseReason.SETTLED, waives_minor=rest),
    )


def granted(moment: Situation) -> Finding:
    """What was granted is told in writing, once."""
    told = untold_relief(moment)
    return told or Finding(says="everything that was granted is told in writing")


def untold_relief(moment: Situation) -> Finding | None:
    """The contact that tells the terms of a relief of which nothing was said yet; None when there is none."""
    for agreed in moment.case.agreed:
        if agreed.startswith(_RELIEF):
            key = relief_terms(agreed.removeprefix(_RELIEF))
            told = _said(moment, key, TERMS, moment.now, until=None, says=f"the terms of {agreed} go out in writing")
            if told is not None:
                return told
    return None


def settling(moment: Situation) -> Finding:
    """While a settlement is open, nothing is asked for but by one reminder before its day."""
    settlement = moment.case.settlement
    if settlement is None:
        return Finding(says="no settlement is open")
    if _standing(moment).of_settlement(settlement) is Judgement.BROKEN:
        return Finding(says=f"the settlement of {settlement.due_on} was missed; the full balance is owed")
    key = settlement_reminder(settlement.relief_id)
    reminder = _reminder(moment, key, PROMISE_REMINDER, settlement.due_on, agreed_at=settlement.accepted_at)
    says = f"a settlement until {settlement.due_on} is open"
    return _in_peace(reminder, says, too_late_at(moment.case, settlement))


def promised(moment: Situation) -> Finding:
    """While a promise is open, nothing is asked for but by one reminder before its day."""
    promise = moment.case.promise
    if promise is None:
        return Finding(says="no promise is open")
    found = _standing(moment).of_promise(promise)
    if found is Judgement.KEPT:
        return Finding(says=f"the promise for {promise.due_on} was kept; what remains is chased")
    if found is Judgement.PARTLY_KEPT:
        return Finding(says=f"the promise for {promise.due_on} was kept in part; the ladder resumes for the rest")
    if found is Judgement.BROKEN:
        return Finding(says=f"the promise for {promise.due_on} was not kept; the ladder resumes")
    grace = moment.case.terms.promise_grace_days
    says = f"a promise for {promise.due_on} is open; judged on money {grace} days later"
    key = promise_reminder(promise.promise_id)
    reminder = _reminder(moment, key, PROMISE_REMINDER, promise.due_on, agreed_at=promise.made_at)
    return _in_peace(reminder, says, too_late_at(moment.case, promise))


def planned(moment: Situation) -> Finding:
    """While a plan performs, nothing is said but its terms, and a reminder before each instalment."""
    plan = moment.case.plan
    if plan is None:
        return Finding(says="no instalment plan is in force")
    standing = _standing(moment).of_plan(plan)
    if standing.judgement is Judgement.KEPT:
        return Finding(says="the plan was paid in full; what remains is chased")
    if standing.judgement is Judgement.BROKEN:
        return Finding(says=f"the instalment of {standing.missed[0].due_on} was missed; the ladder resumes")
    assert standing.next is not None
    assert standing.judged_at is not None
    says = f"a plan performs; next instalment {standing.next.due_on}"
    key = plan_terms(plan.plan_id)
    told = _said(moment, key, TERMS, plan.accepted_at, until=None, says="the plan's terms go out in writing")
    if told is not None:
        return told
    key = instalment_reminder(plan.plan_id, standing.next_number)
    reminder = _reminder(moment, key, INSTALMENT_REMINDER, standing.next.due_on, agreed_at=plan.accepted_at)
    return _in_peace(reminder, says, standing.judged_at)


def _standing(moment: Situation) -> Standing:
    return Standing(case=moment.case, received=moment.facts.received, now=moment.now)


def _in_peace(reminder: Finding | None, says: str, until: datetime) -> Finding:
    """The reminder if there is one to wait for, else nothing until the agreement is judged."""
    if reminder is not None:
        return replace(reminder, says=f"{says}; {reminder.says}")
    return Finding(says=says, at=until, action=Rest())


def _reminder(moment: Situation, key: str, template: str, due_on: date, *, agreed_at: datetime) -> Finding | None:
    """A contact some days before; none when it was agreed on later than that, and none after the day itself."""
    written = moment.strategy.agreements
    if written is None or written.reminder_days_before == 0:
        return None
    on = due_on - timedelta(days=written.reminder_days_before)
    if on <= local_date(agreed_at, moment.case.zone):
        return None
    wanted = at_local(on, written.at, moment.case.zone)
    day_after = start_of_day(due_on + timedelta(days=1), moment.case.zone)
    return _said(moment, key, template, wanted, until=day_after, says=f"a reminder before {due_on}")


def _said(
    moment: Situation, key: str, template: str, wanted: datetime, *, until: datetime | None, says: str
) -> Finding | None:
    """One contact about an agreement, from `wanted` on and before `until`; None when it was made or cannot be."""
    written, case = moment.strategy.agreements, moment.case
    again_at = tried_again_at(moment, key)
    failed = case.failed(key)
    given_up = failed is not None and failed.failures > len(moment.strategy.retry_hours)
    if written is None or key in case.done or given_up or moment.facts.unresolved_touch or not moment.facts.channels:
        return None
    earliest = max(moment.now, wanted, again_at or moment.now)
    if case.deferred_touch == key and case.deferred_until is not None:
        earliest = max(earliest, case.deferred_until)
    at = not_before(moment, written.at, earliest)
    if until is not None and at >= until:
        return None
    contact = Contact(
        touch_key=key,
        stage=case.stage,
        channels=written.channels,
        template=template,
        mandatory=False,
        not_after=latest_of_day(moment, at),
    )
    return Finding(says=says, at=at, action=contact)
