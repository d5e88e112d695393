"""SendGrid's events: the key that proves them must be one, and a batch is not good for ever."""

import base64
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from config.settings import SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY
from domain.errors import ConfigurationError
from sandbox.credentials import SandboxCredentials
from sandbox.signatures import sign_sendgrid_events
from web.sendgrid_events import SendGridEvents


def of_another_kind() -> str:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize("key", ["MFkw", "not a key", "-----BEGIN PUBLIC KEY-----", of_another_kind()])
def test_a_key_that_cannot_prove_anything_is_refused_at_start_by_the_name_of_its_variable(key: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^AMICABLE_SENDGRID_WEBHOOK_PUBLIC_KEY: ") as caught:
        SendGridEvents(key)
    assert key not in str(caught.value)


# The vector of SendGrid's own libraries, such as test/unit/test_eventwebhook.py of sendgrid-python.
KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1F"
    "wCM/QmGUhA=="
)
SIGNATURE = "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0="
PAYLOAD = b'{"category":"example_payload","event":"test_event","message_id":"message_id"}'
AT = "1588788367"


def test_the_published_vector_is_good_and_nothing_near_it() -> None:
    events = SendGridEvents(KEY)
    assert events.signed(PAYLOAD, SIGNATURE, AT)
    assert not events.signed(PAYLOAD + b" ", SIGNATURE, AT)
    assert not events.signed(PAYLOAD, SIGNATURE, "1588788368")
    assert not events.signed(PAYLOAD, SIGNATURE.replace("NH2j", "NH3j"), AT)


def test_two_keys_are_good_at_once() -> None:
    assert SendGridEvents(SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY, KEY).signed(PAYLOAD, SIGNATURE, AT)
    assert not SendGridEvents(SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY).signed(PAYLOAD, SIGNATURE, AT)


@pytest.mark.parametrize(("hours", "taken"), [(-1, False), (0, True), (24, True), (25, False), (24 * 365, False)])
def test_a_batch_is_good_for_as_long_as_sendgrid_tries_it_again(hours: int, taken: bool) -> None:
    app = FastAPI()

    @app.post("/")
    def read(told: list[Any] = Depends(SendGridEvents(SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY))) -> int:  # noqa: B008
        return len(told)

    at = str(int(time.time()) - hours * 3_600)
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": sign_sendgrid_events(
            "[]", at, SandboxCredentials().event_signing_key()
        ),
        "X-Twilio-Email-Event-Webhook-Timestamp": at,
    }
    assert TestClient(app).post("/", content="[]", headers=headers).status_code == (200 if taken else 401)
