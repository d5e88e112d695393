"""A delinquency as it is posted to `/v1/delinquencies`: the names of a book's columns, amounts in minor units.

Short, for an account that we know: who and how much. Long, for one that may be new: with every column that a book
asks for. Both are checked by the very code that checks a book.
"""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue

from casedb.book_row import BookRow, Problem, check_owed, check_row, latest_date_on_earth
from casedb.inbox import InboundFact, InboundKind
from casedb.owed import Owed
from domain.errors import InvalidInput
from domain.money import Money
from web.ledger_models import (
    MOST_ITEMS,
    AccountId,
    Currency,
    EventId,
    Instant,
    ItemOf,
    Minor,
    Posted,
    happened,
    own_id,
)

_AMOUNTS = {"principal": "principal_minor", "interest": "interest_minor", "fees": "fees_minor"}
MOST_OWED = 10**14
_SHORT: dict[str, JsonValue] = {
    "event_id": "dq-20261121-0001",
    "account_id": "LW-0001",
    "occurred_at": "2026-11-21T08:30:00Z",
    "as_of": "2026-11-21",
    "due_date": "2026-11-01",
    "currency": "USD",
    "principal_minor": 12000,
    "interest_minor": 250,
    "fees_minor": 0,
}
_LONG: dict[str, JsonValue] = _SHORT | {
    "event_id": "dq-20261121-0002",
    "account_id": "LW-0900",
    "person_id": "P-0900",
    "creditor": "Lantern Wallet",
    "product": "pay_later",
    "full_name": "Robin Example",
    "locale": "en",
    "country": "US",
    "region": "GA",
    "time_zone": "America/New_York",
    "phone": "+14045550102",
    "email": "robin@mail.example.com",
}


def _day(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a date such as 2026-11-21")  # noqa: TRY004  # pydantic places ValueErrors
    return value


Day = Annotated[date, BeforeValidator(_day), Field(description="RFC 3339 date.")]
Cell = Annotated[str, Field(max_length=500)]
"""As in the column of a book of the same name."""


class Person(Posted):
    """The columns of a book that say whose account it is and how he may be reached; docs/operations.md lists them."""

    person_id: Cell | None = Field(None, description="With it, everything that a book asks for must be there.")
    creditor: Cell | None = None
    product: Cell | None = None
    full_name: Cell | None = None
    locale: Cell | None = None
    country: Cell | None = None
    region: Cell | None = None
    time_zone: Cell | None = None
    phone: Cell | None = None
    email: Cell | None = None
    push_id: Cell | None = None
    whatsapp: Cell | None = None
    whatsapp_consent: Cell | None = None
    postal_address: Cell | None = None
    consent_sms: Cell | None = None
    consent_email: Cell | None = None
    consent_voice: Cell | None = None
    opted_out: Cell | None = None


class Delinquency(Person):
    """What is owed on one account as of a day. Without `person_id` the account must be known here."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHORT, _LONG]})

    event_id: EventId
    account_id: AccountId
    occurred_at: Instant = Field(description="When your ledger said so.")
    as_of: Day = Field(description="The day as of which the amounts are right; one statement per account and day.")
    due_date: Day = Field(description="Since when something is due and unpaid; not after `as_of`.")
    currency: Currency
    principal_minor: Minor = Field(ge=0, le=MOST_OWED)
    interest_minor: Minor = Field(0, ge=0, le=MOST_OWED)
    fees_minor: Minor = Field(0, ge=0, le=MOST_OWED)

    def fact(self, source: str, now: datetime) -> InboundFact:
        """The fact as the inbox takes it. Raises InvalidInput with the first field that is wrong."""
        cells = self._cells()
        stated = self._checked(cells, latest_date_on_earth(now))
        if isinstance(stated, list):
            raise _refused(stated[0])
        return InboundFact(
            event_id=own_id(source, self.event_id),
            source=source,
            kind=InboundKind.DELINQUENCY,
            at=happened(self.occurred_at, now),
            account_id=self.account_id,
            currency=self.currency,
            owed=stated.owed if isinstance(stated, BookRow) else stated,
            row=stated if isinstance(stated, BookRow) else None,
        )

    def _checked(self, cells: dict[str, str], today: date) -> BookRow | Owed | list[Problem]:
        if self._brings_the_person():
            return check_row(1, cells, today=today, overdue=True)
        return check_owed(cells, today=today)

    def _brings_the_person(self) -> bool:
        return any(getattr(self, name) is not None for name in Person.model_fields)

    def _cells(self) -> dict[str, str]:
        """The columns as a book has them; amounts in major units, as people write them."""
        cells = {name: getattr(self, name) or "" for name in Person.model_fields}
        amounts = {
            column: f"{Money(getattr(self, name), self.currency).to_decimal():f}" for column, name in _AMOUNTS.items()
        }
        days = {"as_of": self.as_of.isoformat(), "due_date": self.due_date.isoformat()}
        return cells | amounts | days | {"account_id": self.account_id, "currency": self.currency}


class DelinquencyBatch(Posted):
    """Delinquencies in the order in which they are to be taken."""

    delinquencies: list[Annotated[Any, ItemOf(Delinquency)]] = Field(min_length=1, max_length=MOST_ITEMS)


def _refused(problem: Problem) -> InvalidInput:
    return InvalidInput(problem.reason, field=_AMOUNTS.get(problem.field, problem.field))
