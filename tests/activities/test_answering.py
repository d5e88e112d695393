"""Whoever writes gets one lawful answer at most, once; and after a no its confirmation and then silence."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import tzdata
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from activities.answering import MOST_A_DAY, Answering
from activities.lender import lender_of
from casedb.engine import reading
from casedb.replies import IncomingReply, take_reply
from casedb.schema import reply
from casedb.switches import set_switch
from config.answers import load_answers
from config.replies import load_replies
from domain.calendar import zone
from domain.replies.intent import Intent
from domain.switches import Switch
from domain.vocabulary import Channel, SwitchScope
from tests.support.contacts import Play
from workflows.messages import AnswerRequest

NOON = datetime(2027, 1, 5, 17, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in New York."""
NIGHT = datetime(2027, 1, 6, 4, 0, tzinfo=UTC)
PHONE = "+12125550123"


def say(play: Play, text: str, *, number: int = 1, at: datetime = NOON, **changed: Any) -> str:
    """The person writes."""
    stated: dict[str, Any] = {"channel": Channel.SMS, "address": PHONE} | changed
    incoming = IncomingReply(reply_id=f"twilio:reply:SM{number}", source="twilio", at=at, text=text, **stated)
    take_reply(play.stage.engine, incoming, load_replies(), received_at=at)
    return incoming.reply_id


def answering(play: Play, now: datetime) -> Answering:
    parts = play.stage.dependencies
    return Answering(
        engine=play.stage.engine,
        profiles=parts.rules.profiles,
        adapters=parts.adapters,
        planner=play.cases.planner,
        answers=load_answers(),
        lender=lender_of(play.stage.settings),
        tzdata=tzdata.IANA_VERSION,
        now=lambda: now,
    )


def answer(play: Play, reply_id: str, *, now: datetime = NOON + timedelta(seconds=5)) -> str:
    return answering(play, now).answer_reply(AnswerRequest(reply_id=reply_id))


def sent(play: Play) -> list[str]:
    return [message.body for message in play.stage.sandbox.network.messages()]


def why(play: Play, number: int = 1) -> str:
    with reading(play.stage.engine) as connection:
        told = select(reply.c.answer_why).where(reply.c.reply_id == f"twilio:reply:SM{number}")
        return str(connection.scalar(told))


def test_a_no_is_confirmed_once_and_then_there_is_silence(any_play: Play) -> None:
    assert answer(any_play, say(any_play, "STOP")) == "sent"
    (body,) = sent(any_play)
    assert "no more messages" in body
    assert "pay" not in body.lower()
    again = say(any_play, "I said stop!!", number=2, at=NOON + timedelta(minutes=1))
    assert answer(any_play, again, now=NOON + timedelta(minutes=1, seconds=5)) == "skipped"
    asked = say(any_play, "who is this?", number=3, at=NOON + timedelta(minutes=2))
    assert answer(any_play, asked, now=NOON + timedelta(minutes=2, seconds=5)) == "skipped"
    assert why(any_play, 3) == "the person opted out of the channel"
    assert len(sent(any_play)) == 1


def test_a_confirmation_that_would_come_late_is_not_sent(play: Play) -> None:
    assert answer(play, say(play, "stop"), now=NOON + timedelta(minutes=6)) == "skipped"
    assert why(play) == "it would come too late"
    assert sent(play) == []


def test_a_no_shortly_before_the_lawful_hours_is_confirmed_when_they_begin_and_within_five_minutes(play: Play) -> None:
    eight = datetime(2027, 1, 5, 13, 0, tzinfo=UTC)
    reply_id = say(play, "stop", at=eight - timedelta(minutes=4))
    with pytest.raises(ApplicationError) as later:
        answer(play, reply_id, now=eight - timedelta(minutes=3))
    assert later.value.next_retry_delay == timedelta(minutes=3)
    assert answer(play, reply_id, now=eight) == "sent"
    early = say(play, "stop", number=2, at=eight - timedelta(minutes=6))
    assert answer(play, early, now=eight - timedelta(minutes=6)) == "skipped", "eight o'clock is too late for it"


def test_who_is_the_wrong_person_hears_once_that_we_do_not_write_again_and_nothing_of_a_debt(any_play: Play) -> None:
    assert answer(any_play, say(any_play, "you have the wrong number")) == "sent"
    (body,) = sent(any_play)
    assert body.startswith("Lantern Wallet: thank you for telling us. We will not write here again. Ref: ")
    assert len(body.split()) == 15
    for number, text in enumerate(("wrong number!!", "who is this?", "stop"), start=2):
        at = NOON + timedelta(minutes=number)
        assert answer(any_play, say(any_play, text, number=number, at=at), now=at) == "skipped"
    assert len(sent(any_play)) == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("who is this?", "A person answers at"),
        ("I already paid", "leave you in peace"),
        ("I lost my job", "how we can help"),
        ("I'll pay $100 tomorrow", "noted what you plan"),
        ("call me", "will call you back"),
        ("this isnt my debt", "send no reminders while we look"),
        ("I will file a complaint about you", "take this seriously"),
    ],
)
def test_each_wish_gets_its_own_answer_with_a_way_to_a_person(play: Play, text: str, part: str) -> None:
    assert answer(play, say(play, text)) == "sent"
    (body,) = sent(play)
    assert part in body
    assert play.stage.settings.help_phone in body


def test_who_disputes_is_told_that_it_is_noted_and_gets_no_answer_that_collects(play: Play) -> None:
    assert answer(play, say(play, "I dispute this debt")) == "sent"
    assert answer(play, say(play, "can I pay in installments", number=2)) == "skipped"
    assert why(play, 2) == "US-DISP-1 forbids it now"


def test_who_asks_for_a_plan_is_told_each_amount_to_the_minor_unit_and_how_to_take_one(any_play: Play) -> None:
    any_play.request()
    assert answer(any_play, say(any_play, "can I pay in installments")) == "sent"
    (body,) = sent(any_play)
    amounts = "2: $61.73 + $61.72; 3: 3 x $41.15; 4: $30.87 + 3 x $30.86; 6: 3 x $20.58 + 3 x $20.57"
    assert f"30 days apart, the first on January 12, 2027. Number of payments and amounts: {amounts}." in body
    assert "reply PLAN and its number, such as PLAN 3" in body
    (row,) = any_play.rows("reply")
    assert row.promised_on == date(2027, 1, 12)
    assert any_play.rows("human_task") == []


def test_in_chinese_it_is_told_in_chinese(play: Play) -> None:
    play.change("person", locale="zh-CN")
    play.request()
    assert answer(play, say(play, "能分期吗")) == "sent"
    (body,) = sent(play)
    assert "首期2027年1月12日" in body
    assert "3: 3 x US$41.15" in body
    assert "请回复“分”加期数，如“分3期”" in body


def test_who_asks_for_a_plan_where_none_is_on_offer_or_is_not_answered_waits_for_a_person(play: Play) -> None:
    assert answer(play, say(play, "can I pay in installments")) == "sent"
    assert "a person will call you back" in sent(play)[0]
    (task,) = play.rows("human_task")
    assert "was told of none: none is on offer to this case" in task.why
    late = say(play, "can I pay in installments", number=2)
    assert answer(play, late, now=NOON + timedelta(hours=25)) == "skipped"
    assert ["it would come too late" in each.why for each in play.rows("human_task")] == [False, True]


def test_asked_for_twice_it_is_sent_once(play: Play) -> None:
    reply_id = say(play, "help")
    assert [answer(play, reply_id), answer(play, reply_id)] == ["sent", "sent"]
    assert len(sent(play)) == 1


def test_an_answer_waits_for_the_lawful_hour_and_the_confirmation_of_a_no_is_left_out(play: Play) -> None:
    reply_id = say(play, "who is this?", at=NIGHT)
    with pytest.raises(ApplicationError) as later:
        answer(play, reply_id, now=NIGHT + timedelta(seconds=5))
    assert later.value.type == "AnswerLater"
    assert later.value.next_retry_delay is not None
    morning = NIGHT + timedelta(seconds=5) + later.value.next_retry_delay
    assert morning.astimezone(zone("America/New_York")).hour == 8
    assert sent(play) == []
    assert answer(play, say(play, "stop", number=2, at=NIGHT), now=NIGHT + timedelta(seconds=5)) == "skipped"
    assert answer(play, reply_id, now=morning) == "skipped", "he said stop in between"
    assert sent(play) == []


def test_nothing_is_said_under_a_kill_switch(play: Play) -> None:
    switch = Switch(scope=SwitchScope.GLOBAL, key="", reason="drill", set_by="ops", set_at=NOON)
    set_switch(play.stage.engine, switch, strategies=())
    assert answer(play, say(play, "help")) == "skipped"
    assert sent(play) == []


@pytest.mark.parametrize("text", ["thanks", "Automatic reply: out of office", "the weather is nice"])
def test_to_thanks_machines_and_doubt_nothing_is_said(play: Play, text: str) -> None:
    assert answer(play, say(play, text)) == "nothing is owed"
    assert sent(play) == []


def test_a_machine_that_answers_every_answer_is_not_answered_without_an_end(any_play: Play) -> None:
    seconds = timedelta(seconds=10)
    ends = []
    for number in range(MOST_A_DAY + 2):
        at = NOON + number * seconds
        ends.append(answer(any_play, say(any_play, "call me", number=number, at=at), now=at + seconds / 2))
    assert ends == ["sent"] * MOST_A_DAY + ["skipped"] * 2
    assert why(any_play, MOST_A_DAY) == "the person was answered often enough for a day"
    at = NOON + timedelta(minutes=5)
    assert answer(any_play, say(any_play, "stop", number=98, at=at), now=at) == "sent", "a no is confirmed even then"


def test_a_lost_answer_is_looked_up_and_not_sent_twice(play: Play) -> None:
    reply_id = say(play, "help")
    play.fault("twilio", "answer_lost")
    with pytest.raises(ApplicationError) as lost:
        answer(play, reply_id)
    assert lost.value.type == "OutcomeUnknown"
    play.change("reply", answered_at=datetime(2026, 1, 1, tzinfo=UTC))  # the sandbox goes by the wall's clock
    assert answer(play, reply_id, now=NOON + timedelta(minutes=5)) == "sent"
    assert len(sent(play)) == 1


def test_what_the_provider_never_got_is_left_at_that(play: Play) -> None:
    reply_id = say(play, "help")
    play.fault("twilio", "drop_before_accept")
    with pytest.raises(ApplicationError):
        answer(play, reply_id)
    assert answer(play, reply_id, now=NOON + timedelta(minutes=5)) == "failed"
    assert sent(play) == []


def test_a_busy_provider_is_asked_again(play: Play) -> None:
    reply_id = say(play, "help")
    play.fault("twilio", "rate_limited")
    with pytest.raises(ApplicationError) as busy:
        answer(play, reply_id)
    assert busy.value.type == "ProviderBusy"
    assert answer(play, reply_id) == "sent"


def test_a_mail_is_answered_by_mail(play: Play) -> None:
    reply_id = say(play, "what is this about?", channel=Channel.EMAIL, address="ada@mail.example.com")
    assert answer(play, reply_id) == "sent"
    (message,) = play.stage.sandbox.network.messages()
    assert (message.channel, message.subject) == ("email", "Your message")


def test_every_answer_is_written_in_both_languages_and_none_is_for_people_alone() -> None:
    answers = load_answers()
    assert set(answers.by_locale) == {"en", "zh-CN"}
    assert Intent.DECEASED not in answers.by_locale["en"]
