"""People and accounts for tests of the case database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert

from casedb.schema import account, contact_point, person

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def add_person(connection: Connection, person_id: str, *, phone: str | None = None) -> None:
    """A person, with a mobile number if one is given."""
    connection.execute(
        insert(person).values(
            person_id=person_id,
            full_name="Wei Chen",
            locale="en",
            jurisdiction="US",
            zones=["America/New_York"],
            created_at=NOW,
        )
    )
    if phone:
        connection.execute(
            insert(contact_point).values(
                contact_point_id=f"{person_id}:sms:1",
                person_id=person_id,
                channel="sms",
                address=phone,
                line_type="mobile",
                preference=0,
            )
        )


def add_account(connection: Connection, account_id: str, person_id: str, **changed: Any) -> None:
    """An account in dollars on which nothing was booked yet."""
    values: dict[str, Any] = {
        "creditor": "Lantern Wallet",
        "product": "pay_later",
        "currency": "USD",
        "zone": "America/New_York",
        "balance_minor": 0,
        "ledger_version": 0,
    }
    connection.execute(insert(account).values(account_id=account_id, person_id=person_id, **(values | changed)))
