"""What Stripe tells, as facts: only with its signature, each movement of money once, and in any order.

Several events may tell of one movement, twice and on several connections at once, so a fact is named by the movement
and not by the event: a payment by its intent, a refund by its charge and the total that was given back by then, a
chargeback by its dispute. `charge.succeeded`, `invoice.paid` and the rest tell of the same money again: they are kept,
and move nothing. Every fact carries its payment, whose account it goes by when it names none itself; what an event
means is decided while the payment is locked, from all that is known of it.

    payment_intent.succeeded              payment, and the end of the silence below
    payment_intent.processing             silence while the money is on its way, a week at most
    payment_intent.payment_failed, .canceled    the end of it; a later processing silences again
    charge.refunded                       reversal, of what this event adds to the total
    refund.failed, .updated, charge.refund.updated as failed or canceled    payment: the money did not go back
    charge.dispute.created, .funds_withdrawn    reversal; an inquiry (`warning_...`) moves nothing
    charge.dispute.closed as won, .funds_reinstated    payment

Source: https://docs.stripe.com/webhooks and https://docs.stripe.com/refunds#failed-refunds
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import HTTPException, Request
from stripe import SignatureVerificationError, WebhookSignature

from casedb.book_fields import identifier
from casedb.inbox import InboundFact, InboundKind
from domain.errors import InvalidInput
from domain.vocabulary import HoldKind
from web.stripe_models import Charge, Dispute, Intent, Refund, StripeEvent, instant, minor_units, read

SOURCE = "stripe"
TOLERANCE_SECONDS = 300
LONGEST_EVENT_BYTES = 512 * 1024
PENDING_DAYS = 7
"""Longer than a bank debit takes; whoever forgets to tell the end of it does not silence an account for ever."""
PENDING_OWNER = "ops"
SAME_REFUND = timedelta(minutes=1)
"""After a failed refund the total may come to the same once more: what is told so close together is told twice."""
_FINAL = ("payment_intent.succeeded", "payment_intent.canceled")
_FAILED = "payment_intent.payment_failed"
_NOT_GIVEN_BACK = ("failed", "canceled")

Known = Callable[[str], Sequence[InboundFact]]
"""Every fact about a payment so far; asked once for an event, it lets nobody else tell of that payment meanwhile."""


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
    """What an event means, in the order to take it; at least a notice.

    Raises InvalidInput by the name of a field that cannot be read. An event of Stripe's test mode moves nothing live.
    """
    facts = list(_moves(event, known)) if event.livemode or not live else []
    return facts or [_fact(event, f"{SOURCE}:{event.id}", InboundKind.NOTICE, note=event.type)]


def _moves(event: StripeEvent, known: Known) -> Iterator[InboundFact]:
    kind, _, what = event.type.rpartition(".")
    if kind == "payment_intent":
        intent = read(Intent, event)
        yield from _of_intent(_Payment.of(intent.id, known), event, intent, what)
    elif event.type == "charge.refunded":
        charge = read(Charge, event)
        yield _of_refund(_Payment.of(charge.payment_intent or charge.id, known), event, charge)
    elif event.type in ("refund.failed", "refund.updated", "charge.refund.updated"):
        refund = read(Refund, event)
        if refund.status in _NOT_GIVEN_BACK:
            of = _Payment.of(refund.payment_intent or refund.charge or refund.id, known)
            name = f"{SOURCE}:{refund.id}:undone"
            yield of.money(event, name, InboundKind.PAYMENT, amount=refund.amount, of=refund)
    elif kind == "charge.dispute":
        dispute = read(Dispute, event)
        yield from _of_dispute(_Payment.of(dispute.payment_intent or dispute.charge, known), event, dispute, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payment:
    """A payment with all that is known of it."""

    name: str
    history: Sequence[InboundFact]

    @classmethod
    def of(cls, of_stripe: str, known: Known) -> "_Payment":
        name = f"{SOURCE}:{of_stripe}"
        return cls(name=name, history=known(name))

    @property
    def paid(self) -> str:
        """The name of the money itself."""
        return f"{self.name}:succeeded"

    def find(self, name: str) -> InboundFact | None:
        return next((fact for fact in self.history if fact.event_id == name), None)

    def account_id(self, metadata: dict[str, str] | None) -> str | None:
        """Where the money was booked; else what the object itself says, or any other fact about the payment."""
        paid = self.find(self.paid)
        if paid is not None and paid.account_id:
            return paid.account_id
        told = _account_of(metadata)
        return told or next((fact.account_id for fact in self.history if fact.account_id), None)

    def over_at(self, at: datetime) -> bool:
        """Whether what was on its way then has arrived or failed, as far as is known."""
        ends = [fact for fact in self.history if fact.event_id == self.paid or fact.note in (*_FINAL, _FAILED)]
        return any(fact.note != _FAILED or at <= fact.at for fact in ends)

    def pending(self, event: StripeEvent) -> Iterator[InboundFact]:
        """Silences that this event ends."""
        for fact in self.history:
            if fact.kind is not InboundKind.HOLD_PLACED or (event.type == _FAILED and fact.at > event.at):
                continue
            about = {"account_id": fact.account_id, "hold_id": fact.hold, "owner": fact.owner}
            if self.find(name := f"{fact.hold}:ended") is None:
                yield self.fact(event, name, InboundKind.HOLD_RELEASED, **about)

    def money(
        self,
        event: StripeEvent,
        name: str,
        kind: InboundKind,
        *,
        amount: int,
        of: Intent | Charge | Refund | Dispute,
        **about: Any,
    ) -> InboundFact:
        """Money of this payment; without an account it waits until one is known."""
        return self.fact(
            event,
            name,
            kind,
            account_id=self.account_id(of.metadata),
            amount_minor=minor_units(amount, of.currency),
            currency=of.currency,
            **about,
        )

    def fact(self, event: StripeEvent, name: str, kind: InboundKind, **about: Any) -> InboundFact:
        return _fact(event, name, kind, payment=self.name, **about)


def _of_intent(payment: _Payment, event: StripeEvent, intent: Intent, what: str) -> Iterator[InboundFact]:
    if what == "succeeded" and intent.amount_received:
        yield payment.money(event, payment.paid, InboundKind.PAYMENT, amount=intent.amount_received, of=intent)
    elif event.type in (*_FINAL, _FAILED):
        yield payment.fact(event, f"{payment.name}:{what}:{event.created}", InboundKind.NOTICE, note=event.type)
    if event.type in (*_FINAL, _FAILED):
        yield from payment.pending(event)
    elif what == "processing":
        yield _on_its_way(payment, event, intent)


def _on_its_way(payment: _Payment, event: StripeEvent, intent: Intent) -> InboundFact:
    """Silence; or only a note when its end is known already, or nobody knows whose the payment is."""
    name = f"{payment.name}:processing:{event.created}"
    account_id = payment.account_id(intent.metadata)
    if account_id is None or payment.over_at(event.at):
        return payment.fact(event, name, InboundKind.NOTICE, note=event.type)
    return payment.fact(
        event,
        name,
        InboundKind.HOLD_PLACED,
        account_id=account_id,
        hold_id=name,
        hold_kind=HoldKind.CUSTOM,
        owner=PENDING_OWNER,
        reason="a payment is on its way",
        ends_at=event.at + timedelta(days=PENDING_DAYS),
        pauses_dpd=False,
    )


def _of_refund(payment: _Payment, event: StripeEvent, charge: Charge) -> InboundFact:
    """The total grows with each refund; what this one adds is in the event, so that any order will do."""
    before = (event.data.previous_attributes or {}).get("amount_refunded")
    if type(before) is not int or not 0 <= before < charge.amount_refunded:
        raise InvalidInput(
            "must say how much was refunded before, and less than now", field="data.previous_attributes.amount_refunded"
        )
    name = f"{SOURCE}:{charge.id}:refunded:{charge.amount_refunded}"
    first = payment.find(name)
    if first is not None and abs(first.at - event.at) > SAME_REFUND:
        name = f"{name}:{event.created}"
    added = charge.amount_refunded - before
    return payment.money(event, name, InboundKind.REVERSAL, amount=added, of=charge)


def _of_dispute(payment: _Payment, event: StripeEvent, dispute: Dispute, what: str) -> Iterator[InboundFact]:
    if what == "funds_withdrawn" or (what == "created" and not dispute.status.startswith("warning_")):
        at = instant(dispute.created) if dispute.created is not None else event.at
        name = f"{SOURCE}:{dispute.id}:withdrawn"
        yield payment.money(event, name, InboundKind.REVERSAL, amount=dispute.amount, of=dispute, at=at)
    elif what == "funds_reinstated" or (what == "closed" and dispute.status == "won"):
        name = f"{SOURCE}:{dispute.id}:reinstated"
        yield payment.money(event, name, InboundKind.PAYMENT, amount=dispute.amount, of=dispute)


def _account_of(metadata: dict[str, str] | None) -> str | None:
    """The account that the payment was made for; None when nobody said."""
    told = (metadata or {}).get("account_id")
    if not told:
        return None
    try:
        return identifier(told)
    except InvalidInput as error:
        raise InvalidInput(str(error), field="data.object.metadata.account_id") from None


def _fact(event: StripeEvent, name: str, kind: InboundKind, **about: Any) -> InboundFact:
    told: dict[str, Any] = {"at": event.at} | about
    return InboundFact(event_id=name, source=SOURCE, kind=kind, evidence=f"stripe {event.id}", **told)
