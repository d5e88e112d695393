"""What somebody writes back has its effect in one transaction, once, and only where it is sure whom it is about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from casedb import inbox, parking
from casedb.engine import open_engine, reading, writing
from casedb.erasure import erase
from casedb.inbox import InboundKind, Receipt, unsignalled
from casedb.replies import IncomingReply, TakenReply, request_refused, take_reply
from casedb.reply_reading import find_reply
from casedb.schema import (
    account,
    case,
    consent,
    contact_point,
    duty,
    hold,
    human_task,
    inbox_event,
    reply,
    suppression,
    touch,
)
from config.holds import load_hold_rules
from config.replies import load_replies
from domain.errors import InvalidInput
from domain.events import ContactStopped, DisputeOpened, HoldPlaced
from domain.replies.intent import Intent
from domain.vocabulary import Channel
from tests.casedb.people import add_account, add_person

NOW = datetime(2026, 11, 18, 16, tzinfo=UTC)
"""A Wednesday, 11:00 in New York."""
PHONE = "+12125550142"


@pytest.fixture
def book(any_database: str) -> Iterator[Engine]:
    """One person with one account on which 500 dollars are owed, reached under one number."""
    engine = open_engine(any_database, suppression_salt="salt")
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1", balance_minor=50_000)
    yield engine
    engine.dispose()


def said(text: str, **other: Any) -> IncomingReply:
    stated: dict[str, Any] = {"reply_id": "twilio:reply:SM1", "channel": Channel.SMS, "address": PHONE} | other
    return IncomingReply(source="twilio", at=NOW, text=text, evidence="twilio message SM1", **stated)


def take(engine: Engine, incoming: IncomingReply) -> TakenReply:
    """What became of it, but for the answer that is owed."""
    taken = take_reply(engine, incoming, load_replies(), received_at=NOW)
    return replace(taken, receipts=tuple(each for each in taken.receipts if each.kind is not InboundKind.ANSWER))


def untold(engine: Engine) -> list[Receipt]:
    return [each for each in unsignalled(engine, NOW, 10) if each.kind is not InboundKind.ANSWER]


def rows(engine: Engine, table: Any) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(table)))


def kinds(taken: TakenReply) -> set[InboundKind]:
    return {receipt.kind for receipt in taken.receipts}


def share_the_number(engine: Engine) -> None:
    with writing(engine) as connection:
        add_person(connection, "P-2", phone=PHONE)
        add_account(connection, "A-2", "P-2", balance_minor=100)


def test_stop_closes_the_channel_at_once_and_its_case_hears_of_it(book: Engine) -> None:
    taken = take(book, said("please stop texting me"))
    (receipt,) = taken.receipts
    assert isinstance(receipt.event(), ContactStopped)
    assert receipt.account_ids == ("A-1",)
    assert [(row.permission, row.address, row.evidence) for row in rows(book, consent)] == [
        ("withdrawn", "", "twilio message SM1")
    ]
    assert taken.answer is Intent.STOP
    assert rows(book, human_task) == []


def test_a_reply_that_comes_twice_changes_nothing_the_second_time(book: Engine) -> None:
    take(book, said("STOP"))
    again = take(book, said("STOP"))
    assert again.duplicate
    assert again.receipts == ()
    assert len(rows(book, consent)) == len(rows(book, reply)) == 1


def test_what_was_not_told_before_a_crash_is_found_by_the_relay(book: Engine) -> None:
    taken = take(book, said("wrong amount, and I'm calling my lawyer to sue you"))
    told = {receipt.event_id for receipt in untold(book)}
    assert told == {receipt.event_id for receipt in taken.receipts if receipt.account_ids}
    assert told


def test_a_dispute_silences_the_account_and_a_hardship_the_person(book: Engine) -> None:
    disputed = take(book, said("I don't owe this"))
    assert isinstance(disputed.receipts[0].event(), DisputeOpened)
    hard = take(book, said("I lost my job", reply_id="twilio:reply:SM2"))
    assert isinstance(hard.receipts[0].event(), HoldPlaced)
    found = {(row.kind, row.account_id, row.owner) for row in rows(book, hold)}
    assert found == {("dispute", "A-1", "disputes"), ("hardship", None, "care")}


@pytest.mark.parametrize(
    ("text", "kind", "duties"),
    [
        ("I am in a breathing space with StepChange", "breathing_space", {"confirm", "midway_review"}),
        ("please use large print, I am partially sighted", "vulnerability", {"record_needs", "adapt", "review"}),
    ],
)
def test_breathing_space_and_needs_are_holds_of_their_own_with_duties_and_no_machine_answers(
    any_database: str, text: str, kind: str, duties: set[str]
) -> None:
    engine = open_engine(any_database, suppression_salt="salt", hold_rules=load_hold_rules())
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1", balance_minor=50_000)
    take_reply(engine, said(text), load_replies(), received_at=NOW)
    [held] = [each for each in rows(engine, hold) if each.kind == kind]
    assert (held.person_id, held.account_id, held.owner, held.code) == ("P-1", None, "care", "")
    assert {each.duty for each in rows(engine, duty) if each.hold_id == held.hold_id} == duties
    assert not [each for each in unsignalled(engine, NOW, 10) if each.kind is InboundKind.ANSWER]
    assert "hold_duty" in {each.kind for each in rows(engine, human_task)}
    engine.dispose()


def test_who_says_that_he_paid_has_days_of_silence_and_his_ledger_is_untouched(book: Engine) -> None:
    take(book, said("I already paid"))
    (placed,) = rows(book, hold)
    assert (placed.kind, placed.account_id, placed.pauses_dpd) == ("custom", "A-1", False)
    assert placed.ends_at == NOW + timedelta(days=3)
    assert [row.balance_minor for row in rows(book, account)] == [50_000]


def test_paid_and_stop_in_one_text_both_protect(book: Engine) -> None:
    assert kinds(take(book, said("I already paid, stop texting"))) == {InboundKind.OPT_OUT, InboundKind.HOLD_PLACED}


def test_a_promise_is_a_fact_with_amount_and_day_counted_in_the_accounts_calendar(book: Engine) -> None:
    (receipt,) = take(book, said("I'll pay half tomorrow")).receipts
    assert (receipt.kind, receipt.account_ids, receipt.event()) == (InboundKind.PROMISE, ("A-1",), None)
    assert (receipt.fact.amount_minor, receipt.fact.promised_on) == (25_000, date(2026, 11, 19))
    (again,) = untold(book)
    assert again.fact == replace(receipt.fact, address="")


def test_a_day_is_the_persons_own_day_not_that_of_greenwich(book: Engine) -> None:
    at_night = replace(said("I'll pay $50 tomorrow"), at=datetime(2026, 11, 19, 3, tzinfo=UTC))
    (receipt,) = take(book, at_night).receipts
    assert receipt.fact.promised_on == date(2026, 11, 19)


def test_what_nobody_but_a_human_can_tell_is_a_task_without_a_word_of_it(book: Engine) -> None:
    taken = take(book, said("my private words about the weather"))
    (task,) = rows(book, human_task)
    assert (task.kind, task.key) == ("unclear_reply", "twilio:reply:SM1")
    assert "private" not in task.why
    assert taken.receipts == ()
    assert taken.answer is None


def test_the_words_stand_in_one_table_and_are_gone_with_the_person(book: Engine) -> None:
    take(book, said("my private words: stop"))
    assert "private words" in rows(book, reply)[0].text
    others = (inbox_event, consent, hold, human_task)
    assert not any("private" in str(row) for table in others for row in rows(book, table))
    assert not any(PHONE in str(row) for table in others for row in rows(book, table))
    with writing(book) as connection:
        connection.execute(account.update().values(balance_minor=0))
    assert erase(book, "P-1", NOW, years_kept=0).reasons == ()
    assert rows(book, reply)[0].text == ""


def test_words_from_a_shared_or_unknown_address_are_gone_with_whoever_had_it(book: Engine) -> None:
    share_the_number(book)
    take(book, said("my private words, shared"))
    take(book, said("my private words, early", reply_id="twilio:reply:SM2", address="+12125550199"))
    with writing(book) as connection:
        add_person(connection, "P-9", phone="+12125550199")
        connection.execute(account.update().values(balance_minor=0))

    for person_id in ("P-1", "P-9"):
        assert erase(book, person_id, NOW, years_kept=0).reasons == ()

    assert [row.text for row in rows(book, reply)] == ["", ""]


def test_of_people_who_share_a_number_all_are_left_alone_and_nothing_else_is_guessed(book: Engine) -> None:
    share_the_number(book)
    stopped = take(book, said("stop"))
    assert {receipt.account_ids for receipt in stopped.receipts} == {("A-1",), ("A-2",)}
    unsure = take(book, said("I'll pay $20 tomorrow", reply_id="twilio:reply:SM2"))
    assert unsure.receipts == ()
    assert "2 people have this address" in rows(book, human_task)[0].why
    assert unsure.answer is None


def test_a_wrong_number_closes_that_address_and_no_other(book: Engine) -> None:
    with writing(book) as connection:
        connection.execute(
            insert(contact_point).values(
                contact_point_id="P-1:sms:2",
                person_id="P-1",
                channel="sms",
                address="+12125550143",
                line_type="mobile",
                preference=1,
            )
        )
    (receipt,) = take(book, said("wrong number")).receipts
    assert receipt.fact.contact_point_id == "P-1:sms:1"
    assert [(row.address, row.permission) for row in rows(book, consent)] == [(PHONE, "withdrawn")]
    assert "mistyped" in rows(book, human_task)[0].why


def test_the_account_of_the_latest_message_is_meant_when_a_person_has_several(book: Engine) -> None:
    with writing(book) as connection:
        add_account(connection, "A-2", "P-1", balance_minor=7_000)
    unknown = take(book, said("I'll pay $20 tomorrow"))
    assert unknown.receipts == ()
    assert "cannot be told which account" in rows(book, human_task)[0].why
    with writing(book) as connection:
        connection.execute(
            insert(case).values(
                case_id="C-2",
                account_id="A-2",
                person_id="P-1",
                strategy="s",
                strategy_version="1",
                stage="reminder",
                opened_at=NOW,
                opening_balance_minor=7_000,
                decisions=0,
            )
        )
        connection.execute(
            insert(touch).values(
                touch_id="T-1",
                case_id="C-2",
                account_id="A-2",
                person_id="P-1",
                touch_key="reminder/1",
                channel="sms",
                contact_point_id="P-1:sms:1",
                reference="ABCD-2345",
                template="reminder_1",
                status="sent",
                at=NOW,
                attempted_at=NOW,
                provider="twilio",
                delivery="none",
                undelivered_by="",
                code="",
                balance_minor=7_000,
            )
        )
    (receipt,) = take(book, said("I'll pay $20 tomorrow", reply_id="twilio:reply:SM2")).receipts
    assert receipt.account_ids == ("A-2",)


def test_somebody_unknown_is_parked_for_a_human_and_his_refusal_is_remembered(book: Engine) -> None:
    taken = take(book, said("stop", address="+12125550199"))
    assert taken.parked
    (task,) = rows(book, human_task)
    assert task.kind == "parked_fact"
    assert "+1212" not in task.why
    assert [row.reason for row in rows(book, suppression)] == ["opt_out"]
    assert rows(book, reply)[0].person_id is None


def test_a_parked_reply_is_a_humans_to_read_once_its_writer_is_known(book: Engine) -> None:
    take(book, said("I'll pay $20 tomorrow", address="+12125550199"))
    with writing(book) as connection:
        add_person(connection, "P-3", phone="+12125550199")
        keys = parking.keys_of_book(connection, [], ["P-3"], [("sms", "+12125550199")])
        assert parking.wake(connection, keys, inbox.take_effect, NOW) == 1
    found = {row.kind: row.done_at is None for row in rows(book, human_task)}
    assert found == {"parked_fact": False, "unclear_reply": True}
    assert rows(book, reply)[0].person_id == "P-3"


def test_a_cease_closes_the_channel_and_holds_the_account(book: Engine) -> None:
    taken = take(book, said("do not contact me ever again"))
    assert kinds(taken) == {InboundKind.OPT_OUT, InboundKind.HOLD_PLACED}
    assert [(row.kind, row.account_id) for row in rows(book, hold)] == [("cease", "A-1")]


def test_an_answer_is_owed_to_somebody_sure_and_found_by_the_relay(book: Engine) -> None:
    take(book, said("help"))
    (owed,) = unsignalled(book, NOW, 10)
    assert (owed.kind, owed.account_ids, owed.event()) == (InboundKind.ANSWER, ("A-1",), None)
    share_the_number(book)
    take(book, said("help", reply_id="twilio:reply:SM2"))
    assert len(unsignalled(book, NOW, 10)) == 1


def test_a_machine_and_thanks_have_no_effect_and_no_answer(book: Engine) -> None:
    for number, text in enumerate(("thanks!", "Automatic reply: out of the office, stop by later")):
        taken = take(book, said(text, reply_id=f"twilio:reply:{number}"))
        assert (taken.receipts, taken.answer) == ((), None)
    assert rows(book, human_task) == []


def test_what_the_carrier_has_understood_counts_and_is_not_answered_again(book: Engine) -> None:
    taken = take(book, said("stopp it pls merci", told=Intent.STOP))
    assert Intent.STOP in taken.intents
    assert kinds(taken) == {InboundKind.OPT_OUT}
    assert taken.answer is None


def test_a_mail_finds_its_writer_in_any_case_of_letters(book: Engine) -> None:
    with writing(book) as connection:
        connection.execute(
            insert(contact_point).values(
                contact_point_id="P-1:email:1",
                person_id="P-1",
                channel="email",
                address="wei@mail.example",
                line_type="mailbox",
                preference=0,
            )
        )
    taken = take(book, said("stop", channel=Channel.EMAIL, address="Wei@Mail.example"))
    assert [receipt.fact.channel for receipt in taken.receipts] == [Channel.EMAIL]


@pytest.mark.parametrize("changed", [{"reply_id": ""}, {"reply_id": "x" * 151}, {"address": ""}, {"reply_id": "a\nb"}])
def test_a_reply_without_an_id_or_a_sender_is_refused_and_nothing_is_stored(book: Engine, changed: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        take(book, said("my private words", **changed))
    assert "private" not in str(refused.value)
    assert rows(book, reply) == []


def test_any_text_is_stored_also_one_that_no_database_takes(book: Engine) -> None:
    take(book, said("a\0b" + "\U0001f600" * 30_000))
    assert len(rows(book, reply)[0].text) == 20_000


def offered(engine: Engine, first: date) -> None:
    """Somebody was told of plans that begin on a day."""
    take(engine, said("can I pay in instalments?", reply_id="twilio:reply:SM0"))
    with writing(engine) as connection:
        connection.execute(update(reply).values(answer_status="sent", promised_on=first))


def test_a_plan_that_was_offered_is_taken_by_its_number_from_the_day_that_was_offered(book: Engine) -> None:
    first = date(2026, 11, 25)
    offered(book, first)
    taken = take(book, said("PLAN 3"))
    (receipt,) = taken.receipts
    assert (receipt.kind, receipt.account_ids, receipt.event()) == (InboundKind.PLAN, ("A-1",), None)
    assert (receipt.fact.instalments, receipt.fact.promised_on) == (3, first)
    assert taken.answer is Intent.ACCEPT_PLAN
    assert [each.fact for each in untold(book)] == [receipt.fact]
    assert rows(book, human_task) == []


@pytest.mark.parametrize("first", [None, date(2026, 11, 17)], ids=["never offered", "its day has passed"])
def test_who_takes_a_plan_that_is_not_offered_any_more_is_told_of_the_plans(book: Engine, first: date | None) -> None:
    if first is not None:
        offered(book, first)
    taken = take(book, said("plan 3"))
    assert (taken.receipts, taken.intents, taken.answer) == ((), (Intent.PLAN,), Intent.PLAN)


def test_a_plan_is_not_taken_in_somebodys_name_by_a_mail_that_nobody_vouches_for(book: Engine) -> None:
    with writing(book) as connection:
        point = {
            "contact_point_id": "P-1:email:1",
            "person_id": "P-1",
            "channel": "email",
            "address": "wei@mail.example",
        }
        connection.execute(insert(contact_point).values(**point, line_type="mailbox", preference=0))
    offered(book, date(2026, 11, 25))
    taken = take(book, said("plan 3", channel=Channel.EMAIL, address="wei@mail.example", proven=False))
    assert (taken.receipts, taken.answer) == ((), None)
    (task,) = rows(book, human_task)
    assert "its sender is not proven" in task.why


def test_a_plan_that_the_case_refuses_is_a_task_with_the_reason(book: Engine) -> None:
    offered(book, date(2026, 11, 25))
    (receipt,) = take(book, said("plan 3")).receipts
    with writing(book) as connection:
        request_refused(connection, receipt.fact, "from 2 to 2 instalments are on offer", NOW)
    (task,) = rows(book, human_task)
    assert "took the plan of 3 from 2026-11-25 on account A-1, and that was not taken: from 2 to 2" in task.why
    with reading(book) as connection:
        assert find_reply(connection, str(task.task_id)).reply_id == "twilio:reply:SM1"
