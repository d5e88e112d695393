"""The list of addresses that must not be contacted: it is kept with every opt-out, and it outlives people."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from casedb import schema, touches
from casedb.book import import_book
from casedb.engine import open_engine, reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.snapshot import read_snapshot
from casedb.suppression import find_suppressed, fingerprint, suppress
from domain.vocabulary import Channel, SuppressionReason
from tests.casedb.books import row, write_book
from tests.casedb.people import NOW, add_account, add_person

PHONE, MAIL = "+12125550142", "ada@mail.example.com"
SALT = "a salt for tests"


@pytest.fixture
def engine(any_database: str) -> Engine:
    """A person with a phone, in a database whose opt-outs are kept for ever."""
    engine = open_engine(any_database, suppression_salt=SALT)
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1")
    return engine


def said(engine: Engine, kind: InboundKind, event_id: str, **stated: object) -> None:
    """The person says stop, or the contrary, about SMS."""
    fact = InboundFact(
        event_id=event_id, source="sms_reply", kind=kind, channel=Channel.SMS, person_id="P-1", at=NOW, **stated
    )  # type: ignore[arg-type]
    receive(engine, fact, received_at=NOW)


def listed(engine: Engine) -> list[tuple[str, str]]:
    """Fingerprint and reason of every address on the list."""
    with reading(engine) as connection:
        rows = connection.execute(select(schema.suppression).order_by(schema.suppression.c.reason)).all()
    return [(each.fingerprint, each.reason) for each in rows]


def test_an_opt_out_puts_every_address_of_the_channel_on_the_list_without_the_address(engine: Engine) -> None:
    said(engine, InboundKind.OPT_OUT, "E-1")
    assert listed(engine) == [(fingerprint(SALT, "sms", PHONE), "opt_out")]
    assert PHONE not in str(listed(engine))


def test_a_stop_from_a_number_lists_it_once_however_many_have_it(engine: Engine) -> None:
    with writing(engine) as connection:
        add_person(connection, "P-2", phone=PHONE)
    fact = InboundFact(
        event_id="E-1", source="sms_reply", kind=InboundKind.OPT_OUT, channel=Channel.SMS, address=PHONE, at=NOW
    )
    receive(engine, fact, received_at=NOW)
    assert len(listed(engine)) == 1


def test_an_opt_out_that_a_provider_holds_is_listed_too(engine: Engine) -> None:
    with writing(engine) as connection:
        touches.record_provider_opt_out(connection, "A-1-1:reminder/one", "P-1:sms:1", NOW)
    assert listed(engine) == [(fingerprint(SALT, "sms", PHONE), "opt_out")]


def test_a_consent_given_anew_takes_the_opt_out_off_the_list_and_no_other_reason(engine: Engine) -> None:
    said(engine, InboundKind.OPT_OUT, "E-1")
    said(engine, InboundKind.OPT_OUT, "E-2", contact_point_id="P-1:sms:1", wrong_number=True)
    assert [reason for _, reason in listed(engine)] == ["opt_out", "wrong_number"]
    said(engine, InboundKind.OPT_IN, "E-3")
    assert [reason for _, reason in listed(engine)] == ["wrong_number"]


def test_without_a_salt_the_opt_out_counts_and_nothing_is_listed(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1")
    said(any_engine, InboundKind.OPT_OUT, "E-1")
    assert listed(any_engine) == []
    with reading(any_engine) as connection:
        assert read_snapshot(connection, "A-1", "", "", NOW, lock=False).points[0].opted_out


def test_a_book_that_brings_a_listed_address_has_it_opted_out_at_once(engine: Engine, tmp_path: Path) -> None:
    said(engine, InboundKind.OPT_OUT, "E-1")
    with writing(engine) as connection:
        for table in (schema.consent, schema.contact_point, schema.account, schema.person):
            connection.execute(delete(table))
    book = write_book(tmp_path / "book.csv", row(account_id="A-9", person_id="P-9", phone=PHONE, email=MAIL))
    report = import_book(engine, book, now=NOW, rejects_path=tmp_path / "rejects.csv")
    assert report.accepted == 1
    with reading(engine) as connection:
        points = read_snapshot(connection, "A-9", "", "", NOW, lock=False).points
        [listed_again] = connection.execute(select(schema.consent).where(schema.consent.c.source == "suppression"))
    assert {(point.channel.value, point.opted_out) for point in points} == {("sms", True), ("email", False)}
    assert (listed_again.permission, listed_again.at) == ("withdrawn", NOW)


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_two_addresses_share_a_fingerprint_only_when_they_are_one(left: str, right: str) -> None:
    same = fingerprint(SALT, "email", left) == fingerprint(SALT, "email", right)
    assert same or left != right
    assert fingerprint(SALT, "email", left) != fingerprint(SALT, "sms", left)
    assert fingerprint(SALT, "email", left) != fingerprint("another salt", "email", left)


@pytest.mark.parametrize("written", ["Ada@Mail.Example.com", " ada@mail.example.com ", "ａｄａ@mail.example.com"])
def test_an_address_is_known_however_it_is_written(engine: Engine, written: str) -> None:
    with writing(engine) as connection:
        suppress(connection, [("email", MAIL)], SuppressionReason.CEASE, NOW)
        suppress(connection, [("email", MAIL)], SuppressionReason.DECEASED, NOW - timedelta(days=1))
        assert find_suppressed(connection, [("email", written), ("sms", written)]) == {
            ("email", written): NOW - timedelta(days=1)
        }
