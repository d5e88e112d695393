"""The way to Temporal, as Temporal itself configures it: `TEMPORAL_*` variables over a TOML profile.

The variables may stand in our `.env` as well; the real environment wins. TLS and API keys come the same way.
"""

import asyncio
import os
from pathlib import Path

from dotenv import dotenv_values
from temporalio.client import Client, Plugin
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import GrpcCompression, RPCError

from config.encryption import converter_for
from config.settings import ENV_FILE, Settings
from domain.errors import ConfigurationError
from telemetry import metrics, tracing

DEFAULT_ADDRESS = "localhost:7233"


async def connect(settings: Settings, *, env_file: Path | None = ENV_FILE) -> Client:
    """A client of the configured server and namespace, with pydantic payloads, encrypted where there are keys.

    Raises ConfigurationError with one sentence when the profile is wrong or no server answers in time.
    """
    config = _connect_config(env_file)
    address = config.setdefault("target_host", DEFAULT_ADDRESS)
    advice = "start a server (temporal server start-dev) or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE"
    try:
        async with asyncio.timeout(settings.connect_timeout_seconds):
            return await Client.connect(
                **config,
                data_converter=converter_for(settings.keyring()),
                plugins=plugins(),
                runtime=metrics.runtime(),
                grpc_compression=compression(settings),
            )
    except TimeoutError:
        seconds = settings.connect_timeout_seconds
        raise ConfigurationError(f"no Temporal server answered at {address} within {seconds:g} s: {advice}") from None
    except (RuntimeError, RPCError, ValueError) as error:
        # The SDK reports a refused connection, an unknown host and a rejected key as one plain RuntimeError.
        raise ConfigurationError(f"no Temporal server at {address} ({_cause(error)}): {advice}") from None


def compression(settings: Settings) -> GrpcCompression:
    """How messages to Temporal are packed: not at all unless the settings say so (docs/decisions/0032)."""
    return GrpcCompression.GZIP if settings.compress else GrpcCompression.NONE


def plugins() -> list[Plugin]:
    """What every client of ours brings along, and through it every worker: traces, while they are on."""
    if not tracing.is_on():
        return []
    from telemetry.plugin import tracing_plugin  # noqa: PLC0415 - it brings OpenTelemetry

    return [tracing_plugin()]


def start_traces(settings: Settings, service: str) -> None:
    """Switch traces on in this process, if the settings say so; before anything is connected."""
    endpoint = settings.traces_endpoint
    tracing.start(settings.traces, service=service, endpoint=endpoint, sample=settings.traces_sample)


def _connect_config(env_file: Path | None) -> ClientConnectConfig:
    from_file = dotenv_values(env_file) if env_file is not None and env_file.is_file() else {}
    known = {name: value for name, value in from_file.items() if name.startswith("TEMPORAL_") and value}
    try:
        return ClientConfig.load_client_connect_config(override_env_vars={**known, **os.environ})
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"the Temporal profile cannot be used: {error}; see TEMPORAL_CONFIG_FILE") from None


def _cause(error: Exception) -> str:
    """The one part of the SDK's nested message that a person can use."""
    text = str(error)
    for sign, words in (
        ("Connection refused", "connection refused"),
        ("dns error", "the host is not known"),
        ("tls", "TLS failed; look at TEMPORAL_TLS and its certificates"),
        ("Unauthenticated", "the credentials were refused"),
        ("PermissionDenied", "the credentials may not do this"),
        ("Unimplemented", "what answers there is not Temporal"),
    ):
        if sign.lower() in text.lower():
            return words
    return text.splitlines()[0][:200]
