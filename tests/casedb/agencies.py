"""Accounts with an agency, and files as the agency would send them, for tests of the case database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from casedb import placements, schema
from casedb.agency_export import Exported, export
from casedb.agency_intake import Intake, take_file
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.placements import PlacementOrder, PlacementRecord
from config.agencies import load_agencies
from domain.placement.agency import FileForm
from domain.placement.csv_file import read_csv, write_csv
from domain.placement.files import Envelope
from domain.placement.fixed_file import write_fixed
from domain.placement.records import Record, RecordKind, kind_of_file
from domain.vocabulary import HoldKind
from tests.casedb.debts import add_debt

AGENCIES = load_agencies()
NORTHGATE, HARBOUR = AGENCIES["northgate"], AGENCIES["harbour"]
NOW = datetime(2027, 5, 4, 15, tzinfo=UTC)
"""121 days after the amount of `add_debt` fell due."""
DAY = timedelta(days=1)
ITEMS = {"charge": 10_000, "interest": 250, "fee": 500, "payment": -750}


def add_owing(engine: Engine, account_id: str = "A-1", **changed: Any) -> str:
    """An account that owes 100 dollars: 107.50 were charged and 7.50 paid."""
    values: dict[str, Any] = {"ledger": ITEMS} | changed
    return add_debt(engine, account_id, **values)


def place(engine: Engine, account_id: str = "A-1", agency: Any = HARBOUR, *, key: str = "") -> PlacementRecord:
    """Put the account into the agency's queue."""
    order = PlacementOrder(key=key or f"{account_id}-1/place", account_id=account_id, case_id=None, at=NOW)
    with writing(engine) as connection:
        return placements.place(connection, agency, order)


def send(engine: Engine, agency: Any = HARBOUR, at: datetime = NOW, form: FileForm | None = None) -> Exported:
    """Make the agency's files."""
    with writing(engine) as connection:
        return export(connection, agency, form or agency.form, at)


def placed_and_told(engine: Engine, account_id: str = "A-1", agency: Any = HARBOUR) -> PlacementRecord:
    """An account that the agency has heard of."""
    add_owing(engine, account_id)
    place(engine, account_id, agency)
    send(engine, agency)
    [known] = placements_of(engine, account_id)
    return known


def placements_of(engine: Engine, account_id: str = "A-1") -> list[PlacementRecord]:
    """What stands on record."""
    with reading(engine) as connection:
        return placements.of_account(connection, account_id)


def record(kind: RecordKind, known: PlacementRecord, **values: Any) -> Record:
    """A record of the agency's about a placement."""
    head = {"file_number": known.file_number, "account": known.state.account_id, "currency": known.currency}
    return Record(kind, head | values)


def payment(known: PlacementRecord, payment_id: str = "P1", amount: int = 2_500, **changed: Any) -> Record:
    """Money that the agency took yesterday."""
    values: dict[str, Any] = {
        "amount": amount,
        "payment_date": (NOW - DAY).date(),
        "payment_type": "PA",
        "payment_identifier": payment_id,
    }
    return record(RecordKind.PAYMENT, known, **(values | changed))


def file_of(*records: Record, agency: Any = HARBOUR, on: date | None = None) -> bytes:
    """The agency's file of these records, in its form."""
    envelope = Envelope(agency=agency.agency_id, agency_name=agency.name, created=on or NOW.date())
    if agency.form is FileForm.FIXED:
        return write_fixed(kind_of_file(records[0].kind), records, envelope, agency.currencies[0])
    return write_csv(records[0].kind, records, envelope)


def take(engine: Engine, *records: Record, agency: Any = HARBOUR, at: datetime = NOW) -> Intake:
    """Take the agency's file in."""
    return take_file(engine, AGENCIES, "inbound", file_of(*records, agency=agency), at)


def pay_us(engine: Engine, amount: int, event_id: str = "pay-1", account_id: str = "A-1") -> None:
    """Money that came to us and not to the agency."""
    fact = InboundFact(
        event_id=event_id,
        source="ledger",
        kind=InboundKind.PAYMENT,
        at=NOW,
        account_id=account_id,
        amount_minor=amount,
        currency="USD",
    )
    receive(engine, fact, received_at=NOW)


def hold(engine: Engine, kind: HoldKind, account_id: str = "A-1", *, released: bool = False) -> None:
    """A hold that we placed, or its end."""
    told = InboundKind.HOLD_RELEASED if released else InboundKind.HOLD_PLACED
    fact = InboundFact(
        event_id=f"{told}:{kind}",
        source="console",
        kind=told,
        at=NOW + (DAY if released else timedelta()),
        account_id=account_id,
        hold_id=f"H-{kind}",
        hold_kind=kind,
        owner="care",
    )
    receive(engine, fact, received_at=NOW)


def kinds_of(made: Exported) -> list[str]:
    """The type of each record of CSV files, in their order."""
    return [line.record.kind.value for file in made.files for line in read_csv(file.data).lines]


def rows(engine: Engine, table: str) -> list[Any]:
    """Every row of a table."""
    found = getattr(schema, table)
    with reading(engine) as connection:
        return list(connection.execute(select(found).order_by(next(iter(found.c)))))
