"""Checking one row of a book: every problem of the row, each with its field and without the value.

A reason is shown, logged and mailed around; the value may be a name or a number, so it is never repeated.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers import timezone as number_zones

from casedb import book_fields as fields
from domain.calendar import start_of_day
from domain.errors import InvalidInput
from domain.vocabulary import Channel, LineType, Permission

_LINE_TYPES = {
    PhoneNumberType.MOBILE: LineType.MOBILE,
    PhoneNumberType.FIXED_LINE: LineType.LANDLINE,
}
# A geographic area spans few zones; a toll-free number answers to forty and says nothing of its holder.
_MOST_ZONES = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field of a row."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One way to reach the person."""

    channel: Channel
    address: str
    line_type: LineType


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """A row in which nothing is wrong. Amounts are in minor units."""

    number: int
    account_id: str
    person_id: str
    as_of: date
    creditor: str
    product: str
    full_name: str
    locale: str
    jurisdiction: str
    zone: str
    zones: tuple[str, ...]
    addresses: tuple[Address, ...]
    statements: tuple[tuple[Channel, Permission], ...]
    """What the person said about a channel, a withdrawal before a permission."""
    currency: str
    due_on: date
    principal_minor: int
    interest_minor: int
    fees_minor: int

    @property
    def total_minor(self) -> int:
        """What is owed in all."""
        return self.principal_minor + self.interest_minor + self.fees_minor

    @property
    def vouched_at(self) -> datetime:
        """The first moment of `as_of` in the account's calendar: what is known to have happened later, is later."""
        return start_of_day(self.as_of, self.zone)


@dataclass(slots=True)
class _Reading:
    """The cells of a row and what was found wrong so far."""

    cells: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def take(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The parsed cell; or the default, with the problem noted."""
        try:
            return parse(self.cells.get(name, ""))
        except InvalidInput as error:
            self.note(name, str(error))
            return default

    def note(self, name: str, reason: str) -> None:
        """One more problem."""
        self.problems.append(Problem(field=name, reason=reason))


def check_row(number: int, cells: dict[str, str], *, today: date) -> BookRow | list[Problem]:
    """The row as values, or everything that is wrong with it. `today` is the latest local date on Earth."""
    read = _Reading(cells)
    country = read.take("country", fields.country_code, "")
    phone = read.take("phone", lambda text: fields.phone_number(text, country), None)
    email = read.take("email", fields.email_address, None)
    time_zone = read.take("time_zone", fields.zone_name, "UTC")
    currency = read.take("currency", fields.currency_code, "")
    amounts = [
        read.take(name, lambda text: fields.amount_minor(text, currency), 0)
        for name in ("principal", "interest", "fees")
    ]
    as_of = read.take("as_of", fields.iso_date, today)
    due_on = read.take("due_date", fields.iso_date, as_of)
    row = BookRow(
        number=number,
        account_id=read.take("account_id", fields.identifier, ""),
        person_id=read.take("person_id", fields.identifier, ""),
        as_of=as_of,
        creditor=read.take("creditor", fields.words, ""),
        product=read.take("product", fields.product, ""),
        full_name=read.take("full_name", fields.words, ""),
        locale=read.take("locale", fields.locale, ""),
        jurisdiction=read.take("region", lambda text: fields.jurisdiction(country, text), ""),
        zone=time_zone,
        zones=_zones(time_zone, phone),
        addresses=_addresses(phone, email),
        statements=_statements(read),
        currency=currency,
        due_on=due_on,
        principal_minor=amounts[0],
        interest_minor=amounts[1],
        fees_minor=amounts[2],
    )
    if as_of > today:
        read.note("as_of", "lies in the future")
    if due_on > as_of:
        read.note("due_date", "lies after as_of: the account is not overdue")
    return read.problems or row


def _addresses(phone: PhoneNumber | None, email: str | None) -> tuple[Address, ...]:
    found = []
    if phone is not None:
        e164 = fields.e164(phone)
        line = fields.FICTION.get(e164[:10]) or _LINE_TYPES.get(phonenumbers.number_type(phone), LineType.UNKNOWN)
        channel = Channel.VOICE if line is LineType.LANDLINE else Channel.SMS
        found.append(Address(channel=channel, address=e164, line_type=line))
    if email is not None:
        found.append(Address(channel=Channel.EMAIL, address=email, line_type=LineType.MAILBOX))
    return tuple(found)


def _zones(address_zone: str, phone: PhoneNumber | None) -> tuple[str, ...]:
    """The address's zone, and those of an American number: its holder may be where its area code is."""
    if phone is None or phonenumbers.region_code_for_number(phone) != "US":
        return (address_zone,)
    of_number = [name for name in number_zones.time_zones_for_number(phone) if name != number_zones.UNKNOWN_TIMEZONE]
    if len(of_number) > _MOST_ZONES:
        return (address_zone,)
    return tuple(dict.fromkeys([address_zone, *of_number]))


def _statements(read: _Reading) -> tuple[tuple[Channel, Permission], ...]:
    nothing: tuple[Channel, ...] = ()
    said = dict.fromkeys(read.take("opted_out", fields.channels, nothing), Permission.WITHDRAWN)
    for name, channel in (("consent_sms", Channel.SMS), ("consent_email", Channel.EMAIL)):
        permission = read.take(name, fields.yes_or_no, None)
        if permission is not None:
            said.setdefault(channel, permission)
    return tuple(sorted(said.items(), key=lambda item: item[0].value))


def latest_date_on_earth(now: datetime) -> date:
    """The calendar date where it is furthest ahead, UTC+14: no honest extract is dated later."""
    return (now + timedelta(hours=14)).date()
