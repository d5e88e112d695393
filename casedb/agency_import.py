"""What an agency tells us, line by line: each in a transaction of its own, with all that follows from it, once.

Money goes through the inbox, so that the case is told as of any other payment. A death or an insolvency places its
hold, and a dispute opens one, in the very transaction that ends or marks the placement.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb import placements
from casedb.agency_gathering import event_prefix
from casedb.engine import lock_person, writing
from casedb.inbox import InboundFact, InboundKind, take
from casedb.placements import PlacementRecord
from casedb.schema import account, agency_payment, contact_point, person, placement
from domain.calendar import local_date, start_of_day
from domain.errors import InvalidInput
from domain.placement.agency import Agency
from domain.placement.life import RecallReason
from domain.placement.records import Record, RecordKind
from domain.vocabulary import Channel, HoldKind, LineType

OWNER = "care"
"""Who looks after the holds that an agency's word places."""
REVIEW_AFTER = timedelta(days=30)
_LONGEST_ID = 64
_HOLD_OF = {"BKP": HoldKind.BANKRUPTCY, "DEC": HoldKind.DECEASED}
_TAKE: dict[str, Any] = {
    name: dialect.insert(agency_payment).on_conflict_do_nothing(index_elements=["agency", "payment_id", "payment_type"])
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


@dataclass(frozen=True, slots=True)
class Told:
    """A line in the transaction that gives it its effect."""

    connection: Connection
    agency: Agency
    placed: PlacementRecord
    record: Record
    person_id: str
    zone: str
    now: datetime

    def day(self, name: str) -> date:
        """A date of the record, which may not lie in the future of the account's calendar."""
        on = self.record.day(name)
        if on is None:
            raise InvalidInput(f"{name}: is missing", field=name)
        if on > local_date(self.now, self.zone):
            raise InvalidInput(f"{name}: lies in the future", field=name)
        return on

    def event_id(self, *parts: object) -> str:
        """The id under which a fact of this line counts once."""
        return event_prefix(self.agency.agency_id) + ":".join(map(str, parts))

    def take(self, kind: InboundKind, event_id: str, at: datetime, **stated: Any) -> bool:
        """Give a fact its effect; whether it is new. Raises InvalidInput when the id stands for something else."""
        fact = InboundFact(event_id=event_id, source=f"agency:{self.agency.agency_id}", kind=kind, at=at, **stated)
        receipt = take(self.connection, fact, self.now)
        first = receipt.fact
        if (first.kind, first.account_id, first.amount_minor, first.currency, first.at) != (
            fact.kind,
            fact.account_id,
            fact.amount_minor,
            fact.currency,
            fact.at,
        ):
            raise InvalidInput("stands for another amount, day or account already: use an id of its own")
        return not receipt.duplicate


def apply(engine: Engine, agency: Agency, record: Record, now: datetime) -> bool:
    """Give one line its effect, in one transaction; whether anything was new.

    Raises InvalidInput, NotKnown or IllegalTransition, and changes nothing, when the line cannot be true.
    """
    with writing(engine) as connection:
        placed = placements.get(connection, record.file_number)
        if placed.state.agency != agency.agency_id:
            raise InvalidInput(f"file number {record.file_number} is not with agency {agency.agency_id}")
        if record.text("account") and record.text("account") != placed.state.account_id:
            raise InvalidInput(f"account: is not the one of file number {record.file_number}", field="account")
        row = connection.execute(
            select(account.c.person_id, account.c.zone).where(account.c.account_id == placed.state.account_id)
        ).one()
        lock_person(connection, row.person_id)
        placed = placements.get(connection, record.file_number, lock=True)
        told = Told(connection, agency, placed, record, row.person_id, row.zone, now)
        return _EFFECTS[record.kind](told)


def _payment(told: Told) -> bool:
    record = told.record
    kind, payment_id = record.text("payment_type"), record.text("payment_identifier")
    if len(payment_id) > _LONGEST_ID:
        raise InvalidInput(f"payment_identifier: is longer than {_LONGEST_ID}", field="payment_identifier")
    if kind == "PAR" and not _is_known(told, payment_id):
        raise InvalidInput("payment_type: reverses a payment that was not taken before", field="payment_type")
    paid_on = told.day("payment_date")
    new = told.take(
        InboundKind.PAYMENT if kind == "PA" else InboundKind.REVERSAL,
        told.event_id(kind, payment_id),
        start_of_day(paid_on, told.zone),
        account_id=told.placed.state.account_id,
        amount_minor=record.amount("amount"),
        currency=record.currency,
    )
    row = {
        "agency": told.agency.agency_id,
        "payment_id": payment_id,
        "payment_type": kind,
        "file_number": told.placed.file_number,
        "amount_minor": record.amount("amount"),
        "currency": record.currency,
        "paid_on": paid_on,
        "commission_bp": told.placed.commission_bp,
        "remitted_in": "",
    }
    told.connection.execute(_TAKE[told.connection.dialect.name], row)
    return new


def _is_known(told: Told, payment_id: str) -> bool:
    known = select(agency_payment.c.amount_minor).where(
        agency_payment.c.agency == told.agency.agency_id,
        agency_payment.c.payment_id == payment_id,
        agency_payment.c.payment_type == "PA",
        agency_payment.c.amount_minor == told.record.amount("amount"),
    )
    return told.connection.execute(known).first() is not None


def _objection(told: Told) -> bool:
    """Once per recall and day; the day of the objection is the agency's word."""
    on = told.day("objection_date")
    if told.placed.state.objected_on == on:
        return False
    placements.save(told.connection, told.placed.state.objected(on, told.agency))
    told.connection.execute(
        update(placement)
        .where(placement.c.file_number == told.placed.file_number)
        .values(objection_code=told.record.text("objection_reason_code"))
    )
    return True


def _deceased(told: Told) -> bool:
    on = told.day("date_of_death")
    new = _hold(told, HoldKind.DECEASED, on)
    before = told.placed.state
    after = placements.recall(told.connection, told.agency, told.placed.file_number, RecallReason.DECEASED, told.now)
    return new or before != after


def _closed(told: Told) -> bool:
    on, code = told.day("close_date"), told.record.text("close_code")
    if (told.placed.state.close_code, told.placed.state.closed_on) == (code, on):
        return False
    returned = told.placed.state.returned(code, on)
    if code in _HOLD_OF:
        _hold(told, _HOLD_OF[code], on)
    if code == "DIS":
        _open_dispute(told, f"close:{told.placed.file_number}", on)
    placements.save(told.connection, returned)
    return True


def _disputed(told: Told) -> bool:
    return _open_dispute(
        told, f"dispute:{told.placed.file_number}:{told.record.amount('id')}", told.day("date_received")
    )


def _open_dispute(told: Told, key: str, on: date) -> bool:
    return told.take(
        InboundKind.DISPUTE,
        told.event_id(key),
        start_of_day(on, told.zone),
        account_id=told.placed.state.account_id,
        owner=OWNER,
        reason="the agency says that it is disputed",
        evidence=f"file number {told.placed.file_number}",
    )


def _hold(told: Told, kind: HoldKind, on: date) -> bool:
    """On the person with every account, since a death or an insolvency is not of one account."""
    hold_id = told.event_id(kind.value, told.person_id, on.isoformat())
    return told.take(
        InboundKind.HOLD_PLACED,
        hold_id,
        start_of_day(on, told.zone),
        person_id=told.person_id,
        hold_id=hold_id,
        hold_kind=kind,
        owner=OWNER,
        reason="the agency says so",
        review_at=told.now + REVIEW_AFTER,
        evidence=f"file number {told.placed.file_number}",
    )


def _address(told: Told) -> bool:
    """The new address is tried before the others, which stay: the agency may be wrong."""
    told.day("date_updated")
    if told.connection.execute(select(person.c.erased_at).where(person.c.person_id == told.person_id)).scalar_one():
        raise InvalidInput("its person was erased: no address is kept")
    record = told.record
    place = " ".join(filter(None, (record.text("new_city"), record.text("new_state"), record.text("new_zipcode"))))
    address = "\n".join(filter(None, (record.text("new_street1"), record.text("new_street2"), place)))
    points = contact_point.c.person_id == told.person_id, contact_point.c.channel == Channel.LETTER.value
    known = told.connection.execute(
        select(contact_point.c.address, contact_point.c.preference).where(*points).order_by(contact_point.c.preference)
    ).all()
    if any(row.address == address for row in known):
        return False
    digest = hashlib.sha256(address.encode()).hexdigest()[:12]
    told.connection.execute(
        insert(contact_point).values(
            contact_point_id=f"{told.person_id}:letter:{digest}",
            person_id=told.person_id,
            channel=Channel.LETTER.value,
            address=address,
            line_type=LineType.UNKNOWN.value,
            preference=(known[0].preference if known else 0) - 1,
        )
    )
    return True


_EFFECTS: dict[RecordKind, Callable[[Told], bool]] = {
    RecordKind.PAYMENT: _payment,
    RecordKind.OBJECTION: _objection,
    RecordKind.DECEASED: _deceased,
    RecordKind.CLOSED: _closed,
    RecordKind.DISPUTED: _disputed,
    RecordKind.ADDRESS: _address,
}
