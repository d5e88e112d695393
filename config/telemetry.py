"""Settings of what engineers see of a process: its log, its traces, its numbers. Part of `config.settings`."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from config.addresses import sandbox_address_problem


class TelemetrySettings(BaseSettings):
    """The part of `Settings` that changes nothing about what is done, only what is seen of it."""

    log_format: Literal["text", "json"] = Field(
        "text", description="How the log is written: text for people, json for machines, one object a line."
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

    def telemetry_misuse(self, live: bool) -> Iterator[tuple[str, str]]:
        """Fields whose value does not fit the others or the mode, with the reason; never with the value."""
        if self.traces == "otlp" and self.traces_endpoint is None:
            yield "traces_endpoint", "traces by otlp need the address of a collector"
        if not live and self.traces_endpoint is not None and (problem := sandbox_address_problem(self.traces_endpoint)):
            yield "traces_endpoint", problem
