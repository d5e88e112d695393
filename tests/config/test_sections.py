"""Settings of a channel: read from its own variables, held to the mode, and off without its switch."""

from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from pydantic import Field, SecretStr

from config.sections import ChannelSettings, Sandboxed, Url, read_section
from config.settings import load_settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from tests.config.conftest import SANDBOX_URLS
from tests.config.test_settings import LIVE


class Pigeon(ChannelSettings):
    """A channel by pigeon."""

    SWITCH: ClassVar[str] = "loft"

    loft: Url = Field(None, description="Where the pigeons live.")
    ring: Annotated[SecretStr, Sandboxed()] = Field(SecretStr("sandbox-ring"), description="What they wear.")
    birds: int = Field(1, ge=1, description="How many.")


def read(**told: object) -> Pigeon | None:
    return read_section(load_settings(None, **told), Channel.PUSH, Pigeon)


def problem(**told: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(**told)
    return str(caught.value)


def test_a_channel_of_which_nothing_is_said_is_off() -> None:
    assert read(**SANDBOX_URLS) is None
    assert read(**SANDBOX_URLS, push_loft="") is None


def test_a_section_has_its_values_and_its_defaults() -> None:
    pigeon = read(**SANDBOX_URLS, push_loft="http://127.0.0.1:8025", push_birds="3")
    assert pigeon is not None
    assert (pigeon.loft, pigeon.birds, pigeon.ring.get_secret_value()) == ("http://127.0.0.1:8025", 3, "sandbox-ring")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("AMICABLE_PUSH_LOFT=http://127.0.0.1:1\nAMICABLE_PUSH_BIRDS=2\n")
    monkeypatch.setenv("AMICABLE_PUSH_BIRDS", "5")
    pigeon = read_section(load_settings(file, **SANDBOX_URLS), Channel.PUSH, Pigeon)
    assert pigeon is not None
    assert (pigeon.loft, pigeon.birds) == ("http://127.0.0.1:1", 5)


def test_an_unknown_name_is_refused_but_for_one_that_others_put_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMICABLE_PUSH_SERVICE_HOST", "10.0.0.1")  # Kubernetes does this for a service
    assert read(**SANDBOX_URLS) is None
    assert problem(**SANDBOX_URLS, push_perch="x") == "AMICABLE_PUSH_PERCH: no such setting"


def test_every_wrong_value_is_told_by_its_variable_and_without_the_value() -> None:
    told = problem(**SANDBOX_URLS, push_loft="http://127.0.0.1:1", push_birds="many-s3cr3t")
    assert told.startswith("AMICABLE_PUSH_BIRDS: must ")
    assert "s3cr3t" not in told


def test_a_channel_without_its_switch_is_not_half_on() -> None:
    assert problem(**SANDBOX_URLS, push_birds="2").startswith("AMICABLE_PUSH_LOFT: is missing")


@pytest.mark.parametrize("url", ["https://wallet.test", "http://10.0.0.8:1", "http://127.0.0.1@wallet.test"])
def test_a_rehearsal_cannot_be_pointed_at_the_world(url: str) -> None:
    assert problem(**SANDBOX_URLS, push_loft=url).startswith("AMICABLE_PUSH_LOFT: ")


def test_a_rehearsal_takes_the_sandboxs_secret_only() -> None:
    told = problem(**SANDBOX_URLS, push_loft="http://127.0.0.1:1", push_ring="tr0ub4dor")
    assert told.startswith("AMICABLE_PUSH_RING: sandbox mode")
    assert "tr0ub4dor" not in told


@pytest.mark.parametrize("url", ["http://127.0.0.1:8025", "https://localhost", "http://wallet.test"])
def test_live_mode_refuses_this_machine_and_plain_http(url: str) -> None:
    assert problem(**LIVE, push_loft=url, push_ring="own").startswith("AMICABLE_PUSH_LOFT: ")


@pytest.mark.parametrize("ring", [{}, {"push_ring": "sandbox-ring"}, {"push_ring": "my-sandbox-ring"}])
def test_live_mode_refuses_the_sandboxs_secret(ring: dict[str, str]) -> None:
    told = problem(**LIVE, push_loft="https://wallet.test", **ring)
    assert told == "AMICABLE_PUSH_RING: live mode needs your own; it is missing or the sandbox's"


def test_live_mode_runs_on_ones_own_values() -> None:
    pigeon = read(**LIVE, push_loft="https://wallet.test", push_ring="own")
    assert pigeon is not None
    assert "own" not in repr(pigeon)
