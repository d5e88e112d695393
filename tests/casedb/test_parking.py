"""Facts that came before the people and accounts they are about: kept, and in force when the book brings those."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from casedb import parking, schema
from casedb.book import import_book
from casedb.engine import open_engine, reading, writing
from casedb.inbox import InboundFact, InboundKind, receive, take_effect, unsignalled
from casedb.replies import IncomingReply, take_reply
from config.replies import load_replies
from domain.vocabulary import Channel, HoldKind
from tests.casedb.books import row, write_book
from tests.casedb.people import NOW, add_account, add_person

PHONE = "+14045550102"
OWED = 10_750


@pytest.fixture
def salted(any_database: str) -> Iterator[Engine]:
    """A database whose suppression list is kept."""
    engine = open_engine(any_database, suppression_salt="salt")
    yield engine
    engine.dispose()


def fact(event_id: str, kind: InboundKind, **details: Any) -> InboundFact:
    return InboundFact(**({"event_id": event_id, "source": "wallet", "kind": kind, "at": NOW} | details))


def payment(event_id: str, amount_minor: int, **details: Any) -> InboundFact:
    told = {"account_id": "A-1", "amount_minor": amount_minor, "currency": "USD"} | details
    return fact(event_id, InboundKind.PAYMENT, **told)


STOP = fact("SM-1", InboundKind.OPT_OUT, channel=Channel.SMS, address=PHONE)
HOLD = fact("H-1", InboundKind.HOLD_PLACED, person_id="P-1", hold_id="H", hold_kind=HoldKind.HARDSHIP, owner="care")


def book(engine: Engine, directory: Path, *rows: dict[str, str]) -> None:
    import_book(engine, write_book(directory / "book.csv", *(rows or (row(),))), now=NOW + timedelta(hours=1))


def rows(engine: Engine, table: str) -> list[Any]:
    found = getattr(schema, table)
    with reading(engine) as connection:
        return list(connection.execute(select(found).order_by(next(iter(found.c)))))


def tasks(engine: Engine) -> dict[str, bool]:
    """The open and done tasks about parked facts: whether each is open."""
    return {task.key: task.done_at is None for task in rows(engine, "human_task") if task.kind == "parked_fact"}


def state(engine: Engine) -> dict[str, Any]:
    """What facts left behind, whatever came first."""
    with reading(engine) as connection:
        ledger = connection.execute(
            select(schema.ledger_entry.c.entry_id, schema.ledger_entry.c.amount_minor).order_by("entry_id")
        ).all()
    return {
        "balance": [one.balance_minor for one in rows(engine, "account")],
        "ledger": [tuple(one) for one in ledger],
        "said": [(one.consent_id, one.channel, one.permission) for one in rows(engine, "consent") if one.address == ""],
        "holds": [(one.hold_id, one.person_id, one.kind) for one in rows(engine, "hold")],
        "suppressed": [(one.fingerprint, one.reason) for one in rows(engine, "suppression")],
    }


def test_parked_facts_take_effect_when_the_book_brings_their_account_and_are_told(
    salted: Engine, tmp_path: Path
) -> None:
    for parked in (payment("E-2", 750, at=NOW + timedelta(minutes=1)), payment("E-1", 4_000), HOLD):
        assert receive(salted, parked, received_at=NOW).parked
    assert tasks(salted) == {"E-1": True, "E-2": True, "H-1": True}

    book(salted, tmp_path)

    assert [one.balance_minor for one in rows(salted, "account")] == [OWED - 4_750]
    versions = {one.entry_id: one.version for one in rows(salted, "ledger_entry")}
    assert versions["E-1"] < versions["E-2"], "in the order of their instants"
    assert [one.hold_id for one in rows(salted, "hold")] == ["H"]
    assert tasks(salted) == {"E-1": False, "E-2": False, "H-1": False}
    waiting = {receipt.event_id: receipt.account_ids for receipt in unsignalled(salted, NOW, 10)}
    assert waiting == {"E-1": ("A-1",), "E-2": ("A-1",), "H-1": ("A-1",)}
    again = receive(salted, payment("E-1", 4_000), received_at=NOW)
    assert again.duplicate
    assert not again.parked


def test_the_end_is_the_same_whether_the_book_came_first_or_last(any_empty_database: str, tmp_path: Path) -> None:
    ends = []
    for name, book_first in (("first", True), ("last", False)):
        engine = fresh(any_empty_database, tmp_path, name)
        steps = [lambda engine=engine: book(engine, tmp_path)]
        told = [payment("E-1", 4_000), STOP, HOLD, payment("E-2", 7_000, at=NOW - timedelta(days=1))]
        steps += [lambda engine=engine, one=one: receive(engine, one, received_at=NOW) for one in told]
        for step in steps if book_first else [*steps[1:], steps[0]]:
            step()
        end = state(engine)
        end["said"] = [said for said in end["said"] if not said[0].startswith("suppression:")]
        ends.append(end)
        engine.dispose()
    assert ends[0] == ends[1]


def fresh(url: str, tmp_path: Path, name: str) -> Engine:
    """A database of its own on SQLite; on PostgreSQL the same one, emptied."""
    from casedb.migrate import downgrade, upgrade

    own = f"sqlite:///{tmp_path / name}.db" if url.startswith("sqlite") else url
    upgrade(own)
    if name == "last" and not url.startswith("sqlite"):
        downgrade(own, "base")
        upgrade(own)
    return open_engine(own, suppression_salt="salt")


def test_a_stop_from_an_unknown_number_is_in_force_before_anybody_knows_whose_it_is(
    salted: Engine, tmp_path: Path
) -> None:
    assert receive(salted, STOP, received_at=NOW).parked
    assert tasks(salted) == {"SM-1": True}
    assert [one.reason for one in rows(salted, "suppression")] == ["opt_out"]
    assert PHONE not in str(rows(salted, "inbox_event")), "the address itself is not kept"

    book(salted, tmp_path)

    said = {(one.person_id, one.channel, one.permission) for one in rows(salted, "consent")}
    assert said == {("P-1", "sms", "withdrawn")}
    assert tasks(salted) == {"SM-1": False}
    (receipt,) = unsignalled(salted, NOW, 10)
    assert receipt.account_ids == ("A-1",)


def test_a_parked_fact_in_another_currency_stays_parked_with_the_reason_on_its_task(
    salted: Engine, tmp_path: Path
) -> None:
    receive(salted, payment("E-1", 4_000, currency="CNY"), received_at=NOW)
    receive(salted, payment("E-2", 1_000), received_at=NOW)

    book(salted, tmp_path)

    assert [one.balance_minor for one in rows(salted, "account")] == [OWED - 1_000]
    (task,) = [one for one in rows(salted, "human_task") if one.done_at is None]
    assert (task.key, task.owner) == ("E-1", "ops")
    assert "is CNY, but account A-1 is kept in USD" in task.why
    (still,) = [one for one in rows(salted, "inbox_event") if one.parked_for is not None]
    assert (still.event_id, still.account_id, still.parked_for) == ("E-1", None, "account:A-1")


def test_a_report_about_a_message_of_others_asks_nobody(salted: Engine) -> None:
    from casedb.deliveries import DeliveryReport
    from domain.vocabulary import DeliveryStatus

    report = DeliveryReport(provider="twilio", provider_id="SM-9", status=DeliveryStatus.DELIVERED)
    receive(salted, fact("D-1", InboundKind.DELIVERY, report=report), received_at=NOW)
    assert tasks(salted) == {}
    (event,) = rows(salted, "inbox_event")
    assert event.parked_for is None


def test_a_fact_that_was_parked_while_its_account_came_in_is_woken_afterwards(salted: Engine) -> None:
    """The book did not see it, as neither transaction sees what the other has not committed."""
    receive(salted, payment("E-1", 300), received_at=NOW)
    with writing(salted) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
    assert parking.wake_known(salted, take_effect, NOW) == 1
    assert parking.wake_known(salted, take_effect, NOW) == 0
    assert [one.balance_minor for one in rows(salted, "account")] == [-300]
    assert tasks(salted) == {"E-1": False}


def test_the_book_of_another_account_wakes_nothing(salted: Engine, tmp_path: Path) -> None:
    receive(salted, payment("E-1", 300, account_id="A-9"), received_at=NOW)
    book(salted, tmp_path)
    assert tasks(salted) == {"E-1": True}


def test_who_has_done_with_a_fact_that_cannot_be_true_is_not_asked_again(salted: Engine, tmp_path: Path) -> None:
    receive(salted, payment("E-1", 4_000, currency="CNY"), received_at=NOW)
    book(salted, tmp_path)
    with writing(salted) as connection:
        connection.execute(update(schema.human_task).values(done_at=NOW))
    assert parking.wake_known(salted, take_effect, NOW) == 0
    assert tasks(salted) == {"E-1": False}


WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def until_it_waits(engine: Engine, coming: Future[Any]) -> None:
    """Until somebody waits for the book that is under way; SQLite lets nobody in meanwhile."""
    deadline = monotonic() + 20
    while engine.dialect.name == "postgresql" and not coming.done():
        with reading(engine) as connection:
            if connection.scalar(WAITING):
                return
        assert monotonic() < deadline


def test_a_no_that_comes_while_a_book_brings_its_person_closes_the_channel(salted: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with writing(salted) as connection:
            parking.wait_for_books(connection)
            add_person(connection, "P-1", phone=PHONE)
            coming = pool.submit(receive, salted, STOP, received_at=NOW)
            until_it_waits(salted, coming)
        receipt = coming.result(20)

    assert receipt.parked is False
    assert [(row.person_id, row.permission) for row in rows(salted, "consent")] == [("P-1", "withdrawn")]


def test_a_reply_that_comes_while_a_book_brings_its_writer_has_its_effect(salted: Engine) -> None:
    stop = IncomingReply(
        reply_id="twilio:reply:SM1", source="twilio", channel=Channel.SMS, address=PHONE, at=NOW, text="stop"
    )
    with ThreadPoolExecutor(1) as pool:
        with writing(salted) as connection:
            parking.wait_for_books(connection)
            add_person(connection, "P-1", phone=PHONE)
            coming = pool.submit(take_reply, salted, stop, load_replies(), received_at=NOW)
            until_it_waits(salted, coming)
        taken = coming.result(20)

    assert taken.parked is False
    assert [(row.person_id, row.permission) for row in rows(salted, "consent")] == [("P-1", "withdrawn")]
    assert [row.person_id for row in rows(salted, "reply")] == ["P-1"]


BEFORE_THE_BOOK = datetime(2026, 11, 21, 4, 59, 59, tzinfo=UTC)
"""The book's day begins at five in Greenwich."""


@pytest.mark.parametrize("book_first", [True, False])
@pytest.mark.parametrize(("at", "booked"), [(BEFORE_THE_BOOK, 0), (BEFORE_THE_BOOK + timedelta(seconds=1), 4_000)])
def test_what_moved_before_the_day_of_the_book_is_in_it_whichever_comes_first(
    salted: Engine, tmp_path: Path, book_first: bool, at: datetime, booked: int
) -> None:
    steps = [lambda: book(salted, tmp_path), lambda: receive(salted, payment("E-1", 4_000, at=at), received_at=NOW)]
    for step in steps if book_first else steps[::-1]:
        step()
    assert [one.balance_minor for one in rows(salted, "account")] == [OWED - booked]
    assert tasks(salted) in ({}, {"E-1": False})
    (event,) = rows(salted, "inbox_event")
    assert (event.parked_for, event.payload["counted"], event.signalled_at is None) == (None, not booked, bool(booked))
    assert receive(salted, payment("E-1", 4_000, at=at), received_at=NOW).duplicate


def test_a_payment_that_was_not_counted_is_booked_though_a_later_one_came_before_it(
    salted: Engine, tmp_path: Path
) -> None:
    book(salted, tmp_path)
    receive(salted, payment("E-2", 1_000, at=NOW + timedelta(minutes=30)), received_at=NOW)
    receive(salted, payment("E-1", 4_000, at=NOW), received_at=NOW)
    assert [one.balance_minor for one in rows(salted, "account")] == [OWED - 5_000]


def test_a_book_whose_day_has_not_begun_where_the_account_is_holds_nothing_that_moves_after_it(
    salted: Engine, tmp_path: Path
) -> None:
    came = datetime(2026, 11, 22, 1, tzinfo=UTC)
    path = write_book(tmp_path / "book.csv", row(as_of="2026-11-22"))
    import_book(salted, path, now=came)
    receive(salted, payment("E-1", 4_000, at=came - timedelta(seconds=1)), received_at=came)
    receive(salted, payment("E-2", 1_000, at=came), received_at=came)
    assert [one.balance_minor for one in rows(salted, "account")] == [OWED - 1_000]
