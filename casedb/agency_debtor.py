"""What an agency is told of who owes and how much: read at the moment of the export, and kept in no table of ours.

The placement's row has ids and amounts alone; name, address and numbers come from the person, with what the person
said about each channel, so that a no to us is a no to the agency as well.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from casedb.placements import PlacementRecord, forbidding
from casedb.schema import furnishing_subject, ledger_entry
from casedb.snapshot import Point, Snapshot
from domain.calendar import local_date
from domain.placement.records import Record, RecordKind
from domain.vocabulary import Channel, HoldKind, LedgerKind

ADDRESS_LINES = 5
DELINQUENT_AFTER = timedelta(days=30)
_FLAGS = {
    "dispute": HoldKind.DISPUTE,
    "deceased": HoldKind.DECEASED,
    "bankruptcy": HoldKind.BANKRUPTCY,
    "attorney": HoldKind.ATTORNEY,
    "cease": HoldKind.CEASE,
}
_ITEMS = {
    "itemized_interest": ((LedgerKind.INTEREST,), 1),
    "itemized_fees": ((LedgerKind.FEE,), 1),
    "itemized_payments": ((LedgerKind.PAYMENT, LedgerKind.REVERSAL), -1),
    "itemized_credits": ((LedgerKind.CREDIT, LedgerKind.WAIVER, LedgerKind.WRITE_OFF), -1),
}


def placeable_problem(snapshot: Snapshot, at: datetime) -> str:
    """Why an account that is about to be told may not be placed after all; empty when it may."""
    if snapshot.balance_minor <= 0:
        return "nothing is owed any more: it is not told to the agency"
    if not snapshot.full_name:
        return "its person was erased: it is not told to the agency"
    reasons = [reason.name.lower() for reason in forbidding(snapshot, at)]
    return f"a hold stands ({', '.join(reasons)}): it is not told to the agency" if reasons else ""


def account_record(connection: Connection, known: PlacementRecord, snapshot: Snapshot, at: datetime) -> Record:
    """The account as either form tells it."""
    zone = snapshot.zone
    entries = connection.execute(
        select(ledger_entry.c.kind, ledger_entry.c.amount_minor, ledger_entry.c.at).where(
            ledger_entry.c.account_id == known.state.account_id
        )
    ).all()
    last_paid = _last(entries, LedgerKind.PAYMENT, zone)
    last_charge = _last(entries, LedgerKind.CHARGE, zone)
    itemized_on, itemized_by = (last_paid, "last_payment") if last_paid else (last_charge, "transaction")
    opened = connection.execute(
        select(furnishing_subject.c.opened_on).where(furnishing_subject.c.account_id == known.state.account_id)
    ).scalar_one_or_none()
    values: dict[str, Any] = {
        "placement_id": f"{known.state.account_id}/{known.file_number}",
        "file_number": known.file_number,
        "account": known.state.account_id,
        "creditor": snapshot.creditor,
        "original_creditor": snapshot.creditor,
        "principal": known.principal_minor,
        "interest": known.interest_minor,
        "fees": known.fees_minor,
        "total": known.total_minor,
        "currency": known.currency,
        "opened": opened,
        "last_charge": last_charge,
        "last_paid": last_paid,
        "dofd": _first_delinquent(known),
        "itemization_date": itemized_on,
        "itemization_type": itemized_by if itemized_on else None,
        "commission_rate": known.commission_bp,
        "recall_date": known.state.recall_on,
    }
    values |= {name: _since(entries, kinds, sign, itemized_on, zone) for name, (kinds, sign) in _ITEMS.items()}
    return Record(RecordKind.ACCOUNT, values | _person(snapshot, at))


def extras_of(snapshot: Snapshot, at: datetime) -> dict[str, str]:
    """The person for the fixed-width form, whose account record has no place for it; titles in capitals."""
    return {name.upper().replace("_", " "): value for name, value in _person(snapshot, at).items() if value}


def _person(snapshot: Snapshot, at: datetime) -> dict[str, str | None]:
    lines = next((each.address.split("\n") for each in _points(snapshot, Channel.LETTER)), [])
    phone = next(iter([*_points(snapshot, Channel.SMS), *_points(snapshot, Channel.VOICE)]), None)
    email = next(iter(_points(snapshot, Channel.EMAIL)), None)
    holds = {hold.kind for hold in snapshot.holds if hold.active_at(at)}
    addressed = {f"address_{number}": line for number, line in enumerate(lines[:ADDRESS_LINES], start=1)}
    return {
        "name": snapshot.full_name,
        **addressed,
        "phone": phone.address if phone else None,
        "phone_consent": _said(phone),
        "email": email.address if email else None,
        "email_consent": _said(email),
        "language": snapshot.locale,
        "time_zone": snapshot.zones[0] if snapshot.zones else snapshot.zone,
        **{name: "yes" if kind in holds else None for name, kind in _FLAGS.items()},
    }


def _first_delinquent(known: PlacementRecord) -> date | None:
    """Thirty days after the due date, once they have passed."""
    if known.due_on is None or known.days_past_due < DELINQUENT_AFTER.days:
        return None
    return known.due_on + DELINQUENT_AFTER


def _points(snapshot: Snapshot, channel: Channel) -> list[Point]:
    return [point for point in snapshot.points if point.channel is channel and point.deliverable]


def _said(point: Point | None) -> str | None:
    if point is None:
        return None
    if point.opted_out:
        return "withdrawn"
    return "given" if point.opted_in else "unknown"


def _last(entries: Any, kind: LedgerKind, zone: str) -> date | None:
    return max((local_date(row.at, zone) for row in entries if row.kind == kind.value), default=None)


def _since(entries: Any, kinds: tuple[LedgerKind, ...], sign: int, after: date | None, zone: str) -> int | None:
    """What such entries came to since the day of the itemization."""
    if after is None:
        return None
    wanted = {kind.value for kind in kinds}
    return sign * sum(
        int(row.amount_minor) for row in entries if row.kind in wanted and local_date(row.at, zone) > after
    )
