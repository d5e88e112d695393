"""What a checked row changes: a new account, a newer ledger, one more phone, one more "do not contact".

The lender's figures as of a date replace ours only when they are newer than all we know; the difference becomes
ledger entries under ids made of account, date and kind, so that twice is once. Addresses are added, never taken
away. A permission in a file never revives a channel on which the person spoke before; a refusal always counts, and
so does that of somebody who was erased, by the suppression list.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, func, select

from casedb import parking
from casedb.book_row import BookRow, Problem
from casedb.book_shelf import Record, Shelf, read_shelf, write_shelf
from casedb.parking import Effect
from casedb.schema import account, consent, contact_point, ledger_entry, obligation, person
from casedb.suppression import Address
from domain.vocabulary import LedgerKind, Permission

_STATED = (LedgerKind.CHARGE, LedgerKind.INTEREST, LedgerKind.FEE)
"""The kinds that a book states: principal, interest, fees."""

_last_of_book = (
    select(func.max(ledger_entry.c.version))
    .where(
        ledger_entry.c.account_id == bindparam("account"),
        ledger_entry.c.entry_id.in_(bindparam("entries", expanding=True)),
    )
    .scalar_subquery()
)
_BALANCE_AFTER_BOOK = select(func.sum(ledger_entry.c.amount_minor)).where(
    ledger_entry.c.account_id == bindparam("account"), ledger_entry.c.version <= _last_of_book
)


class Outcome(StrEnum):
    """What a good row did."""

    ACCEPTED = "accepted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def write_batch(
    connection: Connection, rows: Sequence[BookRow], *, now: datetime, take_effect: Effect
) -> list[Outcome | list[Problem]]:
    """Bring one batch into the database; for each row what it did, or why the database contradicts it.

    Facts that waited for its people and accounts take effect as well.
    """
    waiting = parking.any_parked(connection)
    shelf = read_shelf(connection, rows, shared=waiting)
    outcomes = [_take(connection, shelf, row, now) for row in rows]
    write_shelf(connection, shelf)
    if waiting:
        _wake(connection, shelf, now, take_effect)
    return outcomes


def _wake(connection: Connection, shelf: Shelf, now: datetime, take_effect: Effect) -> None:
    """Facts came in before the people and accounts that they are about: now they take effect."""
    added = shelf.inserts
    keys = parking.keys_of_book(
        connection,
        [record["account_id"] for record in added.get(account, ())],
        [record["person_id"] for record in added.get(person, ())],
        [(record["channel"], record["address"]) for record in added.get(contact_point, ())],
    )
    parking.wake(connection, keys, take_effect, now)


def _take(connection: Connection, shelf: Shelf, row: BookRow, now: datetime) -> Outcome | list[Problem]:
    known = shelf.accounts.get(row.account_id)
    problems = _contradictions(connection, shelf, row, known)
    if problems:
        return problems
    if known is None:
        _meet(shelf, row, now)
        _open(shelf, row, now)
        return Outcome.ACCEPTED
    changed = _hear(shelf, row)
    if row.vouched_at >= _as_of(known):
        changed = _meet(shelf, row, now) or changed
    if row.vouched_at > _as_of(known):
        changed = _restate(shelf, row, known, now) or changed
    return Outcome.UPDATED if changed else Outcome.UNCHANGED


def _as_of(known: Record) -> datetime:
    at = known["ledger_as_of"]
    assert isinstance(at, datetime), "an account is created with its ledger"
    return at


def _contradictions(connection: Connection, shelf: Shelf, row: BookRow, known: Record | None) -> list[Problem]:
    if known is None:
        return [] if row.total_minor > 0 else [Problem(field="principal", reason="nothing is owed on a new account")]
    stated = {
        "person_id": row.person_id,
        "currency": row.currency,
        "creditor": row.creditor,
        "product": row.product,
    }
    problems = [
        Problem(field=name, reason="is not what this account was opened with; a different debt is a new account")
        for name, value in stated.items()
        if known[name] != value
    ]
    if not problems and row.vouched_at == _as_of(known) and _restated_otherwise(connection, shelf, row, known):
        problems.append(Problem(field="as_of", reason="other amounts were stated for this date: send a newer one"))
    return problems


def _restated_otherwise(connection: Connection, shelf: Shelf, row: BookRow, known: Record) -> bool:
    """Whether the same date came with other amounts; payments since then do not make it other."""
    if row.total_minor == known["balance_minor"]:
        return False
    ids = [_entry_id(row, kind) for kind in LedgerKind]
    pending = [record for record in shelf.inserts.get(ledger_entry, []) if record["entry_id"] in ids]
    if pending:
        return True
    then = connection.scalar(_BALANCE_AFTER_BOOK, {"account": row.account_id, "entries": ids})
    return then is not None and int(then) != row.total_minor


def _entry_id(row: BookRow, kind: LedgerKind) -> str:
    return f"book:{row.account_id}:{row.as_of.isoformat()}:{kind.value}"


def _meet(shelf: Shelf, row: BookRow, now: datetime) -> bool:
    """The person: new, or with what this row adds. Whether anything changed."""
    if _was_erased(shelf, row):
        return False
    stated = {"full_name": row.full_name, "locale": row.locale, "jurisdiction": row.jurisdiction}
    known = shelf.persons.get(row.person_id)
    newest = row.person_id not in shelf.vouched or row.vouched_at > shelf.vouched[row.person_id]
    if known is None:
        record = {"person_id": row.person_id, **stated, "zones": list(row.zones), "created_at": now}
        shelf.persons[row.person_id] = record
        shelf.add(person, record)
        changed = True
    else:
        wanted: Record = dict(stated) if newest else {name: known[name] for name in stated}
        wanted["zones"] = [*known["zones"], *(name for name in row.zones if name not in known["zones"])]
        changed = any(known[name] != value for name, value in wanted.items())
        if changed:
            known.update(wanted)
            shelf.changed_persons.add(row.person_id)
    added = _add_addresses(shelf, row, newest=newest)
    return _hear(shelf, row) or added or changed


def _was_erased(shelf: Shelf, row: BookRow) -> bool:
    """Whether the person was forgotten after this file was written: it must not bring back what is gone."""
    known = shelf.persons.get(row.person_id)
    return known is not None and known.get("erased_at") is not None and row.vouched_at <= known["erased_at"]


def _add_addresses(shelf: Shelf, row: BookRow, *, newest: bool) -> bool:
    """One more address stands after the known ones, or before them when it comes with newer data."""
    points = shelf.points.setdefault(row.person_id, {})
    missing = [address for address in row.addresses if (address.channel.value, address.address) not in points]
    for address in missing:
        channel = address.channel.value
        ranks = [rank for (of, _), rank in points.items() if of == channel]
        rank = (min(ranks) - 1 if newest else max(ranks) + 1) if ranks else 0
        points[channel, address.address] = rank
        point_id = f"{row.person_id}:{channel}:{len(ranks) + 1}"
        shelf.add(
            contact_point,
            {
                "contact_point_id": point_id,
                "person_id": row.person_id,
                "channel": channel,
                "address": address.address,
                "line_type": address.line_type.value,
                "preference": rank,
                "undeliverable_since": None,
            },
        )
        _suppress(shelf, row.person_id, point_id, (channel, address.address))
    return bool(missing)


def _suppress(shelf: Shelf, person_id: str, point_id: str, address: Address) -> None:
    """Somebody at this address said stop, before whoever it was was erased: it comes back opted out."""
    since = shelf.suppressed.get(address)
    if since is None:
        return
    shelf.add(
        consent,
        {
            "consent_id": f"suppression:{point_id}",
            "person_id": person_id,
            "channel": address[0],
            "address": address[1],
            "permission": Permission.WITHDRAWN.value,
            "at": since,
            "source": "suppression",
        },
    )


def _hear(shelf: Shelf, row: BookRow) -> bool:
    """What the file says the person said. Whether it is news."""
    news = False
    for channel, permission in row.statements:
        latest = shelf.statements.get((row.person_id, channel.value))
        if latest is not None and (
            permission is Permission.GIVEN or latest[0] == permission.value or latest[1] > row.vouched_at
        ):
            continue
        at = row.stated_at(channel, permission)
        shelf.statements[row.person_id, channel.value] = (permission.value, at)
        shelf.add(
            consent,
            {
                "consent_id": f"import:{row.person_id}:{channel.value}:{row.as_of.isoformat()}:{permission.value}",
                "person_id": row.person_id,
                "channel": channel.value,
                "address": "",
                "permission": permission.value,
                "at": at,
                "source": "import",
            },
        )
        news = True
    return news


def _open(shelf: Shelf, row: BookRow, now: datetime) -> None:
    record = {
        "account_id": row.account_id,
        "person_id": row.person_id,
        "creditor": row.creditor,
        "product": row.product,
        "currency": row.currency,
        "zone": row.zone,
        "balance_minor": 0,
        "ledger_version": 0,
        "ledger_as_of": row.vouched_at,
        "stated_as_of": _stated_as_of(row, now),
        "segment": row.segment,
    }
    shelf.add(account, record)
    _owe(shelf, row)
    _post(shelf, row, record, _stated(row), now)
    shelf.keep_account(record)


def _stated_as_of(row: BookRow, now: datetime) -> datetime:
    """Where the day of the book has not begun yet, it holds what moved until it came."""
    return min(row.vouched_at, now)


def _stated(row: BookRow) -> dict[LedgerKind, int]:
    return dict(zip(_STATED, (row.principal_minor, row.interest_minor, row.fees_minor), strict=True))


def _restate(shelf: Shelf, row: BookRow, known: Record, now: datetime) -> bool:
    """Move the ledger to what the lender states now, and the account to its segment. Whether anything moved.

    What grew is booked under its own kind. What is left of the difference is money or relief that the lender
    counted and we did not see: a credit; or, when our payments exceed the lender's, a further charge.
    """
    before = shelf.sums.get(row.account_id, {})
    grown = {kind: max(0, amount - before.get(kind.value, 0)) for kind, amount in _stated(row).items()}
    rest = row.total_minor - known["balance_minor"] - sum(grown.values())
    if rest > 0:
        grown[LedgerKind.CHARGE] += rest
    moves = grown | {LedgerKind.CREDIT: min(rest, 0)}
    _post(shelf, row, known, moves, now)
    if row.total_minor > 0 and row.due_on not in shelf.dues[row.account_id]:
        _owe(shelf, row)
    known["ledger_as_of"], known["stated_as_of"] = row.vouched_at, _stated_as_of(row, now)
    moved = bool(row.segment) and row.segment != known["segment"]
    known["segment"] = row.segment or known["segment"]
    shelf.keep_account(known)
    shelf.changed_accounts.add(row.account_id)
    return moved or any(moves.values())


def _owe(shelf: Shelf, row: BookRow) -> None:
    shelf.dues.setdefault(row.account_id, set()).add(row.due_on)
    shelf.add(
        obligation,
        {
            "obligation_id": f"{row.account_id}:{row.due_on.isoformat()}",
            "account_id": row.account_id,
            "due_on": row.due_on,
            "amount_minor": row.total_minor,
        },
    )


def _post(shelf: Shelf, row: BookRow, record: Record, moves: dict[LedgerKind, int], now: datetime) -> None:
    sums = shelf.sums.setdefault(row.account_id, {})
    for kind, amount in moves.items():
        if not amount:
            continue
        record["balance_minor"] += amount
        record["ledger_version"] += 1
        sums[kind.value] = sums.get(kind.value, 0) + amount
        shelf.add(
            ledger_entry,
            {
                "entry_id": _entry_id(row, kind),
                "account_id": row.account_id,
                "version": record["ledger_version"],
                "kind": kind.value,
                "amount_minor": amount,
                "at": row.vouched_at,
                "recorded_at": now,
            },
        )
