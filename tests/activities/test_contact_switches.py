"""A kill switch stops the next contact, whoever set it and wherever, and says so; lifted, contact goes on."""

from datetime import timedelta

import pytest

from casedb import switches
from domain.step import Contact
from domain.switches import Switch
from domain.vocabulary import Channel, SwitchScope
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT


def switch(play: Play, scope: SwitchScope, key: str = "") -> None:
    stop = Switch(scope=scope, key=key, reason="wrong balances", set_by="ops-1", set_at=OPENED_AT)
    assert switches.set_switch(play.engine, stop, strategies=tuple(play.governed.planner.strategies))


@pytest.mark.parametrize(("scope", "key"), [(SwitchScope.GLOBAL, ""), (SwitchScope.STRATEGY, "wallet-standard")])
def test_a_switch_on_everything_or_on_the_strategy_puts_the_touch_off_and_says_why(
    any_play: Play, scope: SwitchScope, key: str
) -> None:
    request = any_play.request()
    switch(any_play, scope, key)

    outcome = any_play.contact(request)

    assert any_play.received() == ()
    assert outcome.event is not None
    assert outcome.event.kind == "contact_deferred"
    assert isinstance(outcome.next.action, Contact)
    assert outcome.next.at == request.step.at + timedelta(hours=1)
    (verdict,) = any_play.rows("verdict")
    assert (verdict.decision, verdict.rule) == ("defer", f"SWITCH-{scope.value.upper()}")
    assert "wrong balances" in verdict.why


def test_a_switch_on_one_channel_sends_the_touch_by_the_next(play: Play) -> None:
    request = play.request()
    switch(play, SwitchScope.CHANNEL, "sms")

    outcome = play.contact(request)

    assert [message.channel for message in play.received()] == ["email"]
    assert outcome.event is not None
    assert outcome.event.kind == "contact_made"
    assert [(each.channel, each.decision, each.rule) for each in play.rows("verdict")] == [
        ("sms", "defer", "SWITCH-CHANNEL"),
        ("email", "allow", ""),
    ]


def test_a_switch_on_every_channel_of_the_touch_puts_it_off_and_does_not_forgo_it(play: Play) -> None:
    request = play.request()
    for channel in (Channel.SMS, Channel.EMAIL):
        switch(play, SwitchScope.CHANNEL, channel.value)

    outcome = play.contact(request)

    assert outcome.event is not None
    assert (outcome.event.kind, play.received()) == ("contact_deferred", ())


def test_a_switch_on_another_strategy_or_channel_stops_nothing_here(play: Play) -> None:
    request = play.request()
    switch(play, SwitchScope.STRATEGY, "wallet-gentle")
    switch(play, SwitchScope.CHANNEL, "voice")

    play.contact(request)

    assert [message.channel for message in play.received()] == ["sms"]


def test_a_lifted_switch_lets_the_same_touch_go(play: Play) -> None:
    request = play.request()
    switch(play, SwitchScope.GLOBAL)
    play.contact(request)
    switches.lift_switch(play.engine, SwitchScope.GLOBAL, "", by="ops-2", at=OPENED_AT + timedelta(minutes=5))

    outcome = play.contact(request)

    assert outcome.event is not None
    assert (outcome.event.kind, len(play.received())) == ("contact_made", 1)
