"""What engineers see of a channel: a span for each message handed over and each look-up."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from activities.channel import ChannelAdapter, FindOutcome, OutboundMessage, SendOutcome
from domain.vocabulary import Channel
from telemetry.tracing import span

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ObservedChannel:
    """A channel that is seen; it answers as the one inside does. Nothing of a message is noted."""

    channel: Channel
    inside: ChannelAdapter

    @property
    def provider(self) -> str:
        """As the one inside."""
        return self.inside.provider

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand the message over once."""
        with span(f"send {self.channel.value}", channel=self.channel.value, provider=self.provider) as noting:
            answer = self.inside.send(message)
            noting.note(outcome=word_for(answer))
            log.info("%s handed to %s: %s", self.channel.value, self.provider, word_for(answer))
            return answer

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """Ask the provider for a message."""
        with span(f"look up {self.channel.value}", channel=self.channel.value, provider=self.provider) as noting:
            answer = self.inside.find(to=to, reference=reference, since=since)
            noting.note(outcome=word_for(answer))
            return answer


def word_for(answer: SendOutcome | FindOutcome) -> str:
    """How a call ended, as a label: accepted, refused, busy, unknown, notfound."""
    return type(answer).__name__.lower()


def observed(adapters: Mapping[Channel, ChannelAdapter]) -> dict[Channel, ChannelAdapter]:
    """The same channels, seen."""
    return {channel: ObservedChannel(channel, adapter) for channel, adapter in adapters.items()}
