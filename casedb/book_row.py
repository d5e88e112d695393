"""Checking one row of a book: every problem of the row, each with its field and without the value.

A reason is shown, logged and mailed around; the value may be a name or a number, so it is never repeated.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casedb import book_fields as fields
from casedb.book_contacts import Address, read_contacts, zones_of
from casedb.book_reading import Problem, Reading
from casedb.owed import Owed
from domain.calendar import start_of_day
from domain.vocabulary import Channel, Permission

__all__ = ["Address", "BookRow", "Problem", "check_owed", "check_row", "latest_date_on_earth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """A row in which nothing is wrong. Amounts are in minor units."""

    number: int
    account_id: str
    person_id: str
    as_of: date
    creditor: str
    product: str
    segment: str
    """Empty: the row says nothing about it."""
    full_name: str
    locale: str
    jurisdiction: str
    zone: str
    zones: tuple[str, ...]
    addresses: tuple[Address, ...]
    statements: tuple[tuple[Channel, Permission], ...]
    """What the person said about a channel, a withdrawal before a permission."""
    whatsapp_since: date | None
    """The day of the consent to WhatsApp; None when no day is known."""
    currency: str
    due_on: date
    principal_minor: int
    interest_minor: int
    fees_minor: int

    @property
    def owed(self) -> Owed:
        """The figures by themselves."""
        return Owed(
            as_of=self.as_of,
            due_on=self.due_on,
            currency=self.currency,
            principal_minor=self.principal_minor,
            interest_minor=self.interest_minor,
            fees_minor=self.fees_minor,
        )

    @property
    def total_minor(self) -> int:
        """What is owed in all."""
        return self.owed.total_minor

    @property
    def vouched_at(self) -> datetime:
        """The first moment of `as_of` in the account's calendar: what is known to have happened later, is later."""
        return start_of_day(self.as_of, self.zone)

    def stated_at(self, channel: Channel, permission: Permission) -> datetime:
        """When the person said it: the first moment of the day if the row names one, else as of the book."""
        dated = channel is Channel.SOCIAL_PRIVATE and permission is Permission.GIVEN
        if dated and self.whatsapp_since is not None:
            return start_of_day(self.whatsapp_since, self.zone)
        return self.vouched_at


MOST_DAYS_AHEAD = 366
"""No statement of a wallet falls due later: a date beyond is a slip of the pen."""


def check_row(number: int, cells: dict[str, str], *, today: date, overdue: bool = False) -> BookRow | list[Problem]:
    """The row as values, or everything that is wrong with it. `today` is the latest local date on Earth.

    What is owed may fall due in the days to come, so that it can be reminded before; with `overdue` it may not.
    """
    read = Reading(cells)
    country = read.take("country", fields.country_code, "")
    time_zone = read.take("time_zone", fields.zone_name, "UTC")
    owed = _read_owed(read, today, days_ahead=0 if overdue else MOST_DAYS_AHEAD)
    contacts = read_contacts(read, country, owed.as_of)
    row = BookRow(
        number=number,
        account_id=read.take("account_id", fields.identifier, ""),
        person_id=read.take("person_id", fields.identifier, ""),
        as_of=owed.as_of,
        creditor=read.take("creditor", fields.words, ""),
        product=read.take("product", fields.product, ""),
        segment=read.take("segment", fields.segment, ""),
        full_name=read.take("full_name", fields.words, ""),
        locale=read.take("locale", fields.locale, ""),
        jurisdiction=read.take("region", lambda text: fields.jurisdiction(country, text), ""),
        zone=time_zone,
        zones=zones_of(time_zone, contacts.numbers),
        addresses=contacts.addresses,
        statements=contacts.statements,
        whatsapp_since=contacts.whatsapp_since,
        currency=owed.currency,
        due_on=owed.due_on,
        principal_minor=owed.principal_minor,
        interest_minor=owed.interest_minor,
        fees_minor=owed.fees_minor,
    )
    return read.problems or row


def check_owed(cells: dict[str, str], *, today: date) -> Owed | list[Problem]:
    """The figures of something overdue on an account we know, or everything that is wrong with them."""
    read = Reading(cells)
    owed = _read_owed(read, today, days_ahead=0)
    return read.problems or owed


def _read_owed(read: Reading, today: date, *, days_ahead: int) -> Owed:
    currency = read.take("currency", fields.currency_code, "")
    principal, interest, fees = (
        read.take(name, lambda text: fields.amount_minor(text, currency), 0)
        for name in ("principal", "interest", "fees")
    )
    as_of = read.take("as_of", fields.iso_date, today)
    due_on = read.take("due_date", fields.iso_date, as_of)
    if as_of > today:
        read.note("as_of", "lies in the future")
    if due_on > as_of and not days_ahead:
        read.note("due_date", "lies after as_of: the account is not overdue")
    elif (due_on - as_of).days > days_ahead:
        read.note("due_date", f"lies more than {days_ahead} days after as_of: is the year right?")
    return Owed(
        as_of=as_of,
        due_on=due_on,
        currency=currency,
        principal_minor=principal,
        interest_minor=interest,
        fees_minor=fees,
    )


def latest_date_on_earth(now: datetime) -> date:
    """The calendar date where it is furthest ahead, UTC+14: no honest extract is dated later."""
    return (now + timedelta(hours=14)).date()
