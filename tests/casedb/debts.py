"""Accounts with dated debts and a ledger, and cases on them, for tests of the whole book."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert

from casedb import schema
from casedb.engine import writing
from tests.casedb.people import add_account, add_person
from tests.domain.cases import STANDARD

AS_OF = datetime(2027, 1, 1, tzinfo=UTC)
LONG_AGO = date(2027, 1, 3)


def add_debt(
    engine: Engine,
    account_id: str = "A-1",
    *,
    due: Mapping[date, int] | None = None,
    ledger: Mapping[str, int] | None = None,
    balance_minor: int | None = None,
    **account: Any,
) -> str:
    """An account of a person of its own that owes what its ledger says; 100 dollars due on 3 January if not said."""
    dated = {LONG_AGO: 10_000} if due is None else due
    moved = ledger or {"charge": sum(dated.values())}
    with writing(engine) as connection:
        add_person(connection, f"P-{account_id}", phone=None)
        owed = sum(moved.values()) if balance_minor is None else balance_minor
        values = {"balance_minor": owed, "ledger_version": len(moved), "ledger_as_of": AS_OF} | account
        add_account(connection, account_id, f"P-{account_id}", **values)
        for number, (kind, amount) in enumerate(moved.items(), start=1):
            entry = {"entry_id": f"{account_id}:{number}", "account_id": account_id, "version": number}
            times = {"at": AS_OF, "recorded_at": AS_OF}
            connection.execute(insert(schema.ledger_entry), entry | times | {"kind": kind, "amount_minor": amount})
        for due_on, amount in dated.items():
            one = {"obligation_id": f"{account_id}:{due_on}", "account_id": account_id, "due_on": due_on}
            connection.execute(insert(schema.obligation), one | {"amount_minor": amount})
    return account_id


def add_case(connection: Connection, account_id: str = "A-1", **changed: Any) -> str:
    """An open case of the account as its row stands, without any workflow."""
    values: dict[str, Any] = {
        "case_id": f"{account_id}-1",
        "account_id": account_id,
        "person_id": f"P-{account_id}",
        "strategy": "wallet-standard",
        "strategy_version": STANDARD.version,
        "stage": "reminder",
        "opened_at": AS_OF,
        "opening_balance_minor": 10_000,
        "decisions": 1,
    } | changed
    connection.execute(insert(schema.case), values)
    return str(values["case_id"])
