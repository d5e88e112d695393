"""What every channel answers: the one seam between the governed contact and a provider.

A provider call ends as `Accepted`, `Refused`, `Busy` or `Unknown`, never as an exception: the adapter holds
the one table that maps a provider's codes and a network's failures to these four.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One message to one address; `reference` stands in its text and is how the provider is asked about it."""

    to: str
    """E.164 number or e-mail address."""
    body: str
    reference: str
    subject: str = ""
    locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider took the message; it will be delivered or reported."""

    provider_id: str
    status: str = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The provider said no, for good: nothing was sent and the same call would be refused again."""

    code: str
    why: str
    address_dead: bool = False
    """The address cannot take this channel (invalid, landline, unreachable handset)."""
    opted_out: bool = False
    """The provider holds an opt-out of this address against us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """The provider did not take the message now; nothing was sent, and it said (or we assume) when to return."""

    retry_after_seconds: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The answer was lost: the message may or may not be on its way. Look it up; never send again blindly."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The provider has no message with our reference."""


SendOutcome = Accepted | Refused | Busy | Unknown
FindOutcome = Accepted | NotFound | Unknown


class ChannelAdapter(Protocol):
    """One channel at one provider. Thread-safe: activities run in a thread pool."""

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand the message over once; no retry inside."""

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """Ask the provider for a message to `to` that carries `reference`, accepted at or after `since`."""
