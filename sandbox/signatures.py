"""How each provider signs what it posts to its customer, so that our checks meet real signatures."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def sign_twilio_request(url: str, params: Mapping[str, str], auth_token: str) -> str:
    """The `X-Twilio-Signature` of a form post: HMAC-SHA1 over the URL and the sorted parameters.

    Source: https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def sign_sendgrid_events(body: str, timestamp: str, key: ec.EllipticCurvePrivateKey) -> str:
    """The `X-Twilio-Email-Event-Webhook-Signature` of a body: ECDSA P-256 over timestamp and body, base64.

    Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
    """
    return base64.b64encode(key.sign((timestamp + body).encode(), ec.ECDSA(hashes.SHA256()))).decode()


def public_key_base64(key: ec.EllipticCurvePrivateKey) -> str:
    """The verification key in the form SendGrid shows it: one line of base64, no PEM frame."""
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()
