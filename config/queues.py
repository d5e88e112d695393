"""Settings of how a worker takes work off its queues, and how fast providers are asked. Part of `config.settings`.

`AMICABLE_PROVIDER_RATES="sms=20 email=100"` gives each of these channels a task queue of its own, from which at most so
many contacts a second are begun, over all workers together.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from domain.vocabulary import Channel

FASTEST = 10_000.0


class QueueSettings(BaseSettings):
    """The part of `Settings` that says how much is done at a time."""

    max_concurrent_activities: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100,
        description="Activities one worker runs at a time; while some threads are free the server has less to do.",
    )
    max_cached_workflows: Annotated[int, Field(ge=0, le=100_000)] = Field(
        1000, description="Workflows one worker keeps in memory between their steps."
    )
    max_backlog_seconds: Annotated[float, Field(ge=0, le=3_600)] = Field(
        5,
        description="No more cases are started in bulk while a workflow task waits longer; 0 starts them regardless.",
    )
    provider_rates: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None,
        description="Contacts begun per second by their first channel, as sms=20 email=100; empty: as fast as it goes.",
    )

    def rates(self) -> dict[Channel, float]:
        """How many contacts a second begin by a channel; those that are not named share the common queue, unlimited."""
        return read_rates(self.provider_rates) if self.provider_rates is not None else {}

    def queue_misuse(self) -> Iterator[tuple[str, str]]:
        """Fields whose value cannot be read, with the reason."""
        try:
            self.rates()
        except ValueError as error:
            yield "provider_rates", str(error)


def read_rates(text: str) -> dict[Channel, float]:
    """The rates that a text says. Raises ValueError with a sentence that says what would do."""
    rates: dict[Channel, float] = {}
    for each in text.replace(",", " ").split():
        name, _, told = each.partition("=")
        if name not in list(Channel):
            raise ValueError(f"{name!r} is no channel: there are {', '.join(Channel)}")
        if Channel(name) in rates:
            raise ValueError(f"{name} has two rates")
        rates[Channel(name)] = _rate(name, told)
    return rates


def _rate(name: str, told: str) -> float:
    try:
        rate = float(told)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= FASTEST:
        raise ValueError(f"the rate of {name} must be a number of contacts per second, as {name}=20")
    return rate


def provider_queue(task_queue: str, channel: Channel) -> str:
    """The task queue of contacts that go by that channel first."""
    return f"{task_queue}-{channel.value}"


def provider_queues(task_queue: str, rates: Mapping[Channel, float]) -> dict[Channel, str]:
    """The queue of each channel that has a rate."""
    return {channel: provider_queue(task_queue, channel) for channel in rates}
