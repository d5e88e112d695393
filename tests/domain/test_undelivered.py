"""A message that did not arrive goes to another address, counted once, and holds nothing else up."""

from datetime import datetime, timedelta

import pytest

from domain.case import CaseState, apply
from domain.events import ContactForgone, ContactReported
from domain.step import Contact, Rest
from domain.vocabulary import Channel, DeliveryStatus, TaskKind
from tests.domain.cases import OPENED_AT, a_case, after_dpd, made, step_of, walk_ladder

SENT_AT = after_dpd(1, 10)


def reported(touch_key: str, made_at: datetime, delivery: DeliveryStatus = DeliveryStatus.FAILED) -> ContactReported:
    at = made_at + timedelta(minutes=2)
    return ContactReported(
        event_id=f"report:{touch_key}", at=at, touch_key=touch_key, delivery=delivery, made_at=made_at
    )


def after_first_touch() -> CaseState:
    case = a_case()
    return apply(case, made(step_of(case, OPENED_AT), SENT_AT))


def test_a_message_that_did_not_arrive_goes_out_again_at_once_within_the_hours() -> None:
    case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT))
    now = SENT_AT + timedelta(minutes=5)
    step = step_of(case, now)
    assert isinstance(step.action, Contact)
    assert (step.action.touch_key, step.at) == ("reminder/reminder-1", now)
    assert "did not arrive" in step.why


def test_in_the_evening_it_waits_for_the_hour_of_the_touch_on_the_next_day() -> None:
    case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT))
    assert step_of(case, after_dpd(1, 21)).at == after_dpd(2, 10)


def test_what_arrived_or_was_only_sent_is_not_said_again() -> None:
    for delivery in (DeliveryStatus.NONE, DeliveryStatus.SENT, DeliveryStatus.DELIVERED):
        case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT, delivery))
        action = step_of(case, SENT_AT + timedelta(minutes=5)).action
        assert isinstance(action, Contact)
        assert action.touch_key == "reminder/reminder-2", delivery


def test_the_second_attempt_counts_as_the_same_touch_and_the_ladder_goes_on_from_it() -> None:
    case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT))
    again_at = SENT_AT + timedelta(hours=1)
    case = apply(case, made(step_of(case, again_at), again_at))
    assert case.done == ("reminder/reminder-1",)
    assert (case.undelivered, case.last_touch_at) == ("", again_at)
    action = step_of(case, again_at).action
    assert isinstance(action, Contact)
    assert action.touch_key == "reminder/reminder-2"


def test_a_report_about_the_first_attempt_that_comes_after_the_second_changes_nothing() -> None:
    case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT))
    case = apply(case, made(step_of(case, SENT_AT), SENT_AT + timedelta(hours=1)))
    assert apply(case, reported("reminder/reminder-1", SENT_AT)) == case


def test_a_report_that_comes_after_the_next_touch_changes_nothing() -> None:
    case = after_first_touch()
    later = step_of(case, SENT_AT)
    case = apply(case, made(later, later.at))
    assert apply(case, reported("reminder/reminder-1", SENT_AT)) == case


def test_when_no_address_is_left_a_reminder_is_let_go_and_the_ladder_goes_on() -> None:
    case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT))
    at = SENT_AT + timedelta(hours=1)
    action = step_of(case, at).action
    assert isinstance(action, Contact)
    forgone = ContactForgone(event_id="f", at=at, touch_key=action.touch_key, stage=action.stage, why="no address left")
    follows = step_of(apply(case, forgone), at).action
    assert isinstance(follows, Contact)
    assert follows.touch_key == "reminder/reminder-2"


def test_when_no_address_is_left_for_a_mandatory_notice_a_human_must_find_one() -> None:
    case, now, _ = walk_ladder(a_case(), OPENED_AT)
    notice = case.done[-1]
    case = apply(case, reported(notice, now))
    at = now + timedelta(hours=1)
    forgone = ContactForgone(event_id="f", at=at, touch_key=notice, stage=case.stage, why="no address left")
    action = step_of(apply(case, forgone), at).action
    assert isinstance(action, Rest)
    assert action.task is TaskKind.NO_LAWFUL_CHANNEL


@pytest.mark.parametrize("channels", [(Channel.SMS,), (Channel.EMAIL,)])
def test_a_payment_still_beats_the_second_attempt(channels: tuple[Channel, ...]) -> None:
    case = apply(after_first_touch(), reported("reminder/reminder-1", SENT_AT))
    paid = step_of(case, SENT_AT, balance_minor=0, ledger_version=2, channels=channels)
    assert paid.action.kind == "close_case"
