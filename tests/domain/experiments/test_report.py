"""What a report says of arms: a difference, that nothing can be said, or that the split itself is broken."""

from math import isclose

from domain.experiments.assignment import Arm
from domain.experiments.means import Amounts
from domain.experiments.report import ArmFigures, compare
from domain.experiments.sample_size import people_needed


def arm(name: str, people: int, cured: int, *, weight: int = 50, **more: object) -> ArmFigures:
    counts: dict[str, object] = {
        "cases": people, "undecided": 0, "moved": 0, "contacts": people * 3, "complained": 0, "opted_out": 0,
    }  # fmt: skip
    of = Arm(name=name, strategy=name, version="1", weight=weight)
    return ArmFigures(arm=of, people=people, cured=cured, **(counts | more))  # type: ignore[arg-type]


def test_a_difference_that_is_hardly_chance_is_said_with_its_size() -> None:
    report = compare([arm("firm", 2_000, 400), arm("soft", 2_000, 500)], detect=0.03)
    (found,) = report.comparisons
    assert found.says == "soft cures more people than firm, by 5.0 points; that is hardly chance"
    assert 0.02 < found.cure.interval.low < found.cure.by < found.cure.interval.high < 0.08
    assert (report.is_mismatched, found.cure_adjusted_p < 0.001) == (False, True)


def test_too_few_people_are_called_too_few_with_how_many_it_would_take() -> None:
    report = compare([arm("firm", 120, 24), arm("soft", 120, 27)], detect=0.03)
    (found,) = report.comparisons
    needed = people_needed(0.2, 0.03)
    assert found.says == (
        "too few people to tell soft from firm: a difference of 3.0 points at a cure rate of 20.0% takes "
        f"{needed:,} in each arm, and the smaller has 120"
    )
    assert found.people_needed == needed == 2_943
    assert 0.10 < found.least_visible < 0.20


def test_many_people_without_a_difference_are_no_difference() -> None:
    (found,) = compare([arm("firm", 9_000, 1_800), arm("soft", 9_000, 1_810)], detect=0.03).comparisons
    assert found.says == "no difference between soft and firm that 9,000 people in an arm would show"


def test_several_challengers_are_judged_together() -> None:
    alone = compare([arm("a", 900, 180), arm("b", 900, 216)], detect=0.03)
    assert alone.comparisons[0].cure_adjusted_p == alone.comparisons[0].cure.p < 0.05
    many = compare([arm("a", 900, 180), arm("b", 900, 216), arm("c", 900, 180)], detect=0.03)
    assert many.comparisons[0].cure_adjusted_p == 2 * many.comparisons[0].cure.p > 0.05
    assert many.comparisons[0].says.startswith("too few people to tell b from a")


def test_an_arm_that_lost_people_is_noticed() -> None:
    assert compare([arm("a", 5_000, 1), arm("b", 4_600, 1)], detect=0.03).is_mismatched
    assert not compare([arm("a", 9_000, 1, weight=90), arm("b", 1_000, 1, weight=10)], detect=0.03).is_mismatched
    few = compare([arm("a", 3, 1), arm("b", 1, 1)], detect=0.03)
    assert (few.mismatch_p, few.is_mismatched) == (None, False)


def test_harm_is_reckoned_of_people_and_told_for_a_thousand_contacts() -> None:
    figures = arm("a", 100, 20, complained=2, opted_out=0, contacts=400)
    found = figures.per_contacts(figures.complaints)
    assert found is not None
    rate, interval = found
    assert rate == 5.0
    assert interval.low < rate < interval.high
    per_cure = figures.contacts_per_cure
    assert per_cure is not None
    assert per_cure[0] == 20.0
    assert per_cure[1].low < 20 < per_cure[1].high
    silent = arm("b", 100, 0, contacts=0)
    assert (silent.per_contacts(silent.complaints), silent.contacts_per_cure) == (None, None)


def test_money_is_compared_where_both_arms_have_people_enough() -> None:
    def paid(people: int, each: int) -> Amounts:
        amounts = Amounts()
        for number in range(people):
            amounts.add(each + number % 7)
        return amounts

    one = arm("a", 100, 20, money={"USD": paid(100, 1_000), "EUR": paid(10, 1_000)})
    other = arm("b", 100, 20, money={"USD": paid(100, 1_100), "EUR": paid(100, 1_000)})
    (found,) = compare([one, other], detect=0.03).comparisons
    assert list(found.money) == ["USD"]
    assert found.money["USD"].by == 100.0


def test_cost_and_harm_are_compared_person_by_person() -> None:
    def cost(people: int, each: int) -> Amounts:
        amounts = Amounts()
        for number in range(people):
            amounts.add(each + number % 3)
        return amounts

    one = arm("a", 300, 60, cost=cost(300, 7_900), complained=3, opted_out=9)
    other = arm("b", 300, 60, cost=cost(300, 15_800), complained=9, opted_out=9)
    (found,) = compare([one, other], detect=0.03).comparisons
    assert found.cost is not None
    assert found.cost.by == 7_900.0
    assert found.cost.interval.low < 7_900 < found.cost.interval.high
    assert isclose(found.complaints.by, 0.02)
    assert found.complaints.interval.low < 0 < found.complaints.interval.high
    assert (found.opt_outs.by, found.opt_outs.p) == (0.0, 1.0)


def test_cost_is_not_compared_without_prices_nor_of_few_people() -> None:
    few = Amounts(count=29, total=29 * 7_900, squares=29 * 7_900**2)
    for one, other in ((None, None), (few, few), (None, few)):
        arms = [arm("a", 29, 2, cost=one), arm("b", 29, 2, cost=other)]
        assert compare(arms, detect=0.03).comparisons[0].cost is None


def test_one_arm_alone_is_reported_and_compared_with_nothing() -> None:
    report = compare([arm("a", 10, 2, weight=1)], detect=0.03)
    assert (report.comparisons, report.mismatch_p) == ((), None)
