"""What was charged off, and whether all of it came back."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, update
from sqlalchemy import insert as insert_into

from casedb.schema import charge_off

_INSERT = insert_into(charge_off)
_SETTLE = (
    update(charge_off)
    .where(charge_off.c.key == bindparam("step"), charge_off.c.settled_at.is_(None))
    .values(settled_at=bindparam("all_back_at"))
)


def insert(connection: Connection, *, key: str, account_id: str, case_id: str, amount_minor: int, at: datetime) -> None:
    """Put a charge-off on record; a second under one key is refused by the database."""
    values = {"key": key, "account_id": account_id, "case_id": case_id, "amount_minor": amount_minor, "at": at}
    connection.execute(_INSERT, values)


def settle(connection: Connection, *, key: str, at: datetime) -> None:
    """All of it came back; the first time counts."""
    connection.execute(_SETTLE, {"step": key, "all_back_at": at})
