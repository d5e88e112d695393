"""The door of the payment provider: `/v1/payments/stripe`."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine

from casedb.inbox import InboundFact
from casedb.payments import lock_payment
from web.answers import documented
from web.partners import guarded_by
from web.stripe_events import LONGEST_EVENT_BYTES, StripeSignature, facts_of
from web.stripe_models import StripeEvent
from web.telling import Tell, take_all_in

_SCHEME = APIKeyHeader(
    name="stripe-signature",
    scheme_name="StripeSignature",
    description="As Stripe signs: `t=...,v1=...`. See https://docs.stripe.com/webhooks#verify-manually",
    auto_error=False,
)


class Heard(BaseModel):
    """What became of an event."""

    event_id: str = Field(description="Stripe's.")
    status: Literal["accepted", "parked"] = Field(description="parked: nobody knows yet which account it is about.")


PARKED: dict[int | str, dict[str, Any]] = {
    202: {"model": Heard, "description": "Parked: nobody knows yet which account it is about; a person looks after it."}
}


def signed_by_stripe(_signature: Annotated[str | None, Security(_SCHEME)]) -> None:
    """Says in the description of the API what `StripeSignature` has proved already when this runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDoor:
    """The handler of Stripe's events; it runs in a thread, as it speaks to the database."""

    engine: Engine
    signature: StripeSignature
    tell: Tell
    """Brings a stored fact to the cases it is about, after the answer went out."""
    live: bool

    def router(self) -> APIRouter:
        """The one path."""
        router = APIRouter(
            prefix="/v1/payments",
            tags=["Payments"],
            route_class=guarded_by(self.signature.guard, LONGEST_EVENT_BYTES),
            dependencies=[Depends(signed_by_stripe)],
            responses=documented(401, 413, 422, 503),
        )

        @router.post("/stripe", response_model=Heard, responses=PARKED)
        def stripe(event: StripeEvent, later: BackgroundTasks, answer: Response) -> Heard:
            """One event of Stripe's; those that move nothing are kept."""
            receipts = take_all_in(self.engine, partial(self._facts, event), self.tell, later)
            parked = any(receipt.parked for receipt in receipts)
            answer.status_code = 202 if parked else 200
            return Heard(event_id=event.id, status="parked" if parked else "accepted")

        return router

    def _facts(self, event: StripeEvent, connection: Connection) -> list[InboundFact]:
        return facts_of(event, partial(lock_payment, connection), live=self.live)
