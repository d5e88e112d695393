"""What was said is on record once per attempt, cannot be changed, and goes with its person."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from casedb import schema
from casedb.engine import reading, writing
from casedb.message_texts import Said, hash_of, record_said
from domain.vocabulary import Channel
from tests.casedb.people import NOW


def said(minutes: int = 0) -> Said:
    """A reminder by SMS."""
    return Said(
        message_id="A-1-1:reminder/one",
        attempted_at=NOW + timedelta(minutes=minutes),
        channel=Channel.SMS,
        contact_point_id="P-1:sms:1",
        template="reminder_1",
        locale="en",
        subject="",
        body="Dear 王小明, …",
    )


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    """One message on record."""
    with writing(any_engine) as connection:
        record_said(connection, said())
    return any_engine


def test_each_attempt_has_its_own_words_and_the_same_attempt_is_taken_once(engine: Engine) -> None:
    with writing(engine) as connection:
        record_said(connection, said(minutes=1))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        record_said(connection, said())
    with reading(engine) as connection:
        rows = connection.execute(select(schema.message_text)).all()
    assert [(row.body, row.sha256) for row in rows] == [("Dear 王小明, …", hash_of("", "Dear 王小明, …"))] * 2


def test_the_hash_tells_where_the_subject_ends() -> None:
    assert hash_of("a", "b\nc") != hash_of("a\nb", "c")
    assert hash_of("", "x") == "b5e57f64d64a89b2130f537cb530dba0b2c7ecbeab7c54e7fee6d16be479c85a"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE message_text SET body = 'another'",
        "UPDATE message_text SET body = '', subject = '', sha256 = ''",
        "UPDATE message_text SET body = '', channel = 'email'",
        "DELETE FROM message_text",
    ],
)
def test_the_database_refuses_to_change_or_delete_what_was_said(engine: Engine, change: str) -> None:
    with pytest.raises(DBAPIError), writing(engine) as connection:
        connection.execute(text(change))


def test_blanking_the_words_is_all_that_it_lets_happen_and_the_hash_stays(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE message_text SET body = '', subject = ''"))
    with reading(engine) as connection:
        row = connection.execute(select(schema.message_text)).one()
    assert (row.body, row.sha256) == ("", hash_of("", "Dear 王小明, …"))
