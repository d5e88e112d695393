"""Events that SendGrid posts in batches: only with its signature over the timestamp and the body as it came.

The age of a batch is not judged: SendGrid posts one again for a day, and a batch that is replayed changes nothing.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from fastapi import HTTPException, Request
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from domain.errors import ConfigurationError, InvalidInput
from web.bodies import bounded_body

LONGEST_BATCH_BYTES = 2 * 1024 * 1024
"""SendGrid closes a batch at 768 kB, give or take its last event."""


class SendGridEvents:
    """Reads signed batches. Raises ConfigurationError for a key that is none."""

    def __init__(self, public_key: str) -> None:
        try:
            self._webhook = EventWebhook(public_key)
        except ValueError:
            raise ConfigurationError(_no_key()) from None
        if not isinstance(self._webhook.public_key, EllipticCurvePublicKey):
            raise ConfigurationError(_no_key())

    async def __call__(self, request: Request) -> list[Any]:
        """The events of one batch; 401 without a good signature, 413 for a batch that is too long.

        Raises InvalidInput for a signed body that is no list.
        """
        body = await bounded_body(request, LONGEST_BATCH_BYTES)
        signature = request.headers.get(EventWebhookHeader.SIGNATURE, "")
        timestamp = request.headers.get(EventWebhookHeader.TIMESTAMP, "")
        if not self._signed(body, signature, timestamp):
            raise HTTPException(401)
        return _listed(body)

    def _signed(self, body: bytes, signature: str, timestamp: str) -> bool:
        try:
            return bool(self._webhook.verify_signature(body.decode(), signature, timestamp))
        except ValueError:  # text that is no base64, or a body that is no text: nothing that SendGrid ever sends
            return False


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
