"""Stripe's objects, as much as is read of them; the rest, and persons are in it, is left alone.

Source: https://docs.stripe.com/api/events/object and https://docs.stripe.com/currencies#special-cases
"""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from casedb.inbound import MOST_MINOR
from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS
from web.answers import first_problem

_NOT_AS_ISO = {"ISK": 100, "UGX": 100}
"""Stripe writes two places for these, which have none."""
_MADAGASCAR = "MGA"
"""Stripe writes none for it, which has two."""

P = TypeVar("P", bound=BaseModel)
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,80}$")]
Amount = Annotated[int, Field(strict=True, ge=0, le=MOST_MINOR)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=4_102_444_800, description="Unix seconds.")]


def _currency(value: str) -> str:
    told = value.upper()
    if told not in MINOR_UNIT_DIGITS:
        raise ValueError("must be an ISO 4217 code such as usd")
    return told


Currency = Annotated[str, AfterValidator(_currency)]


class _Part(BaseModel):
    """What is read of one of Stripe's objects."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class EventData(_Part):
    """What an event is about, and what it was before."""

    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class StripeEvent(_Part):
    """One event."""

    id: Id
    type: str = Field(pattern=r"^[a-z0-9_.]{1,100}$")
    created: Seconds
    livemode: bool = Field(strict=True)
    data: EventData

    @property
    def at(self) -> datetime:
        """When it happened."""
        return instant(self.created)


class Intent(_Part):
    """A payment."""

    id: Id
    currency: Currency
    amount_received: Amount = 0
    metadata: dict[str, str] | None = None


class Charge(_Part):
    """The taking of a payment, with what was given back of it so far."""

    id: Id
    currency: Currency
    amount_refunded: Amount
    payment_intent: Id | None = None
    metadata: dict[str, str] | None = None


class Refund(_Part):
    """Money on its way back."""

    id: Id
    currency: Currency
    amount: Amount
    status: str | None = None
    charge: Id | None = None
    payment_intent: Id | None = None
    metadata: dict[str, str] | None = None


class Dispute(_Part):
    """A payment that the bank was asked to take back."""

    id: Id
    currency: Currency
    amount: Amount
    charge: Id
    payment_intent: Id | None = None
    status: str = ""
    created: Seconds | None = None
    metadata: dict[str, str] | None = None


def instant(seconds: int) -> datetime:
    """Stripe's seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def read(part: type[P], event: StripeEvent) -> P:
    """What the event is about. Raises InvalidInput by the name of the field that cannot be read."""
    try:
        return part.model_validate(event.data.object)
    except ValidationError as error:
        first = first_problem(error.errors(include_input=False, include_url=False))
        raise InvalidInput(first.message, field=f"data.object.{first.field}") from None


def minor_units(amount: int, currency: str) -> int:
    """In the minor units of ISO 4217. Raises InvalidInput for an amount of none, or of a fraction."""
    if currency == _MADAGASCAR:
        amount *= 100
    whole, rest = divmod(amount, _NOT_AS_ISO.get(currency, 1))
    if rest or not whole:
        raise InvalidInput("must be an amount above none in whole minor units", field="data.object")
    return whole
