"""The file of who owes on furnished accounts: rows with one reason each when they cannot be taken, never a value."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from casedb import book_fields as fields
from casedb.book_reading import Reading
from casedb.engine import lock_person, writing
from casedb.schema import account, furnishing_subject, person
from domain.errors import InvalidInput
from domain.furnishing.checks import STATES

COLUMNS = (
    "account_id",
    "opened_on",
    "highest_credit",
    "credit_limit",
    "surname",
    "first_name",
    "middle_name",
    "born_on",
    "address_1",
    "address_2",
    "city",
    "state",
    "zip",
)
_LONGEST = {"surname": 25, "first_name": 20, "middle_name": 20, "address_1": 32, "address_2": 32, "city": 20}
_OPTIONAL = frozenset({"middle_name", "address_2"})
_YOUNGEST, _EARLIEST = 18, date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken; the reason names the field and not the value."""

    number: int
    account_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Subjects:
    """What became of a file."""

    taken: int
    unchanged: int
    bad: tuple[BadRow, ...]


def take_subjects(engine: Engine, data: bytes, now: datetime) -> Subjects:
    """Take a file in; the same row again changes nothing. Raises InvalidInput for what is no such file at all."""
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise InvalidInput(f"the first line must be {','.join(COLUMNS)}")
        told = list(enumerate(rows, start=2))
    except (UnicodeDecodeError, csv.Error):
        raise InvalidInput("the file is not CSV in UTF-8: write it again") from None
    taken = unchanged = 0
    bad: list[BadRow] = []
    for number, cells in told:
        named = {name: (cells.get(name) or "").strip() for name in COLUMNS}
        try:
            values = _read(named, now.date())
            with writing(engine) as connection:
                new = _store(connection, values, now)
        except InvalidInput as error:
            bad.append(BadRow(number, _shown(named["account_id"]), str(error)))
            continue
        taken, unchanged = taken + new, unchanged + (not new)
    return Subjects(taken, unchanged, tuple(bad))


def _shown(account_id: str) -> str:
    try:
        return fields.identifier(account_id)
    except InvalidInput:
        return "(unreadable)"


def _read(cells: dict[str, str], today: date) -> dict[str, Any]:
    read = Reading(cells)
    values: dict[str, Any] = {
        "account_id": read.take("account_id", fields.identifier, ""),
        "opened_on": read.take("opened_on", fields.iso_date, today),
        "highest_credit_minor": read.take("highest_credit", lambda text: fields.amount_minor(text, "USD"), 0),
        "credit_limit_minor": read.take("credit_limit", lambda text: fields.amount_minor(text or "0", "USD"), 0),
        "born_on": read.take("born_on", lambda text: _born(text, today), None),
        "state": read.take("state", _state, ""),
        "zip": read.take("zip", _zip, ""),
    }
    for name, longest in _LONGEST.items():
        values[name] = read.take(name, lambda text, name=name, longest=longest: _words(name, text, longest), "")  # type: ignore[misc]  # a lambda with defaults
    if read.problems:
        raise InvalidInput("; ".join(f"{each.field}: {each.reason}" for each in read.problems))
    return values


def _words(name: str, text: str, longest: int) -> str:
    if not text and name in _OPTIONAL:
        return ""
    if not 1 <= len(text) <= longest or not text.isascii() or not text.isprintable():
        raise InvalidInput(f"must be 1 to {longest} letters and signs of ASCII, as the bureaus' files are")
    return text


def _state(text: str) -> str:
    if text not in STATES:
        raise InvalidInput("must be a state's two letters")
    return text


def _zip(text: str) -> str:
    if len(text) not in (5, 9) or not text.isascii() or not text.isdigit():
        raise InvalidInput("must be five or nine digits")
    return text


def _born(text: str, today: date) -> date:
    try:
        born = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("must be a date such as 1990-04-12") from None
    if not born >= _EARLIEST or (born.year + _YOUNGEST, born.month, born.day) > (today.year, today.month, today.day):
        raise InvalidInput("must be the birth of an adult who lives")
    return born


def _store(connection: Connection, values: dict[str, Any], now: datetime) -> bool:
    account_id = values["account_id"]
    whose = connection.execute(
        select(account.c.person_id, person.c.erased_at)
        .join(person, person.c.person_id == account.c.person_id)
        .where(account.c.account_id == account_id)
    ).first()
    if whose is None:
        raise InvalidInput("account_id: is not in the case database, import its book first")
    if whose.erased_at is not None:
        raise InvalidInput("account_id: its person was erased, nothing about him is kept")
    lock_person(connection, whose.person_id)
    is_it = furnishing_subject.c.account_id == account_id
    known = connection.execute(select(furnishing_subject).where(is_it)).mappings().first()
    if known is None:
        connection.execute(insert(furnishing_subject), values | {"stated_at": now})
        return True
    if all(known[name] == value for name, value in values.items()):
        return False
    connection.execute(update(furnishing_subject).where(is_it), values | {"stated_at": now})
    return True
