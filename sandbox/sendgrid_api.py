"""SendGrid's v3 API as its official client sees it: mail send, Email Activity, signed event webhook.

Sources: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send,
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

import hmac
import json
import re
import time
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError

from sandbox.credentials import SandboxCredentials
from sandbox.network import Message, Network
from sandbox.postman import Postman, Step
from sandbox.sendgrid_activity import InvalidQuery, activity_json, find_messages
from sandbox.signatures import sign_sendgrid_events

ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
MAX_BODY_BYTES = 30 * 1024 * 1024


class _Person(BaseModel):
    email: str
    name: str | None = None


class _Personalization(BaseModel):
    to: list[_Person] = Field(min_length=1)
    subject: str | None = None
    custom_args: dict[str, str] = {}


class _Content(BaseModel):
    type: str
    value: str = Field(min_length=1)


class _Mail(BaseModel):
    personalizations: list[_Personalization] = Field(min_length=1)
    sender: _Person = Field(alias="from")
    subject: str = ""
    content: list[_Content] = Field(min_length=1)
    custom_args: dict[str, str] = {}


class SendGridApi:
    """The handlers of one API key, over the shared network."""

    def __init__(
        self,
        network: Network,
        postman: Postman,
        credentials: SandboxCredentials,
        *,
        event_url: str | None,
        has_email_activity: bool,
    ) -> None:
        self._network = network
        self._postman = postman
        self._credentials = credentials
        self._signing_key = credentials.event_signing_key()
        self._has_email_activity = has_email_activity
        self.event_url = event_url

    def router(self) -> APIRouter:
        """The paths of the API."""
        router = APIRouter()
        router.add_api_route("/v3/mail/send", self.send, methods=["POST"])
        router.add_api_route("/v3/messages", self.find, methods=["GET"])
        return router

    async def send(self, request: Request) -> Response:
        """Take one mail for each recipient; answers 202 with `X-Message-Id` and no body."""
        body = await request.body()
        refusal = self._auth_error(request)
        if refusal is None and len(body) > MAX_BODY_BYTES:
            refusal = _error(413, "The payload size cannot exceed 30 MB.")
        if refusal is not None:
            return refusal
        try:
            mail = _Mail.model_validate_json(body)
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"])
            return _error(400, "Bad Request", field=place or None)
        wrong = _wrong_address(mail)
        if wrong is not None:
            return _error(400, "Does not contain a valid address.", field=wrong)
        message_id = uuid.uuid4().hex[:22]
        for group in mail.personalizations:
            for person in group.to:
                self._accept(mail, group, person.email, message_id)
        return Response(status_code=202, headers={"X-Message-Id": message_id})

    async def find(self, request: Request) -> Response:
        """Email Activity: the latest state of the messages that a query names."""
        refusal = self._auth_error(request)
        if refusal is None and not self._has_email_activity:
            refusal = _error(403, "access forbidden")
        if refusal is not None:
            return refusal
        try:
            limit = min(max(int(request.query_params.get("limit", "10")), 1), 1000)
            found = find_messages(self._network, request.query_params.get("query", ""))
        except (InvalidQuery, ValueError) as error:
            return _error(400, str(error))
        return JSONResponse({"messages": [activity_json(message) for message in found[:limit]]})

    def _auth_error(self, request: Request) -> JSONResponse | None:
        expected = f"Bearer {self._credentials.sendgrid_api_key}"
        if hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
            return None
        return _error(401, "The provided authorization grant is invalid, expired, or revoked")

    def _accept(self, mail: _Mail, group: _Personalization, to: str, message_id: str) -> None:
        plain = [part.value for part in mail.content if part.type == "text/plain"]
        text = plain[0] if plain else re.sub(r"<[^>]+>", "", mail.content[0].value)
        message = self._network.accept(
            message_id=f"{message_id}.sandbox-{uuid.uuid4().hex[:12]}-0",
            channel="email",
            to=to,
            sender=mail.sender.email,
            subject=group.subject or mail.subject,
            body=text,
            status="processing",
            custom_args=mail.custom_args | group.custom_args,
        )
        if self._network.condition_of(to) != "held":
            self._postman.submit(self._delivery(message), about=message.borrower_id)

    def _delivery(self, message: Message) -> list[Step]:
        condition = self._network.condition_of(message.to)
        if self._network.stopped_at(message.to) is not None:
            journey: list[tuple[str, dict[str, str]]] = [("dropped", {"reason": "Unsubscribed Address"})]
        elif condition == "dropped":
            journey = [("dropped", {"reason": "Bounced Address"})]
        elif condition == "blocked":
            reason = "550 5.7.1 Service refused the message."
            journey = [("processed", {}), ("bounce", {"reason": reason, "status": "5.7.1", "type": "blocked"})]
        elif condition == "bounce":
            reason = "550 5.1.1 The email account that you tried to reach does not exist."
            journey = [
                ("processed", {}),
                ("bounce", {"reason": reason, "status": "5.1.1", "type": "bounce"}),
            ]
        else:
            journey = [("processed", {}), ("delivered", {"response": "250 2.0.0 OK"})]
        return [partial(self._step, message.message_id, event, more) for event, more in journey]

    def _step(self, message_id: str, event: str, more: Mapping[str, str]) -> httpx.Request | None:
        message = self._network.advance(message_id, event)
        if message is None or self.event_url is None:
            return None
        body = json.dumps([_event_json(message, event, more)], ensure_ascii=False, separators=(",", ":"))
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "SendGrid Event API",
            "X-Twilio-Email-Event-Webhook-Signature": sign_sendgrid_events(body, timestamp, self._signing_key),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
            **self._network.stamp(message.borrower_id),
        }
        return httpx.Request("POST", self.event_url, content=body.encode(), headers=headers)


def _wrong_address(mail: _Mail) -> str | None:
    """The place of the first recipient who cannot be one."""
    for n, group in enumerate(mail.personalizations):
        if not all(ADDRESS.fullmatch(person.email) for person in group.to):
            return f"personalizations.{n}.to"
    return None


def _event_json(message: Message, event: str, more: Mapping[str, str]) -> dict[str, Any]:
    """One event; custom arguments stand beside the provider's own fields, as SendGrid puts them."""
    return {
        **message.custom_args,
        "email": message.to,
        "timestamp": int(message.at.timestamp()),
        "smtp-id": f"<{message.message_id}@sandbox.invalid>",
        "event": event,
        "sg_event_id": uuid.uuid4().hex,
        "sg_message_id": message.message_id,
        **more,
    }


def _error(status: int, text: str, field: str | None = None) -> JSONResponse:
    return JSONResponse({"errors": [{"message": text, "field": field, "help": None}]}, status_code=status)
