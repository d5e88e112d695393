"""A request is let in to the minor unit and the day, in the account's calendar, or refused with a sentence."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import CaseState, apply
from domain.errors import IllegalTransition
from domain.events import ApprovalGranted, ApprovalRefused, ApprovalRenewed, ApprovalRequested
from domain.requests import (
    ApprovalDecision,
    Decision,
    PlanRequest,
    PromiseRequest,
    admit_decision,
    admit_plan,
    admit_promise,
)
from domain.vocabulary import CloseReason, Stage
from tests.domain.cases import OPENED_AT, a_case, ny

TODAY = date(2027, 1, 4)
DAY = timedelta(days=1)


def promise(amount: int = 5_000, days: int = 3, promise_id: str = "p-1") -> PromiseRequest:
    return PromiseRequest(promise_id=promise_id, amount_minor=amount, due_on=TODAY + days * DAY)


def plan(instalments: int = 3, days: int = 10, plan_id: str = "pl-1") -> PlanRequest:
    return PlanRequest(plan_id=plan_id, instalments=instalments, first_due_on=TODAY + days * DAY)


CLOSED = a_case(stage=Stage.CLOSED, close_reason=CloseReason.PAID)


@pytest.mark.parametrize(
    ("amount", "days", "admitted"),
    [
        (2_469, 3, True),  # a fifth of 123.45, to the cent
        (2_468, 3, False),
        (12_345, 3, True),
        (12_346, 3, False),
        (5_000, 0, True),
        (5_000, -1, False),
        (5_000, 14, True),
        (5_000, 15, False),
    ],
)
def test_a_promise_lies_between_its_floor_and_the_debt_and_within_its_days(
    amount: int, days: int, admitted: bool
) -> None:
    if admitted:
        made = admit_promise(a_case(), promise(amount, days), OPENED_AT)
        assert (made.amount_minor, made.due_on, made.at) == (amount, TODAY + days * DAY, OPENED_AT)
    else:
        with pytest.raises(IllegalTransition):
            admit_promise(a_case(), promise(amount, days), OPENED_AT)


def test_today_is_the_account_s_today() -> None:
    just_before, midnight = ny(TODAY, 23, 59), ny(TODAY + DAY, 0)  # both the 5th in UTC
    assert admit_promise(a_case(), promise(days=0), just_before).due_on == TODAY
    with pytest.raises(IllegalTransition):
        admit_promise(a_case(), promise(days=0), midnight)


def test_the_floor_is_rounded_up_so_that_a_share_is_never_under_it() -> None:
    case = a_case(balance_minor=101)
    assert admit_promise(case, promise(21), OPENED_AT).amount_minor == 21
    with pytest.raises(IllegalTransition):
        admit_promise(case, promise(20), OPENED_AT)


@pytest.mark.parametrize("amount", [0, -1, -100])
@pytest.mark.parametrize("balance", [12_345, 0, -500])
def test_nobody_promises_nothing(amount: int, balance: int) -> None:
    terms = replace(a_case().terms, promise_floor_percent=0)
    with pytest.raises(IllegalTransition):
        admit_promise(a_case(balance_minor=balance, terms=terms), promise(amount), OPENED_AT)


def test_the_same_promise_asked_twice_gets_the_same_answer() -> None:
    made = admit_promise(a_case(), promise(), OPENED_AT)
    case = apply(a_case(), made)
    assert admit_promise(case, promise(), OPENED_AT + DAY) == made
    assert apply(case, admit_promise(case, promise(), OPENED_AT + DAY)) == case


def test_an_id_that_was_agreed_before_is_not_agreed_again_with_other_terms() -> None:
    case = apply(a_case(), admit_promise(a_case(), promise(), OPENED_AT))
    with pytest.raises(IllegalTransition, match="another id"):
        admit_promise(case, promise(6_000), OPENED_AT)
    case = apply(case, admit_promise(case, promise(promise_id="p-2"), OPENED_AT))
    with pytest.raises(IllegalTransition, match="another id"):
        admit_promise(case, promise(), OPENED_AT)
    case = apply(case, admit_plan(case, plan(), OPENED_AT))
    assert admit_plan(case, plan(), OPENED_AT + DAY).at == OPENED_AT
    with pytest.raises(IllegalTransition, match="another id"):
        admit_plan(case, plan(4), OPENED_AT)


@pytest.mark.parametrize(
    ("balance", "instalments", "days", "admitted"),
    [
        (12_345, 2, 0, True),
        (12_345, 1, 0, False),
        (12_345, 6, 0, True),
        (12_345, 7, 0, False),  # six at most
        (12_345, 6, 30, True),
        (12_345, 6, 31, False),
        (12_345, 6, -1, False),
        (4_500, 3, 0, True),  # 15.00 each: the floor itself
        (4_499, 3, 0, False),
        (2_999, 2, 0, False),
        (0, 2, 0, False),
        (-500, 2, 0, False),
    ],
)
def test_a_plan_keeps_the_number_and_floor_of_its_instalments(
    balance: int, instalments: int, days: int, admitted: bool
) -> None:
    case = a_case(balance_minor=balance)
    if admitted:
        assert len(admit_plan(case, plan(instalments, days), OPENED_AT).instalments) == instalments
    else:
        with pytest.raises(IllegalTransition):
            admit_plan(case, plan(instalments, days), OPENED_AT)


@given(st.integers(3_000, 10**9), st.integers(2, 6))
def test_instalments_sum_to_the_debt_and_stand_a_month_apart(balance: int, instalments: int) -> None:
    case = a_case(balance_minor=balance)
    if balance < 1_500 * instalments:
        return
    accepted = admit_plan(case, plan(instalments), OPENED_AT)
    assert sum(each.amount_minor for each in accepted.instalments) == balance
    assert all(each.amount_minor >= 1_500 for each in accepted.instalments)
    dates = [each.due_on for each in accepted.instalments]
    # A month apart but for the weekends that they are moved off.
    assert all(28 * DAY <= later - earlier <= 32 * DAY for earlier, later in pairwise(dates))
    assert all(each.isoweekday() < 6 for each in dates)


def test_a_closed_case_takes_no_request() -> None:
    decision = ApprovalDecision(approval_id="a-1", decision=Decision.GRANT, by="ops-1")
    for refuse in (
        lambda: admit_promise(CLOSED, promise(), OPENED_AT),
        lambda: admit_plan(CLOSED, plan(), OPENED_AT),
        lambda: admit_decision(CLOSED, decision, OPENED_AT),
    ):
        with pytest.raises(IllegalTransition, match="closed"):
            refuse()


# --- decisions -------------------------------------------------------------------------------------------------------

EXPIRES_AT = OPENED_AT + 14 * DAY


def pending() -> CaseState:
    return apply(
        a_case(),
        ApprovalRequested(
            event_id="a", at=OPENED_AT, approval_id="a-1", requested_by="amicable", expires_at=EXPIRES_AT
        ),
    )


def granted() -> CaseState:
    return apply(pending(), ApprovalGranted(event_id="g", at=OPENED_AT, approval_id="a-1", by="ops-1"))


def refused() -> CaseState:
    return apply(pending(), ApprovalRefused(event_id="r", at=OPENED_AT, approval_id="a-1", by="ops-1"))


def renewed() -> CaseState:
    case = apply(refused(), ApprovalRenewed(event_id="n", at=OPENED_AT, approval_id="a-1", by="ops-1"))
    asked = ApprovalRequested(
        event_id="a", at=OPENED_AT, approval_id="a-2", requested_by="amicable", expires_at=EXPIRES_AT
    )
    return apply(case, asked)


IN_TIME, LATE = EXPIRES_AT - timedelta(seconds=1), EXPIRES_AT


@pytest.mark.parametrize(
    ("case", "approval_id", "decision", "by", "now", "admitted"),
    [
        (pending(), "a-1", "grant", "ops-1", IN_TIME, True),
        (pending(), "a-1", "grant", "ops-1", LATE, False),
        (pending(), "a-1", "grant", "amicable", IN_TIME, False),
        (pending(), "a-1", "grant", "Amicable ", IN_TIME, False),
        (pending(), "a-1", "grant", " ", IN_TIME, False),
        (pending(), "a-9", "grant", "ops-1", IN_TIME, False),
        (a_case(), "a-1", "grant", "ops-1", IN_TIME, False),
        (pending(), "a-1", "refuse", "ops-1", IN_TIME, True),
        (pending(), "a-1", "refuse", "ops-1", LATE, False),
        (pending(), "a-1", "renew", "ops-1", IN_TIME, False),
        (pending(), "a-1", "renew", "ops-1", LATE, True),
        (granted(), "a-1", "grant", "ops-2", IN_TIME, False),
        (granted(), "a-1", "refuse", "ops-2", IN_TIME, False),
        (granted(), "a-1", "renew", "ops-2", IN_TIME, False),
        (granted(), "a-1", "renew", "ops-2", LATE, True),  # granted, and expired unused behind a hold or a plan
        (refused(), "a-1", "renew", "ops-2", IN_TIME, True),
        (refused(), "a-1", "grant", "ops-2", IN_TIME, False),
        (renewed(), "a-2", "grant", "ops-1", IN_TIME, False),  # asked for by the same person
        (renewed(), "a-2", "grant", "ops-2", IN_TIME, True),
    ],
)
def test_a_decision_needs_a_request_that_stands_and_another_person(
    case: CaseState, approval_id: str, decision: str, by: str, now: datetime, admitted: bool
) -> None:
    request = ApprovalDecision(approval_id=approval_id, decision=Decision(decision), by=by)
    if admitted:
        assert apply(case, admit_decision(case, request, now)) != case, "what was let in must change the case"
    else:
        with pytest.raises(IllegalTransition):
            admit_decision(case, request, now)
