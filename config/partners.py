"""Who may post to our own doors: partners by name, each with the secrets that sign what it posts.

Written as `ledger=whsec_...,whsec_...; bureau=whsec_...`. Every secret of a partner is good, so that one is changed
without a gap: add the new one here, then at the partner, then take the old one away.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import re

PREFIX = "whsec_"
SANDBOX_PARTNER_SECRETS = (
    "whsec_c2FuZGJveC1wYXJ0bmVyLXNlY3JldC1udW1iZXItb25l",
    "whsec_c2FuZGJveC1wYXJ0bmVyLXNlY3JldC1udW1iZXItdHdv",
)
"""Public on purpose: the only ones in a rehearsal, and refused in live mode."""

SANDBOX_STRIPE_SECRETS = ("whsec_sandboxStripeSecretNumberOne000", "whsec_sandboxStripeSecretNumberTwo000")
RESERVED = frozenset({"agency", "book", "console", "hold", "sendgrid", "stripe", "task", "twilio", "voice", "wallet"})
"""What else begins the id of a fact: a partner of that name could answer for somebody else's."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_STRIPE = re.compile(r"whsec_[A-Za-z0-9]{24,128}")
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret, as the specification bounds them."""


def read_partners(text: str) -> dict[str, tuple[str, ...]]:
    """Partners and their secrets. Raises ValueError with the rest of a sentence, which never has a secret in it."""
    partners: dict[str, tuple[str, ...]] = {}
    for told in filter(None, (each.strip() for each in text.split(";"))):
        name, _, listed = (part.strip() for part in told.partition("="))
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(
                "must begin with a name of lower-case letters, digits, - or _, such as ledger=whsec_..., "
                f"which is not one of {', '.join(sorted(RESERVED))}"
            )
        if name in partners:
            raise ValueError(f"names {name} twice: put its secrets into one list, separated by commas")
        partners[name] = read_secrets(listed)
    every = [secret for secrets in partners.values() for secret in secrets]
    if len(set(every)) < len(every):
        raise ValueError("has one secret twice: who signs with it could not be told")
    return partners


def read_secrets(text: str) -> tuple[str, ...]:
    """Secrets separated by commas, one or more. Raises ValueError without repeating any."""
    secrets = tuple(each.strip() for each in text.split(",") if each.strip())
    if not secrets or not all(_is_secret(each) for each in secrets):
        raise ValueError(f"must have {PREFIX} and {_SHORTEST} to {_LONGEST} bytes in base64, or several of these by ,")
    return secrets


def read_stripe_secrets(text: str) -> tuple[str, ...]:
    """Stripe's own secrets, which look alike and are used as they are. Raises ValueError without repeating any."""
    secrets = tuple(each.strip() for each in text.split(",") if each.strip())
    if not secrets or not all(_STRIPE.fullmatch(each) for each in secrets):
        raise ValueError(f"must be the endpoint's secret as Stripe shows it, {PREFIX}..., or several by ,")
    return secrets


def _is_secret(text: str) -> bool:
    if not text.startswith(PREFIX):
        return False
    try:
        return _SHORTEST <= len(base64.b64decode(text.removeprefix(PREFIX), validate=True)) <= _LONGEST
    except ValueError:
        return False
