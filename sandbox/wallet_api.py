"""The wallet's own endpoint for push messages: signed calls, one message per reference, refusals by code."""

import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks.webhooks import Webhook

from sandbox.credentials import SandboxCredentials
from sandbox.network import Message, Network
from sandbox.postman import Postman

REPLAY_WINDOW_SECONDS = 300
LONGEST_BODY = 500
REFUSALS = {"unknown_user": 404, "push_disabled": 403, "app_uninstalled": 410}

Word = Annotated[str, Field(min_length=1, max_length=128)]


class _Push(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Word
    user_id: Word
    title: str = ""
    body: str = Field(min_length=1)
    locale: str = "en"


class _Lookup(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Word
    user_id: Word


class WalletApi:
    """The handlers of the wallet, over the shared network."""

    def __init__(self, network: Network, postman: Postman, credentials: SandboxCredentials) -> None:
        self._network = network
        self._postman = postman
        self._secret = credentials.push_secret.encode()
        self._receipts = Webhook(credentials.receipt_secret)
        self.receipt_url: str | None = None
        """Where the customer wants receipts; None: nowhere."""

    def router(self) -> APIRouter:
        """The paths of the API."""
        router = APIRouter()
        router.add_api_route("/v1/pushes", self.send, methods=["POST"])
        router.add_api_route("/v1/pushes/lookup", self.find, methods=["POST"])
        return router

    async def send(self, request: Request) -> JSONResponse:
        """Take one message; the same one again answers as the first time."""
        body = await request.body()
        if not self._is_signed(request, body):
            return _error(401, "bad_signature")
        try:
            push = _Push.model_validate_json(body)
        except ValidationError:
            return _error(400, "bad_request")
        if request.headers.get("Idempotency-Key") != push.reference:
            return _error(400, "idempotency_key_is_the_reference")
        return self._take(push, hashlib.sha256(body).hexdigest())

    async def find(self, request: Request) -> JSONResponse:
        """The message to a user under a reference."""
        body = await request.body()
        if not self._is_signed(request, body):
            return _error(401, "bad_signature")
        try:
            wanted = _Lookup.model_validate_json(body)
        except ValidationError:
            return _error(400, "bad_request")
        known = self._known(wanted.user_id, wanted.reference)
        return _answer(known, 200) if known else _error(404, "unknown_reference")

    def _take(self, push: _Push, digest: str) -> JSONResponse:
        known = self._known(push.user_id, push.reference)
        if known is not None:
            return _answer(known, 200) if known.custom_args["digest"] == digest else _error(409, "reference_in_use")
        condition = self._network.condition_of(push.user_id)
        if condition in REFUSALS:
            self._network.refuse(push.user_id, str(condition))
            return _error(REFUSALS[str(condition)], str(condition))
        if len(push.body) > LONGEST_BODY:
            return _error(422, "message_too_long")
        message = self._network.accept(
            message_id=f"push-{uuid.uuid4().hex}",
            channel="push",
            to=push.user_id,
            sender="wallet",
            subject=push.title,
            body=push.body,
            status="queued",
            custom_args={"reference": push.reference, "digest": digest},
        )
        if condition != "held":
            self._postman.submit([partial(self._deliver, message.message_id)], about=message.borrower_id)
        return _answer(message, 202)

    def _deliver(self, message_id: str) -> httpx.Request | None:
        message = self._network.advance(message_id, "delivered")
        if message is None or self.receipt_url is None:
            return None
        event_id = f"rcpt-{message_id}"
        body = json.dumps(
            {
                "event_id": event_id,
                "push_id": message_id,
                "status": "delivered",
                "occurred_at": message.at.isoformat(),
                "reference": message.custom_args["reference"],
                "user_id": message.to,
            }
        )
        sent_at = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": self._receipts.sign(event_id, sent_at, body),
            **self._network.stamp(message.borrower_id),
        }
        return httpx.Request("POST", self.receipt_url, content=body.encode(), headers=headers)

    def _known(self, user_id: str, reference: str) -> Message | None:
        sent = self._network.messages(channel="push", address=user_id)
        return next((each for each in sent if each.custom_args["reference"] == reference), None)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        """Whether the call is our customer's own, and young."""
        timestamp = request.headers.get("X-Timestamp", "")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > REPLAY_WINDOW_SECONDS:
            return False
        signed = b"\n".join((timestamp.encode(), request.url.path.encode(), body))
        expected = "v1=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(request.headers.get("X-Signature", ""), expected)


def _answer(message: Message, status: int) -> JSONResponse:
    return JSONResponse({"push_id": message.message_id, "status": message.status}, status_code=status)


def _error(status: int, code: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": code.replace("_", " ")}, status_code=status)
