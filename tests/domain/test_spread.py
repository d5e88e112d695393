"""Contacts of a campaign are spread over the local day, each case's by a share of its own, never out of its hours."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import at_local
from domain.case import CaseState, apply
from domain.events import ContactDeferred, ContactReported
from domain.forecast import forecast
from domain.sampling import StableSample
from domain.step import Contact, NextStep
from domain.strategy import Strategy
from domain.vocabulary import DeliveryStatus
from tests.domain.cases import NEW_YORK, OPENED_AT, STANDARD, a_case, facts_of, made, ny, step_of

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


def with_one_touch(at: int) -> Strategy:
    """The usual ladder, whose first stage has its first touch alone, at that hour."""
    first, *rest = STANDARD.stages
    touch = replace(first.touches[0], at=time(at))
    return replace(STANDARD, stages=(replace(first, touches=(touch,)), *rest))


def put_off(case: CaseState, step: NextStep, until: datetime) -> CaseState:
    """The case, told that the law put its step off."""
    assert isinstance(step.action, Contact)
    key = step.action.touch_key
    return apply(case, ContactDeferred(event_id="d", at=step.at, touch_key=key, until=until, rule="US-TIME-1"))


def test_those_whom_the_law_put_off_from_one_day_are_no_wall_on_the_next() -> None:
    next_day, waits = TEN + timedelta(days=1), []
    for number in range(500):
        case = a_case(case_id=f"acc-{number}-1", spread_minutes=120)
        until = next_day - timedelta(hours=2)
        waits.append(step_of(put_off(case, step_of(case, OPENED_AT), until), until).at - next_day)
    assert all(timedelta(0) <= wait < timedelta(minutes=60) for wait in waits)
    by_minute = Counter(wait // timedelta(minutes=10) for wait in waits)
    assert len(by_minute) == 6
    assert max(by_minute.values()) < 2 * 500 / 6


def test_a_touch_that_the_law_puts_off_each_day_comes_to_an_hour_that_it_holds() -> None:
    """The law ends at a quarter past the touch's hour, so that hardly any hour of the spread is one of its own."""
    strategy, until = with_one_touch(10), timedelta(minutes=15)
    for number in range(50):
        case = a_case(case_id=f"acc-{number}-1", spread_minutes=600)
        now, days = OPENED_AT, 0
        while (step := step_of(case, now, strategy)).at > TEN + timedelta(days=days) + until:
            days += 1
            now = TEN + timedelta(days=days, hours=-2)
            case = put_off(case, step, now)
        assert days <= 6


def test_later_touches_are_spread_as_the_first_one_and_stay_whole_days_apart() -> None:
    firsts, seconds = [], []
    for number in range(500):
        case = a_case(case_id=f"acc-{number}-1", spread_minutes=120)
        step = step_of(case, OPENED_AT)
        firsts.append(step.at)
        seconds.append(step_of(apply(case, made(step, step.at)), step.at).at)
    assert {after - before for before, after in zip(firsts, seconds, strict=True)} == {timedelta(days=3)}
    by_minute = Counter((at - TEN - timedelta(days=3)) // timedelta(minutes=10) for at in seconds)
    assert len(by_minute) == 12
    assert max(by_minute.values()) < 2 * 500 / 12


def test_a_message_that_did_not_arrive_and_waits_for_the_morning_is_spread_as_well() -> None:
    case = a_case(spread_minutes=120)
    step = step_of(case, OPENED_AT)
    assert isinstance(step.action, Contact)
    evening = TEN + timedelta(hours=11)
    failed = ContactReported(
        event_id="r", at=evening, touch_key=step.action.touch_key, delivery=DeliveryStatus.FAILED, made_at=step.at
    )
    again = step_of(apply(apply(case, made(step, step.at)), failed), evening)
    assert again.at == step.at + timedelta(days=1)


@given(st.integers(8, 18), st.integers(8, 18), st.integers(0, 600), st.text(min_size=1))
def test_an_earlier_hour_stays_earlier_and_none_is_past_the_latest(
    one: int, other: int, minutes: int, name: str
) -> None:
    def hour(at: int) -> datetime:
        step = step_of(a_case(case_id=name, spread_minutes=minutes), OPENED_AT, with_one_touch(at))
        assert isinstance(step.action, Contact)
        assert ny(OPENED_AT.date(), at) <= step.at < step.action.not_after
        assert step.action.not_after == at_local(OPENED_AT.date(), STANDARD.latest, NEW_YORK)
        return step.at

    earlier, later = sorted((max(one, 9), max(other, 9)))
    assert hour(later) - hour(earlier) >= timedelta(hours=later - earlier) / 2 - timedelta(seconds=1)


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
