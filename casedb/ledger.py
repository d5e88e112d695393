"""Posting to an account's ledger: the entry, the balance and the version move in one transaction or not at all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, insert, select, update

from casedb.prepared import Prepared
from casedb.schema import account, ledger_entry
from domain.itemisation import Itemisation
from domain.vocabulary import LedgerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an account's ledger stands."""

    account_id: str
    person_id: str
    currency: str
    balance_minor: int
    version: int
    as_of: datetime | None
    stated_as_of: datetime | None = None
    """As of when a book last stated the balance; None when none did."""

    def counts(self, at: datetime) -> bool:
        """Whether the lender's own figures hold what happened then: it is not booked on top of them."""
        return self.stated_as_of is not None and at < self.stated_as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One signed movement, under the id that makes it happen once."""

    entry_id: str
    kind: LedgerKind
    amount_minor: int
    at: datetime


_COLUMNS = (
    account.c.account_id,
    account.c.person_id,
    account.c.currency,
    account.c.balance_minor,
    account.c.ledger_version,
    account.c.ledger_as_of,
    account.c.stated_as_of,
)
_FIND = select(*_COLUMNS).where(account.c.account_id == bindparam("id"))
_LOCK = _FIND.with_for_update()
_INSERT = insert(ledger_entry)
_AMOUNT = select(ledger_entry.c.amount_minor).where(ledger_entry.c.entry_id == bindparam("entry"))
_MOVE = (
    update(account)
    .where(account.c.account_id == bindparam("id"))
    .values(
        balance_minor=bindparam("balance_minor"),
        ledger_version=bindparam("version"),
        ledger_as_of=bindparam("as_of"),
    )
)


_NEWEST = (
    select(ledger_entry.c.kind, ledger_entry.c.recorded_at)
    .where(ledger_entry.c.account_id == bindparam("id"))
    .order_by(ledger_entry.c.version.desc())
    .limit(1)
)
_ITEMS = Prepared(
    select(ledger_entry.c.kind, cast(func.sum(ledger_entry.c.amount_minor), BigInteger).label("amount_minor"))
    .where(ledger_entry.c.account_id == bindparam("account_id"))
    .group_by(ledger_entry.c.kind)
)


def items_of(connection: Connection, account_id: str, currency: str) -> Itemisation | None:
    """What the account's balance is made of; None when its ledger has no entries to tell by."""
    rows = _ITEMS.all(connection, {"account_id": account_id})
    return Itemisation.of_ledger(((LedgerKind(kind), amount) for kind, amount in rows), currency) if rows else None


def entry_amount(connection: Connection, entry_id: str) -> int | None:
    """What an entry moved; None for one that was never posted."""
    amount: int | None = connection.execute(_AMOUNT, {"entry": entry_id}).scalar_one_or_none()
    return amount


def find_account(connection: Connection, account_id: str, *, lock: bool = False) -> Standing | None:
    """Where the account stands, or None; `lock` keeps others from moving it, after `lock_person` of its owner."""
    row = connection.execute(_LOCK if lock else _FIND, {"id": account_id}).first()
    if row is None:
        return None
    return Standing(
        account_id=row.account_id,
        person_id=row.person_id,
        currency=row.currency,
        balance_minor=row.balance_minor,
        version=row.ledger_version,
        as_of=row.ledger_as_of,
        stated_as_of=row.stated_as_of,
    )


def newest_payment(connection: Connection, account_id: str) -> datetime | None:
    """When we learned of a payment, if that is the last that moved on the account."""
    row = connection.execute(_NEWEST, {"id": account_id}).first()
    return row.recorded_at if row is not None and row.kind == LedgerKind.PAYMENT.value else None


def post(connection: Connection, standing: Standing, entry: Entry, *, recorded_at: datetime) -> Standing:
    """Add one entry to a locked account and answer where it stands now.

    The lender vouches for the ledger as of the newest entry, in whatever order they arrive.
    """
    moved = Standing(
        account_id=standing.account_id,
        person_id=standing.person_id,
        currency=standing.currency,
        balance_minor=standing.balance_minor + entry.amount_minor,
        version=standing.version + 1,
        as_of=entry.at if standing.as_of is None else max(standing.as_of, entry.at),
        stated_as_of=standing.stated_as_of,
    )
    connection.execute(
        _INSERT,
        {
            "entry_id": entry.entry_id,
            "account_id": moved.account_id,
            "version": moved.version,
            "kind": entry.kind.value,
            "amount_minor": entry.amount_minor,
            "at": entry.at,
            "recorded_at": recorded_at,
        },
    )
    connection.execute(
        _MOVE,
        {
            "id": moved.account_id,
            "balance_minor": moved.balance_minor,
            "version": moved.version,
            "as_of": moved.as_of,
        },
    )
    return moved
