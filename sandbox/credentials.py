"""What the pretended providers accept as proof of identity, and what they sign with.

The defaults are public on purpose: they open nothing but a sandbox, and live mode refuses them.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

_SIGNING_NUMBER = 0x5A17D80C5F6E4B2A9C3D1E0F7B8A6954


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCredentials:
    """One Twilio account, one SendGrid key, the key that signs SendGrid's events, and the wallet's secrets."""

    twilio_account_sid: str = "ACsandbox" + "0" * 25
    twilio_auth_token: str = "sandbox-token"  # noqa: S105  # opens only the sandbox
    sendgrid_api_key: str = "SG.sandbox-key"
    push_secret: str = "sandbox-push-secret"  # noqa: S105  # opens only the sandbox
    receipt_secret: str = "whsec_c2FuZGJveC1wYXJ0bmVyLXNlY3JldC1udW1iZXItb25l"  # noqa: S105  # opens only the sandbox
    """With which the wallet signs its receipts."""

    def event_signing_key(self) -> ec.EllipticCurvePrivateKey:
        """The same key in every sandbox, so that the matching public key can stand in a settings file."""
        return ec.derive_private_key(_SIGNING_NUMBER, ec.SECP256R1())
