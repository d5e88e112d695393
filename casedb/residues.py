"""Interest and fees that are left once the principal is paid: what a person decided about them, as a fact."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, select, update

from casedb.engine import lock_person
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.ledger import Entry, Standing, find_account, post
from casedb.schema import account, case, ledger_entry
from domain.errors import InvalidInput, NotKnown
from domain.money import in_words
from domain.vocabulary import LedgerKind

_PERSON_OF = select(account.c.person_id).where(account.c.account_id == bindparam("id"))
_OPEN_CASE = select(case.c.case_id).where(case.c.account_id == bindparam("id"), case.c.closed_at.is_(None))
_ACCRUED = select(cast(func.coalesce(func.sum(ledger_entry.c.amount_minor), 0), BigInteger)).where(
    ledger_entry.c.account_id == bindparam("id"),
    ledger_entry.c.kind.in_((LedgerKind.INTEREST.value, LedgerKind.FEE.value)),
)
_KEEP = update(case).where(case.c.case_id == bindparam("of")).values(residual_kept_by=bindparam("by"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """What is left of an account, and the case that waits for a decision about it."""

    case_id: str
    standing: Standing


def take(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Waive what is left, or remember that it is chased. Raises NotKnown, or InvalidInput when nothing is to decide."""
    person_id = connection.scalar(_PERSON_OF, {"id": fact.account_id})
    if person_id is not None:
        lock_person(connection, person_id)
    residue = find_residue(connection, str(fact.account_id), lock=True)
    standing = residue.standing
    if fact.kind is InboundKind.RESIDUE_KEPT:
        connection.execute(_KEEP, {"of": residue.case_id, "by": fact.by})
    else:
        waived = -standing.balance_minor
        entry = Entry(entry_id=fact.event_id, kind=LedgerKind.WAIVER, amount_minor=waived, at=fact.at)
        standing = post(connection, standing, entry, recorded_at=now)
    return Receipt(
        fact=fact,
        account_ids=(standing.account_id,),
        balance_minor=standing.balance_minor,
        ledger_version=standing.version,
    )


def find_residue(connection: Connection, account_id: str, *, lock: bool = False) -> Residue:
    """The residue of an account with an open case. Raises NotKnown, InvalidInput when something else is owed."""
    standing = find_account(connection, account_id, lock=lock)
    if standing is None:
        raise NotKnown(f"account {account_id} is not in the case database: import its book first")
    case_id = connection.scalar(_OPEN_CASE, {"id": account_id})
    if case_id is None:
        raise InvalidInput(f"account {account_id} has no open case: nothing of it is collected")
    accrued = int(connection.scalar(_ACCRUED, {"id": account_id}) or 0)
    if not 0 < standing.balance_minor <= accrued:
        owed, charged = (in_words(each, standing.currency) for each in (standing.balance_minor, accrued))
        raise InvalidInput(
            f"account {account_id} owes {owed}, and {charged} of interest and fees were charged: only what is left of "
            "these is decided about here"
        )
    return Residue(case_id=str(case_id), standing=standing)
