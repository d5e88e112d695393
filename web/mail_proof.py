"""Whether a mail comes from the address that it names, by what SendGrid's inbound parse found out about it.

Anybody can write another's address on a mail. It is proven by a DKIM signature that passes for the very domain of the
address or one above it, or by SPF that passes for an envelope of that domain. SendGrid writes `{@example.com : pass}`
or `none` (https://github.com/sendgrid/docs/issues/1991), with several signatures in one pair of braces.
"""

import json
import re
from collections.abc import Iterator, Mapping

_SIGNATURES = re.compile(r"\{\s*(?P<all>@[\w.-]+ ?: ?\w+(?:\s*,\s*@[\w.-]+ ?: ?\w+)*)\s*\}", re.ASCII)
"""The whole field, or nothing: a reason of a failure may hold words that somebody else wrote."""
_SIGNATURE = re.compile(r"@(?P<domain>[\w.-]+) ?: ?(?P<result>\w+)", re.ASCII)
PASSED = "pass"
LONGEST_FIELD = 2000


def is_proven(told: Mapping[str, str], address: str) -> bool:
    """Whether the sender is sure to be who has this address."""
    domain = _domain_of(address)
    if not domain:
        return False
    if any(_is_or_below(domain, signed) for signed in _signed_by(told.get("dkim", "")[:LONGEST_FIELD])):
        return True
    passed = told.get("SPF", "").strip().casefold() == PASSED
    return passed and _domain_of(envelope_sender(told.get("envelope", ""))) == domain


def envelope_sender(envelope: str) -> str:
    """The return path, or nothing when none can be read."""
    try:
        told = json.loads(envelope)
    except (ValueError, RecursionError):
        return ""
    sender = told.get("from") if isinstance(told, dict) else None
    return sender if isinstance(sender, str) else ""


def _signed_by(dkim: str) -> Iterator[str]:
    """The domains whose signature passed."""
    whole = _SIGNATURES.fullmatch(dkim.strip())
    for each in _SIGNATURE.finditer(whole["all"]) if whole else ():
        if each["result"].casefold() == PASSED:
            yield each["domain"].casefold().rstrip(".")


def _is_or_below(domain: str, above: str) -> bool:
    """`mail.example.com` may be signed for by `example.com`; no top-level domain signs for anybody."""
    return domain == above or ("." in above and domain.endswith(f".{above}"))


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].casefold().rstrip(".") if "@" in address else ""
