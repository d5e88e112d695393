"""Intervals and tests against published values, and properties that hold for all of them."""

from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.experiments.means import LEAST_PEOPLE, Amounts, mean_difference
from domain.experiments.proportions import Share, difference, fisher, holm, is_chance, p_of, wilson
from domain.experiments.sample_ratio import chi_square_tail, mismatch_p
from domain.experiments.sample_size import least_visible, people_needed

SHARES = st.integers(0, 400).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3."""
    found = wilson(count, of)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(10, 10), Share(0, 20), 0.6791, 1.0),
        (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombes_interval_is_the_published_one(one: Share, other: Share, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10."""
    found = difference(one, other).interval
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_fishers_test_is_the_lady_who_tasted_tea() -> None:
    assert isclose(fisher(Share(3, 4), Share(1, 4)), 34 / 70)
    assert isclose(fisher(Share(4, 4), Share(0, 4)), 2 / 70)


def test_many_people_are_compared_by_the_score_test() -> None:
    assert isclose(p_of(Share(56, 70), Share(48, 80)), chi_square_tail(7.033, 1), abs_tol=1e-4)


@pytest.mark.parametrize(
    ("statistic", "degrees"), [(3.841, 1), (5.991, 2), (7.815, 3), (9.488, 4), (11.070, 5), (16.919, 9)]
)
def test_the_tail_of_chi_square_is_that_of_the_tables(statistic: float, degrees: int) -> None:
    assert isclose(chi_square_tail(statistic, degrees), 0.05, abs_tol=2e-5)


def test_a_split_that_lost_people_of_one_arm_is_noticed_and_chance_is_not() -> None:
    assert mismatch_p([821_588, 815_482], [50, 50]) == pytest.approx(1.8e-6, rel=0.1), "Fabijan et al., KDD 2019"
    even = mismatch_p([5_030, 4_970], [50, 50])
    assert even is not None
    assert even > 0.5
    assert mismatch_p([3, 2], [50, 50]) is None, "too few to tell"
    assert mismatch_p([900, 100], [90, 10]) == 1.0


@given(SHARES, SHARES)
def test_a_difference_lies_in_its_interval_and_turns_around_with_its_sides(one: Share, other: Share) -> None:
    there, back = difference(one, other), difference(other, one)
    assert -1 <= there.interval.low <= there.by + 1e-12
    assert there.by - 1e-12 <= there.interval.high <= 1
    assert isclose(there.by, -back.by, abs_tol=1e-12)
    assert isclose(there.interval.low, -back.interval.high, abs_tol=1e-9)
    assert 0 <= there.p <= 1
    assert isclose(there.p, back.p, abs_tol=1e-9)


@given(SHARES)
def test_a_rate_lies_in_its_interval(share: Share) -> None:
    assert 0 <= share.interval.low <= share.rate + 1e-12
    assert share.rate - 1e-12 <= share.interval.high <= 1


def test_fewer_people_say_less() -> None:
    assert wilson(20, 100).high - wilson(20, 100).low > wilson(200, 1000).high - wilson(200, 1000).low
    assert is_chance(p_of(Share(4, 10), Share(2, 10)))
    assert not is_chance(p_of(Share(400, 1000), Share(200, 1000)))
    with pytest.raises(InvalidInput, match="3 of 2"):
        Share(3, 2)


def test_the_people_that_a_comparison_takes_are_those_of_the_tables() -> None:
    """Fleiss, table A.4 without the correction for continuity; and there and back."""
    assert people_needed(0.20, 0.10) == 294
    assert people_needed(0.05, 0.01) == pytest.approx(8_158, rel=0.01)
    for base in (0.02, 0.2, 0.5, 0.97):
        for people in (200, 5_000):
            seen = least_visible(base, people)
            assert people_needed(base, seen) <= people
            assert people_needed(base, seen * 0.98) >= people * 0.97
    assert least_visible(0.5, 1) == 1.0
    assert least_visible(0.5, 0) == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_several_comparisons_are_judged_more_strictly_and_in_the_same_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(before <= after <= 1 for before, after in zip(values, adjusted, strict=True))
    assert isclose(min(adjusted), min(1.0, min(values) * len(values)))
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.integers(-(10**12), 10**12), min_size=LEAST_PEOPLE, max_size=60))
def test_mean_and_spread_come_one_by_one_as_they_would_at_once(values: list[int]) -> None:
    running = Amounts()
    for value in values:
        running.add(value)
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    assert running.total == sum(values)
    assert isclose(running.mean, mean, rel_tol=1e-6, abs_tol=1e-3)
    assert isclose(running.variance_of_mean, variance / len(values), rel_tol=1e-6, abs_tol=1e-3)


def test_two_means_are_compared_once_there_are_people_enough() -> None:
    few, some, more = Amounts(), Amounts(), Amounts()
    for number in range(LEAST_PEOPLE):
        some.add(100 + number % 3)
        more.add(110 + number % 5)
    assert few.interval is None
    assert mean_difference(few, some) is None
    found = mean_difference(more, some)
    assert found is not None
    error = sqrt(more.variance_of_mean + some.variance_of_mean)
    assert found.interval.high - found.by == pytest.approx(1.959964 * error)
    assert found.p < 1e-6
