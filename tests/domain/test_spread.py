"""First contacts of a campaign are spread over the local day, each by a time of its own, never out of its hours."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.case import apply
from domain.events import ContactDeferred
from domain.forecast import forecast
from domain.sampling import StableSample
from domain.step import Contact, NextStep
from tests.domain.cases import OPENED_AT, STANDARD, a_case, facts_of, made, ny, step_of

TEN = ny(OPENED_AT.date())


def first(number: int, **changed: Any) -> NextStep:
    return step_of(a_case(case_id=f"acc-{number}-1", **changed), OPENED_AT)


def test_without_a_spread_everybody_is_wanted_at_the_touchs_own_hour() -> None:
    assert {first(number).at for number in range(50)} == {TEN}


def test_first_contacts_are_spread_evenly_and_none_is_before_the_hour() -> None:
    waits = [first(number, spread_minutes=120).at - TEN for number in range(2_000)]
    assert all(timedelta(0) <= wait < timedelta(minutes=120) for wait in waits)
    by_minute = Counter(wait // timedelta(minutes=10) for wait in waits)
    assert len(by_minute) == 12
    assert max(by_minute.values()) < 2 * 2_000 / 12


def test_asked_later_the_hour_is_the_same_and_a_missed_one_is_now() -> None:
    case = a_case(spread_minutes=120)
    wanted = step_of(case, OPENED_AT).at
    assert step_of(case, wanted - timedelta(minutes=1)).at == wanted
    assert step_of(case, wanted).at == wanted
    late = wanted + timedelta(hours=1)
    assert step_of(case, late).at == late


def test_the_spread_takes_at_most_half_of_what_is_left_of_the_day() -> None:
    steps = [first(number, spread_minutes=100_000) for number in range(500)]
    assert max(step.at for step in steps) < TEN + timedelta(hours=5)
    assert all(isinstance(step.action, Contact) and step.at < step.action.not_after for step in steps)


def test_a_touch_that_the_law_put_off_is_not_moved_once_more() -> None:
    case = a_case(spread_minutes=120)
    step = step_of(case, OPENED_AT)
    assert isinstance(step.action, Contact)
    key, until = step.action.touch_key, TEN + timedelta(days=1, hours=-2)
    put_off = ContactDeferred(event_id="d", at=step.at, touch_key=key, until=until, rule="US-TIME-1")
    again = step_of(apply(case, put_off), until)
    assert again.at == TEN + timedelta(days=1)


def test_later_touches_keep_their_hour() -> None:
    case = a_case(spread_minutes=120)
    step = step_of(case, OPENED_AT)
    after = step_of(apply(case, made(step, step.at)), step.at)
    assert after.at == TEN + timedelta(days=3)


def test_a_forecast_follows_the_ladder_to_where_a_human_decides() -> None:
    case = a_case()
    found = forecast(case, facts_of(case), STANDARD, OPENED_AT)
    touches = [touch for plan in STANDARD.stages for touch in plan.touches]
    assert [channel.value for channel in found.channels] == [touch.channels[0].value for touch in touches]
    assert (found.stage_changes, found.actions) == (3, 27)


def test_a_forecast_of_somebody_whom_no_channel_reaches_is_empty() -> None:
    case = a_case()
    assert forecast(case, replace(facts_of(case), channels=()), STANDARD, OPENED_AT).channels == ()


@pytest.mark.parametrize("size", [0, 3, 100])
def test_a_sample_is_the_same_in_whatever_order_it_is_filled(size: int) -> None:
    ids = [f"A-{number}" for number in range(20)]
    one, other = StableSample(size), StableSample(size)
    for each in ids:
        one.add(each)
    for each in reversed(ids):
        other.add(each)
    assert one.ids == other.ids
    assert len(one.ids) == min(size, 20)
    assert one.seen == 20


def test_a_sample_knows_how_many_came_before_each_of_its_own() -> None:
    sample = StableSample(5)
    for number in range(1_000):
        sample.add(f"A-{number}")
    assert sample.places == {each: int(each.removeprefix("A-")) for each in sample.ids}
