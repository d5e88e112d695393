"""A message that the provider took and could not deliver goes by the next channel: one touch, counted once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.channel import FindOutcome, NotFound, OutboundMessage, Refused, SendOutcome
from casedb.deliveries import DeliveryReport, record_delivery
from casedb.engine import writing
from domain.case import apply
from domain.events import ContactReported
from domain.step import Contact, Rest
from domain.vocabulary import Channel, DeliveryStatus, TaskKind
from tests.support.contacts import Play
from workflows.messages import StepOutcome, StepRequest


class Refusing:
    """A provider that takes nothing for this address."""

    provider = "sendgrid"

    def send(self, message: OutboundMessage) -> SendOutcome:
        return Refused(code="550", why="no such mailbox", address_dead=True)

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        return NotFound()


def undelivered(play: Play, request: StepRequest, outcome: StepOutcome, code: str = "30003") -> StepRequest:
    """The provider reports that the message did not arrive; the request that follows from it."""
    touch = play.touch()
    at = touch.at + timedelta(minutes=3)
    report = DeliveryReport(
        provider=touch.provider, provider_id=touch.provider_id, status=DeliveryStatus.FAILED, code=code
    )
    with writing(play.engine) as connection:
        assert record_delivery(connection, touch.touch_id, report, at)
    assert outcome.event is not None
    told = ContactReported(
        event_id=f"report:{touch.provider_id}",
        at=at,
        touch_key=touch.touch_key,
        delivery=DeliveryStatus.FAILED,
        made_at=touch.at,
    )
    case = apply(apply(request.case, outcome.event), told)
    return replace(request, case=case, step=play.plan(case, at), now=at)


def test_an_undelivered_text_is_followed_by_a_mail_under_the_same_touch(any_play: Play) -> None:
    request = any_play.request()
    again = undelivered(any_play, request, any_play.contact(request))
    assert isinstance(again.step.action, Contact)
    assert again.step.action.touch_key == "reminder/reminder-1"

    outcome = any_play.contact(again)

    assert [message.channel for message in any_play.received()] == ["sms", "email"]
    touch = any_play.touch()
    assert (touch.channel, touch.status, touch.delivery, any_play.counted()) == ("email", "sent", "none", 1)
    assert isinstance(outcome.next.action, Contact)
    assert outcome.next.action.touch_key == "reminder/reminder-2"


def test_the_words_of_each_attempt_are_on_record_as_the_provider_took_them(any_play: Play) -> None:
    request = any_play.request()
    any_play.contact(undelivered(any_play, request, any_play.contact(request)))
    said = sorted(any_play.rows("message_text"), key=lambda row: row.attempted_at)
    taken = any_play.received()
    assert [(row.channel, row.subject, row.body) for row in said] == [
        (each.channel, each.subject, each.body) for each in taken
    ]
    assert {row.message_id for row in said} == {any_play.touch().touch_id}


def test_asked_again_the_second_attempt_is_not_made_twice(play: Play) -> None:
    request = play.request()
    again = undelivered(play, request, play.contact(request))
    assert play.contact(again) == play.contact(again)
    assert len(play.received()) == 2


def test_when_the_mail_bounces_as_well_the_touch_is_let_go_and_nothing_goes_in_circles(play: Play) -> None:
    request = play.request()
    first = undelivered(play, request, play.contact(request))
    second = undelivered(play, first, play.contact(first), code="blocked")

    outcome = play.contact(second)

    assert len(play.received()) == 2
    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"


def test_a_channel_that_failed_is_not_tried_again_while_the_next_one_is_busy(any_play: Play) -> None:
    request = any_play.request()
    again = undelivered(any_play, request, any_play.contact(request))
    any_play.fault("sendgrid", "rate_limited")
    with pytest.raises(ApplicationError) as caught:
        any_play.contact(again)
    assert caught.value.type == "ProviderBusy"

    any_play.contact(again)

    assert [message.channel for message in any_play.received()] == ["sms", "email"]


def test_a_channel_that_failed_is_not_tried_again_when_the_next_one_refuses(any_play: Play) -> None:
    request = any_play.request()
    again = undelivered(any_play, request, any_play.contact(request))

    outcome = any_play.through(Channel.EMAIL, Refusing()).contact(again)

    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"
    assert [message.channel for message in any_play.received()] == ["sms"]
    assert any_play.touch().undelivered_by == "sms"


def test_when_every_address_is_dead_a_human_must_find_one(play: Play) -> None:
    request = play.request()
    again = undelivered(play, request, play.contact(request))
    assert isinstance(again.step.action, Contact)
    play.change("contact_point", undeliverable_since=again.now)

    step = play.plan(again.case, again.now or again.step.at)

    assert isinstance(step.action, Rest)
    assert step.action.task is TaskKind.NO_LAWFUL_CHANNEL
