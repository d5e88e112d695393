"""Erasing a person: what stands against it, what is gone afterwards, and what survives."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text

from casedb import schema
from casedb.audit import verify_chains
from casedb.book import import_book
from casedb.engine import open_engine, reading, writing
from casedb.erasure import erase
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.message_texts import Said, hash_of, record_said
from casedb.suppression import find_suppressed
from domain.errors import ConfigurationError, NotKnown
from domain.vocabulary import Channel, HoldKind
from tests.casedb.books import row, write_book
from tests.casedb.people import NOW, add_account, add_person
from tests.casedb.verdicts import put_on_record

PHONE, SALT = "+12125550142", "a salt for tests"
YEARS = 3
ENDED = NOW - timedelta(days=4 * 365)
"""When the case was closed: its record need not be kept any more."""


@pytest.fixture
def engine(any_database: str) -> Engine:
    """A person whose only case ended long ago, paid."""
    engine = open_engine(any_database, suppression_salt=SALT)
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1")
        add_case(connection, "A-1-1", closed_at=ENDED, close_reason="paid")
        put_on_record(connection, "A-1-1", ENDED, person_id="P-1")
    return engine


def add_case(connection: Any, case_id: str, **changed: Any) -> None:
    """A case of account A-1."""
    values: dict[str, Any] = {
        "account_id": "A-1", "person_id": "P-1", "strategy": "s", "strategy_version": "1", "stage": "closed",
        "opened_at": ENDED - timedelta(days=30), "opening_balance_minor": 700, "decisions": 0,
    }  # fmt: skip
    connection.execute(insert(schema.case).values(case_id=case_id, **(values | changed)))


def say(engine: Engine, kind: InboundKind, event_id: str, **stated: Any) -> None:
    """Something about person P-1."""
    fact = InboundFact(event_id=event_id, source="call", kind=kind, at=NOW, person_id="P-1", **stated)
    receive(engine, fact, received_at=NOW)


def say_to(engine: Engine) -> tuple[str, str]:
    """A touch and a letter to the person, and what was said in them; the hashes of the words."""
    paper = {"paper_id": "A-1-1/letter", "case_id": "A-1-1", "kind": "letter_before_action", "file_name": "f.pdf"}
    with writing(engine) as connection:
        add_touch(connection)
        connection.execute(insert(schema.paper), paper | {"sha256": "0", "made_at": ENDED, "made_by": "amicable"})
        for message_id, subject, body in (("A-1-1:one", "", "Dear Wei,"), ("A-1-1/letter", "Your plan", "Dear Wei,")):
            said = Said(
                message_id=message_id,
                attempted_at=ENDED,
                channel=Channel.SMS,
                contact_point_id="P-1:sms:1",
                template="t",
                locale="en",
                subject=subject,
                body=body,
            )
            record_said(connection, said)
    return hash_of("", "Dear Wei,"), hash_of("Your plan", "Dear Wei,")


def add_touch(connection: Any) -> None:
    """A message of long ago that arrived."""
    values = {
        "touch_id": "A-1-1:one", "case_id": "A-1-1", "account_id": "A-1", "person_id": "P-1", "touch_key": "one",
        "channel": "sms", "contact_point_id": "P-1:sms:1", "reference": "R", "template": "t", "status": "sent",
        "at": ENDED, "attempted_at": ENDED, "provider": "twilio", "balance_minor": 700,
    }  # fmt: skip
    connection.execute(insert(schema.touch).values(**values))


def everything(engine: Engine) -> str:
    """Every value of every table but the suppression list."""
    with reading(engine) as connection:
        return " ".join(
            str(value)
            for table in schema.METADATA.sorted_tables
            for found in connection.execute(select(table))
            for value in found
        )


def test_name_and_addresses_go_and_ids_and_the_sealed_audit_stay(engine: Engine) -> None:
    say(engine, InboundKind.OPT_OUT, "E-1", channel=Channel.SMS, contact_point_id="P-1:sms:1")
    hold = {"hold_id": "H", "hold_kind": HoldKind.HARDSHIP, "owner": "care", "reason": "lost his job"}
    words = say_to(engine)
    say(engine, InboundKind.HOLD_PLACED, "E-2", **hold)
    assert "Wei Chen" in everything(engine)

    found = erase(engine, "P-1", NOW, years_kept=YEARS)

    assert (found.reasons, found.erased_at) == ((), None)
    left = everything(engine)
    for personal in ("Wei Chen", PHONE, "lost his job", "Dear Wei", "Your plan"):
        assert personal not in left
    assert all(digest in left for digest in words)
    with reading(engine) as connection:
        person = connection.execute(select(schema.person)).one()
        assert (person.person_id, person.zones, person.erased_at) == ("P-1", [], NOW)
        assert verify_chains(connection).broken == ()
    assert erase(engine, "P-1", NOW + timedelta(days=1), years_kept=YEARS).erased_at == NOW


def test_a_refusal_survives_although_it_was_heard_by_a_process_without_a_salt(
    engine: Engine, any_database: str
) -> None:
    unsalted = open_engine(any_database)
    say(unsalted, InboundKind.OPT_OUT, "E-1", channel=Channel.SMS)
    with pytest.raises(ConfigurationError, match="AMICABLE_SUPPRESSION_SALT"):
        erase(unsalted, "P-1", NOW, years_kept=YEARS)
    erase(engine, "P-1", NOW, years_kept=YEARS)
    with writing(engine) as connection:
        assert find_suppressed(connection, [("sms", PHONE)]) == {("sms", PHONE): NOW}


@pytest.mark.parametrize(("kind", "reason"), [(HoldKind.CEASE, "cease"), (HoldKind.DECEASED, "deceased")])
def test_who_said_stop_altogether_or_died_is_listed_under_every_address(
    engine: Engine, kind: HoldKind, reason: str
) -> None:
    say(engine, InboundKind.HOLD_PLACED, "E-1", hold_id="H", hold_kind=kind, owner="care")
    erase(engine, "P-1", NOW, years_kept=YEARS)
    with reading(engine) as connection:
        assert connection.scalars(select(schema.suppression.c.reason)).all() == [reason]


def owe(connection: Any) -> None:
    connection.execute(text("UPDATE account SET balance_minor = 1"))


def open_another(connection: Any) -> None:
    add_case(connection, "A-1-2", stage="reminder")


def be_active(connection: Any) -> None:
    """A payment two years ago: the clock starts anew."""
    paid = NOW - timedelta(days=2 * 365)
    connection.execute(
        insert(schema.ledger_entry).values(
            entry_id="L", account_id="A-1", version=1, kind="payment", amount_minor=-1, at=paid, recorded_at=paid
        )
    )


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (owe, "something is owed on A-1"),
        (open_another, "case A-1-2 is open"),
        (be_active, "the law keeps the record until 2027-11-21"),
    ],
)
def test_an_open_debt_or_a_law_stands_against_it_and_nothing_is_changed(
    engine: Engine, meanwhile: Any, why: str
) -> None:
    with writing(engine) as connection:
        meanwhile(connection)
    before = everything(engine)
    assert erase(engine, "P-1", NOW, years_kept=YEARS).reasons == (why,)
    assert everything(engine) == before


@pytest.mark.parametrize(("today", "reasons"), [("2027-03-01", 1), ("2027-03-02", 0)])
def test_the_record_is_kept_through_the_anniversary(engine: Engine, today: str, reasons: int) -> None:
    """Of February 29 the anniversary is March 1."""
    leap_day = datetime.fromisoformat("2024-02-29T18:00:00+00:00")
    with writing(engine) as connection:
        connection.execute(schema.case.update().values(closed_at=leap_day))
    found = erase(engine, "P-1", datetime.fromisoformat(f"{today}T18:00:00+00:00"), years_kept=YEARS)
    assert len(found.reasons) == reasons


def test_a_person_nobody_knows_is_named(engine: Engine) -> None:
    with pytest.raises(NotKnown, match="person P-9"):
        erase(engine, "P-9", NOW, years_kept=YEARS)


def test_a_book_from_before_does_not_bring_back_who_was_erased(any_database: str, tmp_path: Path) -> None:
    engine = open_engine(any_database, suppression_salt=SALT)
    old = write_book(tmp_path / "old.csv", row(as_of="2020-01-31", due_date="2020-01-01"))
    import_book(engine, old, now=NOW, rejects_path=tmp_path / "r")
    with writing(engine) as connection:
        connection.execute(text("UPDATE account SET balance_minor = 0"))
    assert erase(engine, "P-1", NOW, years_kept=YEARS).reasons == ()
    again = write_book(tmp_path / "again.csv", row(as_of="2020-01-31", due_date="2020-01-01", email="d@example.com"))
    import_book(engine, again, now=NOW, rejects_path=tmp_path / "r")
    left = everything(engine)
    assert "Denise" not in left
    assert "d@example.com" not in left
