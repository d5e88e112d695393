"""The door for what people write back.

    /replies/twilio             one text or WhatsApp message, signed by Twilio
    /replies/sendgrid/{token}   one mail of SendGrid's inbound parse, which is not signed unless a policy says so:
                                the token in the path is the proof, and two are good while one is changed

A reply is stored and has its effect before it is answered; the answer to the person goes out afterwards and never in
the response, so that it passes the gate like every message. Whoever wrote from an address that we do not know is
parked for a human. Source: https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request, Response
from sqlalchemy import Engine

from casedb.inbound import check_id
from casedb.replies import IncomingReply, take_reply
from domain.errors import InvalidInput
from domain.replies.intent import Intent
from domain.replies.reading import ReplyRules
from domain.vocabulary import Channel
from web.answers import documented
from web.bodies import BoundedRequest
from web.parsed_mail import incoming_mail
from web.telling import Tell
from web.twilio_forms import FORM, TwilioForms

ON_WHATSAPP = "whatsapp:"
LONGEST_MAIL_BYTES = 30 * 1024 * 1024
"""SendGrid takes mails of up to 30 MB; what is attached is counted and not kept."""
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_TOLD = {"STOP": Intent.STOP, "START": Intent.START, "HELP": Intent.HELP}
"""What Twilio's own opt-out management has understood, acted on and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDoor:
    """The handlers of replies; they run in a thread, as they speak to the database."""

    engine: Engine
    rules: ReplyRules
    forms: TwilioForms | None
    """None: no texts."""
    mail_tokens: tuple[str, ...]
    """None at all: no mails."""
    tell: Tell
    now: Callable[[], datetime]
    """When a reply came: carriers do not say when it was written."""

    def router(self) -> APIRouter:
        """The paths of the carriers that are switched on."""
        router = APIRouter(prefix="/replies", tags=["replies"])
        if self.forms is not None:
            form = Depends(self.forms)

            @router.post(
                "/twilio", responses=documented(401, 413, 422, 503), response_class=Response, openapi_extra=FORM
            )
            def twilio(told: Annotated[dict[str, str], form], later: BackgroundTasks) -> Response:
                """One inbound text or WhatsApp message."""
                self.take(reply_of_twilio(told, self.now()), later)
                return Response(NOTHING_TO_SAY, media_type="application/xml")

        if self.mail_tokens:
            mail = Depends(self._mail)

            @router.post("/sendgrid/{token}", responses=documented(401, 413, 422, 503), response_class=Response)
            def sendgrid(told: Annotated[dict[str, str], mail], later: BackgroundTasks) -> Response:
                """One inbound mail."""
                self.take(incoming_mail(told, self.now()), later)
                return Response(status_code=200)

        return router

    def take(self, incoming: IncomingReply, later: BackgroundTasks) -> None:
        """Store it, and tell the cases what followed; of a repeat whatever was not told is the relay's."""
        taken = take_reply(self.engine, incoming, self.rules, received_at=self.now())
        for receipt in taken.receipts:
            if receipt.account_ids:
                later.add_task(self.tell, receipt)

    async def _mail(self, request: Request, token: str) -> dict[str, str]:
        """The fields of one mail; 401 without a good token, before anything is read."""
        # Every one is compared, so that the time taken tells nothing.
        if not sum(hmac.compare_digest(token.encode(), each.encode()) for each in self.mail_tokens):
            raise HTTPException(401)
        form = await BoundedRequest(request, LONGEST_MAIL_BYTES).form(
            max_files=1000, max_fields=1000, max_part_size=LONGEST_MAIL_BYTES
        )
        try:
            return {name: value for name, value in form.items() if isinstance(value, str)}
        finally:
            await form.close()


def reply_of_twilio(told: Mapping[str, str], now: datetime) -> IncomingReply:
    """A message as Twilio posts it. Raises InvalidInput for a form that is none."""
    sid = told.get("MessageSid", "")
    if not sid:
        raise InvalidInput("MessageSid of Twilio's form is missing", field="MessageSid")
    check_id(sid, "MessageSid")
    sender = told.get("From", "")
    by_whatsapp = sender.startswith(ON_WHATSAPP)
    return IncomingReply(
        reply_id=f"twilio:reply:{sid}",
        source="twilio",
        channel=Channel.SOCIAL_PRIVATE if by_whatsapp else Channel.SMS,
        address=sender.removeprefix(ON_WHATSAPP),
        at=now,
        text=told.get("Body", ""),
        attachments=_count(told.get("NumMedia", "")),
        evidence=f"twilio message {sid}",
        told=_TOLD.get(told.get("OptOutType", "").upper()),
    )


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0
