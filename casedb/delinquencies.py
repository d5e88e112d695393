"""What the lender says is owed, as an event: the same effect as that row of a book, at once and for one account.

A row with the person makes or updates person, addresses, account and ledger. Figures alone move the ledger of an
account that we know, and are parked for one that we do not: without the person nobody can be contacted lawfully.
"""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from casedb.book_batch import write_batch
from casedb.book_row import BookRow
from casedb.inbound import InboundFact, Receipt
from casedb.ledger import find_account
from casedb.parking import Effect, wait_for_books
from casedb.schema import account, person
from domain.errors import InvalidInput

_KNOWN = (
    select(
        account.c.person_id,
        account.c.creditor,
        account.c.product,
        account.c.zone,
        person.c.full_name,
        person.c.locale,
        person.c.jurisdiction,
        person.c.zones,
    )
    .join(person, person.c.person_id == account.c.person_id)
    .where(account.c.account_id == bindparam("id"))
)


def take(connection: Connection, fact: InboundFact, now: datetime, take_effect: Effect) -> Receipt:
    """Give the lender's word its effect, and facts that waited for it. Raises InvalidInput for a contradiction."""
    row = fact.row or _row_of(connection, fact)
    if row is None:
        return Receipt(fact=fact, account_ids=(), parked=True)
    wait_for_books(connection)
    (outcome,) = write_batch(connection, [row], now=now, take_effect=take_effect)
    if isinstance(outcome, list):
        raise InvalidInput(f"{outcome[0].field} {outcome[0].reason}", field=outcome[0].field)
    standing = find_account(connection, row.account_id)
    assert standing is not None, "it was just written"
    return Receipt(
        fact=fact,
        account_ids=(row.account_id,),
        balance_minor=standing.balance_minor,
        ledger_version=standing.version,
    )


def _row_of(connection: Connection, fact: InboundFact) -> BookRow | None:
    """The figures with the account and the person as they are on record; None when nobody knows the account."""
    assert fact.owed is not None, "checked at the door"
    known = connection.execute(_KNOWN, {"id": fact.account_id}).first()
    if known is None:
        return None
    owed = fact.owed
    return BookRow(
        number=1,
        account_id=str(fact.account_id),
        person_id=known.person_id,
        as_of=owed.as_of,
        creditor=known.creditor,
        product=known.product,
        segment="",
        full_name=known.full_name,
        locale=known.locale,
        jurisdiction=known.jurisdiction,
        zone=known.zone,
        zones=tuple(known.zones),
        addresses=(),
        statements=(),
        whatsapp_since=None,
        currency=owed.currency,
        due_on=owed.due_on,
        principal_minor=owed.principal_minor,
        interest_minor=owed.interest_minor,
        fees_minor=owed.fees_minor,
    )
