"""The reminder before the due date: once, before it or never, and the ladder after it is as it was."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import apply
from domain.errors import InvalidInput
from domain.events import ContactReported, LedgerChanged
from domain.step import Close, Contact, NextStep
from domain.vocabulary import Channel, CloseReason, DeliveryStatus
from tests.domain.cases import DUE_ON, GENTLE, STANDARD, a_case, after_dpd, made, ny, step_of

COURTESY, FIRST = "reminder/courtesy", "reminder/reminder-1"


def touch_key(step: NextStep) -> str:
    assert isinstance(step.action, Contact), step
    return step.action.touch_key


def test_what_falls_due_is_said_as_many_days_before_as_the_strategy_says() -> None:
    step = step_of(a_case(), after_dpd(-3), GENTLE)
    assert (touch_key(step), step.at, step.dpd_bucket) == (COURTESY, after_dpd(-3, 11), "current")
    assert step.why == "reminder/courtesy: what falls due on 2027-01-03 is said 3 days before"


def test_who_comes_later_is_told_at_once_within_the_hours_and_on_the_due_date_for_the_last_time() -> None:
    assert step_of(a_case(), after_dpd(-1, 13), GENTLE).at == after_dpd(-1, 13)
    assert touch_key(step_of(a_case(), after_dpd(0, 13), GENTLE)) == COURTESY
    assert touch_key(step_of(a_case(), ny(DUE_ON + timedelta(days=1), 0), GENTLE)) == FIRST


@given(st.integers(1, 400), st.integers(0, 23))
def test_nobody_past_due_is_told_of_a_coming_date(days: int, hour: int) -> None:
    assert touch_key(step_of(a_case(), after_dpd(days, hour), GENTLE)) != COURTESY


def test_after_it_the_ladder_begins_where_it_would_have_begun() -> None:
    case = apply(a_case(), made(step_of(a_case(), after_dpd(-3), GENTLE), after_dpd(-3, 11)))
    step = step_of(case, after_dpd(-3, 11), GENTLE)
    assert (touch_key(step), step.at) == (FIRST, after_dpd(5, 11))


def test_who_pays_in_time_hears_nothing_more() -> None:
    case = apply(a_case(), made(step_of(a_case(), after_dpd(-3), GENTLE), after_dpd(-3, 11)))
    paid = LedgerChanged(event_id="paid", at=after_dpd(-1), balance_minor=0, ledger_version=2)
    assert step_of(apply(case, paid), after_dpd(-1), GENTLE).action == Close(reason=CloseReason.PAID)


@pytest.mark.parametrize(("days", "key"), [(-2, COURTESY), (1, FIRST)])
def test_one_that_did_not_arrive_goes_elsewhere_only_before_the_due_date(days: int, key: str) -> None:
    case = apply(a_case(), made(step_of(a_case(), after_dpd(-3), GENTLE), after_dpd(-3, 11)))
    report = ContactReported(
        event_id="lost", at=after_dpd(-3, 12), touch_key=COURTESY, delivery=DeliveryStatus.FAILED,
        made_at=after_dpd(-3, 11),
    )  # fmt: skip
    assert touch_key(step_of(apply(case, report), after_dpd(days, 12), GENTLE)) == key


def test_a_strategy_without_one_says_nothing_before() -> None:
    assert (STANDARD.courtesy, GENTLE.courtesy is not None) == (None, True)
    assert touch_key(step_of(a_case(), after_dpd(-3), STANDARD)) == FIRST


def test_who_can_be_reached_by_one_channel_is_told_by_it() -> None:
    step = step_of(a_case(), after_dpd(-3), GENTLE, channels=(Channel.EMAIL,))
    assert isinstance(step.action, Contact)
    assert Channel.EMAIL in step.action.channels


def test_only_the_first_reminder_may_come_before_the_due_date() -> None:
    from dataclasses import replace

    follow_up = STANDARD.stages[1]
    early = replace(follow_up, touches=(replace(follow_up.touches[0], offset_days=-2), *follow_up.touches[1:]))
    with pytest.raises(InvalidInput, match="before the due date: only the first reminder may be"):
        replace(STANDARD, stages=(STANDARD.stages[0], early, *STANDARD.stages[2:]))
