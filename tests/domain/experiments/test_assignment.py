"""Who is in which arm: always the same, by the weights, and one arm for a person whatever else happens."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.experiments.assignment import Arm, arm_of, check_arms

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=2, max_size=5, unique=True)
PEOPLE = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), min_size=1, max_size=20)


@st.composite
def splits(draw: st.DrawFn) -> tuple[Arm, ...]:
    names = draw(NAMES)
    weights = draw(st.lists(st.integers(1, 1000), min_size=len(names), max_size=len(names)))
    return tuple(Arm(name=name, strategy=name, version="1", weight=w) for name, w in zip(names, weights, strict=True))


def split(**weights: int) -> tuple[Arm, ...]:
    return tuple(Arm(name=name, strategy=name, version="1", weight=weight) for name, weight in weights.items())


@given(arms=splits(), person=PEOPLE, salt=PEOPLE, data=st.data())
def test_a_person_is_always_in_the_same_arm_whatever_the_order_of_the_arms(
    arms: tuple[Arm, ...], person: str, salt: str, data: st.DataObject
) -> None:
    found = arm_of(person, arms, salt=salt)
    assert found in arms
    assert arm_of(person, data.draw(st.permutations(arms)), salt=salt) == found


@given(person=PEOPLE, salt=PEOPLE, one=st.integers(1, 50), more=st.integers(1, 50))
def test_a_larger_share_takes_people_in_and_sends_nobody_of_its_own_away(
    person: str, salt: str, one: int, more: int
) -> None:
    before, after = split(a=one, b=100 - one), split(a=one + more, b=100 - one - more + 1)
    if arm_of(person, before, salt=salt).name == "a":
        assert arm_of(person, after, salt=salt).name == "a"


@given(factor=st.integers(1, 1000), person=PEOPLE)
def test_weights_are_shares_and_not_percent(factor: int, person: str) -> None:
    found = arm_of(person, split(a=3 * factor, b=7 * factor), salt="s")
    assert found.name == arm_of(person, split(a=3, b=7), salt="s").name


@pytest.mark.parametrize("weights", [{"a": 50, "b": 50}, {"a": 90, "b": 10}, {"a": 1, "b": 2, "c": 3}])
def test_the_weights_are_respected(weights: dict[str, int]) -> None:
    people = 20_000
    counted = Counter(arm_of(f"P-{number}", split(**weights), salt="november").name for number in range(people))
    for name, weight in weights.items():
        share = weight / sum(weights.values())
        assert abs(counted[name] - people * share) < 4 * (people * share * (1 - share)) ** 0.5, counted


def test_campaigns_do_not_put_the_same_people_together() -> None:
    arms = split(a=50, b=50)
    both = Counter(
        (arm_of(f"P-{number}", arms, salt="october").name, arm_of(f"P-{number}", arms, salt="november").name)
        for number in range(8_000)
    )
    assert all(abs(count - 2_000) < 160 for count in both.values()), both


@pytest.mark.parametrize(
    ("arms", "why"),
    [
        (split(a=1), "2 to 10 arms"),
        ((*split(a=1), *split(a=2)), "must differ"),
        ((*split(a=1), Arm(name="z", strategy="a", version="1", weight=1)), "same version"),
    ],
)
def test_a_split_that_compares_nothing_is_refused(arms: tuple[Arm, ...], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check_arms(arms)
    check_arms(split(a=1, b=1))


@pytest.mark.parametrize("weight", [0, -1, 10**7])
def test_a_weight_is_a_positive_whole_number(weight: int) -> None:
    with pytest.raises(InvalidInput, match="weight of a"):
        split(a=weight, b=1)
