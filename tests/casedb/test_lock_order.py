"""People are locked in one order by everybody, so that nobody waits in a circle; PostgreSQL alone can show it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text

from casedb.book import import_book
from casedb.engine import open_engine, reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.schema import consent, contact_point
from domain.vocabulary import Channel
from tests.casedb.books import row, write_book
from tests.casedb.people import add_person

pytestmark = pytest.mark.timeout(60)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SHARED, MAILBOX = "+14045550102", "wei@mail.example.com"
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """Two people with one telephone, the first with a mailbox that the book brings for the second as well."""
    made = open_engine(postgres_url, suppression_salt="salt")
    with writing(made) as connection:
        for person in ("P-1", "P-2"):
            add_person(connection, person, phone=SHARED)
        mailbox = {"contact_point_id": "P-1:email:1", "person_id": "P-1", "channel": "email", "address": MAILBOX}
        connection.execute(insert(contact_point).values(**mailbox, line_type="mailbox", preference=0))
    yield made
    made.dispose()


def no(event_id: str, channel: Channel, address: str) -> InboundFact:
    return InboundFact(
        event_id=event_id, source="test", kind=InboundKind.OPT_OUT, at=NOW, channel=channel, address=address
    )


def until_somebody_waits(engine: Engine) -> None:
    deadline = monotonic() + 20
    while monotonic() < deadline:
        with reading(engine) as connection:
            if connection.scalar(WAITING):
                return
    raise AssertionError("nobody waits for a lock")


def test_a_no_from_a_shared_telephone_and_a_book_under_way_do_not_wait_for_each_other(
    engine: Engine, tmp_path: Path
) -> None:
    assert receive(engine, no("parked", Channel.EMAIL, MAILBOX.upper()), received_at=NOW).parked
    book = write_book(tmp_path / "book.csv", row(account_id="A-2", person_id="P-2", phone=SHARED, email=MAILBOX))
    wakes = Event()

    def pause(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """The book has its people and is about to wake what is parked."""
        if "SKIP LOCKED" in statement and not wakes.is_set():
            wakes.set()
            until_somebody_waits(engine)

    event.listen(engine, "before_cursor_execute", pause)
    with ThreadPoolExecutor(2) as pool:
        importing = pool.submit(import_book, engine, book, now=NOW + timedelta(hours=1))
        assert wakes.wait(20)
        stopping = pool.submit(receive, engine, no("stop", Channel.SMS, SHARED), received_at=NOW)
        assert importing.result(30).accepted == 1
        assert stopping.result(30).parked is False

    with reading(engine) as connection:
        said = connection.execute(select(consent.c.person_id, consent.c.channel).order_by(consent.c.consent_id)).all()
    assert sorted(set(map(tuple, said))) == [("P-1", "email"), ("P-1", "sms"), ("P-2", "email"), ("P-2", "sms")]
