"""What agencies took and what they handed over of it: read for a comparison, and marked when it agrees."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from casedb.schema import agency_payment
from domain.placement.records import Record
from domain.placement.remittance import Stated, Taken


def taken_by(connection: Connection, agency: str) -> dict[tuple[str, str], Taken]:
    """Every payment and reversal of an agency, by its own identifier and type."""
    rows = connection.execute(select(agency_payment).where(agency_payment.c.agency == agency))
    found = [
        Taken(
            payment_id=row.payment_id,
            payment_type=row.payment_type,
            file_number=row.file_number,
            amount_minor=row.amount_minor,
            currency=row.currency,
            basis_points=row.commission_bp,
            remitted_in=row.remitted_in,
        )
        for row in rows
    ]
    return {each.key: each for each in found}


def due_until_last_of(connection: Connection, agency: str, stated: Sequence[Stated]) -> list[Taken]:
    """What was open up to the day of the newest payment that a remittance names: later ones may come with the next."""
    keys = {line.key for line in stated}
    days = [
        row.paid_on
        for row in connection.execute(select(agency_payment).where(agency_payment.c.agency == agency))
        if (row.payment_id, row.payment_type) in keys
    ]
    if not days:
        return []
    until = select(agency_payment.c.payment_id, agency_payment.c.payment_type).where(
        agency_payment.c.agency == agency, agency_payment.c.remitted_in == "", agency_payment.c.paid_on <= max(days)
    )
    everything = taken_by(connection, agency)
    return [
        everything[row.payment_id, row.payment_type]
        for row in connection.execute(until.order_by(agency_payment.c.paid_on, agency_payment.c.payment_id))
    ]


def mark_remitted(connection: Connection, agency: str, lines: Sequence[Stated], name: str, at: datetime) -> int:
    """Put on record what a file handed over; how many of the lines were new."""
    marked = 0
    for line in lines:
        changed = connection.execute(
            update(agency_payment)
            .where(
                agency_payment.c.agency == agency,
                agency_payment.c.payment_id == line.payment_id,
                agency_payment.c.payment_type == line.payment_type,
                agency_payment.c.remitted_in == "",
            )
            .values(
                remitted_in=name,
                commission_minor=line.commission_minor,
                remitted_minor=line.remitted_minor,
                remitted_at=at,
            )
        )
        marked += changed.rowcount
    return marked


def open_of(connection: Connection, agency: str) -> int:
    """How many payments an agency took and did not hand over yet."""
    wanted = select(func.count()).where(agency_payment.c.agency == agency, agency_payment.c.remitted_in == "")
    return int(connection.execute(wanted).scalar_one())


def stated_of(number: int, record: Record) -> Stated:
    """A line of a remittance in the words of the comparison."""
    return Stated(
        number=number,
        payment_id=record.text("payment_identifier"),
        payment_type=record.text("payment_type"),
        file_number=record.file_number,
        currency=record.currency,
        gross_minor=record.amount("gross"),
        commission_minor=record.amount("commission"),
        remitted_minor=record.amount("remitted"),
    )
