"""What the ledger tells, as it is posted: the forms of `/v1/ledger-events`, and what is answered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from casedb.book_fields import identifier
from casedb.inbound import MOST_MINOR
from casedb.inbox import InboundFact, InboundKind
from config.fields import checked
from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS
from web.answers import Trouble

MOST_ITEMS = 500
"""To a batch: each is a transaction of its own, and the sender waits for all of them."""

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def _instant(value: object) -> object:
    """Text with its zone; a bare number could be seconds or milliseconds."""
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("must be an instant with its zone, such as 2026-11-21T08:30:00Z")
    return value


def _plausible(value: datetime) -> datetime:
    if value < _EARLIEST:
        raise ValueError("must be an instant from 2000 on")
    return value.astimezone(UTC)


def _currency(value: str) -> str:
    if value not in MINOR_UNIT_DIGITS:
        raise ValueError("must be an ISO 4217 code such as USD")
    return value


def _account_id(value: str) -> str:
    """As the books have it: an id that looks like a number of a person would stand in logs and tasks."""
    return checked(lambda: identifier(value))


EventId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$",
        description="Yours, once and for all: the same fact posted again has the same one.",
    ),
]
AccountId = Annotated[
    str,
    AfterValidator(_account_id),
    Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="As in the book; never an address or a number of a person."),
]
Minor = Annotated[int, Field(strict=True, description="In minor units: cents, fen, whole yen.")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217."), AfterValidator(_currency)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), Field(description="RFC 3339, with its zone.")]


class Posted(BaseModel):
    """A form: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LedgerEventType(StrEnum):
    """What happened on the ledger; what it does to the balance stands beside it."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    CHARGEBACK = "chargeback"
    CREDIT = "credit"
    FEE = "fee"
    WAIVER = "waiver"
    REFUND = "refund"
    WRITE_OFF = "write_off"


KINDS = {each: InboundKind(each.value) for each in LedgerEventType if each is not LedgerEventType.CHARGEBACK} | {
    LedgerEventType.CHARGEBACK: InboundKind.REVERSAL
}


class LedgerEvent(Posted):
    """One movement of one account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "event_id": "pay-20261121-0001",
                    "type": "payment",
                    "account_id": "LW-0001",
                    "amount_minor": 4500,
                    "currency": "USD",
                    "occurred_at": "2026-11-21T08:30:00Z",
                }
            ]
        }
    )

    event_id: EventId
    type: LedgerEventType = Field(
        description=(
            "payment, credit, waiver, write_off and refund (goods were taken back) lower what is owed; reversal, "
            "chargeback (money went back) and fee raise it."
        )
    )
    account_id: AccountId
    amount_minor: Minor = Field(
        gt=0, le=MOST_MINOR, description="Always positive, in minor units; `type` has the sign."
    )
    currency: Currency
    occurred_at: Instant

    def fact(self, source: str, now: datetime) -> InboundFact:
        """The fact as the inbox takes it. Raises InvalidInput for one that has not happened yet."""
        return InboundFact(
            event_id=own_id(source, self.event_id),
            source=source,
            kind=KINDS[self.type],
            at=happened(self.occurred_at, now),
            account_id=self.account_id,
            amount_minor=self.amount_minor,
            currency=self.currency,
        )


def own_id(source: str, event_id: str) -> str:
    """The id in our inbox: senders cannot answer for each other's facts."""
    return f"{source}:{event_id}"


def happened(at: datetime, now: datetime) -> datetime:
    """The instant, if it has passed; clocks may be as far apart as a signature may be old."""
    if at < _EARLIEST or (at - now).total_seconds() > 300:
        raise InvalidInput("must be an instant from 2000 on that has passed", field="occurred_at")
    return at.astimezone(UTC)


class ItemOf:
    """An item of a batch: described as its model, and checked by the door one by one, so that good ones go on."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Anything."""
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Mapping[str, Any]:
        """The model."""
        return handler(self._model.__pydantic_core_schema__)


class LedgerBatch(Posted):
    """Movements in the order in which they are to be taken."""

    events: list[Annotated[Any, ItemOf(LedgerEvent)]] = Field(min_length=1, max_length=MOST_ITEMS)


class Taken(BaseModel):
    """What became of a fact. The same fact again is answered as the first time."""

    event_id: str = Field(description="Yours.")
    status: Literal["accepted", "parked"] = Field(
        description="parked: the account is not known here; it is kept, and a person of ours looks after it."
    )


class ItemAnswer(BaseModel):
    """What became of one item of a batch."""

    index: int = Field(description="Its position, from 0.")
    event_id: str | None = Field(description="Yours; null when it cannot be read.")
    status: Literal["accepted", "parked", "refused"]
    error: Trouble | None = Field(None, description="Of a refused one: mend it and send it again under its id.")


class BatchAnswer(BaseModel):
    """What became of a batch, item by item."""

    accepted: int
    parked: int
    refused: int
    results: list[ItemAnswer]
