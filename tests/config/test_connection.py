"""The way to Temporal is Temporal's own configuration; a server that is not there is one sentence, soon."""

import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.service import GrpcCompression
from temporalio.testing import WorkflowEnvironment

from config.connection import connect
from config.payloads import DATA_CONVERTER
from config.settings import Settings, load_settings
from domain.errors import ConfigurationError
from tests.config.conftest import SANDBOX_URLS

TEMPORAL = Path(sys.executable).parent / "temporal"


@pytest_asyncio.fixture
async def address() -> AsyncIterator[str]:
    """A development server of this test."""
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=str(TEMPORAL)) as environment:
        yield environment.client.service_client.config.target_host


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def refusal(settings: Settings, env_file: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await connect(settings, env_file=env_file)
    assert caught.value.__suppress_context__
    return str(caught.value)


async def test_the_client_speaks_pydantic_to_the_server_of_the_environment(
    settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    client = await connect(settings, env_file=None)
    assert client.service_client.config.target_host == address
    assert client.namespace == "default"
    assert client.data_converter.payload_converter_class is DATA_CONVERTER.payload_converter_class


@pytest.mark.parametrize(("compress", "packed"), [(False, GrpcCompression.NONE), (True, GrpcCompression.GZIP)])
async def test_messages_are_packed_only_where_the_settings_say_so(
    address: str, monkeypatch: pytest.MonkeyPatch, compress: bool, packed: GrpcCompression
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    client = await connect(load_settings(None, **SANDBOX_URLS, compress=compress), env_file=None)
    assert client.service_client.config.grpc_compression == packed
    assert client.service_client.config.target_host == address


async def test_the_address_may_stand_in_our_file_or_in_a_profile(
    settings: Settings, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = tmp_path / "temporal.toml"
    profiles.write_text(f'[profile.staging]\naddress = "{address}"\nnamespace = "default"\n')
    for text in (f"TEMPORAL_ADDRESS={address}\n", f"TEMPORAL_CONFIG_FILE={profiles}\nTEMPORAL_PROFILE=staging\n"):
        env_file = tmp_path / ".env"
        env_file.write_text(text)
        client = await connect(settings, env_file=env_file)
        assert client.service_client.config.target_host == address
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{closed_port()}")
    assert "connection refused" in await refusal(settings, tmp_path / ".env")  # the environment wins


async def test_a_server_that_is_not_there_is_one_sentence_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = closed_port()
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{port}")
    began = time.monotonic()
    told = await refusal(settings)
    assert time.monotonic() - began < 3
    assert told.startswith(f"no Temporal server at 127.0.0.1:{port} (connection refused): start a server")
    assert "\n" not in told


async def test_a_server_that_never_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(None, **SANDBOX_URLS, connect_timeout_seconds=0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{silent.getsockname()[1]}")
        assert "within 0.5 s" in await refusal(settings)


async def test_a_profile_that_is_not_there_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_PROFILE", "staging")
    told = await refusal(settings)
    assert told == "the Temporal profile cannot be used: Profile 'staging' not found; see TEMPORAL_CONFIG_FILE"
