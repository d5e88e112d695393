"""What an agency has to hear of the accounts that it holds: found when its files are made, and told once each.

Payments that we took, disputes and complaints, accounts that were paid meanwhile, and recalls whose time to object is
over. What is found becomes a row of `agency_record`, whose key makes it once.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, func, or_, select

from casedb import placements
from casedb.placements import PlacementRecord
from casedb.schema import account, agency_record, hold, ledger_entry, placement
from domain.calendar import local_date
from domain.placement.agency import Agency
from domain.placement.files import amount_text
from domain.placement.life import Placement, PlacementStatus, RecallReason
from domain.placement.records import Record, RecordKind
from domain.vocabulary import HoldKind, LedgerKind

TITLE, DATA = "title", "data"
_PAID_BY = {
    LedgerKind.PAYMENT: "PC",
    LedgerKind.REVERSAL: "PCR",
    LedgerKind.CREDIT: "DA",
    LedgerKind.WAIVER: "DA",
    LedgerKind.WRITE_OFF: "DA",
}
"""How a movement of the ledger is called to an agency; what adds to the balance by itself is DAR."""
_TOLD_OPEN = (
    select(placement)
    .where(
        placement.c.agency == bindparam("agency"),
        placement.c.told_at.is_not(None),
        placement.c.status.in_([status.value for status in PlacementStatus if status.is_open]),
    )
    .order_by(placement.c.file_number)
    .with_for_update()
)
_PENDING_UNTOLD = select(agency_record.c.record_id).where(
    agency_record.c.file_number == bindparam("number"),
    agency_record.c.kind == RecordKind.PENDING_RECALL.value,
    agency_record.c.file_name.is_(None),
)
_NEWS = (
    select(ledger_entry.c.entry_id)
    .where(
        ledger_entry.c.account_id == bindparam("account"),
        ledger_entry.c.version > bindparam("version"),
        func.substr(ledger_entry.c.entry_id, 1, func.length(bindparam("own", type_=String))) != bindparam("own"),
    )
    .order_by(ledger_entry.c.version)
)
_HOLDS = (
    select(hold.c.hold_id, hold.c.kind, hold.c.released_at)
    .join(account, account.c.person_id == hold.c.person_id)
    .where(
        account.c.account_id == bindparam("account"),
        or_(hold.c.account_id.is_(None), hold.c.account_id == bindparam("account")),
        hold.c.kind.in_([HoldKind.DISPUTE.value, HoldKind.COMPLAINT.value]),
        or_(hold.c.released_at.is_(None), hold.c.released_at >= bindparam("placed", type_=hold.c.released_at.type)),
    )
)
CLOSED = ":closed"
"""Ends the key of a dispute's or complaint's second record."""


def event_prefix(agency: str) -> str:
    """How the ids of an agency's own facts begin."""
    return f"agency:{agency}:"


def gather(connection: Connection, agency: Agency, at: datetime) -> None:
    """Put into the queue what the agency has to hear, and end the recalls whose time is over."""
    for row in connection.execute(_TOLD_OPEN, {"agency": agency.agency_id}).all():
        known = placements.record_of(row)
        zone, balance = connection.execute(
            select(account.c.zone, account.c.balance_minor).where(account.c.account_id == known.state.account_id)
        ).one()
        for kind, key in _news(connection, known, agency.agency_id):
            placements.queue(connection, known.file_number, agency.agency_id, kind, key=key, at=at)
        state = known.state
        if balance <= 0:
            state = placements.recall(connection, agency, known.file_number, RecallReason.PAID, at)
        today = local_date(at, zone)
        if state.is_final(today) and not _waits_to_be_told(connection, state):
            placements.save(connection, state.recalled(today))
            placements.queue(connection, known.file_number, agency.agency_id, RecordKind.FINAL_RECALL, at=at)


def _waits_to_be_told(connection: Connection, state: Placement) -> bool:
    """The time to object begins when the agency hears of the recall, not before."""
    if state.recall_reason is not None and state.recall_reason.at_once:
        return False
    return connection.execute(_PENDING_UNTOLD, {"number": state.file_number}).first() is not None


def _news(connection: Connection, known: PlacementRecord, agency: str) -> Iterator[tuple[RecordKind, str]]:
    about = {"account": known.state.account_id}
    moved = about | {"version": known.placed_version, "own": event_prefix(agency)}
    for entry_id in connection.scalars(_NEWS, moved).all():
        yield RecordKind.DIRECT_PAYMENT, entry_id
    for row in connection.execute(_HOLDS, about | {"placed": known.placed_at}).all():
        kind = RecordKind.DISPUTE if row.kind == HoldKind.DISPUTE.value else RecordKind.COMPLAINT
        yield kind, row.hold_id
        if row.released_at is not None:
            yield kind, row.hold_id + CLOSED


def payment_record(connection: Connection, known: PlacementRecord, entry_id: str, zone: str) -> Record:
    """A movement of our ledger as the agency reads it."""
    entry = connection.execute(select(ledger_entry).where(ledger_entry.c.entry_id == entry_id)).one()
    return _of(
        known,
        RecordKind.DIRECT_PAYMENT,
        amount=abs(entry.amount_minor),
        payment_date=local_date(entry.at, zone),
        batch_type=_PAID_BY.get(LedgerKind(entry.kind), "DAR"),
        payment_identifier=f"L{entry.version}",
    )


def hold_record(connection: Connection, known: PlacementRecord, kind: RecordKind, key: str, zone: str) -> Record:
    """A dispute or a complaint: that it stands, and since when; never what the person said."""
    row = connection.execute(select(hold).where(hold.c.hold_id == key.removesuffix(CLOSED))).one()
    closed = local_date(row.released_at, zone) if key.endswith(CLOSED) else None
    values: dict[str, Any] = {"id": _number(row.hold_id), "date_received": local_date(row.starts_at, zone)}
    if kind is RecordKind.DISPUTE:
        return _of(known, kind, **values, type_code="DISPUTE", type="disputed", date_closed=closed)
    return _of(known, kind, **values, category="complaint", date_closed=closed)


def recall_record(known: PlacementRecord, kind: RecordKind) -> Record:
    """A recall, pending or final."""
    reason = known.state.recall_reason
    return _of(known, kind, recall_reason=reason.value if reason else "", objection_date=known.state.objected_on)


def extra_records(known: PlacementRecord, told: dict[str, str]) -> list[Record]:
    """What the fixed-width account record has no column for, a title and a value each."""
    return [_of(known, RecordKind.EXTRA, **{TITLE: title, DATA: value}) for title, value in told.items() if value] + [
        _of(known, RecordKind.EXTRA, **{TITLE: "TOTAL", DATA: amount_text(known.total_minor, known.currency)})
    ]


def _of(known: PlacementRecord, kind: RecordKind, **values: Any) -> Record:
    head: dict[str, Any] = {
        "file_number": known.file_number,
        "account": known.state.account_id,
        "currency": known.currency,
    }
    return Record(kind, head | values)


def _number(text: str) -> int:
    """Nine digits that tell one hold of an account from another, as the layout wants a number."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:7], 16) + 1
