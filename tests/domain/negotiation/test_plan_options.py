"""Plans on offer: what may be chosen is what is admitted, and every one of them pays the debt exactly."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import IllegalTransition, InvalidInput
from domain.negotiation.asking import PlanRequest, admit_plan
from domain.negotiation.instalments import PlanStyle
from domain.negotiation.plan_options import draw_up, least_down_payment, months_after, plan_options
from domain.strategy import NegotiationTerms
from tests.domain.cases import OPENED_AT, STANDARD, a_case

TODAY = date(2027, 1, 4)
TERMS = STANDARD.terms_in("USD")


def terms(**changes: Any) -> NegotiationTerms:
    return replace(TERMS, **changes)


ANY_TERMS = st.builds(
    terms,
    instalments_max=st.integers(2, 60),
    instalment_every_days=st.integers(14, 31),
    instalment_floor_minor=st.integers(1, 5_000),
    plan_down_payment_percent=st.integers(0, 50),
    plan_style=st.sampled_from(PlanStyle),
    plan_rate_bp=st.sampled_from([0, 0, 600, 1_800]),
    closed_weekdays=st.sampled_from([(), (7,), (6, 7)]),
)


@given(st.integers(0, 10**9), ANY_TERMS)
@example(
    6,
    terms(instalments_max=5, instalment_every_days=14, instalment_floor_minor=1, plan_rate_bp=600, closed_weekdays=()),
)
def test_every_option_pays_the_debt_exactly_and_is_admitted_as_it_is_offered(
    balance: int, offered: NegotiationTerms
) -> None:
    options = plan_options(balance_minor=balance, currency="USD", terms=offered, today=TODAY)
    case = a_case(balance_minor=balance, terms=offered)
    for option in options:
        assert option.total_minor - sum(option.interest_minor) == balance
        assert option.down_payment_minor == least_down_payment(balance, offered)
        assert all(each.amount_minor >= offered.instalment_floor_minor for each in option.instalments[:-1][1:])
        assert all(each.amount_minor >= 1 for each in option.instalments)
        request = PlanRequest(
            plan_id="pl", instalments=option.count, first_due_on=min(TODAY + timedelta(days=7), option.first_due_on)
        )
        assert admit_plan(case, request, OPENED_AT).instalments == option.instalments


def test_options_go_from_two_to_as_many_as_the_floor_and_the_terms_allow() -> None:
    counts = [each.count for each in plan_options(balance_minor=6_000, currency="USD", terms=TERMS, today=TODAY)]
    assert counts == [2, 3, 4]  # 15.00 at least
    assert plan_options(balance_minor=2_999, currency="USD", terms=TERMS, today=TODAY) == ()
    assert plan_options(balance_minor=0, currency="USD", terms=TERMS, today=TODAY) == ()
    assert plan_options(balance_minor=-50, currency="USD", terms=TERMS, today=TODAY) == ()


def test_a_plan_longer_than_its_months_is_not_on_offer() -> None:
    long = terms(instalments_max=60, plan_months_max=12, instalment_floor_minor=1)
    options = plan_options(balance_minor=100_000, currency="USD", terms=long, today=TODAY)
    assert max(each.count for each in options) == 12
    assert options[-1].instalments[-1].due_on <= date(2028, 1, 4)
    with pytest.raises(InvalidInput, match="later than 12 months"):
        draw_up(balance_minor=100_000, currency="USD", terms=long, today=TODAY, count=14, first_due_on=TODAY)


def test_sixty_months_of_a_card_debt() -> None:
    card = terms(instalments_max=60, plan_months_max=60, instalment_floor_minor=10_000)
    option = plan_options(balance_minor=3_000_001, currency="CNY", terms=card, today=TODAY)[-1]
    assert (option.count, option.largest_minor, option.total_minor) == (60, 50_001, 3_000_001)


def test_a_down_payment_comes_first_and_the_rest_is_divided() -> None:
    offered = terms(plan_down_payment_percent=20, closed_weekdays=())
    [two, *_] = plan_options(balance_minor=10_001, currency="USD", terms=offered, today=TODAY)
    assert [each.amount_minor for each in two.instalments] == [2_001, 4_000, 4_000]
    assert two.first_due_on == TODAY + timedelta(days=7)
    more = draw_up(
        balance_minor=10_001,
        currency="USD",
        terms=offered,
        today=TODAY,
        count=2,
        first_due_on=TODAY,
        down_payment_minor=5_001,
    )
    assert [each.amount_minor for each in more.instalments] == [5_001, 2_500, 2_500]
    with pytest.raises(InvalidInput, match=r"USD 20\.01 or more"):
        draw_up(
            balance_minor=10_001,
            currency="USD",
            terms=offered,
            today=TODAY,
            count=2,
            first_due_on=TODAY,
            down_payment_minor=2_000,
        )


def test_holidays_of_the_request_move_an_instalment_to_the_next_open_day() -> None:
    holiday = TODAY + timedelta(days=7)
    request = PlanRequest(plan_id="pl", instalments=2, first_due_on=holiday, closed_days=(holiday,))
    accepted = admit_plan(a_case(), request, OPENED_AT)
    assert accepted.instalments[0].due_on == holiday + timedelta(days=1)


def test_closed_days_cannot_put_a_plan_off_for_weeks() -> None:
    first = TODAY + timedelta(days=7)
    closed = tuple(first + timedelta(days=ahead) for ahead in range(30))
    with pytest.raises(IllegalTransition, match="no day is open"):
        admit_plan(
            a_case(), PlanRequest(plan_id="pl", instalments=2, first_due_on=first, closed_days=closed), OPENED_AT
        )


@pytest.mark.parametrize(
    ("on", "months", "later"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 12, 15), 1, date(2028, 1, 15)),
        (date(2027, 1, 4), 60, date(2032, 1, 4)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(on: date, months: int, later: date) -> None:
    assert months_after(on, months) == later
