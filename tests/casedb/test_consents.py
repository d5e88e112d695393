"""The consent ledger: of what was said the latest counts, a permission may end by itself, a withdrawal never."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, select

from casedb import schema
from casedb.consents import EXPIRED, latest_permission, statements_of
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, unsignalled
from casedb.snapshot import read_snapshot
from domain.errors import InvalidInput
from domain.events import ContactAllowed
from domain.vocabulary import Channel
from tests.casedb.people import NOW, add_account, add_person

PHONE, POINT = "+12125550142", "P-1:sms:1"
HOUR = timedelta(hours=1)
IN, OUT = InboundKind.OPT_IN, InboundKind.OPT_OUT


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    """A person with a phone and an account."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1")
    return any_engine


def say(engine: Engine, kind: InboundKind, hours: int, **stated: Any) -> Receipt:
    """The person says yes or no to SMS, so many hours from now."""
    fact = InboundFact(
        event_id=f"E-{kind.value}-{hours}", source="form", kind=kind, channel=Channel.SMS, person_id="P-1",
        at=NOW + hours * HOUR, **stated,
    )  # fmt: skip
    return receive(engine, fact, received_at=NOW)


def in_force(engine: Engine, at: datetime = NOW + timedelta(days=1)) -> tuple[str | None, str | None]:
    """What counts for the channel, and for the address, as a column of a larger select."""
    point, instant = schema.contact_point, bindparam("now", type_=schema.consent.c.at.type)
    wanted = select(
        latest_permission(point.c.person_id, point.c.channel, "", instant),
        latest_permission(point.c.person_id, point.c.channel, point.c.address, instant),
    )
    with reading(engine) as connection:
        one, other = connection.execute(wanted, {"now": at}).one()
    return one, other


def test_the_latest_statement_counts_in_whatever_order_they_arrive(engine: Engine) -> None:
    assert in_force(engine) == (None, None)
    say(engine, OUT, 2)
    say(engine, IN, 1)
    assert in_force(engine) == ("withdrawn", None)
    say(engine, IN, 3, contact_point_id=POINT)
    assert in_force(engine) == ("withdrawn", "given")
    say(engine, IN, 4)
    assert in_force(engine) == ("given", "given")


def test_a_permission_ends_by_itself_at_its_instant(engine: Engine) -> None:
    say(engine, IN, 0, ends_at=NOW + 2 * HOUR)
    assert in_force(engine, NOW + 2 * HOUR - timedelta(microseconds=1)) == ("given", None)
    assert in_force(engine, NOW + 2 * HOUR) == (EXPIRED, None)


def test_a_withdrawal_is_read_at_once_and_the_running_cases_are_to_be_told(engine: Engine) -> None:
    receipt = say(engine, OUT, 0)
    assert receipt.account_ids == ("A-1",)
    assert [each.event_id for each in unsignalled(engine, NOW, 9)] == [receipt.event_id]
    with reading(engine) as connection:
        assert read_snapshot(connection, "A-1", "", "", NOW, lock=False).points[0].opted_out


def test_a_permission_for_a_channel_is_told_as_an_opt_out_of_it_may_have_been(engine: Engine) -> None:
    receipt = say(engine, IN, 0)
    assert receipt.account_ids
    assert receipt.event() == ContactAllowed(event_id=receipt.event_id, at=receipt.at, channel=Channel.SMS)


def test_a_word_about_one_address_is_read_afresh_and_told_to_nobody(engine: Engine) -> None:
    for receipt in (say(engine, IN, 0, contact_point_id=POINT), say(engine, OUT, 1, contact_point_id=POINT)):
        assert (receipt.account_ids, receipt.event(), receipt.parked) == ((), None, False)
    assert unsignalled(engine, NOW, 9) == []


def test_the_same_statement_twice_is_once(engine: Engine) -> None:
    say(engine, IN, 0, evidence="form-7")
    assert say(engine, IN, 0, evidence="form-7").duplicate
    with reading(engine) as connection:
        [statement] = statements_of(connection, "P-1")
    assert (statement.evidence, statement.source, statement.whole_channel) == ("form-7", "form", True)


def test_the_ledger_names_an_address_by_its_id_and_never_stores_it_with_the_fact(engine: Engine) -> None:
    say(engine, OUT, 0, contact_point_id=POINT, evidence="SM-1")
    with reading(engine) as connection:
        [statement] = statements_of(connection, "P-1")
        stored = connection.execute(select(schema.inbox_event)).one()
    assert (statement.contact_point_id, statement.whole_channel) == (POINT, False)
    assert PHONE not in str(statement) + str(stored)


@pytest.mark.parametrize(
    ("kind", "stated", "says"),
    [
        (OUT, {"ends_at": NOW + HOUR}, "only a permission ends"),
        (IN, {"ends_at": NOW - HOUR}, "after it began"),
        (OUT, {"contact_point_id": "P-9:sms:1"}, "is no sms address of person P-1"),
        (IN, {"channel": Channel.EMAIL, "contact_point_id": POINT}, "is no email address of person P-1"),
        (IN, {"person_id": None, "address": PHONE}, "must say whose it is"),
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(
    engine: Engine, kind: InboundKind, stated: dict[str, Any], says: str
) -> None:
    told: dict[str, Any] = {"channel": Channel.SMS, "person_id": "P-1"} | stated
    with pytest.raises(InvalidInput, match=says):
        receive(engine, InboundFact(event_id="E", source="form", kind=kind, at=NOW, **told), received_at=NOW)
    with reading(engine) as connection:
        assert connection.execute(select(schema.inbox_event)).all() == []
