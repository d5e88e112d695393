"""What engineers see of a channel: a span for each message handed over and each look-up, and how many there were."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.channel import (
    Accepted,
    Busy,
    ChannelAdapter,
    FindOutcome,
    OutboundMessage,
    Refused,
    SendOutcome,
    Unknown,
)
from config.prices import Prices
from domain.vocabulary import Channel
from telemetry import metrics
from telemetry.tracing import span

log = logging.getLogger(__name__)

NO_PRICES = Prices()
OUTCOMES = (Accepted, Refused, Busy, Unknown)


@dataclass(frozen=True, slots=True)
class ObservedChannel:
    """A channel that is seen; it answers as the one inside does. Nothing of a message is noted."""

    channel: Channel
    inside: ChannelAdapter
    prices: Prices = NO_PRICES

    @property
    def provider(self) -> str:
        """As the one inside."""
        return self.inside.provider

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand the message over once."""
        with span(f"send {self.channel.value}", channel=self.channel.value, provider=self.provider) as noting:
            began = time.monotonic()
            answer = self.inside.send(message)
            noting.note(outcome=word_for(answer))
            self._count(message, answer, timedelta(seconds=time.monotonic() - began))
            log.info("%s handed to %s: %s", self.channel.value, self.provider, word_for(answer))
            return answer

    def _count(self, message: OutboundMessage, answer: SendOutcome, took: timedelta) -> None:
        channel = self.channel.value
        metrics.count(metrics.ANSWERS, channel=channel, outcome=word_for(answer))
        metrics.lasted(metrics.PROVIDER_TIME, took, channel=channel)
        if isinstance(answer, Accepted) and (cost := self.prices.micros_of(self.channel, message.body)):
            metrics.count(metrics.COST, cost, channel=channel, currency=self.prices.currency)

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """Ask the provider for a message."""
        with span(f"look up {self.channel.value}", channel=self.channel.value, provider=self.provider) as noting:
            answer = self.inside.find(to=to, reference=reference, since=since)
            noting.note(outcome=word_for(answer))
            return answer


def word_for(answer: SendOutcome | FindOutcome) -> str:
    """How a call ended, as a label: accepted, refused, busy, unknown, notfound."""
    return type(answer).__name__.lower()


def observed(adapters: Mapping[Channel, ChannelAdapter], prices: Prices = NO_PRICES) -> dict[Channel, ChannelAdapter]:
    """The same channels, seen. What may come to be counted is known as 0 from now on, so that its first is a rise."""
    for channel in adapters:
        for outcome in OUTCOMES:
            metrics.count(metrics.ANSWERS, 0, channel=channel.value, outcome=outcome.__name__.lower())
        for verdict in ("allow", "defer", "deny"):
            metrics.count(metrics.VERDICTS, 0, channel=channel.value, verdict=verdict, rule="")
        if channel in prices.micros:
            metrics.count(metrics.COST, 0, channel=channel.value, currency=prices.currency)
    return {channel: ObservedChannel(channel, adapter, prices) for channel, adapter in adapters.items()}
