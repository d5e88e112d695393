"""Events that SendGrid posts in batches: only with its signature over the timestamp and the body as it came.

SendGrid posts a batch again for a day when it was not taken, and does not say that it signs it anew. So a batch is good
for a day and an hour; one that is replayed within that changes nothing, as every event has an id. While SendGrid's
key is being changed both are good.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import json
import time
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from domain.errors import ConfigurationError, InvalidInput
from web.bodies import bounded_body

LONGEST_BATCH_BYTES = 2 * 1024 * 1024
"""SendGrid closes a batch at 768 kB, give or take its last event."""


WINDOW_SECONDS, AHEAD_SECONDS = 25 * 3_600, 300
_SCHEME = APIKeyHeader(
    name=EventWebhookHeader.SIGNATURE,
    scheme_name="SendGridSignature",
    description="ECDSA over timestamp and body, as SendGrid's signed event webhook makes it.",
    auto_error=False,
)
EVENTS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "As SendGrid posts it.",
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": {"type": "object"}},
                "example": [
                    {"sg_event_id": "E1", "sg_message_id": "M1.x", "event": "delivered", "timestamp": 1795251600}
                ],
            }
        },
    }
}
"""How such a body is described."""


class SendGridEvents:
    """Reads signed batches. Raises ConfigurationError for a key that is none."""

    def __init__(self, *public_keys: str) -> None:
        self._webhooks = [_webhook(key) for key in public_keys]

    async def __call__(
        self, request: Request, _signature: Annotated[str | None, Security(_SCHEME)] = None
    ) -> list[Any]:
        """The events of one batch; 401 without a good signature, 413 for a batch that is too long.

        Raises InvalidInput for a signed body that is no list.
        """
        body = await bounded_body(request, LONGEST_BATCH_BYTES)
        signature = request.headers.get(EventWebhookHeader.SIGNATURE, "")
        timestamp = request.headers.get(EventWebhookHeader.TIMESTAMP, "")
        if not self.signed(body, signature, timestamp) or not _in_time(timestamp, time.time()):
            raise HTTPException(401)
        return _listed(body)

    def signed(self, body: bytes, signature: str, timestamp: str) -> bool:
        """Whether one of the keys signed this timestamp and this body, whenever that was."""
        try:
            text = body.decode()
            return any(webhook.verify_signature(text, signature, timestamp) for webhook in self._webhooks)
        except ValueError:  # text that is no base64, or a body that is no text: nothing that SendGrid ever sends
            return False


def _webhook(public_key: str) -> EventWebhook:
    try:
        webhook = EventWebhook(public_key)
    except ValueError:
        raise ConfigurationError(_no_key()) from None
    if not isinstance(webhook.public_key, EllipticCurvePublicKey):
        raise ConfigurationError(_no_key())
    return webhook


def _in_time(timestamp: str, now: float) -> bool:
    """Whether a batch of this age can still be one that SendGrid tries again."""
    return timestamp.isascii() and timestamp.isdigit() and -AHEAD_SECONDS <= now - int(timestamp[:12]) <= WINDOW_SECONDS


def _listed(body: bytes) -> list[Any]:
    try:
        events = json.loads(body)
    except ValueError:
        raise InvalidInput("the body of SendGrid's webhook is not JSON") from None
    if not isinstance(events, list):
        raise InvalidInput("the body of SendGrid's webhook is not a list of events")
    return events


def _no_key() -> str:
    return "AMICABLE_SENDGRID_WEBHOOK_PUBLIC_KEY: is no verification key as SendGrid's settings page shows it"
