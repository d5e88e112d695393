"""Settings of what engineers see of a process: its log, its traces, its numbers. Part of `config.settings`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class TelemetrySettings(BaseSettings):
    """The part of `Settings` that changes nothing about what is done, only what is seen of it."""

    log_format: Literal["text", "json"] = Field(
        "text", description="How the log is written: text for people, json for machines, one object a line."
    )
