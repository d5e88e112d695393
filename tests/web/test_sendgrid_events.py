"""The key that proves SendGrid's events must be one."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from domain.errors import ConfigurationError
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
