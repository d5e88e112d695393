"""Days past due count from the earliest amount that money has not covered."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.obligations import earliest_unpaid, unpaid_amounts

JAN, FEB, MAR = date(2027, 1, 3), date(2027, 2, 3), date(2027, 3, 3)
THREE = [(JAN, 100), (FEB, 100), (MAR, 100)]


@pytest.mark.parametrize(
    ("balance", "due_on"),
    [(300, JAN), (201, JAN), (200, FEB), (101, FEB), (100, MAR), (1, MAR), (0, None), (-5, None), (350, JAN)],
)
def test_money_covers_the_oldest_first(balance: int, due_on: date | None) -> None:
    assert earliest_unpaid(THREE, balance) == due_on


def test_the_order_in_which_obligations_are_told_is_of_no_account() -> None:
    assert earliest_unpaid([THREE[2], THREE[0], THREE[1]], 200) == FEB


def test_an_obligation_of_nothing_is_never_unpaid() -> None:
    assert earliest_unpaid([(JAN, 0), (FEB, 100)], 100) == FEB


def test_what_is_owed_beyond_obligations_of_nothing_belongs_to_the_last() -> None:
    assert earliest_unpaid([(JAN, 0), (FEB, 0)], 5) == FEB


def test_nothing_is_due_without_obligations() -> None:
    assert earliest_unpaid([], 100) is None


@given(st.lists(st.tuples(st.dates(JAN, MAR), st.integers(0, 500)), min_size=1, max_size=6), st.data())
def test_paying_never_makes_a_debt_older(obligations: list[tuple[date, int]], data: st.DataObject) -> None:
    owed = sum(amount for _, amount in obligations)
    more = data.draw(st.integers(1, owed + 1))
    less = data.draw(st.integers(1, more))
    before, after = earliest_unpaid(obligations, more), earliest_unpaid(obligations, less)
    assert before is not None
    assert after is not None
    assert before <= after


@pytest.mark.parametrize(
    ("balance", "left"),
    [
        (300, ((JAN, 100), (FEB, 100), (MAR, 100))),
        (250, ((JAN, 50), (FEB, 100), (MAR, 100))),
        (200, ((FEB, 100), (MAR, 100))),
        (1, ((MAR, 1),)),
        (0, ()),
        (-5, ()),
        (350, ((JAN, 100), (FEB, 100), (MAR, 150))),
    ],
)
def test_what_is_left_of_each_amount_sums_to_the_balance(balance: int, left: tuple[tuple[date, int], ...]) -> None:
    assert unpaid_amounts([THREE[1], THREE[2], THREE[0]], balance) == left


@given(st.lists(st.tuples(st.dates(JAN, MAR), st.integers(1, 500)), min_size=1, max_size=6), st.integers(-50, 2_000))
def test_the_first_amount_left_is_the_earliest_unpaid(obligations: list[tuple[date, int]], balance: int) -> None:
    left = unpaid_amounts(obligations, balance)
    assert sum(amount for _, amount in left) == max(0, balance)
    assert (left[0][0] if left else None) == earliest_unpaid(obligations, balance)
