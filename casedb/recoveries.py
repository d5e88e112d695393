"""Money that comes in after a write-off: as much of it is charged back, so that no credit stands on the account."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from casedb.ledger import Entry, Standing, post
from casedb.schema import ledger_entry
from domain.vocabulary import LedgerKind

RECOVERY = "recovery:"
_WRITTEN_OFF = select(ledger_entry.c.entry_id, ledger_entry.c.amount_minor).where(
    ledger_entry.c.account_id == bindparam("account"), ledger_entry.c.kind == LedgerKind.WRITE_OFF.value
)


def balanced(connection: Connection, standing: Standing, entry: Entry, *, recorded_at: datetime) -> Standing:
    """The account after a movement and what a write-off of it asks for; most accounts have none.

    A payment is a recovery as far as the write-off goes, and one that is taken back is written off again.
    """
    if entry.kind not in (LedgerKind.PAYMENT, LedgerKind.REVERSAL) or standing.balance_minor == 0:
        return standing
    rows = connection.execute(_WRITTEN_OFF, {"account": standing.account_id}).all()
    if not rows:
        return standing
    recovered = sum(row.amount_minor for row in rows if row.entry_id.startswith(RECOVERY))
    forgiven = -sum(row.amount_minor for row in rows)
    if entry.kind is LedgerKind.PAYMENT:
        amount = min(max(forgiven, 0), max(-standing.balance_minor, 0))
    else:
        amount = -min(max(recovered, 0), max(standing.balance_minor, 0))
    if not amount:
        return standing
    again = replace(entry, entry_id=f"{RECOVERY}{entry.entry_id}", kind=LedgerKind.WRITE_OFF, amount_minor=amount)
    return post(connection, standing, again, recorded_at=recorded_at)
