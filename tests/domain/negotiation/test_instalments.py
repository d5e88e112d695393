"""Instalments sum to the debt whatever the rate, style and calendar; days are open, in order and apart."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import rolled_off_closed_days
from domain.errors import InvalidInput
from domain.negotiation.instalments import PlanStyle, due_dates, interest_of, shares

DEBTS = st.integers(60, 10**12)
RATES = st.integers(0, 3_600)


@given(DEBTS, st.integers(1, 60), st.sampled_from(PlanStyle), RATES, st.integers(1, 60))
def test_the_principal_of_all_instalments_is_the_debt_exactly(
    debt: int, count: int, style: PlanStyle, rate: int, days: int
) -> None:
    made = shares(debt, count, style=style, rate_bp=rate, every_days=days)
    assert len(made) == count
    assert sum(each.principal_minor for each in made) == debt
    assert all(each.principal_minor >= 0 and each.interest_minor >= 0 for each in made)


@given(DEBTS, st.integers(1, 60), st.sampled_from(PlanStyle))
def test_without_interest_no_two_instalments_differ_by_more_than_a_minor_unit(
    debt: int, count: int, style: PlanStyle
) -> None:
    amounts = [each.amount_minor for each in shares(debt, count, style=style)]
    assert sum(amounts) == debt
    assert max(amounts) - min(amounts) <= 1


@given(st.integers(100_000, 10**10), st.integers(2, 60), st.integers(1, 3_600))
def test_equal_payments_are_equal_but_for_the_last_which_is_no_larger(debt: int, count: int, rate: int) -> None:
    amounts = [each.amount_minor for each in shares(debt, count, rate_bp=rate)]
    assert len(set(amounts[:-1])) == 1
    assert amounts[-1] <= amounts[0]


@given(st.integers(100_000, 10**10), st.integers(2, 60), st.integers(1, 3_600))
def test_with_equal_principal_the_interest_falls_from_one_to_the_next(debt: int, count: int, rate: int) -> None:
    made = shares(debt, count, style=PlanStyle.EQUAL_PRINCIPAL, rate_bp=rate)
    assert all(later.interest_minor <= earlier.interest_minor for earlier, later in pairwise(made))


@pytest.mark.parametrize(
    ("owed", "rate", "days", "interest"),
    [
        (100_000, 1_800, 30, 1_479),  # 100000 * 0.18 * 30 / 365 = 1479.45
        (100_000, 1_825, 30, 1_500),
        (365, 10_000, 1, 1),
        (182, 10_000, 1, 0),  # 0.4986
        (183, 10_000, 1, 1),  # 0.5014
        (100_000, 0, 30, 0),
    ],
)
def test_interest_is_simple_and_rounded_half_up(owed: int, rate: int, days: int, interest: int) -> None:
    assert interest_of(owed, rate, days) == interest


def test_a_year_of_equal_payments_at_eighteen_percent() -> None:
    made = shares(100_000, 12, rate_bp=1_800)
    assert [each.amount_minor for each in made] == [9_157] * 11 + [9_147]
    assert made[0].interest_minor == 1_479


@pytest.mark.parametrize(("debt", "count", "rate"), [(3, 4, 0), (100, 0, 0), (0, 1, 0), (100, 2, -1)])
def test_what_cannot_be_divided_is_refused(debt: int, count: int, rate: int) -> None:
    with pytest.raises(InvalidInput):
        shares(debt, count, rate_bp=rate)


DAYS = st.dates(date(2026, 1, 1), date(2035, 12, 31))


@given(DAYS, st.sets(st.integers(1, 7), max_size=3), st.sets(DAYS, max_size=40))
def test_a_rolled_day_is_open_and_the_first_that_is(on: date, weekdays: set[int], days: set[date]) -> None:
    rolled = rolled_off_closed_days(on, weekdays, days)
    between = [on + timedelta(days=ahead) for ahead in range((rolled - on).days)]
    assert rolled.isoweekday() not in weekdays
    assert rolled not in days
    assert all(each.isoweekday() in weekdays or each in days for each in between)


def test_a_calendar_without_open_days_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no day is open"):
        rolled_off_closed_days(date(2027, 1, 1), range(1, 8), ())


def test_a_day_that_is_moved_does_not_move_those_after_it() -> None:
    new_year, monday = date(2028, 1, 1), date(2028, 1, 3)  # a Saturday
    found = due_dates(new_year, 3, every_days=30, closed_weekdays=(6, 7), closed_days={date(2028, 1, 31)})
    assert found == (monday, date(2028, 2, 1), date(2028, 3, 1))


def test_two_instalments_never_fall_on_one_day() -> None:
    with pytest.raises(InvalidInput, match="on one day"):
        due_dates(date(2027, 1, 2), 2, every_days=1, closed_weekdays=(6, 7), closed_days=())
