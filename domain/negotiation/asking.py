"""Requests for a promise or a plan: the same functions answer the update's validator and its handler."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from domain.agreements import PlanState, PromiseState
from domain.calendar import local_date
from domain.case_state import CaseState
from domain.errors import IllegalTransition, InvalidInput
from domain.events import PlanAccepted, PromiseMade
from domain.money import in_words
from domain.negotiation.judging import Judgement
from domain.negotiation.plan_options import PlanOption, draw_up
from domain.negotiation.standing import Standing

FactT = TypeVar("FactT", PromiseMade, PlanAccepted)
MOST_CLOSED_DAYS = 2_000
"""More holidays than five years of any calendar have."""


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
    """Without the down payment."""
    first_due_on: date
    down_payment_minor: int = 0
    """Paid on the first day; 0: the least that the terms ask for."""
    closed_days: tuple[date, ...] = ()
    """Holidays of the account's calendar: an instalment that falls on one moves to the next open day."""


def still_open(case: CaseState) -> None:
    """Raises IllegalTransition for a closed case."""
    if case.is_closed:
        raise IllegalTransition(f"case {case.case_id} is closed: {case.close_reason}")


def still_owing(case: CaseState) -> None:
    """Raises IllegalTransition for a case that is closed or paid."""
    still_open(case)
    if case.balance_minor <= 0:
        raise IllegalTransition(f"case {case.case_id}: nothing is owed any more")


def admit_promise(case: CaseState, request: PromiseRequest, now: datetime) -> PromiseMade:
    """The promise as a fact, the same promise twice as the same one.

    Raises IllegalTransition when the case or the terms do not allow it.
    """
    still_owing(case)
    known = case.promise
    if known is not None and known.promise_id == request.promise_id:
        return _repeated_promise(case, known, request)
    made = PromiseMade(
        event_id=f"promise:{request.promise_id}",
        at=now,
        promise_id=request.promise_id,
        amount_minor=request.amount_minor,
        due_on=request.due_on,
    )
    _first_time(case, made)
    _none_in_force(case, now)
    _not_too_many(case, "promise", case.terms.promises_max)
    today = local_date(now, case.zone)
    last_day = today + timedelta(days=case.terms.promise_within_days)
    floor = max(1, -(-case.balance_minor * case.terms.promise_floor_percent // 100))
    if not today <= request.due_on <= last_day:
        raise IllegalTransition(f"case {case.case_id}: a promise must fall between {today} and {last_day}")
    if not floor <= request.amount_minor <= case.balance_minor:
        raise IllegalTransition(
            f"case {case.case_id}: a promise must be between {in_words(floor, case.currency)} and "
            f"{in_words(case.balance_minor, case.currency)}"
        )
    return made


def admit_plan(case: CaseState, request: PlanRequest, now: datetime) -> PlanAccepted:
    """The plan as a fact, its instalments exact to the minor unit, the same plan twice as the same one.

    Raises IllegalTransition if it is not on offer.
    """
    still_owing(case)
    if case.plan is not None and case.plan.plan_id == request.plan_id:
        return _repeated_plan(case, case.plan, request)
    drawn = _drawn_up(case, request, local_date(now, case.zone))
    accepted = PlanAccepted(
        event_id=f"plan:{request.plan_id}",
        at=now,
        plan_id=request.plan_id,
        instalments=drawn.instalments,
        down_payment_minor=drawn.down_payment_minor,
        interest_minor=drawn.interest_minor,
    )
    _first_time(case, accepted)
    _none_in_force(case, now)
    _not_too_many(case, "plan", case.terms.plans_max)
    return accepted


def _drawn_up(case: CaseState, request: PlanRequest, today: date) -> PlanOption:
    if len(request.closed_days) > MOST_CLOSED_DAYS:
        raise IllegalTransition(f"case {case.case_id}: {len(request.closed_days)} closed days are no calendar")
    try:
        return draw_up(
            balance_minor=case.balance_minor,
            currency=case.currency,
            terms=case.terms,
            today=today,
            count=request.instalments,
            first_due_on=request.first_due_on,
            down_payment_minor=request.down_payment_minor,
            closed_days=frozenset(request.closed_days),
        )
    except InvalidInput as error:
        raise IllegalTransition(f"case {case.case_id}: {error}") from None


def _none_in_force(case: CaseState, now: datetime) -> None:
    """While a plan performs or a settlement is open, nothing else is agreed; by the balance, as the case knows it."""
    standing = Standing(case=case, received=(), now=now)
    if case.plan is not None and standing.of_plan(case.plan).judgement is Judgement.OPEN:
        raise IllegalTransition(f"case {case.case_id}: plan {case.plan.plan_id} is in force; its instalments count")
    if case.settlement is not None and standing.of_settlement(case.settlement) is Judgement.OPEN:
        raise IllegalTransition(f"case {case.case_id}: settlement {case.settlement.relief_id} is open and counts")


def _not_too_many(case: CaseState, kind: str, most: int) -> None:
    made = sum(agreed.startswith(f"{kind}:") for agreed in case.agreed)
    if 0 < most <= made:
        raise IllegalTransition(f"case {case.case_id}: {made} {kind}s were made and no more is possible; ask a person")


def _repeated_promise(case: CaseState, known: PromiseState, request: PromiseRequest) -> PromiseMade:
    """An asker who lost our answer asks again under the same id: he gets the same answer."""
    if (request.amount_minor, request.due_on) != (known.amount_minor, known.due_on):
        raise _used(case, known.agreed_as)
    return PromiseMade(
        event_id=known.agreed_as,
        at=known.made_at,
        promise_id=known.promise_id,
        amount_minor=known.amount_minor,
        due_on=known.due_on,
    )


def _repeated_plan(case: CaseState, known: PlanState, request: PlanRequest) -> PlanAccepted:
    """The same terms asked again; the days may differ by those that were closed."""
    count = len(known.instalments) - (1 if known.down_payment_minor else 0)
    moved = (known.instalments[0].due_on - request.first_due_on).days
    paid_down = request.down_payment_minor in (0, known.down_payment_minor)
    if request.instalments != count or not paid_down or not 0 <= moved <= _MOST_MOVED:
        raise _used(case, known.agreed_as)
    return PlanAccepted(
        event_id=known.agreed_as,
        at=known.accepted_at,
        plan_id=known.plan_id,
        instalments=known.instalments,
        down_payment_minor=known.down_payment_minor,
        interest_minor=known.interest_minor,
    )


_MOST_MOVED = 15


def _first_time(case: CaseState, fact: FactT) -> FactT:
    """Under an id that was agreed before, nothing would change: then nothing may be promised back."""
    if fact.agreed_as in case.agreed:
        raise _used(case, fact.agreed_as)
    return fact


def _used(case: CaseState, agreed_as: str) -> IllegalTransition:
    return IllegalTransition(f"case {case.case_id}: {agreed_as} was agreed before; use another id")
