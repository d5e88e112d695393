"""What Stripe tells, as facts: only with its signature, and each movement of money once.

Several events may tell of one movement, twice and in any order, so a fact is named by the movement and not by the
event: a payment by its intent, a refund by its charge and the total that was given back by then, a chargeback by its
dispute. `charge.succeeded`, `invoice.paid` and the rest tell of the same money again: they are kept, and move nothing.

    payment_intent.succeeded              payment, and the end of the silence below
    payment_intent.processing             silence while the money is on its way, a week at most
    payment_intent.payment_failed, .canceled    the end of it
    charge.refunded                       reversal, of what this event adds to the total
    charge.dispute.created, .funds_withdrawn    reversal; an inquiry (`warning_...`) moves nothing
    charge.dispute.closed as won, .funds_reinstated    payment

Source: https://docs.stripe.com/webhooks and https://docs.stripe.com/currencies#special-cases
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from stripe import SignatureVerificationError, WebhookSignature

from casedb.book_fields import identifier
from casedb.inbound import MOST_MINOR
from casedb.inbox import InboundFact, InboundKind
from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS
from domain.vocabulary import HoldKind
from web.answers import first_problem

SOURCE = "stripe"
TOLERANCE_SECONDS = 300
LONGEST_EVENT_BYTES = 512 * 1024
PENDING_DAYS = 7
"""Longer than a bank debit takes; whoever forgets to tell the end of it does not silence an account for ever."""
PENDING_OWNER = "ops"
_NOT_AS_ISO = {"ISK": 100, "UGX": 100}
"""Stripe writes two places for these, which have none."""
_MADAGASCAR = "MGA"
"""Stripe writes none for it, which has two."""

P = TypeVar("P", bound=BaseModel)
Known = Callable[[str], InboundFact | None]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,80}$")]
Amount = Annotated[int, Field(strict=True, ge=0, le=MOST_MINOR)]


def _currency(value: str) -> str:
    told = value.upper()
    if told not in MINOR_UNIT_DIGITS:
        raise ValueError("must be an ISO 4217 code such as usd")
    return told


Currency = Annotated[str, AfterValidator(_currency)]


class _Part(BaseModel):
    """What is read of one of Stripe's objects; the rest, and persons are in it, is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class EventData(_Part):
    """What an event is about, and what it was before."""

    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class StripeEvent(_Part):
    """One event, as much of it as we read. https://docs.stripe.com/api/events/object"""

    id: Id
    type: str = Field(pattern=r"^[a-z0-9_.]{1,100}$")
    created: int = Field(strict=True, ge=0, le=4_102_444_800, description="Unix seconds.")
    livemode: bool = Field(strict=True)
    data: EventData

    @property
    def at(self) -> datetime:
        """When it happened."""
        return datetime.fromtimestamp(self.created, UTC)


class _Intent(_Part):
    id: Id
    currency: Currency
    amount_received: Amount = 0
    metadata: dict[str, str] | None = None


class _Charge(_Part):
    id: Id
    currency: Currency
    amount_refunded: Amount
    payment_intent: Id | None = None
    metadata: dict[str, str] | None = None


class _Dispute(_Part):
    id: Id
    currency: Currency
    amount: Amount
    charge: Id
    payment_intent: Id | None = None
    status: str = ""
    metadata: dict[str, str] | None = None


class StripeSignature:
    """Knows Stripe by the endpoint's secrets; two are good while one is rolled."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    async def guard(self, request: Request) -> None:
        """Let a signed event through; 401 for any other, and for one that is five minutes old."""
        body, header = await request.body(), request.headers.get("stripe-signature")
        if not self.signed(body, header):
            raise HTTPException(401)

    def signed(self, body: bytes, header: str | None) -> bool:
        """Whether one of the secrets signed this, a moment ago."""
        return any(self._signed_with(body, header, secret) for secret in self._secrets)

    def _signed_with(self, body: bytes, header: str | None, secret: str) -> bool:
        try:
            WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
        except (SignatureVerificationError, ValueError, TypeError):  # no text, or a signature that is not ASCII
            return False
        return True


def facts_of(event: StripeEvent, known: Known, *, live: bool) -> list[InboundFact]:
    """What an event means, in the order to take it; at least a notice. `known` finds a fact that came before.

    Raises InvalidInput by the name of a field that cannot be read. An event of Stripe's test mode moves nothing live.
    """
    facts = list(_moves(event, known)) if event.livemode or not live else []
    return facts or [_fact(event, f"{SOURCE}:{event.id}", InboundKind.NOTICE, note=event.type)]


def _moves(event: StripeEvent, known: Known) -> Iterator[InboundFact]:
    kind, _, what = event.type.rpartition(".")
    if kind == "payment_intent":
        yield from _of_intent(event, _read(_Intent, event), what, known)
    elif event.type == "charge.refunded":
        yield from _of_refund(event, _read(_Charge, event), known)
    elif kind == "charge.dispute":
        yield from _of_dispute(event, _read(_Dispute, event), what, known)


def _of_intent(event: StripeEvent, intent: _Intent, what: str, known: Known) -> Iterator[InboundFact]:
    account_id = _account_of(intent.metadata)
    if account_id is None:
        return
    pending, ended = f"{SOURCE}:{intent.id}:processing", f"{SOURCE}:{intent.id}:ended"
    if what == "succeeded" and intent.amount_received:
        money = _money(intent.amount_received, intent.currency)
        yield _fact(event, _paid(intent.id), InboundKind.PAYMENT, account_id=account_id, **money)
    if what == "processing" and known(ended) is None and known(_paid(intent.id)) is None:
        yield _fact(
            event,
            pending,
            InboundKind.HOLD_PLACED,
            account_id=account_id,
            hold_id=pending,
            hold_kind=HoldKind.CUSTOM,
            owner=PENDING_OWNER,
            reason="a payment is on its way",
            ends_at=event.at + timedelta(days=PENDING_DAYS),
            pauses_dpd=False,
        )
    if what in ("succeeded", "payment_failed", "canceled") and known(pending) is not None:
        yield _fact(
            event, ended, InboundKind.HOLD_RELEASED, account_id=account_id, hold_id=pending, owner=PENDING_OWNER
        )


def _of_refund(event: StripeEvent, charge: _Charge, known: Known) -> Iterator[InboundFact]:
    """The total grows with each refund; what this one adds is in the event, so that any order will do."""
    account_id = _account_of(charge.metadata) or _account_of_payment(charge.payment_intent, known)
    if account_id is None:
        return
    before = (event.data.previous_attributes or {}).get("amount_refunded")
    if type(before) is not int or not 0 <= before < charge.amount_refunded:
        raise InvalidInput(
            "must say how much was refunded before, and less than now", field="data.previous_attributes.amount_refunded"
        )
    money = _money(charge.amount_refunded - before, charge.currency)
    name = f"{SOURCE}:{charge.id}:refunded:{charge.amount_refunded}"
    yield _fact(event, name, InboundKind.REVERSAL, account_id=account_id, **money)


def _of_dispute(event: StripeEvent, dispute: _Dispute, what: str, known: Known) -> Iterator[InboundFact]:
    payment = dispute.payment_intent or dispute.charge
    # Whose it is stands at the payment alone: one that is not known yet is parked under the payment's id.
    account_id = _account_of(dispute.metadata) or _account_of_payment(dispute.payment_intent, known) or payment
    if what == "funds_withdrawn" or (what == "created" and not dispute.status.startswith("warning_")):
        name, kind = f"{SOURCE}:{dispute.id}:withdrawn", InboundKind.REVERSAL
    elif what == "funds_reinstated" or (what == "closed" and dispute.status == "won"):
        name, kind = f"{SOURCE}:{dispute.id}:reinstated", InboundKind.PAYMENT
    else:
        return
    yield _fact(event, name, kind, account_id=account_id, **_money(dispute.amount, dispute.currency))


def _paid(intent_id: str) -> str:
    return f"{SOURCE}:{intent_id}:succeeded"


def _account_of(metadata: dict[str, str] | None) -> str | None:
    """The account that the payment was made for; None for what is no debt: a shop sells by the same door."""
    told = (metadata or {}).get("account_id")
    if not told:
        return None
    try:
        return identifier(told)
    except InvalidInput as error:
        raise InvalidInput(str(error), field="data.object.metadata.account_id") from None


def _account_of_payment(intent_id: str | None, known: Known) -> str | None:
    payment = known(_paid(intent_id)) if intent_id else None
    return payment.account_id if payment is not None else None


def _money(amount: int, currency: str) -> dict[str, Any]:
    """In the minor units of ISO 4217. Raises InvalidInput for an amount of none, or of a fraction."""
    if currency == _MADAGASCAR:
        amount *= 100
    whole, rest = divmod(amount, _NOT_AS_ISO.get(currency, 1))
    if rest or not whole:
        raise InvalidInput("must be an amount above none in whole minor units", field="data.object")
    return {"amount_minor": whole, "currency": currency}


def _fact(event: StripeEvent, name: str, kind: InboundKind, **about: Any) -> InboundFact:
    return InboundFact(event_id=name, source=SOURCE, kind=kind, at=event.at, evidence=f"stripe {event.id}", **about)


def _read(part: type[P], event: StripeEvent) -> P:
    try:
        return part.model_validate(event.data.object)
    except ValidationError as error:
        first = first_problem(error.errors(include_input=False, include_url=False))
        raise InvalidInput(first.message, field=f"data.object.{first.field}") from None
