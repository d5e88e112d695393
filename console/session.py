"""The way of a command to the case database and to Temporal, and what it says when one of them is not there."""

import asyncio
import logging
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_settings import BaseSettings, SettingsConfigDict

from casedb.engine import open_engine
from casedb.migrate import require_current_schema
from config.holds import load_hold_rules
from config.keys import Keyring, KeySettings
from config.settings import ENV_FILE, ENV_PREFIX, Settings, load_settings
from domain.errors import ConfigurationError, NotKnown
from telemetry import logs

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from temporalio.client import Client
    from temporalio.converter import DataConverter
    from temporalio.service import RPCError

T = TypeVar("T")

ANSWER_SECONDS = 15.0
"""How long a worker may take to answer a query or an update before the command says that none is there."""
NOWHERE = "http://127.0.0.1:9"
"""The discard port of this machine: the console calls no provider, and were it to, nobody would answer."""


class _Addresses(BaseSettings):
    """What decides whether the console may stand without the sandbox's address; read as `Settings` reads it."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", env_ignore_empty=True)

    mode: str = "sandbox"
    twilio_base_url: str | None = None
    sendgrid_base_url: str | None = None


class _Keys(KeySettings):
    """The keys by themselves: a history in a file is replayed without a database and without a server."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", env_ignore_empty=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a command works with."""

    settings: Settings
    engine: "Engine"


def console_settings() -> Settings:
    """The settings of the environment; in sandbox mode a provider address that is absent is a dead one.

    A worker must be told where the sandbox is, or it could not send; a command only reads the database and speaks
    to Temporal. What is set is checked as everywhere, and live mode needs everything that a live worker needs.
    """
    known = _Addresses(_env_file=ENV_FILE)
    absent = [name for name in ("twilio_base_url", "sendgrid_base_url") if getattr(known, name) is None]
    assumed: dict[str, Any] = dict.fromkeys(absent, NOWHERE) if known.mode == "sandbox" else {}
    settings = load_settings(**assumed)
    logs.configure(settings.log_format, level=logging.WARNING)
    return settings


@contextmanager
def session() -> Iterator[Session]:
    """Settings and an open case database of the newest schema. Raises ConfigurationError."""
    settings = console_settings()
    url = settings.database_url.get_secret_value()
    require_current_schema(url)
    engine = open_engine(
        url,
        pool_size=2,
        suppression_salt=settings.suppression_salt.get_secret_value(),
        hold_rules=load_hold_rules(settings.holds_dir),
    )
    try:
        yield Session(settings=settings, engine=engine)
    finally:
        engine.dispose()


def payload_keyring() -> Keyring | None:
    """The keys of the environment. Raises ConfigurationError when these are none."""
    try:
        return _Keys(_env_file=ENV_FILE).keyring()
    except ValueError as error:
        raise ConfigurationError(f"AMICABLE_PAYLOAD_KEYS: {error}") from None


def payload_converter() -> "DataConverter":
    """What reads payloads with the keys of the environment, by themselves. Raises ConfigurationError."""
    from config.encryption import converter_for  # noqa: PLC0415 - as below

    return converter_for(payload_keyring())


async def temporal(settings: Settings) -> "Client":
    """A client of the configured Temporal server. Raises ConfigurationError when none answers."""
    from config.connection import connect  # noqa: PLC0415 - the SDK is heavy, and half the commands do without

    return await connect(settings)


async def answered(call: Awaitable[T], about: str) -> T:
    """What a workflow or the server answers about something.

    Raises NotKnown when no workflow of it runs, ConfigurationError when no worker or no server answers.
    """
    from temporalio.client import RPCTimeoutOrCancelledError, WorkflowUpdateRPCTimeoutOrCancelledError  # noqa: PLC0415 - as above
    from temporalio.service import RPCError  # noqa: PLC0415 - as above

    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await call
    except (TimeoutError, RPCTimeoutOrCancelledError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise ConfigurationError(_no_worker(about)) from None
    except RPCError as error:
        raise _explained(error, about) from None


def _no_worker(about: str) -> str:
    return f"{about}: no worker answered within {ANSWER_SECONDS:g} s: start one with python worker.py"


def _explained(error: "RPCError", about: str) -> NotKnown | ConfigurationError:
    from temporalio.service import RPCStatusCode  # noqa: PLC0415 - as above

    if error.status is RPCStatusCode.NOT_FOUND:
        return NotKnown(f"{about}: no such workflow runs at this Temporal server")
    if error.status in {RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED}:
        return ConfigurationError(_no_worker(about))
    if "search attribute" in error.message.lower():
        from workflows.search_attributes import SEARCH_ATTRIBUTE_KEYS  # noqa: PLC0415 - as above

        return ConfigurationError(
            f"{about}: the Temporal server does not know our search attributes ({error.message}): create each once: "
            + "; ".join(
                f"temporal operator search-attribute create --type Keyword --name {key.name}"
                for key in SEARCH_ATTRIBUTE_KEYS
            )
        )
    return ConfigurationError(f"{about}: Temporal answered {error.status.name.lower()}: {error.message}")
