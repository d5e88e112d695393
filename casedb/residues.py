"""Interest and fees that are left once the principal is paid: what a person decided about them, as a fact."""

from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, select, update

from casedb.engine import lock_person
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.ledger import Entry, Standing, find_account, post
from casedb.schema import account, case, ledger_entry
from domain.errors import InvalidInput, NotKnown
from domain.vocabulary import LedgerKind

_PERSON_OF = select(account.c.person_id).where(account.c.account_id == bindparam("id"))
_OPEN_CASE = select(case.c.case_id).where(case.c.account_id == bindparam("id"), case.c.closed_at.is_(None))
_ACCRUED = select(cast(func.coalesce(func.sum(ledger_entry.c.amount_minor), 0), BigInteger)).where(
    ledger_entry.c.account_id == bindparam("id"),
    ledger_entry.c.kind.in_((LedgerKind.INTEREST.value, LedgerKind.FEE.value)),
)
_KEEP = update(case).where(case.c.case_id == bindparam("of")).values(residual_kept_by=bindparam("by"))


def take(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Waive what is left, or remember that it is chased. Raises NotKnown, or InvalidInput when nothing is to decide."""
    person_id = connection.scalar(_PERSON_OF, {"id": fact.account_id})
    if person_id is None:
        raise NotKnown(f"account {fact.account_id} is not in the case database: import its book first")
    lock_person(connection, person_id)
    standing = find_account(connection, str(fact.account_id), lock=True)
    assert standing is not None, "its person was found through it"
    case_id = _to_decide(connection, standing)
    if fact.kind is InboundKind.RESIDUE_KEPT:
        connection.execute(_KEEP, {"of": case_id, "by": fact.by})
    else:
        waiver = Entry(entry_id=fact.event_id, kind=LedgerKind.WAIVER, amount_minor=-standing.balance_minor, at=fact.at)
        standing = post(connection, standing, waiver, recorded_at=now)
    return Receipt(
        fact=fact,
        account_ids=(standing.account_id,),
        balance_minor=standing.balance_minor,
        ledger_version=standing.version,
    )


def _to_decide(connection: Connection, standing: Standing) -> str:
    """The open case of an account on which only interest and fees are left."""
    case_id = connection.scalar(_OPEN_CASE, {"id": standing.account_id})
    if case_id is None:
        raise InvalidInput(f"account {standing.account_id} has no open case: nothing of it is collected")
    accrued = int(connection.scalar(_ACCRUED, {"id": standing.account_id}) or 0)
    if not 0 < standing.balance_minor <= accrued:
        raise InvalidInput(
            f"account {standing.account_id} owes {standing.balance_minor} minor units, and {accrued} of interest and "
            "fees were charged: only what is left of these is decided about here"
        )
    return str(case_id)
