"""What the database knows about the people and accounts of one batch, read in a few statements.

Rows of the batch see each other through it: it is kept up to date while the batch is worked out, and what it
gathered is written at the end, many rows to a statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, Update, bindparam, func, insert, or_, select, tuple_, update

from casedb.book_row import BookRow
from casedb.schema import account, consent, contact_point, ledger_entry, obligation, person
from casedb.suppression import Address, find_suppressed

_INSERT_ORDER = (person, contact_point, consent, account, obligation, ledger_entry)
_PERSON_MAY_CHANGE = ("full_name", "locale", "jurisdiction", "zones")
_ACCOUNT_MAY_CHANGE = ("balance_minor", "ledger_version", "ledger_as_of", "stated_as_of", "segment")
_PERSONS: BindParameter[Any] = bindparam("persons", expanding=True)
_ACCOUNTS: BindParameter[Any] = bindparam("accounts", expanding=True)
# In the order of ids, so that two batches never wait for each other in a circle.
_LOCK_PERSONS = select(person).where(person.c.person_id.in_(_PERSONS)).order_by(person.c.person_id).with_for_update()
_AT_ADDRESSES = (
    select(contact_point.c.person_id)
    .where(tuple_(contact_point.c.channel, contact_point.c.address).in_(bindparam("addresses", expanding=True)))
    .distinct()
)
_FIND_ACCOUNTS = (
    select(account)
    .where(or_(account.c.person_id.in_(_PERSONS), account.c.account_id.in_(_ACCOUNTS)))
    .order_by(account.c.account_id)
    .with_for_update()
)
_FIND_POINTS = select(contact_point).where(contact_point.c.person_id.in_(_PERSONS))
_FIND_STATEMENTS = (
    select(consent.c.person_id, consent.c.channel, consent.c.permission, consent.c.at)
    .where(consent.c.person_id.in_(_PERSONS), consent.c.address == "")
    .order_by(consent.c.at, consent.c.consent_id)
)
_SUMS = (
    select(ledger_entry.c.account_id, ledger_entry.c.kind, func.sum(ledger_entry.c.amount_minor).label("total"))
    .where(ledger_entry.c.account_id.in_(_ACCOUNTS))
    .group_by(ledger_entry.c.account_id, ledger_entry.c.kind)
)
_DUES = select(obligation.c.account_id, obligation.c.due_on).where(obligation.c.account_id.in_(_ACCOUNTS))
_UPDATE_PERSON = (
    update(person)
    .where(person.c.person_id == bindparam("id"))
    .values({name: bindparam(name) for name in _PERSON_MAY_CHANGE})
)
_UPDATE_ACCOUNT = (
    update(account)
    .where(account.c.account_id == bindparam("id"))
    .values({name: bindparam(name) for name in _ACCOUNT_MAY_CHANGE})
)

Record = dict[str, Any]


@dataclass(slots=True)
class Shelf:
    """People, accounts and statements by their ids, and what is to be written."""

    persons: dict[str, Record] = field(default_factory=dict)
    accounts: dict[str, Record] = field(default_factory=dict)
    vouched: dict[str, datetime] = field(default_factory=dict)
    """The newest instant that any account of a person was vouched for at."""
    points: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    """Preference by channel and address, for each person."""
    statements: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    """The latest permission and its instant, by person and channel."""
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    """The ledger's total by kind, for each account."""
    suppressed: dict[Address, datetime] = field(default_factory=dict)
    """Addresses of the batch that must not be contacted, whoever they come with, and since when."""
    dues: dict[str, set[date]] = field(default_factory=dict)
    """The due dates on record, for each account."""
    inserts: dict[Table, list[Record]] = field(default_factory=dict)
    changed_persons: set[str] = field(default_factory=set)
    changed_accounts: set[str] = field(default_factory=set)

    def add(self, table: Table, record: Record) -> None:
        """A row to insert when the batch is written."""
        self.inserts.setdefault(table, []).append(record)

    def keep_account(self, record: Record) -> None:
        """An account, and what it says about when its person was last vouched for."""
        self.accounts[record["account_id"]] = record
        at, person_id = record["ledger_as_of"], record["person_id"]
        if at is not None and (person_id not in self.vouched or at > self.vouched[person_id]):
            self.vouched[person_id] = at


def read_shelf(connection: Connection, rows: Sequence[BookRow], *, shared: bool = False) -> Shelf:
    """Everything known about the rows' people and accounts; people and accounts are locked, in this order.

    `shared` locks everybody else who has one of the rows' addresses as well, as a parked no to an address is about all
    of them: whoever is locked later, out of order, may be waiting for one of ours.
    """
    brought = {(each.channel.value, each.address) for row in rows for each in row.addresses}
    ids = {"persons": sorted({row.person_id for row in rows}), "accounts": sorted({row.account_id for row in rows})}
    shelf = Shelf()
    others = connection.scalars(_AT_ADDRESSES, {"addresses": sorted(brought)}).all() if shared and brought else ()
    for found in connection.execute(_LOCK_PERSONS, {"persons": sorted({*ids["persons"], *others})}).mappings():
        if found["person_id"] in ids["persons"]:
            shelf.persons[found["person_id"]] = dict(found)
    for found in connection.execute(_FIND_ACCOUNTS, ids).mappings():
        shelf.keep_account(dict(found))
    for point in connection.execute(_FIND_POINTS, ids):
        shelf.points.setdefault(point.person_id, {})[point.channel, point.address] = point.preference
    for said in connection.execute(_FIND_STATEMENTS, ids):
        shelf.statements[said.person_id, said.channel] = (said.permission, said.at)
    shelf.suppressed = find_suppressed(connection, brought)
    for total in connection.execute(_SUMS, ids):
        shelf.sums.setdefault(total.account_id, {})[total.kind] = int(total.total)
    for due in connection.execute(_DUES, ids):
        shelf.dues.setdefault(due.account_id, set()).add(due.due_on)
    return shelf


def write_shelf(connection: Connection, shelf: Shelf) -> None:
    """Write what the batch gathered; people before accounts, accounts before their ledger."""
    tables = sorted(shelf.inserts, key=_INSERT_ORDER.index)
    for table in tables:
        connection.execute(insert(table), shelf.inserts[table])
    _rewrite(connection, _UPDATE_PERSON, shelf.persons, shelf.changed_persons, _PERSON_MAY_CHANGE)
    _rewrite(connection, _UPDATE_ACCOUNT, shelf.accounts, shelf.changed_accounts, _ACCOUNT_MAY_CHANGE)


def _rewrite(
    connection: Connection, statement: Update, records: dict[str, Record], changed: set[str], names: tuple[str, ...]
) -> None:
    if changed:
        values = [{"id": key, **{name: records[key][name] for name in names}} for key in sorted(changed)]
        connection.execute(statement, values)
