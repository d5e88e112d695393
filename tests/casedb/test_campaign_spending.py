"""What each person's cases took of what has a price, read on both databases: each message once, whoever took it."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, insert, update

from casedb import schema
from casedb.campaign_spending import Spent, Taken, read_spent
from casedb.engine import reading, writing
from domain.vocabulary import Channel
from tests.domain.cases import GENTLE, STANDARD
from tests.support.experiment import DAY, STARTED, add_answer, add_experiment, add_touch, add_words

ONE = f"A-{STANDARD.name}-0"
TOUCH = f"{ONE}:reminder/reminder-1"


def spent_in(engine: Engine, arm: str, *, with_words: bool = True) -> list[Spent]:
    with reading(engine) as connection:
        return [each for each in read_spent(connection, "november", with_words=with_words) if each.arm == arm]


def bodies(spent: Spent) -> list[tuple[str, str]]:
    return sorted((each.channel.value, each.body) for each in spent.messages)


@pytest.fixture
def one(any_engine: Engine) -> Engine:
    """A person in each arm, with a text that was sent."""
    add_experiment(any_engine, 1, paying={STANDARD.name: 1, GENTLE.name: 0})
    return any_engine


def test_every_person_is_there_once_with_all_decisions(any_engine: Engine) -> None:
    add_experiment(any_engine, 3, paying={STANDARD.name: 1, GENTLE.name: 0})
    with writing(any_engine) as connection:
        connection.execute(schema.touch.delete().where(schema.touch.c.touch_id == TOUCH))
    found = sorted(spent_in(any_engine, STANDARD.name), key=lambda each: len(each.messages))
    assert [(len(each.messages), each.decisions, each.answers) for each in found] == [(0, 4, 0), (1, 4, 0), (1, 4, 0)]
    assert len(spent_in(any_engine, GENTLE.name)) == 3


def test_of_a_text_the_words_of_the_last_attempt_count_once_and_erased_ones_are_empty(one: Engine) -> None:
    with writing(one) as connection:
        add_words(connection, ONE, "by mail", minutes=0, channel=Channel.EMAIL)
        add_words(connection, ONE, "first", minutes=1)
        add_words(connection, ONE, "second", minutes=2)
    (champion,), (challenger,) = spent_in(one, STANDARD.name), spent_in(one, GENTLE.name)
    assert champion.messages == (Taken(channel=Channel.SMS, body="second"),)
    assert challenger.messages == (Taken(channel=Channel.SMS, body=""),)
    (unread,) = spent_in(one, STANDARD.name, with_words=False)
    assert unread.messages == (Taken(channel=Channel.SMS, body=""),)


def test_a_text_that_did_not_arrive_is_taken_beside_the_email_that_took_its_place(one: Engine) -> None:
    with writing(one) as connection:
        add_words(connection, ONE, "a text", minutes=0)
        add_words(connection, ONE, "a mail", minutes=60, channel=Channel.EMAIL)
        moved = update(schema.touch).where(schema.touch.c.touch_id == TOUCH)
        connection.execute(moved.values(channel="email", undelivered_by="sms"))
    (champion,) = spent_in(one, STANDARD.name)
    assert bodies(champion) == [("email", ""), ("sms", "a text")]
    with writing(one) as connection:
        connection.execute(moved.values(status="failed"))
    (champion,) = spent_in(one, STANDARD.name)
    assert bodies(champion) == [("sms", "a text")], "the mail was refused, and the text was taken all the same"
    with writing(one) as connection:
        connection.execute(moved.values(status="sent", channel="sms"))
    (champion,) = spent_in(one, STANDARD.name)
    assert bodies(champion) == [("sms", "a text")], "it went by no other channel"


def test_what_needs_no_look_at_its_words_is_told_together(one: Engine) -> None:
    with writing(one) as connection:
        for number, channel in enumerate(("email", "email", "sms"), start=2):
            key = f"reminder/reminder-{number}"
            add_touch(connection, ONE, f"P-{STANDARD.name}-0", key)
            connection.execute(
                update(schema.touch).where(schema.touch.c.touch_key == key).values(channel=channel, undelivered_by="")
            )
    (read,), (unread,) = spent_in(one, STANDARD.name), spent_in(one, STANDARD.name, with_words=False)
    mails, text = Taken(channel=Channel.EMAIL, number=2), Taken(channel=Channel.SMS)
    assert sorted(read.messages, key=str) == sorted((mails, text, text), key=str)
    assert sorted(unread.messages, key=str) == sorted((mails, replace(text, number=2)), key=str)
    assert (read.decisions, unread.decisions) == (4, 4)


def test_what_no_provider_took_is_not_there(one: Engine) -> None:
    with writing(one) as connection:
        for number, status in enumerate(("claimed", "busy", "failed", "unknown"), start=2):
            key = f"reminder/reminder-{number}"
            add_touch(connection, ONE, f"P-{STANDARD.name}-0", key)
            touch = schema.touch.c.touch_key == key
            connection.execute(update(schema.touch).where(touch).values(status=status))
    (champion,) = spent_in(one, STANDARD.name)
    assert len(champion.messages) == 1


def test_answers_to_what_was_written_while_a_case_was_open_are_taken_with_their_words(one: Engine) -> None:
    def answer(name: str, at: datetime, status: str = "sent") -> None:
        add_answer(connection, ONE, f"P-{STANDARD.name}-0", name, f"answer {name}", at=at, status=status)

    with writing(one) as connection:
        answer("open", STARTED + 2 * DAY)
        answer("skipped", STARTED + 2 * DAY, "skipped")
        answer("before", STARTED - DAY)
        answer("after", STARTED + 20 * DAY)
    (champion,), (challenger,) = spent_in(one, STANDARD.name), spent_in(one, GENTLE.name)
    assert bodies(champion) == [("sms", ""), ("sms", "answer open")]
    assert (champion.answers, challenger.answers) == (1, 0)


def test_letters_that_went_out_by_post_are_taken_and_other_papers_are_not(one: Engine) -> None:
    with writing(one) as connection:
        for number, kind in enumerate(("letter_before_action", "claim_withdrawn", "evidence", "court_pack")):
            connection.execute(
                insert(schema.paper).values(
                    paper_id=f"paper-{number}", case_id=f"{ONE}-1", kind=kind, file_name=f"{number}.pdf", sha256="0",
                    made_at=STARTED + DAY, made_by="amicable",
                )
            )  # fmt: skip
    (champion,) = spent_in(one, STANDARD.name)
    assert bodies(champion) == [("letter", ""), ("letter", ""), ("sms", "")]
