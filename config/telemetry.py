"""Settings of what engineers see of a process: its log, its traces, its numbers. Part of `config.settings`."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from config.addresses import sandbox_address_problem
from config.prices import Prices, read_prices

_ADDRESS = re.compile(r"(?:[0-9.]{7,15}|\[[0-9a-fA-F:]{2,39}\]):[0-9]{1,5}")


def _address(told: str) -> str:
    if not _ADDRESS.fullmatch(told):
        raise ValueError("must be an address and a port, as 127.0.0.1:9464")
    return told


Address = Annotated[str, AfterValidator(_address)]


class TelemetrySettings(BaseSettings):
    """The part of `Settings` that changes nothing about what is done, only what is seen of it."""

    log_format: Literal["text", "json"] = Field(
        "text", description="How the log is written: text for people, json for machines, one object a line."
    )
    metrics_address: Address | None = Field(
        None, description="Where a worker serves its numbers to Prometheus, as 127.0.0.1:9464; empty: it serves none."
    )
    web_metrics_address: Address | None = Field(
        None, description="The same of python -m web; another one on the same machine."
    )
    metrics_every_seconds: Annotated[float, Field(ge=1, le=600)] = Field(
        30, description="How often a worker that serves numbers counts cases, tasks and facts in the case database."
    )
    message_prices: Annotated[str, Field(min_length=1, max_length=300)] | None = Field(
        None,
        description="What a message, a part of an SMS and an action of Temporal's cost, as USD sms=0.0079 email=0.0006 "
        "action=0.00005; empty: costs are not counted.",
    )

    traces: Literal["off", "console", "otlp"] = Field(
        "off", description="Where traces go: off, console (standard output) or otlp (a collector, by HTTP)."
    )
    traces_endpoint: Annotated[str, Field(max_length=200, pattern=r"^https?://")] | None = Field(
        None, description="Where the collector takes traces, as http://127.0.0.1:4318/v1/traces; needed for otlp."
    )
    traces_sample: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="Which share of new traces is kept, from 0 to 1."
    )

    def prices(self) -> Prices:
        """What a message costs by channel."""
        return read_prices(self.message_prices) if self.message_prices is not None else Prices()

    def telemetry_misuse(self, live: bool) -> Iterator[tuple[str, str]]:
        """Fields whose value does not fit the others or the mode, with the reason; never with the value."""
        if self.metrics_address is not None and self.metrics_address == self.web_metrics_address:
            yield "web_metrics_address", "must be another address than that of the workers"
        try:
            self.prices()
        except ValueError as error:
            yield "message_prices", str(error)
        if self.traces == "otlp" and self.traces_endpoint is None:
            yield "traces_endpoint", "traces by otlp need the address of a collector"
        if not live and self.traces_endpoint is not None and (problem := sandbox_address_problem(self.traces_endpoint)):
            yield "traces_endpoint", problem
