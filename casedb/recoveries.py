"""Money that comes in after a write-off: as much of it is charged back, so that no credit stands on the account.

How much is recovered follows from all that moved the account and not from the order in which it was told: facts come in
any order.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from casedb.ledger import Entry, Standing, post
from casedb.schema import ledger_entry
from domain.vocabulary import LedgerKind

RECOVERY = "recovery:"
_MOVED = select(ledger_entry.c.entry_id, ledger_entry.c.kind, ledger_entry.c.amount_minor).where(
    ledger_entry.c.account_id == bindparam("account"),
    ledger_entry.c.kind.in_([LedgerKind.WRITE_OFF.value, LedgerKind.PAYMENT.value, LedgerKind.REVERSAL.value]),
)
_ANY_WRITTEN_OFF = (
    select(ledger_entry.c.entry_id)
    .where(ledger_entry.c.account_id == bindparam("account"), ledger_entry.c.kind == LedgerKind.WRITE_OFF.value)
    .limit(1)
)


def balanced(connection: Connection, standing: Standing, entry: Entry, *, recorded_at: datetime) -> Standing:
    """The account after a movement and what a write-off of it asks for; most accounts have none.

    Of what was written off as much is recovered as was paid and is not owed otherwise.
    """
    if connection.scalar(_ANY_WRITTEN_OFF, {"account": standing.account_id}) is None:
        return standing
    recovered = forgiven = paid = 0
    for row in connection.execute(_MOVED, {"account": standing.account_id}):
        if row.kind != LedgerKind.WRITE_OFF.value:
            paid -= row.amount_minor
        elif row.entry_id.startswith(RECOVERY):
            recovered += row.amount_minor
        else:
            forgiven -= row.amount_minor
    credit = recovered - standing.balance_minor
    amount = max(0, min(forgiven, paid, credit)) - recovered
    if not amount:
        return standing
    again = replace(entry, entry_id=f"{RECOVERY}{entry.entry_id}", kind=LedgerKind.WRITE_OFF, amount_minor=amount)
    return post(connection, standing, again, recorded_at=recorded_at)
