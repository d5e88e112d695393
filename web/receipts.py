"""The door for receipts: what providers tell of messages that they took before.

    /receipts/twilio/{reference}   one status of one text or WhatsApp message
    /receipts/sendgrid             a list of events about mails

Each is one fact under an id that the provider's own words make, so that a repeat changes nothing. A receipt about
no message of ours is kept without effect and answered like any other: asking for it again would not mend it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Response
from sqlalchemy import Engine

from activities.receipts import of_sendgrid, of_twilio_message
from casedb.deliveries import DeliveryReport
from casedb.inbound import check_id
from casedb.inbox import InboundFact, InboundKind
from domain.errors import InvalidInput
from domain.vocabulary import Channel
from web.answers import documented
from web.sendgrid_events import EVENTS, SendGridEvents
from web.telling import Tell, take_in
from web.twilio_forms import FORM, TwilioForms

log = logging.getLogger(__name__)

ON_WHATSAPP = "whatsapp:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDoor:
    """The handlers of receipts; they run in a thread, as they speak to the database."""

    engine: Engine
    forms: TwilioForms | None
    """None: no receipts of Twilio."""
    events: SendGridEvents | None
    """None: no receipts of SendGrid."""
    tell: Tell
    """Brings a stored fact to the cases it is about, after the answer went out."""
    now: Callable[[], datetime]
    """The instant of what a provider tells without saying when; a rehearsal's is not the wall's."""

    def router(self) -> APIRouter:
        """The paths of the providers that are switched on."""
        router = APIRouter(prefix="/receipts", tags=["Receipts"], responses=documented(401, 413, 422, 503))
        if self.forms is not None:
            form = Depends(self.forms)

            @router.post("/twilio/{reference}", status_code=204, response_class=Response, openapi_extra=FORM)
            def twilio(reference: str, told: Annotated[dict[str, str], form], later: BackgroundTasks) -> Response:
                """One status of one text or WhatsApp message."""
                fact = fact_of_twilio(of_twilio_message(told), reference, told, self.now())
                take_in(self.engine, fact, self.tell, later)
                return Response(status_code=204)

        if self.events is not None:
            batch = Depends(self.events)

            @router.post("/sendgrid", status_code=204, response_class=Response, openapi_extra=EVENTS)
            def sendgrid(events: Annotated[list[Any], batch], later: BackgroundTasks) -> Response:
                """What became of mails; what cannot be read of a batch is left out."""
                self.take_batch(events, later)
                return Response(status_code=204)

        return router

    def take_batch(self, events: Sequence[Any], later: BackgroundTasks) -> None:
        """Every event that can be read; one that cannot is left out with a line in the log and without its content."""
        for number, event in enumerate(events, start=1):
            try:
                take_in(self.engine, fact_of_sendgrid(event, self.now()), self.tell, later)
            except InvalidInput as error:
                log.warning("event %d of %d of a batch is left out: %s", number, len(events), error)


def fact_of_twilio(report: DeliveryReport, reference: str, told: Mapping[str, str], at: datetime) -> InboundFact:
    """A status of a message or a call; each is told once, however often it is posted. Twilio does not say when."""
    status = told.get("MessageStatus") or told.get("CallStatus", "")
    check_id(report.provider_id, "CallSid" if "CallSid" in told else "MessageSid")
    return _storable(
        event_id=f"{report.provider}:{report.provider_id}:{status}",
        at=at,
        channel=_channel(told),
        address=told.get("To", "").removeprefix(ON_WHATSAPP),
        report=replace(report, reference=reference),
    )


def _channel(told: Mapping[str, str]) -> Channel:
    if "CallSid" in told:
        return Channel.VOICE
    return Channel.SOCIAL_PRIVATE if told.get("To", "").startswith(ON_WHATSAPP) else Channel.SMS


def fact_of_sendgrid(event: Any, now: datetime) -> InboundFact:
    """One event of a batch. Raises InvalidInput, which never repeats a value, for one that cannot be told."""
    if not isinstance(event, dict):
        raise InvalidInput("SendGrid's event is not an object")
    event_id = event.get("sg_event_id")
    if not isinstance(event_id, str) or not event_id:
        raise InvalidInput("sg_event_id of SendGrid's event is missing: a repeat could not be told from a new one")
    check_id(event_id, "sg_event_id")
    report = of_sendgrid(event)
    at = _instant(event.get("timestamp")) or now
    address = str(event.get("email", ""))
    name = f"{report.provider}:{event_id}"
    return _storable(event_id=name, at=at, channel=Channel.EMAIL, address=address, report=report)


def _storable(*, event_id: str, at: datetime, channel: Channel, address: str, report: DeliveryReport) -> InboundFact:
    """The fact; one with signs that no database takes, or no provider sends, is refused before it spoils a batch."""
    if not all(told.isprintable() for told in (event_id, address, report.provider_id, report.reference, report.code)):
        raise InvalidInput(f"a receipt of {report.provider} has unprintable characters in an id, a code or an address")
    return InboundFact(
        event_id=event_id,
        source=report.provider,
        kind=InboundKind.DELIVERY,
        at=at,
        channel=channel,
        address=address,
        report=report,
    )


def _instant(timestamp: object) -> datetime | None:
    """The sender's instant, in seconds since 1970; None for one that cannot be read."""
    try:
        return datetime.fromtimestamp(int(str(timestamp)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
