"""Accounts that the bureaus may hear of, and months of their files, for tests of the case database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select

from casedb import furnishing, schema
from casedb.engine import reading, writing
from casedb.furnishing import FurnishingOrder, FurnishingRecord
from casedb.furnishing_export import MonthFile, export_month
from config.furnishing import load_furnishing
from domain.fixed_width import Value, read_record
from domain.furnishing.layouts import BASE
from tests.casedb.debts import add_debt

RULES = load_furnishing()
DUE = date(2027, 1, 3)
BEGUN = datetime(2027, 4, 10, 15, tzinfo=UTC)
"""97 days after it fell due, 40 after the notice."""
NOTICE = BEGUN - timedelta(days=40)
DAY = timedelta(days=1)
SUBJECT: dict[str, Any] = {
    "surname": "Okafor",
    "first_name": "Denise",
    "born_on": date(1990, 4, 12),
    "address_1": "12 Sample Street",
    "city": "Atlanta",
    "state": "GA",
    "zip": "30303",
    "opened_on": date(2025, 2, 1),
    "highest_credit_minor": 50_099,
    "stated_at": BEGUN,
}


def add_furnishable(engine: Engine, account_id: str = "A-1", *, notice: bool = True, **changed: Any) -> str:
    """An account of 100 dollars whose person was told beforehand."""
    add_debt(engine, account_id, **changed)
    with writing(engine) as connection:
        connection.execute(insert(schema.furnishing_subject), SUBJECT | {"account_id": account_id})
        if notice:
            furnishing.told_by_letter(connection, account_id, NOTICE, "letter-7", "dana")
    return account_id


def begin(engine: Engine, account_id: str = "A-1", at: datetime = BEGUN, key: str = "") -> FurnishingRecord:
    """Let the bureaus hear of it."""
    order = FurnishingOrder(key=key or f"{account_id}-1/furnish", account_id=account_id, case_id=None, at=at)
    with writing(engine) as connection:
        return furnishing.begin(connection, RULES, order)


def undo(engine: Engine, account_id: str = "A-1", at: datetime = BEGUN) -> FurnishingRecord:
    """Correct what was furnished."""
    with writing(engine) as connection:
        return furnishing.undo(connection, f"{account_id}-1/furnish", f"{account_id}-1/furnish/undo", at)


def month_file(engine: Engine, month: date, now: datetime | None = None, *, agency: bool = False) -> MonthFile:
    """The file of a month, made on its last day unless another instant is given."""
    at = now or datetime(month.year, month.month, 28, 20, tzinfo=UTC)
    with writing(engine) as connection:
        return export_month(connection, RULES, month, at, names_original_creditor=agency)


def lines(made: MonthFile) -> list[dict[str, Value]]:
    """The base segments of a file."""
    return [read_record(BASE, line[:426])[0] for line in made.data.decode().splitlines()[1:-1]]


def only(made: MonthFile) -> dict[str, Value]:
    """The one base segment."""
    [line] = lines(made)
    return line


def book(engine: Engine, kind: str, amount: int, at: datetime, account_id: str = "A-1") -> None:
    """A movement of the ledger, as the inbox books it."""
    with writing(engine) as connection:
        row = connection.execute(select(schema.account).where(schema.account.c.account_id == account_id)).one()
        version = row.ledger_version + 1
        entry = {"entry_id": f"{account_id}:{version}", "account_id": account_id, "version": version, "kind": kind}
        times = {"amount_minor": amount, "at": at, "recorded_at": at}
        connection.execute(insert(schema.ledger_entry), entry | times)
        moved = {"balance_minor": row.balance_minor + amount, "ledger_version": version}
        connection.execute(schema.account.update().where(schema.account.c.account_id == account_id).values(moved))


def add_hold(engine: Engine, kind: str, starts_at: datetime, released_at: datetime | None = None) -> None:
    """A hold on the first account's person; its days count."""
    row = {"person_id": "P-A-1", "kind": kind, "reason": "", "owner": "care", "placed_by": "", "released_by": ""}
    times = {"starts_at": starts_at, "released_at": released_at, "pauses_dpd": False}
    with writing(engine) as connection:
        connection.execute(insert(schema.hold), row | times | {"hold_id": f"H-{kind}-{starts_at:%d%m}"})


def release_holds(engine: Engine, at: datetime) -> None:
    """End every hold."""
    with writing(engine) as connection:
        connection.execute(schema.hold.update().values(released_at=at))


def months(engine: Engine) -> list[Any]:
    """What was furnished, month by month."""
    with reading(engine) as connection:
        return list(connection.execute(select(schema.furnished_month).order_by("month", "number")))
