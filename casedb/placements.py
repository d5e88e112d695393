"""Accounts with agencies: placed once under an order's key, taken back once, and every step of it on record.

Whoever changes a placement holds the person's lock, as for the account: nothing is told while something is decided.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb.cases import obligations_of
from casedb.engine import lock_person
from casedb.ledger import find_account, items_of
from casedb.schema import account, agency_record, placement
from casedb.snapshot import Snapshot, read_snapshot
from domain.calendar import days_past_due, local_date
from domain.errors import InvalidInput, NotKnown, StepRefused
from domain.holds import pauses_of
from domain.obligations import earliest_unpaid
from domain.placement.agency import Agency
from domain.placement.life import Placement, PlacementStatus, RecallReason
from domain.placement.records import RecordKind
from domain.vocabulary import HoldKind

_OPEN = [status.value for status in PlacementStatus if status.is_open]
_FORBIDDING = {
    HoldKind.BANKRUPTCY: RecallReason.BANKRUPT,
    HoldKind.DECEASED: RecallReason.DECEASED,
    HoldKind.DISPUTE: RecallReason.DISPUTED,
}
"""Holds under which no account goes to an agency, in the order in which they name the reason of a recall."""
_QUEUE: dict[str, Any] = {
    name: dialect.insert(agency_record).on_conflict_do_nothing(index_elements=["file_number", "kind", "key"])
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_WHOSE = select(account.c.person_id, account.c.product).where(account.c.account_id == bindparam("account"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementOrder:
    """What is asked for; the same key again is the same placement."""

    key: str
    account_id: str
    case_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRecord:
    """A placement as its row stands; amounts in minor units."""

    state: Placement
    order_key: str
    case_id: str | None
    placed_at: datetime
    placed_version: int
    currency: str
    principal_minor: int
    interest_minor: int
    fees_minor: int
    product: str
    days_past_due: int
    due_on: date | None
    commission_bp: int
    told_at: datetime | None
    undo_key: str | None
    objection_code: str

    @property
    def total_minor(self) -> int:
        """What was placed in all."""
        return self.principal_minor + self.interest_minor + self.fees_minor

    @property
    def file_number(self) -> int:
        """By which both sides know it."""
        return self.state.file_number


def place(connection: Connection, agency: Agency, order: PlacementOrder) -> PlacementRecord:
    """Put an account into the queue of an agency, once. Raises StepRefused with the reason when it may not go there."""
    found = find_by_order(connection, order.key)
    if found is not None:
        return found
    lock_person(connection, _person_of(connection, order.account_id))
    snapshot = read_snapshot(connection, order.account_id, "", "", order.at, lock=False)
    standing = find_account(connection, order.account_id, lock=True)
    assert standing is not None, "its person was found through it"
    _require_placeable(connection, agency, snapshot, order)
    due_on = earliest_unpaid(obligations_of(connection, order.account_id), standing.balance_minor)
    late = days_past_due(due_on, order.at, snapshot.zone, pauses_of(snapshot.holds, due_on)) if due_on else 0
    principal, interest, fees = _divided(connection, order.account_id, standing.balance_minor, standing.currency)
    row = {
        "order_key": order.key,
        "account_id": order.account_id,
        "case_id": order.case_id,
        "agency": agency.agency_id,
        "status": PlacementStatus.PLACED.value,
        "placed_at": order.at,
        "placed_version": standing.version,
        "currency": standing.currency,
        "principal_minor": principal,
        "interest_minor": interest,
        "fees_minor": fees,
        "product": snapshot.product,
        "days_past_due": late,
        "due_on": due_on,
        "commission_bp": agency.basis_points(snapshot.product, late),
        "objections": 0,
        "objection_code": "",
        "close_code": "",
    }
    file_number = connection.execute(insert(placement).returning(placement.c.file_number), row).scalar_one()
    queue(connection, file_number, agency.agency_id, RecordKind.ACCOUNT, at=order.at)
    return get(connection, file_number)


def recall(connection: Connection, agency: Agency, file_number: int, reason: RecallReason, at: datetime) -> Placement:
    """Take a placement back: told as pending, final after the agency's time to object; again changes nothing."""
    known = get(connection, file_number, lock=True)
    today = local_date(at, _zone_of(connection, known.state.account_id))
    recalled = known.state.recall(reason, today, agency)
    if recalled != known.state:
        save(connection, recalled)
        if recalled.status is PlacementStatus.RECALL_PENDING and not reason.at_once:
            queue(connection, file_number, agency.agency_id, RecordKind.PENDING_RECALL, at=at)
    return recalled


def undo(connection: Connection, agency: Agency, order_key: str, undo_key: str, at: datetime) -> Placement:
    """Take back what was placed under an order, once; the reason is what stands on the account now."""
    known = find_by_order(connection, order_key)
    if known is None:
        raise NotKnown(f"nothing was placed under {order_key}: nothing is to be taken back")
    connection.execute(
        update(placement)
        .where(placement.c.file_number == known.file_number, placement.c.undo_key.is_(None))
        .values(undo_key=undo_key)
    )
    return recall(connection, agency, known.file_number, reason_of(connection, known.state.account_id, at), at)


def reason_of(connection: Connection, account_id: str, at: datetime) -> RecallReason:
    """Why an account is taken back, as it stands: paid, held for a reason that forbids it, or because we want to."""
    snapshot = read_snapshot(connection, account_id, "", "", at, lock=False)
    if snapshot.balance_minor <= 0:
        return RecallReason.PAID
    return next(iter(forbidding(snapshot, at)), RecallReason.CREDITOR)


def forbidding(snapshot: Snapshot, at: datetime) -> list[RecallReason]:
    """Every hold in force under which no agency may collect."""
    kinds = {hold.kind for hold in snapshot.holds if hold.active_at(at) and hold.obligation_due_on is None}
    return [reason for kind, reason in _FORBIDDING.items() if kind in kinds]


def queue(connection: Connection, number: int, agency: str, kind: RecordKind, *, at: datetime, key: str = "") -> None:
    """Tell the agency with its next file; the same record is told once."""
    row = {"file_number": number, "agency": agency, "kind": kind.value, "key": key, "queued_at": at, "file_name": None}
    connection.execute(_QUEUE[connection.dialect.name], row)


def save(connection: Connection, state: Placement) -> None:
    """Write what became of a placement."""
    connection.execute(
        update(placement)
        .where(placement.c.file_number == state.file_number)
        .values(
            status=state.status.value,
            recall_reason=state.recall_reason.value if state.recall_reason else None,
            recall_on=state.recall_on,
            objections=state.objections,
            objected_on=state.objected_on,
            closed_on=state.closed_on,
            close_code=state.close_code,
        )
    )


def find_by_order(connection: Connection, order_key: str) -> PlacementRecord | None:
    """What was placed under an order, if anything was."""
    row = connection.execute(select(placement).where(placement.c.order_key == order_key)).first()
    return record_of(row) if row else None


def get(connection: Connection, file_number: int, *, lock: bool = False) -> PlacementRecord:
    """The placement of that number; `lock` keeps others from changing it, after the person's lock. Raises NotKnown."""
    wanted = select(placement).where(placement.c.file_number == file_number)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotKnown(f"file number {file_number} is not known: python starter.py placement list shows them")
    return record_of(row)


def of_account(connection: Connection, account_id: str, *, open_only: bool = False) -> list[PlacementRecord]:
    """The placements of an account, the newest first."""
    wanted = select(placement).where(placement.c.account_id == account_id).order_by(placement.c.file_number.desc())
    if open_only:
        wanted = wanted.where(placement.c.status.in_(_OPEN))
    return [record_of(row) for row in connection.execute(wanted)]


def listed(connection: Connection, *, agency: str | None, everything: bool, limit: int) -> list[PlacementRecord]:
    """Placements by their number; those that are over only if `everything` is asked for."""
    wanted = select(placement).order_by(placement.c.file_number).limit(limit)
    if agency is not None:
        wanted = wanted.where(placement.c.agency == agency)
    if not everything:
        wanted = wanted.where(placement.c.status.in_(_OPEN))
    return [record_of(row) for row in connection.execute(wanted)]


def record_of(row: Any) -> PlacementRecord:
    """A row in our words."""
    state = Placement(
        file_number=row.file_number,
        account_id=row.account_id,
        agency=row.agency,
        status=PlacementStatus(row.status),
        told=row.told_at is not None,
        recall_reason=RecallReason(row.recall_reason) if row.recall_reason else None,
        recall_on=row.recall_on,
        objections=row.objections,
        objected_on=row.objected_on,
        closed_on=row.closed_on,
        close_code=row.close_code,
    )
    own = {name: getattr(row, name) for name in PlacementRecord.__dataclass_fields__ if name != "state"}
    return PlacementRecord(state=state, **own)


def _person_of(connection: Connection, account_id: str) -> str:
    row = connection.execute(_WHOSE, {"account": account_id}).first()
    if row is None:
        raise NotKnown(f"account {account_id} is not in the case database: import its book first")
    return str(row.person_id)


def _zone_of(connection: Connection, account_id: str) -> str:
    return str(connection.execute(select(account.c.zone).where(account.c.account_id == account_id)).scalar_one())


def _require_placeable(connection: Connection, agency: Agency, snapshot: Snapshot, order: PlacementOrder) -> None:
    account_id = order.account_id
    if snapshot.balance_minor <= 0:
        raise StepRefused(f"account {account_id} owes nothing: it is not placed with an agency")
    if snapshot.currency not in agency.currencies:
        taken = ", ".join(agency.currencies)
        raise StepRefused(f"account {account_id} is in {snapshot.currency}, agency {agency.agency_id} takes {taken}")
    reasons = forbidding(snapshot, order.at)
    if reasons:
        told = ", ".join(reason.name.lower() for reason in reasons)
        raise StepRefused(f"account {account_id} is {told}: no agency may collect it while that hold stands")
    already = of_account(connection, account_id, open_only=True)
    if already:
        raise StepRefused(
            f"account {account_id} is with agency {already[0].state.agency} as file number {already[0].file_number}: "
            "recall it first"
        )


def _divided(connection: Connection, account_id: str, balance_minor: int, currency: str) -> tuple[int, int, int]:
    """Principal, interest and fees of what is still owed: money covers the principal first, then the interest."""
    items = items_of(connection, account_id, currency)
    if items is None:
        raise InvalidInput(f"account {account_id} has no ledger: what is owed could not be told to an agency")
    fees = max(0, min(balance_minor, items.fees.amount_minor))
    interest = max(0, min(balance_minor - fees, items.interest.amount_minor))
    return balance_minor - fees - interest, interest, fees
